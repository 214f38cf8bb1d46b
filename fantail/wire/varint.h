// Integers of variable length: seven bits a byte, the lowest first, the eighth says that more
// follow; and signed ones folded so that what is near 0 stays short.
#ifndef FANTAIL_WIRE_VARINT_H_
#define FANTAIL_WIRE_VARINT_H_

#include <cstddef>
#include <cstdint>

namespace fantail::wire {

// The most bytes that one has.
inline constexpr size_t kMaxVarint = 10;

// Returns the place behind it.
inline std::byte* PutVarint(std::byte* out, uint64_t value) {
  while (value >= 128) {
    *out++ = static_cast<std::byte>(value | 128);
    value >>= 7;
  }
  *out++ = static_cast<std::byte>(value);
  return out;
}

// Differences are modulo 2^64.
constexpr uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ static_cast<uint64_t>(static_cast<int64_t>(difference) >> 63);
}
constexpr uint64_t UnZigZag(uint64_t value) {
  return (value >> 1) ^ (~(value & 1) + 1);
}

// Reads bytes from outside. Past their end it gives zeros and remembers that it did.
struct VarintReader {
  const std::byte* at = nullptr;
  const std::byte* end = nullptr;
  bool failed = false;

  uint8_t Byte() {
    if (at == end) {
      failed = true;
      return 0;
    }
    return static_cast<uint8_t>(*at++);
  }
  uint64_t Varint() {
    if (at != end && static_cast<uint8_t>(*at) < 128) return static_cast<uint8_t>(*at++);
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    failed = true;
    return 0;
  }
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_VARINT_H_
