#include "fantail/source/tape_source.h"

#include <utility>

#include "fantail/feed/interest.h"

namespace fantail::source {

absl::StatusOr<std::unique_ptr<TapeSource>> TapeSource::Open(const std::string& path) {
  auto reader = tape::TapeReader::Open(path);
  if (!reader.ok()) return reader.status();
  std::unique_ptr<TapeSource> source(new TapeSource(*std::move(reader)));
  for (const std::string& problem : source->reader_->problems()) source->gaps_.push_back(problem);
  return source;
}

Source::Result TapeSource::Next(text::Row* row) {
  while (true) {
    if (next_ < ticks_.size()) {
      const wire::Tick& tick = ticks_[next_++];
      const auto venue = names_.venues().find(tick.venue);
      *row = {.symbol = names_.topics().Name(tick.topic),
              .venue = venue == names_.venues().end() ? std::string_view() : venue->second,
              .tick = tick};
      row->tick.topic = {};
      row->tick.sequence = {};
      row->tick.venue = {};
      return Result::kRow;
    }
    if (!gaps_.empty()) {
      problem_ = std::move(gaps_.front());
      gaps_.pop_front();
      return Result::kBadRow;
    }
    ticks_.clear();
    next_ = 0;
    if (const Result result = ReadMore(); result != Result::kRow) return result;
  }
}

// kRow if there may be ticks now.
Source::Result TapeSource::ReadMore() {
  switch (reader_->Next(this)) {
    case tape::TapeReader::Result::kBlock:
      return Result::kRow;
    case tape::TapeReader::Result::kDamage:
      problem_ = reader_->damage().Describe();
      gaps_.clear();  // the same, without the place
      return Result::kBadRow;
    case tape::TapeReader::Result::kEnd:
      return Result::kEnd;
    case tape::TapeReader::Result::kFailed:
      problem_ = reader_->problem();
      return Result::kFailed;
  }
  return Result::kEnd;
}

void TapeSource::OnRecords(std::span<const wire::Record> records) {
  for (const wire::Record& record : records) ticks_.push_back(record.tick);
}

void TapeSource::OnGap(const feed::GapNotice& gap) {
  gaps_.push_back(reader_->path() + ": positions " + std::to_string(gap.from.value + 1) + " to " +
                  std::to_string(gap.to.value) + " of " + feed::DescribePatterns(gap.patterns) +
                  " are missing: " + feed::GapReasonName(gap.reason));
}

}  // namespace fantail::source
