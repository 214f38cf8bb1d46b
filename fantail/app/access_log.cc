#include "fantail/app/access_log.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <atomic>
#include <mutex>
#include <utility>

namespace fantail::app {
namespace {

constexpr const char* kPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})";

}  // namespace

void AddAccessLogOption(std::string* path, CommandLine* line) {
  line->Option("--access-log FILE", path,
               "appended to: who came, asked for what, was given what and left; opened again on "
               "SIGHUP");
}

struct AccessLog::Problem {
  std::mutex mutex;
  std::string text;
  std::atomic<bool> is_new = false;
  std::atomic<uint64_t> failed = 0;
};

AccessLog::AccessLog(std::string path, std::string node)
    : path_(std::move(path)), node_(std::move(node)), problem_(std::make_shared<Problem>()) {
  if (path_.empty()) return;
  writer_ = std::make_shared<spdlog::details::thread_pool>(kWaitingLines, 1);
}

AccessLog::~AccessLog() = default;

absl::Status AccessLog::Open(Reload* reload) {
  if (path_.empty()) return absl::OkStatus();
  reload->Add("--access-log", [this] { return OpenFile(); });
  return OpenFile();
}

absl::Status AccessLog::OpenFile() {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path_);
    auto logger = std::make_shared<spdlog::async_logger>(
        "access", std::move(file), writer_, spdlog::async_overflow_policy::overrun_oldest);
    logger->set_pattern(kPattern, spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    logger->set_error_handler([problem = problem_](const std::string& text) {
      ++problem->failed;
      const std::lock_guard lock(problem->mutex);
      problem->text = text;
      problem->is_new = true;
    });
    logger_ = std::move(logger);
    return absl::OkStatus();
  } catch (const spdlog::spdlog_ex& error) {
    return absl::UnavailableError(
        fmt::format("--access-log \"{}\": it cannot be written: {}", path_, error.what()));
  }
}

void AccessLog::Write(std::string_view event,
                      const std::function<void(text::JsonWriter*)>& members) {
  if (logger_ == nullptr) return;
  std::string line;
  text::JsonWriter json(&line);
  json.Key("node").Text(node_);
  json.Key("event").Text(event);
  members(&json);
  logger_->info("{}", line);
}

uint64_t AccessLog::lost() const {
  return writer_ == nullptr ? 0 : writer_->overrun_counter() + problem_->failed;
}

void AccessLog::Report(MonotonicTime now) {
  if (writer_ == nullptr || !problem_->is_new.exchange(false)) return;
  const std::lock_guard lock(problem_->mutex);
  problems_.Warn(now, "--access-log \"{}\": {}; {} lines are lost", path_, problem_->text, lost());
}

}  // namespace fantail::app
