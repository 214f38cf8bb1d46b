#include "fantail/admin/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

#include "fantail/app/process_guard.h"

namespace fantail::admin {
namespace {

// The fields of /proc/self/stat behind the name of the program, which may hold anything: the first
// is the third of proc(5).
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

uint64_t FieldAt(const std::vector<std::string>& fields, size_t number) {
  return number - 3 < fields.size() ? std::strtoull(fields[number - 3].c_str(), nullptr, 10) : 0;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Since the boot, by the clock that goes on while the machine sleeps, as the kernel counts starts.
double SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

void AddProcess(Report* report) {
  const std::vector<std::string> fields = StatFields();
  const app::ProcessUse use = app::ReadProcessUse();
  report->Add(kProcessMetrics, {.resident_bytes = use.memory_bytes,
                                .open_descriptors = use.descriptors,
                                .most_descriptors = app::ReadProcessLimits().descriptors,
                                .threads = FieldAt(fields, 20)});
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  report->Add(kProcessCpu, Seconds(used.ru_utime) + Seconds(used.ru_stime));
  const double started =
      static_cast<double>(FieldAt(fields, 22)) / static_cast<double>(sysconf(_SC_CLK_TCK));
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  report->Add(kProcessStart, static_cast<double>(wall.tv_sec) - SinceBoot() + started);
}

}  // namespace fantail::admin
