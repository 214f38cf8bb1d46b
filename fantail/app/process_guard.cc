#include "fantail/app/process_guard.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "fantail/app/log.h"
#include "fantail/app/status_line.h"

namespace fantail::app {
namespace {

// A burst of connections takes longer to fill the rest.
constexpr Nanos kLookEvery = std::chrono::milliseconds(250);

// A limit of 0 is none.
bool Beyond(double percent, uint64_t has, uint64_t limit) {
  return limit != 0 && static_cast<double>(has) * 100 >= static_cast<double>(limit) * percent;
}

// 0: it cannot be read, or says "max".
uint64_t NumberIn(const std::string& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  return file >> number ? number : 0;
}

// The least that the control group of the process and those above it may have; 0: no limit.
uint64_t ControlGroupMemory() {
  std::ifstream groups("/proc/self/cgroup");
  std::string line;
  uint64_t least = 0;
  const auto take = [&](uint64_t limit) {
    if (limit != 0 && (least == 0 || limit < least)) least = limit;
  };
  while (std::getline(groups, line)) {
    // "0::/system.slice/x" of the one hierarchy of version 2, or "4:memory:/x" of version 1.
    const bool v2 = line.starts_with("0::");
    const size_t v1 = line.find(":memory:");
    if (!v2 && v1 == std::string::npos) continue;
    const std::string root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const std::string file = v2 ? "memory.max" : "memory.limit_in_bytes";
    std::filesystem::path at = line.substr(v2 ? 3 : v1 + 8);
    for (; at.has_relative_path(); at = at.parent_path())
      take(NumberIn(root + at.string() + "/" + file));
    take(NumberIn(root + "/" + file));
  }
  return least;
}

uint64_t CountDescriptors() {
  struct stat folder {};
  // From Linux 6.2 on its size is how many there are.
  if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) {
    return static_cast<uint64_t>(folder.st_size);
  }
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; it != end;
       it.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // one is what reads them
}

}  // namespace

ProcessUse ReadProcessUse() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0;
  uint64_t resident = 0;
  file >> all >> resident;
  return {resident * static_cast<uint64_t>(getpagesize()), CountDescriptors()};
}

ProcessUse ReadProcessLimits() {
  const auto machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(getpagesize());
  const uint64_t group = ControlGroupMemory();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return {group == 0 ? machine : std::min(group, machine), limit.rlim_cur};
}

void AddMemoryOption(ByteSize* memory, CommandLine* line) {
  line->Option("--max-memory SIZE", memory,
               "memory of the process: it gives back at 95 %, and refuses who comes at 98 %; 0 is "
               "what its control group or else the machine has");
}

ProcessUse ProcessLimitsOf(ByteSize memory) {
  ProcessUse limits = ReadProcessLimits();
  if (memory.bytes != 0) limits.memory_bytes = std::min(limits.memory_bytes, memory.bytes);
  return limits;
}

ProcessGuard::ProcessGuard(ProcessUse limits, Actions actions, std::function<ProcessUse()> read)
    : limits_(limits), actions_(std::move(actions)), read_(std::move(read)) {
  counters_.memory_limit_bytes = limits.memory_bytes;
}

void ProcessGuard::Look(MonotonicTime now) {
  look_at_ = now + kLookEvery;
  const ProcessUse use = read_();
  WatchMemory(use.memory_bytes);
  WatchDescriptors(use.descriptors);
}

void ProcessGuard::WatchMemory(uint64_t bytes) {
  const bool sheds = Beyond(kShedPercent, bytes, limits_.memory_bytes);
  if (sheds) {
    ++counters_.memory_sheds;
    const std::string given = actions_.shed();
    malloc_trim(0);
    if (!shedding_) {
      LogWarning("memory: {} of {}: {}", FormatBytes(bytes), FormatBytes(limits_.memory_bytes),
                 given);
    }
  }
  shedding_ = sheds;
  const bool refuses = Beyond(kRefusePercent, bytes, limits_.memory_bytes);
  if (refuses && counters_.refusing == 0) {
    counters_.refusing = 1;
    LogError("memory: {} of {}: who comes is refused", FormatBytes(bytes),
             FormatBytes(limits_.memory_bytes));
    actions_.refuse("this node has no memory left");
  } else if (!sheds && counters_.refusing != 0) {
    counters_.refusing = 0;
    LogInfo("memory: {} of {}: who comes is welcome again", FormatBytes(bytes),
            FormatBytes(limits_.memory_bytes));
    actions_.refuse("");
  }
}

void ProcessGuard::WatchDescriptors(uint64_t descriptors) {
  if (counters_.closed == 0 && Beyond(kClosePercent, descriptors, limits_.descriptors)) {
    counters_.closed = 1;
    LogError("{} of {} file descriptors are open: nobody is let in; raise the limit of open files",
             descriptors, limits_.descriptors);
    actions_.open(false);
  } else if (counters_.closed != 0 && !Beyond(kOpenPercent, descriptors, limits_.descriptors)) {
    counters_.closed = 0;
    LogInfo("{} of {} file descriptors are open: the door is open again", descriptors,
            limits_.descriptors);
    actions_.open(true);
  }
}

}  // namespace fantail::app
