// Numbers and texts at fixed places of a binary message.
//
// Thread: any.  REQUIRES: the bytes are there; whoever calls has compared lengths.
#ifndef FANTAIL_SOURCE_BYTE_FIELDS_H_
#define FANTAIL_SOURCE_BYTE_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace fantail::source {

using ByteSpan = std::span<const std::byte>;

// Network order, 1 to 8 bytes.
template <size_t kBytes>
uint64_t BigEndian(ByteSpan bytes, size_t at) {
  static_assert(kBytes >= 1 && kBytes <= 8);
  uint64_t value = 0;
  for (size_t i = 0; i < kBytes; ++i) value = value << 8 | static_cast<uint64_t>(bytes[at + i]);
  return value;
}

// An integer as it lies in memory (wire/tick.h asserts that memory is little-endian).
template <class Integer>
Integer LittleEndian(ByteSpan bytes, size_t at) {
  Integer value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

inline char Letter(ByteSpan bytes, size_t at) {
  return static_cast<char>(bytes[at]);
}

// A text that is filled with spaces on the right.
inline std::string_view PaddedText(ByteSpan bytes, size_t at, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()) + at, size);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_BYTE_FIELDS_H_
