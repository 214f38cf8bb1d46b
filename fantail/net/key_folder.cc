#include "fantail/net/key_folder.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "fantail/base/printable.h"

namespace fantail::net {
namespace {

constexpr size_t kMostFileBytes = 4096;
constexpr size_t kMostClients = 10'000;
// Each connection looks through them.
constexpr size_t kMostNodes = 1000;
constexpr std::string_view kPublic = ".public";
constexpr std::string_view kSecret = ".secret";

absl::Status Bad(const std::string& path, const std::string& what) {
  return absl::FailedPreconditionError(EscapeUnprintable(path) + ": " + what);
}

std::string ModeText(mode_t mode) {
  char text[8] = "";
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

// Whoever can write there can let himself in.
absl::Status CheckOnlyOursToWrite(const std::string& path, const struct stat& found) {
  // What has the sticky bit, such as /tmp, lets nobody replace the files of others.
  if ((found.st_mode & 022) == 0 || (S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX) != 0)) {
    return absl::OkStatus();
  }
  return Bad(path, "mode " + ModeText(found.st_mode) + ": others can write it; run chmod go-w " +
                       EscapeUnprintable(path));
}

struct KeyFile {
  std::string public_key;
  std::string secret_key;
  std::vector<std::string> at;
};

bool IsAddress(std::string_view text) {
  if (text.starts_with("ipc://")) return text.size() > 6;
  const size_t colon = text.find(':');
  in_addr address;
  if (inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &address) != 1) return false;
  if (colon == text.npos) return true;
  const std::string_view port = text.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number != 0;
}

// What is wrong with the line, or nothing.
std::string ParseLine(std::string_view line, KeyFile* file) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = line.find_first_not_of(kBlanks);
  if (begin == line.npos || line[begin] == '#') return "";
  line = line.substr(begin, line.find_last_not_of(kBlanks) + 1 - begin);
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  std::string_view value = line.substr(word.size());
  value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
  if (word == "at") {
    if (!IsAddress(value)) return "not an address; write at HOST or at HOST:PORT, in numbers";
    file->at.emplace_back(value);
    return "";
  }
  if (word != "public" && word != "secret") return "not a line of a key file; write public KEY";
  if (const char* problem = KeyProblem(value)) return problem;
  std::string& key = word == "public" ? file->public_key : file->secret_key;
  if (!key.empty()) return "a second " + std::string(word) + " key; a file has one";
  key = value;
  return "";
}

absl::StatusOr<KeyFile> Parse(const std::string& path, std::string_view text) {
  KeyFile file;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string problem = ParseLine(text.substr(0, end), &file);
    if (!problem.empty()) return Bad(path + ":" + std::to_string(number), problem);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return file;
}

// Closed at the end.
struct Descriptor {
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int fd;
};

absl::StatusOr<KeyFile> ReadFile(const std::string& path, bool secret) {
  // A pipe by that name would stop the program.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat found = {};
  if (file.fd < 0 || fstat(file.fd, &found) != 0) {
    return Bad(path, std::string("cannot be read: ") + std::strerror(errno) +
                         "; see who owns it, and its mode");
  }
  if (!S_ISREG(found.st_mode)) return Bad(path, "not a file; remove it");
  if (secret && (found.st_mode & 077) != 0) {
    return Bad(path, "mode " + ModeText(found.st_mode) +
                         ": others can read or change this secret; run chmod 600 " +
                         EscapeUnprintable(path));
  }
  if (absl::Status s = CheckOnlyOursToWrite(path, found); !s.ok()) return s;
  std::string text(kMostFileBytes + 1, '\0');
  const ssize_t got = read(file.fd, text.data(), text.size());
  if (got < 0) return Bad(path, std::string("cannot be read: ") + std::strerror(errno));
  if (static_cast<size_t>(got) > kMostFileBytes) return Bad(path, "no key file: over 4096 bytes");
  text.resize(static_cast<size_t>(got));
  return Parse(path, text);
}

// The names before `ending` of the files in a folder, in order. A folder that is not there is
// empty if it `may_lack`.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& folder, std::string_view ending,
                                                 bool may_lack) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(opendir(folder.c_str()), closedir);
  if (opened == nullptr && errno == ENOENT && may_lack) return names;
  struct stat found = {};
  if (opened == nullptr || fstat(dirfd(opened.get()), &found) != 0) {
    return Bad(folder, std::string("cannot be read: ") + std::strerror(errno) +
                           "; make it with fantail-keygen");
  }
  if (absl::Status s = CheckOnlyOursToWrite(folder, found); !s.ok()) return s;
  errno = 0;
  while (const dirent* entry = readdir(opened.get())) {
    const std::string_view name = entry->d_name;
    if (!name.ends_with(ending) || name.front() == '.') continue;
    names.emplace_back(name.substr(0, name.size() - ending.size()));
    const std::string path = folder + "/" + std::string(name);
    if (const char* problem = KeyNameProblem(names.back())) return Bad(path, problem);
  }
  if (errno != 0) return Bad(folder, std::string("cannot be read: ") + std::strerror(errno));
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<Keys::Node>> ReadPublic(const std::string& folder, size_t most) {
  const absl::StatusOr<std::vector<std::string>> names = NamesIn(folder, kPublic, true);
  if (!names.ok()) return names.status();
  if (names->size() > most) {
    return Bad(folder, "more than " + std::to_string(most) + " keys; use several nodes");
  }
  std::vector<Keys::Node> keys;
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name + std::string(kPublic);
    absl::StatusOr<KeyFile> file = ReadFile(path, /*secret=*/false);
    if (!file.ok()) return file.status();
    if (!file->secret_key.empty()) {
      return Bad(path, "a secret key; make a new pair with fantail-keygen, for this one is known");
    }
    if (file->public_key.empty()) return Bad(path, "no key in it; copy it again");
    keys.push_back({name, std::move(file->public_key), std::move(file->at)});
  }
  return keys;
}

absl::Status ReadOwn(const std::string& folder, Keys* keys) {
  const absl::StatusOr<std::vector<std::string>> names = NamesIn(folder, kSecret, false);
  if (!names.ok()) return names.status();
  if (names->empty()) return Bad(folder, "no secret key in it; make one with fantail-keygen");
  if (names->size() > 1) {
    return Bad(folder, "two secret keys, " + names->front() + " and " + names->back() +
                           "; a folder is for one of them, move the other to a folder of its own");
  }
  const std::string path = folder + "/" + names->front() + std::string(kSecret);
  const absl::StatusOr<KeyFile> file = ReadFile(path, /*secret=*/true);
  if (!file.ok()) return file.status();
  if (file->secret_key.empty()) return Bad(path, "no secret key in it; copy it again");
  keys->secret = file->secret_key;
  keys->own = {names->front(), PublicKeyOf(file->secret_key), {}};
  return absl::OkStatus();
}

absl::Status CheckNodes(const std::string& folder, const std::vector<Keys::Node>& nodes) {
  const Keys::Node* nowhere = nullptr;
  for (const Keys::Node& node : nodes) {
    if (!node.at.empty()) continue;
    if (nowhere != nullptr) {
      return Bad(folder, "of " + nowhere->name + " and " + node.name +
                             " neither says where it listens; add a line `at HOST` to one");
    }
    nowhere = &node;
  }
  std::map<std::string_view, const Keys::Node*> places;
  for (const Keys::Node& node : nodes) {
    for (const std::string& at : node.at) {
      const auto [place, is_new] = places.emplace(at, &node);
      if (is_new || place->second == &node) continue;
      return Bad(folder, place->second->name + " and " + node.name + " are both at " + at +
                             "; correct one");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Keys>> ReadKeys(const std::string& folder) {
  auto keys = std::make_shared<Keys>();
  if (absl::Status s = ReadOwn(folder, keys.get()); !s.ok()) return s;
  absl::StatusOr<std::vector<Keys::Node>> nodes = ReadPublic(folder + "/nodes", kMostNodes);
  if (!nodes.ok()) return nodes.status();
  if (absl::Status s = CheckNodes(folder + "/nodes", *nodes); !s.ok()) return s;
  keys->nodes = *std::move(nodes);
  const absl::StatusOr<std::vector<Keys::Node>> clients =
      ReadPublic(folder + "/clients", kMostClients);
  if (!clients.ok()) return clients.status();
  for (const Keys::Node& client : *clients) {
    const auto [place, is_new] = keys->clients.emplace(client.key, client.name);
    if (is_new) continue;
    return Bad(folder + "/clients", place->second + " and " + client.name +
                                        " have the same key; make each a pair of its own");
  }
  return keys;
}

KeyPair MakeKeyPair() {
  char public_key[kKeyText + 1];
  char secret_key[kKeyText + 1];
  if (zmq_curve_keypair(public_key, secret_key) != 0) throw zmq::error_t();
  return {public_key, secret_key};
}

std::string PublicKeyOf(const std::string& secret_key) {
  char public_key[kKeyText + 1];
  if (zmq_curve_public(public_key, secret_key.c_str()) != 0) throw zmq::error_t();
  return public_key;
}

}  // namespace fantail::net
