#include "fantail/node/session_port.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fantail/admin/node_report.h"
#include "fantail/app/encoding_options.h"
#include "fantail/app/status_line.h"
#include "fantail/net/clock.h"
#include "fantail/node/limits.h"

namespace fantail::node {

void AddSessionPortOptions(SessionPortOptions* options, app::CommonOptions* common,
                           app::CommandLine* line) {
  line->Section("Sessions");
  line->Option("--ring SIZE", &options->ring, "recent records kept for sessions that resume");
  line->Option("--window SIZE", &options->window, "most bytes on their way to one session");
  app::AddPackedSessionsOption(&options->packed_sessions, line);
  AddAccessOptions(options, common, line);
  line->Option("--max-sessions N", &options->sessions, "sessions of all clients together",
               {.least = 1, .most = 100'000});
  line->Option("--max-user-sessions N", &options->user_sessions,
               "sessions of one key; --rights can give a user less", {.least = 1, .most = 100'000});
  line->Option("--max-patterns N", &options->patterns,
               "patterns of one session; --rights can give a user less",
               {.least = 1, .most = 1'000'000});
  line->Listing("--list-limits", app::LimitLines(SessionLimits()));
}

SessionPort::SessionPort(const SessionPortOptions& options, const app::CommonOptions& common)
    : options_(options),
      common_(common),
      port_(options, common),
      session_log_(port_.access_log()) {}

feed::ServerOptions SessionPort::OptionsOf(feed::Role role, NodeId node) const {
  const app::ProcessUse& limits = port_.limits();
  const bool keys = common_.keys != nullptr;
  const auto narrow = [](uint64_t n) {
    return static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX));
  };
  return {.feed = common_.feed,
          .name = common_.name,
          .node = node,
          .role = role,
          .allow = {},
          .ring_bytes = options_.ring.bytes,
          .window_bytes = static_cast<uint32_t>(options_.window.bytes),
          .max_sessions = narrow(options_.sessions),
          .max_user_sessions = narrow(options_.user_sessions),
          .max_packed_sessions = narrow(options_.packed_sessions),
          .max_patterns = narrow(options_.patterns),
          .told = {.handshakes_per_second =
                       keys ? static_cast<uint32_t>(net::ZapLimits().handshakes_a_second) : 0,
                   .memory_bytes = limits.memory_bytes,
                   .descriptors = narrow(limits.descriptors)},
          .clock = net::ReadMonotonicClock};
}

absl::StatusOr<std::string> SessionPort::Open(feed::FeedServer* server) {
  server_ = server;
  return port_.Open(this);
}

bool SessionPort::Turn(MonotonicTime now, const net::Poller& poller, int most) {
  session_log_.set_now(now);
  return port_.Turn(now, poller, most);
}

void SessionPort::Tell(admin::Report* report) const {
  admin::AddServer(*server_, report);
  port_.Tell(report);
}

void SessionPort::Receive(const net::SessionRouter::From& from, wire::Message message,
                          MonotonicTime now) {
  server_->Receive(from.address, message.bytes(), now, from.user);
}

void SessionPort::SetAccess(std::shared_ptr<const Access> access) {
  server_->SetAccess(std::move(access));
}

void SessionPort::ReviewUsers(const std::function<bool(std::string_view user)>& known) {
  server_->ReviewUsers(known);
}

void SessionPort::RefuseMore(std::string why) {
  server_->RefuseMore(std::move(why));
}

std::string SessionPort::ShedMemory() {
  return fmt::format("the ring keeps {} from now on: who was away for longer gets a gap",
                     app::FormatBytes(server_->ShedMemory()));
}

}  // namespace fantail::node
