#include "fantail/feed/packing.h"

#include <utility>

#include "fantail/base/check.h"
#include "fantail/feed/group.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/part.h"

namespace fantail::feed {
namespace {

bool IsBatch(const wire::Message& message) {
  return static_cast<wire::Kind>(message.bytes()[0]) == wire::Kind::kBatch;
}

// Objects are compressed already, or their owner would have done it.
bool IsPart(const wire::Batch& batch) {
  return batch.ticks.size() == 1 && wire::IsPart(batch.ticks.front());
}

}  // namespace

bool Packing::Takes(const wire::Message& plain) {
  if (IsBatch(plain)) return !IsPart(wire::ViewOwnBatch(plain.bytes()));
  return wire::PackedWriter::Takes(plain);
}

void Packing::Encode(const wire::Message& plain) {
  FANTAIL_CHECK(empty());
  if (!IsBatch(plain)) {
    encoded_.push_back({.message = writer_.Encode(plain)});
    return;
  }
  const wire::Batch batch = wire::ViewOwnBatch(plain.bytes());
  records_.clear();
  AddRecords(batch);
  EncodeBatch(batch.after, batch.through, batch.replay, std::nullopt);
}

uint64_t Packing::EncodeLog(const Group& group, uint64_t next) {
  FANTAIL_CHECK(empty());
  const Group::Entry& first = group.entry(next);
  if (!IsBatch(first.plain)) {
    encoded_.push_back({.message = writer_.Encode(first.plain), .sealed = first.sealed});
    return next + 1;
  }
  records_.clear();
  const Position after = wire::ViewOwnBatch(first.plain.bytes()).after;
  Position through = after;
  for (; next < group.log_end(); ++next) {
    const Group::Entry& entry = group.entry(next);
    if (!IsBatch(entry.plain)) break;
    const wire::Batch batch = wire::ViewOwnBatch(entry.plain.bytes());
    if (IsPart(batch)) break;
    const bool fits = records_.size() + batch.ticks.size() <= wire::kMaxPackedBatchTicks;
    if (batch.after != through || !fits) break;
    AddRecords(batch);
    through = batch.through;
  }
  EncodeBatch(after, through, wire::Replay::kLive, first.sealed);
  return next;
}

void Packing::AddRecords(const wire::Batch& batch) {
  for (size_t i = 0; i < batch.ticks.size(); ++i) {
    records_.push_back({batch.PositionAt(i), batch.ticks[i]});
  }
}

void Packing::EncodeBatch(Position after, Position through, wire::Replay replay,
                          std::optional<MonotonicTime> sealed) {
  messages_.clear();
  writer_.EncodeBatch(after, through, records_, replay, &messages_);
  for (wire::Message& message : messages_) {
    encoded_.push_back({.message = std::move(message), .sealed = sealed});
  }
  // Of several, the last: it completes them.
  encoded_.back().ticks = static_cast<uint32_t>(records_.size());
}

}  // namespace fantail::feed
