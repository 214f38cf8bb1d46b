#include "fantail/tape/tape_archive.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fantail/tape/tape_reader.h"

namespace fantail::tape {
namespace {

// Records that are read at once, at least: the blocks of an active segment are small.
constexpr size_t kEnough = 4096;

// Some blocks of an epoch, up to whatever can only mean that something is missing behind them.
class Piece : public feed::FeedContent {
 public:
  void OnNewEpoch(Epoch, bool) override { whole = false; }
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> more) override {
    if (whole) records.insert(records.end(), more.begin(), more.end());
  }
  void OnThrough(Position at) override {
    if (whole) through = std::max(through, at);
  }
  void OnGap(const feed::GapNotice&) override { whole = false; }
  void OnEnd(Position) override {}

  std::vector<wire::Record> records;
  Position through;
  bool whole = true;
};

// Where the epoch's segments begin; at its beginning if it has none yet.
Position BeginOf(const TapeReader& reader, Epoch epoch) {
  for (const SegmentInfo& segment : reader.segments()) {
    if (segment.head.epoch == epoch) return segment.head.after;
  }
  return Position{};
}

}  // namespace

class TapeArchive::Reader : public feed::ArchiveReader {
 public:
  explicit Reader(TapeArchive* archive) : archive_(archive) { ++archive_->readers_; }
  ~Reader() override { --archive_->readers_; }

  std::optional<Position> Scan(Position after,
                               const std::function<bool(const wire::Record&)>& fn) override {
    if ((after < after_ || after >= piece_.through) && !Advance(after)) return std::nullopt;
    auto record = std::upper_bound(
        piece_.records.begin(), piece_.records.end(), after,
        [](Position position, const wire::Record& r) { return position < r.position; });
    while (record != piece_.records.end() && fn(*record)) ++record;
    return piece_.through;
  }

 private:
  // The tape grows, and its active segments are sealed: so at the end of what was there when it was
  // opened, it is opened again.
  bool Advance(Position after) {
    const bool goes_on = tape_ != nullptr && after == piece_.through;
    return (goes_on && Read(after)) || (Seek(after) && Read(after));
  }

  bool Seek(Position after) {
    tape_.reset();
    auto tape = TapeReader::Open(archive_->folder_);
    if (!tape.ok()) return false;
    archive_->begin_ = BeginOf(**tape, archive_->epoch_);
    if (!(*tape)->SeekBlock(archive_->epoch_, after + 1).ok()) return false;
    tape_ = *std::move(tape);
    return true;
  }

  bool Read(Position after) {
    piece_ = Piece();
    after_ = after;
    auto result = TapeReader::Result::kBlock;
    while (result == TapeReader::Result::kBlock && piece_.whole &&
           piece_.records.size() < kEnough) {
      result = tape_->Next(&piece_);
    }
    // Behind what is missing it would go on as if nothing were.
    if (result != TapeReader::Result::kBlock || !piece_.whole) tape_.reset();
    return piece_.through > after;
  }

  TapeArchive* const archive_;
  std::unique_ptr<TapeReader> tape_;
  Position after_;
  Piece piece_;  // what there is in (after_, piece_.through]
};

TapeArchive::TapeArchive(std::string folder, Epoch epoch)
    : folder_(std::move(folder)), epoch_(epoch) {
  const auto tape = TapeReader::Open(folder_);
  if (tape.ok()) begin_ = BeginOf(**tape, epoch_);
}

std::unique_ptr<feed::ArchiveReader> TapeArchive::Open() {
  if (readers_ == kMostReaders) return nullptr;
  return std::make_unique<Reader>(this);
}

}  // namespace fantail::tape
