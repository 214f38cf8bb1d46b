// A branch file: one for all programs of a branch office, which names its feeds, gateways and
// buses.
//
//   plaintext = true
//
//   [feeds.ticks]
//   upstream = ["tcp://10.1.0.1:5555"]      # what the branch's gateways connect to
//   gateways = ["tcp://10.2.0.1:5556"]      # what its desks connect to
//
//   [bus]
//   upstream = ["tcp://10.1.0.1:5570"]      # what the branch's buses connect to
//   endpoints = ["tcp://10.2.0.1:5570"]     # what all others connect to
//
// Thread: any.
// Errors: FailedPrecondition with the place, as toml.h says.
#ifndef FANTAIL_APP_BRANCH_FILE_H_
#define FANTAIL_APP_BRANCH_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/app/toml.h"

namespace fantail::app {

enum class BranchPart : uint8_t { kPlaintext, kUpstream, kGateways, kBusUpstream, kBus };

class BranchFile {
 public:
  // All of it is checked, also what this program does not use; but no host is looked up.
  static absl::StatusOr<BranchFile> Parse(const std::string& path, std::string_view text);

  const std::string& path() const { return path_; }
  // nullptr if it does not say.
  const TomlEntry* Find(BranchPart part, std::string_view feed) const;
  // `feeds.ticks.gateways`.
  static std::string Name(BranchPart part, std::string_view feed);

 private:
  std::string path_;
  TomlValue root_;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_BRANCH_FILE_H_
