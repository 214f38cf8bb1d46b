#include "tools/fantail-tape/tape_summary.h"

#include <algorithm>
#include <fstream>

#include "fantail/tape/tape_state.h"

namespace fantail::tape_tool {
namespace {

bool HoldsEverything(const tape::Head& head) {
  return head.patterns.size() == 1 && head.patterns.front().text() == "*";
}

// The topics that are known at the end of a segment: of its last checkpoint, and what follows.
uint64_t CountTopics(tape::SegmentReader* segment) {
  const std::vector<tape::IndexEntry>& index = segment->Index();
  size_t begin = index.size();
  while (begin > 0 && index[begin - 1].kind != tape::BlockKind::kCheckpoint) --begin;
  while (begin > 1 && index[begin - 2].kind == tape::BlockKind::kCheckpoint) --begin;
  if (begin == 0) return 0;
  segment->Seek(index[begin - 1]);
  tape::TapeState state;
  for (auto result = segment->Next(); result != tape::SegmentReader::Result::kEnd;
       result = segment->Next()) {
    if (result == tape::SegmentReader::Result::kBlock) segment->content().Deliver(&state);
  }
  return state.topics().size();
}

std::string WriterState(const std::string& folder) {
  std::ifstream file(folder + "/writer.lock");
  std::string word;
  file >> word;
  return word;
}

class Summarizer {
 public:
  explicit Summarizer(TapeSummary* out) : out_(out) {}

  absl::Status Add(const tape::SegmentInfo& info, bool last_of_epoch) {
    auto reader = tape::SegmentReader::Open(info.path);
    if (!reader.ok()) return reader.status();
    SegmentSummary segment{.path = info.path, .head = (*reader)->head()};
    segment.extent.bytes = (*reader)->size_bytes();
    segment.through = segment.head.after;
    if (out_->epochs.empty() || out_->epochs.back().epoch != segment.head.epoch) {
      out_->epochs.push_back({.epoch = segment.head.epoch,
                              .after = segment.head.after,
                              .through = segment.head.after});
    }
    EpochSummary& epoch = out_->epochs.back();
    for (const tape::IndexEntry& entry : (*reader)->Index()) {
      segment.extent.Add({entry.records, 0, entry.first_time_ns, entry.last_time_ns});
      segment.through = std::max(segment.through, entry.through);
      CountMissing(segment.head, entry, &epoch);
    }
    segment.index_rebuilt = segment.head.sealed && (*reader)->index_rebuilt();
    epoch.extent.Add(segment.extent);
    out_->extent.Add(segment.extent);
    if (last_of_epoch) epoch.topics = CountTopics(reader->get());
    out_->segments.push_back(std::move(segment));
    return absl::OkStatus();
  }

 private:
  static void CountMissing(const tape::Head& head, const tape::IndexEntry& entry,
                           EpochSummary* epoch) {
    if (entry.after > epoch->through) epoch->missing += entry.after - epoch->through;
    if (entry.through > epoch->through && HoldsEverything(head)) {
      const uint64_t positions = entry.through - std::max(entry.after, epoch->through);
      epoch->missing += positions - std::min<uint64_t>(positions, entry.records);
    }
    epoch->through = std::max(epoch->through, entry.through);
  }

  TapeSummary* const out_;
};

}  // namespace

void Extent::Add(const Extent& other) {
  bytes += other.bytes;
  if (other.records == 0) return;
  first_time_ns = records == 0 ? other.first_time_ns : std::min(first_time_ns, other.first_time_ns);
  last_time_ns = records == 0 ? other.last_time_ns : std::max(last_time_ns, other.last_time_ns);
  records += other.records;
}

uint64_t TapeSummary::sealed() const {
  return static_cast<uint64_t>(std::count_if(
      segments.begin(), segments.end(), [](const auto& segment) { return segment.head.sealed; }));
}

absl::StatusOr<TapeSummary> Summarize(const std::string& path) {
  TapeSummary summary{.path = path};
  const auto segments = tape::ListSegments(path, &summary.problems);
  if (!segments.ok()) return segments.status();
  summary.writer_state = WriterState(path);
  Summarizer summarizer(&summary);
  for (size_t i = 0; i < segments->size(); ++i) {
    const tape::SegmentInfo& info = (*segments)[i];
    const bool last = i + 1 == segments->size() || (*segments)[i + 1].head.epoch != info.head.epoch;
    if (absl::Status s = summarizer.Add(info, last); !s.ok()) {
      summary.problems.emplace_back(s.message());
    }
  }
  return summary;
}

}  // namespace fantail::tape_tool
