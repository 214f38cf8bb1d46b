#include "fantail/tape/tape_reader.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

namespace fantail::tape {
namespace {

namespace fs = std::filesystem;

bool IsSegment(const fs::path& path) {
  return path.extension() == kSealedSuffix || path.extension() == kActiveSuffix;
}

// While a tape is written, its writer puts a sealed segment in the place of an active one.
absl::StatusOr<std::unique_ptr<SegmentReader>> OpenEither(const std::string& path) {
  auto reader = SegmentReader::Open(path);
  if (!absl::IsNotFound(reader.status()) || fs::path(path).extension() != kActiveSuffix) {
    return reader;
  }
  auto sealed = SegmentReader::Open(fs::path(path).replace_extension(kSealedSuffix).string());
  return sealed.ok() ? std::move(sealed) : std::move(reader);
}

// The first part of the last checkpoint at or before `block`.
size_t CheckpointAt(const std::vector<IndexEntry>& index, size_t block) {
  while (block > 0 && index[block].kind != BlockKind::kCheckpoint) --block;
  while (block > 0 && index[block - 1].kind == BlockKind::kCheckpoint) --block;
  return block;
}

}  // namespace

absl::StatusOr<std::vector<SegmentInfo>> ListSegments(const std::string& path,
                                                      std::vector<std::string>* problems) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_directory(path, error)) {
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (IsSegment(it->path())) files.push_back(it->path());
    }
    if (error) return FileError(path, "cannot be listed", error.value());
    if (files.empty()) {
      return absl::NotFoundError(path + ": no tape in this folder; its files end with " +
                                 kSealedSuffix + " or " + kActiveSuffix);
    }
    // A sealed segment has its name only when it is whole: then the active one is done with.
    std::erase_if(files, [&](const fs::path& file) {
      fs::path sealed = file;
      sealed.replace_extension(kSealedSuffix);
      return file.extension() == kActiveSuffix && fs::exists(sealed, error);
    });
  } else {
    files.emplace_back(path);
  }
  std::vector<SegmentInfo> segments;
  for (const fs::path& file : files) {
    auto reader = OpenEither(file.string());
    if (reader.ok()) {
      segments.push_back({(*reader)->path(), (*reader)->head(), (*reader)->size_bytes()});
    } else if (files.size() == 1) {
      return reader.status();
    } else {
      problems->emplace_back(reader.status().message());
    }
  }
  std::sort(segments.begin(), segments.end(), [](const SegmentInfo& a, const SegmentInfo& b) {
    return std::tuple(a.head.epoch, a.head.after, a.path) <
           std::tuple(b.head.epoch, b.head.after, b.path);
  });
  return segments;
}

absl::StatusOr<std::unique_ptr<TapeReader>> TapeReader::Open(const std::string& path) {
  std::unique_ptr<TapeReader> reader(new TapeReader(path));
  auto segments = ListSegments(path, &reader->problems_);
  if (!segments.ok()) return segments.status();
  reader->segments_ = *std::move(segments);
  reader->indexes_.resize(reader->segments_.size());
  return reader;
}

absl::Status TapeReader::OpenSegment(size_t number) {
  auto segment = OpenEither(segments_[number].path);
  if (!segment.ok()) return segment.status();
  segment_ = *std::move(segment);
  SegmentInfo& info = segments_[number];
  if (info.path != segment_->path()) {  // it has been sealed
    info = {segment_->path(), segment_->head(), segment_->size_bytes()};
    indexes_[number].reset();
  }
  next_segment_ = number + 1;
  in_checkpoint_ = false;
  return absl::OkStatus();
}

// A sealed segment never changes. An active one may have grown since.
absl::StatusOr<const TapeReader::SegmentIndex*> TapeReader::IndexOf(size_t number) {
  std::unique_ptr<SegmentIndex>& known = indexes_[number];
  if (known != nullptr && segments_[number].head.sealed) return known.get();
  std::unique_ptr<SegmentReader> opened;
  SegmentReader* segment = segment_.get();
  if (segment == nullptr || next_segment_ != number + 1) {
    auto another = OpenEither(segments_[number].path);
    if (!another.ok()) return another.status();
    opened = *std::move(another);
    segment = opened.get();
  }
  if (known != nullptr && known->file_bytes == segment->size_bytes()) return known.get();
  known = std::make_unique<SegmentIndex>();
  known->file_bytes = segment->size_bytes();
  known->entries = segment->Index();
  for (IndexEntry& entry : known->entries) {
    known->records += entry.records;
    entry.topics = {};
  }
  return known.get();
}

uint64_t TapeReader::first_record() {
  uint64_t number = given_from_;
  for (size_t i = 0; i < next_segment_; ++i) {
    const auto index = IndexOf(i);
    if (!index.ok()) continue;  // it can be read no more: then it has none
    if (i + 1 < next_segment_) {
      number += (*index)->records;
      continue;
    }
    for (const IndexEntry& entry : (*index)->entries) {
      if (entry.offset >= segment_->block_offset()) break;
      number += entry.records;
    }
  }
  return number;
}

void TapeReader::Rewind() {
  segment_.reset();
  next_segment_ = 0;
  epoch_ = {};
  through_ = {};
  wants_checkpoint_ = true;
  skip_records_ = 0;
}

// The segment goes on where the one before it ended, or a gap says what is missing between them.
void TapeReader::EnterSegment(feed::FeedContent* to) {
  const Head& head = segment_->head();
  if (head.epoch != epoch_) {
    epoch_ = head.epoch;
    through_ = head.after;
    wants_checkpoint_ = true;
    to->OnNewEpoch(head.epoch, head.paced);
    to->OnThrough(head.after);
  } else if (head.after > through_) {
    to->OnGap({.from = through_,
               .to = head.after,
               .patterns = head.patterns,
               .reason = feed::GapReason::kNotHeld});
    through_ = head.after;
    wants_checkpoint_ = true;
  }
}

TapeReader::Result TapeReader::Next(feed::FeedContent* to) {
  while (true) {
    if (segment_ == nullptr || segment_->at_end()) {
      if (next_segment_ == segments_.size()) return Result::kEnd;
      if (absl::Status s = OpenSegment(next_segment_); !s.ok()) {
        problem_ = std::string(s.message());
        return Result::kFailed;
      }
      EnterSegment(to);
    }
    switch (segment_->Next()) {
      case SegmentReader::Result::kBlock:
        if (!segment_->content().empty() && Wanted()) {
          Deliver(to);
          return Result::kBlock;
        }
        to->OnThrough(segment_->header().through);
        break;
      case SegmentReader::Result::kDamage: {
        const Damage& damage = segment_->damage();
        // Behind a cut the next segment goes on, and says what is missing.
        const Position through =
            damage.cut_off ? damage.after : damage.through.value_or(damage.after);
        skip_records_ = 0;
        if (through > through_) {
          to->OnGap({.from = through_,
                     .to = through,
                     .patterns = segment_->head().patterns,
                     .reason = feed::GapReason::kNotHeld});
          through_ = through;
          wants_checkpoint_ = true;
        }
        return Result::kDamage;
      }
      case SegmentReader::Result::kEnd:
        break;
    }
  }
}

// A checkpoint is wanted where nothing is known; data unless it has come already.
bool TapeReader::Wanted() {
  const BlockHeader& header = segment_->header();
  if (header.kind == BlockKind::kCheckpoint) {
    if (header.part == 0) in_checkpoint_ = std::exchange(wants_checkpoint_, false);
    return in_checkpoint_;
  }
  in_checkpoint_ = false;
  return header.through > through_ || header.records == 0;
}

void TapeReader::Deliver(feed::FeedContent* to) {
  given_from_ = std::exchange(skip_records_, 0);
  segment_->content().Deliver(to, given_from_);
  through_ = std::max(through_, segment_->header().through);
  to->OnThrough(through_);
}

struct TapeReader::Target {
  enum class By : uint8_t { kTime, kPosition, kRecord } by;
  int64_t time_ns = 0;
  Epoch epoch;
  Position position;
  uint64_t record = 0;  // what is left to be skipped

  bool EndsBefore(const SegmentInfo& segment, const SegmentInfo* next) const {
    if (by != By::kPosition || epoch.value == 0) return false;
    return segment.head.epoch < epoch ||
           (next != nullptr && next->head.epoch == epoch && next->head.after < position);
  }
  bool IsIn(const SegmentInfo& segment, const IndexEntry& entry) const {
    if (entry.kind != BlockKind::kData || entry.records == 0) return false;
    switch (by) {
      case By::kTime:
        return entry.last_time_ns >= time_ns;
      case By::kPosition:
        return entry.through >= position || (epoch.value != 0 && segment.head.epoch > epoch);
      case By::kRecord:
        return entry.records > record;
    }
    return false;
  }
  // The first record of the block that is not before the target.
  size_t Find(const std::vector<wire::Record>& records) const {
    size_t i = 0;
    for (; i < records.size(); ++i) {
      if (by == By::kTime && records[i].tick.time_ns >= time_ns) break;
      if (by == By::kPosition && records[i].position >= position) break;
      if (by == By::kRecord && i >= record) break;
    }
    return i;
  }
};

struct TapeReader::Found {
  const std::vector<IndexEntry>* index;  // of the segment that is open
  size_t block;
};

absl::Status TapeReader::SeekTime(int64_t time_ns, TapeState* state) {
  return SeekTo({.by = Target::By::kTime, .time_ns = time_ns}, state);
}

absl::Status TapeReader::SeekPosition(Epoch epoch, Position position, TapeState* state) {
  return SeekTo({.by = Target::By::kPosition, .epoch = epoch, .position = position}, state);
}

absl::Status TapeReader::SeekRecord(uint64_t number, TapeState* state) {
  return SeekTo({.by = Target::By::kRecord, .record = number}, state);
}

absl::Status TapeReader::SeekBlock(Epoch epoch, Position position) {
  Target target{.by = Target::By::kPosition, .epoch = epoch, .position = position};
  const auto found = Find(&target);
  if (!found.ok()) return found.status();
  if (!*found) return absl::NotFoundError(path_ + ": it ends before that position");
  const IndexEntry& entry = (*(*found)->index)[(*found)->block];
  if (segment_->head().epoch != epoch || entry.after >= position) {
    return absl::NotFoundError(path_ + ": that position is missing");
  }
  skip_records_ = 0;
  GoOnAt(entry, entry.after);
  return absl::OkStatus();
}

// The block with the first record that is not before the target, in the segment that is open now.
absl::StatusOr<std::optional<TapeReader::Found>> TapeReader::Find(Target* target) {
  for (size_t number = 0; number < segments_.size(); ++number) {
    const bool last = number + 1 == segments_.size();
    if (target->EndsBefore(segments_[number], last ? nullptr : &segments_[number + 1])) continue;
    // Its index goes with the file that is open, in the place of which a sealed one may come.
    const bool open = !segments_[number].head.sealed;
    if (open) {
      if (absl::Status s = OpenSegment(number); !s.ok()) return s;
    }
    const auto index = IndexOf(number);
    if (!index.ok()) return index.status();
    const std::vector<IndexEntry>& entries = (*index)->entries;
    for (size_t block = 0; block < entries.size(); ++block) {
      if (target->IsIn(segments_[number], entries[block])) {
        absl::Status s = open ? absl::OkStatus() : OpenSegment(number);
        if (!s.ok()) return s;
        return Found{&entries, block};
      }
      if (entries[block].kind == BlockKind::kData) {
        target->record -= std::min<uint64_t>(target->record, entries[block].records);
      }
    }
  }
  return std::nullopt;
}

absl::Status TapeReader::SeekTo(Target target, TapeState* state) {
  const auto found = Find(&target);
  if (!found.ok()) return found.status();
  // Behind everything: the state at the end of the last segment.
  if (!*found) return SeekEnd(state);
  const auto& [index, block] = **found;
  // From the checkpoint before the block to the target in it. One that is damaged has not all that
  // is known there: then from the one before, as far as there is one.
  size_t begin = CheckpointAt(*index, block);
  while (!ReadUpTo(*index, begin, block, target, state)) begin = CheckpointAt(*index, begin - 1);
  GoOnAt((*index)[block], state->through());
  return absl::OkStatus();
}

// All that is known before `through`, which is in this block or at its beginning, is known.
void TapeReader::GoOnAt(const IndexEntry& entry, Position through) {
  epoch_ = segment_->head().epoch;
  through_ = through;
  wants_checkpoint_ = false;
  segment_->Seek(entry);
}

// False if the checkpoint with which it begins is damaged, and there is one before.
bool TapeReader::ReadUpTo(const std::vector<IndexEntry>& index, size_t begin, size_t block,
                          const Target& target, TapeState* state) {
  const Head& head = segment_->head();
  state->OnNewEpoch(head.epoch, head.paced);
  state->OnThrough(index[begin].after);
  skip_records_ = 0;
  segment_->Seek(index[begin]);
  bool in_checkpoint = begin > 0;
  while (true) {
    const SegmentReader::Result result = segment_->Next();
    if (result == SegmentReader::Result::kEnd) return true;
    if (result == SegmentReader::Result::kDamage) {
      if (in_checkpoint) return false;
      const Damage& damage = segment_->damage();
      if (damage.offset + damage.bytes > index[block].offset) return true;  // Next tells it again
      continue;
    }
    const BlockHeader& header = segment_->header();
    in_checkpoint = in_checkpoint && header.kind == BlockKind::kCheckpoint;
    if (header.through <= index[block].after) {
      segment_->content().Deliver(state);
      state->OnThrough(header.through);
      continue;
    }
    // Otherwise the block with the target is damaged: all of it is told to be missing.
    if (header.after == index[block].after) {
      skip_records_ = target.Find(segment_->content().records());
      segment_->content().DeliverBefore(state, skip_records_);
    }
    return true;
  }
}

absl::Status TapeReader::SeekEnd(TapeState* state) {
  if (segments_.empty()) return absl::OkStatus();
  const size_t last = segments_.size() - 1;
  if (absl::Status s = OpenSegment(last); !s.ok()) return s;
  const std::vector<IndexEntry>& index = segment_->Index();
  const Head& head = segment_->head();
  state->OnNewEpoch(head.epoch, head.paced);
  state->OnThrough(head.after);
  size_t begin = index.size();
  while (begin > 0 && index[begin - 1].kind != BlockKind::kCheckpoint) --begin;
  while (begin > 1 && index[begin - 2].kind == BlockKind::kCheckpoint) --begin;
  if (begin > 0) segment_->Seek(index[begin - 1]);
  for (auto result = segment_->Next(); result != SegmentReader::Result::kEnd;
       result = segment_->Next()) {
    if (result != SegmentReader::Result::kBlock) continue;
    segment_->content().Deliver(state);
    state->OnThrough(segment_->header().through);
  }
  epoch_ = head.epoch;
  through_ = state->through();
  wants_checkpoint_ = false;
  return absl::OkStatus();
}

absl::StatusOr<TapeReader::Span> TapeReader::Measure() {
  Span span;
  for (size_t number = 0; number < segments_.size(); ++number) {
    const auto index = IndexOf(number);
    if (!index.ok()) return index.status();
    span.size_bytes += segments_[number].size_bytes;
    for (const IndexEntry& entry : (*index)->entries) {
      if (entry.records == 0) continue;
      if (span.records == 0) {
        span.first_time_ns = entry.first_time_ns;
        span.last_time_ns = entry.last_time_ns;
      }
      span.first_time_ns = std::min(span.first_time_ns, entry.first_time_ns);
      span.last_time_ns = std::max(span.last_time_ns, entry.last_time_ns);
      span.records += entry.records;
    }
  }
  return span;
}

}  // namespace fantail::tape
