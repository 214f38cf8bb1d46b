#include "fantail/app/feed_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "fantail/base/pattern.h"

namespace fantail::app {
namespace {

// Without an exponent.
std::string FactorText(double factor) {
  return factor < 1 ? fmt::format("{}", factor) : fmt::format("{}", static_cast<int64_t>(factor));
}

}  // namespace

void AddSpeedOption(double* speed, double least, double most, CommandLine* line) {
  line->Custom(
      "--speed FACTOR",
      [=](const std::string& text) {
        if (text == "max") {
          *speed = 0;
          return absl::OkStatus();
        }
        const char* end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data(), end, *speed);
        if (error == std::errc() && at == end && *speed >= least && *speed <= most) {
          return absl::OkStatus();
        }
        return absl::InvalidArgumentError(fmt::format("write a factor from {} to {}, or max",
                                                      FactorText(least), FactorText(most)));
      },
      "by the recorded time stamps: 1 is as recorded, 20 is twenty times faster; max waits only "
      "for the slowest session",
      "1");
}

void AddWaitForOption(std::string* pattern, CommandLine* line) {
  line->Custom(
      "--wait-for PATTERN",
      [=](const std::string& text) {
        *pattern = text;
        const char* problem = PatternProblem(text);
        return problem == nullptr
                   ? absl::OkStatus()
                   : absl::InvalidArgumentError(std::string("not a pattern: ") + problem);
      },
      "hold the first tick until some session's interest covers this");
}

void AddPatternsOption(std::string_view spec, std::vector<Pattern>* patterns, std::string_view help,
                       CommandLine* line) {
  line->Custom(
      spec,
      [=](const std::string& text) {
        if (const char* problem = PatternProblem(text)) {
          return absl::InvalidArgumentError(std::string("not a pattern: ") + problem);
        }
        patterns->emplace_back(text);
        return absl::OkStatus();
      },
      help, "", /*repeats=*/true);
}

}  // namespace fantail::app
