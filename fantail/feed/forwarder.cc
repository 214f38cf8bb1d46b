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
  now_ = now;
  PassCover();
  client_.Turn(now);
  PassNarrowing();
  if (state_changed_ || told_ != client_.proved_at()) {
    state_changed_ = false;
    told_ = client_.proved_at();
    server_.SetUpstream(client_.state(), told_);
  }
  return server_.Turn(now);
}

void Forwarder::OnHave(const HaveNotice& have) {
  server_.Acknowledge(have, client_.complete(), client_.backfilled());
  // First what has been wanted since, so that nobody is given what is about to be taken away.
  PassCover();
  wants_sent_ = client_.wants_sent();
  server_.Narrow(Interest(client_.asked()));
  server_.StartWaiting();
}

void Forwarder::PassCover() {
  auto cover = server_.TakeCover(now_);
  if (!cover) return;
  for (Backfill& backfill : cover->backfills) client_.AskBackfill(std::move(backfill));
  client_.SetInterest(std::move(cover->interest), now_);
}

// What the client no longer asks for above is held no longer, although the have for that has not
// come: whoever wants it from now on waits for it to be wanted again.
void Forwarder::PassNarrowing() {
  if (std::exchange(wants_sent_, client_.wants_sent()) == client_.wants_sent()) return;
  server_.Narrow(Interest(client_.asked()));
}

}  // namespace fantail::feed
