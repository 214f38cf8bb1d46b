// The past on request: what a history server is asked over the bus, and what it answers.
// docs/history-protocol.md says what it means.
//
// Thread: values, and one owner for a writer or a reader.
// Errors: bytes from outside never stop the process; a Decode says nullptr, or what is wrong.
#ifndef FANTAIL_HISTORY_MESSAGES_H_
#define FANTAIL_HISTORY_MESSAGES_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/pattern.h"
#include "fantail/bus/messages.h"
#include "fantail/wire/columns.h"
#include "fantail/wire/compression.h"
#include "fantail/wire/tick.h"

namespace fantail::history {

// The services of a feed, as they are called on the bus.
std::string HistoryService(std::string_view feed);
std::string DirectoryService(std::string_view feed);
// Why the services of a feed cannot be named, or nullptr.
const char* FeedNameProblem(std::string_view feed);

// What is asked for: positions (after, through] of an epoch; or, with epoch 0, everything between
// two places as fantail/tape/range.h reads them.
struct Question {
  Epoch epoch;
  Position after;
  Position through;  // 0: to the newest
  std::string from;  // empty: from the beginning
  std::string to;    // empty: to the end
  std::string zone = "UTC";
  std::vector<Pattern> patterns;
};
std::string Encode(const Question& question);
const char* Decode(bus::Body body, Question* question);

// Positions (from, to] of these patterns, which are on no tape.
struct Lost {
  Position from;
  Position to;
  std::vector<Pattern> patterns;  // none: all that was asked for
};

// A piece of an answer: what there is in positions (after, through] of an epoch, first what is
// lost, then the records behind that by rising position.
struct Part {
  Epoch epoch;
  bool paced = false;
  Position after;
  Position through;
  std::optional<Lost> lost;
  std::vector<std::pair<TopicId, std::string>> topics;  // new to this answer and epoch
  std::vector<std::pair<VenueId, std::string>> venues;
  std::vector<wire::Record> records;
};

// Makes the parts of one answer, one after the other. Names travel once in an epoch, and ticks as
// differences from the parts before.
class PartWriter {
 public:
  PartWriter();
  ~PartWriter();

  // REQUIRES: empty()
  void BeginEpoch(Epoch epoch, bool paced, Position after);
  // REQUIRES: empty(), and `to` is not before what has been written
  void AddLost(Lost lost);
  // From now on nothing is known of these patterns: each part says so.
  void SetUnknown(std::vector<Pattern> patterns) { unknown_ = std::move(patterns); }
  bool Knows(TopicId id) const { return id.value < topics_.size() && topics_[id.value]; }
  bool Knows(VenueId id) const { return id.value < venues_.size() && venues_[id.value]; }
  void AddTopic(TopicId id, std::string_view name);
  void AddVenue(VenueId id, std::string_view name);
  // REQUIRES: its position is behind all before, and its topic and venue are known.
  void Add(const wire::Record& record);

  bool empty() const { return !lost_ && part_records_ == 0; }
  // Whether the part is to be finished before more is added.
  bool full() const;
  Epoch epoch() const { return epoch_; }
  bool paced() const { return paced_; }
  Position part_after() const { return after_; }
  Position through() const { return through_; }
  // The part with what was added, for positions up to `through`; at most bus::kMaxBodyBytes.
  std::string Finish(Position through);

 private:
  void PackRun();

  Epoch epoch_;
  bool paced_ = false;
  Position after_;    // of the part
  Position through_;  // of what was added
  std::optional<Lost> lost_;
  std::vector<Pattern> unknown_;
  size_t part_records_ = 0;
  std::vector<bool> topics_;  // by id, those that the reader knows
  std::vector<bool> venues_;
  std::vector<TopicId> new_topics_;
  wire::TextListBuilder topic_texts_;
  std::vector<VenueId> new_venues_;
  wire::TextListBuilder venue_texts_;
  std::vector<wire::Record> run_;
  std::vector<std::byte> ticks_;
  wire::TickPacker packer_;
  wire::Compressor compressor_;
};

// Reads the parts of one answer, in their order.
class PartReader {
 public:
  PartReader();
  ~PartReader();

  // Replaces *part. What is wrong ends the answer.
  const char* Decode(bus::Body body, Part* part);
  // The answer begins anew.
  void Reset();

 private:
  const char* DecodeTicks(bus::Body ticks, Part* part);

  Epoch epoch_;
  Position through_;
  std::vector<bool> topics_;
  std::vector<bool> venues_;
  wire::TickUnpacker unpacker_;
  wire::Decompressor decompressor_;
  std::vector<std::byte> plain_;
  std::vector<uint64_t> aligned_;
};

struct DirectoryEntry {
  Epoch epoch;
  std::string topic;
  Position first;
  Position last;
  int64_t first_time_ns = 0;
  int64_t last_time_ns = 0;
};
std::string EncodeDirectoryQuestion(const std::vector<Pattern>& patterns);
const char* DecodeDirectoryQuestion(bus::Body body, std::vector<Pattern>* patterns);
// As many of the entries from number *next on as one part takes, all of one epoch; *next goes on.
std::string EncodeDirectoryPart(const std::vector<DirectoryEntry>& entries, size_t* next);
// Appends to *entries.
const char* DecodeDirectoryPart(bus::Body body, std::vector<DirectoryEntry>* entries);

}  // namespace fantail::history

#endif  // FANTAIL_HISTORY_MESSAGES_H_
