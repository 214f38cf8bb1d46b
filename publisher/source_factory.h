// Opens the source that `--source SCHEME:REST` names:
//
//   csv:FILE, csv:-         csv_source.h
//   synthetic[:KEY=VALUE,...]   synthetic_source.h
//
// Thread: any.
#ifndef FANTAIL_PUBLISHER_SOURCE_FACTORY_H_
#define FANTAIL_PUBLISHER_SOURCE_FACTORY_H_

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "publisher/source.h"

namespace fantail::publisher {

// The error is a message to a person: it names `spec` or the file, and what to write instead. A bad
// spec is kInvalidArgument; a file that cannot be opened has the code that goes with its errno.
absl::StatusOr<std::unique_ptr<Source>> OpenSource(std::string_view spec);

// What `--source` can be, for `--help`.
std::string SourceHelp();

}  // namespace fantail::publisher

#endif  // FANTAIL_PUBLISHER_SOURCE_FACTORY_H_
