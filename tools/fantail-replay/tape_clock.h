// When a moment of the tape is due: the time of the tape against this machine's, at some speed, and
// standing still while paused.
//
// Thread: one owner. It reads no clock: time comes in.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_TAPE_CLOCK_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_TAPE_CLOCK_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "fantail/base/time.h"

namespace fantail::replay {

class TapeClock {
 public:
  // At a speed of 0 everything is due at once.
  explicit TapeClock(double speed) : speed_(speed) {}

  double speed() const { return speed_; }
  bool paused() const { return paused_; }

  // It is `tape_ns` on the tape now.
  void Set(int64_t tape_ns, MonotonicTime now) {
    tape_ns_ = tape_ns;
    at_ = now;
  }
  void SetSpeed(double speed, MonotonicTime now) {
    Set(At(now), now);
    speed_ = speed;
  }
  void SetPaused(bool paused, MonotonicTime now) {
    Set(At(now), now);
    paused_ = paused;
  }
  // What is due in so much of the tape's time is due now.
  void Skip(int64_t tape_ns) { tape_ns_ += tape_ns; }

  // The tape's time.
  int64_t At(MonotonicTime now) const {
    if (paused_ || speed_ == 0) return tape_ns_;
    return Bounded(static_cast<double>(tape_ns_), static_cast<double>((now - at_).count()) * speed_,
                   tape_ns_);
  }
  // Until when everything is due, as a time of the tape.
  int64_t Horizon(MonotonicTime now) const {
    return speed_ == 0 ? std::numeric_limits<int64_t>::max() : At(now);
  }
  // When `tape_ns` is due. REQUIRES: a speed, and not paused.
  MonotonicTime DueAt(int64_t tape_ns) const {
    // In floating point, and bounded: the times are the file's, and may be centuries apart.
    const double wait = (static_cast<double>(tape_ns) - static_cast<double>(tape_ns_)) / speed_;
    if (wait > kLongestWait || wait < -kLongestWait) {
      return at_ + Nanos(static_cast<int64_t>(wait > 0 ? kLongestWait : -kLongestWait));
    }
    return at_ + Nanos(static_cast<int64_t>(static_cast<double>(tape_ns - tape_ns_) / speed_));
  }

 private:
  // 31 years: longer than anybody waits, and far from where 64 bits of nanoseconds end.
  static constexpr double kLongestWait = 1e18;

  static int64_t Bounded(double from, double by, int64_t exact_from) {
    constexpr double kEnd = 9.2e18;
    if (from + by > kEnd) return static_cast<int64_t>(kEnd);
    return exact_from + static_cast<int64_t>(by);
  }

  double speed_;
  bool paused_ = false;
  int64_t tape_ns_ = 0;  // at at_
  MonotonicTime at_;
};

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_TAPE_CLOCK_H_
