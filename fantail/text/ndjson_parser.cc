// NdjsonParser: simdjson finds the fields of a line, and RowParser, which CSV has as well, makes a
// tick of their texts. A number is taken as it was written and never made a binary fraction.
#include <absl/time/time.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "fantail/text/ndjson.h"

namespace fantail::text {
namespace {

namespace json = simdjson::ondemand;

// The keys that mean something in a line: those of a row, in the order of Column, and others.
enum Key : size_t { kType = kRowFields, kTs, kStatus, kFrom, kTo, kKeys };

constexpr std::array<std::string_view, kKeys> kKeyNames = {
    "ts_ns",    "symbol", "",     "price", "size",   "bid",  "bid_size", "ask",
    "ask_size", "venue",  "type", "ts",    "status", "from", "to"};

// Names of things, and so texts; the others may be numbers as well.
bool MustBeText(size_t key) {
  return key == kSymbol || key == kVenue || key == kType || key == kTs || key == kStatus;
}

// A number by the grammar of JSON: no plus sign, no leading zero, digits on both sides of a point.
bool IsJsonNumber(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  const auto take = [&](std::string_view letters) {
    if (at == text.size() || letters.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
  };
  take("-");
  const bool zero = at < text.size() && text[at] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (take(".") && digits() == 0) return false;
  if (take("eE")) {
    take("+-");
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// What stands behind an opening quotation mark, up to the closing one: simdjson has seen that there
// is one.
std::string_view RawText(json::raw_json_string string) {
  const char* const begin = string.raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

class NdjsonParser::Impl {
 public:
  Result Parse(std::string_view line, Row* row) {
    given_.fill(false);
    texts_.fill({});
    if (!FindFields(line)) return Result::kBad;
    if (!given_[kType]) return Bad("no type; it is trade, quote or status");
    const std::string_view type = texts_[kType];
    if (type == "epoch" || type == "state" || type == "image" || type == "end") {
      return Result::kEvent;
    }
    if (type == "gap") return TellGap();
    return TakeRow(type, row);
  }

  const std::string& problem() const { return problem_; }

 private:
  Result Bad(std::string problem) {
    problem_ = std::move(problem);
    return Result::kBad;
  }

  bool Fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool NotJson(simdjson::error_code error, std::string_view line) {
    return Fail("not an object of JSON: " + Printable(line) + ": " +
                simdjson::error_message(error));
  }

  bool FindFields(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty()) return Fail("the line is blank");
    if (padded_.size() < line.size() + simdjson::SIMDJSON_PADDING) {
      padded_.resize(line.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(padded_.data(), line.data(), line.size());
    std::memset(padded_.data() + line.size(), 0, simdjson::SIMDJSON_PADDING);
    json::document document;
    json::object object;
    if (auto error = parser_.iterate(padded_.data(), line.size(), padded_.size()).get(document)) {
      return NotJson(error, line);
    }
    if (auto error = document.get_object().get(object)) return NotJson(error, line);
    for (auto result : object) {
      json::field field;
      if (auto error = std::move(result).get(field)) return NotJson(error, line);
      if (!TakeField(field)) return false;
    }
    if (document.current_location().error() == simdjson::SUCCESS) {
      return NotJson(simdjson::TRAILING_CONTENT, line);
    }
    return true;
  }

  bool TakeField(json::field& field) {
    const std::string_view name = RawText(field.key());
    const auto found = std::find(kKeyNames.begin(), kKeyNames.end(), name);
    if (found == kKeyNames.end() || name.empty()) return true;
    const auto key = static_cast<size_t>(found - kKeyNames.begin());
    if (std::exchange(given_[key], true)) return Fail(std::string(name) + " is given twice");
    json::value& value = field.value();
    json::json_type type{};
    if (value.type().get(type)) return Fail(std::string(name) + " has no value");
    if (type == json::json_type::string) return TakeText(key, value);
    const std::string_view token = Token(value);
    if (type == json::json_type::null && token == "null") {
      given_[key] = false;
      return true;
    }
    if (type != json::json_type::number || MustBeText(key)) {
      return Fail(std::string(name) + " " + Printable(token) + " is not a text in quotation marks" +
                  (MustBeText(key) ? "" : " or a number"));
    }
    if (!IsJsonNumber(token)) {
      return Fail(std::string(name) + " " + Printable(token) + " is not a number of JSON");
    }
    texts_[key] = token;
    return true;
  }

  static std::string_view Token(json::value& value) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && std::strchr(" \t\r\n", token.back()) != nullptr) {
      token.remove_suffix(1);
    }
    return token;
  }

  bool TakeText(size_t key, json::value& value) {
    json::raw_json_string string;
    if (value.get_raw_json_string().get(string)) return Fail("a string that is none");
    const std::string_view raw = RawText(string);
    unescaped_[key].clear();
    if (!ReadJsonString(raw, &unescaped_[key])) {
      return Fail(std::string(kKeyNames[key]) + " " + Printable(raw) + " has a wrong escape in it");
    }
    texts_[key] = unescaped_[key];
    if (texts_[key].empty() && key != kVenue) {
      return Fail(std::string(kKeyNames[key]) + " is blank; leave it out, or write null");
    }
    return true;
  }

  Result TellGap() {
    return Bad("a gap: what this was printed from has no records of positions " +
               std::string(texts_[kFrom]) + " to " + std::string(texts_[kTo]) + " here");
  }

  Result TakeRow(std::string_view type, Row* row) {
    RowFields fields;
    std::copy_n(texts_.begin(), kRowFields, fields.begin());
    fields[kKind] = type;
    if (type == "status") {
      if (!given_[kStatus]) return Bad("a status without its word; it is " + Words());
      fields[kKind] = texts_[kStatus];
      if (!IsStatusWord(fields[kKind])) {
        return Bad("status " + Printable(fields[kKind]) + " is unknown; it is " + Words());
      }
    } else if (type != "trade" && type != "quote") {
      return Bad("type " + Printable(type) + " is unknown; it is trade, quote or status");
    } else if (given_[kStatus]) {
      return Bad("a " + std::string(type) + " has no status, but it is " +
                 Printable(texts_[kStatus]));
    }
    if (!given_[kSymbol]) return Bad("no symbol");
    int64_t time_ns = 0;
    const bool by_ts = !given_[kTime] && given_[kTs];
    if (by_ts && !ParseTs(&time_ns)) return Result::kBad;
    if (!given_[kTime]) fields[kTime] = "0";
    if (const char* problem = parser_of_fields_.Parse(fields, row)) return Bad(problem);
    row->no_time = !given_[kTime] && !by_ts;
    if (by_ts) row->tick.time_ns = time_ns;
    return Result::kRow;
  }

  static std::string Words() { return "open, halt, resume or close"; }

  static bool IsStatusWord(std::string_view word) {
    return word == "open" || word == "halt" || word == "resume" || word == "close";
  }

  bool ParseTs(int64_t* time_ns) {
    const std::string_view text = texts_[kTs];
    absl::Time time;
    std::string why;
    if (!absl::ParseTime(absl::RFC3339_full, absl::string_view(text.data(), text.size()), &time,
                         &why)) {
      return Fail("ts " + Printable(text) + " is not a time such as 2013-10-08T13:30:00.5Z");
    }
    *time_ns = absl::ToUnixNanos(time);
    if (absl::FromUnixNanos(*time_ns) == time) return true;
    return Fail("ts " + Printable(text) + " does not fit 64 bits of nanoseconds");
  }

  json::parser parser_;
  RowParser parser_of_fields_;
  std::string padded_;
  std::array<bool, kKeys> given_{};
  std::array<std::string_view, kKeys> texts_{};
  std::array<std::string, kKeys> unescaped_;
  std::string problem_;
};

NdjsonParser::NdjsonParser() : impl_(std::make_unique<Impl>()) {}
NdjsonParser::~NdjsonParser() = default;

NdjsonParser::Result NdjsonParser::Parse(std::string_view line, Row* row) {
  return impl_->Parse(line, row);
}

const std::string& NdjsonParser::problem() const {
  return impl_->problem();
}

}  // namespace fantail::text
