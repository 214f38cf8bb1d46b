#include "fantail/tape/tape_state.h"

namespace fantail::tape {

void TapeState::OnNewEpoch(Epoch epoch, bool paced) {
  epoch_ = epoch;
  paced_ = paced;
  topics_ = {};
  venues_.clear();
  image_ = {};
  through_ = {};
  ended_.reset();
}

void TapeState::OnRecords(std::span<const wire::Record> records) {
  for (const wire::Record& record : records) {
    if (record.tick.sequence > image_.LastSequence(record.tick.topic)) image_.Apply(record.tick);
    OnThrough(record.position);
  }
}

void TapeState::Tell(feed::FeedContent* to) const {
  to->OnNewEpoch(epoch_, paced_);
  for (const auto& [name, id] : topics_.by_name()) to->OnTopic(id, name);
  for (const auto& [id, name] : venues_) to->OnVenue(id, name);
  for (const auto& [name, id] : topics_.by_name()) {
    if (const feed::TopicImage* image = image_.Find(id)) to->OnImage(*image);
  }
  to->OnThrough(through_);
  if (ended_) to->OnEnd(*ended_);
}

}  // namespace fantail::tape
