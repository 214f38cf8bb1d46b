// What a node holds completely, and from which position on. A publisher holds everything; a gateway
// holds what its upstream session has acknowledged.
//
// Thread: one owner.
#ifndef FANTAIL_FEED_COVERAGE_H_
#define FANTAIL_FEED_COVERAGE_H_

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fantail/base/ids.h"
#include "fantail/base/pattern.h"
#include "fantail/base/planted.h"
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

class Coverage {
 public:
  // The position from which on all of `pattern` is held; nothing if it is not covered.
  std::optional<Position> CompleteFrom(const Pattern& pattern) const {
    std::optional<Position> best;
    AnyCovering(pattern, [&](const Pattern& p) {
      if (const auto it = from_.find(p); it != from_.end()) {
        best = best ? std::min(*best, it->second) : it->second;
      }
      return false;
    });
    return best;
  }

  // `interest` is what is covered from now on; what was not covered before is held from `at` on.
  void Acknowledge(const Interest& interest, Position at) {
    absl::flat_hash_map<Pattern, Position> next;
    for (const Pattern& p : interest.patterns()) next[p] = CompleteFrom(p).value_or(at);
    for (const auto& [p, from] : from_) {
      if (interest.Covers(p)) next.emplace(p, from);
    }
    from_ = std::move(next);
    ++generation_;
  }

  // Of what is covered, only what lies in `interest` still is.
  void Narrow(const Interest& interest) {
    if (planted::On(planted::Bug::kServeWhileNarrowing)) return;
    absl::flat_hash_map<Pattern, Position> next;
    for (const Pattern& p : interest.patterns()) {
      if (const auto from = CompleteFrom(p)) next[p] = *from;
    }
    for (const auto& [p, from] : from_) {
      if (interest.Covers(p)) next.emplace(p, from);
    }
    from_ = std::move(next);
    ++generation_;
  }

  // (from, through] of `pattern` is held after all. `through` 0 is as in Backfill. It says nothing
  // of what has been lost above `through` since it was asked for.
  void Extend(const Pattern& pattern, Position from, Position through) {
    const auto current = CompleteFrom(pattern);
    const bool joins = current && (through.value == 0 || *current <= through ||
                                   planted::On(planted::Bug::kExtendOverGap));
    if (joins && from < *current) from_[pattern] = from;
    ++generation_;
  }

  // Records of `pattern` up to `to` are missing here: nothing that overlaps is complete before.
  void Raise(const Pattern& pattern, Position to) {
    for (auto& [p, from] : from_) {
      if (p.Overlaps(pattern)) from = std::max(from, to);
    }
    ++generation_;
  }

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
  void Answered(const Backfill& request) {
    auto& answers = answers_[request.pattern];
    answers[request.after] = ++answer_count_;
    if (answers.size() > kMostAnswers) answers.erase(answers.begin());
    ++generation_;
  }
  uint64_t answer_count() const { return answer_count_; }
  // Whether an answer that reaches back to `after` has come since answer_count() was `count`.
  bool IsAnswered(const Pattern& pattern, Position after, uint64_t count) const {
    const auto it = answers_.find(pattern);
    if (it == answers_.end()) return false;
    return std::any_of(it->second.begin(), it->second.end(), [&](const auto& answer) {
      return answer.first <= after && answer.second > count;
    });
  }

  // Rises with every change: what had to wait looks again only then.
  uint64_t generation() const { return generation_; }

 private:
  // Who waits for an answer looks at it in the same turn: a few of them are enough to keep.
  static constexpr size_t kMostAnswers = 16;

  uint64_t generation_ = 1;
  absl::flat_hash_map<Pattern, Position> from_;
  absl::flat_hash_map<Pattern, std::string> refused_;
  absl::flat_hash_map<Pattern, std::map<Position, uint64_t>> answers_;  // after -> number
  uint64_t answer_count_ = 0;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_COVERAGE_H_
