#include "fantail/feed/trace.h"

#include <algorithm>

namespace fantail::feed {
namespace {

// Of two quartz clocks, 50 millionths each second: what a cheap one may do.
Nanos Drift(Nanos over) {
  return std::max(over, Nanos{0}) / 20'000;
}

}  // namespace

void ClockOffset::Add(MonotonicTime asked, MonotonicTime answered, MonotonicTime heard) {
  const Estimate now{.ahead = ((answered - asked) + (answered - heard)) / 2,
                     .error = std::max(heard - asked, Nanos{0}) / 2};
  if (const auto before = At(heard)) {
    const Nanos apart = std::max(now.ahead - before->ahead, before->ahead - now.ahead);
    // If they exclude each other, one of the clocks has stood still meanwhile.
    const bool agree = apart <= now.error + before->error;
    if (agree && now.error > before->error) return;
  }
  best_ = now;
  heard_ = heard;
}

std::optional<ClockOffset::Estimate> ClockOffset::At(MonotonicTime now) const {
  if (!best_) return std::nullopt;
  return Estimate{.ahead = best_->ahead, .error = best_->error + Drift(now - heard_)};
}

}  // namespace fantail::feed
