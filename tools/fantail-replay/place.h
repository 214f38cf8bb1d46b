// A place on a tape as a person writes it: a time of day (`09:30`, `09:30:00.5`), a full date and
// time (`2013-10-08 09:30`), a position (`#12345`), or a share of the tape (`25%`).
//
// Thread: values and pure functions.
// Errors: a status that says what to write; the caller puts the option and the value in front.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_PLACE_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_PLACE_H_

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <string>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"

namespace fantail::replay {

struct Place {
  enum class Kind : uint8_t {
    kBeginning,
    kTime,       // time_ns: the first record that is not before it
    kTimeOfDay,  // time_of_day, on a day that the tape decides
    kPosition,   // of the tape's first epoch
    kShare,      // 0 to 1, of the records of one tape, or of the time of several
    kRecord,     // by number, from 0
  };
  Kind kind = Kind::kBeginning;
  int64_t time_ns = 0;
  Nanos time_of_day{0};
  Position position;
  double share = 0;
  uint64_t record = 0;
};

absl::StatusOr<Place> ParsePlace(const std::string& text, absl::TimeZone zone);

// The first such time of day from `not_before_ns` on; if that is behind the tape, the one on the
// day that the tape begins.
int64_t ResolveTimeOfDay(Nanos time_of_day, int64_t not_before_ns, int64_t tape_begin_ns,
                         int64_t tape_end_ns, absl::TimeZone zone);

// The local zone for an empty name.
absl::StatusOr<absl::TimeZone> ParseZone(const std::string& name);

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_PLACE_H_
