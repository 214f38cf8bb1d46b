// Conflation: a session that asked for it, or whose link carries less than the feed brings, gets
// the newest of each topic instead of every record. A topic that changes again before its turn has
// come stands for more, and its image brings the totals along: so nothing is queued, and what the
// images add up to stays exact. Status is never merged: an image brings along all that it said.
//
// A topic is idle, or ready to be sent since it changed, or cooling: sent less than an interval
// ago.
// Whoever has waited longest goes first, so that a slow link shows every topic alike.
//
// To a session that wants every record, what is merged is told by a gap before the images. One that
// asked for this knows.
//
// Thread: one owner, the Session.  Cost: a change of a topic is a look at one byte; an image some
// 100 ns and at most 230 bytes.  Limits: 64 bytes a topic, however slow the session is.
#ifndef FANTAIL_FEED_NEWEST_H_
#define FANTAIL_FEED_NEWEST_H_

#include <algorithm>
#include <compare>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/image.h"
#include "fantail/feed/interest.h"
#include "fantail/wire/message.h"
#include "fantail/wire/messages.h"

namespace fantail::feed {

class EpochState;

class Newest {
 public:
  // `interval`: the session asked for it, and gets no topic more often, unless status says
  // something. Nothing: it is too slow.
  Newest(Interest interest, std::optional<Nanos> interval)
      : interest_(std::move(interest)), interval_(interval) {}

  bool asked() const { return interval_.has_value(); }

  // What a session has when it begins: all of the interest through the head; but of `behind` only
  // through `has`, and of what was in `before`, if there was one, what that has taken.
  struct Start {
    Interest behind;
    Position has;
    const Newest* before = nullptr;
  };
  // `since`: when the oldest came that it does not have.
  void Begin(const EpochState& state, const Start& start, MonotonicTime since);

  // What happens in the epoch. `index` is a topic's, of topic_count().
  void OnChange(uint32_t index, MonotonicTime now) {
    Stage& stage = topics_[index].stage;
    if (stage == Stage::kOwed) stage = Stage::kReady;
    if (stage == Stage::kIdle) MakeReady(index, now);
  }
  // A trading halt does not wait until its topic has cooled.
  void OnStatus(uint32_t index, MonotonicTime now) {
    if (topics_[index].stage == Stage::kCooling) topics_[index].stage = Stage::kIdle;
    OnChange(index, now);
  }
  void AddTopic(TopicId id, std::string_view name, Position born);
  void AddVenue(VenueId id, std::string_view name);
  // Positions (from, to] of the topic are missing at the node above: what is here of it is old
  // until its image comes.
  void OnGap(uint32_t index, Position from, Position to) {
    Topic& topic = topics_[index];
    topic.stage =
        topic.stage == Stage::kReady || topic.stage == Stage::kOwed ? Stage::kOwed : Stage::kIdle;
    if (topic.lost_to <= topic.cut) {
      topic.lost_from = from;
      ++owed_;
    }
    topic.lost_to = std::max(topic.lost_to, to);
    if (topic.lost_to <= topic.cut) --owed_;
  }

  // Likewise, of topics that have no name yet.
  void AddGap(GapNotice gap) { gaps_.push_back(std::move(gap)); }

  const Interest& interest() const { return interest_; }
  size_t topic_count() const { return topics_.size(); }
  TopicId topic(size_t index) const { return topics_[index].id; }

  // Appends the names of what was born, which nothing may come before.
  void TakeNames(std::deque<wire::Message>* messages);
  // Lets cool what has cooled.
  void Cool(const EpochState& state, MonotonicTime now);
  // Appends what the session is to get now, about `room` bytes of it; the rest another time.
  void Take(const EpochState& state, size_t room, MonotonicTime now,
            std::deque<wire::Message>* messages);
  // Appends all through the head, whether it has cooled or not.
  void TakeAll(const EpochState& state, MonotonicTime now, std::deque<wire::Message>* messages);
  // Since when the first that is ready has waited.
  std::optional<MonotonicTime> WaitsSince() const {
    for (const Turn& turn : ready_) {
      if (StageOf(turn) == Stage::kReady || StageOf(turn) == Stage::kOwed) return turn.at;
    }
    return std::nullopt;
  }
  // Whether all through the head has been taken.
  bool IsComplete(const EpochState& state) const;
  // Of all that has been taken, as a proof says it; nothing while it is not known.
  std::optional<uint64_t> Digest() const;

 private:
  enum class Stage : uint8_t {
    kIdle,
    kReady,
    kOwed,  // ready, and what is here of it is old until its image comes
    kCooling
  };
  struct Topic {
    TopicId id;
    // What the session has of it: records through `cut`, the newest of which is `sent`.
    Position cut;
    Sequence sent;
    // Beyond that, the node above lacks this, if anything.
    Position lost_from;
    Position lost_to;
    bool knows_sent = false;
    Stage stage = Stage::kIdle;
  };
  struct Turn {
    uint32_t index;
    MonotonicTime at;  // ready since, or cooling until
  };

  Stage StageOf(const Turn& turn) const { return topics_[turn.index].stage; }
  void MakeReady(uint32_t index, MonotonicTime now) {
    topics_[index].stage = Stage::kReady;
    ready_.push_back({index, now});
  }
  void ForgetOwed(const EpochState& state, MonotonicTime now);
  void TakeImage(const EpochState& state, uint32_t index, MonotonicTime now);
  void TellMerged(std::deque<wire::Message>* messages);
  void SetSent(std::string_view name, Sequence sequence, Topic* topic);

  Interest interest_;
  std::optional<Nanos> interval_;
  std::vector<Topic> topics_;
  // Who has waited longest first, and who has cooled first. Void if the topic's stage is another.
  std::deque<Turn> ready_;
  std::deque<Turn> cooling_;
  uint64_t digest_ = 0;  // of those whose `sent` is known
  size_t unknown_ = 0;   // how many are not
  Position owed_at_;     // the head when those were last looked at
  size_t owed_ = 0;      // of how many the node above lacks something that is not told

  // To be told before anything else.
  std::vector<TopicId> new_topics_;
  wire::TextListBuilder topic_texts_;
  std::vector<VenueId> new_venues_;
  wire::TextListBuilder venue_texts_;
  std::vector<GapNotice> gaps_;

  // Scratch.
  ImageChunk chunk_;
  std::vector<wire::Tick> statuses_;
  struct Gap {
    Position from;
    Position to;
    GapReason reason;
    auto operator<=>(const Gap&) const = default;
  };
  std::vector<std::pair<Gap, std::string_view>> merged_;  // with the topic
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_NEWEST_H_
