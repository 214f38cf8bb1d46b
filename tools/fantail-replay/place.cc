#include "tools/fantail-replay/place.h"

#include <charconv>

namespace fantail::replay {
namespace {

constexpr const char* kRemedy =
    "write a time of day (09:30, 09:30:00.5), a date and time (2013-10-08 09:30), a position "
    "(#12345) or a share of the tape (25%)";

template <class T>
bool ParseWhole(const char* begin, const char* end, T* value) {
  const auto [at, error] = std::from_chars(begin, end, *value);
  return error == std::errc() && at == end;
}

absl::StatusOr<Place> ParsePosition(const std::string& text) {
  Place place{.kind = Place::Kind::kPosition};
  if (!ParseWhole(text.data() + 1, text.data() + text.size(), &place.position.value) ||
      place.position.value == 0) {
    return absl::InvalidArgumentError(
        "not a position; write # and a number from 1, such as #12345");
  }
  return place;
}

absl::StatusOr<Place> ParseShare(const std::string& text) {
  Place place{.kind = Place::Kind::kShare};
  double percent = 0;
  if (!ParseWhole(text.data(), text.data() + text.size() - 1, &percent) ||
      !(percent >= 0 && percent <= 100)) {
    return absl::InvalidArgumentError("not a percentage; write 0% to 100%");
  }
  place.share = percent / 100;
  return place;
}

bool ParseTimeOfDay(const std::string& text, Nanos* time) {
  for (const char* format : {"%H:%M", "%H:%M:%E*S"}) {
    absl::Time parsed;
    std::string ignored;
    if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &parsed, &ignored)) continue;
    *time = Nanos(absl::ToUnixNanos(parsed));
    return true;
  }
  return false;
}

bool ParseDateTime(const std::string& text, absl::TimeZone zone, int64_t* time_ns) {
  for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%d%ET%H:%M", "%Y-%m-%d %H:%M:%E*S",
                             "%Y-%m-%d%ET%H:%M:%E*S", "%Y-%m-%d%ET%H:%M:%E*S%Ez"}) {
    absl::Time parsed;
    std::string ignored;
    if (!absl::ParseTime(format, text, zone, &parsed, &ignored)) continue;
    *time_ns = absl::ToUnixNanos(parsed);
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Place> ParsePlace(const std::string& text, absl::TimeZone zone) {
  if (text.starts_with('#')) return ParsePosition(text);
  if (text.ends_with('%')) return ParseShare(text);
  Place place{.kind = Place::Kind::kTimeOfDay};
  if (ParseTimeOfDay(text, &place.time_of_day)) return place;
  place.kind = Place::Kind::kTime;
  if (ParseDateTime(text, zone, &place.time_ns)) return place;
  return absl::InvalidArgumentError(std::string("no place on a tape; ") + kRemedy);
}

int64_t ResolveTimeOfDay(Nanos time_of_day, int64_t not_before_ns, int64_t tape_begin_ns,
                         int64_t tape_end_ns, absl::TimeZone zone) {
  const auto on_day_of = [&](absl::Time day, int64_t days) {
    const absl::CivilDay civil = absl::ToCivilDay(day, zone) + days;
    // By its civil time, so that a day of 23 hours has its 09:30 at 09:30.
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time_of_day);
    const absl::CivilSecond second = absl::CivilSecond(civil) + seconds.count();
    return absl::ToUnixNanos(absl::FromCivil(second, zone)) + (time_of_day - seconds).count();
  };
  const absl::Time not_before = absl::FromUnixNanos(not_before_ns);
  int64_t time = on_day_of(not_before, 0);
  if (time < not_before_ns) time = on_day_of(not_before, 1);
  return time <= tape_end_ns ? time : on_day_of(absl::FromUnixNanos(tape_begin_ns), 0);
}

absl::StatusOr<absl::TimeZone> ParseZone(const std::string& name) {
  if (name.empty()) return absl::LocalTimeZone();
  absl::TimeZone zone;
  if (absl::LoadTimeZone(name, &zone)) return zone;
  return absl::InvalidArgumentError(
      "no such time zone; write a name such as America/New_York or UTC");
}

}  // namespace fantail::replay
