// fantail-keygen: makes a pair of keys, in a folder that --keys of the other programs takes.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/app/run_main.h"
#include "fantail/net/key_folder.h"

namespace fantail::keygen {
namespace {

struct Options {
  std::string keys = "keys";
  std::vector<app::Endpoint> at;
  bool overwrite = false;
  std::vector<std::string> names;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--keys FOLDER", &o->keys,
               "where the pair goes; made if need be, with the folders nodes and clients");
  app::EndpointsOption("--at ENDPOINT", app::EndpointUse::kListen, &o->at,
                       "where this node listens, tcp://HOST:PORT or tcp://HOST:* for all its "
                       "ports; so those who connect know which key is whose",
                       line);
  line->Flag("--overwrite", &o->overwrite,
             "replace a pair of that name: who has the old public key no longer connects");
  line->Positionals("NAME", &o->names, "whose keys: others see it as the user", {1, 1});
  line->Example("fantail-keygen --keys /etc/fantail/keys --at 'tcp://10.1.0.1:*' hq",
                "headquarters; hand out /etc/fantail/keys/hq.public");
  line->Example("fantail-keygen --keys /etc/fantail/keys desk7",
                "a desk; its gateway wants desk7.public in clients, it wants the gateway's in "
                "nodes");
}

absl::Status Problem(const std::string& path, const std::string& what) {
  return absl::PermissionDeniedError(
      fmt::format("--keys: {}: {}: {}", path, what, std::strerror(errno)));
}

// Its mode is right before anything is in it, and whoever reads it sees the old or the new one.
absl::Status Write(const std::string& path, mode_t mode, const std::string& text) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return Problem(temporary, "cannot be written");
  const bool written = fchmod(fd, mode) == 0 &&
                       write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(fd) == 0;
  const bool closed = close(fd) == 0;
  if (!written || !closed || rename(temporary.c_str(), path.c_str()) != 0) {
    absl::Status s = Problem(path, "cannot be written");
    unlink(temporary.c_str());
    return s;
  }
  return absl::OkStatus();
}

absl::Status MakeFolders(const std::string& keys) {
  for (const std::string& folder : {keys, keys + "/nodes", keys + "/clients"}) {
    std::error_code error;
    std::filesystem::path parent = std::filesystem::path(folder).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, error);
    if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) continue;
    return Problem(folder, "cannot be made");
  }
  return absl::OkStatus();
}

absl::Status CheckFree(const Options& o, const std::string& name) {
  const std::filesystem::path own = name + ".secret";
  for (const auto& entry : std::filesystem::directory_iterator(o.keys)) {
    if (entry.path().extension() != ".secret") continue;
    if (entry.path().filename() != own) {
      return absl::AlreadyExistsError(
          fmt::format("--keys \"{}\": it has {} already, and a folder is for one; name another "
                      "folder",
                      o.keys, entry.path().filename().string()));
    }
    if (!o.overwrite) {
      return absl::AlreadyExistsError(fmt::format(
          "--keys \"{}\": it has {} already; --overwrite replaces it", o.keys, own.string()));
    }
  }
  return absl::OkStatus();
}

// As key files say it.
std::string AtLines(const std::vector<app::Endpoint>& at) {
  std::string lines;
  for (const app::Endpoint& endpoint : at) {
    lines += endpoint.is_ipc      ? fmt::format("at ipc://{}\n", endpoint.path)
             : endpoint.port == 0 ? fmt::format("at {}\n", endpoint.host)
                                  : fmt::format("at {}:{}\n", endpoint.host, endpoint.port);
  }
  return lines;
}

absl::Status Make(const Options& o) {
  const std::string& name = o.names.front();
  if (const char* problem = KeyNameProblem(name)) {
    return absl::InvalidArgumentError(fmt::format("NAME \"{}\": {}", name, problem));
  }
  for (const app::Endpoint& endpoint : o.at) {
    if (endpoint.host != "*") continue;
    return absl::InvalidArgumentError(
        "--at: every interface; write the address that others connect to");
  }
  if (absl::Status s = MakeFolders(o.keys); !s.ok()) return s;
  if (absl::Status s = CheckFree(o, name); !s.ok()) return s;
  const net::KeyPair pair = net::MakeKeyPair();
  const std::string path = o.keys + "/" + name;
  // The secret first: a public key without one would be handed out in vain.
  absl::Status s =
      Write(path + ".secret", 0600,
            fmt::format("# The secret key of {}: it stays on this machine, mode 0600.\nsecret {}\n",
                        name, pair.secret_key));
  if (!s.ok()) return s;
  s = Write(path + ".public", 0644,
            fmt::format("# The public key of {}: into clients of whom it connects to, into nodes "
                        "of who connects to it.\npublic {}\n{}",
                        name, pair.public_key, AtLines(o.at)));
  if (!s.ok()) return s;
  fmt::print("{0}.secret  stays here\n{0}.public  hand out\n", path);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-keygen", "makes a pair of keys, secret and public");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  const absl::Status s = Make(options);
  return s.ok() ? app::kExitDone : line.Fail(s);
}

}  // namespace
}  // namespace fantail::keygen

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-keygen", [&] { return fantail::keygen::Main(argc, argv); });
}
