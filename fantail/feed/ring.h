// A node's recent records, by rising position, bounded in bytes: what resumes and replays are
// served from. The oldest go first. A gateway also inserts records older than its newest (a
// backfill), so records lie in chunks that split when one is full, like the leaves of a B-tree.
//
// Thread: one owner.  Cost: Append is a copy of 64 bytes; Insert moves at most one chunk.
// Limits: `max_bytes`, rounded up to a chunk; two at least.
#ifndef FANTAIL_FEED_RING_H_
#define FANTAIL_FEED_RING_H_

#include <algorithm>
#include <deque>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/wire/tick.h"

namespace fantail::feed {

class Ring {
 public:
  explicit Ring(size_t max_bytes);

  // REQUIRES: positions rise, above all that are here.
  void Append(const wire::Record& record);
  // Adds a record anywhere; one that is here already, or older than what has been dropped, is
  // ignored.
  void Insert(const wire::Record& record);

  // Of the record with the highest position; 0 if there is none.
  Position newest() const { return chunks_.empty() ? Position{} : chunks_.back().back().position; }
  // Everything that was here up to this position has been dropped.
  Position dropped_through() const { return dropped_through_; }
  // Nothing up to `position` has ever been here. REQUIRES: the ring is empty.
  void BeginAt(Position position) { dropped_through_ = position; }
  // Holds no more than that from now on.
  void Shrink(size_t max_bytes);
  // As if everything up to `position` had been here and been dropped.
  void DropThrough(Position position);
  size_t size_bytes() const { return chunks_.size() * kChunkRecords * sizeof(wire::Record); }

  // Calls `fn(record)` for records after `after`, by rising position, until it returns false.
  template <class Fn>
  void Scan(Position after, Fn fn) const {
    for (auto chunk = FirstWithAfter(after); chunk != chunks_.end(); ++chunk) {
      const std::vector<wire::Record>& records = *chunk;
      auto it = std::upper_bound(records.begin(), records.end(), after, BeforeRecord);
      for (; it != records.end(); ++it) {
        if (!fn(*it)) return;
      }
    }
  }

 private:
  // 1,024 records are 64 KiB: small beside the ring, large beside a batch.
  static constexpr size_t kChunkRecords = 1024;
  using Chunk = std::vector<wire::Record>;  // never empty, never above kChunkRecords

  static bool BeforeRecord(Position position, const wire::Record& record) {
    return position < record.position;
  }
  // The first chunk with a record after `after`.
  std::deque<Chunk>::const_iterator FirstWithAfter(Position after) const;
  static size_t MostChunks(size_t max_bytes);
  void NewChunk();

  size_t max_chunks_;
  std::deque<Chunk> chunks_;
  Position dropped_through_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_RING_H_
