// A part of a tape as a person writes it, `--from 09:30 --to 16:00 --tz America/New_York`, and how
// to read just that.
//
//   09:30, 09:30:15.5              a time of day, on the day of the tape's first record, or of its
//                                  newest. As an end that lies before the beginning: on the day
//                                  after
//   2013-10-08, 2013-10-08 09:30, 2013-10-08T09:30:00.25Z, ...+02:00   a time; without an offset
//                                  it is in the time zone that was given
//   1381239000000000000            a time in nanoseconds since the Unix epoch, as in a tick file
//   #1234, 5253fa0000000000#1234   a position, of the first epoch or of the one given in hex
//   25%                            a part of the tape's records
//
// A part begins with the first record, in the tape's order, that is not before --from, and ends
// before the first behind it that is not before --to.
//
// Thread: values.  Cost: entering is two seeks at most.
// Errors: the message says what is wrong with the text and what to write; without the option.
#ifndef FANTAIL_TAPE_RANGE_H_
#define FANTAIL_TAPE_RANGE_H_

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "fantail/tape/tape_reader.h"
#include "fantail/tape/tape_state.h"

namespace fantail::tape {

// `UTC`, `local` or a name of the tz database.
absl::StatusOr<absl::TimeZone> ParseTimeZone(const std::string& text);

struct Place {
  struct TimeOfDay {
    int64_t ns = 0;  // from midnight
  };
  struct Time {
    int64_t ns = 0;  // since the Unix epoch
  };
  struct At {
    Epoch epoch;  // 0: the tape's first
    Position position;
  };
  struct Part {
    double of_all = 0;  // 0 to 1
  };
  std::variant<TimeOfDay, Time, At, Part> what;
};
absl::StatusOr<Place> ParsePlace(std::string_view text, const absl::TimeZone& zone);

struct Range {
  std::optional<Place> from;  // none: from the beginning
  std::optional<Place> to;    // none: to the end
  absl::TimeZone zone;        // of times of day
  bool newest_day = false;    // times of day are of the newest record's day
};

// Where a range ends.
class RangeEnd {
 public:
  RangeEnd() = default;  // nowhere
  explicit RangeEnd(int64_t time_ns) : time_ns_(time_ns) {}
  RangeEnd(Epoch epoch, Position position) : place_({epoch, position}) {}

  // Whether this record, in its epoch, is the first that is no longer in the range.
  bool IsReachedBy(Epoch epoch, const wire::Record& record) const {
    if (time_ns_) return record.tick.time_ns >= *time_ns_;
    return place_ && std::pair(epoch, record.position) >= *place_;
  }

 private:
  std::optional<int64_t> time_ns_;
  std::optional<std::pair<Epoch, Position>> place_;
};

// Brings the reader to the range's beginning. If that is not the tape's, *state is what was known
// there, and the reader does not tell it again; else *state stays as it is.
absl::StatusOr<RangeEnd> EnterRange(const Range& range, TapeReader* reader, TapeState* state);

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_RANGE_H_
