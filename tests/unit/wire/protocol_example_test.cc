// The worked example of docs/protocol.md: its bytes are what the encoder gives and the decoder
// reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/packed.h"
#include "tests/support/damage.h"
#include "tests/support/page_examples.h"

namespace fantail::wire {
namespace {

void ExpectExample(const std::string& name, const Message& message) {
  const testing::Bytes example = testing::ReadExamples("docs/protocol.md")[name];
  EXPECT_EQ(testing::Hex(example), testing::Hex(message.bytes())) << name;
  Decoder decoder;
  AnyMessage out;
  EXPECT_EQ(decoder.Decode(example, &out), DecodeError::kNone) << name << ": " << decoder.detail();
}

TEST(ProtocolExampleTest, Hello) {
  ExpectExample("hello", Encode(Hello{.feed = "ticks",
                                      .name = "desk-7",
                                      .node = {0x1122334455667788},
                                      .role = 1,
                                      .encodings = EncodingBit(Encoding::kPlain)}));
}

TEST(ProtocolExampleTest, Want) {
  const std::array<Start, 1> starts = {Start{.kind = StartKind::kFresh}};
  ExpectExample("want", Encode(Want{.version = 1,
                                    .epoch = {0x68d0f2a000000001},
                                    .add = TextList(std::string_view("AAP*\0", 5)),
                                    .starts = starts}));
}

TEST(ProtocolExampleTest, Names) {
  const std::array<TopicId, 1> topics = {TopicId{3}};
  const std::array<VenueId, 1> venues = {VenueId{1}};
  ExpectExample("names", Encode(Names{.topics = topics,
                                      .topic_texts = TextList(std::string_view("AAPL\0", 5)),
                                      .venues = venues,
                                      .venue_texts = TextList(std::string_view("Q\0", 2))}));
}

// The ticks of the examples.
std::array<Record, 2> TradeAndQuote() {
  Tick trade = {.topic = {3},
                .sequence = {41},
                .time_ns = 1381239000000000000,
                .price = 4870,
                .ask_price = 0,
                .size = 100,
                .ask_size = 0,
                .price_exponent = -1,
                .size_exponent = 0,
                .venue = {1},
                .conditions = 0,
                .kind = TickKind::kTrade,
                .flags = 0};
  Tick quote = trade;
  quote.sequence = {42};
  quote.kind = TickKind::kQuote;
  quote.price = 48695;
  quote.price_exponent = -2;
  quote.size = 200;
  quote.flags = kNoAskPrice | kNoAskSize;
  return {Record{{1001}, trade}, Record{{1004}, quote}};
}

TEST(ProtocolExampleTest, Batch) {
  ExpectExample("batch", EncodeBatch({1000}, {1005}, TradeAndQuote(), Replay::kLive));
}

TEST(ProtocolExampleTest, Packed) {
  const std::array<Record, 2> records = TradeAndQuote();
  Record next = records[0];
  next.position = {1006};
  next.tick.sequence = {43};
  next.tick.price = 4871;
  next.tick.time_ns += 2'000'000;
  PackedWriter writer;
  std::vector<Message> messages;
  writer.EncodeBatch({1000}, {1005}, records, Replay::kLive, &messages);
  writer.EncodeBatch({1005}, {1006}, std::span(&next, 1), Replay::kLive, &messages);
  ASSERT_EQ(messages.size(), 2u);
  auto examples = testing::ReadExamples("docs/protocol.md");
  EXPECT_EQ(testing::Hex(examples["packed"]), testing::Hex(messages[0].bytes()));
  EXPECT_EQ(testing::Hex(examples["packed, stored"]), testing::Hex(messages[1].bytes()));
  PackedReader reader;
  AnyMessage out;
  ASSERT_EQ(reader.Decode(examples["packed"], &out), DecodeError::kNone) << reader.detail();
  const PackedBatch batch = std::get<PackedBatch>(out);
  EXPECT_EQ(batch.after, Position{1000});
  EXPECT_EQ(batch.through, Position{1005});
  EXPECT_TRUE(std::ranges::equal(batch.records, records));
  ASSERT_EQ(reader.Decode(examples["packed, stored"], &out), DecodeError::kNone);
  EXPECT_EQ(std::get<PackedBatch>(out).records.front(), next);
}

}  // namespace
}  // namespace fantail::wire
