// Who came, asked for what, was given what and left, and when: a file that only grows, an object
// of JSON a line (docs/rights.md).
//
// Thread: one owner; a thread of its own writes, so that no disk holds up the owner.
// Errors: of opening, in one line. What cannot be written later is lost, and the log says so.
// Limits: kWaitingLines wait for the disk; beyond it the oldest of these are lost, and counted.
#ifndef FANTAIL_APP_ACCESS_LOG_H_
#define FANTAIL_APP_ACCESS_LOG_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "fantail/app/log.h"
#include "fantail/app/options.h"
#include "fantail/app/reload.h"
#include "fantail/base/metric.h"
#include "fantail/base/time.h"
#include "fantail/text/json_writer.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace fantail::app {

// Declares `--access-log FILE`.
void AddAccessLogOption(std::string* path, CommandLine* line);

inline constexpr MetricInfo kAccessLost = {"fantail_access_log_lost_total", Unit::kNone,
                                           "lines that the access log could not keep: alarm"};

class AccessLog {
 public:
  static constexpr size_t kWaitingLines = 4096;

  // An empty path: there is none, and nothing is done.
  AccessLog(std::string path, std::string node);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Opens the file, at its end, and has SIGHUP open it again, after it has been moved away as log
  // rotation does.
  absl::Status Open(Reload* reload);
  bool open() const { return logger_ != nullptr; }

  // A line, with the time, the node and `event`; `members` adds the rest.
  void Write(std::string_view event, const std::function<void(text::JsonWriter*)>& members);

  // Lines that did not make it.
  uint64_t lost() const;
  // Says what has gone wrong, if anything has.
  void Report(MonotonicTime now);

 private:
  absl::Status OpenFile();

  struct Problem;

  const std::string path_;
  const std::string node_;
  std::shared_ptr<Problem> problem_;  // the writing thread's, too
  std::shared_ptr<spdlog::details::thread_pool> writer_;
  std::shared_ptr<spdlog::logger> logger_;
  LimitedLog problems_;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_ACCESS_LOG_H_
