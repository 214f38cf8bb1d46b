// The packed encoding of a session, for links where bytes are dear: batches as columns of
// differences (columns.h), and names and images as they are, all through one zstd stream that lasts
// until its writer begins another. docs/protocol.md describes it.
//
// A writer and its readers are the two ends of one stream: whatever has been encoded must arrive,
// in order, or a reader cannot go on. The first message after a writer's Reset() says that a stream
// begins there, and any reader can begin with it.
//
// Thread: one owner each.  Ownership: what a reader gives points into it, until the next call.
// Cost: see docs/benchmarks.md; a writer holds about 2 MB and a reader 1.5, and 200 bytes a topic
// each. Nothing is allocated for a tick.
// Limits: a message has at most kMaxMessageBytes, before and after decompression, and
// kMaxPackedBatchTicks ticks. Errors: as Decoder's.
#ifndef FANTAIL_WIRE_PACKED_H_
#define FANTAIL_WIRE_PACKED_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fantail/wire/columns.h"
#include "fantail/wire/compression.h"
#include "fantail/wire/frame.h"
#include "fantail/wire/message.h"
#include "fantail/wire/messages.h"

namespace fantail::wire {

enum class Through : uint8_t {
  kZstd,
  kNothing,  // columns as they are: where bytes are cheaper than the time of a core
};

class PackedWriter {
 public:
  explicit PackedWriter(Through through = Through::kZstd);

  // As EncodeBatch, of any number of records; in several messages if they do not fit one.
  void EncodeBatch(Position after, Position through, std::span<const Record> records, Replay replay,
                   std::vector<Message>* out);
  // The same of as many records, from the first on, as one message takes. Returns how many.
  size_t EncodeSome(Position after, Position through, std::span<const Record> records,
                    Replay replay, Message* out);
  // Whether a plain message goes through the stream, as names and images do that are not too long.
  static bool Takes(const Message& plain);
  // REQUIRES: Takes(plain).
  Message Encode(const Message& plain);
  void Reset();
  size_t memory() const { return stream_.memory(); }

 private:
  Message Finish(uint8_t form);

  const bool compresses_;
  bool begins_ = true;  // the stream, with the next message
  Compressor stream_;
  TickPacker packer_;
  Position through_;             // of the newest batch
  std::vector<std::byte> body_;  // of the message that is being made, before compression
  std::vector<std::byte> compressed_;
};

class PackedReader {
 public:
  PackedReader();

  // Takes a message of kind kPacked. On kNone, `*out` is a PackedBatch, or Names or an Image.
  // Otherwise detail() says what was wrong, and the stream has ended.
  DecodeError Decode(std::span<const std::byte> bytes, AnyMessage* out);
  void Reset();
  const char* detail() const { return detail_; }
  size_t memory() const { return stream_.memory(); }

 private:
  DecodeError Take(const Opened& opened, AnyMessage* out);
  const char* ReadBatch(std::span<const std::byte> body, uint8_t form, PackedBatch* batch);

  FrameOpener opener_;
  bool begun_ = false;
  Decompressor stream_;
  TickUnpacker unpacker_;
  Position through_;
  std::vector<uint64_t> plain_;  // aligned, for FlatBuffers
  std::vector<Record> records_;
  const char* detail_ = "";
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_PACKED_H_
