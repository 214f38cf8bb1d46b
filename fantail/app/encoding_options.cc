#include "fantail/app/encoding_options.h"

#include <algorithm>

namespace fantail::app {

void AddEncodingOptions(EncodingOptions* options, CommandLine* line) {
  line->Choice("--encoding HOW", &options->encoding, {"auto", "plain", "packed"},
               "what to ask the node above for: packed takes a twentieth of the bytes and more of "
               "the processors at both ends; auto is packed beyond loopback");
  line->Flag("--wan", &options->wan,
             "a loopback endpoint above leads through a tunnel to another site: auto is packed");
}

absl::StatusOr<bool> WantsPacked(const EncodingOptions& options,
                                 const std::vector<Endpoint>& above) {
  if (options.wan && options.encoding != "auto") {
    return absl::InvalidArgumentError(
        "--wan: it says what --encoding auto is to be, and --encoding "
        "is " +
        options.encoding + "; leave one of them out");
  }
  if (options.encoding != "auto") return options.encoding == "packed";
  return options.wan || std::any_of(above.begin(), above.end(), [](const Endpoint& endpoint) {
           return !endpoint.is_loopback();
         });
}

void AddPackedSessionsOption(uint64_t* sessions, CommandLine* line) {
  line->Option("--packed-sessions N", sessions,
               "sessions that may be packed, at 2 MB each; later ones are plain", {0, 4096});
}

std::string_view EncodingName(const feed::Lines& lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines.line(i).up()) continue;
    return lines.line(i).encoding() == wire::Encoding::kPacked ? "packed" : "plain";
  }
  return "no session";
}

}  // namespace fantail::app
