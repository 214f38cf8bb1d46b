#include "fantail/feed/open_interest.h"

#include <algorithm>
#include <string>

namespace fantail::feed {
namespace {

// The pattern that a ZeroMQ prefix stands for; none if no topic can begin so.
std::optional<Pattern> PatternOf(std::string_view prefix) {
  const bool exact = prefix.ends_with('\0');
  std::string text(prefix.substr(0, prefix.size() - (exact ? 1 : 0)));
  if (exact ? TopicProblem(text) != nullptr : PatternProblem(text + "*") != nullptr) {
    return std::nullopt;
  }
  if (!exact) text.push_back('*');
  return Pattern(text);
}

}  // namespace

OpenInterest::Taken OpenInterest::Receive(const OpenPeer& peer, std::string_view frame,
                                          MonotonicTime now) {
  if (frame.empty() || static_cast<uint8_t>(frame[0]) > 1) return Taken::kNotAPattern;
  const std::string_view prefix = frame.substr(1);
  if (prefix.starts_with(kOpenPrefix)) return Taken::kYes;
  const std::optional<Pattern> pattern = PatternOf(prefix);
  if (!pattern) return Taken::kNotAPattern;
  if (frame[0] == 1) return Subscribe(peer, *pattern);
  Cancel(peer, *pattern, now);
  return Taken::kYes;
}

OpenInterest::Taken OpenInterest::Subscribe(const OpenPeer& peer, const Pattern& pattern) {
  auto it = wanted_.find(pattern);
  if (it == wanted_.end()) {
    // While some are not told apart, a new one is not either: whose end it is that is told later
    // could not be said.
    if (beyond_ > 0 || wanted_.size() >= options_.max_patterns) {
      changed_ = changed_ || beyond_ == 0;
      ++beyond_;
      return Taken::kBeyond;
    }
    it = wanted_.try_emplace(pattern).first;
    changed_ = true;
  }
  Wanted& wanted = it->second;
  if (wanted.holders.contains(peer)) return Taken::kYes;
  ++wanted.count;
  if (holders_ < options_.max_holders) {
    wanted.holders.insert(peer);
    ++holders_;
  }
  return Taken::kYes;
}

void OpenInterest::Cancel(const OpenPeer& peer, const Pattern& pattern, MonotonicTime now) {
  const auto it = wanted_.find(pattern);
  if (it == wanted_.end()) return CancelBeyond(peer, now);
  Wanted& wanted = it->second;
  if (peer != nullptr) {
    if (wanted.holders.erase(peer) == 0) return;
    --holders_;
  }
  if (--wanted.count > 0) return;
  holders_ -= wanted.holders.size();
  wanted_.erase(it);
  Linger(pattern, now);
}

void OpenInterest::CancelBeyond(const OpenPeer& peer, MonotonicTime now) {
  if (peer != nullptr || beyond_ == 0 || --beyond_ > 0) return;
  Linger(Pattern("*"), now);
}

void OpenInterest::Linger(const Pattern& pattern, MonotonicTime now) {
  changed_ = true;
  if (lingering_.size() < options_.max_patterns) {
    lingering_.insert_or_assign(pattern, now + options_.linger);
  }
}

std::optional<std::vector<Pattern>> OpenInterest::Take(MonotonicTime now) {
  if (now < next_) return std::nullopt;
  const size_t ended =
      absl::erase_if(lingering_, [now](const auto& entry) { return entry.second <= now; });
  if (!changed_ && ended == 0) return std::nullopt;
  changed_ = false;
  std::vector<Pattern> patterns;
  patterns.reserve(wanted_.size() + lingering_.size() + 1);
  for (const auto& [pattern, wanted] : wanted_) patterns.push_back(pattern);
  for (const auto& [pattern, until] : lingering_) patterns.push_back(pattern);
  if (beyond_ > 0) patterns.emplace_back("*");
  std::sort(patterns.begin(), patterns.end());
  patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
  if (patterns == taken_) return std::nullopt;
  taken_ = patterns;
  next_ = now + options_.least_pause;
  return patterns;
}

}  // namespace fantail::feed
