// A program that a system test runs: started with its output in files, waited for with a deadline,
// killed at any time, and never left behind.
//
// Thread: one owner, the test's.
// Errors: a program that cannot be started or does not end in time fails the test.
#ifndef FANTAIL_TESTS_SYSTEM_PROCESS_H_
#define FANTAIL_TESTS_SYSTEM_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fantail::testing {

using Seconds = std::chrono::duration<double>;

// Long enough for a machine that does other things too; a test that is right never waits so long.
inline constexpr Seconds kPatience{20};

// Seconds on a monotonic clock.
double Now();

// Asks every few milliseconds until `condition` holds; false if the time is over before it does.
bool Eventually(const std::function<bool()>& condition, Seconds patience = kPatience);

// The whole file; empty if there is none.
std::string ReadFile(const std::string& path);
// The file's size; 0 if there is none.
size_t FileSize(const std::string& path);
void WriteFile(const std::string& path, std::string_view bytes);

// A folder that is gone at the end of the test.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class Process {
 public:
  struct Files {
    std::string in = "/dev/null";
    std::string out;
    std::string err;
  };

  // Starts arguments[0], looked up in the PATH if it has no slash.
  Process(std::vector<std::string> arguments, const Files& files);
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool Runs() { return !Poll(); }
  void Signal(int signal);
  // kill -9, and waits until it is gone.
  void Kill();
  // The exit code, 1000 + the signal that ended it, or none if it still runs.
  std::optional<int> Poll();
  // The same, waited for; a program that does not end in time fails the test and is killed.
  int Wait(Seconds patience = kPatience);

 private:
  std::string what_;
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_PROCESS_H_
