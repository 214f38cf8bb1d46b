#include "fantail/feed/forwarder.h"

#include <utility>

namespace fantail::feed {

Forwarder::Forwarder(ClientOptions upstream, ServerOptions downstream, SessionLinks* links,
                     ServerObserver* observer)
    : client_(std::move(upstream), this), server_(std::move(downstream), links, observer) {}

bool Forwarder::Turn(MonotonicTime now) {
  // A paced feed waits for its slowest session through every gateway: what cannot go down is not
  // acknowledged above.
  client_.HoldAcks(client_.paced() && server_.Congested());
  if (auto cover = server_.TakeCover(now)) {
    for (Backfill& backfill : cover->backfills) client_.AskBackfill(std::move(backfill));
    client_.SetInterest(std::move(cover->interest), now);
  }
  client_.Turn(now);
  if (state_changed_ || told_ != client_.proved_at()) {
    state_changed_ = false;
    told_ = client_.proved_at();
    server_.SetUpstream(client_.state(), told_);
  }
  return server_.Turn(now);
}

}  // namespace fantail::feed
