#include "fantail/text/ndjson.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "fantail/base/check.h"

namespace fantail::text {
namespace {

using wire::Tick;
using wire::TickKind;

char* Copy(std::string_view text, char* out) {
  return std::copy(text.begin(), text.end(), out);
}

char* FormatNumber(uint64_t number, char* out) {
  return std::to_chars(out, out + 20, number).ptr;
}

template <size_t kWidth>
char* FormatDigits(uint64_t number, char* out) {
  for (size_t i = kWidth; i-- > 0; number /= 10) out[i] = static_cast<char>('0' + number % 10);
  return out + kWidth;
}

// `"KEY":"1.5",`, or null.
char* FormatValue(std::string_view key, bool blank, const Decimal& value, char* out) {
  out = Copy(key, out);
  if (blank) return Copy("null,", out);
  *out++ = '"';
  out = FormatDecimal(value, out);
  return Copy("\",", out);
}

char* FormatTrade(const Tick& tick, char* out) {
  out = FormatValue("\"price\":", tick.flags & wire::kNoPrice,
                    PriceOf(tick.price, tick.price_exponent), out);
  return FormatValue("\"size\":", tick.flags & wire::kNoSize,
                     {tick.size, tick.size_exponent, false}, out);
}

char* FormatQuote(const Tick& tick, char* out) {
  out = FormatValue("\"bid\":", tick.flags & wire::kNoPrice,
                    PriceOf(tick.price, tick.price_exponent), out);
  out = FormatValue("\"bid_size\":", tick.flags & wire::kNoSize,
                    {tick.size, tick.size_exponent, false}, out);
  out = FormatValue("\"ask\":", tick.flags & wire::kNoAskPrice,
                    PriceOf(tick.ask_price, tick.price_exponent), out);
  return FormatValue("\"ask_size\":", tick.flags & wire::kNoAskSize,
                     {tick.ask_size, tick.size_exponent, false}, out);
}

char* FormatStatus(const Tick& tick, char* out) {
  const std::string_view word = StatusWordOf(tick);
  out = Copy("\"status\":\"", out);
  out = word.empty() ? FormatNumber(tick.size, out) : Copy(word, out);
  return Copy("\",", out);
}

char* FormatType(TickKind kind, char* out) {
  switch (kind) {
    case TickKind::kTrade:
      return Copy("{\"type\":\"trade\",", out);
    case TickKind::kQuote:
      return Copy("{\"type\":\"quote\",", out);
    case TickKind::kStatus:
      return Copy("{\"type\":\"status\",", out);
    case TickKind::kPart:
      return Copy("{\"type\":\"part\",", out);
  }
  out = Copy("{\"type\":\"", out);
  out = FormatNumber(static_cast<uint64_t>(kind), out);
  return Copy("\",", out);
}

char* FormatFields(const Tick& tick, char* out) {
  switch (tick.kind) {
    case TickKind::kTrade:
      return FormatTrade(tick, out);
    case TickKind::kQuote:
      return FormatQuote(tick, out);
    case TickKind::kStatus:
      return FormatStatus(tick, out);
    case TickKind::kPart:
      break;
  }
  return out;
}

}  // namespace

char* FormatNdjsonTime(int64_t time_ns, char* out) {
  constexpr int64_t kDayNs = 86'400'000'000'000;
  int64_t day = time_ns / kDayNs;
  int64_t rest = time_ns % kDayNs;
  if (rest < 0) rest += kDayNs, --day;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const auto in_day = static_cast<uint64_t>(rest);
  out = Copy("\"ts\":\"", out);
  // Nanoseconds in 64 bits reach from 1677 to 2262: four digits.
  out = FormatDigits<4>(static_cast<uint64_t>(static_cast<int>(date.year())), out);
  *out++ = '-';
  out = FormatDigits<2>(static_cast<unsigned>(date.month()), out);
  *out++ = '-';
  out = FormatDigits<2>(static_cast<unsigned>(date.day()), out);
  *out++ = 'T';
  out = FormatDigits<2>(in_day / 3'600'000'000'000, out);
  *out++ = ':';
  out = FormatDigits<2>(in_day / 60'000'000'000 % 60, out);
  *out++ = ':';
  out = FormatDigits<2>(in_day / 1'000'000'000 % 60, out);
  *out++ = '.';
  out = FormatDigits<9>(in_day % 1'000'000'000, out);
  out = Copy("Z\",\"ts_ns\":", out);
  out = std::to_chars(out, out + 20, time_ns).ptr;
  *out++ = ',';
  return out;
}

char* FormatNdjsonRow(const Place& place, std::string_view symbol, std::string_view venue,
                      const Tick& tick, char* out) {
  FANTAIL_CHECK(symbol.size() <= kMaxTopicBytes && venue.size() <= kMaxVenueBytes, symbol.size(),
                venue.size());
  out = FormatType(tick.kind, out);
  out = FormatNdjsonTime(tick.time_ns, out);
  out = Copy("\"symbol\":", out);
  out = FormatJsonString(symbol, out);
  *out++ = ',';
  out = FormatFields(tick, out);
  out = Copy("\"venue\":", out);
  out = venue.empty() ? Copy("null", out) : FormatJsonString(venue, out);
  if (place.epoch.value != 0) {
    out = Copy(",\"epoch\":\"", out);
    out = FormatNumber(place.epoch.value, out);
    out = Copy("\",\"position\":", out);
    out = FormatNumber(place.position.value, out);
    out = Copy(",\"sequence\":", out);
    out = FormatNumber(tick.sequence.value, out);
  }
  return Copy("}\n", out);
}

void AppendNdjsonRow(const Place& place, std::string_view symbol, std::string_view venue,
                     const Tick& tick, std::string* out) {
  char line[kMaxNdjsonRow];
  out->append(line, FormatNdjsonRow(place, symbol, venue, tick, line));
}

}  // namespace fantail::text
