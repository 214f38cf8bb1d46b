#include "fantail/app/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <memory>

#include "fantail/base/check.h"
#include "fantail/text/json_text.h"

namespace fantail::app {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warning", "error", "off"};

struct State {
  std::unique_ptr<spdlog::logger> logger;
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::function<void(LogLevel, std::string_view)> capture;
  std::function<void()> before;
};

// What spdlog puts around a line. In JSON the line comes as a text of JSON, and the name of a
// program is letters.
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v";
constexpr const char* kJsonPattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","program":"%n","message":%v})";

std::unique_ptr<spdlog::logger> MakeLogger(std::string_view program, LogFormat format) {
  auto logger = std::make_unique<spdlog::logger>(std::string(program),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(format == LogFormat::kJson ? kJsonPattern : kTextPattern,
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::trace);  // LogLine has chosen already
  return logger;
}

State& TheState() {
  static State* const state = new State{.logger = MakeLogger("fantail", LogFormat::kText)};
  return *state;  // never destroyed: threads may log until the very end
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

void Write(LogLevel level, std::string_view line) {
  State& state = TheState();
  if (state.format == LogFormat::kText) return state.logger->log(ToSpdlog(level), "{}", line);
  std::string quoted;
  text::AppendJsonString(line, &quoted);
  state.logger->log(ToSpdlog(level), "{}", quoted);
}

}  // namespace

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void SetUpLog(std::string_view program, LogLevel level, LogFormat format) {
  TheState().logger = MakeLogger(program, format);
  TheState().level = level;
  TheState().format = format;
}

void SayFailure(std::string_view program, std::string_view message) {
  if (TheState().format == LogFormat::kJson) {
    Write(LogLevel::kError, message);
  } else {
    std::fputs(fmt::format("{}: {}\n", program, message).c_str(), stderr);
  }
}

void SetBeforeLogLine(std::function<void()> call) {
  TheState().before = std::move(call);
}

bool LogEnabled(LogLevel level) {
  return level >= TheState().level && level < LogLevel::kOff;
}

void LogLine(LogLevel level, std::string_view line) {
  State& state = TheState();
  if (!LogEnabled(level)) return;
  if (state.before) state.before();
  if (state.capture) {
    state.capture(level, line);
  } else {
    Write(level, line);
  }
}

LogCapture::LogCapture(std::function<void(LogLevel, std::string_view)> take) {
  FANTAIL_CHECK(!TheState().capture);
  TheState().capture = std::move(take);
}

LogCapture::~LogCapture() {
  TheState().capture = nullptr;
}

bool LimitedLog::Due(MonotonicTime now) {
  if (last_ && now - *last_ < every_) {
    ++kept_back_;
    return false;
  }
  last_ = now;
  return true;
}

std::string LimitedLog::KeptBack() {
  const uint64_t kept = std::exchange(kept_back_, 0);
  return kept == 0 ? "" : fmt::format(" ({} more)", kept);
}

}  // namespace fantail::app
