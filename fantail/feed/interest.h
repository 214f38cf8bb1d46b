// A set of patterns in its minimal form: no pattern covers another, and equal sets have equal keys.
//
// Thread: one owner.  Cost: Covers and Matches look up one hash for each byte of the text.
#ifndef FANTAIL_FEED_INTEREST_H_
#define FANTAIL_FEED_INTEREST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fantail/base/pattern.h"

namespace fantail::feed {

// Calls `fn(const Pattern&)` with every pattern that could cover `pattern`: itself, and `*` behind
// each beginning of its stem, shortest first. Stops when `fn` returns true, and then returns true.
template <class Fn>
bool AnyCovering(const Pattern& pattern, Fn fn) {
  const std::string_view stem = pattern.stem();
  std::string prefix;
  for (size_t n = 0; n <= stem.size(); ++n) {
    prefix.assign(stem.substr(0, n));
    prefix.push_back('*');
    if (fn(Pattern(prefix))) return true;
  }
  return !pattern.is_prefix() && fn(pattern);
}

class Interest {
 public:
  Interest() = default;
  explicit Interest(std::vector<Pattern> patterns);

  bool Matches(std::string_view topic) const { return Covers(Pattern(topic)); }
  // Whether one pattern of this set covers `pattern`.
  bool Covers(const Pattern& pattern) const;
  // Whether some topic is matched by both. Cost: linear in the set when `pattern` is a prefix.
  bool Overlaps(const Pattern& pattern) const;

  // Sorted by stem.
  const std::vector<Pattern>& patterns() const { return patterns_; }
  bool empty() const { return patterns_.empty(); }
  // Equal for equal sets.
  std::string Key() const;

  friend bool operator==(const Interest& a, const Interest& b) {
    return a.patterns_ == b.patterns_;
  }

 private:
  std::vector<Pattern> patterns_;
  absl::flat_hash_set<Pattern> set_;
};

// The parts of `patterns` that lie within `interest`.
std::vector<Pattern> Clip(const std::vector<Pattern>& patterns, const Interest& interest);

// "AAPL B* MSFT and 12 more", for a person.
std::string DescribePatterns(const std::vector<Pattern>& patterns, size_t most = 5);

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_INTEREST_H_
