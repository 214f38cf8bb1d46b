#include "desktop-subscriber/number_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fmt/format.h"

namespace fantail::desk {
namespace {

// Sums keep 19 digits, and 10^19 times 10^18 fits 128 bits.
constexpr int kMaxShift = 18;
constexpr __int128 kMaxDigits = __int128{10'000'000'000'000'000} * 1000;

__int128 PowerOfTen(int n) {
  __int128 power = 1;
  for (int i = 0; i < n; ++i) power *= 10;
  return power;
}

// The same amount with `exponent`, cut off if that is higher than its own.
__int128 DigitsAt(const Amount& amount, int exponent) {
  if (amount.exponent >= exponent) return amount.digits * PowerOfTen(amount.exponent - exponent);
  const int down = exponent - amount.exponent;
  return down > 38 ? 0 : amount.digits / PowerOfTen(down);
}

int CommonExponent(const Amount& a, const Amount& b) {
  if (a.digits == 0) return b.exponent;
  if (b.digits == 0) return a.exponent;
  const int high = std::max(a.exponent, b.exponent);
  return std::max(std::min(a.exponent, b.exponent), high - kMaxShift);
}

std::string DigitsText(__int128 digits) {
  // Up to 38 digits, in two halves that formatters know.
  const __int128 half = PowerOfTen(18);
  const auto low = static_cast<uint64_t>(digits % half);
  const __int128 high = digits / half;
  if (high == 0) return fmt::format("{}", low);
  return DigitsText(high) + fmt::format("{:018}", low);
}

}  // namespace

Amount operator+(const Amount& a, const Amount& b) {
  const int exponent = CommonExponent(a, b);
  const auto zero_safe = [exponent](const Amount& x) {
    return x.digits == 0 ? __int128{0} : DigitsAt(x, exponent);
  };
  Amount sum{zero_safe(a) + zero_safe(b), exponent};
  for (; sum.digits > kMaxDigits || sum.digits < -kMaxDigits; sum.digits /= 10) ++sum.exponent;
  return sum;
}

Amount operator-(const Amount& a, const Amount& b) {
  return a + Amount{-b.digits, b.exponent};
}

double ToDouble(const Amount& amount) {
  return static_cast<double>(amount.digits) * std::pow(10.0, amount.exponent);
}

std::string FixedText(const Amount& amount, int decimals) {
  const bool negative = amount.digits < 0;
  std::string text = DigitsText(negative ? -amount.digits : amount.digits);
  const int have = std::max(0, -amount.exponent);
  if (amount.exponent > 0 && amount.digits != 0) {
    text.append(static_cast<size_t>(amount.exponent), '0');
  }
  const auto behind = static_cast<size_t>(have);
  if (text.size() <= behind) text.insert(0, behind + 1 - text.size(), '0');
  if (decimals < have) text.resize(text.size() - static_cast<size_t>(have - decimals));
  if (decimals > have) text.append(static_cast<size_t>(decimals - have), '0');
  if (decimals > 0) text.insert(text.size() - static_cast<size_t>(decimals), 1, '.');
  if (negative) text.insert(0, 1, '-');
  return text;
}

std::string SignedText(const Amount& amount, int decimals) {
  std::string text = FixedText(amount, decimals);
  if (amount.digits > 0) text.insert(0, 1, '+');
  return text;
}

std::string CompactText(const Amount& amount, size_t width) {
  std::string text = FixedText(amount, std::max(0, -amount.exponent));
  const size_t point = std::min(text.find('.'), text.size());
  if (text.size() <= width) return text;
  if (point <= width) {
    text.resize(point + 1 < width ? width : point);
    return text;
  }
  constexpr std::pair<double, char> kUnits[] = {{1e3, 'K'}, {1e6, 'M'}, {1e9, 'B'}, {1e12, 'T'}};
  const double value = ToDouble(amount);
  for (const auto& [scale, letter] : kUnits) {
    if (std::fabs(value) < scale * 9999) return fmt::format("{:.1f}{}", value / scale, letter);
  }
  return fmt::format("{:.1e}", value);
}

std::string GroupedText(uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (size_t i = text.size(); i > 3;) text.insert(i -= 3, 1, ',');
  return text;
}

std::string AgeText(Nanos age) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(age).count());
  const auto whole = static_cast<int64_t>(seconds);
  if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h{:02}", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d", whole / 86400);
}

std::string ElapsedText(Nanos elapsed) {
  const int64_t s =
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(elapsed).count());
  if (s < 3600) return fmt::format("{:02}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string ClockText(WallTime time) {
  constexpr int64_t kDay = 86400;
  const int64_t s = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const int64_t of_day = ((s % kDay) + kDay) % kDay;
  return fmt::format("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace fantail::desk
