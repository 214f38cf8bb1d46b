#include "fantail/app/status_line.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace fantail::app {
namespace {

constexpr std::array<std::string_view, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};

// `20.0 k` and what follows; whole numbers below 1000.
std::string Scaled(double value, std::string_view unit) {
  size_t prefix = 0;
  // 999.95 would be printed as 1000.0.
  for (; value >= (prefix == 0 ? 999.5 : 999.95) && prefix + 1 < kPrefixes.size(); ++prefix) {
    value /= 1000;
  }
  const std::string number = fmt::format("{:.{}f}", value, prefix == 0 ? 0 : 1);
  const bool bare = prefix == 0 && unit.empty();
  return fmt::format("{}{}{}{}", number, bare ? "" : " ", kPrefixes[prefix], unit);
}

double PerSecond(uint64_t count, Nanos over) {
  if (over <= Nanos(0)) return 0;
  return static_cast<double>(count) / std::chrono::duration<double>(over).count();
}

}  // namespace

std::string FormatBytes(uint64_t bytes) {
  return Scaled(static_cast<double>(bytes), "B");
}

std::string FormatCount(uint64_t count) {
  return Scaled(static_cast<double>(count), "");
}

std::string FormatRate(uint64_t count, Nanos over) {
  return Scaled(PerSecond(count, over), "") + "/s";
}

std::string FormatByteRate(uint64_t bytes, Nanos over) {
  return Scaled(PerSecond(bytes, over), "B/s");
}

std::string FormatLatency(Nanos latency) {
  constexpr std::array<std::string_view, 4> kUnits = {"ns", "us", "ms", "s"};
  auto value = static_cast<double>(latency.count());
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  const int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, digits, kUnits[unit]);
}

bool StatusTimer::Due(MonotonicTime now, Nanos* over) {
  if (every_ <= Nanos(0)) return false;
  if (!last_) last_ = now;
  *over = now - *last_;
  if (*over < every_) return false;
  last_ = now;
  return true;
}

std::optional<MonotonicTime> StatusTimer::next() const {
  if (every_ <= Nanos(0) || !last_) return std::nullopt;
  return *last_ + every_;
}

}  // namespace fantail::app
