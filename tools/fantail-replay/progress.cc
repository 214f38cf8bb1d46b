#include "tools/fantail-replay/progress.h"

#include <fmt/format.h>

#include "fantail/app/status_line.h"

namespace fantail::replay {

std::string FormatLeft(Nanos left) {
  const int64_t seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  if (seconds < 3600) return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string ProgressLine(const Progress& progress, absl::TimeZone zone) {
  const absl::Time time = absl::FromUnixNanos(progress.tape_time_ns);
  std::string line = absl::FormatTime("%H:%M:%E3S", time, zone);
  line += progress.speed == 0  ? " max"
          : progress.speed < 1 ? fmt::format(" x{:.2g}", progress.speed)
                               : fmt::format(" x{:.1f}", progress.speed);
  const double rate = std::max(progress.records_per_second, 0.0) + 0.5;
  line += fmt::format(" {}/s {}%", app::FormatCount(static_cast<uint64_t>(rate)),
                      static_cast<int>(progress.share * 100));
  if (progress.ended) return line + " ended";
  if (progress.left) line += " ETA " + FormatLeft(*progress.left);
  if (progress.waiting) line += " waiting for a session";
  if (progress.paused) line += " paused";
  return line;
}

}  // namespace fantail::replay
