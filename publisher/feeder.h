// Moves rows from a source to the sequencer when they are due: by their own time stamps at some
// speed, or as fast as the sessions take them.
//
// A row without a time of its own is due at once, and its time is that of its publication.
//
// Thread: one owner, the publisher's feed thread.  Ownership: keeps pointers that outlive it.
// It reads no clock: time comes in.
#ifndef FANTAIL_PUBLISHER_FEEDER_H_
#define FANTAIL_PUBLISHER_FEEDER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fantail/base/metric.h"
#include "fantail/base/time.h"
#include "fantail/source/sequencer.h"
#include "fantail/source/source.h"

namespace fantail::publisher {

struct FeederCounters {
  uint64_t published = 0;
  uint64_t bad_rows = 0;
};

inline constexpr auto kFeederMetrics = std::to_array<Metric<FeederCounters>>({
    {&FeederCounters::published,
     {"fantail_published_ticks_total", Unit::kNone, "ticks published since the start"}},
    {&FeederCounters::bad_rows,
     {"fantail_source_bad_rows_total", Unit::kNone, "rows of the source that were skipped"}},
});
static_assert(TellsAll(kFeederMetrics));

class Feeder {
 public:
  struct Options {
    double speed = 1;               // 0: as fast as the sessions take it
    bool strict = false;            // stop at the first bad row
    bool stamp_now = false;         // the time of a tick is when it is published
    uint64_t bytes_per_second = 0;  // of payloads; 0: as many as there are
    uint64_t skip_rows = 0;         // good rows at the beginning that have been published before
  };
  enum class State : uint8_t {
    kRunning,
    kEnded,   // the source is at its end, and everything has been published
    kFailed,  // the source broke off, or a bad row in strict mode; problem() says why
  };

  Feeder(Options options, source::Source* source, source::Sequencer* sequencer,
         std::function<void(std::string_view)> on_bad_row);

  // Publishes what is due, a bounded number of rows; true if more is due at once.
  bool Turn(MonotonicTime now, WallTime wall);

  State state() const { return state_; }
  const std::string& problem() const { return problem_; }
  // When the next row is due; none if it waits for the source, or there is none.
  std::optional<MonotonicTime> next_due() const { return next_due_; }
  const FeederCounters& counters() const { return counters_; }

 private:
  bool SkipRows();
  bool TakeRow();
  bool IsDue(MonotonicTime now);
  void Publish(MonotonicTime now, WallTime wall);
  void OnBadRow(std::string_view problem);

  const Options options_;
  source::Source* const source_;
  source::Sequencer* const sequencer_;
  const std::function<void(std::string_view)> on_bad_row_;
  State state_ = State::kRunning;
  std::string problem_;
  text::Row row_;
  bool has_row_ = false;
  uint64_t to_skip_;
  std::optional<MonotonicTime> next_due_;
  std::optional<MonotonicTime> started_at_;
  MonotonicTime next_payload_at_;
  int64_t first_time_ns_ = 0;
  FeederCounters counters_;
};

}  // namespace fantail::publisher

#endif  // FANTAIL_PUBLISHER_FEEDER_H_
