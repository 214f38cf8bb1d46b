// Opens the source that `--source SCHEME:REST` names:
//
//   csv:FILE, csv:-         csv_source.h
//   ndjson:FILE, ndjson:-   ndjson_source.h
//   tape:TAPE               tape_source.h
//   iex:FILE[,KEY=VALUE,...]    iex_source.h
//   itch:FILE[,KEY=VALUE,...]   itch_source.h
//   synthetic[:KEY=VALUE,...]   synthetic_source.h
//   files:FOLDER                files_source.h
//   stream:TOPIC:FILE, stream:TOPIC:-   stream_source.h
//
// Thread: any.
#ifndef FANTAIL_SOURCE_SOURCE_FACTORY_H_
#define FANTAIL_SOURCE_SOURCE_FACTORY_H_

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "fantail/source/source.h"
#include "fantail/wire/limits.h"

namespace fantail::source {

// The error is a message to a person: it names `spec` or the file, and what to write instead. A bad
// spec is kInvalidArgument; a file that cannot be opened has the code that goes with its errno.
// `part_bytes`: of objects, how much goes in one part.
absl::StatusOr<std::unique_ptr<Source>> OpenSource(std::string_view spec,
                                                   size_t part_bytes = wire::kMaxPartBytes);

// What `--source` can be, for `--help`.
std::string SourceHelp();

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_SOURCE_FACTORY_H_
