// The log: lines on stderr, never anywhere else, such as
//   2026-01-02T03:04:05.123Z warning fantail-gateway: session desk-7 is 2.1 MB behind
// or, for programs that read logs, an object of JSON a line:
//   {"time":"2026-01-02T03:04:05.123Z","level":"warning","program":"fantail-gateway","message":""}
//
// Thread: any; a line is written whole. Setting it up and capturing it belong to main, before
//   any other thread exists.
// Cost: a line is a write to stderr, so nothing on the way of a tick logs but through LimitedLog.
// Errors: none; a log that cannot be written is lost.
#ifndef FANTAIL_APP_LOG_H_
#define FANTAIL_APP_LOG_H_

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fantail/base/time.h"

namespace fantail::app {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warning", "error", "off".
std::optional<LogLevel> ParseLogLevel(std::string_view text);

enum class LogFormat : uint8_t { kText, kJson };

// Before it is called, everything from kInfo up is logged for a program named `fantail`.
void SetUpLog(std::string_view program, LogLevel level, LogFormat format = LogFormat::kText);

// The last words of a program that cannot go on: `PROGRAM: MESSAGE`, or as the log has it if that
// is JSON. At any level.
void SayFailure(std::string_view program, std::string_view message);

// Called before each line is written: whoever draws on the terminal takes its drawing away. None
// for nullptr. REQUIRES: only the thread that draws logs.
void SetBeforeLogLine(std::function<void()> call);

bool LogEnabled(LogLevel level);
void LogLine(LogLevel level, std::string_view line);

template <class... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) LogLine(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kDebug, format, std::forward<Args>(args)...);
}
template <class... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kInfo, format, std::forward<Args>(args)...);
}
template <class... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kWarning, format, std::forward<Args>(args)...);
}
template <class... Args>
void LogError(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kError, format, std::forward<Args>(args)...);
}

// While it lives, every line that is enabled goes to `take` instead of stderr: for tests, which
// fail on a warning that they did not expect. REQUIRES: one at a time.
class LogCapture {
 public:
  explicit LogCapture(std::function<void(LogLevel, std::string_view)> take);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
};

// A warning that may come a thousand times a second: says the first at once, then at most one line
// in `every`, with how many it kept back. One object per kind of warning.
//
// Thread: one owner.
class LimitedLog {
 public:
  // Ten seconds: as often as the status line, so that the log stays readable while a fault lasts.
  explicit LimitedLog(Nanos every = std::chrono::seconds(10)) : every_(every) {}

  // The line is only made if it is said.
  template <class... Args>
  void Warn(MonotonicTime now, fmt::format_string<Args...> format, Args&&... args) {
    if (!Due(now)) return;
    LogLine(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...) + KeptBack());
  }

 private:
  bool Due(MonotonicTime now);
  std::string KeptBack();

  Nanos every_;
  std::optional<MonotonicTime> last_;
  uint64_t kept_back_ = 0;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_LOG_H_
