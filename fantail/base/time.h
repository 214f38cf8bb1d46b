// Time as types: a duration, a point on this machine's monotonic clock, and a point on the wall
// clock. The three do not mix. Nothing here reads a clock: fantail/net/clock.h does, once a turn of
// a loop.
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_BASE_TIME_H_
#define FANTAIL_BASE_TIME_H_

#include <chrono>
#include <cstdint>

namespace fantail {

using Nanos = std::chrono::nanoseconds;

// For timers, ages and liveness. Meaningless on another machine.
struct MonotonicTag {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  static constexpr bool is_steady = true;
};
using MonotonicTime = std::chrono::time_point<MonotonicTag, Nanos>;

// Nanoseconds since the Unix epoch, UTC. For showing and for exchange time; never for a timer.
struct WallTag {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  static constexpr bool is_steady = false;
};
using WallTime = std::chrono::time_point<WallTag, Nanos>;

}  // namespace fantail

#endif  // FANTAIL_BASE_TIME_H_
