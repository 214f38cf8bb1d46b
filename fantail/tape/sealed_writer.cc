#include "fantail/tape/sealed_writer.h"

#include <algorithm>

namespace fantail::tape {

void SealedWriter::OnNewEpoch(Epoch epoch, bool paced) {
  state_.OnNewEpoch(epoch, paced);
  head_.epoch = epoch;
  head_.paced = paced;
}

// Whether there is a segment to add to.
bool SealedWriter::Ready() {
  if (segment_ != nullptr || !status_.ok()) return status_.ok();
  head_.after = state_.through();
  head_.sealed = true;
  auto segment = SegmentWriter::Create(path_, head_, tape_id_, &state_);
  if (segment.ok()) {
    segment_ = *std::move(segment);
  } else {
    status_ = segment.status();
  }
  return status_.ok();
}

void SealedWriter::Commit() {
  if (absl::Status s = segment_->Commit(); !s.ok()) status_ = s;
}

void SealedWriter::OnImage(const feed::TopicImage& image) {
  state_.OnImage(image);
  if (segment_ != nullptr) segment_->content().AddImage(image);
}

void SealedWriter::OnRecords(std::span<const wire::Record> records) {
  if (!Ready()) return;
  while (!records.empty() && status_.ok()) {
    const size_t room =
        kSealedRecords - std::min(kSealedRecords - 1, segment_->content().records().size());
    const auto now = records.first(std::min(records.size(), room));
    state_.OnRecords(now);
    segment_->content().AddRecords(now);
    Commit();
    records = records.subspan(now.size());
  }
}

void SealedWriter::OnThrough(Position through) {
  state_.OnThrough(through);
}

void SealedWriter::OnGap(const feed::GapNotice& gap) {
  if (!Ready()) return;
  state_.OnGap(gap);
  segment_->content().AddGap(gap);
}

void SealedWriter::OnEnd(Position at) {
  if (!Ready()) return;
  state_.OnEnd(at);
  segment_->content().AddEnd(at);
}

absl::Status SealedWriter::Finish() {
  if (Ready()) status_ = segment_->Finish();
  return status_;
}

absl::Status SealSegment(SegmentReader* from, const std::string& path, uint64_t tape_id) {
  SealedWriter writer(path, from->head(), tape_id);
  writer.OnNewEpoch(from->head().epoch, from->head().paced);
  writer.OnThrough(from->head().after);
  bool begun = false;  // checkpoints on the way are made anew
  while (writer.status().ok()) {
    switch (from->Next()) {
      case SegmentReader::Result::kBlock:
        if (from->header().kind == BlockKind::kData) {
          begun = true;
        } else if (begun) {
          break;
        }
        from->content().Deliver(&writer);
        writer.OnThrough(from->header().through);
        break;
      case SegmentReader::Result::kDamage:
        if (from->damage().cut_off) break;
        return absl::DataLossError(from->damage().Describe());
      case SegmentReader::Result::kEnd:
        return writer.Finish();
    }
  }
  return writer.status();
}

}  // namespace fantail::tape
