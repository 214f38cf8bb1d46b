// Writes one segment, active or sealed. An active one is plain and grows with every Commit, so that
// nothing that was committed is lost with the process. A sealed one is packed, in blocks of
// kSealedRecords, with checkpoints on the way and an index at its end; it has a name of its own
// only when it is whole.
//
// Thread: one owner; Sync may be called beside the others.
// Ownership: reads the state that its owner keeps, which outlives it.
// Cost: active some 90 ns a record, most of it the kernel's copying, and 2 us a commit; sealed some
// 200 ns a record on one core.
// Errors: a status that names the file. After a failed Commit nothing of it is in the file, and it
// may be tried again.
#ifndef FANTAIL_TAPE_SEGMENT_WRITER_H_
#define FANTAIL_TAPE_SEGMENT_WRITER_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/tape/block.h"
#include "fantail/tape/content.h"
#include "fantail/tape/file.h"
#include "fantail/tape/head.h"
#include "fantail/tape/tape_state.h"
#include "fantail/wire/compression.h"

namespace fantail::tape {

// Where a block of a sealed segment is full: large enough to compress well (65,536 save another 5
// %), small enough to be decoded in 2 ms.
inline constexpr size_t kSealedRecords = 16384;
// How far apart checkpoints are: what a seek reads at most, and half of it on average. Of 8,000
// topics a checkpoint has 380 KB, some 6 bytes a record; of few it is nothing. Twice as far apart,
// the longest seek took 35 to 43 ms, and 60 to 84 on a busy machine.
inline constexpr size_t kCheckpointRecords = 4 * kSealedRecords;

class SegmentWriter {
 public:
  // Creates the file with `head` and a checkpoint of `state`, which is where the segment begins.
  // `path` appears when that is whole (active), or at Finish (sealed); `tape_id` is random.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Create(std::string path, Head head,
                                                               uint64_t tape_id,
                                                               const TapeState* state);
  // Takes an unfinished sealed segment away again.
  ~SegmentWriter();

  // What the next blocks will hold. The state knows of it already.
  Content& content() { return content_; }

  // Active: writes what has been added. Sealed: writes it if it fills a block.
  absl::Status Commit();
  absl::Status Sync() { return file_->Sync(); }
  // Writes the rest; a sealed segment gets its index, is brought to the disk, and gets its name.
  absl::Status Finish();

  const Head& head() const { return head_; }
  const std::string& path() const { return path_; }
  uint64_t size_bytes() const { return file_->size(); }
  uint64_t records() const { return records_; }

 private:
  SegmentWriter(std::string path, Head head, uint64_t tape_id, const TapeState* state,
                std::unique_ptr<OutputFile> file);

  absl::Status Begin();
  absl::Status WriteContent();
  absl::Status WriteCheckpoint();
  absl::Status WriteBlock(BlockHeader header, std::span<const std::byte> payload);

  const std::string path_;
  const Head head_;
  const uint64_t tape_id_;
  const TapeState* const state_;
  std::unique_ptr<OutputFile> file_;
  bool finished_ = false;

  Content content_;
  Position through_;  // of what is in the file
  uint64_t records_ = 0;
  uint64_t since_checkpoint_ = 0;  // records
  std::vector<IndexEntry> index_;  // sealed only

  std::vector<std::byte> payload_;
  std::vector<std::byte> block_;
  std::unique_ptr<wire::Compressor> compressor_;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_SEGMENT_WRITER_H_
