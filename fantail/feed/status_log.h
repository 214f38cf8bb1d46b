// What status has said of each topic lately: conflation never merges that.
//
// Thread: one owner, the EpochState.  Limits: the newest 256 of a topic.
#ifndef FANTAIL_FEED_STATUS_LOG_H_
#define FANTAIL_FEED_STATUS_LOG_H_

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fantail/base/ids.h"
#include "fantail/feed/image.h"
#include "fantail/wire/tick.h"

namespace fantail::feed {

class StatusLog {
 public:
  struct Status {
    wire::Tick tick;
    Position position;  // not above this
  };

  // One that is here already is ignored.
  void Add(const wire::Tick& tick, Position position) {
    std::vector<Status>& all = by_topic_[tick.topic].statuses;
    const auto at = std::lower_bound(all.begin(), all.end(), tick.sequence, Before);
    if (at != all.end() && at->tick.sequence == tick.sequence) return;
    all.insert(at, {tick, position});
    if (all.size() <= ImageChunk::kMostStatuses) return;
    by_topic_[tick.topic].dropped_through = all.front().position;
    all.erase(all.begin());
  }

  // Calls `fn(const Status&)` for all that is here of a topic, by rising sequence. Returns up to
  // which position some may have been dropped.
  template <class Fn>
  Position ForEach(TopicId topic, Fn fn) const {
    const auto it = by_topic_.find(topic);
    if (it == by_topic_.end()) return {};
    for (const Status& status : it->second.statuses) fn(status);
    return it->second.dropped_through;
  }

 private:
  struct Topic {
    std::vector<Status> statuses;  // by rising sequence
    Position dropped_through;
  };

  static bool Before(const Status& status, Sequence sequence) {
    return status.tick.sequence < sequence;
  }

  absl::flat_hash_map<TopicId, Topic> by_topic_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_STATUS_LOG_H_
