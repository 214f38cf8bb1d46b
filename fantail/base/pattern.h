// A pattern: what a subscriber asks for, a prefix (`AAP*`) or an exact topic (`AAPL`).
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_BASE_PATTERN_H_
#define FANTAIL_BASE_PATTERN_H_

#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fantail {

// The longest topic, in bytes.
inline constexpr size_t kMaxTopicBytes = 64;

// Why `topic` cannot name a topic (1 to 64 bytes, no NUL, no `*` at the end), or nullptr if it can.
const char* TopicProblem(std::string_view topic);

class Pattern {
 public:
  Pattern() = default;

  // REQUIRES: PatternProblem(text) is nullptr.
  explicit Pattern(std::string_view text) : text_(text) {}

  const std::string& text() const { return text_; }
  bool is_prefix() const { return !text_.empty() && text_.back() == '*'; }
  // The text that a topic must begin with, or be.
  std::string_view stem() const {
    return std::string_view(text_).substr(0, text_.size() - (is_prefix() ? 1 : 0));
  }

  bool Matches(std::string_view topic) const {
    return is_prefix() ? topic.starts_with(stem()) : topic == text_;
  }
  // Whether every topic that `other` matches is matched by this.
  bool Covers(const Pattern& other) const {
    return is_prefix() ? other.stem().starts_with(stem()) : text_ == other.text_;
  }
  // Whether some topic is matched by both.
  bool Overlaps(const Pattern& other) const { return Covers(other) || other.Covers(*this); }

  friend auto operator<=>(const Pattern&, const Pattern&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Pattern& p) {
    return H::combine(std::move(h), p.text_);
  }

 private:
  std::string text_;
};

// Why `text` is not a pattern, or nullptr if it is one. `*` alone is the prefix of everything.
const char* PatternProblem(std::string_view text);

// What is matched by both: of each two that overlap, the narrower one. Sorted, none twice.
// Cost: a comparison for each two.
std::vector<Pattern> Common(std::span<const Pattern> a, std::span<const Pattern> b);

}  // namespace fantail

#endif  // FANTAIL_BASE_PATTERN_H_
