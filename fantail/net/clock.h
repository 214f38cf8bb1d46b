// The clocks. Read once a turn of a loop and passed down; the core reads none, but for traces is
// given a function that does.
//
// Thread: any.
#ifndef FANTAIL_NET_CLOCK_H_
#define FANTAIL_NET_CLOCK_H_

#include <chrono>

#include "fantail/base/time.h"

namespace fantail::net {

inline MonotonicTime ReadMonotonicClock() {
  return MonotonicTime(std::chrono::steady_clock::now().time_since_epoch());
}

inline WallTime ReadWallClock() {
  return WallTime(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace fantail::net

#endif  // FANTAIL_NET_CLOCK_H_
