// Plays tapes: a state machine to which the time and a person's commands come, and which tells a
// FeedContent the feed of that moment. It merges several tapes by the time of their records, and
// begins a new epoch where somebody jumps, where a tape begins one, and with each round of a loop.
//
// Thread: one owner. It reads no clock and writes nothing: the tapes are read as they are needed.
// Ownership: keeps a pointer to where the feed goes.
// Cost: some 50 ns a record; blocks of the tapes are read ahead of need. A seek reads up to some
//   260,000 records: tens of milliseconds.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_PLAYER_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_PLAYER_H_

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fantail/base/histogram.h"
#include "fantail/base/time.h"
#include "tools/fantail-replay/place.h"
#include "tools/fantail-replay/renumber.h"
#include "tools/fantail-replay/tape_clock.h"
#include "tools/fantail-replay/track.h"

namespace fantail::replay {

inline constexpr double kSlowest = 0.1;
inline constexpr double kFastest = 1000;

class Player {
 public:
  struct Options {
    double speed = 1;  // 0: a paced feed, as fast as its owner asks
    bool loop = false;
    bool paused = false;
    Nanos max_gap{0};  // idle stretches of the tape are shortened to this; 0: they are not
    Place from;
    std::optional<Place> to;  // the first record that is not played
    absl::TimeZone zone;      // of times of day
  };
  using Tracks = std::vector<std::unique_ptr<Track>>;
  // The epoch after `before`.
  using NewEpoch = std::function<Epoch(Epoch before)>;

  // REQUIRES: at least one track.
  Player(Options options, Tracks tracks, feed::FeedContent* to, NewEpoch new_epoch);

  enum class State : uint8_t {
    kPlaying,  // or paused
    kEnded,    // the end has been told; a seek goes on
    kFailed,   // problem() says why
  };

  // Begins the first epoch. Fails if a tape cannot be read, or has no such place.
  absl::Status Start(MonotonicTime now);
  // Starts the clock of what has not begun to run: a player that was held until somebody came.
  void Release(MonotonicTime now);

  // Tells what is due, a bounded number of records; true if more is due at once. `drained`: every
  // session has been sent everything, so that an epoch may end.
  bool Turn(MonotonicTime now, bool drained);
  // When Turn has something to do; none if it waits for a command, or for its owner.
  std::optional<MonotonicTime> next_due() const { return next_due_; }

  // Commands.
  void SetPaused(bool paused, MonotonicTime now);
  // Pauses, and plays one record.
  void Step(MonotonicTime now);
  // Twice as fast, half as fast. A paced feed has no speed.
  void Faster(MonotonicTime now);
  void Slower(MonotonicTime now);
  // Back and forth in the tape's time; to a share of what is played, 0 to 1.
  void SeekBy(Nanos by, MonotonicTime now);
  void SeekShare(double share, MonotonicTime now);
  // This process stood still for so long, and so did the tape.
  void StoodStill(Nanos span, MonotonicTime now);

  // Whether an epoch must end, and `drained` is asked for.
  bool waits_for_sessions() const { return waits_; }

  State state() const { return state_; }
  const std::string& problem() const { return problem_; }
  bool paused() const { return clock_.paused(); }
  double speed() const { return clock_.speed(); }
  bool paced() const { return options_.speed == 0; }
  Epoch epoch() const { return epoch_; }
  // What is being shown: a time of the tape.
  int64_t tape_time_ns(MonotonicTime now) const;
  // Of what is to be played, 0 to 1, and how much time of the tape is left.
  double share(MonotonicTime now) const;
  Nanos left(MonotonicTime now) const;
  uint64_t records_left() const;
  // Since the start.
  uint64_t played() const { return played_; }
  uint64_t gaps() const { return renumber_.gaps(); }
  // How late each record was told, of a feed that is not paced.
  const LatencyHistogram& lateness() const { return lateness_; }
  // What was damaged since the last call, one line each.
  std::vector<std::string> TakeProblems();

 private:
  absl::StatusOr<Place> Resolve(const Place& place, int64_t not_before_ns) const;
  absl::Status SeekTracks(const Place& place, std::vector<tape::TapeState>* states);
  absl::Status FindEnd();
  absl::Status Begin(const Place& place, MonotonicTime now);
  void Tell(size_t tape, const tape::TapeState& state);
  void Jump(const Place& place, MonotonicTime now);

  // A tape that has a record next, the earliest of all; kNone if none has.
  static constexpr size_t kNone = SIZE_MAX;
  size_t Earliest() const;
  size_t NextTape();
  bool PassMarks(size_t tape, bool drained);
  size_t Play(size_t tape, size_t most, int64_t until_ns, MonotonicTime now);
  void ShortenIdle(int64_t next_ns);
  bool AtEnd(MonotonicTime now, bool drained);
  bool AskAgain(MonotonicTime now);
  void Fail(std::string problem);

  const Options options_;
  Tracks tracks_;
  feed::FeedContent* const to_;
  const NewEpoch new_epoch_;
  Renumber renumber_;
  TapeClock clock_;
  State state_ = State::kPlaying;
  std::string problem_;
  Epoch epoch_;
  std::optional<MonotonicTime> next_due_;
  bool waits_ = false;    // for `drained`
  bool running_ = false;  // the clock
  bool ran_this_round_ = false;
  size_t steps_ = 0;                  // records to be played although paused
  int64_t newest_ns_ = 0;             // of the records that were played
  int64_t shortened_ns_ = INT64_MIN;  // the record before which idle time has been left out

  // What is played.
  Place from_;
  int64_t tape_begin_ns_ = 0;  // the first and the last time on any tape
  int64_t tape_end_ns_ = 0;
  int64_t begin_ns_ = 0;  // of what is played
  int64_t end_ns_ = 0;
  std::vector<uint64_t> begin_;  // by tape: the first record's number
  std::vector<uint64_t> end_;    // likewise: the first that is not played

  uint64_t played_ = 0;
  LatencyHistogram lateness_;
};

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_PLAYER_H_
