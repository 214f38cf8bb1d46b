#include "fantail/tape/range.h"

#include <array>
#include <charconv>

namespace fantail::tape {
namespace {

constexpr char kForms[] =
    "write 09:30, 2013-10-08T09:30:00, #12345 (a position) or 25% (of the records)";
// Shorter numbers are no nanoseconds of this century, but mistakes.
constexpr size_t kLeastDigits = 16;

absl::Status Wrong(const char* what) {
  return absl::InvalidArgumentError(std::string(what) + "; " + kForms);
}

template <class Number>
bool Parse(std::string_view text, int base, Number* value) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *value, base);
  return error == std::errc() && at == end && !text.empty();
}

absl::StatusOr<Place> ParseAt(std::string_view text, size_t sign) {
  Place::At at;
  if (sign > 0 && !Parse(text.substr(0, sign), 16, &at.epoch.value)) {
    return Wrong("no epoch in front of the #, which is 16 hexadecimal digits");
  }
  if (!Parse(text.substr(sign + 1), 10, &at.position.value) || at.position.value == 0) {
    return Wrong("no position behind the #, which is a number from 1");
  }
  return Place{at};
}

absl::StatusOr<Place> ParsePart(std::string_view text) {
  const char* const end = text.data() + text.size();
  double percent = 0;
  const auto [at, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc() || at != end || !(percent >= 0 && percent <= 100)) {
    return Wrong("not a percentage from 0 to 100");
  }
  return Place{Place::Part{percent / 100}};
}

std::optional<absl::Time> ParseWith(std::string_view format, std::string_view text,
                                    const absl::TimeZone& zone) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(std::string(format), std::string(text), zone, &time, &error)) return {};
  return time;
}

// The moment of a civil day at which clocks show this time.
int64_t OnDay(absl::CivilDay day, int64_t ns_of_day, const absl::TimeZone& zone) {
  constexpr int64_t kSecond = 1'000'000'000;
  const absl::CivilSecond second = absl::CivilSecond(day) + ns_of_day / kSecond;
  return absl::ToUnixNanos(absl::FromCivil(second, zone)) + ns_of_day % kSecond;
}

class Entrance {
 public:
  Entrance(const Range& range, TapeReader* reader, TapeState* state)
      : range_(range), reader_(reader), state_(state) {}

  absl::StatusOr<RangeEnd> Enter() {
    if (absl::Status s = Measure(); !s.ok()) return s;
    // The end first: to find it may need a seek of its own.
    const absl::StatusOr<RangeEnd> end = FindEnd();
    if (!end.ok()) return end.status();
    if (absl::Status s = GoTo(); !s.ok()) return s;
    return end;
  }

 private:
  absl::Status Measure() {
    if (!range_.from && !range_.to) return absl::OkStatus();
    const auto span = reader_->Measure();
    if (!span.ok()) return span.status();
    span_ = *span;
    return absl::OkStatus();
  }

  absl::CivilDay Day() const {
    const int64_t ns = range_.newest_day ? span_.last_time_ns : span_.first_time_ns;
    return absl::ToCivilDay(absl::FromUnixNanos(ns), range_.zone);
  }
  // The time that a place says; none if it says no time.
  std::optional<int64_t> TimeOf(const Place& place) const {
    if (const auto* time = std::get_if<Place::Time>(&place.what)) return time->ns;
    const auto* of_day = std::get_if<Place::TimeOfDay>(&place.what);
    if (of_day == nullptr) return {};
    return OnDay(Day(), of_day->ns, range_.zone);
  }
  uint64_t RecordOf(const Place::Part& part) const {
    return static_cast<uint64_t>(part.of_all * static_cast<double>(span_.records));
  }
  Epoch EpochOf(const Place::At& at) const {
    if (at.epoch.value != 0 || reader_->segments().empty()) return at.epoch;
    return reader_->segments().front().head.epoch;
  }

  absl::StatusOr<RangeEnd> FindEnd() {
    if (!range_.to) return RangeEnd();
    if (const auto* of_day = std::get_if<Place::TimeOfDay>(&range_.to->what)) {
      const std::optional<int64_t> from = range_.from ? TimeOf(*range_.from) : std::nullopt;
      absl::CivilDay day = from ? absl::ToCivilDay(absl::FromUnixNanos(*from), range_.zone) : Day();
      if (from && OnDay(day, of_day->ns, range_.zone) < *from) ++day;
      return RangeEnd(OnDay(day, of_day->ns, range_.zone));
    }
    if (const auto time = TimeOf(*range_.to)) return RangeEnd(*time);
    if (const auto* at = std::get_if<Place::At>(&range_.to->what)) {
      return RangeEnd(EpochOf(*at), at->position);
    }
    const uint64_t record = RecordOf(std::get<Place::Part>(range_.to->what));
    if (record >= span_.records) return RangeEnd();
    TapeState there;
    if (absl::Status s = reader_->SeekRecord(record, &there); !s.ok()) return s;
    reader_->Rewind();
    return RangeEnd(there.epoch(), there.through() + 1);
  }

  absl::Status GoTo() {
    if (!range_.from) return absl::OkStatus();
    if (const auto time = TimeOf(*range_.from)) return reader_->SeekTime(*time, state_);
    if (const auto* at = std::get_if<Place::At>(&range_.from->what)) {
      return reader_->SeekPosition(EpochOf(*at), at->position, state_);
    }
    return reader_->SeekRecord(RecordOf(std::get<Place::Part>(range_.from->what)), state_);
  }

  const Range& range_;
  TapeReader* const reader_;
  TapeState* const state_;
  TapeReader::Span span_;
};

}  // namespace

absl::StatusOr<absl::TimeZone> ParseTimeZone(const std::string& text) {
  if (text == "UTC") return absl::UTCTimeZone();
  if (text == "local") return absl::LocalTimeZone();
  absl::TimeZone zone;
  if (!text.empty() && absl::LoadTimeZone(text, &zone)) return zone;
  return absl::InvalidArgumentError(
      "no such time zone; write UTC, local, or a name such as America/New_York");
}

absl::StatusOr<Place> ParsePlace(std::string_view text, const absl::TimeZone& zone) {
  if (text.empty()) return Wrong("empty");
  if (text.back() == '%') return ParsePart(text.substr(0, text.size() - 1));
  if (const size_t sign = text.find('#'); sign != std::string_view::npos) {
    return ParseAt(text, sign);
  }
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    int64_t ns = 0;
    if (text.size() >= kLeastDigits && Parse(text, 10, &ns)) return Place{Place::Time{ns}};
    return Wrong("a number alone is a time in nanoseconds, of 16 digits at least");
  }
  // What parses a time also takes words and blanks around it.
  if (text.find_first_not_of("0123456789:-+.TZ ") != std::string_view::npos ||
      text.front() == ' ' || text.back() == ' ') {
    return Wrong("neither a time nor a position");
  }
  for (const char* format : {"%H:%M", "%H:%M:%E*S"}) {
    if (const auto time = ParseWith(format, text, absl::UTCTimeZone())) {
      return Place{Place::TimeOfDay{absl::ToUnixNanos(*time)}};
    }
  }
  for (const char* day : {"%Y-%m-%d", "%Y-%m-%dT", "%Y-%m-%d "}) {
    for (const char* clock : {"", "%H:%M", "%H:%M:%E*S"}) {
      for (const char* offset : {"", "%Ez"}) {
        const std::string format = std::string(day) + clock + offset;
        if (const auto time = ParseWith(format, text, zone)) {
          return Place{Place::Time{absl::ToUnixNanos(*time)}};
        }
      }
    }
  }
  return Wrong("neither a time nor a position");
}

absl::StatusOr<RangeEnd> EnterRange(const Range& range, TapeReader* reader, TapeState* state) {
  return Entrance(range, reader, state).Enter();
}

}  // namespace fantail::tape
