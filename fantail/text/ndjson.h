// One row of a tick file as JSON, one object a line: docs/ndjson.md is the page for those who read
// or write it.
//
//   {"type":"trade","ts":"2013-10-08T13:30:00.000123456Z","ts_ns":1381239000000123456,
//    "symbol":"AAPL","price":"486.25","size":"100","venue":"N",
//    "epoch":"5932386188544376832","position":12,"sequence":3}            (one line)
//
// Printing: the keys of a type are always all there, in this order; what is blank is null. Prices
// and sizes are strings, and so is the epoch, since many readers of JSON make every number a binary
// fraction. Parsing: keys in any order; null and absent are the same; prices and sizes as strings
// or numbers, exactly; other keys are passed over. Without ts_ns the time is ts, without both the
// row has none (Row::no_time).
//
// Thread: a parser has one owner; the printing functions may be called anywhere.
// Cost: 3.5 times what csv.h says to parse a row (simdjson) and twice to print one, which has three
// times the bytes; measured side by side on real US equities.
// Errors: Parse() says which value is wrong and why; nothing here logs or throws.
#ifndef FANTAIL_TEXT_NDJSON_H_
#define FANTAIL_TEXT_NDJSON_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "fantail/base/decimal.h"
#include "fantail/base/ids.h"
#include "fantail/text/json_text.h"
#include "fantail/text/row.h"
#include "fantail/text/row_fields.h"

namespace fantail::text {

class NdjsonParser {
 public:
  enum class Result : uint8_t {
    kRow,    // *row is filled; its texts point into this parser, valid until the next call
    kEvent,  // what a desk prints between the rows: an epoch, a state, an image, the end
    kBad,    // see problem()
  };

  NdjsonParser();
  ~NdjsonParser();

  // One line, with or without its line end. A gap, as a desk prints it, is kBad: rows are missing.
  Result Parse(std::string_view line, Row* row);
  // Why not; valid until the next call.
  const std::string& problem() const;

 private:
  class Impl;  // keeps simdjson's header out of everybody's
  const std::unique_ptr<Impl> impl_;
};

// Where a tick stands in its feed.
struct Place {
  Epoch epoch;  // 0: not known, and nothing of the place is printed
  Position position;
};

// The most bytes that FormatNdjsonRow writes.
inline constexpr size_t kMaxNdjsonRow =
    320 + 4 * kMaxDecimalText + MaxJsonString(kMaxTopicBytes) + MaxJsonString(kMaxVenueBytes);

// Writes the tick and its names as one line, with its LF, to `out`, which has room for
// kMaxNdjsonRow, and returns the end. A kind or a status that is not known here (from a newer
// sender) is printed as its number, in quotation marks. REQUIRES: symbol and venue are at most
// kMaxTopicBytes and kMaxVenueBytes long.
char* FormatNdjsonRow(const Place& place, std::string_view symbol, std::string_view venue,
                      const wire::Tick& tick, char* out);

// Appends the same line to *out.
void AppendNdjsonRow(const Place& place, std::string_view symbol, std::string_view venue,
                     const wire::Tick& tick, std::string* out);

// Writes `"ts":"...","ts_ns":N,`, at most kMaxNdjsonTime bytes, and returns the end.
inline constexpr size_t kMaxNdjsonTime = 80;
char* FormatNdjsonTime(int64_t time_ns, char* out);

}  // namespace fantail::text

#endif  // FANTAIL_TEXT_NDJSON_H_
