#include "fantail/app/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace fantail::app {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first: FormatDuration takes as many of each as fit.
constexpr std::array<Unit, 6> kTimeUnits = {{{"h", 3'600'000'000'000},
                                             {"m", 60'000'000'000},
                                             {"s", 1'000'000'000},
                                             {"ms", 1'000'000},
                                             {"us", 1'000},
                                             {"ns", 1}}};
constexpr uint64_t kMaxNanos = std::numeric_limits<int64_t>::max();

constexpr std::array<Unit, 11> kByteUnits = {{{"TiB", 1ULL << 40},
                                              {"GiB", 1ULL << 30},
                                              {"MiB", 1ULL << 20},
                                              {"KiB", 1ULL << 10},
                                              {"B", 1},
                                              {"", 1},
                                              {"kB", 1'000},
                                              {"KB", 1'000},
                                              {"MB", 1'000'000},
                                              {"GB", 1'000'000'000},
                                              {"TB", 1'000'000'000'000}}};

constexpr std::array<Unit, 3> kBitUnits = {
    {{"gbit", 1'000'000'000}, {"mbit", 1'000'000}, {"kbit", 1'000}}};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the unsigned number that `text` begins with off it.
std::optional<uint64_t> TakeNumber(std::string_view* text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end == text->data()) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return number;
}

template <size_t kCount>
std::optional<uint64_t> FactorOf(const std::array<Unit, kCount>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

// Takes a fraction such as `.25` off `text`, as its digits and their scale (25 and 100). Digits
// behind the ninth change no nanosecond of a second and are dropped.
void TakeFraction(std::string_view* text, uint64_t* digits, uint64_t* scale) {
  if (text->empty() || text->front() != '.') return;
  text->remove_prefix(1);
  for (; !text->empty() && IsDigit(text->front()); text->remove_prefix(1)) {
    if (*scale >= 1'000'000'000) continue;
    *digits = *digits * 10 + static_cast<uint64_t>(text->front() - '0');
    *scale *= 10;
  }
}

// Takes `1h`, `1.5s`, ... off `text`, in nanoseconds.
std::optional<uint64_t> TakeDurationPart(std::string_view* text) {
  const std::optional<uint64_t> whole = TakeNumber(text);
  if (!whole) return std::nullopt;
  uint64_t digits = 0;
  uint64_t scale = 1;
  TakeFraction(text, &digits, &scale);
  size_t length = 0;
  while (length < text->size() && !IsDigit((*text)[length])) ++length;
  const std::optional<uint64_t> factor = FactorOf(kTimeUnits, text->substr(0, length));
  if (!factor || *whole > kMaxNanos / *factor) return std::nullopt;
  text->remove_prefix(length);
  const auto fraction =
      static_cast<uint64_t>(static_cast<unsigned __int128>(digits) * *factor / scale);
  return *whole * *factor + fraction;
}

absl::Status NotADuration() {
  return absl::InvalidArgumentError("not a duration; write one such as 10s, 500ms or 2m");
}

}  // namespace

absl::StatusOr<Nanos> ParseDuration(std::string_view text) {
  if (text == "0") return Nanos(0);
  if (text.empty()) return NotADuration();
  uint64_t sum = 0;
  while (!text.empty()) {
    const std::optional<uint64_t> part = TakeDurationPart(&text);
    if (!part || *part > kMaxNanos - sum) return NotADuration();
    sum += *part;
  }
  return Nanos(static_cast<int64_t>(sum));
}

std::string FormatDuration(Nanos duration) {
  auto rest = static_cast<uint64_t>(duration.count());
  if (rest == 0) return "0";
  std::string text;
  for (const Unit& unit : kTimeUnits) {
    if (rest >= unit.factor) text += fmt::format("{}{}", rest / unit.factor, unit.name);
    rest %= unit.factor;
  }
  return text;
}

absl::StatusOr<ByteSize> ParseByteSize(std::string_view text) {
  const std::optional<uint64_t> number = TakeNumber(&text);
  const std::optional<uint64_t> factor = number ? FactorOf(kByteUnits, text) : std::nullopt;
  if (!factor) {
    return absl::InvalidArgumentError("not a size; write one such as 65536, 64KiB or 256MiB");
  }
  if (*number > std::numeric_limits<uint64_t>::max() / *factor) {
    return absl::InvalidArgumentError("too large; write a size below 16777216TiB");
  }
  return ByteSize{*number * *factor};
}

std::string FormatByteSize(ByteSize size) {
  for (const Unit& unit : kByteUnits) {
    if (size.bytes >= unit.factor && size.bytes % unit.factor == 0) {
      return fmt::format("{}{}", size.bytes / unit.factor, unit.name);
    }
  }
  return "0";
}

absl::StatusOr<BitRate> ParseBitRate(std::string_view text) {
  if (text == "0") return BitRate{};
  const std::optional<uint64_t> number = TakeNumber(&text);
  const std::optional<uint64_t> factor = number ? FactorOf(kBitUnits, text) : std::nullopt;
  if (!factor || *number > 1'000'000) {
    return absl::InvalidArgumentError("not a rate; write one such as 20mbit, 500kbit or 1gbit");
  }
  return BitRate{*number * *factor};
}

std::string FormatBitRate(BitRate rate) {
  for (const Unit& unit : kBitUnits) {
    if (rate.bits >= unit.factor && rate.bits % unit.factor == 0) {
      return fmt::format("{}{}", rate.bits / unit.factor, unit.name);
    }
  }
  return "0";
}

absl::StatusOr<uint64_t> ParseUnsigned(std::string_view text, Range range) {
  const std::optional<uint64_t> number = TakeNumber(&text);
  if (!number || !text.empty()) {
    return absl::InvalidArgumentError("not a whole number; write digits only");
  }
  if (*number < range.least) {
    return absl::InvalidArgumentError(fmt::format("too small; the least is {}", range.least));
  }
  if (*number > range.most) {
    return absl::InvalidArgumentError(fmt::format("too large; the most is {}", range.most));
  }
  return *number;
}

absl::StatusOr<bool> ParseYesNo(std::string_view text) {
  if (text == "1" || text == "true" || text == "yes" || text == "on") return true;
  if (text == "0" || text == "false" || text == "no" || text == "off") return false;
  return absl::InvalidArgumentError("neither yes nor no; write 1 or 0");
}

}  // namespace fantail::app
