// The options of how a session's data is encoded: which encoding a subscriber asks for, and how
// many packed sessions a node has room for.
//
// Thread: main.
#ifndef FANTAIL_APP_ENCODING_OPTIONS_H_
#define FANTAIL_APP_ENCODING_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/options.h"
#include "fantail/feed/lines.h"

namespace fantail::app {

struct EncodingOptions {
  std::string encoding = "auto";
  bool wan = false;
};

// Declares `--encoding auto|plain|shared|packed` and `--wan`.
void AddEncodingOptions(EncodingOptions* options, CommandLine* line);

// What a gateway or a desk asks the nodes at `above` for; auto is decision 14's. InvalidArgument if
// --wan contradicts --encoding.
absl::StatusOr<wire::Encoding> EncodingToAskFor(const EncodingOptions& options, feed::Role role,
                                                const std::vector<Endpoint>& above);

// Declares `--packed-sessions N`.
void AddPackedSessionsOption(uint64_t* sessions, CommandLine* line);

// For a status line: of the first session that stands, or "no session".
std::string_view EncodingName(const feed::Lines& lines);

}  // namespace fantail::app

#endif  // FANTAIL_APP_ENCODING_OPTIONS_H_
