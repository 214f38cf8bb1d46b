// What a report has of a node: of the sessions that it serves, and of the node above.
//
// Thread: as Report.
// Cost: one look at each session; the status lists those that lag most, 100 at most, with up to 16
//   patterns each: some 50 us.
#ifndef FANTAIL_ADMIN_NODE_REPORT_H_
#define FANTAIL_ADMIN_NODE_REPORT_H_

#include "fantail/admin/report.h"
#include "fantail/feed/feed_server.h"
#include "fantail/feed/lines.h"

namespace fantail::admin {

struct ServerGauges {
  uint64_t sessions = 0;
  uint64_t behind = 0;
  uint64_t on_the_way_bytes = 0;
  uint64_t groups = 0;
  uint64_t backlog_bytes = 0;
  uint64_t topics = 0;
  uint64_t head = 0;
  uint64_t ring_bytes = 0;
  uint64_t ring_positions = 0;
};

inline constexpr auto kServerGauges = std::to_array<Metric<ServerGauges>>({
    {&ServerGauges::sessions, {"fantail_sessions", Unit::kNone, "sessions that stand"}},
    {&ServerGauges::behind,
     {"fantail_sessions_behind", Unit::kNone,
      "of these, too slow for every tick: they get newest values"}},
    {&ServerGauges::on_the_way_bytes,
     {"fantail_sessions_on_the_way_bytes", Unit::kBytes,
      "sent to sessions and not acknowledged, in all"}},
    {&ServerGauges::groups,
     {"fantail_groups", Unit::kNone, "groups of sessions of equal interest: encoded for once"}},
    {&ServerGauges::backlog_bytes,
     {"fantail_backlog_bytes", Unit::kBytes, "encoded, and waiting for some session's window"}},
    {&ServerGauges::topics, {"fantail_topics", Unit::kNone, "topics of the epoch known here"}},
    {&ServerGauges::head,
     {"fantail_head_position", Unit::kNone, "the newest position of the epoch known here"}},
    {&ServerGauges::ring_bytes,
     {"fantail_ring_bytes", Unit::kBytes, "recent records and payloads in memory"}},
    {&ServerGauges::ring_positions,
     {"fantail_ring_positions", Unit::kNone,
      "how many positions back a session can resume from the ring"}},
});
static_assert(TellsAll(kServerGauges));

struct UpstreamGauges {
  uint64_t lines = 0;
  uint64_t lines_live = 0;
  uint64_t through = 0;
  uint64_t cover_patterns = 0;
};

inline constexpr auto kUpstreamGauges = std::to_array<Metric<UpstreamGauges>>({
    {&UpstreamGauges::lines, {"fantail_upstream_lines", Unit::kNone, "sessions upwards"}},
    {&UpstreamGauges::lines_live,
     {"fantail_upstream_lines_live", Unit::kNone, "of these, live: alarm when one is missing"}},
    {&UpstreamGauges::through,
     {"fantail_upstream_through_position", Unit::kNone,
      "what has come of the interest is complete through here"}},
    {&UpstreamGauges::cover_patterns,
     {"fantail_upstream_cover_patterns", Unit::kNone, "patterns taken from above"}},
});
static_assert(TellsAll(kUpstreamGauges));
inline constexpr MetricInfo kFeedLive = {
    "fantail_feed_live", Unit::kNone, "1 while every hop up to the publisher proves to be alive"};
inline constexpr MetricInfo kFeedAge = {"fantail_feed_age_seconds", Unit::kSeconds,
                                        "while it is live, what is shown is at most this old"};
inline constexpr MetricInfo kGapsFilled = {"fantail_upstream_gaps_filled_total", Unit::kNone,
                                           "gaps of one line that another has filled"};

// What AddServer adds, and AddUpstream: for ListOf.
void AddServer(const feed::FeedServer& server, Report* report);
// The members `upstream`, `hops`.
void AddUpstream(const feed::Lines& lines, Report* report);
// The member `wan` of a gateway: what has crossed it for all, against what the same desks would
// have made of it, each with a session of this encoding of its own.
void AddWan(const feed::Lines& lines, const feed::FeedServer& server, Report* report);

// `live` or `stale: link to hq: silent for 3 s`. A feed that has ended is served to the last.
Health HealthOf(const feed::FeedState& state);
// `, 12 sessions`.
std::string DescribeSessions(const feed::FeedServer& server);

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_NODE_REPORT_H_
