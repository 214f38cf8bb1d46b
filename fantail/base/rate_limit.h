// So many a second, and after a pause so many at once: a bucket that fills.
//
// Thread: one owner.  Cost: Refill, a multiplication.
#ifndef FANTAIL_BASE_RATE_LIMIT_H_
#define FANTAIL_BASE_RATE_LIMIT_H_

#include <algorithm>
#include <chrono>

#include "fantail/base/time.h"

namespace fantail {

class RateLimit {
 public:
  // Full at first.
  RateLimit(double per_second, double burst, MonotonicTime now)
      : per_second_(per_second), burst_(burst), room_(burst), refilled_at_(now) {}

  void Refill(MonotonicTime now) {
    const double seconds = std::chrono::duration<double>(now - refilled_at_).count();
    refilled_at_ = now;
    room_ = std::min(room_ + std::max(seconds, 0.0) * per_second_, burst_);
  }
  // What may be taken; more may be, as long as there is any, and is waited for afterwards.
  double room() const { return room_; }
  void Take(double amount) { room_ -= amount; }

 private:
  const double per_second_;
  const double burst_;
  double room_;
  MonotonicTime refilled_at_;
};

}  // namespace fantail

#endif  // FANTAIL_BASE_RATE_LIMIT_H_
