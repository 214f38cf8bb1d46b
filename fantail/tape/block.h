// The frame of a tape file: a preamble, blocks that each carry their own length and checksums, and
// behind the last block of a sealed file a trailer. docs/tape-format.md is the page about it.
//
// Thread: values and pure functions.
// Errors: a Parse function says false for whatever is not whole.
#ifndef FANTAIL_TAPE_BLOCK_H_
#define FANTAIL_TAPE_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "fantail/base/ids.h"

namespace fantail::tape {

inline constexpr uint32_t kFormatVersion = 1;

// The first bytes of a file.
inline constexpr size_t kPreambleBytes = 16;
void FormatPreamble(std::span<std::byte, kPreambleBytes> out);
// False if it is damaged, or this is no tape. *version may be one that this program cannot read.
bool ParsePreamble(std::span<const std::byte, kPreambleBytes> bytes, uint32_t* version);

enum class BlockKind : uint8_t {
  kHead = 1,        // who wrote this segment
  kCheckpoint = 2,  // every name, and the image
  kData = 3,
  kIndex = 4,
};

enum class Compression : uint8_t { kNone = 0, kZstd = 1 };

// Blocks begin at multiples of this.
inline constexpr size_t kAlignment = 8;
// The most that a payload has, compressed or not. The index of a file with billions of records is
// the only large one.
inline constexpr uint32_t kMaxPayloadBytes = 16u << 20;
inline constexpr uint32_t kMaxIndexBytes = 1u << 30;
inline constexpr uint32_t MaxPayloadBytes(BlockKind kind) {
  return kind == BlockKind::kIndex ? kMaxIndexBytes : kMaxPayloadBytes;
}
// The most that a payload has of which so many bytes are stored: a few bytes that claim to be an
// index of a gigabyte cost nobody a gigabyte.
inline constexpr uint64_t MaxPlainBytes(uint64_t stored_bytes) {
  return (uint64_t{1} << 20) + 4096 * stored_bytes;
}

// In front of each payload, as it lies in the file (little endian).
struct BlockHeader {
  uint32_t magic = 0;     // kBlockMagic
  uint32_t checksum = 0;  // CRC32C of the rest of the header
  uint64_t tape = 0;      // random, the same in every block of the file: what lies in a payload and
                          // looks like a block belongs to another file
  Epoch epoch;
  BlockKind kind = BlockKind::kData;
  Compression compression = Compression::kNone;
  uint16_t part = 0;  // of a checkpoint of several blocks, from 0
  uint32_t records = 0;
  uint32_t stored_bytes = 0;  // of the payload; zeros follow up to a multiple of kAlignment
  uint32_t plain_bytes = 0;   // of the payload when decompressed
  Position after;             // the block's positions: (after, through]
  Position through;
  int64_t first_time_ns = 0;  // the least and the greatest of its records' times
  int64_t last_time_ns = 0;
  uint32_t payload_checksum = 0;  // CRC32C of the payload as stored, with its zeros
  uint32_t reserved = 0;
};
inline constexpr uint32_t kBlockMagic = 0x31425446;  // "FTB1"
inline constexpr size_t kBlockHeaderBytes = sizeof(BlockHeader);
static_assert(kBlockHeaderBytes == 80);

inline constexpr size_t PaddedBytes(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}
// Of the whole block in the file.
inline size_t BlockBytes(const BlockHeader& header) {
  return kBlockHeaderBytes + PaddedBytes(header.stored_bytes);
}

// Fills in magic and checksums. `stored` is the payload with its zeros.
void SealHeader(std::span<const std::byte> stored, BlockHeader* header);
// True if `bytes` begin with a whole header whose values are possible.
bool ParseHeader(std::span<const std::byte> bytes, BlockHeader* header);
bool PayloadIsWhole(const BlockHeader& header, std::span<const std::byte> stored);

// The last bytes of a sealed file.
inline constexpr size_t kTrailerBytes = 16;
void FormatTrailer(uint64_t index_offset, std::span<std::byte, kTrailerBytes> out);
bool ParseTrailer(std::span<const std::byte, kTrailerBytes> bytes, uint64_t* index_offset);

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_BLOCK_H_
