#include "fantail/base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace fantail {

uint32_t Crc32c(std::span<const std::byte> bytes, uint32_t before) {
  // ISA-L declares its input mutable and does not change it, counts it in an int, and leaves out
  // the two inversions.
  constexpr size_t kMost = size_t{1} << 30;
  uint32_t crc = ~before;
  while (!bytes.empty()) {
    const size_t now = std::min(bytes.size(), kMost);
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
    crc = crc32_iscsi(data, static_cast<int>(now), crc);
    bytes = bytes.subspan(now);
  }
  return ~crc;
}

}  // namespace fantail
