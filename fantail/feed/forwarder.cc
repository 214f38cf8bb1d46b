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
  PassRights();
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

// Each session above is given what it may have by then: what was refused to the one before is asked
// for again. And what this node may not have any more, it does not hand on from its ring either.
void Forwarder::PassRights() {
  const uint64_t sessions = upstream_.counters().sessions;
  if (std::exchange(sessions_, sessions) != sessions) server_.AskAgainAbove();
  std::string why = upstream_.line(0).no_rights();
  for (size_t i = 1; i < upstream_.size(); ++i) {
    if (upstream_.line(i).no_rights().empty()) why.clear();
  }
  if (std::exchange(no_rights_, why) != why && !why.empty()) server_.RefuseAll(why);
}

// What is no longer asked for above is held no longer, although the have for that has not
// come: whoever wants it from now on waits for it to be wanted again.
void Forwarder::PassNarrowing() {
  if (std::exchange(wants_sent_, upstream_.wants_sent()) == upstream_.wants_sent()) return;
  server_.Narrow(Interest(upstream_.asked()));
}

}  // namespace fantail::feed
