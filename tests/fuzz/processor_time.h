// What this thread has taken of the processor: others on the machine do not make a run look slow.
//
// Thread: any.
#ifndef FANTAIL_TESTS_FUZZ_PROCESSOR_TIME_H_
#define FANTAIL_TESTS_FUZZ_PROCESSOR_TIME_H_

#include <ctime>

#include "fantail/base/time.h"

namespace fantail::fuzz {

inline Nanos ProcessorTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_PROCESSOR_TIME_H_
