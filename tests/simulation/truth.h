// What a publisher really published in one epoch: every record in order, and the image after each.
// The desks of a simulated world are checked against it.
//
// Thread: one owner.
#ifndef FANTAIL_TESTS_SIMULATION_TRUTH_H_
#define FANTAIL_TESTS_SIMULATION_TRUTH_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/image.h"
#include "fantail/wire/part.h"

namespace fantail::simulation {

// Ticks and images are kept without topic and venue ids: these are a node's own.
inline wire::Tick Plain(wire::Tick tick) {
  tick.topic = TopicId{};
  tick.venue = VenueId{};
  return tick;
}
inline feed::TopicImage Plain(feed::TopicImage image) {
  image.topic = TopicId{};
  image.totals.topic = TopicId{};
  for (wire::Tick* tick : {&image.trade, &image.quote, &image.status}) *tick = Plain(*tick);
  return image;
}

// What the part of a topic carries at that sequence, in a feed of objects; nothing at times.
inline std::string PayloadOf(std::string_view topic, uint32_t sequence) {
  std::string bytes;
  for (uint32_t n = sequence % 7; n > 0; --n) bytes.append(topic).append(std::to_string(sequence));
  return bytes;
}

struct TruthTopic {
  std::string name;
  // By sequence - 1.
  std::vector<wire::Tick> ticks;
  std::vector<feed::TopicImage> images;
  std::vector<Position> positions;
  std::vector<std::string_view> venues;

  // The sequence of its newest record at or before `position`.
  uint32_t SequenceAt(Position position) const {
    return static_cast<uint32_t>(std::upper_bound(positions.begin(), positions.end(), position) -
                                 positions.begin());
  }
};

class Truth {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Place {
    uint32_t topic;
    uint32_t sequence;
  };

  explicit Truth(Epoch epoch) : epoch_(epoch) {}

  Epoch epoch() const { return epoch_; }
  Position head() const { return Position{records_.size()}; }
  const std::vector<TruthTopic>& topics() const { return topics_; }
  // By position - 1.
  const std::vector<Place>& records() const { return records_; }

  // The index of a topic, or kNone.
  uint32_t Find(std::string_view name) const {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? kNone : it->second;
  }

  // The next record; `tick.sequence` is set here.
  void Add(const std::string& name, std::string_view venue, wire::Tick tick) {
    const auto [it, added] = by_name_.try_emplace(name, static_cast<uint32_t>(topics_.size()));
    if (added) topics_.emplace_back().name = name;
    TruthTopic& topic = topics_[it->second];
    tick.sequence = Sequence{static_cast<uint32_t>(topic.ticks.size() + 1)};
    feed::TopicImage image = topic.images.empty() ? feed::TopicImage{} : topic.images.back();
    feed::ApplyTick(tick, &image);
    topic.ticks.push_back(tick);
    topic.images.push_back(Plain(image));
    records_.push_back({it->second, tick.sequence.value});
    topic.positions.push_back(head());
    topic.venues.push_back(venue);
  }

 private:
  const Epoch epoch_;
  std::map<std::string, uint32_t, std::less<>> by_name_;
  std::vector<TruthTopic> topics_;
  std::vector<Place> records_;
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_TRUTH_H_
