#include "fantail/feed/forwarder.h"

#include <utility>

namespace fantail::feed {

Forwarder::Forwarder(const ClientOptions& upstream, size_t lines, ServerOptions downstream,
                     SessionLinks* links, ServerObserver* observer)
    : upstream_(upstream, lines, this), server_(std::move(downstream), links, observer) {}

bool Forwarder::Turn(MonotonicTime now) {
  // A paced feed waits for its slowest session through every gateway: what cannot go down is not
  // acknowledged above.
  upstream_.HoldAcks(upstream_.paced() && server_.Congested());
  if (auto cover = server_.TakeCover(now)) {
    for (const Backfill& backfill : cover->backfills) upstream_.AskBackfill(backfill);
    upstream_.SetInterest(std::move(cover->interest), now);
  }
  upstream_.Turn(now);
  if (state_changed_ || told_ != upstream_.proved_at()) {
    state_changed_ = false;
    told_ = upstream_.proved_at();
    server_.SetUpstream(upstream_.state(), told_);
  }
  return server_.Turn(now);
}

}  // namespace fantail::feed
