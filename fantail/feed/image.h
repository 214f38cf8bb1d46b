// The image: every topic at its last sequence. Kept by each node from the records it passes on, and
// by a gateway begun with the images it is sent.
//
// Thread: one owner.  Cost: Apply is a few stores, and for a trade some 128-bit arithmetic.
#ifndef FANTAIL_FEED_IMAGE_H_
#define FANTAIL_FEED_IMAGE_H_

#include <vector>

#include "fantail/base/ids.h"
#include "fantail/feed/feed_events.h"
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
  // REQUIRES: !full().
  void Add(const TopicImage& image) { images_.push_back(image); }
  bool full() const { return images_.size() >= kMostTopics; }
  bool empty() const { return images_.empty(); }
  // The message, cut at `at`. Empties the chunk; the views are valid until the next Take.
  wire::Image Take(Position at);

 private:
  // At most 3 ticks, a head and totals each: 224 bytes, which keeps a chunk below 64 KiB.
  static constexpr size_t kMostTopics = 280;

  std::vector<TopicImage> images_;
  std::vector<wire::TopicHead> heads_;
  std::vector<wire::Tick> ticks_;
  std::vector<wire::Totals> totals_;
};

// Calls `fn(const TopicImage&)` for each topic of an image message.
template <class Fn>
void ForEachImage(const wire::Image& message, Fn fn) {
  size_t tick = 0;
  size_t totals = 0;
  for (const wire::TopicHead& head : message.heads) {
    TopicImage image{.topic = head.topic, .sequence = head.sequence};
    for (; tick < message.ticks.size() && message.ticks[tick].topic == head.topic; ++tick) {
      const wire::Tick& t = message.ticks[tick];
      if (t.kind == wire::TickKind::kTrade) image.trade = t;
      if (t.kind == wire::TickKind::kQuote) image.quote = t;
      if (t.kind == wire::TickKind::kStatus) image.status = t;
    }
    if (totals < message.totals.size() && message.totals[totals].topic == head.topic) {
      image.totals = message.totals[totals++];
    }
    fn(image);
  }
}

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_IMAGE_H_
