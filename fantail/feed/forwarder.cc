#include "fantail/feed/forwarder.h"

#include <utility>

namespace fantail::feed {

Forwarder::Forwarder(const ClientOptions& upstream, size_t lines, ServerOptions downstream,
                     wire::Links* links, ServerObserver* observer)
    : upstream_(upstream, lines, this), server_(std::move(downstream), links, observer) {}

bool Forwarder::Turn(MonotonicTime now) {
  // A paced feed waits for its slowest session through every gateway: what cannot go down is not
  // acknowledged above.
  upstream_.HoldAcks(upstream_.paced() && server_.Congested());
  upstream_.SetTracing(server_.traced());
  now_ = now;
  PassCover();
  upstream_.Turn(now);
  PassNarrowing();
  if (state_changed_ || told_ != upstream_.proved_at()) {
    state_changed_ = false;
    told_ = upstream_.proved_at();
    server_.SetUpstream(upstream_.state(), told_);
  }
  return server_.Turn(now);
}

void Forwarder::OnHave(const HaveNotice& have) {
  server_.Acknowledge(have, upstream_.complete(), upstream_.backfilled());
  // First what has been wanted since, so that nobody is given what is about to be taken away.
  PassCover();
  wants_sent_ = upstream_.wants_sent();
  server_.Narrow(Interest(upstream_.asked()));
  server_.StartWaiting();
}

void Forwarder::PassCover() {
  auto cover = server_.TakeCover(now_);
  if (!cover) return;
  for (const Backfill& backfill : cover->backfills) upstream_.AskBackfill(backfill);
  upstream_.SetInterest(std::move(cover->interest), now_);
}

// What is no longer asked for above is held no longer, although the have for that has not
// come: whoever wants it from now on waits for it to be wanted again.
void Forwarder::PassNarrowing() {
  if (std::exchange(wants_sent_, upstream_.wants_sent()) == upstream_.wants_sent()) return;
  server_.Narrow(Interest(upstream_.asked()));
}

}  // namespace fantail::feed
