// Where a program listens or connects: `tcp://HOST:PORT` or `ipc://PATH`. Names of hosts become
// numeric addresses here, once, at the start: libzmq would ask for them in its I/O thread and stop
// every socket while it waits.
//
// Thread: any.
// Cost: ParseEndpoint blocks for the resolver if HOST is a name, neither number, `*` nor localhost.
// Limits: IPv4 only; an ipc path has at most 107 bytes (the kernel's sun_path).
// Errors: InvalidArgument for what is not an endpoint; Unavailable for a name that does not
//   resolve; FailedPrecondition for an open link without keys. ParseEndpoint's messages lack the
//   option's name and value, which CommandLine puts in front.
#ifndef FANTAIL_APP_ENDPOINT_H_
#define FANTAIL_APP_ENDPOINT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/app/options.h"

namespace fantail::app {

enum class EndpointUse : uint8_t { kListen, kConnect };

struct Endpoint {
  bool is_ipc = false;
  std::string host;   // tcp: a numeric IPv4 address, or `*` for every interface
  uint16_t port = 0;  // tcp: 0, written `*`, lets the kernel pick; only when listening
  std::string path;   // ipc

  // As libzmq takes it: `tcp://127.0.0.1:5555`, `tcp://*:*`, `ipc:///run/fantail.sock`.
  std::string text() const;
  // Whether no byte can leave this machine: ipc, and 127.0.0.0/8.
  bool is_loopback() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// The numeric IPv4 address of a host, or why there is none.
using Resolver = std::function<absl::StatusOr<std::string>(const std::string& host)>;

// The first IPv4 address that the system knows (getaddrinfo). Blocks.
absl::StatusOr<std::string> ResolveHost(const std::string& host);

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text, EndpointUse use,
                                       const Resolver& resolve = ResolveHost);

// Of a program without keys: an open link (anything but loopback) wants --plaintext.
absl::Status CheckPlaintext(std::string_view option, const Endpoint& endpoint, bool plaintext);
absl::Status CheckPlaintext(std::string_view option, const std::vector<Endpoint>& endpoints,
                            bool plaintext);

// Whether a session may move to an endpoint that a node above has named: a numeric address, and
// loopback only unless `plaintext`.
std::function<bool(const std::string& endpoint)> AllowMoves(bool plaintext);

// Why `endpoint`, the value of `option`, could not be listened at.
absl::Status CannotListen(std::string_view option, const Endpoint& endpoint,
                          const absl::Status& why);

// As libzmq takes them.
std::vector<std::string> EndpointTexts(const std::vector<Endpoint>& endpoints);

// Declare an option whose values are endpoints. REQUIRES: the variable outlives `line`.
void EndpointOption(std::string_view spec, EndpointUse use, Endpoint* endpoint,
                    std::string_view help, CommandLine* line);
void EndpointsOption(std::string_view spec, EndpointUse use, std::vector<Endpoint>* endpoints,
                     std::string_view help, CommandLine* line);

}  // namespace fantail::app

#endif  // FANTAIL_APP_ENDPOINT_H_
