#include "fantail/feed/group.h"

#include <algorithm>

#include "fantail/base/planted.h"
#include "fantail/feed/session.h"
#include "fantail/wire/encode.h"

namespace fantail::feed {
namespace {

// How often a shared stream begins anew at the most, and so how long who comes waits for it. What
// it costs the others: of each topic one whole tick and the id.
constexpr Nanos kBeginEvery = std::chrono::milliseconds(100);

}  // namespace

void Group::AddTopic(TopicId id, std::string_view name) {
  topics_.push_back(id);
  topic_texts_.Add(name);
}

void Group::AddVenue(VenueId id, std::string_view name) {
  venues_.push_back(id);
  venue_texts_.Add(name);
}

void Group::AddImage(const TopicImage& image, std::span<const wire::Tick> statuses,
                     MonotonicTime now) {
  if (!records_.empty()) SealRecords(records_.back().position, now);
  images_.Add(image, statuses);
  if (images_.full()) SealImages(now);
}

void Group::AddGap(const GapNotice& gap, MonotonicTime now) {
  std::vector<Pattern> mine = Clip(gap.patterns, interest_);
  if (mine.empty() || planted::On(planted::Bug::kGroupHidesGap)) return;
  Seal(through_, now);
  for (const wire::Message& message : EncodeGap({gap.from, gap.to, std::move(mine), gap.reason})) {
    Push({.plain = message}, now);
  }
}

void Group::Seal(Position head, MonotonicTime now) {
  if (HasNames()) SealNames(now);
  if (!images_.empty()) SealImages(now);
  if (!records_.empty()) SealRecords(std::max(head, records_.back().position), now);
}

void Group::SealNames(MonotonicTime now) {
  for (const wire::Message& message :
       EncodeNames(topics_, topic_texts_.list(), venues_, venue_texts_.list())) {
    Push({.plain = message}, now);
  }
  topics_.clear();
  topic_texts_.Clear();
  venues_.clear();
  venue_texts_.Clear();
}

void Group::SealImages(MonotonicTime now) {
  if (HasNames()) SealNames(now);
  Push({.plain = wire::Encode(images_.Take(through_))}, now);
}

void Group::SealRecords(Position through, MonotonicTime now) {
  if (HasNames()) SealNames(now);
  std::span<const wire::Record> left = records_;
  while (!left.empty()) {
    if (wire::IsPart(left.front().tick)) {
      SealPart(left.front(), left.size() == 1 ? through : left.front().position, now);
      left = left.subspan(1);
      continue;
    }
    const Form form = FormOfNext(now);
    most_ticks_ = form.plain ? wire::kMaxBatchTicks : wire::kMaxPackedBatchTicks;
    auto some = left.first(std::min(left.size(), most_ticks_));
    Entry entry{.begins = form.begins};
    if (form.packed) some = some.first(Pack(some, through, now, &entry));
    left = left.subspan(some.size());
    const Position reached = left.empty() ? through : some.back().position;
    if (form.plain) {
      entry.plain = wire::EncodeBatch(through_, reached, some, wire::Replay::kLive);
    }
    entry.ticks = static_cast<uint32_t>(some.size());
    sealed_ticks_ += some.size() * members.size();
    sealed_room_ += most_ticks_ * members.size();
    through_ = reached;
    Push(std::move(entry), now);
  }
  records_.clear();
}

void Group::SealPart(const wire::Record& part, Position through, MonotonicTime now) {
  Entry entry{.plain = wire::EncodeBatch(through_, through, {&part, 1}, wire::Replay::kLive,
                                         payloads_->Of(part.position)),
              .part = true,
              .ticks = 1};
  sealed_ticks_ += members.size();
  sealed_room_ += members.size();
  through_ = through;
  Push(std::move(entry), now);
}

// What the members take of the batch that is about to be sealed.
Group::Form Group::FormOfNext(MonotonicTime now) const {
  size_t sharing = 0;
  bool newcomers = false;
  for (const Session* member : members) {
    if (member->encoding != wire::Encoding::kShared) continue;
    ++sharing;
    newcomers |= !member->shares;
  }
  Form form;
  form.packed = sharing >= share_from_;
  form.begins = form.packed && newcomers && now - stream_began_ >= kBeginEvery;
  form.plain = !form.packed || sharing < members.size() || (newcomers && !form.begins);
  return form;
}

// Packs as many of the records as one message takes; `through` is where the last of all that wait
// leads. Returns how many.
size_t Group::Pack(std::span<const wire::Record> records, Position through, MonotonicTime now,
                   Entry* entry) {
  if (stream_ == nullptr) stream_ = std::make_unique<wire::PackedWriter>(wire::Through::kNothing);
  if (entry->begins) {
    stream_->Reset();
    stream_began_ = now;
  }
  const bool last = records.back().position == records_.back().position;
  return stream_->EncodeSome(through_, last ? through : records.back().position, records,
                             wire::Replay::kLive, &entry->packed);
}

void Group::Push(Entry entry, MonotonicTime now) {
  entry.through = through_;
  entry.sealed = now;
  entry.before = pushed_bytes_;
  pushed_bytes_ += entry.bytes();
  log_bytes_ += entry.bytes();
  log_.push_back(std::move(entry));
}

void Group::Trim() {
  uint64_t sent = log_end();
  for (const Session* member : members) sent = std::min(sent, member->next);
  for (; log_begin_ < sent; ++log_begin_) {
    log_bytes_ -= log_.front().bytes();
    log_.pop_front();
  }
}

}  // namespace fantail::feed
