#include "publisher/feeder.h"

#include <algorithm>
#include <utility>

namespace fantail::publisher {
namespace {

// Rows a turn: a fraction of a millisecond, so that acks and pings are never kept waiting, and few
// enough that the sessions' windows are looked at between them.
constexpr int kMostRows = 1024;
// 31 years: longer than anybody waits, and far from where 64 bits of nanoseconds end.
constexpr double kLongestWait = 1e18;
// Who could not keep up with its rate for so long makes up for it.
constexpr Nanos kMakeUp = std::chrono::milliseconds(20);

}  // namespace

Feeder::Feeder(Options options, source::Source* source, source::Sequencer* sequencer,
               std::function<void(std::string_view)> on_bad_row)
    : options_(options),
      source_(source),
      sequencer_(sequencer),
      on_bad_row_(std::move(on_bad_row)),
      to_skip_(options.skip_rows) {}

bool Feeder::Turn(MonotonicTime now, WallTime wall) {
  next_due_.reset();
  if (to_skip_ > 0) return SkipRows();
  bool more = true;
  for (int i = 0; i < kMostRows && more; ++i) {
    more = (has_row_ || TakeRow()) && IsDue(now);
    if (more) Publish(now, wall);
  }
  sequencer_->Flush();
  return more;
}

// What was wrong in these rows has been told when they were published. True if there is more to do
// at once.
bool Feeder::SkipRows() {
  constexpr int kMostSkipped = 64 * kMostRows;
  for (int i = 0; i < kMostSkipped && to_skip_ > 0; ++i) {
    switch (source_->Next(&row_)) {
      case source::Source::Result::kRow:
        --to_skip_;
        break;
      case source::Source::Result::kBadRow:
        break;
      case source::Source::Result::kWait:
        return false;
      case source::Source::Result::kEnd:
        on_bad_row_("the source has become shorter: " + std::to_string(to_skip_) +
                    " rows fewer than have been published of it");
        ++counters_.bad_rows;
        to_skip_ = 0;
        state_ = State::kEnded;
        return false;
      case source::Source::Result::kFailed:
        state_ = State::kFailed;
        problem_ = source_->problem();
        return false;
    }
  }
  return true;
}

// False if there is none now.
bool Feeder::TakeRow() {
  while (state_ == State::kRunning) {
    switch (source_->Next(&row_)) {
      case source::Source::Result::kRow:
        has_row_ = true;
        return true;
      case source::Source::Result::kBadRow:
        OnBadRow(source_->problem());
        break;
      case source::Source::Result::kEnd:
        state_ = State::kEnded;
        return false;
      case source::Source::Result::kWait:
        return false;
      case source::Source::Result::kFailed:
        state_ = State::kFailed;
        problem_ = source_->problem();
        return false;
    }
  }
  return false;
}

bool Feeder::IsDue(MonotonicTime now) {
  if (options_.bytes_per_second != 0 && now < next_payload_at_) {
    next_due_ = next_payload_at_;
    return false;
  }
  if (options_.speed == 0 || row_.no_time) return true;
  if (!started_at_) {
    started_at_ = now;
    first_time_ns_ = row_.tick.time_ns;
  }
  // In floating point, and bounded: the times are the file's, and may be centuries apart.
  const double since_first =
      static_cast<double>(row_.tick.time_ns) - static_cast<double>(first_time_ns_);
  const double wait = std::clamp(since_first / options_.speed, -kLongestWait, kLongestWait);
  const MonotonicTime due = *started_at_ + Nanos(static_cast<int64_t>(wait));
  if (due <= now) return true;
  next_due_ = due;
  return false;
}

void Feeder::Publish(MonotonicTime now, WallTime wall) {
  has_row_ = false;
  if (options_.bytes_per_second != 0) {
    const auto nanos = row_.payload.size() * 1'000'000'000 / options_.bytes_per_second;
    next_payload_at_ =
        std::max(next_payload_at_, now - kMakeUp) + Nanos(static_cast<int64_t>(nanos));
  }
  if (options_.stamp_now || row_.no_time) row_.tick.time_ns = wall.time_since_epoch().count();
  if (const char* problem = sequencer_->Add(row_)) return OnBadRow(problem);
  ++counters_.published;
}

void Feeder::OnBadRow(std::string_view problem) {
  ++counters_.bad_rows;
  on_bad_row_(problem);
  if (!options_.strict) return;
  state_ = State::kFailed;
  problem_ = "stopped at the first bad row, as --strict asks";
}

}  // namespace fantail::publisher
