// What a node holds completely, and from which position on. A publisher holds everything; a gateway
// holds what its upstream session has acknowledged.
//
// Thread: one owner.
#ifndef FANTAIL_FEED_COVERAGE_H_
#define FANTAIL_FEED_COVERAGE_H_

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fantail/base/ids.h"
#include "fantail/base/pattern.h"
#include "fantail/feed/interest.h"

namespace fantail::feed {

// A request for records older than those a node holds: of `pattern`, positions (after, through].
// through 0 is "up to where live begins".
struct Backfill {
  Pattern pattern;
  Position after;
  Position through;

  friend bool operator==(const Backfill&, const Backfill&) = default;
};

// What came of it: all of the pattern is held from `complete_from` on.
struct BackfillAnswer {
  Backfill request;
  Position complete_from;
};

// Positions (after, through] of these patterns are missing in the middle of what is held.
struct Hole {
  uint64_t number = 0;  // rises from hole to hole
  Position after;
  Position through;
  std::vector<Pattern> patterns;
};

class Coverage {
 public:
  // The position from which on all of `pattern` is held; nothing if it is not covered.
  std::optional<Position> CompleteFrom(const Pattern& pattern) const;

  // `interest` is what is covered from now on; what was not covered before is held from `at` on.
  void Acknowledge(const Interest& interest, Position at);
  // Of what is covered, only what lies in `interest` still is.
  void Narrow(const Interest& interest);
  // (from, through] of `pattern` is held after all. `through` 0 is as in Backfill. It says nothing
  // of what has been lost above `through` since it was asked for.
  void Extend(const Pattern& pattern, Position from, Position through);

  // Positions (after, through] of `patterns` are missing here: nothing that overlaps is complete
  // before. It is a hole until it is mended; of many, the oldest are forgotten.
  void Raise(const std::vector<Pattern>& patterns, Position after, Position through);
  // The first hole with a higher number that is not mended and ends within (held_from, head], or
  // nullptr.
  const Hole* NextHole(uint64_t number, Position held_from, Position head) const;
  // What was missing in a hole is held after all, from `from` on: so is what lies before it, if no
  // hole behind it is open.
  void Mend(uint64_t number, Position from);

  void Refuse(const Pattern& pattern, std::string reason) {
    refused_[pattern] = std::move(reason);
    ++generation_;
  }
  // Why the node above refused `pattern`, or nullptr.
  const std::string* Refused(const Pattern& pattern) const {
    const auto it = refused_.find(pattern);
    return it == refused_.end() ? nullptr : &it->second;
  }
  void ForgetRefusals() {
    refused_.clear();
    ++generation_;
  }

  // A backfill has been answered, in full or not.
  void Answered(const Backfill& request);
  uint64_t answer_count() const { return answer_count_; }
  // Whether an answer that reaches back to `after` has come since answer_count() was `count`.
  bool IsAnswered(const Pattern& pattern, Position after, uint64_t count) const;

  // Rises with every change: what had to wait looks again only then.
  uint64_t generation() const { return generation_; }

 private:
  struct OpenHole : Hole {
    // What it overlaps, and from where on that was held before.
    std::vector<std::pair<Pattern, Position>> raised;
    bool mended = false;  // and one behind it is not
  };

  void ForgetOutside(const Interest& interest);

  uint64_t generation_ = 1;
  absl::flat_hash_map<Pattern, Position> from_;
  absl::flat_hash_map<Pattern, std::string> refused_;
  absl::flat_hash_map<Pattern, std::map<Position, uint64_t>> answers_;  // after -> number
  uint64_t answer_count_ = 0;
  std::deque<OpenHole> holes_;  // by rising number
  uint64_t hole_count_ = 0;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_COVERAGE_H_
