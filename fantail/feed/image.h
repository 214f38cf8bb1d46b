// The image: every topic at its last sequence. Kept by each node from the records it passes on, and
// by a gateway begun with the images it is sent.
//
// Thread: one owner.  Cost: Apply is a few stores, and for a trade some 128-bit arithmetic.
#ifndef FANTAIL_FEED_IMAGE_H_
#define FANTAIL_FEED_IMAGE_H_

#include <span>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/feed/feed_events.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/messages.h"
#include "fantail/wire/tick.h"

namespace fantail::feed {

// Takes a record into `image`: the newest tick of its kind, and the totals.
void ApplyTick(const wire::Tick& tick, TopicImage* image);

class ImageTable {
 public:
  void Apply(const wire::Tick& tick) { ApplyTick(tick, &At(tick.topic)); }
  void Replace(const TopicImage& image) { At(image.topic) = image; }

  // nullptr if nothing is known of the topic.
  const TopicImage* Find(TopicId id) const {
    if (id.value >= images_.size() || images_[id.value].sequence.value == 0) return nullptr;
    return &images_[id.value];
  }
  Sequence LastSequence(TopicId id) const {
    return id.value < images_.size() ? images_[id.value].sequence : Sequence{};
  }

 private:
  TopicImage& At(TopicId id) {
    if (id.value >= images_.size()) images_.resize(id.value + 1);
    return images_[id.value];
  }

  std::vector<TopicImage> images_;
};

// Collects images into one image message, as many as fit.
class ImageChunk {
 public:
  static constexpr size_t kMostStatuses = 256;
  // Of one topic, at most: a head, 3 ticks, and totals; the statuses come besides.
  static constexpr size_t kImageBytes = 224;

  // `statuses`: what status said in the records that the image stands for, by rising sequence.
  // REQUIRES: !full(), at most kMostStatuses.
  void Add(const TopicImage& image, std::span<const wire::Tick> statuses = {}) {
    images_.push_back({image, statuses_.size(), statuses.size()});
    statuses_.insert(statuses_.end(), statuses.begin(), statuses.end());
  }
  bool full() const { return size_bytes() > kMostBytes; }
  bool empty() const { return images_.empty(); }
  // The message, cut at `at`. Empties the chunk; the views are valid until the next Take.
  wire::Image Take(Position at);

 private:
  static constexpr size_t kMostBytes =
      wire::kMaxMessageBytes - 512 - kImageBytes - kMostStatuses * sizeof(wire::Tick);

  struct Item {
    TopicImage image;
    size_t first;  // of its statuses
    size_t count;
  };

  size_t size_bytes() const {
    return images_.size() * kImageBytes + statuses_.size() * sizeof(wire::Tick);
  }

  std::vector<Item> images_;
  std::vector<wire::Tick> statuses_;
  std::vector<wire::Tick> earlier_;
  std::vector<wire::TopicHead> heads_;
  std::vector<wire::Tick> ticks_;
  std::vector<wire::Totals> totals_;
};

// Of `statuses`, by rising sequence, those with a higher one than `after`.
inline std::span<const wire::Tick> StatusesAfter(std::span<const wire::Tick> statuses,
                                                 Sequence after) {
  while (!statuses.empty() && statuses.front().sequence <= after) statuses = statuses.subspan(1);
  return statuses;
}

// Calls `fn(const TopicImage&, std::span<const Tick> statuses)` for each topic of an image message.
template <class Fn>
void ForEachImage(const wire::Image& message, Fn fn) {
  std::vector<wire::Tick> statuses;
  size_t tick = 0;
  size_t totals = 0;
  for (const wire::TopicHead& head : message.heads) {
    TopicImage image{.topic = head.topic, .sequence = head.sequence};
    statuses.clear();
    for (; tick < message.ticks.size() && message.ticks[tick].topic == head.topic; ++tick) {
      const wire::Tick& t = message.ticks[tick];
      if (t.kind == wire::TickKind::kTrade) image.trade = t;
      if (t.kind == wire::TickKind::kQuote) image.quote = t;
      if (t.kind == wire::TickKind::kStatus) statuses.push_back(image.status = t);
    }
    if (totals < message.totals.size() && message.totals[totals].topic == head.topic) {
      image.totals = message.totals[totals++];
    }
    fn(image, std::span<const wire::Tick>(statuses));
  }
}

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_IMAGE_H_
