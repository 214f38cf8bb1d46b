#include "fantail/app/encoding_options.h"

#include <algorithm>

namespace fantail::app {

void AddEncodingOptions(EncodingOptions* options, CommandLine* line) {
  line->Choice("--encoding HOW", &options->encoding, {"auto", "plain", "shared", "packed"},
               "what to ask the node above for: packed takes a twentieth of the bytes and more of "
               "the processors at both ends; shared takes a fifth, and no more of a node the more "
               "desks share it; auto is shared for a desk, and packed for a gateway whose node is "
               "beyond loopback");
  line->Flag("--wan", &options->wan,
             "the way up crosses a WAN, though an endpoint on loopback, as of a tunnel, hides it: "
             "auto is packed");
}

absl::StatusOr<wire::Encoding> EncodingToAskFor(const EncodingOptions& options, feed::Role role,
                                                const std::vector<Endpoint>& above) {
  if (options.wan && options.encoding != "auto") {
    return absl::InvalidArgumentError(
        "--wan: it says what --encoding auto is to be, and --encoding "
        "is " +
        options.encoding + "; leave one of them out");
  }
  for (const wire::Encoding encoding :
       {wire::Encoding::kPlain, wire::Encoding::kShared, wire::Encoding::kPacked}) {
    if (options.encoding == wire::EncodingName(encoding)) return encoding;
  }
  if (options.wan) return wire::Encoding::kPacked;
  if (role != feed::Role::kGateway) return wire::Encoding::kShared;
  const bool far = std::any_of(above.begin(), above.end(),
                               [](const Endpoint& endpoint) { return !endpoint.is_loopback(); });
  return far ? wire::Encoding::kPacked : wire::Encoding::kPlain;
}

void AddPackedSessionsOption(uint64_t* sessions, CommandLine* line) {
  line->Option("--packed-sessions N", sessions,
               "sessions that may be packed, at 2 MB each; later ones are shared", {0, 4096});
}

std::string_view EncodingName(const feed::Lines& lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines.line(i).up()) continue;
    return wire::EncodingName(lines.line(i).encoding());
  }
  return "no session";
}

}  // namespace fantail::app
