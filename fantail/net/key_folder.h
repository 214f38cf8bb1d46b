// The keys of a program, in a folder that fantail-keygen makes and an operator fills:
//
//   branch1.secret         mode 0600: who this is; one of them
//   branch1.public         its other half, to be handed out
//   nodes/hq.public        whom its programs connect to
//   clients/desk7.public   who may connect; the file's name is the user
//
// A file has lines `public KEY`, `secret KEY`, and `at HOST`, `at HOST:PORT` or `at ipc://PATH` for
// where a node listens; lines that begin with # are for people. Files of other names are not looked
// at.
//
// Thread: any.
// Limits: files of 4 KiB, 10,000 clients, 1,000 nodes.
// Errors: FailedPrecondition in one line that names the file, what is wrong and the remedy.
#ifndef FANTAIL_NET_KEY_FOLDER_H_
#define FANTAIL_NET_KEY_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/base/keys.h"

namespace fantail::net {

// All of it. A secret that others can read is an error, and so is a file or a folder that others
// can write. Blocks for the disk.
absl::StatusOr<std::shared_ptr<const Keys>> ReadKeys(const std::string& folder);

struct KeyPair {
  std::string public_key;
  std::string secret_key;
};
KeyPair MakeKeyPair();
// Of a secret key that KeyProblem finds nothing wrong with.
std::string PublicKeyOf(const std::string& secret_key);

}  // namespace fantail::net

#endif  // FANTAIL_NET_KEY_FOLDER_H_
