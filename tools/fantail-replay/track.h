// One tape as the player sees it: what it holds of the wanted topics, in its order, a block at a
// time, with a place to look at what comes next.
//
// Thread: one owner. The next block is read on a thread of its own while this one is played: both
//   meet when it is needed.
// Cost: a copy of each wanted record; a block of some 16,000 records is read in 2 ms, by a
//   thread that makes way for all others as long as it is in time.
// Errors: damage is told in TakeProblems and as a gap, and reading goes on; a tape that cannot be
//   read on is at its end, with failure() saying why.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_TRACK_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_TRACK_H_

#include <absl/status/statusor.h>

#include <future>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
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
  // That the tape says it is of; empty if nothing of it can be read.
  std::string_view feed() const {
    if (reader_->segments().empty()) return {};
    return reader_->segments().front().head.feed;
  }
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
  // Begins to read what comes after this block, if that is worth a thread.
  void ReadAhead();

  // What was damaged on the way, one line each, and each once.
  std::vector<std::string> TakeProblems() { return std::exchange(problems_, {}); }
  const std::string& failure() const { return now_.failure; }

 private:
  // Less is read in less than a tenth of a millisecond: the blocks of an active segment.
  static constexpr size_t kWorthAThread = 1024;

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
    std::vector<std::string> problems;
    std::string failure;

    void Clear();
  };
  class Filler;

  Track(std::unique_ptr<tape::TapeReader> reader, const std::vector<Pattern>& topics);

  bool HasMark() const {
    return now_.mark < now_.marks.size() && now_.marks[now_.mark].before == now_.at;
  }
  void Fill(Chunk* chunk);
  void FinishReading();
  void CutOff(Chunk* chunk) const;
  void Learn(TopicId id, std::string_view name);
  bool Wanted(TopicId id) const { return id.value < wants_.size() && wants_[id.value]; }
  void AddProblem(const std::string& line);

  const std::unique_ptr<tape::TapeReader> reader_;
  const feed::Interest topics_;  // empty: everything
  tape::TapeReader::Span span_;
  uint64_t end_ = UINT64_MAX;
  Chunk now_;
  // While the thread reads, these are its own, as is the reader.
  Chunk next_;
  // Of the epoch that is being read: by id.
  std::vector<bool> knows_;
  std::vector<bool> wants_;
  std::vector<bool> knows_venues_;

  std::vector<std::string> problems_;
  std::set<std::string> told_;  // all problems ever
  bool awaited_ = false;        // the last one was not done when it was needed: the next hurries
  std::future<void> reading_;   // last: the thread ends before what it uses
};

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_TRACK_H_
