#include "fantail/source/sequencer.h"

#include <limits>

#include "fantail/wire/limits.h"

namespace fantail::source {

void Sequencer::Resume(TopicId id, std::string_view name, Sequence last) {
  topics_.emplace(name, Topic{id, last});
}

const char* Sequencer::Add(const text::Row& row) {
  auto topic = topics_.find(row.symbol);
  if (topic == topics_.end()) {
    if (topics_.size() == wire::kMaxTopics) return "the epoch has no room for another topic";
    const TopicId id{static_cast<uint32_t>(topics_.size())};
    topic = topics_.emplace(row.symbol, Topic{id, {}}).first;
    sink_->OnTopic(id, row.symbol);
  }
  if (topic->second.last.value == std::numeric_limits<uint32_t>::max()) {
    return "the topic has used up the sequences of this epoch; restart the publisher";
  }
  VenueId venue_id;
  if (!row.venue.empty()) {
    auto venue = venues_.find(row.venue);
    if (venue == venues_.end()) {
      if (venues_.size() == std::numeric_limits<uint16_t>::max()) {
        return "the epoch has no room for another venue";
      }
      const VenueId id{static_cast<uint16_t>(venues_.size() + 1)};
      venue = venues_.emplace(row.venue, id).first;
      sink_->OnVenue(id, row.venue);
    }
    venue_id = venue->second;
  }
  wire::Record record{++head_, row.tick};
  record.tick.topic = topic->second.id;
  record.tick.sequence = ++topic->second.last;
  record.tick.venue = venue_id;
  if (!row.payload.empty()) sink_->OnPayload(record.position, row.payload);
  records_.push_back(record);
  if (records_.size() == wire::kMaxBatchTicks) Flush();
  return nullptr;
}

void Sequencer::Flush() {
  if (records_.empty()) return;
  sink_->OnRecords(records_);
  records_.clear();
}

}  // namespace fantail::source
