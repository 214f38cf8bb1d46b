// Bytes to messages: length, version, checksum, FlatBuffers verification with tight limits, and
// then whether what it says makes sense. Nothing is believed, and nothing is read, before that.
//
// Thread: one owner.  Errors: an enum and a static text; bytes from outside never stop the process.
// Ownership: a decoded message points into `bytes`, or into the decoder where `bytes` were
// misaligned, and is valid until the next call.
#ifndef FANTAIL_WIRE_DECODE_H_
#define FANTAIL_WIRE_DECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "fantail/wire/frame.h"
#include "fantail/wire/messages.h"

namespace fantail::wire {

class Decoder {
 public:
  // On kNone, `*out` is the message. Otherwise detail() says what was wrong.
  DecodeError Decode(std::span<const std::byte> bytes, AnyMessage* out);

  const char* detail() const { return detail_; }
  // After kVersion: the version that the other side speaks.
  uint8_t version() const { return opener_.version(); }

 private:
  FrameOpener opener_;
  const char* detail_ = "";
};

// Reads what stands behind the header of a message of that kind. REQUIRES: `body` is aligned to 8
// bytes.
DecodeError DecodeBody(std::span<const std::byte> body, Kind kind, AnyMessage* out,
                       const char** detail);

// A plain batch that this process has encoded itself, as it is: nothing is verified.
Batch ViewOwnBatch(std::span<const std::byte> message);

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_DECODE_H_
