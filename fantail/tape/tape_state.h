// What is known of a feed at one place of a tape: the names, the image and the position. A writer
// keeps it for its checkpoints, a reader to begin in the middle.
//
// Thread: one owner.  Cost: a few stores a record; some 250 bytes a topic.
#ifndef FANTAIL_TAPE_TAPE_STATE_H_
#define FANTAIL_TAPE_TAPE_STATE_H_

#include <map>
#include <optional>
#include <string>

#include "fantail/feed/feed_events.h"
#include "fantail/feed/image.h"
#include "fantail/feed/topics.h"

namespace fantail::tape {

class TapeState : public feed::FeedContent {
 public:
  Epoch epoch() const { return epoch_; }
  bool paced() const { return paced_; }
  const feed::Topics& topics() const { return topics_; }
  const std::map<VenueId, std::string>& venues() const { return venues_; }
  const feed::ImageTable& image() const { return image_; }
  Position through() const { return through_; }
  std::optional<Position> ended() const { return ended_; }

  // Everything of the epoch before is forgotten.
  void OnNewEpoch(Epoch epoch, bool paced) override;
  // Every block of a tape says its names again: most of them are known.
  void OnTopic(TopicId id, std::string_view name) override {
    if (!topics_.Has(id)) topics_.Add(id, name);
  }
  void OnVenue(VenueId id, std::string_view name) override { venues_.try_emplace(id, name); }
  void OnImage(const feed::TopicImage& image) override { image_.Replace(image); }
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override { through_ = std::max(through_, through); }
  // Of other topics those positions may still come.
  void OnGap(const feed::GapNotice& gap) override { (void)gap; }
  void OnEnd(Position at) override { ended_ = at; }

  // Gives all of it to `to`, as a checkpoint would: the epoch, the names, the images, the position.
  void Tell(feed::FeedContent* to) const;

 private:
  Epoch epoch_;
  bool paced_ = false;
  feed::Topics topics_;
  std::map<VenueId, std::string> venues_;
  feed::ImageTable image_;
  Position through_;
  std::optional<Position> ended_;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_TAPE_STATE_H_
