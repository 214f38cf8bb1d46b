#include "fantail/app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "fantail/app/status_line.h"

namespace fantail::app {
namespace {

// Work that is done sooner needs no line.
constexpr Nanos kShownAfter = std::chrono::seconds(1);
constexpr Nanos kDrawEvery = std::chrono::milliseconds(100);
constexpr size_t kBarWidth = 20;
// A line that a terminal would wrap could not be taken away.
constexpr size_t kMostColumns = 79;
// Erases to the end of the line.
constexpr std::string_view kErase = "\x1b[K";

}  // namespace

Progress::Output Progress::Terminal() {
  if (isatty(STDERR_FILENO) == 0) return nullptr;
  return [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
}

void Progress::Update(MonotonicTime now, uint64_t count, double part) {
  if (!output_) return;
  if (!begun_) begun_ = now;
  if (now - *begun_ < kShownAfter || (shown_ && now - drawn_ < kDrawEvery)) return;
  drawn_ = now;
  shown_ = true;
  // Back at the first column, so that whatever ends the program writes over it.
  output_(fmt::format("{}{}\r", Line(now - *begun_, count, part), kErase));
}

void Progress::Clear() {
  if (!shown_) return;
  shown_ = false;
  output_(kErase);
}

std::string Progress::Line(Nanos since, uint64_t count, double part) const {
  std::string line = what_ + "  ";
  if (part >= 0) {
    part = std::min(part, 1.0);
    const size_t filled = static_cast<size_t>(part * kBarWidth);
    line += fmt::format("[{}{}] {:3.0f} %  ", std::string(filled, '#'),
                        std::string(kBarWidth - filled, '.'), part * 100);
  }
  line += fmt::format("{} {}, {}", FormatCount(count), unit_, FormatRate(count, since));
  if (part > 0) {
    const double left = std::chrono::duration<double>(since).count() * (1 - part) / part;
    line += fmt::format(", {:.0f} s left", left);
  }
  if (line.size() > kMostColumns) line.resize(kMostColumns);
  return line;
}

}  // namespace fantail::app
