#include "tools/fantail-record/recorder.h"

#include <algorithm>

namespace fantail::record {

void Recorder::Continue(feed::FeedClient* client) {
  const tape::TapeState& end = tape_->state();
  if (end.epoch().value == 0) return;
  client->Continue(end.epoch(), end.paced(), end.through(),
                   feed::Interest(tape_->last_head().patterns), end.topics(),
                   [&end](TopicId id) { return end.image().LastSequence(id); });
}

void Recorder::OnNewEpoch(Epoch epoch, bool paced) {
  WriteAll();
  complete_ = false;
  ended_ = false;
  tape_->OnNewEpoch(epoch, paced);
}

void Recorder::OnImage(const feed::TopicImage& image) {
  if (complete_) WriteAll();  // what came of the topic before it
  tape_->OnImage(image);
}

void Recorder::OnRecords(std::span<const wire::Record> records) {
  ticks_ += records.size();
  held_.insert(held_.end(), records.begin(), records.end());
  if (complete_ && held_.size() > kMostHeld) WriteAll();
}

void Recorder::OnThrough(Position through) {
  if (!complete_) return;
  Write(through);
  tape_->OnThrough(through);
}

// What is held up to this position, in order.
void Recorder::Write(Position through) {
  const auto earlier = [](const wire::Record& a, const wire::Record& b) {
    return a.position < b.position;
  };
  if (!std::is_sorted(held_.begin(), held_.end(), earlier)) {
    std::stable_sort(held_.begin(), held_.end(), earlier);
  }
  const auto end = std::upper_bound(
      held_.begin(), held_.end(), through,
      [](Position position, const wire::Record& record) { return position < record.position; });
  if (end == held_.begin()) return;
  tape_->OnRecords(std::span(held_.begin(), end));
  held_.erase(held_.begin(), end);
}

void Recorder::OnGap(const feed::GapNotice& gap) {
  ++gaps_;
  say_("gap: positions " + std::to_string(gap.from.value + 1) + " to " +
       std::to_string(gap.to.value) + " of " + feed::DescribePatterns(gap.patterns) +
       " will not come: " + feed::GapReasonName(gap.reason));
  if (complete_) WriteAll();
  tape_->OnGap(gap);
}

void Recorder::OnHave(const feed::HaveNotice& have) {
  if (!have.refused.empty()) {
    say_("refused: " + feed::DescribePatterns(have.refused) + ": " + have.reason);
  }
  if (complete_) return;
  complete_ = true;
  // The tape begins here, or with the first record that came before all was complete.
  Position begin = have.at;
  for (const wire::Record& record : held_) {
    begin = std::min(begin, Position{record.position.value - 1});
  }
  tape_->OnThrough(begin);
  OnThrough(have.at);
}

void Recorder::OnEnd(Position at) {
  WriteAll();
  tape_->OnEnd(at);
  ended_ = true;
}

}  // namespace fantail::record
