// One tape as the player sees it: what it holds of the wanted topics, in its order, a block at a
// time, with a place to look at what comes next.
//
// Thread: one owner.
// Cost: a copy of each wanted record; a block of some 16,000 records is read at once, in 2 ms.
// Errors: damage is told in TakeProblems and as a gap, and reading goes on; a tape that cannot be
//   read on is at its end, with failure() saying why.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_TRACK_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_TRACK_H_

#include <absl/status/statusor.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fantail/feed/feed_events.h"
#include "fantail/feed/interest.h"
#include "fantail/tape/tape_reader.h"
#include "tools/fantail-replay/place.h"

namespace fantail::replay {

// What stands between records. A name comes once in an epoch, before its first use.
struct EpochMark {};
struct TopicMark {
  TopicId id;
  std::string name;
};
struct VenueMark {
  VenueId id;
  std::string name;
};
using Mark = std::variant<EpochMark, TopicMark, VenueMark, feed::TopicImage, feed::GapNotice>;

class Track {
 public:
  // Of everything if `topics` is empty.
  static absl::StatusOr<std::unique_ptr<Track>> Open(const std::string& path,
                                                     const std::vector<Pattern>& topics);

  const std::string& path() const { return reader_->path(); }
  const tape::TapeReader::Span& span() const { return span_; }

  // Goes to a place and gives what is known there to `state`, of all topics. REQUIRES: a kind that
  // one tape alone can answer: the beginning, a time, a position, a record.
  absl::Status Seek(const Place& place, tape::TapeState* state);
  // Record number `number` is the first that is not given any more, from the next Seek on.
  void EndBefore(uint64_t number) { end_ = number; }

  // Whether the feed is to have this topic.
  bool Wants(std::string_view name) const { return topics_.empty() || topics_.Matches(name); }

  // The marks before the next record, and behind the last one; the owner takes them one by one.
  // REQUIRES, for all below: Load() has been called since the last Take.
  const Mark* mark() const { return HasMark() ? &now_.marks[now_.mark].what : nullptr; }
  void TakeMark() { ++now_.mark; }
  // The records up to the next mark; empty at the end.
  std::span<const wire::Record> records() const;
  // The next record, behind the marks. REQUIRES: !at_end().
  const wire::Record& peek() const { return now_.records[now_.at]; }
  void TakeRecords(size_t count) { now_.at += count; }
  bool at_end() const { return now_.at == now_.records.size(); }
  // The number on the tape of the next record; at the end, where the tape (or EndBefore) ends.
  uint64_t number() const;

  // Reads on if everything has been taken.
  void Load();
  // Reads ahead, so that the next Load costs nothing. True if there was something to do.
  bool Prefetch();
  // Whether little is left before the next Load.
  bool WantsPrefetch() const { return !has_next_ && now_.records.size() - now_.at < kFewLeft; }

  // What was damaged on the way, one line each, and each once.
  std::vector<std::string> TakeProblems() { return std::exchange(problems_, {}); }
  const std::string& failure() const { return failure_; }

 private:
  // Enough for the time that a block takes to be read, at a million records a second.
  static constexpr size_t kFewLeft = 4096;

  struct PlacedMark {
    size_t before;  // this record
    Mark what;
  };
  // What one or more blocks have given, of which only the last has wanted records.
  struct Chunk {
    std::vector<wire::Record> records;
    std::vector<uint32_t> offsets;  // of each record, within its block
    std::vector<PlacedMark> marks;  // by rising `before`
    uint64_t first = 0;             // the number of the block's first record
    uint64_t end = 0;               // the number behind its last one
    size_t at = 0;                  // what has been taken
    size_t mark = 0;
    bool last = false;  // nothing comes behind it

    void Clear();
  };
  class Filler;

  Track(std::unique_ptr<tape::TapeReader> reader, const std::vector<Pattern>& topics);

  bool HasMark() const {
    return now_.mark < now_.marks.size() && now_.marks[now_.mark].before == now_.at;
  }
  void Fill(Chunk* chunk);
  void CutOff(Chunk* chunk) const;
  void Learn(TopicId id, std::string_view name);
  bool Wanted(TopicId id) const { return id.value < wants_.size() && wants_[id.value]; }
  void AddProblem(const std::string& line);

  const std::unique_ptr<tape::TapeReader> reader_;
  const feed::Interest topics_;  // empty: everything
  tape::TapeReader::Span span_;
  uint64_t end_ = UINT64_MAX;
  Chunk now_;
  Chunk next_;
  bool has_next_ = false;
  // Of the epoch that is being read: by id.
  std::vector<bool> knows_;
  std::vector<bool> wants_;
  std::vector<bool> knows_venues_;

  std::vector<std::string> problems_;
  std::set<std::string> told_;  // all problems ever
  std::string failure_;
};

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_TRACK_H_
