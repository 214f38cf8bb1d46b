#include "fantail/feed/ring.h"

#include "fantail/base/check.h"
#include "fantail/base/planted.h"

namespace fantail::feed {

Ring::Ring(size_t max_bytes) : max_chunks_(MostChunks(max_bytes)) {}

size_t Ring::MostChunks(size_t max_bytes) {
  return std::max<size_t>(2, max_bytes / (kChunkRecords * sizeof(wire::Record)));
}

void Ring::Append(const wire::Record& record) {
  FANTAIL_CHECK(chunks_.empty() || chunks_.back().back().position < record.position,
                record.position.value);
  if (chunks_.empty() || chunks_.back().size() == kChunkRecords) NewChunk();
  chunks_.back().push_back(record);
}

void Ring::NewChunk() {
  Chunk chunk;
  if (chunks_.size() >= max_chunks_) {
    dropped_through_ = chunks_.front().back().position;
    if (planted::On(planted::Bug::kRingDropsWrongEnd)) {
      dropped_through_ = chunks_.front().front().position;
    }
    chunk = std::move(chunks_.front());
    chunk.clear();
    chunks_.pop_front();
  }
  chunk.reserve(kChunkRecords);
  chunks_.push_back(std::move(chunk));
}

void Ring::Shrink(size_t max_bytes) {
  max_chunks_ = MostChunks(max_bytes);
  while (chunks_.size() > max_chunks_) {
    dropped_through_ = chunks_.front().back().position;
    chunks_.pop_front();
  }
}

void Ring::DropThrough(Position position) {
  dropped_through_ = std::max(dropped_through_, position);
  while (!chunks_.empty() && chunks_.front().back().position <= position) chunks_.pop_front();
}

void Ring::Insert(const wire::Record& record) {
  if (record.position <= dropped_through_) return;
  const auto found = FirstWithAfter(Position{record.position.value - 1});
  if (found == chunks_.end()) return Append(record);
  const auto index = static_cast<size_t>(found - chunks_.begin());
  Chunk& chunk = chunks_[index];
  auto at = std::upper_bound(chunk.begin(), chunk.end(), record.position, BeforeRecord);
  if (at != chunk.begin() && std::prev(at)->position == record.position) return;
  if (chunk.size() < kChunkRecords) {
    chunk.insert(at, record);
    return;
  }
  Chunk upper(chunk.begin() + kChunkRecords / 2, chunk.end());
  chunk.resize(kChunkRecords / 2);
  chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(index) + 1, std::move(upper));
  if (chunks_.size() > max_chunks_) {
    dropped_through_ = chunks_.front().back().position;
    chunks_.pop_front();
  }
  Insert(record);
}

std::deque<Ring::Chunk>::const_iterator Ring::FirstWithAfter(Position after) const {
  return std::partition_point(chunks_.begin(), chunks_.end(),
                              [&](const Chunk& chunk) { return chunk.back().position <= after; });
}

}  // namespace fantail::feed
