#include "fantail/feed/group.h"

#include <algorithm>

#include "fantail/base/planted.h"
#include "fantail/feed/session.h"
#include "fantail/wire/encode.h"

namespace fantail::feed {

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
    Push(message, 0, now);
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
    Push(message, 0, now);
  }
  topics_.clear();
  topic_texts_.Clear();
  venues_.clear();
  venue_texts_.Clear();
}

void Group::SealImages(MonotonicTime now) {
  if (HasNames()) SealNames(now);
  Push(wire::Encode(images_.Take(through_)), 0, now);
}

void Group::SealRecords(Position through, MonotonicTime now) {
  if (HasNames()) SealNames(now);
  wire::Message message = wire::EncodeBatch(through_, through, records_, wire::Replay::kLive);
  through_ = through;
  Push(std::move(message), static_cast<uint32_t>(records_.size()), now);
  records_.clear();
}

void Group::Push(wire::Message message, uint32_t ticks, MonotonicTime now) {
  log_bytes_ += message.size();
  log_.push_back({std::move(message), through_, ticks, now});
}

void Group::Trim() {
  uint64_t sent = log_end();
  for (const Session* member : members) sent = std::min(sent, member->next);
  for (; log_begin_ < sent; ++log_begin_) {
    log_bytes_ -= log_.front().message.size();
    log_.pop_front();
  }
}

}  // namespace fantail::feed
