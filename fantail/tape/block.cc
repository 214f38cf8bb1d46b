#include "fantail/tape/block.h"

#include <array>
#include <cstring>

#include "fantail/base/crc32c.h"

namespace fantail::tape {
namespace {

constexpr char kTapeMagic[8] = {'F', 'A', 'N', 'T', 'A', 'P', 'E', '\0'};
constexpr uint32_t kTrailerMagic = 0x31455446;  // "FTE1"

// Of all but the first eight bytes, which are the magic and the checksum itself.
uint32_t HeaderChecksum(const BlockHeader& header) {
  return Crc32c(std::as_bytes(std::span(&header, 1)).subspan(8));
}

}  // namespace

void FormatPreamble(std::span<std::byte, kPreambleBytes> out) {
  std::memcpy(out.data(), kTapeMagic, 8);
  std::memcpy(out.data() + 8, &kFormatVersion, 4);
  const uint32_t checksum = Crc32c(out.first(12));
  std::memcpy(out.data() + 12, &checksum, 4);
}

bool ParsePreamble(std::span<const std::byte, kPreambleBytes> bytes, uint32_t* version) {
  uint32_t checksum;
  std::memcpy(&checksum, bytes.data() + 12, 4);
  if (std::memcmp(bytes.data(), kTapeMagic, 8) != 0 || checksum != Crc32c(bytes.first(12))) {
    return false;
  }
  std::memcpy(version, bytes.data() + 8, 4);
  return true;
}

void SealHeader(std::span<const std::byte> stored, BlockHeader* header) {
  header->magic = kBlockMagic;
  header->payload_checksum = Crc32c(stored);
  header->checksum = HeaderChecksum(*header);
}

bool ParseHeader(std::span<const std::byte> bytes, BlockHeader* header) {
  if (bytes.size() < kBlockHeaderBytes) return false;
  std::memcpy(header, bytes.data(), kBlockHeaderBytes);
  return header->magic == kBlockMagic && header->checksum == HeaderChecksum(*header) &&
         header->kind >= BlockKind::kHead && header->kind <= BlockKind::kIndex &&
         header->compression <= Compression::kZstd &&
         header->stored_bytes <= MaxPayloadBytes(header->kind) &&
         header->plain_bytes <= MaxPayloadBytes(header->kind) &&
         header->plain_bytes <= MaxPlainBytes(header->stored_bytes) &&
         header->after <= header->through;
}

bool PayloadIsWhole(const BlockHeader& header, std::span<const std::byte> stored) {
  return Crc32c(stored) == header.payload_checksum;
}

void FormatTrailer(uint64_t index_offset, std::span<std::byte, kTrailerBytes> out) {
  std::memcpy(out.data(), &index_offset, 8);
  std::memcpy(out.data() + 8, &kTrailerMagic, 4);
  const uint32_t checksum = Crc32c(out.first(12));
  std::memcpy(out.data() + 12, &checksum, 4);
}

bool ParseTrailer(std::span<const std::byte, kTrailerBytes> bytes, uint64_t* index_offset) {
  uint32_t magic, checksum;
  std::memcpy(&magic, bytes.data() + 8, 4);
  std::memcpy(&checksum, bytes.data() + 12, 4);
  if (magic != kTrailerMagic || checksum != Crc32c(bytes.first(12))) return false;
  std::memcpy(index_offset, bytes.data(), 8);
  return true;
}

}  // namespace fantail::tape
