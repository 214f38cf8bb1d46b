#include "fantail/feed/newest.h"

#include <algorithm>
#include <map>
#include <utility>

#include "fantail/base/planted.h"
#include "fantail/feed/digest.h"
#include "fantail/feed/epoch_state.h"
#include "fantail/feed/session.h"
#include "fantail/wire/encode.h"

namespace fantail::feed {

void Newest::Begin(const EpochState& state, const Start& start, MonotonicTime since) {
  const Newest* const before = start.before;
  std::vector<uint32_t> index_before;  // by topic id, from 1
  if (before != nullptr) {
    index_before.resize(state.topics().bound());
    for (size_t i = 0; i < before->topics_.size(); ++i) {
      index_before[before->topics_[i].id.value] = static_cast<uint32_t>(i + 1);
    }
  }
  std::vector<uint32_t> index_now(index_before.size());
  for (const Pattern& pattern : interest_.patterns()) {
    state.topics().ForEachMatch(pattern, [&](TopicId id) {
      const auto index = static_cast<uint32_t>(topics_.size());
      const uint32_t was = before == nullptr ? 0 : index_before[id.value];
      const bool behind = !start.behind.empty() && start.behind.Matches(state.topics().Name(id));
      Topic topic{.id = id, .cut = behind ? start.has : state.head()};
      if (was != 0) {
        topic = before->topics_[was - 1];
        index_now[id.value] = index;
      } else if (!behind || state.ChangedAt(id) <= start.has) {
        topic.sent = state.image().LastSequence(id);
        topic.knows_sent = true;
      }
      topic.stage = Stage::kIdle;
      if (topic.lost_to > topic.cut) ++owed_;
      if (topic.knows_sent) {
        digest_ += DigestFactor(state.topics().Name(id)) * topic.sent.value;
      } else {
        ++unknown_;
      }
      topics_.push_back(topic);
      if (was == 0 && !topic.knows_sent) MakeReady(index, since);
    });
  }
  if (before == nullptr) return;
  const auto take_over = [&](const std::deque<Turn>& from, Stage stage, std::deque<Turn>* to) {
    for (const Turn& turn : from) {
      const TopicId id = before->topics_[turn.index].id;
      const Stage was = before->StageOf(turn);
      const bool stands = was == stage || (was == Stage::kOwed && stage == Stage::kReady);
      if (!stands || !interest_.Matches(state.topics().Name(id))) continue;
      topics_[index_now[id.value]].stage = was;
      to->push_back({index_now[id.value], turn.at});
    }
  };
  take_over(before->ready_, Stage::kReady, &ready_);
  take_over(before->cooling_, Stage::kCooling, &cooling_);
  new_topics_ = before->new_topics_;
  topic_texts_ = before->topic_texts_;
  new_venues_ = before->new_venues_;
  venue_texts_ = before->venue_texts_;
  gaps_ = before->gaps_;
}

void Newest::AddTopic(TopicId id, std::string_view name, Position born) {
  topics_.push_back({.id = id, .cut = born, .knows_sent = true});
  new_topics_.push_back(id);
  topic_texts_.Add(name);
}

void Newest::AddVenue(VenueId id, std::string_view name) {
  new_venues_.push_back(id);
  venue_texts_.Add(name);
}

bool Newest::IsComplete(const EpochState& state) const {
  return !WaitsSince() && gaps_.empty() && new_topics_.empty() && new_venues_.empty() &&
         owed_ == 0 && std::none_of(cooling_.begin(), cooling_.end(), [&](const Turn& turn) {
           const Topic& topic = topics_[turn.index];
           return topic.stage == Stage::kCooling &&
                  state.image().LastSequence(topic.id) != topic.sent;
         });
}

std::optional<uint64_t> Newest::Digest() const {
  if (unknown_ != 0) return std::nullopt;
  return digest_;
}

void Newest::Take(const EpochState& state, size_t room, MonotonicTime now,
                  std::deque<wire::Message>* messages) {
  Cool(state, now);
  ForgetOwed(state, now);
  TakeNames(messages);
  for (const GapNotice& gap : std::exchange(gaps_, {})) {
    for (wire::Message& message : EncodeGap(gap)) messages->push_back(std::move(message));
  }
  std::vector<Turn> owed;
  while (!ready_.empty() && room >= ImageChunk::kImageBytes) {
    for (; !ready_.empty() && !chunk_.full() && room >= ImageChunk::kImageBytes;
         room -= ImageChunk::kImageBytes) {
      const Turn turn = ready_.front();
      ready_.pop_front();
      if (StageOf(turn) == Stage::kReady) TakeImage(state, turn.index, now);
      if (StageOf(turn) == Stage::kOwed) owed.push_back(turn);
    }
    TellMerged(messages);
    if (!chunk_.empty()) messages->push_back(wire::Encode(chunk_.Take(state.head())));
  }
  ready_.insert(ready_.begin(), owed.begin(), owed.end());
}

void Newest::TakeAll(const EpochState& state, MonotonicTime now,
                     std::deque<wire::Message>* messages) {
  Cool(state, MonotonicTime::max());
  Take(state, SIZE_MAX, now, messages);
}

void Newest::Cool(const EpochState& state, MonotonicTime now) {
  while (!cooling_.empty() && cooling_.front().at <= now) {
    const Turn turn = cooling_.front();
    cooling_.pop_front();
    Topic& topic = topics_[turn.index];
    if (topic.stage != Stage::kCooling) continue;
    topic.stage = Stage::kIdle;
    if (planted::On(planted::Bug::kForgetCooled)) continue;
    if (state.image().LastSequence(topic.id) != topic.sent) MakeReady(turn.index, turn.at);
  }
}

// Where the node above says that all has come through the gap, an image that has not will not.
void Newest::ForgetOwed(const EpochState& state, MonotonicTime now) {
  if (owed_ == 0 || owed_at_ == state.head()) return;
  owed_at_ = state.head();
  for (uint32_t i = 0; i < topics_.size(); ++i) {
    Topic& topic = topics_[i];
    if (topic.lost_to <= topic.cut || topic.lost_to > state.head()) continue;
    if (topic.stage != Stage::kIdle && topic.stage != Stage::kOwed) continue;
    if (topic.knows_sent && state.image().LastSequence(topic.id) == topic.sent) {
      topic.stage = Stage::kIdle;
      topic.lost_to = Position{};
      --owed_;
    } else {
      OnChange(i, now);
    }
  }
}

void Newest::TakeNames(std::deque<wire::Message>* messages) {
  if (new_topics_.empty() && new_venues_.empty()) return;
  for (wire::Message& message :
       EncodeNames(new_topics_, topic_texts_.list(), new_venues_, venue_texts_.list())) {
    messages->push_back(std::move(message));
  }
  new_topics_.clear();
  topic_texts_.Clear();
  new_venues_.clear();
  venue_texts_.Clear();
}

void Newest::TakeImage(const EpochState& state, uint32_t index, MonotonicTime now) {
  Topic& topic = topics_[index];
  topic.stage = Stage::kIdle;
  const TopicImage* image = state.image().Find(topic.id);
  if (image == nullptr) return;
  statuses_.clear();
  const Position dropped = state.statuses().ForEach(topic.id, [&](const StatusLog::Status& status) {
    const bool news =
        topic.knows_sent ? status.tick.sequence > topic.sent : status.position > topic.cut;
    if (news && !planted::On(planted::Bug::kMergeStatus)) statuses_.push_back(status.tick);
  });
  const std::string_view name = state.topics().Name(topic.id);
  const Position to = std::max(state.head(), topic.lost_to);
  const bool owed = topic.lost_to > topic.cut;
  if (!asked()) {
    // What it lacks for either reason will not come.
    merged_.push_back({{topic.cut, to, GapReason::kTooSlow}, name});
  } else {
    if (owed) merged_.push_back({{topic.lost_from, topic.lost_to, GapReason::kUpstream}, name});
    if (dropped > topic.cut) merged_.push_back({{topic.cut, dropped, GapReason::kNotHeld}, name});
  }
  if (owed) --owed_;
  SetSent(name, image->sequence, &topic);
  topic.cut = to;
  chunk_.Add(*image, statuses_);
  if (!interval_ || *interval_ <= Nanos{0}) return;
  topic.stage = Stage::kCooling;
  cooling_.push_back({index, now + *interval_});
}

void Newest::TellMerged(std::deque<wire::Message>* messages) {
  std::map<Gap, std::vector<Pattern>> gaps;
  for (const auto& [gap, topic] : std::exchange(merged_, {})) {
    if (gap.from < gap.to) gaps[gap].emplace_back(topic);
  }
  for (auto& [gap, topics] : gaps) {
    const bool silent = gap.reason == GapReason::kTooSlow;
    if (silent && planted::On(planted::Bug::kFallBehindSilently)) continue;
    for (wire::Message& message : EncodeGap({gap.from, gap.to, std::move(topics), gap.reason})) {
      messages->push_back(std::move(message));
    }
  }
}

void Newest::SetSent(std::string_view name, Sequence sequence, Topic* topic) {
  const uint64_t before = topic->knows_sent ? topic->sent.value : 0;
  digest_ += DigestFactor(name) * (uint64_t{sequence.value} - before);
  if (!topic->knows_sent) --unknown_;
  topic->knows_sent = true;
  topic->sent = sequence;
}

}  // namespace fantail::feed
