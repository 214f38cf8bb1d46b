// What the system says of this process, under the names that every Prometheus client uses.
//
// Thread: any.  Cost: some file reads; it is called by the admin's threads, never by a main loop.
#ifndef FANTAIL_ADMIN_PROCESS_METRICS_H_
#define FANTAIL_ADMIN_PROCESS_METRICS_H_

#include "fantail/admin/report.h"

namespace fantail::admin {

struct ProcessGauges {
  uint64_t resident_bytes = 0;
  uint64_t open_descriptors = 0;
  uint64_t most_descriptors = 0;
  uint64_t threads = 0;
};

inline constexpr auto kProcessMetrics = std::to_array<Metric<ProcessGauges>>({
    {&ProcessGauges::resident_bytes,
     {"process_resident_memory_bytes", Unit::kBytes, "memory of the process"}},
    {&ProcessGauges::open_descriptors, {"process_open_fds", Unit::kNone, "open file descriptors"}},
    {&ProcessGauges::most_descriptors,
     {"process_max_fds", Unit::kNone, "file descriptors that it may open"}},
    {&ProcessGauges::threads, {"process_threads", Unit::kNone, "threads of the process"}},
});
static_assert(TellsAll(kProcessMetrics));
inline constexpr MetricInfo kProcessCpu = {"process_cpu_seconds_total", Unit::kSeconds,
                                           "CPU time of the process, user and system"};
inline constexpr MetricInfo kProcessStart = {"process_start_time_seconds", Unit::kSeconds,
                                             "when it was started, since the Unix epoch"};

void AddProcess(Report* report);

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_PROCESS_METRICS_H_
