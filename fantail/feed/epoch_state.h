// All that a node knows of one epoch: names, image, ring, coverage, and the groups with what waits
// for their members. A new epoch is a new object; nothing of the old one can leak into it.
//
// Thread: one owner, the FeedServer.
#ifndef FANTAIL_FEED_EPOCH_STATE_H_
#define FANTAIL_FEED_EPOCH_STATE_H_

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "fantail/feed/archive.h"
#include "fantail/feed/coverage.h"
#include "fantail/feed/group.h"
#include "fantail/feed/image.h"
#include "fantail/feed/newest.h"
#include "fantail/feed/payloads.h"
#include "fantail/feed/ring.h"
#include "fantail/feed/status_log.h"
#include "fantail/feed/topics.h"

namespace fantail::feed {

class EpochState {
 public:
  // `share_from`: see Group.
  EpochState(Epoch epoch, bool paced, size_t ring_bytes, size_t share_from)
      : epoch_(epoch),
        paced_(paced),
        share_from_(share_from),
        ring_(ring_bytes),
        payloads_(ring_bytes) {}

  Epoch epoch() const { return epoch_; }
  bool paced() const { return paced_; }
  Position head() const { return head_; }
  std::optional<Position> ended() const { return ended_; }
  const Topics& topics() const { return topics_; }
  const ImageTable& image() const { return image_; }
  const Ring& ring() const { return ring_; }
  const Payloads& payloads() const { return payloads_; }
  // Where the object begins that the topic is at, if all of it is held here.
  std::optional<Objects::Begin> ObjectOf(TopicId id) const {
    const auto begin = objects_.BeginOf(id);
    return begin && begin->position > ring_.dropped_through() ? begin : std::nullopt;
  }
  const StatusLog& statuses() const { return statuses_; }
  // Where the topic last changed: what is complete through there has that.
  Position ChangedAt(TopicId id) const {
    return id.value < changed_.size() ? changed_[id.value] : Position{};
  }
  Archive* archive() const { return archive_; }
  // What has been told of the positions after this is held: in the ring, or in the archive.
  Position held_from() const {
    return archive_ == nullptr ? ring_.dropped_through()
                               : std::min(ring_.dropped_through(), archive_->begin());
  }
  Coverage& coverage() { return coverage_; }
  const Coverage& coverage() const { return coverage_; }
  // Every venue, as EncodeNames wants them.
  std::span<const VenueId> venue_ids() const { return venue_ids_; }
  wire::TextList venue_texts() const { return venue_texts_.list(); }

  // What comes from above, or from the sequencer. Each goes to the groups that it concerns.
  Topics::Added AddTopic(TopicId id, std::string_view name);
  void AddVenue(VenueId id, std::string_view name);
  // `statuses`: what status said in the records that the image stands for, by rising sequence.
  void AddImage(const TopicImage& image, std::span<const wire::Tick> statuses, MonotonicTime now);
  // Records above all before them go to the groups; older ones (topics whose splice is not through)
  // only into ring and image.
  void AddRecords(std::span<const wire::Record> records, MonotonicTime now);
  void AddPayload(Position of, std::span<const std::byte> bytes) {
    const Position dropped = payloads_.Add(of, bytes);
    if (dropped.value != 0) ring_.DropThrough(dropped);
  }
  // Of what the ring and the payloads hold; from now on they hold no more than that each.
  size_t held_bytes() const { return ring_.size_bytes() + payloads_.size_bytes(); }
  void Shrink(size_t most_bytes) {
    ring_.Shrink(most_bytes);
    const Position dropped = payloads_.Shrink(most_bytes);
    if (dropped.value != 0) ring_.DropThrough(dropped);
  }
  void AddOlder(std::span<const wire::Record> records);
  void AddGap(const GapNotice& gap, MonotonicTime now);
  // A publisher goes on with an epoch that it has begun before: what is told from here on comes
  // after `at`, and the images are what was known there.
  void BeginAt(Position at) {
    ring_.BeginAt(at);
    AdvanceHead(at);
  }
  // Not owned; null: there is none.
  void set_archive(Archive* archive) { archive_ = archive; }
  void AdvanceHead(Position through) { head_ = std::max(head_, through); }
  void End(Position at) { ended_ = at; }

  // Encodes what waits in every group.
  void SealGroups(MonotonicTime now);
  // The session becomes a member of the group of its interest, in step at head(). REQUIRES: the
  // groups are sealed, and the session is in none.
  void Join(Session* session);
  // The group that nobody is left in ends.
  void Leave(Session* session);

  // `newest` is told what happens to its topics until it is unwatched. Not owned. REQUIRES: it has
  // begun.
  void Watch(Newest* newest);
  void Unwatch(Newest* newest);
  // Tells `newest` of a gap of the node above that it has not been told of.
  void TellGap(const GapNotice& gap, Newest* newest) const;

  const std::map<std::string, std::unique_ptr<Group>>& groups() const { return groups_; }

 private:
  using Route = absl::InlinedVector<Group*, 4>;

  Route& RouteOf(TopicId id) {
    if (id.value >= routes_.size()) routes_.resize(id.value + 1);
    return routes_[id.value];
  }

  struct Watcher {
    Newest* newest;
    uint32_t index;
  };

  void Changed(TopicId id, Position at, MonotonicTime now) {
    if (id.value >= changed_.size()) changed_.resize(id.value + 1);
    changed_[id.value] = at;
    ForEachWatcher(id,
                   [&](const Watcher& watcher) { watcher.newest->OnChange(watcher.index, now); });
  }
  void AddStatus(const wire::Tick& tick, Position position, MonotonicTime now);
  template <class Fn>
  void ForEachWatcher(TopicId id, Fn fn) {
    if (id.value >= watchers_.size()) return;
    for (const Watcher& watcher : watchers_[id.value]) fn(watcher);
  }
  void AddWatcher(Newest* newest, size_t index);

  const Epoch epoch_;
  const bool paced_;
  const size_t share_from_;
  Position head_;
  Position newest_;  // of the records that have gone to the groups
  std::optional<Position> ended_;

  Topics topics_;
  std::vector<VenueId> venue_ids_;
  absl::flat_hash_map<VenueId, std::string> venues_;
  wire::TextListBuilder venue_texts_;
  ImageTable image_;
  Ring ring_;
  Payloads payloads_;
  Objects objects_;
  Archive* archive_ = nullptr;
  Coverage coverage_;

  std::map<std::string, std::unique_ptr<Group>> groups_;  // by Interest::Key
  std::vector<Route> routes_;                             // by topic: who wants it
  StatusLog statuses_;
  std::vector<Position> changed_;                          // by topic
  std::vector<Newest*> watching_;                          // in the order of their coming
  std::vector<absl::InlinedVector<Watcher, 1>> watchers_;  // by topic
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_EPOCH_STATE_H_
