// Numbers as people read them in a status line, and when the next line is due.
//
// Thread: any; a StatusTimer has one owner.
#ifndef FANTAIL_APP_STATUS_LINE_H_
#define FANTAIL_APP_STATUS_LINE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "fantail/base/time.h"

namespace fantail::app {

// Powers of 1000, one digit behind the point from 1000 on: `999 B`, `1.2 MB`.
std::string FormatBytes(uint64_t bytes);
// `999`, `20.0 k`, `1.6 M`.
std::string FormatCount(uint64_t count);
// How many in how long: `20.0 k/s`; `0/s` if no time has passed.
std::string FormatRate(uint64_t count, Nanos over);
// `1.2 MB/s`.
std::string FormatByteRate(uint64_t bytes, Nanos over);
// Three digits at most: `850 ns`, `12.3 us`, `1.25 s`.
std::string FormatLatency(Nanos latency);

// Says when a status line is due: the first one `every` after the first call, then each `every`;
// never for 0.
class StatusTimer {
 public:
  explicit StatusTimer(Nanos every) : every_(every) {}

  // Whether a line is due; `*over` is then how long it is since the one before.
  bool Due(MonotonicTime now, Nanos* over);
  // When Due() is next worth a call; none if never.
  std::optional<MonotonicTime> next() const;

 private:
  Nanos every_;
  std::optional<MonotonicTime> last_;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_STATUS_LINE_H_
