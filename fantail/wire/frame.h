// What is around every message: a header of 8 bytes with a checksum over all the rest, and a
// FlatBuffer behind it.
//
// Thread: one owner.  Errors: an enum and a static text; bytes from outside never stop the process.
#ifndef FANTAIL_WIRE_FRAME_H_
#define FANTAIL_WIRE_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fantail::wire {

// The second byte. A node refuses what it does not speak, and says both numbers.
inline constexpr uint8_t kProtocolVersion = 1;
// kind, version, two reserved bytes that are 0, CRC32C of all other bytes.
inline constexpr size_t kHeaderBytes = 8;

enum class DecodeError : uint8_t {
  kNone,
  kLength,       // shorter than a header, or longer than kMaxMessageBytes
  kVersion,      // another protocol version
  kChecksum,     // damaged on the way
  kUnknownKind,  // a kind that this version does not know: skip and count
  kMalformed,    // no such FlatBuffer
  kNonsense,     // well formed, but it makes no sense
};
const char* DecodeErrorName(DecodeError error);

// CRC32C of all of a message but the four bytes that hold it.
uint32_t MessageChecksum(std::span<const std::byte> message);

// What a message is once its frame has been found whole.
struct Opened {
  uint8_t kind = 0;
  std::span<const std::byte> body;  // aligned to 8 bytes
  // With the header.
  std::span<const std::byte> whole() const {
    return {body.data() - kHeaderBytes, body.size() + kHeaderBytes};
  }
};

// Takes frames off messages.
// Ownership: a body points into the bytes, or into the opener where they were misaligned, and is
// valid until the next call.
class FrameOpener {
 public:
  // A FlatBuffer has at least 8 bytes.
  explicit FrameOpener(size_t least_body = 8) : least_body_(least_body) {}

  // On kNone, `*out` is what is in it. Otherwise detail() says what was wrong.
  DecodeError Open(std::span<const std::byte> bytes, Opened* out);

  const char* detail() const { return detail_; }
  // After kVersion: the version that the other side speaks.
  uint8_t version() const { return version_; }

 private:
  std::span<const std::byte> Aligned(std::span<const std::byte> bytes);

  const size_t least_body_;
  std::vector<uint64_t> scratch_;
  const char* detail_ = "";
  uint8_t version_ = 0;
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_FRAME_H_
