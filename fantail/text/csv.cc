#include "fantail/text/csv.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fantail/base/check.h"

namespace fantail::text {
namespace {

using wire::Tick;
using wire::TickKind;

std::string_view WithoutLineEnd(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Cuts `line` at its commas and returns how many fields it has; the first ten are in *fields.
size_t Split(std::string_view line, RowFields* fields) {
  const char* begin = line.data();
  const char* const end = begin + line.size();
  size_t count = 0;
  for (const char* p = begin;; ++p) {
    if (p != end && *p != ',') continue;
    if (count < kCsvColumns) {
      (*fields)[count] = std::string_view(begin, static_cast<size_t>(p - begin));
    }
    ++count;
    if (p == end) return count;
    begin = p + 1;
  }
}

char* Copy(std::string_view text, char* out) {
  return std::copy(text.begin(), text.end(), out);
}

// A name, in quotation marks if it needs them.
char* FormatName(std::string_view name, char* out) {
  const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
    return c == ',' || c == '"' || c == '\n' || c == '\r';
  });
  if (plain) return Copy(name, out);
  *out++ = '"';
  for (const char c : name) {
    if (c == '"') *out++ = '"';
    *out++ = c;
  }
  *out++ = '"';
  return out;
}

char* FormatTrade(const Tick& tick, char* out) {
  out = Copy("trade,", out);
  if (!(tick.flags & wire::kNoPrice)) {
    out = FormatDecimal(PriceOf(tick.price, tick.price_exponent), out);
  }
  *out++ = ',';
  if (!(tick.flags & wire::kNoSize)) {
    out = FormatDecimal({tick.size, tick.size_exponent, false}, out);
  }
  return Copy(",,,,,", out);
}

char* FormatQuote(const Tick& tick, char* out) {
  out = Copy("quote,,,", out);
  if (!(tick.flags & wire::kNoPrice)) {
    out = FormatDecimal(PriceOf(tick.price, tick.price_exponent), out);
  }
  *out++ = ',';
  if (!(tick.flags & wire::kNoSize)) {
    out = FormatDecimal({tick.size, tick.size_exponent, false}, out);
  }
  *out++ = ',';
  if (!(tick.flags & wire::kNoAskPrice)) {
    out = FormatDecimal(PriceOf(tick.ask_price, tick.price_exponent), out);
  }
  *out++ = ',';
  if (!(tick.flags & wire::kNoAskSize)) {
    out = FormatDecimal({tick.ask_size, tick.size_exponent, false}, out);
  }
  *out++ = ',';
  return out;
}

char* FormatStatus(const Tick& tick, char* out) {
  const std::string_view word = StatusWordOf(tick);
  out = word.empty() ? std::to_chars(out, out + 20, tick.size).ptr : Copy(word, out);
  return Copy(",,,,,,,", out);
}

}  // namespace

const char* CsvParser::SetProblem(std::string problem) {
  problem_ = std::move(problem);
  return problem_.c_str();
}

const char* CsvParser::Parse(std::string_view line, Row* row) {
  line = WithoutLineEnd(line);
  size_t columns = 0;
  if (line.find('"') == std::string_view::npos) {
    columns = Split(line, &fields_);
  } else if (!Unquote(line)) {
    return problem_.c_str();
  } else {
    columns = kCsvColumns;
  }
  if (columns != kCsvColumns) {
    if (line.empty()) return SetProblem("the line is blank");
    return SetProblem(std::to_string(columns) + (columns == 1 ? " column" : " columns") +
                      " instead of " + std::to_string(kCsvColumns));
  }
  return fields_parser_.Parse(fields_, row);
}

// Cuts a line with quotation marks into fields_, copied to unquoted_ without them.
bool CsvParser::Unquote(std::string_view line) {
  unquoted_.clear();
  unquoted_.reserve(line.size());  // never more: the fields point into it
  size_t count = 0;
  size_t at = 0;
  while (true) {
    const size_t begin = unquoted_.size();
    if (at < line.size() && line[at] == '"') {
      for (++at; at < line.size(); ++at) {
        if (line[at] == '"' && (at + 1 == line.size() || line[at + 1] != '"')) break;
        if (line[at] == '"') ++at;
        unquoted_ += line[at];
      }
      if (at == line.size()) {
        SetProblem("a quotation mark is not closed: " + Printable(line));
        return false;
      }
      ++at;
    } else {
      while (at < line.size() && line[at] != ',' && line[at] != '"') unquoted_ += line[at++];
    }
    if (at < line.size() && line[at] != ',') {
      SetProblem("a quotation mark in the middle of a column: " + Printable(line));
      return false;
    }
    if (count < kCsvColumns) fields_[count] = std::string_view(unquoted_).substr(begin);
    ++count;
    if (at == line.size()) break;
    ++at;
  }
  if (count == kCsvColumns) return true;
  SetProblem(std::to_string(count) + " columns instead of " + std::to_string(kCsvColumns));
  return false;
}

char* FormatCsvRow(std::string_view symbol, std::string_view venue, const Tick& tick, char* out) {
  FANTAIL_CHECK(symbol.size() <= kMaxTopicBytes && venue.size() <= kMaxVenueBytes, symbol.size(),
                venue.size());
  out = std::to_chars(out, out + 20, tick.time_ns).ptr;
  *out++ = ',';
  out = FormatName(symbol, out);
  *out++ = ',';
  switch (tick.kind) {
    case TickKind::kTrade:
      out = FormatTrade(tick, out);
      break;
    case TickKind::kQuote:
      out = FormatQuote(tick, out);
      break;
    case TickKind::kStatus:
      out = FormatStatus(tick, out);
      break;
    case TickKind::kPart:
      out = Copy("part,,,,,,,", out);
      break;
    default:
      out = std::to_chars(out, out + 3, static_cast<unsigned>(tick.kind)).ptr;
      out = Copy(",,,,,,,", out);
  }
  out = FormatName(venue, out);
  *out++ = '\n';
  return out;
}

void AppendCsvRow(std::string_view symbol, std::string_view venue, const Tick& tick,
                  std::string* out) {
  char line[kMaxCsvRow];
  out->append(line, FormatCsvRow(symbol, venue, tick, line));
}

}  // namespace fantail::text
