#include "fantail/app/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace fantail::app {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc://";
// One byte of sun_path ends the path.
constexpr size_t kMaxIpcPath = sizeof(sockaddr_un::sun_path) - 1;

bool IsNumericIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool LooksNumeric(std::string_view host) {
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

absl::Status Bad(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<std::string> ParseHost(const std::string& host, EndpointUse use,
                                      const Resolver& resolve) {
  if (host.empty()) return Bad("no host; write tcp://HOST:PORT");
  if (host == "*") {
    if (use == EndpointUse::kListen) return host;
    return Bad("cannot connect to every interface; write the host of the other side");
  }
  if (host == "localhost") return std::string("127.0.0.1");
  if (IsNumericIpv4(host)) return host;
  if (host.find(':') != std::string::npos) return Bad("not an IPv4 address; write tcp://HOST:PORT");
  if (LooksNumeric(host)) return Bad("not an IPv4 address; write four numbers such as 10.1.2.3");
  return resolve(host);
}

absl::StatusOr<uint16_t> ParsePort(std::string_view port, EndpointUse use) {
  if (port.empty()) return Bad("no port; write tcp://HOST:PORT");
  if (port == "*") port = "0";
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) {
    return Bad("not a port; write a number from 1 to 65535");
  }
  if (number == 0 && use == EndpointUse::kConnect) {
    return Bad("cannot connect to any port; write the number that the other side listens on");
  }
  return number;
}

absl::StatusOr<Endpoint> ParseTcp(std::string_view rest, EndpointUse use, const Resolver& resolve) {
  const size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return Bad("no port; write tcp://HOST:PORT");
  const absl::StatusOr<uint16_t> port = ParsePort(rest.substr(colon + 1), use);
  if (!port.ok()) return port.status();
  const absl::StatusOr<std::string> host =
      ParseHost(std::string(rest.substr(0, colon)), use, resolve);
  if (!host.ok()) return host.status();
  return Endpoint{.is_ipc = false, .host = *host, .port = *port, .path = ""};
}

absl::StatusOr<Endpoint> ParseIpc(std::string_view path) {
  if (path.empty()) return Bad("no path; write ipc://PATH");
  if (path.size() > kMaxIpcPath) {
    return Bad(
        fmt::format("the path has {} bytes; write one of at most {}", path.size(), kMaxIpcPath));
  }
  return Endpoint{.is_ipc = true, .host = "", .port = 0, .path = std::string(path)};
}

}  // namespace

std::string Endpoint::text() const {
  if (is_ipc) return fmt::format("ipc://{}", path);
  return fmt::format("tcp://{}:{}", host, port == 0 ? "*" : std::to_string(port));
}

bool Endpoint::is_loopback() const {
  return is_ipc || host.starts_with("127.");
}

absl::StatusOr<std::string> ResolveHost(const std::string& host) {
  addrinfo wanted = {};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (error != 0) {
    return absl::UnavailableError(
        fmt::format("host {}: {}; write its numeric address or a name that resolves", host,
                    gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  return std::string(text);
}

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text, EndpointUse use,
                                       const Resolver& resolve) {
  if (text.starts_with(kTcp)) return ParseTcp(text.substr(kTcp.size()), use, resolve);
  if (text.starts_with(kIpc)) return ParseIpc(text.substr(kIpc.size()));
  return Bad("not an endpoint; write tcp://HOST:PORT or ipc://PATH");
}

absl::Status CheckPlaintext(std::string_view option, const Endpoint& endpoint, bool plaintext) {
  if (plaintext || endpoint.is_loopback()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} \"{}\": not loopback, and there are no keys; give --keys FOLDER, or add "
                  "--plaintext to run it unencrypted and open to anybody",
                  option, endpoint.text()));
}

absl::Status CheckPlaintext(std::string_view option, const std::vector<Endpoint>& endpoints,
                            bool plaintext) {
  absl::Status first;
  for (const Endpoint& endpoint : endpoints) {
    first.Update(CheckPlaintext(option, endpoint, plaintext));
  }
  return first;
}

std::function<bool(const std::string&)> AllowMoves(bool plaintext) {
  return [plaintext](const std::string& text) {
    const auto no_names = [](const std::string&) -> absl::StatusOr<std::string> {
      return absl::InvalidArgumentError("not a numeric address");
    };
    const absl::StatusOr<Endpoint> endpoint = ParseEndpoint(text, EndpointUse::kConnect, no_names);
    return endpoint.ok() && !endpoint->is_ipc && (plaintext || endpoint->is_loopback());
  };
}

absl::Status CannotListen(std::string_view option, const Endpoint& endpoint,
                          const absl::Status& why) {
  return absl::Status(why.code(), fmt::format("{} \"{}\": {}", option, endpoint.text(),
                                              std::string(why.message())));
}

std::vector<std::string> EndpointTexts(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> texts;
  for (const Endpoint& endpoint : endpoints) texts.push_back(endpoint.text());
  return texts;
}

void EndpointOption(std::string_view spec, EndpointUse use, Endpoint* endpoint,
                    std::string_view help, CommandLine* line) {
  auto set = [use, endpoint](const std::string& text) {
    const absl::StatusOr<Endpoint> parsed = ParseEndpoint(text, use);
    if (parsed.ok()) *endpoint = *parsed;
    return parsed.status();
  };
  line->Custom(spec, std::move(set), help);
}

void EndpointsOption(std::string_view spec, EndpointUse use, std::vector<Endpoint>* endpoints,
                     std::string_view help, CommandLine* line) {
  auto add = [use, endpoints](const std::string& text) {
    const absl::StatusOr<Endpoint> parsed = ParseEndpoint(text, use);
    if (parsed.ok()) endpoints->push_back(*parsed);
    return parsed.status();
  };
  line->Custom(spec, std::move(add), help, "", /*repeats=*/true);
}

}  // namespace fantail::app
