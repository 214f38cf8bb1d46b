// When to read from the node above again. A tick that comes alone goes on at once; of many, each
// message that carries more of them costs every session less. So under load a gateway leaves what
// comes where it is until it fills the messages to its own sessions, or for as long as nobody
// minds.
//
// Thread: one owner.  Cost: none.
#ifndef FANTAIL_FEED_GATHER_H_
#define FANTAIL_FEED_GATHER_H_

#include <algorithm>
#include <cstdint>

#include "fantail/base/time.h"

namespace fantail::feed {

class Gather {
 public:
  // Of a live feed, and of a paced one, whose sessions wait for each other anyway.
  static constexpr Nanos kMostLive = std::chrono::milliseconds(1);
  static constexpr Nanos kMostPaced = std::chrono::milliseconds(16);
  // Below this many ticks a second nothing waits.
  static constexpr int64_t kLoad = 64'000;
  // Messages that are fuller do not get cheaper, and ones this empty gain nothing by much waiting.
  static constexpr double kFull = 0.7;
  static constexpr double kLeast = 0.01;

  // After each turn: how many ticks have been read since the beginning, and how full the messages
  // were that came of the last ones (0 to 1).
  void OnTurn(MonotonicTime now, uint64_t ticks, bool paced, double fullness) {
    if (ticks == ticks_) return;
    read_again_at_ = now;
    ticks_ = ticks;
    ++reads_;
    if (now - window_begin_ >= kWindow) EndWindow(now);
    if (every_ == Nanos{0} || fullness >= kFull) return;
    const double wanted = static_cast<double>(every_.count()) / std::max(fullness, kLeast);
    const Nanos most = std::min(paced ? kMostPaced : kMostLive, (now - loaded_since_) / kPatience);
    read_again_at_ += std::min(most, Nanos(static_cast<int64_t>(wanted)));
  }
  // For how much longer to leave the node above alone.
  Nanos Left(MonotonicTime now) const { return std::max<Nanos>(read_again_at_ - now, Nanos{0}); }

 private:
  // Shorter than this a few ticks that come together look like many.
  static constexpr Nanos kWindow = std::chrono::milliseconds(1);

  // What has piled up while this process or the one above stood still is no load: a wait is only a
  // part of how long there has been one.
  static constexpr int kPatience = 4;

  void EndWindow(MonotonicTime now) {
    const auto seconds = std::chrono::duration<double>(now - window_begin_).count();
    const auto read = static_cast<double>(ticks_ - window_ticks_);
    if (read < static_cast<double>(kLoad) * seconds) {
      every_ = Nanos{0};
    } else {
      if (every_ == Nanos{0}) loaded_since_ = window_begin_;
      every_ = (now - window_begin_) / reads_;
    }
    window_begin_ = now;
    window_ticks_ = ticks_;
    reads_ = 0;
  }

  uint64_t ticks_ = 0;
  MonotonicTime window_begin_;
  uint64_t window_ticks_ = 0;
  int64_t reads_ = 0;
  Nanos every_{0};  // between two reads in the last window, under load; 0 without
  MonotonicTime loaded_since_;
  MonotonicTime read_again_at_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_GATHER_H_
