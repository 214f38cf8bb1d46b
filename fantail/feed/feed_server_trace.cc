// The part of FeedServer that tells sessions where their latency comes from. Nothing here is done
// for sessions that do not ask.
#include <algorithm>
#include <vector>

#include "fantail/feed/feed_server.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {
namespace {

// How often a session is told: a percentile needs some hundred, and a message of 32 bytes a hop
// behind one of the hundreds of batches of a tenth of a second is next to nothing.
constexpr Nanos kTraceEvery = std::chrono::milliseconds(100);
// What was heard from above longer ago says nothing of now.
constexpr Nanos kOutdated = std::chrono::seconds(3);

constexpr Nanos kMost{wire::kMaxTraceNs};

int64_t InRange(Nanos time, Nanos least) {
  return std::clamp(time, least, kMost).count();
}

wire::TraceHop View(const TraceHop& hop) {
  wire::TraceHop view{.node = hop.node, .held_ns = InRange(hop.held, Nanos{0})};
  if (hop.way) {
    view.way_ns = InRange(hop.way->took, -kMost);
    view.error_ns = InRange(hop.way->error, Nanos{0});
  }
  return view;
}

}  // namespace

void FeedServer::SetTracing(Session* session, bool traces) {
  if (traces == session->traces) return;
  session->traces = traces;
  traces ? ++tracing_sessions_ : --tracing_sessions_;
}

// A batch of the log has been sent, sealed in the turn in which its records were taken in.
void FeedServer::SentBatch(Session* session, MonotonicTime sealed) {
  if (!session->traces || now_ - session->traced_at < kTraceEvery) return;
  if (!covers_everything_ && now_ - above_.at > kOutdated) return;
  const MonotonicTime sent = RightNow();
  std::vector<wire::TraceHop> hops;
  if (!covers_everything_) {
    for (const TraceHop& hop : above_.trace.hops) hops.push_back(View(hop));
  }
  if (hops.empty()) hops.push_back(View({.node = options_.node}));
  hops.back().held_ns = InRange(sent - sealed, Nanos{0});
  session->traced_at = now_;
  links_->Send(session->address,
               wire::Encode(wire::Trace{.sent_ns = sent.time_since_epoch().count(), .hops = hops}));
}

}  // namespace fantail::feed
