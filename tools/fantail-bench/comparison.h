// One run of one relay, and what came of it.
//
// Thread: main.
#ifndef FANTAIL_BENCH_COMPARISON_H_
#define FANTAIL_BENCH_COMPARISON_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "fantail/base/histogram.h"
#include "fantail/base/time.h"
#include "tools/fantail-bench/contender.h"

namespace fantail::bench {

struct RunOptions {
  Nanos window = std::chrono::seconds(5);  // what is measured
  uint64_t rate = 0;                       // ticks a second; 0 is as many as the relay takes
  std::string folder;                      // for ready files
};

struct Result {
  // Within the window.
  Nanos wall{0};
  Nanos relay_cpu{0};
  uint64_t published = 0;
  uint64_t deliveries = 0;
  uint64_t upstream_bytes = 0;
  LatencyHistogram latency;  // empty without a rate

  // From the first tick to the last: what was sent came, each tick once and in order.
  uint64_t expected = 0;
  uint64_t delivered = 0;
  uint64_t complaints = 0;
  bool complete() const { return delivered == expected && complaints == 0; }

  double Seconds() const { return std::chrono::duration<double>(wall).count(); }
  double CpuSeconds() const { return std::chrono::duration<double>(relay_cpu).count(); }
  double DeliveriesPerCpuSecond() const { return static_cast<double>(deliveries) / CpuSeconds(); }
};

// Starts the relay, feeds it through a moment of warming up and the window, and waits until all has
// come. An error if it could not be measured at all.
absl::StatusOr<Result> Run(const Contender& contender, const Workload& workload,
                           const RunOptions& options);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_COMPARISON_H_
