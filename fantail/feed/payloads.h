// What the parts in a node's ring carry, by position, bounded in bytes; and where the newest object
// of each topic begins.
//
// Thread: one owner, the EpochState.  Cost: a copy of the bytes, and a look-up in a tree.
// Limits: `max_bytes`, or kLeastBytes; the oldest go first.
#ifndef FANTAIL_FEED_PAYLOADS_H_
#define FANTAIL_FEED_PAYLOADS_H_

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/wire/part.h"

namespace fantail::feed {

class Payloads {
 public:
  // More than a turn of a node takes in: what has just come is not lost before it is passed on.
  static constexpr size_t kLeastBytes = size_t{32} << 20;

  explicit Payloads(size_t max_bytes) : max_bytes_(std::max(max_bytes, kLeastBytes)) {}

  // Returns up to where payloads had to be dropped for it; 0: none.
  Position Add(Position of, std::span<const std::byte> bytes) {
    const auto [at, added] = by_position_.try_emplace(of);
    if (!added) return {};
    at->second.assign(bytes.begin(), bytes.end());
    bytes_ += bytes.size();
    return DropBeyond();
  }
  // Holds no more than that from now on; returns as Add.
  Position Shrink(size_t max_bytes) {
    max_bytes_ = std::max(max_bytes, kLeastBytes);
    return DropBeyond();
  }
  // Empty if there is none.
  std::span<const std::byte> Of(Position position) const {
    const auto at = by_position_.find(position);
    return at == by_position_.end() ? std::span<const std::byte>() : at->second;
  }
  size_t size_bytes() const { return bytes_; }

 private:
  Position DropBeyond() {
    Position dropped;
    while (bytes_ > max_bytes_) {
      dropped = by_position_.begin()->first;
      bytes_ -= by_position_.begin()->second.size();
      by_position_.erase(by_position_.begin());
    }
    return dropped;
  }

  size_t max_bytes_;
  std::map<Position, std::vector<std::byte>> by_position_;
  size_t bytes_ = 0;
};

// Where the object that each topic is at begins: what a session gets that is new to the topic.
class Objects {
 public:
  struct Begin {
    Position position;  // of its first part
    Sequence sequence;
  };

  // `follows`: whether the part is the next of its topic.
  void Take(const wire::Record& record, bool follows) {
    const uint32_t topic = record.tick.topic.value;
    if (topic >= begins_.size()) begins_.resize(topic + 1);
    if ((record.tick.conditions & wire::kFirstPart) != 0) {
      begins_[topic] = {record.position, record.tick.sequence};
    } else if (!follows) {
      begins_[topic] = {};
    }
  }
  // An image stands for parts that have not come.
  void Forget(TopicId id) {
    if (id.value < begins_.size()) begins_[id.value] = {};
  }
  // Nothing if not all of it has come here.
  std::optional<Begin> BeginOf(TopicId id) const {
    if (id.value >= begins_.size() || begins_[id.value].sequence.value == 0) return std::nullopt;
    return begins_[id.value];
  }

 private:
  std::vector<Begin> begins_;  // by topic; sequence 0: none
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_PAYLOADS_H_
