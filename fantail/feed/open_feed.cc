#include "fantail/feed/open_feed.h"

#include <algorithm>
#include <utility>

#include "fantail/feed/interest.h"
#include "fantail/wire/open.h"

namespace fantail::feed {
namespace {

constexpr std::string_view kStateTopic("$fantail/state\0", 15);
constexpr std::string_view kGapTopic("$fantail/gap\0", 13);
// As often as a session proves that it is live.
constexpr Nanos kSayEvery = std::chrono::seconds(1);
// What a turn may gather: a megabyte of records.
constexpr size_t kMostWaiting = 16 * 1024;

void Set(std::vector<std::string>* names, size_t id, std::string name) {
  if (names->size() <= id) names->resize(id + 1);
  (*names)[id] = std::move(name);
}

}  // namespace

void OpenFeed::EndTurn(const FeedState& state, bool replay) {
  Flush();
  const bool news = std::exchange(replay_, replay) != replay;
  if (news || !said_at_ || now_ - *said_at_ >= kSayEvery) SendState(state);
}

void OpenFeed::Close(std::string_view why) {
  Flush();
  SendState({.state = State::kStale, .cause = std::string(why), .hop = {}, .hops = {}});
}

void OpenFeed::OnNewEpoch(Epoch epoch, bool paced) {
  (void)paced;
  Flush();
  epoch_ = epoch;
  topics_.clear();
  venues_.clear();
}

void OpenFeed::OnTopic(TopicId id, std::string_view name) {
  const bool reserved = name.starts_with(kOpenPrefix);
  Set(&topics_, id.value, reserved ? std::string() : std::string(name) + '\0');
}

void OpenFeed::OnVenue(VenueId id, std::string_view name) {
  Set(&venues_, id.value, std::string(name));
}

void OpenFeed::OnRecords(std::span<const wire::Record> records) {
  waiting_.insert(waiting_.end(), records.begin(), records.end());
  if (waiting_.size() >= kMostWaiting) Flush();
}

// What status said is never merged into a newer value. Where it stood in the feed is not known.
void OpenFeed::OnUpdate(const ImageUpdate& update) {
  for (const wire::Tick& tick : update.statuses) waiting_.push_back({Position{}, tick});
}

void OpenFeed::OnGap(const GapNotice& gap) {
  Flush();
  ++counters_.gaps;
  std::vector<std::string> patterns;
  for (const Pattern& pattern : gap.patterns) patterns.push_back(pattern.text());
  for (size_t at = 0; at == 0 || at < patterns.size(); at += wire::kMaxOpenPatterns) {
    const size_t count = std::min(wire::kMaxOpenPatterns, patterns.size() - at);
    Send(kGapTopic, wire::EncodeOpenGap({.epoch = epoch_,
                                         .from = gap.from,
                                         .to = gap.to,
                                         .patterns = std::span(patterns).subspan(at, count),
                                         .reason = GapReasonName(gap.reason)}));
  }
}

void OpenFeed::OnHave(const HaveNotice& have) {
  if (have.refused.empty()) return;
  refusal_ = DescribePatterns(have.refused) + ": " + have.reason;
}

void OpenFeed::OnState(const FeedState& state) {
  Flush();
  SendState(state);
}

void OpenFeed::Flush() {
  const auto by_topic = [](const wire::Record& a, const wire::Record& b) {
    return a.tick.topic < b.tick.topic;
  };
  std::stable_sort(waiting_.begin(), waiting_.end(), by_topic);
  for (std::span<const wire::Record> rest(waiting_); !rest.empty();) {
    const auto end = std::upper_bound(rest.begin(), rest.end(), rest.front(), by_topic);
    const auto count = static_cast<size_t>(end - rest.begin());
    FlushTopic(rest.first(count));
    rest = rest.subspan(count);
  }
  waiting_.clear();
}

void OpenFeed::FlushTopic(std::span<const wire::Record> records) {
  const size_t id = records.front().tick.topic.value;
  if (id >= topics_.size() || topics_[id].empty()) {
    counters_.reserved += records.size();
    return;
  }
  const std::string_view topic = topics_[id];
  counters_.records += records.size();
  while (!records.empty()) {
    const size_t count = std::min(records.size(), wire::kMaxOpenRecords);
    Send(topic, wire::EncodeOpenBatch(topic.substr(0, topic.size() - 1), epoch_,
                                      records.first(count), venues_));
    records = records.subspan(count);
  }
}

void OpenFeed::SendState(const FeedState& state) {
  if (state.state == State::kLive) proved_at_ = now_ - state.age;
  said_at_ = now_;
  Send(kStateTopic, wire::EncodeOpenState({.state = StateName(state.state),
                                           .cause = state.cause,
                                           .hop = state.hop,
                                           .age = proved_at_ ? now_ - *proved_at_ : Nanos{0},
                                           .feed = feed_,
                                           .epoch = epoch_,
                                           .replay = replay_}));
}

void OpenFeed::Send(std::string_view topic, const wire::Message& message) {
  ++counters_.messages;
  counters_.bytes += message.size();
  sink_->Publish(topic, message);
}

}  // namespace fantail::feed
