// Writes a feed into one sealed file: what an import and the sealing of a segment do.
//
// Thread: one owner.  Cost: some 200 ns a record on one core.
// Errors: kept, and told by Finish; nothing is left behind of a file that was not finished.
#ifndef FANTAIL_TAPE_SEALED_WRITER_H_
#define FANTAIL_TAPE_SEALED_WRITER_H_

#include <absl/status/status.h>

#include <memory>
#include <string>

#include "fantail/tape/segment_reader.h"
#include "fantail/tape/segment_writer.h"

namespace fantail::tape {

class SealedWriter : public feed::FeedContent {
 public:
  // `head` says what the tape will hold; the file begins with what has been told when the first
  // record comes, as a checkpoint. `tape_id` is random.
  SealedWriter(std::string path, Head head, uint64_t tape_id)
      : path_(std::move(path)), head_(std::move(head)), tape_id_(tape_id) {}

  // One epoch a file: REQUIRES that it comes once, before everything else.
  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override { state_.OnTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { state_.OnVenue(id, name); }
  void OnImage(const feed::TopicImage& image) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override;
  void OnGap(const feed::GapNotice& gap) override;
  void OnEnd(Position at) override;

  // Completes the file. The first error, if there was one.
  absl::Status Finish();
  const absl::Status& status() const { return status_; }
  const TapeState& state() const { return state_; }
  uint64_t size_bytes() const { return segment_ == nullptr ? 0 : segment_->size_bytes(); }

 private:
  bool Ready();
  void Commit();

  const std::string path_;
  Head head_;
  const uint64_t tape_id_;
  TapeState state_;
  std::unique_ptr<SegmentWriter> segment_;  // from the first record, gap or end on
  absl::Status status_;
};

// Writes `from`, which must be whole but for what was cut off at its end, as a sealed segment.
absl::Status SealSegment(SegmentReader* from, const std::string& path, uint64_t tape_id);

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_SEALED_WRITER_H_
