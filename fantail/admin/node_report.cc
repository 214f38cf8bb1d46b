#include "fantail/admin/node_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "fantail/app/encoding_options.h"
#include "fantail/app/session_log.h"
#include "fantail/base/printable.h"

namespace fantail::admin {
namespace {

constexpr size_t kMostSessions = 100;
constexpr size_t kMostPatterns = 16;
// Of the cover, which may be what thousands of desks want.
constexpr size_t kMostCover = 100;

using text::JsonWriter;

std::string EpochText(Epoch epoch) {
  return fmt::format("{:016x}", epoch.value);
}

void WritePatterns(const std::vector<Pattern>& patterns, size_t most, JsonWriter* json) {
  json->List([&] {
    for (size_t i = 0; i < std::min(patterns.size(), most); ++i) json->Text(patterns[i].text());
  });
}

const char* PaceOf(const feed::Session& session) {
  if (session.newest == nullptr) return session.group == nullptr ? "joining" : "every tick";
  return session.newest->asked() ? "newest, as asked" : "newest, for it is behind";
}

void WriteSession(const feed::Session& session, JsonWriter* json) {
  json->Object([&] {
    json->Key("name").Text(app::Harmless(session.name));
    json->Key("role").Text(feed::RoleName(session.role));
    json->Key("encoding").Text(wire::EncodingName(session.encoding));
    json->Key("gets").Text(PaceOf(session));
    json->Key("patterns").Number(session.interest.patterns().size());
    json->Key("interest");
    WritePatterns(session.interest.patterns(), kMostPatterns, json);
    json->Key("sent_through").Number(session.through.value);
    json->Key("acknowledged_through").Number(session.acked_through.value);
    json->Key("window_bytes").Number(session.pace.window());
    json->Key("on_the_way_bytes").Number(session.sent_bytes - session.acked_bytes);
    json->Key("waiting_messages").Number(app::WaitingMessages(session));
    json->Key("sent_bytes").Number(session.sent_bytes);
    json->Key("sent_ticks").Number(session.sent_ticks);
  });
}

// Those that lag most come first.
void WriteSessions(const feed::FeedServer& server, JsonWriter* json) {
  std::vector<std::pair<uint64_t, const feed::Session*>> all;
  server.ForEachSession(
      [&](const feed::Session& session) { all.emplace_back(app::LagOf(session), &session); });
  const size_t shown = std::min(all.size(), kMostSessions);
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(shown), all.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  json->Object([&] {
    json->Key("count").Number(all.size());
    json->Key("left_out").Number(all.size() - shown);
    json->Key("list").List([&] {
      for (size_t i = 0; i < shown; ++i) WriteSession(*all[i].second, json);
    });
  });
}

ServerGauges GaugesOf(const feed::FeedServer& server) {
  ServerGauges gauges;
  server.ForEachSession([&](const feed::Session& session) {
    ++gauges.sessions;
    if (session.newest != nullptr && !session.newest->asked()) ++gauges.behind;
    gauges.on_the_way_bytes += session.sent_bytes - session.acked_bytes;
  });
  const feed::EpochState* state = server.state();
  if (state == nullptr) return gauges;
  gauges.groups = state->groups().size();
  for (const auto& [key, group] : state->groups()) gauges.backlog_bytes += group->log_bytes();
  gauges.topics = state->topics().size();
  gauges.head = state->head().value;
  gauges.ring_bytes = state->held_bytes();
  gauges.ring_positions =
      std::max(state->head(), state->ring().dropped_through()) - state->ring().dropped_through();
  return gauges;
}

void WriteState(const feed::FeedState& state, JsonWriter* json) {
  json->Key("state").Text(feed::StateName(state.state));
  json->Key("cause").Text(app::Harmless(state.cause));
  json->Key("hop").Text(app::Harmless(state.hop));
}

void WriteHops(const feed::FeedState& state, JsonWriter* json) {
  json->List([&] {
    for (const feed::Hop& hop : state.hops) {
      json->Object([&] {
        json->Key("name").Text(app::Harmless(hop.name));
        json->Key("role").Text(feed::RoleName(hop.role));
        json->Key("state").Text(feed::StateName(hop.state));
        json->Key("age_seconds").Number(std::chrono::duration<double>(hop.age).count());
      });
    }
  });
}

// What the node above holds the line to; 0: to nothing.
void WriteLimits(const feed::FeedClient& line, JsonWriter* json) {
  const wire::Limits& limits = line.limits();
  json->Key("limits").Object([&] {
    json->Key("message_bytes").Number(limits.message_bytes);
    json->Key("patterns").Number(line.max_patterns());
    json->Key("sessions").Number(limits.sessions);
    json->Key("user_sessions").Number(limits.user_sessions);
    json->Key("handshakes_per_second").Number(limits.handshakes_per_second);
    json->Key("waiting_bytes").Number(limits.waiting_bytes);
    json->Key("bytes_per_second").Number(limits.bytes_per_second);
    json->Key("memory_bytes").Number(limits.memory_bytes);
    json->Key("descriptors").Number(limits.descriptors);
  });
}

}  // namespace

void AddServer(const feed::FeedServer& server, Report* report) {
  report->Add(feed::kServerMetrics, server.counters());
  const ServerGauges gauges = GaugesOf(server);
  report->Add(kServerGauges, gauges);
  report->Status("sessions", [&](JsonWriter& json) { WriteSessions(server, &json); });
  const feed::EpochState* state = server.state();
  if (state == nullptr) return;
  report->Status("epoch", [&](JsonWriter& json) {
    json.Object([&] {
      json.Key("epoch").Text(EpochText(state->epoch()));
      json.Key("paced").Flag(state->paced());
      json.Key("head").Number(state->head().value);
      json.Key("ended").Flag(state->ended().has_value());
      json.Key("topics").Number(state->topics().size());
    });
  });
  report->Status("ring", [&](JsonWriter& json) {
    json.Object([&] {
      json.Key("bytes").Number(gauges.ring_bytes);
      json.Key("newest").Number(state->ring().newest().value);
      json.Key("dropped_through").Number(state->ring().dropped_through().value);
    });
  });
}

void AddUpstream(const feed::Lines& lines, Report* report) {
  const feed::FeedState& state = lines.state();
  UpstreamGauges gauges{.lines = lines.size(),
                        .lines_live = 0,
                        .through = lines.through().value,
                        .cover_patterns = lines.complete().patterns().size()};
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines.line(i).state().state == feed::State::kLive) ++gauges.lines_live;
  }
  report->Add(feed::kClientMetrics, lines.counters());
  report->Add(kUpstreamGauges, gauges);
  report->Add(kFeedLive, state.state == feed::State::kLive ? 1 : 0);
  report->Add(kFeedAge, state.state == feed::State::kLive ? state.age : Nanos{0});
  report->Add(kGapsFilled, static_cast<double>(lines.gaps_filled()));
  report->Status("upstream", [&](JsonWriter& json) {
    json.Object([&] {
      WriteState(state, &json);
      json.Key("age_seconds").Number(std::chrono::duration<double>(state.age).count());
      json.Key("epoch").Text(EpochText(lines.epoch()));
      json.Key("encoding").Text(app::EncodingName(lines));
      json.Key("through").Number(lines.through().value);
      json.Key("cover_patterns").Number(gauges.cover_patterns);
      json.Key("cover");
      WritePatterns(lines.complete().patterns(), kMostCover, &json);
      json.Key("lines").List([&] {
        for (size_t i = 0; i < lines.size(); ++i) {
          json.Object([&] {
            WriteState(lines.line(i).state(), &json);
            WriteLimits(lines.line(i), &json);
          });
        }
      });
    });
  });
  report->Status("hops", [&](JsonWriter& json) { WriteHops(state, &json); });
}

void AddWan(const feed::Lines& lines, const feed::FeedServer& server, Report* report) {
  report->Status("wan", [&](JsonWriter& json) {
    const feed::ClientCounters up = lines.counters();
    const feed::ServerCounters& down = server.counters();
    const double bytes_a_tick =
        up.records == 0 ? 0
                        : static_cast<double>(up.bytes_received) / static_cast<double>(up.records);
    json.Object([&] {
      json.Key("received_bytes").Number(up.bytes_received);
      json.Key("sent_bytes").Number(up.bytes_sent);
      json.Key("received_ticks").Number(up.records);
      json.Key("delivered_ticks").Number(down.ticks_sent);
      json.Key("without_gateway_bytes")
          .Number(static_cast<uint64_t>(bytes_a_tick * static_cast<double>(down.ticks_sent)));
      json.Key("without_gateway_plain_bytes").Number(down.bytes_sent);
    });
  });
}

Health HealthOf(const feed::FeedState& state) {
  const bool ready = state.state == feed::State::kLive || state.state == feed::State::kEnded;
  std::string text = feed::StateName(state.state);
  if (!state.cause.empty()) text += ": " + app::Harmless(state.cause);
  return {.ready = ready, .text = std::move(text)};
}

std::string DescribeSessions(const feed::FeedServer& server) {
  const size_t count = server.session_count();
  return fmt::format(", {} session{}", count, count == 1 ? "" : "s");
}

}  // namespace fantail::admin
