// Small files that a program writes for other programs to read: `key value` on a line each, whole
// or not at all (a temporary file beside it, then a rename).
//
// Thread: any.
// Errors: PermissionDenied (exit 74), with the path and the system's reason; the caller says
//   which option the path is from.
#ifndef FANTAIL_APP_WRITTEN_FILE_H_
#define FANTAIL_APP_WRITTEN_FILE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace fantail::app {

using KeyValues = std::vector<std::pair<std::string, std::string>>;

// Whether WriteKeyValues to this path would work, so that a program says so at its start and not at
// its end. Leaves no file behind. An empty path is fine.
absl::Status CheckWritable(std::string_view option, const std::string& path);

// Does nothing for an empty path.
absl::Status WriteKeyValues(std::string_view option, const std::string& path,
                            const KeyValues& lines);

}  // namespace fantail::app

#endif  // FANTAIL_APP_WRITTEN_FILE_H_
