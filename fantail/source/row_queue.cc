#include "fantail/source/row_queue.h"

namespace fantail::source {

bool RowQueue::Ready() const {
  if (entries_.empty()) return false;
  if (window_ == 0 || finished_ || entries_.size() > kMostHeld) return true;
  // Unsigned, since the times of a damaged capture may lie centuries apart; the newest is never
  // the smaller one.
  const uint64_t age =
      static_cast<uint64_t>(newest_) - static_cast<uint64_t>(entries_.begin()->first);
  return age > static_cast<uint64_t>(window_);
}

RowQueue::Next RowQueue::Take(text::Row* row, std::string_view* problem) {
  if (!Ready()) return Next::kNothing;
  taken_ = entries_.extract(entries_.begin());
  const Entry& entry = taken_.mapped();
  if (!entry.problem.empty()) {
    *problem = entry.problem;
    return Next::kProblem;
  }
  row->symbol = entry.symbol;
  row->venue = {};
  row->tick = entry.tick;
  return Next::kRow;
}

}  // namespace fantail::source
