// The packed encoding: what goes in comes out, and bytes from outside harm nothing.
#include "fantail/wire/packed.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>

#include "fantail/base/random.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "tests/support/damage.h"
#include "tests/support/messages.h"
#include "tests/support/page_examples.h"

namespace fantail::wire {
namespace {

constexpr uint64_t kSeed = 20261123;
constexpr uint8_t kStored = 1 << 6;
constexpr uint8_t kBegins = 1 << 7;

// A message of any form and body, with a right header.
testing::Bytes Packed(uint8_t form, std::span<const std::byte> body) {
  testing::Bytes bytes(kHeaderBytes + body.size());
  bytes[0] = static_cast<std::byte>(Kind::kPacked);
  bytes[1] = static_cast<std::byte>(kProtocolVersion);
  bytes[2] = static_cast<std::byte>(form);
  std::copy(body.begin(), body.end(), bytes.begin() + kHeaderBytes);
  testing::Seal(&bytes);
  return bytes;
}

class PackedTest : public ::testing::Test {
 protected:
  // So that what follows goes on with a stream.
  PackedTest() { Begin(); }
  void Begin() {
    std::vector<std::byte> body;
    TickPacker().PackSome({}, TickPacker::kLeastPackedBytes, Layout::kRows, &body);
    EXPECT_EQ(WrongWith(Packed(kStored | kBegins, body)), "");
  }
  // A trade of one of some topics, like a market's.
  Record Next() {
    const auto topic = static_cast<uint32_t>(random.Below(20));
    position.value += random.OneIn(4) ? 1 + random.Below(5) : 1;
    time += random.Below(3) * 1'000'000;
    return {position,
            {.topic = {topic},
             .sequence = {++sequences[topic]},
             .time_ns = time,
             .price = 48600 + random.Between(-100, 100),
             .ask_price = 0,
             .size = 100 * (1 + random.Below(9)),
             .ask_size = 0,
             .price_exponent = -2,
             .size_exponent = 0,
             .venue = {static_cast<uint16_t>(1 + random.Below(5))},
             .conditions = 0,
             .kind = TickKind::kTrade,
             .flags = 0}};
  }
  std::vector<Record> Some(size_t count) {
    std::vector<Record> records;
    for (size_t i = 0; i < count; ++i) records.push_back(Next());
    return records;
  }
  std::vector<Message> Write(Position after, Position through, const std::vector<Record>& records,
                             Replay replay = Replay::kLive) {
    std::vector<Message> messages;
    writer.EncodeBatch(after, through, records, replay, &messages);
    return messages;
  }
  // The batch that the reader makes of a message; the test fails if it makes none.
  PackedBatch Read(const Message& message) {
    AnyMessage any;
    EXPECT_EQ(reader.Decode(message.bytes(), &any), DecodeError::kNone) << reader.detail();
    const PackedBatch* batch = std::get_if<PackedBatch>(&any);
    EXPECT_NE(batch, nullptr);
    return batch == nullptr ? PackedBatch() : *batch;
  }
  // What the reader finds wrong.
  std::string WrongWith(const testing::Bytes& bytes) {
    AnyMessage any;
    return reader.Decode(bytes, &any) == DecodeError::kNone ? "" : reader.detail();
  }

  Random random{kSeed};
  PackedWriter writer;
  PackedReader reader;
  Position position;
  int64_t time = 1'700'000'000'000'000'000;
  std::array<uint32_t, 20> sequences{};
};

TEST_F(PackedTest, BatchesOfEverySizeComeOutAsTheyWentIn) {
  Position after;
  for (const size_t count : {1u, 2u, 1u, 0u, 31u, 32u, 33u, 1000u, 1u, 4096u, 3u, 0u}) {
    const std::vector<Record> records = Some(count);
    if (random.OneIn(3)) position.value += 7;  // of no interest to this session
    const auto messages = Write(after, position, records);
    ASSERT_EQ(messages.size(), 1u);
    const PackedBatch batch = Read(messages[0]);
    EXPECT_EQ(batch.after, after);
    EXPECT_EQ(batch.through, position);
    EXPECT_EQ(batch.replay, Replay::kLive);
    EXPECT_EQ(std::vector<Record>(batch.records.begin(), batch.records.end()), records);
    after = position;
  }
}

TEST_F(PackedTest, AReplayThatGoesBackComesOutBetweenLiveBatches) {
  const std::vector<Record> old = Some(100);
  const Position seen = position;
  const std::vector<Record> live = Some(5);
  Read(Write(seen, position, live)[0]);
  const PackedBatch replay = Read(Write({0}, seen, old, Replay::kResumed)[0]);
  EXPECT_EQ(replay.replay, Replay::kResumed);
  EXPECT_EQ(replay.after, Position{});
  EXPECT_EQ(replay.through, seen);
  EXPECT_EQ(std::vector<Record>(replay.records.begin(), replay.records.end()), old);
  const Position before = position;
  const std::vector<Record> next = Some(5);
  EXPECT_EQ(Read(Write(before, position, next)[0]).after, before);
}

TEST_F(PackedTest, AMarketTakesFewBytesATick) {
  const std::vector<Record> all = Some(40 * 1024);
  size_t bytes = 0;
  Position after;
  for (size_t i = 0; i < all.size(); i += 1024) {
    const std::vector<Record> some(all.begin() + static_cast<std::ptrdiff_t>(i),
                                   all.begin() + static_cast<std::ptrdiff_t>(i + 1024));
    for (const Message& message : Write(after, some.back().position, some)) bytes += message.size();
    after = some.back().position;
  }
  EXPECT_LT(bytes, 6 * all.size());
  bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    const Position before = position;
    const std::vector<Record> one = Some(1);
    bytes += Write(before, position, one)[0].size();
  }
  EXPECT_LT(bytes, 24u * 1000);
}

TEST_F(PackedTest, TicksThatDoNotFitOneMessageGoInSeveralThatJoin) {
  std::vector<Record> wild;
  for (uint32_t i = 0; i < kMaxPackedBatchTicks; ++i) {
    const uint64_t size = random.Next();
    wild.push_back({{uint64_t{i} * 1'000'000'007 + 1},
                    {.topic = {static_cast<uint32_t>(random.Below(kMaxTopics))},
                     .sequence = {static_cast<uint32_t>(random.Next()) | 1},
                     .time_ns = static_cast<int64_t>(random.Next()),
                     .price = static_cast<int64_t>(random.Next()),
                     .ask_price = static_cast<int64_t>(random.Next()),
                     .size = size,
                     .ask_size = random.Next(),
                     .price_exponent = static_cast<int8_t>(random.Between(-30, 30)),
                     .size_exponent = static_cast<int8_t>(random.Between(-30, 30)),
                     .venue = {static_cast<uint16_t>(random.Next())},
                     .conditions = static_cast<uint16_t>(random.Next()),
                     .kind = static_cast<TickKind>(random.Between(4, 255)),
                     .flags = static_cast<uint8_t>(random.Next())}});
  }
  const Position through{wild.back().position.value + 9};
  const auto messages = Write({0}, through, wild);
  EXPECT_GT(messages.size(), 2u);
  std::vector<Record> all;
  Position after;
  for (const Message& message : messages) {
    EXPECT_LE(message.size(), kMaxMessageBytes);
    const PackedBatch batch = Read(message);
    EXPECT_EQ(batch.after, after);
    after = batch.through;
    all.insert(all.end(), batch.records.begin(), batch.records.end());
  }
  EXPECT_EQ(after, through);
  EXPECT_EQ(all, wild);
}

TEST_F(PackedTest, NamesAndImagesGoThroughTheStream) {
  Decoder plain;
  for (const Message& message : {Encode(testing::ANames()), Encode(testing::AnImage())}) {
    ASSERT_TRUE(PackedWriter::Takes(message));
    const Message packed = writer.Encode(message);
    EXPECT_LT(packed.size(), message.size());
    AnyMessage any;
    ASSERT_EQ(reader.Decode(packed.bytes(), &any), DecodeError::kNone) << reader.detail();
    const Message again = std::visit(
        [](const auto& m) {
          using M = std::decay_t<decltype(m)>;
          if constexpr (std::is_same_v<M, Names> || std::is_same_v<M, Image>) return Encode(m);
          return Message();
        },
        any);
    EXPECT_EQ(testing::Hex(again.bytes()), testing::Hex(message.bytes()));
  }
  EXPECT_FALSE(PackedWriter::Takes(Encode(testing::AGap())));
}

TEST_F(PackedTest, AWriterThatBeginsAnewTakesItsReadersAlong) {
  const auto first = Some(200);
  const Message before = Write({0}, position, first)[0];
  Read(before);
  writer.Reset();
  const Message again = Write({0}, position, first)[0];
  EXPECT_EQ(testing::Hex(again.bytes()), testing::Hex(before.bytes()));
  EXPECT_EQ(Read(again).records.size(), 200u);
}

TEST_F(PackedTest, WhoComesLaterReadsNothingBeforeTheStreamBeginsAnew) {
  Write({0}, position, Some(200));
  const Position after = position;
  const auto records = Some(10);
  const Message middle = Write(after, position, records)[0];
  reader.Reset();
  EXPECT_EQ(WrongWith({middle.bytes().begin(), middle.bytes().end()}),
            "a packed message that goes on with a stream that has not begun");
  writer.Reset();
  EXPECT_EQ(Read(Write(after, position, records)[0]).records.size(), 10u);
}

TEST_F(PackedTest, WhatIsNotCompressedIsReadAllTheSame) {
  PackedWriter columns(Through::kNothing);
  for (int i = 0; i < 20; ++i) {
    const Position after = position;
    const auto records = Some(1 + random.Below(200));
    Message message;
    EXPECT_EQ(columns.EncodeSome(after, position, records, Replay::kLive, &message),
              records.size());
    const PackedBatch batch = Read(message);
    EXPECT_TRUE(
        std::equal(batch.records.begin(), batch.records.end(), records.begin(), records.end()));
  }
}

TEST_F(PackedTest, AMessageThatIsMissingOrComesTwiceIsFoundOrHarmsNothing) {
  for (int i = 0; i < 50; ++i) {
    const Position before = position;
    const auto records = Some(1 + random.Below(100));
    const Message message = Write(before, position, records)[0];
    if (i % 10 == 5) continue;
    AnyMessage any;
    // Whatever it makes of that, it does not stop the process, and the next welcome begins anew.
    if (reader.Decode(message.bytes(), &any) != DecodeError::kNone) {
      writer.Reset();
      reader.Reset();
    }
  }
}

TEST_F(PackedTest, AMessageThatWouldBecomeTooLongIsRefusedBeforeItCostsMemory) {
  for (const size_t size : {kMaxMessageBytes + 1, size_t{100} << 20}) {
    const std::vector<std::byte> zeros(size);
    std::vector<std::byte> bomb(ZSTD_compressBound(size));
    bomb.resize(ZSTD_compress(bomb.data(), bomb.size(), zeros.data(), size, 19));
    ASSERT_LT(bomb.size(), kMaxMessageBytes);
    PackedReader fresh;
    AnyMessage any;
    EXPECT_EQ(fresh.Decode(Packed(kBegins, bomb), &any), DecodeError::kMalformed);
    EXPECT_STREQ(fresh.detail(),
                 "a packed message that does not decompress to what a message may hold");
    EXPECT_LT(fresh.memory(), size_t{2} << 20);
  }
}

TEST_F(PackedTest, AStreamThatLooksFartherBackThanItMayIsRefused) {
  Compressor greedy(3, 24);
  const std::vector<Record> records = Some(100);
  TickPacker packer;
  std::vector<std::byte> body;
  packer.Pack(records, &body);
  std::vector<std::byte> part(CompressedBound(body.size()));
  part.resize(greedy.Part(body, part));
  EXPECT_NE(WrongWith(Packed(0, part)), "");
}

TEST_F(PackedTest, AStreamThatEndsIsRefused) {
  Compressor other(3, 17);
  const std::vector<std::byte> body(100);
  std::vector<std::byte> frame(CompressedBound(body.size()));
  frame.resize(other.Frame(body, frame));
  EXPECT_EQ(WrongWith(Packed(0, frame)),
            "a packed message that does not decompress to what a message may hold");
}

TEST_F(PackedTest, ABatchHasNoMoreTicksThanItMay) {
  TickPacker packer;
  std::vector<Record> many(kMaxPackedBatchTicks + 1);
  for (size_t i = 0; i < many.size(); ++i) {
    many[i] = {{i + 1}, {.sequence = {static_cast<uint32_t>(i + 1)}, .kind = TickKind::kTrade}};
  }
  std::vector<std::byte> body;
  packer.Pack(many, &body);
  EXPECT_EQ(WrongWith(Packed(kStored, body)), "the head of a packed batch is damaged");
}

TEST_F(PackedTest, FormsThatDoNotExistAreRefused) {
  const std::vector<std::byte> nothing(3);
  EXPECT_EQ(WrongWith(Packed(kStored | 3, nothing)), "a packed message of an unknown form");
  EXPECT_EQ(WrongWith(Packed(kStored | 3 << 2, nothing)), "an unknown kind of replay");
  EXPECT_EQ(WrongWith(Packed(kStored | 1, nothing)), "not a well-formed message of its kind");
  EXPECT_EQ(WrongWith(Packed(kStored, {})), "its length is not that of a message");
}

TEST_F(PackedTest, PositionsBeforeTheBatchOrBeyondTheLastAreRefused) {
  TickPacker packer;
  const std::vector<Record> one = {{{5}, {.sequence = {1}, .kind = TickKind::kTrade}}};
  std::vector<std::byte> body = {std::byte{2 * 5}};  // after 5
  packer.PackSome(one, TickPacker::kLeastPackedBytes, Layout::kRows, &body);
  EXPECT_EQ(WrongWith(Packed(kStored | 1 << 4, body)), "its first tick is out of its range");
  std::vector<std::byte> beyond(9, std::byte{0xff});
  beyond.push_back(std::byte{1});  // 2^64 - 1
  packer.Reset();
  packer.PackSome(one, TickPacker::kLeastPackedBytes, Layout::kRows, &beyond);
  Begin();
  EXPECT_EQ(WrongWith(Packed(kStored | 1 << 5, beyond)), "it goes beyond the last position");
}

TEST_F(PackedTest, OneTopicIsNoManyTopics) {
  // The same id as new twice: a few bytes would make any number of them.
  TickPacker a;
  TickPacker b;
  const std::vector<Record> one = {{{5}, {.sequence = {1}, .kind = TickKind::kTrade}}};
  const std::vector<Record> two = {{{6}, {.sequence = {1}, .kind = TickKind::kTrade}}};
  std::vector<std::byte> body;
  a.PackSome(one, TickPacker::kLeastPackedBytes, Layout::kRows, &body);
  EXPECT_EQ(WrongWith(Packed(kStored, body)), "");
  body.clear();
  b.PackSome(two, TickPacker::kLeastPackedBytes, Layout::kRows, &body);
  // The index after the one that is known: count, flags and position stand before it.
  body[3] = std::byte{1};
  EXPECT_EQ(WrongWith(Packed(kStored, body)), "a topic that has an index already");
}

TEST_F(PackedTest, AFlippedBitIsFound) {
  const std::vector<Record> records = Some(300);
  const Message message = Write({0}, position, records)[0];
  for (size_t i = 0; i < message.size(); ++i) {
    testing::Bytes bytes(message.bytes().begin(), message.bytes().end());
    bytes[i] ^= std::byte{1};
    PackedReader fresh;
    AnyMessage any;
    EXPECT_NE(fresh.Decode(bytes, &any), DecodeError::kNone) << i;
  }
}

TEST_F(PackedTest, APlainSessionTakesNone) {
  const auto one = Some(1);
  const Message message = Write({0}, position, one)[0];
  Decoder decoder;
  AnyMessage any;
  EXPECT_NE(decoder.Decode(message.bytes(), &any), DecodeError::kNone);
}

}  // namespace
}  // namespace fantail::wire
