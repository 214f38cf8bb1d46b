// The jobs of a broker, and when their time is up. A job that is over is used again for a new one:
// on the way of a request nothing is allocated.
//
// Thread: one owner.
// Cost: adding, removing and setting a time are a few stores each. What was ever needed at a time
//   stays; of bodies, kKeptBody bytes each.
#ifndef FANTAIL_BUS_JOBS_H_
#define FANTAIL_BUS_JOBS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "fantail/bus/job.h"

namespace fantail::bus {

// When jobs are due: a wheel of milliseconds, around once a second. Those of a later round are
// passed over.
class Deadlines {
 public:
  // Moves it if it is due at another time.
  void Set(Job* job, MonotonicTime due);
  void Clear(Job* job);
  // A job whose time was up, at most two ticks late, and no longer due; or null. Call it until it
  // gives none.
  Job* Next(MonotonicTime now);

 private:
  // A power of two near a millisecond: askers and their bus are that far apart anyway.
  static constexpr int kTickBits = 20;
  static constexpr size_t kTicks = 1024;

  static uint64_t TickOf(MonotonicTime time) {
    return static_cast<uint64_t>(time.time_since_epoch().count()) >> kTickBits;
  }
  std::vector<Job*>& PlaceOf(const Job& job) { return wheel_[job.due_tick % kTicks]; }

  std::array<std::vector<Job*>, kTicks> wheel_;
  uint64_t tick_ = 0;  // the next to be looked at
  size_t unseen_ = 0;  // of it: those before this place; what is behind was seen
  bool looking_ = false;
};

// A job that may be over by now.
struct JobReference {
  Job* job = nullptr;
  uint64_t number = 0;
  Job* get() const { return job->number == number ? job : nullptr; }
};

class Jobs {
 public:
  // With a number of its own, above all before.
  Job* Add();
  void Remove(Job* job);
  size_t size() const { return all_.size() - free_.size(); }

 private:
  std::deque<Job> all_;
  std::vector<Job*> free_;
  uint64_t next_number_ = 1;
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_JOBS_H_
