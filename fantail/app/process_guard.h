// Keeps a node's process within the memory and the file descriptors that it may have, by asking
// its program to give back and to refuse in time: the kernel would kill it, or accept nobody.
//
// At 95 % of its memory a node sheds, again and again while it stays there; from 98 % on it refuses
// who comes, until it is below 95 % again. From 80 % of its descriptors on it lets nobody
// in, until it is below 70 %.
//
// Thread: one owner, the main loop.
// Cost: a comparison a turn; four times a second two small reads from /proc.
#ifndef FANTAIL_APP_PROCESS_GUARD_H_
#define FANTAIL_APP_PROCESS_GUARD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "fantail/app/options.h"
#include "fantail/app/values.h"
#include "fantail/base/metric.h"
#include "fantail/base/time.h"

namespace fantail::app {

// Of its memory.
inline constexpr double kShedPercent = 95;
inline constexpr double kRefusePercent = 98;
// Of its descriptors.
inline constexpr double kClosePercent = 80;
inline constexpr double kOpenPercent = 70;

// What the process has, or may have.
struct ProcessUse {
  uint64_t memory_bytes = 0;
  uint64_t descriptors = 0;
};

// What it has now. Reads /proc.
ProcessUse ReadProcessUse();
// What the kernel lets it have: the memory of its control group, or the machine's if there is no
// limit; and RLIMIT_NOFILE.
ProcessUse ReadProcessLimits();

// Declares `--max-memory SIZE`.
void AddMemoryOption(ByteSize* memory, CommandLine* line);
// What the process may have, with that option.
ProcessUse ProcessLimitsOf(ByteSize memory);

struct GuardCounters {
  uint64_t memory_limit_bytes = 0;
  uint64_t memory_sheds = 0;
  uint64_t refusing = 0;
  uint64_t closed = 0;
};

inline constexpr auto kGuardMetrics = std::to_array<Metric<GuardCounters>>({
    {&GuardCounters::memory_limit_bytes,
     {"fantail_memory_limit_bytes", Unit::kBytes, "memory that the process may have"}},
    {&GuardCounters::memory_sheds,
     {"fantail_memory_sheds_total", Unit::kNone,
      "times that memory was given back for there was too little: alarm when it rises"}},
    {&GuardCounters::refusing,
     {"fantail_memory_refusing", Unit::kNone, "1 while nobody is welcomed for want of memory"}},
    {&GuardCounters::closed,
     {"fantail_doors_closed", Unit::kNone,
      "1 while nobody is let in for want of file descriptors: alarm"}},
});
static_assert(TellsAll(kGuardMetrics));

class ProcessGuard {
 public:
  struct Actions {
    // Gives back what can be given back, and says what that was.
    std::function<std::string()> shed;
    // Refuses who comes with that reason, until it is empty.
    std::function<void(std::string reason)> refuse;
    // Whether anybody may connect.
    std::function<void(bool open)> open;
  };

  ProcessGuard(ProcessUse limits, Actions actions,
               std::function<ProcessUse()> read = ReadProcessUse);

  void Turn(MonotonicTime now) {
    if (now >= look_at_) [[unlikely]]
      Look(now);
  }
  const GuardCounters& counters() const { return counters_; }

 private:
  void Look(MonotonicTime now);
  void WatchMemory(uint64_t bytes);
  void WatchDescriptors(uint64_t descriptors);

  const ProcessUse limits_;
  const Actions actions_;
  const std::function<ProcessUse()> read_;
  GuardCounters counters_;
  MonotonicTime look_at_;
  bool shedding_ = false;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_PROCESS_GUARD_H_
