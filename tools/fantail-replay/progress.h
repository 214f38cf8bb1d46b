// How far a replay is, as one line: `12:04:11.250 x4.0 1.2 M/s 37% ETA 00:41`.
//
// Thread: values and pure functions.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_PROGRESS_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_PROGRESS_H_

#include <absl/time/time.h>

#include <optional>
#include <string>

#include "fantail/base/time.h"

namespace fantail::replay {

struct Progress {
  int64_t tape_time_ns = 0;
  double speed = 1;  // 0: a paced feed
  double records_per_second = 0;
  double share = 0;
  std::optional<Nanos> left;  // of this machine's time; nothing if it cannot be said
  bool paused = false;
  bool ended = false;
  bool waiting = false;  // for a session, at the beginning
};

std::string ProgressLine(const Progress& progress, absl::TimeZone zone);

// `00:41`, `1:02:03`.
std::string FormatLeft(Nanos left);

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_PROGRESS_H_
