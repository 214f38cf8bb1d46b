// Gaps as lines for a person: each at once, unless there was one within the last second. Then they
// are gathered into one line a second: a link that is too slow brings twenty gaps a second.
//
// Thread: one owner.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_GAP_LINES_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_GAP_LINES_H_

#include <algorithm>
#include <optional>
#include <string>

#include "desktop-subscriber/notices.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"

namespace fantail::desk {

class GapLines {
 public:
  // The line to say now; empty if it is gathered. Call Take before.
  std::string Add(const feed::GapNotice& gap, MonotonicTime now) {
    if (!gathered_ && now - said_at_ >= kEvery) {
      said_at_ = now;
      return GapLine(gap);
    }
    if (!gathered_) {
      gathered_ = gap;
      return "";
    }
    gathered_->from = std::min(gathered_->from, gap.from);
    gathered_->to = std::max(gathered_->to, gap.to);
    gathered_->patterns.insert(gathered_->patterns.end(), gap.patterns.begin(), gap.patterns.end());
    return "";
  }
  // The line for what has been gathered, if it is time to say it, or `all` the same, or the next
  // gap has another reason.
  std::string Take(MonotonicTime now, bool all, std::optional<feed::GapReason> next = {}) {
    const bool other = gathered_ && next && *next != gathered_->reason;
    if (!gathered_ || !(all || other || now - said_at_ >= kEvery)) return "";
    said_at_ = now;
    auto& patterns = gathered_->patterns;
    std::sort(patterns.begin(), patterns.end());
    patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
    const std::string line = GapLine(*gathered_);
    gathered_.reset();
    return line;
  }

 private:
  static constexpr Nanos kEvery = std::chrono::seconds(1);

  std::optional<feed::GapNotice> gathered_;
  MonotonicTime said_at_{-kEvery};
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_GAP_LINES_H_
