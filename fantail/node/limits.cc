#include "fantail/node/limits.h"

#include <fmt/format.h>

#include "fantail/app/process_guard.h"
#include "fantail/feed/feed_server.h"
#include "fantail/net/zap.h"
#include "fantail/wire/limits.h"

namespace fantail::node {
namespace {

using app::WithCommas;

std::string Bytes(size_t bytes) {
  return app::FormatByteSize(app::ByteSize{bytes});
}

}  // namespace

app::Limits PortLimits() {
  const net::ZapLimits zap;
  return {
      {.name = "size of a message",
       .value = Bytes(wire::kMaxMessageBytes),
       .beyond = "its connection ends",
       .why = "a heartbeat never waits behind more; what is longer comes in parts"},
      {.name = "handshakes a second, with keys",
       .value = fmt::format("{}, and {} at once",
                            WithCommas(static_cast<uint64_t>(zap.handshakes_a_second)),
                            WithCommas(static_cast<uint64_t>(zap.burst))),
       .beyond = "put off: who comes tries again",
       .metric = "fantail_handshakes_put_off_total",
       .why =
           "each costs some 0.2 ms of the one I/O thread, and a whole branch comes back at once"},
      {.name = "memory of the process",
       .value = "what its control group or else the machine has",
       .changed = "--max-memory",
       .beyond =
           fmt::format("at {:.0f} % old records are given up, at {:.0f} % who comes is refused",
                       app::kShedPercent, app::kRefusePercent),
       .metric = "fantail_memory_sheds_total, fantail_memory_refusing",
       .why = "at 100 % the kernel ends it"},
      {.name = "file descriptors",
       .value = "the limit of open files",
       .changed = "LimitNOFILE of the unit",
       .beyond = fmt::format("at {:.0f} % nobody is let in, until {:.0f} %", app::kClosePercent,
                             app::kOpenPercent),
       .metric = "fantail_doors_closed",
       .why = "without any, ZeroMQ accepts nobody and spins"},
  };
}

app::Limits SessionLimits() {
  const feed::ServerOptions server;
  app::Limits limits = {
      {.name = "sessions",
       .value = WithCommas(server.max_sessions),
       .changed = "--max-sessions",
       .beyond = "refused: no room",
       .metric = "fantail_sessions_refused_total",
       .why = "some 0.1 MiB each; a branch of this size has more than one gateway"},
      {.name = "sessions of one key",
       .value = WithCommas(server.max_user_sessions),
       .changed = "--max-user-sessions, sessions of a user",
       .beyond = "refused: as many as it may have",
       .metric = "fantail_sessions_refused_total",
       .why = "a branch whose desks share one"},
      {.name = "packed sessions",
       .value = WithCommas(server.max_packed_sessions),
       .changed = "--packed-sessions",
       .beyond = "shared instead",
       .why = "2 MB each, and encoded for by itself"},
      {.name = "patterns of a session",
       .value = WithCommas(server.max_patterns),
       .changed = "--max-patterns, patterns of a user",
       .beyond = "the session is ended",
       .metric = "fantail_sessions_bad_messages_total",
       .why = "a watch-list of every symbol that there is"},
      {.name = "patterns that may be wanted",
       .value = "all",
       .changed = "--allow of a gateway, see of a user",
       .beyond = "these are refused, the rest flows",
       .metric = "fantail_patterns_refused_total",
       .why = "who has a key is trusted if nothing else is said"},
      {.name = "on the way to a session",
       .value = fmt::format("{}, {} messages", Bytes(server.window_bytes),
                            WithCommas(server.window_messages)),
       .changed = "--window",
       .beyond = "nothing more is sent until it acknowledges",
       .metric = "fantail_sessions_on_the_way_bytes",
       .why = "one second of a WAN of 10 Mbit/s; a slow link gets less"},
      {.name = "waiting for a session of a live feed",
       .value =
           fmt::format("{}, {} s", Bytes(server.max_backlog_bytes),
                       std::chrono::duration_cast<std::chrono::seconds>(server.max_lag).count()),
       .changed = "waiting of a user",
       .beyond = "newest values only, until it keeps up",
       .metric = "fantail_sessions_fell_behind_total",
       .why = "what waits for longer is too old to show"},
      {.name = "waiting for all sessions of a live feed",
       .value = Bytes(server.max_total_backlog_bytes),
       .beyond = "the slowest get newest values only",
       .metric = "fantail_backlog_bytes",
       .why = "memory, whatever the number of desks"},
      {.name = "rate to a session",
       .value = "none",
       .changed = "rate of a user",
       .beyond = "newest values only",
       .metric = "fantail_sessions_fell_behind_total",
       .why = "its link says by itself what it carries"},
      {.name = "silence of a session",
       .value = app::FormatDuration(server.silent_after),
       .beyond = "it is closed",
       .metric = "fantail_sessions_closed_total",
       .why = "a client pings every second"},
      {.name = "no acknowledgement of a session that has something to read",
       .value = app::FormatDuration(server.stalled_after),
       .beyond = "it is ended: stalled",
       .metric = "fantail_sessions_closed_total",
       .why = "a paced feed waits for it so long"},
      {.name = "recent records",
       .value = Bytes(server.ring_bytes),
       .changed = "--ring",
       .beyond = "the oldest go; who resumes from before gets them of the journal, or a gap",
       .why =
           fmt::format("{} million records", server.ring_bytes / sizeof(wire::Record) / 1'000'000)},
  };
  const app::Limits port = PortLimits();
  limits.insert(limits.end(), port.begin(), port.end());
  return limits;
}

}  // namespace fantail::node
