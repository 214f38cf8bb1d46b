#include "fantail/history/mender.h"

#include <algorithm>

namespace fantail::history {
namespace {

// After a try that failed: each costs the servers a question.
constexpr Nanos kRetry = std::chrono::seconds(10);

}  // namespace

void Mender::Turn(MonotonicTime now) {
  now_ = now;
  const feed::EpochState* state = server_->state();
  if (state == nullptr) return;
  if (state->epoch() != epoch_) {
    fetch_.Cancel();
    epoch_ = state->epoch();
    hole_ = 0;
    not_before_ = {};
  }
  fetch_.Turn(now);
  if (!fetch_.idle() || now < not_before_) return;
  const feed::Hole* hole = NextHole();
  if (hole == nullptr) return;
  hole_ = hole->number;
  lost_ = {};
  // What is older the ring would drop again.
  fetch_.Begin({.epoch = epoch_,
                .after = std::max(hole->after, state->held_from()),
                .through = hole->through,
                .patterns = hole->patterns},
               /*shared=*/true, now);
}

const feed::Hole* Mender::NextHole() const {
  const feed::Hole* next = server_->NextHole(hole_);
  return next != nullptr ? next : server_->NextHole(0);
}

bool Mender::OnPart(const Part& part) {
  if (part.epoch != epoch_) return false;
  for (const auto& [id, name] : part.topics) {
    const feed::Topics::Added added = server_->AddTopic(id, name);
    if (added != feed::Topics::Added::kNew && added != feed::Topics::Added::kKnown) return false;
  }
  for (const auto& [id, name] : part.venues) server_->AddVenue(id, name);
  if (part.lost) lost_ = std::max(lost_, part.lost->to);
  server_->AddBackfill(part.records);
  return true;
}

void Mender::OnFetched(std::string_view problem) {
  if (problem.empty()) {
    ++counters_.mended;
    return server_->Mend(hole_, lost_);
  }
  ++counters_.failed;
  problem_ = problem;
  not_before_ = now_ + kRetry;
}

}  // namespace fantail::history
