// The rights of a node's users, from a TOML file:
//
//   [users.desk7]
//   see = ["A*", "MSFT"]        # topics; what is not said is not allowed
//   ask = ["history/ticks"]     # services of a bus
//   serve = []                  # likewise
//   sessions = 2                # at a time; as many as the node allows if not said
//   patterns = 100              # of one session; likewise
//   rate = "2mbit"              # to one session; as much as goes if not said
//   waiting = "1MiB"            # for one session, before it gets newest values only
//
//   [others]                    # who has a key and stands nowhere above; without it they stay out
//   see = []
//
// Thread: any.
// Errors: FailedPrecondition with the place, as toml.h says.
#ifndef FANTAIL_APP_ACCESS_FILE_H_
#define FANTAIL_APP_ACCESS_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fantail/base/access.h"

namespace fantail::app {

absl::StatusOr<Access> ParseAccess(const std::string& path, std::string_view text);
// The whole file. Blocks for the disk.
absl::StatusOr<std::shared_ptr<const Access>> ReadAccess(const std::string& path);

}  // namespace fantail::app

#endif  // FANTAIL_APP_ACCESS_FILE_H_
