#include "tools/fantail-bench/bench_keys.h"

#include <filesystem>
#include <fstream>

#include "fantail/net/key_folder.h"

namespace fantail::bench {

void WriteKeys(const std::string& folder) {
  const net::KeyPair own = net::MakeKeyPair();
  const net::KeyPair other = net::MakeKeyPair();
  std::filesystem::create_directories(folder + "/clients");
  std::ofstream(folder + "/bench.secret") << "secret " << own.secret_key << "\n";
  std::ofstream(folder + "/clients/other.public") << "public " << other.public_key << "\n";
  using Perms = std::filesystem::perms;
  std::filesystem::permissions(folder + "/bench.secret", Perms::owner_read | Perms::owner_write);
}

}  // namespace fantail::bench
