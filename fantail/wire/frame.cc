#include "fantail/wire/frame.h"

#include <cstring>

#include "fantail/base/crc32c.h"
#include "fantail/wire/limits.h"

namespace fantail::wire {

uint32_t MessageChecksum(std::span<const std::byte> message) {
  return Crc32c(message.subspan(kHeaderBytes), Crc32c(message.first(4)));
}

DecodeError FrameOpener::Open(std::span<const std::byte> bytes, Opened* out) {
  if (bytes.size() < kHeaderBytes + least_body_ || bytes.size() > kMaxMessageBytes) {
    detail_ = "its length is not that of a message";
    return DecodeError::kLength;
  }
  // First: another version may well have another checksum.
  version_ = static_cast<uint8_t>(bytes[1]);
  if (version_ != kProtocolVersion) {
    detail_ = "another protocol version";
    return DecodeError::kVersion;
  }
  uint32_t checksum;
  std::memcpy(&checksum, bytes.data() + 4, sizeof checksum);
  if (checksum != MessageChecksum(bytes)) {
    detail_ = "its checksum is wrong";
    return DecodeError::kChecksum;
  }
  const std::span<const std::byte> aligned = Aligned(bytes);
  *out = {static_cast<uint8_t>(aligned[0]), aligned.subspan(kHeaderBytes)};
  return DecodeError::kNone;
}

std::span<const std::byte> FrameOpener::Aligned(std::span<const std::byte> bytes) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0) return bytes;
  scratch_.resize((bytes.size() + 7) / 8);
  std::memcpy(scratch_.data(), bytes.data(), bytes.size());
  return {reinterpret_cast<const std::byte*>(scratch_.data()), bytes.size()};
}

const char* DecodeErrorName(DecodeError error) {
  switch (error) {
    case DecodeError::kNone:
      return "none";
    case DecodeError::kLength:
      return "length";
    case DecodeError::kVersion:
      return "version";
    case DecodeError::kChecksum:
      return "checksum";
    case DecodeError::kUnknownKind:
      return "unknown kind";
    case DecodeError::kMalformed:
      return "malformed";
    case DecodeError::kNonsense:
      return "nonsense";
  }
  return "?";
}

}  // namespace fantail::wire
