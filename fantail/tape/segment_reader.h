// Reads one segment, whole or damaged: every whole block is given, and what is damaged is told with
// its place in the file and the positions that are missing. Nothing is believed that its checksums
// do not cover.
//
// Thread: one owner.  Cost: some 30 ns a record of an active segment, 80 of a sealed one.
// Errors: Open fails with one line for a file that cannot be read as a tape at all; what is damaged
// inside is told by Next.
#ifndef FANTAIL_TAPE_SEGMENT_READER_H_
#define FANTAIL_TAPE_SEGMENT_READER_H_

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fantail/tape/block.h"
#include "fantail/tape/content.h"
#include "fantail/tape/file.h"
#include "fantail/tape/head.h"
#include "fantail/wire/compression.h"

namespace fantail::tape {

// A piece of a file that holds no whole block.
struct Damage {
  std::string path;
  uint64_t offset = 0;
  uint64_t bytes = 0;  // 0: nothing is damaged, but positions are missing
  Position after;      // positions (after, through] are missing; none if they are equal
  std::optional<Position> through;  // nothing: how many is not known, for the file ends here
  std::string what;
  bool cut_off = false;  // the file ends within a block: its writer was stopped, or is at work

  // One line for a person.
  std::string Describe() const;
};

class SegmentReader {
 public:
  static absl::StatusOr<std::unique_ptr<SegmentReader>> Open(const std::string& path);
  ~SegmentReader();

  const std::string& path() const { return file_->path(); }
  uint64_t size_bytes() const { return file_->size(); }
  // As its head says, or its index, where the head is damaged.
  const Head& head() const { return head_; }

  enum class Result : uint8_t {
    kBlock,   // header() and content() are the next checkpoint or data
    kDamage,  // damage() is what lies before the next whole block
    kEnd,
  };
  Result Next();
  const BlockHeader& header() const { return header_; }
  const Content& content() const { return content_; }
  uint64_t block_offset() const { return block_offset_; }
  const Damage& damage() const { return damage_; }
  // Next has given the end.
  bool at_end() const { return at_end_; }

  // Checkpoints and data blocks. From the index of a sealed segment, or from a walk through the
  // headers of all blocks if there is none, or a damaged one.
  const std::vector<IndexEntry>& Index();
  // Whether the index had to be rebuilt. REQUIRES: Index() has been called.
  bool index_rebuilt() const { return index_rebuilt_; }
  // Goes on with the block at `offset`, which is an entry's.
  void Seek(const IndexEntry& entry);

 private:
  explicit SegmentReader(std::unique_ptr<InputFile> file);

  absl::Status Begin();
  bool ReadHeader(uint64_t offset, BlockHeader* header);
  uint64_t FindHeader(uint64_t from, BlockHeader* header);
  bool ReadTrailer(uint64_t* index_offset);
  const char* ReadPayload(uint64_t offset, const BlockHeader& header,
                          std::span<const std::byte>* payload);
  bool ReadIndex();
  void RebuildIndex();
  Result Report(uint64_t end, std::optional<Position> through, std::string what);
  Result AtEnd();

  std::unique_ptr<InputFile> file_;
  Head head_;
  std::optional<uint64_t> tape_;  // the id that every block has
  uint64_t at_ = kPreambleBytes;
  Position through_;  // of what Next has given, or told to be damaged
  bool preamble_told_ = true;
  bool index_seen_ = false;
  bool at_end_ = false;
  bool end_seen_ = false;  // the trailer, or that it is missing

  BlockHeader header_;
  uint64_t block_offset_ = 0;  // of what header_ belongs to
  Content content_;
  Damage damage_;
  bool indexed_ = false;
  bool index_rebuilt_ = false;
  std::vector<IndexEntry> index_;

  std::unique_ptr<std::byte[]> plain_;  // a payload that was compressed
  size_t plain_bytes_ = 0;              // that it has room for
  wire::Decompressor decompressor_;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_SEGMENT_READER_H_
