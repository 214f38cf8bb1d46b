// Ticks from a tape (fantail/tape): the rows that were recorded, to be numbered anew.
//
// Thread: one owner.  Cost: the reader's, and some 10 ns a row.
// Errors: damage and gaps are bad rows, told with their place; the next call goes on behind them.
#ifndef FANTAIL_SOURCE_TAPE_SOURCE_H_
#define FANTAIL_SOURCE_TAPE_SOURCE_H_

#include <absl/status/statusor.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/source/source.h"
#include "fantail/tape/tape_reader.h"

namespace fantail::source {

class TapeSource : public Source, private feed::FeedContent {
 public:
  // `path` is a file, or a folder of segments.
  static absl::StatusOr<std::unique_ptr<TapeSource>> Open(const std::string& path);

  Result Next(text::Row* row) override;
  std::string_view problem() const override { return problem_; }

 private:
  explicit TapeSource(std::unique_ptr<tape::TapeReader> reader) : reader_(std::move(reader)) {}

  Result ReadMore();

  void OnNewEpoch(Epoch epoch, bool paced) override { names_.OnNewEpoch(epoch, paced); }
  void OnTopic(TopicId id, std::string_view name) override { names_.OnTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { names_.OnVenue(id, name); }
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice& gap) override;
  void OnEnd(Position) override {}

  std::unique_ptr<tape::TapeReader> reader_;
  tape::TapeState names_;
  std::vector<wire::Tick> ticks_;  // of one block
  size_t next_ = 0;
  std::deque<std::string> gaps_;  // told before the next tick
  std::string problem_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_TAPE_SOURCE_H_
