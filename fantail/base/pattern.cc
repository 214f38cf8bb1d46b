#include "fantail/base/pattern.h"

#include <algorithm>

namespace fantail {

const char* TopicProblem(std::string_view topic) {
  if (topic.empty()) return "it is empty";
  if (topic.size() > kMaxTopicBytes) return "it is longer than 64 bytes";
  if (topic.find('\0') != std::string_view::npos) return "it contains a NUL byte";
  if (topic.back() == '*') return "it ends with '*', which marks a pattern";
  return nullptr;
}

const char* PatternProblem(std::string_view text) {
  if (text.empty()) return "it is empty; '*' asks for everything";
  if (text.back() != '*') return TopicProblem(text);
  const std::string_view stem = text.substr(0, text.size() - 1);
  return stem.empty() ? nullptr : TopicProblem(stem);
}

std::vector<Pattern> Common(std::span<const Pattern> a, std::span<const Pattern> b) {
  std::vector<Pattern> common;
  for (const Pattern& one : a) {
    for (const Pattern& other : b) {
      if (one.Overlaps(other)) common.push_back(one.Covers(other) ? other : one);
    }
  }
  std::sort(common.begin(), common.end());
  common.erase(std::unique(common.begin(), common.end()), common.end());
  return common;
}

}  // namespace fantail
