// How much may be on its way to one session: about what its link carries in half a second, so that
// pongs and news never queue for long behind data in the pipe, however thin the link is.
//
// It watches how long what it sends takes to be acknowledged. While that is hardly longer than the
// quickest that was seen, and the session would send more, the window doubles, up to its most; when
// data queues on the way, it halves. So on a LAN and on a fat WAN it is soon at its most and has no
// effect. Only what fills half the window is timed: less queues nowhere, and a quiet client may
// take a second to acknowledge it.
//
// Thread: one owner, a Session.  Cost: a comparison a send, a few a measured round trip.
#ifndef FANTAIL_FEED_PACE_H_
#define FANTAIL_FEED_PACE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fantail/base/time.h"

namespace fantail::feed {

class Pace {
 public:
  Pace(size_t first, size_t most) : most_(most), window_(std::min(first, most)) {}

  size_t window() const { return window_; }

  // The counts are of the whole session. `sent` includes what has just been sent.
  void Sent(uint64_t sent, uint64_t acked, MonotonicTime now) {
    if (timed_ != 0 || sent - acked < window_ / 2) return;
    timed_ = sent;
    timed_at_ = now;
  }
  // There was something to send and no room for it.
  void Full() { full_ = true; }
  void Acked(uint64_t acked, MonotonicTime now) {
    if (timed_ == 0 || acked < timed_) return;
    const Nanos took = now - timed_at_;
    timed_ = 0;
    quickest_ = std::min(quickest_, took);
    if (took - quickest_ > kQueued) {
      window_ = std::max(std::min(kLeast, most_), window_ / 2);
    } else if (took - quickest_ < kFree && full_) {
      window_ = std::min(most_, window_ * 2);
    }
    full_ = false;
  }

 private:
  // Twice what a client acknowledges at once; two seconds at 64 kbit/s.
  static constexpr size_t kLeast = 16 * 1024;
  // A client lets an ack wait for 20 ms, and a busy machine for some more.
  static constexpr Nanos kFree = std::chrono::milliseconds(100);
  static constexpr Nanos kQueued = std::chrono::milliseconds(400);

  size_t most_;
  size_t window_;
  uint64_t timed_ = 0;  // the count whose ack is waited for; 0 is none
  MonotonicTime timed_at_;
  Nanos quickest_ = Nanos::max();
  bool full_ = false;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_PACE_H_
