// The half of Lines that asks for older records for its owner, and says when they have come.
//
// What comes as older records joins what is live on the line that brought them. So an answer counts
// only if the owner had nothing from beyond it when it came: from there on all that the owner is
// given continues the older records, over whatever line, until there is a gap or an image.
#include <algorithm>
#include <utility>

#include "fantail/feed/lines_line.h"

namespace fantail::feed {

void Lines::AskBackfill(const Backfill& backfill) {
  if (!single()) needed_.push_back(backfill);
  for (const auto& line : lines_) {
    if (single() || line->joined) line->client.AskBackfill(backfill);
  }
}

bool Lines::Leads(const Line& line) const {
  return line.client.through() >= std::max(through_, reach_);
}

// Those that have joined since, or whose answer did not count.
void Lines::AskNeeded() {
  for (const auto& line : lines_) {
    if (line->asked || !line->joined || !Leads(*line)) continue;
    line->asked = true;
    for (const Backfill& backfill : needed_) line->client.AskBackfill(backfill);
  }
}

// A FeedClient may have asked for more than was needed.
void Lines::TakeAnswers(Line* line) {
  for (const BackfillAnswer& answer : line->client.backfilled()) {
    const Backfill& came = answer.request;
    const auto answers = [&](const Backfill& need) {
      const bool reaches =
          came.through.value == 0 || (need.through.value != 0 && need.through <= came.through);
      return came.pattern == need.pattern && came.after <= need.after && reaches;
    };
    if (std::none_of(needed_.begin(), needed_.end(), answers)) continue;
    // A node that is behind has answered with what it had.
    const bool reaches =
        came.through.value == 0 ? Leads(*line) : line->client.through() >= came.through;
    if (!line->joined || !reaches) {
      line->asked = false;
      continue;
    }
    std::erase_if(needed_, answers);
    answers_.push_back(answer);
  }
}

void Lines::TellHave(HaveNotice have, bool answers) {
  have.at = through_;
  if (answers) {
    backfilled_ = std::exchange(answers_, {});
  }
  events_->OnHave(have);
  backfilled_.clear();
}

void Lines::ForgetUnwantedBackfills() {
  std::erase_if(needed_, [&](const Backfill& b) { return !wanted_.Covers(b.pattern); });
  std::erase_if(answers_,
                [&](const BackfillAnswer& one) { return !wanted_.Covers(one.request.pattern); });
}

void Lines::NeedAgain(const std::vector<Pattern>& patterns) {
  if (answers_.empty()) return;
  std::erase_if(answers_, [&](const BackfillAnswer& one) {
    const bool lost = std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) {
      return pattern.Overlaps(one.request.pattern);
    });
    if (!lost) return false;
    needed_.push_back(one.request);
    for (const auto& line : lines_) line->asked = false;
    return true;
  });
}

}  // namespace fantail::feed
