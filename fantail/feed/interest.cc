#include "fantail/feed/interest.h"

#include <algorithm>

namespace fantail::feed {
namespace {

// Sorted by stem, a prefix before the exact topic of the same stem, so that what a prefix covers
// follows it directly.
bool ByStem(const Pattern& a, const Pattern& b) {
  if (a.stem() != b.stem()) return a.stem() < b.stem();
  return a.is_prefix() && !b.is_prefix();
}

}  // namespace

Interest::Interest(std::vector<Pattern> patterns) {
  std::sort(patterns.begin(), patterns.end(), ByStem);
  const Pattern* prefix = nullptr;
  patterns_.reserve(patterns.size());
  for (Pattern& pattern : patterns) {
    if (prefix != nullptr && prefix->Covers(pattern)) continue;
    if (!patterns_.empty() && patterns_.back() == pattern) continue;
    patterns_.push_back(std::move(pattern));
    if (patterns_.back().is_prefix()) prefix = &patterns_.back();
  }
  set_.insert(patterns_.begin(), patterns_.end());
}

bool Interest::Covers(const Pattern& pattern) const {
  if (patterns_.empty()) return false;
  return AnyCovering(pattern, [&](const Pattern& p) { return set_.contains(p); });
}

bool Interest::Overlaps(const Pattern& pattern) const {
  if (Covers(pattern)) return true;
  return pattern.is_prefix() &&
         std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const Pattern& mine) { return pattern.Covers(mine); });
}

std::string Interest::Key() const {
  std::string key;
  for (const Pattern& pattern : patterns_) key.append(pattern.text()).push_back('\0');
  return key;
}

std::vector<Pattern> Clip(const std::vector<Pattern>& patterns, const Interest& interest) {
  std::vector<Pattern> clipped;
  for (const Pattern& pattern : patterns) {
    if (interest.Covers(pattern)) {
      clipped.push_back(pattern);
      continue;
    }
    for (const Pattern& mine : interest.patterns()) {
      if (pattern.Covers(mine)) clipped.push_back(mine);
    }
  }
  return Interest(std::move(clipped)).patterns();
}

std::string DescribePatterns(const std::vector<Pattern>& patterns, size_t most) {
  if (patterns.empty()) return "nothing";
  std::string text;
  for (size_t i = 0; i < patterns.size() && i < most; ++i) {
    if (i > 0) text.push_back(' ');
    text.append(patterns[i].text());
  }
  if (patterns.size() > most) text += " and " + std::to_string(patterns.size() - most) + " more";
  return text;
}

}  // namespace fantail::feed
