#include "fantail/admin/admin_options.h"

#include <fmt/format.h>

#include <utility>

#include "fantail/admin/http_server.h"
#include "fantail/admin/pages.h"
#include "fantail/admin/process_metrics.h"
#include "fantail/app/exit_codes.h"
#include "fantail/base/printable.h"

namespace fantail::admin {
namespace {

absl::StatusOr<app::Endpoint> ParseTcp(const std::string& text, app::EndpointUse use) {
  absl::StatusOr<app::Endpoint> endpoint = app::ParseEndpoint(text, use);
  if (endpoint.ok() && endpoint->is_ipc) {
    return absl::InvalidArgumentError("HTTP goes over TCP; write tcp://HOST:PORT");
  }
  return endpoint;
}

// What comes of `option`, which asks the program at `text` for `path`.
app::ParseOutcome AskFor(const char* option, const std::string& text, const std::string& path) {
  absl::StatusOr<Page> page = absl::UnknownError("");
  const absl::StatusOr<app::Endpoint> endpoint = ParseTcp(text, app::EndpointUse::kConnect);
  page = endpoint.ok() ? GetPage(*endpoint, path) : endpoint.status();
  if (!page.ok()) {
    return {app::ExitCodeFor(page.status()), "",
            fmt::format("{} \"{}\": {}\n", option, EscapeUnprintable(text),
                        std::string(page.status().message()))};
  }
  // What came over the network has one line, and none that could upset a terminal.
  const std::string said =
      EscapeUnprintable(page->body.substr(0, page->body.find('\n')).substr(0, 1000)) + "\n";
  if (page->status == 200) return {app::kExitDone, said, ""};
  return {app::kExitFailed, "", said};
}

}  // namespace

void AddAdminOptions(AdminOptions* options, MetricList metrics, app::CommandLine* line) {
  line->Section("Health and metrics");
  line->Custom(
      "--admin ENDPOINT",
      [options](const std::string& text) {
        absl::StatusOr<app::Endpoint> endpoint = ParseTcp(text, app::EndpointUse::kListen);
        if (endpoint.ok()) options->listen = *std::move(endpoint);
        return endpoint.status();
      },
      "HTTP with /healthz, /readyz, /metrics and /status.json, tcp://127.0.0.1:PORT; port * lets "
      "the kernel pick");
  line->Instead(
      "--check-health ENDPOINT",
      [](const std::string& text) { return AskFor("--check-health", text, "/healthz"); },
      "ask the --admin of one that runs whether its main loop turns, and exit");
  line->Instead(
      "--check-ready ENDPOINT",
      [](const std::string& text) { return AskFor("--check-ready", text, "/readyz"); },
      "ask it whether what it serves is live, and exit");
  const MetricList own =
      ListOf(kReady, kTurns, kSinceTurn, kProcessMetrics, kProcessCpu, kProcessStart, kBuildInfo);
  metrics.insert(metrics.end(), own.begin(), own.end());
  line->Instead(
      "--list-metrics",
      [metrics = std::move(metrics)](const std::string&) {
        return app::ParseOutcome{app::kExitDone, MetricLines(metrics), ""};
      },
      "print what /metrics has: name, type, unit and meaning, and exit");
}

absl::Status CheckAdmin(const AdminOptions& options, bool plaintext) {
  if (options.listen.host.empty() || options.listen.is_loopback() || plaintext) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      fmt::format("--admin \"{}\": not loopback, and anybody could read it; write "
                  "tcp://127.0.0.1:PORT, or add --plaintext",
                  options.listen.text()));
}

}  // namespace fantail::admin
