#include "fantail/wire/packed.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/varint.h"

namespace fantail::wire {
namespace {

// Measured on a recorded day, beside levels 1 to 9 and windows of 2^17 to 2^22: level 6 saves 6 %
// and takes twice as long, and a longer window saves nothing. See docs/decisions/0012.
constexpr int kLevel = 3;
constexpr int kWindowLog = 18;

// The third byte of the header.
constexpr uint8_t kWhat = 3;  // bits 0, 1
constexpr uint8_t kTicks = 0;
constexpr uint8_t kNames = 1;
constexpr uint8_t kImage = 2;
constexpr int kReplay = 2;  // bits 2, 3
constexpr uint8_t kAfterGiven = 1 << 4;
constexpr uint8_t kThroughGiven = 1 << 5;
constexpr uint8_t kStored = 1 << 6;
constexpr uint8_t kBegins = 1 << 7;

// Fewer ticks than this go as rows; shorter bodies than this do not go through the stream: it would
// make them longer. One tick has 11 bytes, two have 20, and come out as 17.
constexpr size_t kLeastColumns = 32;
constexpr size_t kLeastCompressed = 18;

// What fits a message whatever the stream makes of it: 1/256 and a block header of 3 bytes more for
// each 128 KiB, and the frame's header of 6.
constexpr size_t kMostPlain = kMaxMessageBytes - 512;
constexpr size_t kMostHead = 2 * kMaxVarint;

uint8_t WhatOf(Kind kind) {
  return kind == Kind::kNames ? kNames : kind == Kind::kImage ? kImage : kTicks;
}

}  // namespace

PackedWriter::PackedWriter(Through through)
    : compresses_(through == Through::kZstd), stream_(kLevel, kWindowLog) {}

void PackedWriter::Reset() {
  begins_ = true;
  stream_.Reset();
  packer_.Reset();
  through_ = Position{};
}

void PackedWriter::EncodeBatch(Position after, Position through, std::span<const Record> records,
                               Replay replay, std::vector<Message>* out) {
  do {
    records = records.subspan(EncodeSome(after, through, records, replay, &out->emplace_back()));
    after = through_;
  } while (!records.empty());
}

size_t PackedWriter::EncodeSome(Position after, Position through, std::span<const Record> records,
                                Replay replay, Message* out) {
  body_.resize(kMostHead);
  const auto some = records.first(std::min(records.size(), kMaxPackedBatchTicks));
  const Layout layout = some.size() < kLeastColumns ? Layout::kRows : Layout::kColumns;
  const size_t count = packer_.PackSome(some, kMostPlain - kMostHead, layout, &body_);
  // What does not fit follows, and this message is all through its own last tick.
  const bool all = count == records.size();
  const Position reached = all ? through : records[count - 1].position;
  const Position last = count == 0 ? after : records[count - 1].position;
  uint8_t form = static_cast<uint8_t>(kTicks | static_cast<uint8_t>(replay) << kReplay);
  std::byte head[kMostHead];
  std::byte* end = head;
  if (after != through_) {
    form |= kAfterGiven;
    end = PutVarint(end, ZigZag(after.value - through_.value));
  }
  if (reached != last) {
    form |= kThroughGiven;
    end = PutVarint(end, reached - last);
  }
  // Directly before the ticks.
  const auto size = static_cast<size_t>(end - head);
  body_.erase(body_.begin(), body_.begin() + static_cast<std::ptrdiff_t>(kMostHead - size));
  std::memcpy(body_.data(), head, size);
  *out = Finish(form);
  through_ = reached;
  return count;
}

bool PackedWriter::Takes(const Message& plain) {
  const auto kind = static_cast<Kind>(plain.bytes()[0]);
  return (kind == Kind::kNames || kind == Kind::kImage) &&
         plain.size() - kHeaderBytes <= kMostPlain;
}

Message PackedWriter::Encode(const Message& plain) {
  FANTAIL_CHECK(Takes(plain), plain.size());
  const std::span<const std::byte> body = plain.bytes().subspan(kHeaderBytes);
  body_.assign(body.begin(), body.end());
  return Finish(WhatOf(static_cast<Kind>(plain.bytes()[0])));
}

Message PackedWriter::Finish(uint8_t form) {
  std::span<const std::byte> body = body_;
  if (std::exchange(begins_, false)) form |= kBegins;
  if (!compresses_ || body.size() < kLeastCompressed) {
    form |= kStored;
  } else {
    compressed_.resize(CompressedBound(body.size()));
    body = std::span(compressed_).first(stream_.Part(body, compressed_));
  }
  Message message = Message::WithSize(kHeaderBytes + body.size());
  const std::span<std::byte> bytes = message.Fill();
  FANTAIL_CHECK(bytes.size() <= kMaxMessageBytes, bytes.size());
  bytes[0] = static_cast<std::byte>(Kind::kPacked);
  bytes[1] = static_cast<std::byte>(kProtocolVersion);
  bytes[2] = static_cast<std::byte>(form);
  bytes[3] = std::byte{0};
  std::memcpy(bytes.data() + kHeaderBytes, body.data(), body.size());
  const uint32_t checksum = MessageChecksum(bytes);
  std::memcpy(bytes.data() + 4, &checksum, sizeof checksum);
  return message;
}

// -------------------------------------------------------------------------------------------------

// One byte more than a message may hold: what fills it is too much.
PackedReader::PackedReader()
    : opener_(/*least_body=*/1),
      stream_(kWindowLog),
      plain_(kMaxMessageBytes / sizeof(uint64_t) + 1) {}

void PackedReader::Reset() {
  begun_ = false;
  stream_.Reset();
  unpacker_.Reset();
  through_ = Position{};
}

DecodeError PackedReader::Decode(std::span<const std::byte> bytes, AnyMessage* out) {
  Opened opened;
  const DecodeError error = opener_.Open(bytes, &opened);
  detail_ = opener_.detail();
  return error == DecodeError::kNone ? Take(opened, out) : error;
}

DecodeError PackedReader::Take(const Opened& opened, AnyMessage* out) {
  const auto form = static_cast<uint8_t>(opened.whole()[2]);
  if ((form & kBegins) != 0) {
    Reset();
    begun_ = true;
  } else if (!begun_) {
    detail_ = "a packed message that goes on with a stream that has not begun";
    return DecodeError::kNonsense;
  }
  const std::span<std::byte> room = std::as_writable_bytes(std::span(plain_));
  std::span<const std::byte> plain = opened.body;
  if ((form & kStored) != 0) {
    std::memcpy(room.data(), plain.data(), plain.size());
    plain = room.first(plain.size());
  } else {
    const auto size = stream_.Part(opened.body, room.first(kMaxMessageBytes + 1));
    if (!size) {
      detail_ = "a packed message that does not decompress to what a message may hold";
      return DecodeError::kMalformed;
    }
    plain = room.first(*size);
  }
  switch (form & kWhat) {
    case kTicks:
      if (const char* problem = ReadBatch(plain, form, &out->emplace<PackedBatch>())) {
        detail_ = problem;
        return DecodeError::kNonsense;
      }
      return DecodeError::kNone;
    case kNames:
      return DecodeBody(plain, Kind::kNames, out, &detail_);
    case kImage:
      return DecodeBody(plain, Kind::kImage, out, &detail_);
    default:
      detail_ = "a packed message of an unknown form";
      return DecodeError::kNonsense;
  }
}

const char* PackedReader::ReadBatch(std::span<const std::byte> body, uint8_t form,
                                    PackedBatch* batch) {
  VarintReader head{body.data(), body.data() + body.size()};
  if ((form & kAfterGiven) != 0) through_.value += UnZigZag(head.Varint());
  batch->after = through_;
  const uint64_t beyond = (form & kThroughGiven) != 0 ? head.Varint() : 0;
  if (head.failed) return "the head of a packed batch is damaged";
  batch->replay = static_cast<Replay>(form >> kReplay & 3);
  if (batch->replay > Replay::kBackfill) return "an unknown kind of replay";
  records_.clear();
  const std::span<const std::byte> ticks(head.at, head.end);
  if (const char* problem = unpacker_.Unpack(ticks, &records_, kMaxPackedBatchTicks)) {
    return problem;
  }
  Position last = through_;
  if (!records_.empty()) {
    // The unpacker has seen to it that they rise.
    last = records_.back().position;
    if (records_.front().position <= through_) return "its first tick is out of its range";
  }
  if (beyond > UINT64_MAX - last.value) return "it goes beyond the last position";
  batch->through = through_ = last + beyond;
  batch->records = records_;
  return nullptr;
}

}  // namespace fantail::wire
