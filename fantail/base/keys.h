// Who a program is, whom it connects to, and who may connect to it: CURVE keys as text (Z85, as
// ZeroMQ has them) under names that people gave. fantail/net/key_folder.h reads them from a folder.
//
// Thread: values; shared between threads as std::shared_ptr<const Keys>.
#ifndef FANTAIL_BASE_KEYS_H_
#define FANTAIL_BASE_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fantail {

// 32 bytes, five characters for four of them.
inline constexpr size_t kKeyText = 40;

// What is wrong with `text` as a key, and the remedy; nullptr if nothing is.
const char* KeyProblem(std::string_view text);
// What is wrong with `name` as that of a key, and the remedy; nullptr if nothing is.
const char* KeyNameProblem(std::string_view name);

struct Keys {
  struct Node {
    std::string name;
    std::string key;
    // Where it listens: `HOST`, `HOST:PORT` or `ipc://PATH`. Empty: wherever no other node is said
    // to be.
    std::vector<std::string> at;
  };

  // Of the node that listens at `endpoint`, `tcp://HOST:PORT` or `ipc://PATH`; nullptr if it is not
  // known. What is said of host and port counts before what is said of the host; then comes the
  // node that is said to be nowhere; and at last, on this machine, this program's own key.
  const Node* NodeAt(std::string_view endpoint) const;
  // The user that a client's key belongs to; nullptr if it may not connect. Who has our own secret
  // is one of us.
  const std::string* UserOf(std::string_view key) const;
  // Whether some key belongs to this user.
  bool IsUser(std::string_view name) const;

  Node own;            // at no address
  std::string secret;  // the other half of own.key
  std::vector<Node> nodes;
  std::map<std::string, std::string, std::less<>> clients;  // names by key
};

// Connections that were refused since the last look, of which the newest came with this key.
struct RefusedKeys {
  uint64_t count = 0;
  std::string key;
  std::string address;
};

}  // namespace fantail

#endif  // FANTAIL_BASE_KEYS_H_
