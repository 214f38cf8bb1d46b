#include "fantail/feed/topics.h"

namespace fantail::feed {

Topics::Added Topics::Add(TopicId id, std::string_view name) {
  if (Has(id)) return Name(id) == name ? Added::kKnown : Added::kConflict;
  if (by_name_.contains(name)) return Added::kConflict;
  if (id.value >= names_.size()) names_.resize(id.value + 1);
  names_[id.value] = std::make_unique<const std::string>(name);
  by_name_.emplace(*names_[id.value], id);
  return Added::kNew;
}

}  // namespace fantail::feed
