#include "tools/fantail-bench/relay_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "fantail/net/clock.h"

namespace fantail::bench {
namespace {

constexpr Nanos kReadyWithin = std::chrono::seconds(10);
constexpr useconds_t kLookAgainUs = 2000;

std::optional<std::string> ReadAddress(const std::string& ready_file) {
  std::ifstream in(ready_file);
  for (std::string key, value; in >> key >> value;) {
    if (key == "listen") return value;
  }
  return std::nullopt;
}

}  // namespace

RelayProcess::~RelayProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::StatusOr<std::string> RelayProcess::Start(const std::vector<std::string>& command,
                                                const std::string& ready_file) {
  unlink(ready_file.c_str());
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  if (pid_ < 0) return absl::InternalError(std::string("fork: ") + std::strerror(errno));
  const MonotonicTime until = net::ReadMonotonicClock() + kReadyWithin;
  while (net::ReadMonotonicClock() < until) {
    if (!Running()) return absl::UnavailableError("the relay \"" + command[0] + "\" did not start");
    if (std::optional<std::string> address = ReadAddress(ready_file)) return *address;
    usleep(kLookAgainUs);
  }
  return absl::DeadlineExceededError("the relay \"" + command[0] + "\" is not up within 10 s");
}

void RelayProcess::Stop() {
  Signal(SIGTERM);
}

void RelayProcess::Signal(int number) {
  if (pid_ > 0) kill(pid_, number);
}

bool RelayProcess::Running() {
  if (pid_ >= 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ >= 0;
}

Nanos RelayProcess::CpuTime() const {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return Nanos{0};
  return std::chrono::seconds(used.tv_sec) + Nanos(used.tv_nsec);
}

size_t RelayProcess::MemoryBytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  size_t all = 0;
  size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t RelayProcess::Descriptors() const {
  const std::filesystem::directory_iterator open("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<size_t>(std::distance(begin(open), end(open)));
}

}  // namespace fantail::bench
