#include "fantail/app/node_identity.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "fantail/base/check.h"

namespace fantail::app {

uint64_t KernelRandom() {
  uint64_t bits = 0;
  ssize_t got = -1;
  do {
    got = getrandom(&bits, sizeof bits, 0);
  } while (got < 0 && errno == EINTR);
  FANTAIL_CHECK(got == sizeof bits, got,
                errno);  // getrandom never gives fewer than 256 bytes in part
  return bits;
}

NodeId RandomNodeId() {
  return NodeId{std::max<uint64_t>(KernelRandom(), 1)};
}

Epoch NewEpoch(WallTime now, Epoch before) {
  // The fraction of the second comes before the random bits, so that a publisher that is restarted
  // within a second is above the one before as well.
  const auto ns = static_cast<uint64_t>(now.time_since_epoch().count());
  constexpr uint64_t kSecond = 1'000'000'000;
  const uint64_t fraction = ((ns % kSecond) << 22) / kSecond;
  const uint64_t epoch = (ns / kSecond) << 32 | fraction << 10 | KernelRandom() >> 54;
  return Epoch{std::max(epoch, before.value + 1)};
}

void SeedLibcRandom() {
  std::srand(static_cast<unsigned>(KernelRandom()));
}

std::string DefaultName() {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  std::string name(host);
  name.resize(std::min(name.find('.'), name.size()));
  if (name.empty()) name = "host";
  name.resize(std::min<size_t>(name.size(), 48));  // leaves room for the id in a name of 64 bytes
  return fmt::format("{}-{}", name, getpid());
}

}  // namespace fantail::app
