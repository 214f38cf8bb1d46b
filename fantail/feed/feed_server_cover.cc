// The part of FeedServer that knows what it needs from above: the cover of what its sessions want.
#include <algorithm>
#include <utility>

#include "fantail/base/planted.h"
#include "fantail/feed/feed_server.h"
#include "fantail/feed/splice.h"

namespace fantail::feed {

void FeedServer::RefreshCover() {
  absl::flat_hash_set<Pattern> wanted;
  const auto add = [&](const WantChange& change) {
    for (const auto& [pattern, start] : change.add) wanted.insert(pattern);
  };
  for (const auto& [address, session] : sessions_) {
    wanted.insert(session->patterns.begin(), session->patterns.end());
    for (const WantChange& change : session->wants) add(change);
    if (planted::On(planted::Bug::kCoverForgetsSplices)) continue;
    if (session->splice != nullptr) add(session->splice->change());
  }
  for (const Pattern& pattern : wanted_) {
    if (!wanted.contains(pattern)) lingering_[pattern] = now_ + options_.linger;
  }
  for (const Pattern& pattern : wanted) lingering_.erase(pattern);
  wanted_ = std::move(wanted);
  cover_dirty_ = false;
}

std::optional<FeedServer::Cover> FeedServer::TakeCover(MonotonicTime now) {
  now_ = now;
  const bool expired = std::any_of(lingering_.begin(), lingering_.end(),
                                   [&](const auto& entry) { return entry.second <= now; });
  if (!cover_dirty_ && !expired) return std::nullopt;
  RefreshCover();
  absl::erase_if(lingering_, [&](const auto& entry) {
    return entry.second <= now && !planted::On(planted::Bug::kLingerForever);
  });
  std::vector<Pattern> patterns;
  const auto add = [&](const Pattern& pattern) {
    if (state_ == nullptr || state_->coverage().Refused(pattern) == nullptr) {
      patterns.push_back(pattern);
    }
  };
  for (const Pattern& pattern : wanted_) add(pattern);
  for (const auto& [pattern, until] : lingering_) add(pattern);
  Cover cover{Interest(std::move(patterns)).patterns(), std::exchange(backfills_, {})};
  if (cover.interest == cover_ && cover.backfills.empty()) return std::nullopt;
  cover_ = cover.interest;
  return cover;
}

}  // namespace fantail::feed
