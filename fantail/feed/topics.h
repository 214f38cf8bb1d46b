// The topics of an epoch: id to name, name to id, and all ids that a pattern matches.
//
// Thread: one owner.  Cost: a name is stored once; Find and ForEachMatch are logarithmic.
#ifndef FANTAIL_FEED_TOPICS_H_
#define FANTAIL_FEED_TOPICS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "fantail/base/ids.h"
#include "fantail/base/pattern.h"

namespace fantail::feed {

class Topics {
 public:
  enum class Added : uint8_t { kNew, kKnown, kConflict };

  // Binds `name` to `id`. kConflict if either is bound otherwise; nothing changes then.
  Added Add(TopicId id, std::string_view name);

  bool Has(TopicId id) const { return id.value < names_.size() && names_[id.value] != nullptr; }
  // REQUIRES: Has(id).
  std::string_view Name(TopicId id) const { return *names_[id.value]; }
  // One past the largest id: the size for an array by id.
  size_t bound() const { return names_.size(); }
  size_t size() const { return by_name_.size(); }

  // Calls `fn(TopicId)` for every topic that `pattern` matches, by rising name.
  template <class Fn>
  void ForEachMatch(const Pattern& pattern, Fn fn) const {
    const std::string_view stem = pattern.stem();
    for (auto it = by_name_.lower_bound(stem); it != by_name_.end(); ++it) {
      if (!pattern.Matches(it->first)) break;
      fn(it->second);
    }
  }

  // Every (name, id), by rising name.
  const absl::btree_map<std::string_view, TopicId>& by_name() const { return by_name_; }

 private:
  std::vector<std::unique_ptr<const std::string>> names_;
  absl::btree_map<std::string_view, TopicId> by_name_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_TOPICS_H_
