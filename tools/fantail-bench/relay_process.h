// A relay in a process of its own, and the CPU time that it has used.
//
// Thread: one owner, the main thread: the relay dies with the thread that started it.
#ifndef FANTAIL_BENCH_RELAY_PROCESS_H_
#define FANTAIL_BENCH_RELAY_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fantail/base/time.h"

namespace fantail::bench {

class RelayProcess {
 public:
  RelayProcess() = default;
  ~RelayProcess();
  RelayProcess(const RelayProcess&) = delete;
  RelayProcess& operator=(const RelayProcess&) = delete;

  // Runs `command` and waits until it has written `ready_file`; gives the address that it says.
  absl::StatusOr<std::string> Start(const std::vector<std::string>& command,
                                    const std::string& ready_file);
  bool Running();
  // Asks it to end in good order; the destructor ends it in any case.
  void Stop();
  void Signal(int number);
  // User and system, all threads, exact to the nanosecond. REQUIRES: it runs.
  Nanos CpuTime() const;
  // Resident. REQUIRES: it runs.
  size_t MemoryBytes() const;
  // Open file descriptors. REQUIRES: it runs.
  size_t Descriptors() const;

 private:
  pid_t pid_ = -1;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_RELAY_PROCESS_H_
