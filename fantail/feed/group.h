// Sessions of equal interest. A record is looked at once a group, a message is encoded once a
// group, and every member that is in step sends the same bytes.
//
// What is new waits as names, images and records until Seal encodes it into the log: the messages
// that not every member has sent yet. A member is no more than an index into the log.
//
// Members of shared sessions get batches that are packed, once, as one stream. Who comes to it gets
// plain ones until the stream begins anew, as it soon does for newcomers.
//
// Thread: one owner.  Cost: Add copies 64 bytes; Seal copies and checksums each tick once, or packs
// it, or both while there are members of either kind.
// Limits: the owner bounds log_bytes() by taking away members that fall behind.
#ifndef FANTAIL_FEED_GROUP_H_
#define FANTAIL_FEED_GROUP_H_

#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/image.h"
#include "fantail/feed/interest.h"
#include "fantail/feed/payloads.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/message.h"
#include "fantail/wire/messages.h"
#include "fantail/wire/packed.h"

namespace fantail::feed {

struct Session;

class Group {
 public:
  struct Entry {
    wire::Message plain;   // empty: every member takes the packed one
    wire::Message packed;  // of the stream that members share; empty: there is none
    bool begins = false;   // the stream, with this
    bool part = false;     // of an object, in no stream
    Position through;      // of the member that has sent it
    uint32_t ticks = 0;
    MonotonicTime sealed;  // since when it waits
    uint64_t before = 0;   // bytes of all entries before it

    size_t bytes() const { return plain.size() + packed.size(); }
  };

  // `share_from`: so many members share a stream; for fewer, packing costs more than it saves.
  // `payloads`: of the parts among the records.
  Group(Interest interest, Position through, size_t share_from, const Payloads* payloads)
      : share_from_(share_from),
        payloads_(payloads),
        interest_(std::move(interest)),
        through_(through) {}

  const Interest& interest() const { return interest_; }

  // What every member gets, in this order within a batch: names, images, records.
  void AddTopic(TopicId id, std::string_view name);
  void AddVenue(VenueId id, std::string_view name);
  void AddImage(const TopicImage& image, std::span<const wire::Tick> statuses, MonotonicTime now);
  void AddRecord(const wire::Record& record, MonotonicTime now) {
    if (!images_.empty()) SealImages(now);
    if (!records_.empty() && record.position - records_.front().position > UINT32_MAX) {
      SealRecords(records_.back().position, now);
    }
    // A part goes in a message of its own.
    if (!records_.empty() && wire::IsPart(record.tick) != wire::IsPart(records_.back().tick)) {
      SealRecords(records_.back().position, now);
    }
    records_.push_back(record);
    if (records_.size() >= most_ticks_) SealRecords(record.position, now);
  }
  void AddGap(const GapNotice& gap, MonotonicTime now);

  // Encodes all that waits. Afterwards a member that has sent the whole log is complete through
  // `head`.
  void Seal(Position head, MonotonicTime now);
  bool HasPending() const { return !records_.empty() || !images_.empty() || HasNames(); }

  // The log: entries [log_begin, log_end), by rising index for the life of the group.
  uint64_t log_begin() const { return log_begin_; }
  uint64_t log_end() const { return log_begin_ + log_.size(); }
  const Entry& entry(uint64_t index) const { return log_[index - log_begin_]; }
  size_t log_bytes() const { return log_bytes_; }
  // Of the entries from `index` on.
  size_t BytesFrom(uint64_t index) const {
    return index == log_end() ? 0 : pushed_bytes_ - entry(index).before;
  }
  // Of all its batches: what they hold and what they might have held, in ticks times members.
  uint64_t sealed_ticks() const { return sealed_ticks_; }
  uint64_t sealed_room() const { return sealed_room_; }
  // Drops what every member has sent.
  void Trim();

  std::vector<Session*> members;

 private:
  bool HasNames() const { return !topics_.empty() || !venues_.empty(); }
  void SealNames(MonotonicTime now);
  void SealImages(MonotonicTime now);
  void SealRecords(Position through, MonotonicTime now);
  void SealPart(const wire::Record& part, Position through, MonotonicTime now);
  void Push(Entry entry, MonotonicTime now);
  struct Form {
    bool plain = true;
    bool packed = false;
    bool begins = false;
  };
  Form FormOfNext(MonotonicTime now) const;
  size_t Pack(std::span<const wire::Record> records, Position through, MonotonicTime now,
              Entry* entry);

  const size_t share_from_;
  const Payloads* const payloads_;
  Interest interest_;
  Position through_;  // of the newest entry

  std::vector<TopicId> topics_;
  wire::TextListBuilder topic_texts_;
  std::vector<VenueId> venues_;
  wire::TextListBuilder venue_texts_;
  ImageChunk images_;
  std::vector<wire::Record> records_;
  size_t most_ticks_ = wire::kMaxBatchTicks;

  std::unique_ptr<wire::PackedWriter> stream_;  // null: nobody shares one
  MonotonicTime stream_began_;

  std::deque<Entry> log_;
  uint64_t log_begin_ = 0;
  size_t log_bytes_ = 0;
  uint64_t pushed_bytes_ = 0;  // of all entries there ever were
  uint64_t sealed_ticks_ = 0;
  uint64_t sealed_room_ = 0;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_GROUP_H_
