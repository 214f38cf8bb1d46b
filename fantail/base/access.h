// What each user may do at a node. The user is whose key a connection has;
// fantail/app/access_file.h reads it from a file.
//
// Thread: values; shared as std::shared_ptr<const Access>.
#ifndef FANTAIL_BASE_ACCESS_H_
#define FANTAIL_BASE_ACCESS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/pattern.h"

namespace fantail {

struct Rights {
  std::vector<Pattern> see;    // topics
  std::vector<Pattern> ask;    // services of a bus
  std::vector<Pattern> serve;  // likewise
  // 0 in each is as many as the node allows anybody.
  uint32_t sessions = 0;          // at a time
  uint32_t patterns = 0;          // of one session, as the rest
  uint64_t bytes_per_second = 0;  // sent to it
  uint64_t waiting_bytes = 0;     // for it, before it gets newest values only

  static bool Allow(const std::vector<Pattern>& rights, std::string_view name) {
    return std::any_of(rights.begin(), rights.end(),
                       [&](const Pattern& pattern) { return pattern.Matches(name); });
  }
  friend bool operator==(const Rights&, const Rights&) = default;
};

struct Access {
  std::map<std::string, Rights, std::less<>> users;
  std::optional<Rights> others;  // of who is not in there; nothing: they may not come in

  // Null if the user has none.
  const Rights* Of(std::string_view user) const {
    const auto found = users.find(user);
    if (found != users.end()) return &found->second;
    return others ? &*others : nullptr;
  }
};

// Whether the user may do the same by both; null: whatever anybody may.
inline bool SameRights(const Access* a, const Access* b, std::string_view user) {
  if (a == nullptr || b == nullptr) return a == b;
  const Rights* const by_a = a->Of(user);
  const Rights* const by_b = b->Of(user);
  return by_a == nullptr || by_b == nullptr ? by_a == by_b : *by_a == *by_b;
}

}  // namespace fantail

#endif  // FANTAIL_BASE_ACCESS_H_
