#include "fantail/text/row_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "fantail/base/printable.h"

namespace fantail::text {
namespace {

using wire::Tick;
using wire::TickKind;
using wire::TradingStatus;

constexpr std::array<const char*, kRowFields> kColumnNames = {
    "ts_ns", "symbol", "kind", "price", "size", "bid", "bid_size", "ask", "ask_size", "venue"};

struct StatusWord {
  std::string_view text;
  TradingStatus status;
};
constexpr StatusWord kStatusWords[] = {{"open", TradingStatus::kOpen},
                                       {"halt", TradingStatus::kHalt},
                                       {"resume", TradingStatus::kResume},
                                       {"close", TradingStatus::kClose}};

// How much of a bad value a message shows.
constexpr size_t kShownBytes = 40;

// Eight digits at once (little-endian: the first is the lowest byte), by three multiplications
// instead of eight. False if one of them is not a digit.
bool EightDigits(const char* text, uint64_t* value) {
  uint64_t chunk = 0;
  std::memcpy(&chunk, text, sizeof chunk);
  constexpr uint64_t kHighHalves = 0xf0f0f0f0f0f0f0f0;
  constexpr uint64_t kZeros = 0x3030303030303030;
  constexpr uint64_t kSixes = 0x0606060606060606;  // carries what is above '9' into the high half
  if ((chunk & kHighHalves) != kZeros || ((chunk + kSixes) & kHighHalves) != kZeros) return false;
  chunk -= kZeros;
  chunk = chunk * 10 + (chunk >> 8);  // pairs, in the even bytes
  constexpr uint64_t kPairs = 0x000000ff000000ff;
  *value = ((chunk & kPairs) * (100 + (uint64_t{1'000'000} << 32)) +
            ((chunk >> 16) & kPairs) * (1 + (uint64_t{10'000} << 32))) >>
           32;
  return true;
}

// The 19 digits that a time has from 2001 to 2255, if that is what `text` is.
bool UsualTime(std::string_view text, int64_t* time_ns) {
  if (text.size() != 19 || text[0] > '8') return false;
  uint64_t high = 0;
  uint64_t middle = 0;
  if (!EightDigits(text.data(), &high) || !EightDigits(text.data() + 8, &middle)) return false;
  uint64_t low = 0;
  for (const char c : text.substr(16)) {
    if (c < '0' || c > '9') return false;
    low = low * 10 + static_cast<uint64_t>(c - '0');
  }
  *time_ns = static_cast<int64_t>(high * 100'000'000'000 + middle * 1000 + low);
  return true;
}

// The exponent nearest to 0 at which both canonical values are exact, where there is one: a value's
// own is the nearest to 0 for that value, and 0 itself is exact at any.
int CommonExponent(const Decimal& a, const Decimal& b) {
  if (a.digits == 0) return b.exponent;
  if (b.digits == 0) return a.exponent;
  const int high = std::max(a.exponent, b.exponent);
  return high > 0 ? high : std::min(a.exponent, b.exponent);
}

int64_t Signed(uint64_t digits, bool negative) {
  return negative ? -static_cast<int64_t>(digits) : static_cast<int64_t>(digits);
}

}  // namespace

std::string Printable(std::string_view text) {
  const char* end = text.size() > kShownBytes ? "...\"" : "\"";
  return "\"" + EscapeUnprintable(text.substr(0, kShownBytes)) + end;
}

std::string_view StatusWordOf(const Tick& tick) {
  for (const StatusWord& word : kStatusWords) {
    if (tick.size == static_cast<uint64_t>(word.status)) return word.text;
  }
  return {};
}

const char* RowParser::SetProblem(std::string problem) {
  problem_ = std::move(problem);
  return problem_.c_str();
}

const char* RowParser::Parse(const RowFields& fields, Row* row) {
  row->tick = Tick{};
  if (const char* problem = ParseTime(fields[kTime], &row->tick)) return problem;
  if (const char* problem = ParseSymbol(fields[kSymbol], row)) return problem;
  if (const char* problem = ParseKind(fields[kKind], &row->tick)) return problem;
  const char* problem = nullptr;
  switch (row->tick.kind) {
    case TickKind::kTrade:
      problem = ParseTrade(fields, &row->tick);
      break;
    case TickKind::kQuote:
      problem = ParseQuote(fields, &row->tick);
      break;
    case TickKind::kStatus:
      problem = RequireBlank(fields, kPrice, kAskSize, "a change of status");
      break;
    case TickKind::kPart:
      break;  // no row is one
  }
  return problem != nullptr ? problem : ParseVenue(fields[kVenue], row);
}

const char* RowParser::ParseTime(std::string_view text, Tick* tick) {
  if (UsualTime(text, &tick->time_ns)) [[likely]]
    return nullptr;
  if (text.empty()) return SetProblem("ts_ns is blank");
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, tick->time_ns);
  if (rest != end || error == std::errc::invalid_argument) {
    return SetProblem("ts_ns " + Printable(text) + " is not a whole number of nanoseconds");
  }
  if (error == std::errc::result_out_of_range) {
    return SetProblem("ts_ns " + Printable(text) + " does not fit 64 bits");
  }
  return nullptr;
}

const char* RowParser::ParseSymbol(std::string_view text, Row* row) {
  row->symbol = text;
  const char* const why = TopicProblem(text);
  if (why == nullptr) [[likely]]
    return nullptr;
  if (text.empty()) return SetProblem("symbol is blank");
  if (text.size() > kMaxTopicBytes) {
    return SetProblem("symbol is " + std::to_string(text.size()) + " bytes long; " +
                      std::to_string(kMaxTopicBytes) + " at most");
  }
  return SetProblem("symbol " + Printable(text) + " is not a topic: " + why);
}

const char* RowParser::ParseVenue(std::string_view text, Row* row) {
  row->venue = text;
  if (text.size() > kMaxVenueBytes) {
    return SetProblem("venue is " + std::to_string(text.size()) + " bytes long; " +
                      std::to_string(kMaxVenueBytes) + " at most");
  }
  if (text.find('\0') != std::string_view::npos) {
    return SetProblem("venue " + Printable(text) + " contains a NUL byte");
  }
  return nullptr;
}

const char* RowParser::ParseKind(std::string_view text, Tick* tick) {
  if (text == "quote") {
    tick->kind = TickKind::kQuote;
    return nullptr;
  }
  if (text == "trade") {
    tick->kind = TickKind::kTrade;
    return nullptr;
  }
  for (const StatusWord& word : kStatusWords) {
    if (text != word.text) continue;
    tick->kind = TickKind::kStatus;
    tick->size = static_cast<uint64_t>(word.status);
    return nullptr;
  }
  if (text.empty()) return SetProblem("kind is blank");
  return SetProblem("kind " + Printable(text) +
                    " is unknown; it is trade, quote, open, halt, resume or close");
}

const char* RowParser::RequireBlank(const RowFields& fields, size_t from, size_t to,
                                    std::string_view kind) {
  for (size_t column = from; column <= to; ++column) {
    if (fields[column].empty()) continue;
    return SetProblem(std::string(kind) + " has no " + kColumnNames[column] + ", but it is " +
                      Printable(fields[column]));
  }
  return nullptr;
}

const char* RowParser::ParsePrice(size_t column, std::string_view text, Decimal* value) {
  const DecimalError error = ParseDecimal(text, value);
  if (error == DecimalError::kNone) [[likely]]
    return nullptr;
  return SetProblem(std::string(kColumnNames[column]) + " " + Printable(text) +
                    (error == DecimalError::kNotANumber
                         ? " is not a decimal number"
                         : " does not fit (63 bits, times a power of ten from -30 to 30)"));
}

const char* RowParser::ParseSize(size_t column, std::string_view text, Decimal* value) {
  if (const char* problem = ParsePrice(column, text, value)) return problem;
  if (!value->negative) [[likely]]
    return nullptr;
  return SetProblem(std::string(kColumnNames[column]) + " " + Printable(text) + " is negative");
}

const char* RowParser::ParseTrade(const RowFields& fields, Tick* tick) {
  if (fields[kPrice].empty()) return SetProblem("a trade without a price");
  if (fields[kSize].empty()) return SetProblem("a trade without a size");
  if (const char* problem = RequireBlank(fields, kBid, kAskSize, "a trade")) return problem;
  Decimal price;
  Decimal size;
  if (const char* problem = ParsePrice(kPrice, fields[kPrice], &price)) return problem;
  if (const char* problem = ParseSize(kSize, fields[kSize], &size)) return problem;
  tick->price = Signed(price.digits, price.negative);
  tick->price_exponent = static_cast<int8_t>(price.exponent);
  tick->size = size.digits;
  tick->size_exponent = static_cast<int8_t>(size.exponent);
  return nullptr;
}

const char* RowParser::ParseQuote(const RowFields& fields, Tick* tick) {
  if (const char* problem = RequireBlank(fields, kPrice, kSize, "a quote")) return problem;
  Decimal values[4];  // bid, bid_size, ask, ask_size; a blank one stays 0, which fits any exponent
  static constexpr uint8_t kBlank[4] = {wire::kNoPrice, wire::kNoSize, wire::kNoAskPrice,
                                        wire::kNoAskSize};
  for (size_t i = 0; i < 4; ++i) {
    const size_t column = kBid + i;
    if (fields[column].empty()) {
      tick->flags |= kBlank[i];
      continue;
    }
    const char* const problem = column == kBid || column == kAsk
                                    ? ParsePrice(column, fields[column], &values[i])
                                    : ParseSize(column, fields[column], &values[i]);
    if (problem != nullptr) return problem;
  }
  const auto& [bid, bid_size, ask, ask_size] = values;
  const int price_exponent = CommonExponent(bid, ask);
  const int size_exponent = CommonExponent(bid_size, ask_size);
  uint64_t bid_digits = 0;
  uint64_t ask_digits = 0;
  if (!RescaleDecimal(bid, price_exponent, &bid_digits) ||
      !RescaleDecimal(ask, price_exponent, &ask_digits)) {
    return SetProblem("bid " + Printable(fields[kBid]) + " and ask " + Printable(fields[kAsk]) +
                      " do not fit one exponent with 63 bits each");
  }
  if (!RescaleDecimal(bid_size, size_exponent, &tick->size) ||
      !RescaleDecimal(ask_size, size_exponent, &tick->ask_size)) {
    return SetProblem("bid_size " + Printable(fields[kBidSize]) + " and ask_size " +
                      Printable(fields[kAskSize]) + " do not fit one exponent with 63 bits each");
  }
  tick->price = Signed(bid_digits, bid.negative);
  tick->ask_price = Signed(ask_digits, ask.negative);
  tick->price_exponent = static_cast<int8_t>(price_exponent);
  tick->size_exponent = static_cast<int8_t>(size_exponent);
  return nullptr;
}

}  // namespace fantail::text
