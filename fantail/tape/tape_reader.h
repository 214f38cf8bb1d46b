// Reads a tape: one file, or a folder of segments as a journal and a recorder write them, in the
// order of epochs and positions, as the feed that was recorded. What is missing is told as a gap.
//
// Thread: one owner.
// Cost: as SegmentReader's. A seek reads at most kCheckpointRecords records; the index of each
//   segment is read once, and kept without its topics (80 bytes a block).
// Errors: Open and the seeks fail with one line; damage is told by Next and reading goes on.
#ifndef FANTAIL_TAPE_TAPE_READER_H_
#define FANTAIL_TAPE_TAPE_READER_H_

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/tape/segment_reader.h"
#include "fantail/tape/tape_state.h"

namespace fantail::tape {

// The names that a writer gives to the segments of a folder.
inline constexpr char kSealedSuffix[] = ".tape";
inline constexpr char kActiveSuffix[] = ".active";

struct SegmentInfo {
  std::string path;
  Head head;
  uint64_t size_bytes = 0;
};

// The segments of a folder, or the one file, in order. An active segment of which a sealed copy is
// there is left out. Files that are no tapes are told in *problems and left out.
absl::StatusOr<std::vector<SegmentInfo>> ListSegments(const std::string& path,
                                                      std::vector<std::string>* problems);

class TapeReader {
 public:
  static absl::StatusOr<std::unique_ptr<TapeReader>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<SegmentInfo>& segments() const { return segments_; }
  // What could not be opened.
  const std::vector<std::string>& problems() const { return problems_; }

  enum class Result : uint8_t {
    kBlock,   // `to` has been given some of the feed
    kDamage,  // damage() is missing, and `to` has been given a gap if positions are
    kEnd,     // of the last segment
    kFailed,  // a segment cannot be opened any more; problem() says why
  };
  // Gives the next block's worth of the feed to `to`. Where an epoch begins, and behind a gap, that
  // is preceded by a checkpoint.
  Result Next(feed::FeedContent* to);
  const Damage& damage() const { return segment_->damage(); }
  const std::string& problem() const { return problem_; }
  // The number, in the tape's order from 0, of the first record of what Next has given; what is
  // damaged counts as far as an index knows of it. REQUIRES: Next has given a block.
  uint64_t first_record();

  // Goes to the first record, in the tape's order, that is not before the time, the position within
  // its epoch (0: the first epoch), or the number of records: *state is what was known just before
  // it, and Next goes on with it. Behind the last record of all, Next gives the end.
  absl::Status SeekTime(int64_t time_ns, TapeState* state);
  absl::Status SeekPosition(Epoch epoch, Position position, TapeState* state);
  absl::Status SeekRecord(uint64_t number, TapeState* state);
  // To the block with that position, without knowing what came before. NotFound if there is none.
  absl::Status SeekBlock(Epoch epoch, Position position);
  // To the end: what is known there.
  absl::Status SeekEnd(TapeState* state);
  // Back to the beginning.
  void Rewind();

  // What the indexes say of the whole tape.
  struct Span {
    uint64_t records = 0;
    int64_t first_time_ns = 0;
    int64_t last_time_ns = 0;
    uint64_t size_bytes = 0;
  };
  absl::StatusOr<Span> Measure();

 private:
  struct Target;
  struct SegmentIndex {
    std::vector<IndexEntry> entries;  // by rising offset, without topics
    uint64_t records = 0;
    uint64_t file_bytes = 0;
  };

  explicit TapeReader(std::string path) : path_(std::move(path)) {}

  absl::Status OpenSegment(size_t number);
  absl::StatusOr<const SegmentIndex*> IndexOf(size_t number);
  void EnterSegment(feed::FeedContent* to);
  bool Wanted();
  void Deliver(feed::FeedContent* to);
  absl::Status SeekTo(Target target, TapeState* state);
  struct Found;
  absl::StatusOr<std::optional<Found>> Find(Target* target);
  void GoOnAt(const IndexEntry& entry, Position through);
  bool ReadUpTo(const std::vector<IndexEntry>& index, size_t begin, size_t block,
                const Target& target, TapeState* state);

  const std::string path_;
  std::vector<SegmentInfo> segments_;
  std::vector<std::string> problems_;
  std::string problem_;

  std::unique_ptr<SegmentReader> segment_;  // null before the first
  size_t next_segment_ = 0;
  Epoch epoch_;       // of what has been given
  Position through_;  // likewise
  bool wants_checkpoint_ = true;
  bool in_checkpoint_ = false;  // the parts of one are being given
  size_t skip_records_ = 0;     // of the block that Next gives first: before a seek's target
  uint64_t given_from_ = 0;     // of the block that Next has given: its first record that was given
  std::vector<std::unique_ptr<SegmentIndex>> indexes_;  // of segments_, once known
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_TAPE_READER_H_
