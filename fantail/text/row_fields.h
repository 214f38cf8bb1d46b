// The fields of a row as texts, whatever form they were written in: checked, and made a tick. What
// CSV and NDJSON have in common.
//
// Thread: a parser has one owner; the functions may be called anywhere.
// Cost: most of what csv.h says of parsing.
// Errors: Parse() says which field is wrong, with its value, and why.
#ifndef FANTAIL_TEXT_ROW_FIELDS_H_
#define FANTAIL_TEXT_ROW_FIELDS_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "fantail/base/decimal.h"
#include "fantail/base/pattern.h"
#include "fantail/text/row.h"

namespace fantail::text {

// `kind` is trade, quote, or the word of a status: open, halt, resume, close.
enum Column : size_t {
  kTime,
  kSymbol,
  kKind,
  kPrice,
  kSize,
  kBid,
  kBidSize,
  kAsk,
  kAskSize,
  kVenue
};
inline constexpr size_t kRowFields = 10;

// By Column; an empty one is blank.
using RowFields = std::array<std::string_view, kRowFields>;

// The longest venue, in bytes: as long as a topic, four times the longest seen in recorded data.
inline constexpr size_t kMaxVenueBytes = 64;

class RowParser {
 public:
  // nullptr, and *row filled, its texts pointing to where `fields` do. Or the reason why not, valid
  // until the next call; *row is then unspecified.
  const char* Parse(const RowFields& fields, Row* row);

 private:
  const char* ParseTime(std::string_view text, wire::Tick* tick);
  const char* ParseSymbol(std::string_view text, Row* row);
  const char* ParseVenue(std::string_view text, Row* row);
  const char* ParseKind(std::string_view text, wire::Tick* tick);
  const char* ParseTrade(const RowFields& fields, wire::Tick* tick);
  const char* ParseQuote(const RowFields& fields, wire::Tick* tick);
  const char* RequireBlank(const RowFields& fields, size_t from, size_t to, std::string_view kind);
  const char* ParsePrice(size_t column, std::string_view text, Decimal* value);
  const char* ParseSize(size_t column, std::string_view text, Decimal* value);
  const char* SetProblem(std::string problem);

  std::string problem_;
};

// The word of a status tick; empty for a status that is not known here.
std::string_view StatusWordOf(const wire::Tick& tick);

// The value of a signed price.
inline Decimal PriceOf(int64_t value, int exponent) {
  const auto bits = static_cast<uint64_t>(value);
  return Decimal{value < 0 ? 0 - bits : bits, exponent, value < 0};
}

// `text` for a message to a person: in quotation marks, shortened, and without a byte that could
// upset a terminal or a log (anything but printable ASCII becomes \xNN).
std::string Printable(std::string_view text);

}  // namespace fantail::text

#endif  // FANTAIL_TEXT_ROW_FIELDS_H_
