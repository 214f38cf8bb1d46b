// Every message comes out of the decoder as it went into the encoder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "tests/support/messages.h"

namespace fantail::wire {
namespace {

using namespace testing;  // NOLINT: the samples

class RoundTripTest : public ::testing::Test {
 protected:
  // What comes out; its views point into message_.
  template <class M>
  M Through(const M& in) {
    message_ = Encode(in);
    AnyMessage out;
    const DecodeError error = decoder_.Decode(message_.bytes(), &out);
    EXPECT_EQ(error, DecodeError::kNone) << decoder_.detail();
    if (!std::holds_alternative<M>(out)) {
      ADD_FAILURE() << "another kind came out";
      return M();
    }
    return std::get<M>(out);
  }

  Message message_;
  Decoder decoder_;
};

template <class T>
bool Equal(std::span<const T> a, std::span<const T> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

TEST_F(RoundTripTest, Hello) {
  const Hello out = Through(AHello());
  EXPECT_EQ(out.feed, "ticks");
  EXPECT_EQ(out.name, "desk-1");
  EXPECT_EQ(out.node, AHello().node);
  EXPECT_EQ(out.role, 2);
  EXPECT_EQ(out.encodings, 3u);
}

TEST_F(RoundTripTest, Welcome) {
  const Welcome in = AWelcome();
  const Welcome out = Through(in);
  EXPECT_EQ(out.feed, in.feed);
  EXPECT_EQ(out.name, in.name);
  EXPECT_EQ(out.node, in.node);
  EXPECT_EQ(out.epoch, in.epoch);
  EXPECT_EQ(out.window_bytes, in.window_bytes);
  EXPECT_EQ(out.window_messages, in.window_messages);
  EXPECT_EQ(out.paced, in.paced);
  EXPECT_EQ(out.encoding, in.encoding);
  EXPECT_EQ(out.max_patterns, in.max_patterns);
  EXPECT_FALSE(out.replay);
  EXPECT_EQ(out.limits, in.limits);
}

// How many bytes the list of the fields that are there takes, the last one that is not a default
// included.
uint16_t FieldListBytes(const Message& message) {
  const auto read = [&]<class T>(size_t at, T* value) {
    std::memcpy(value, message.bytes().data() + at, sizeof *value);
  };
  uint32_t root;
  int32_t back;
  uint16_t bytes;
  read(8, &root);
  read(8 + root, &back);
  read(static_cast<size_t>(static_cast<int64_t>(8 + root) - back), &bytes);
  return bytes;
}

TEST_F(RoundTripTest, OnlyTheWelcomeToAReplayHasAFieldMoreThanBeforeThereWereReplays) {
  Welcome in = AWelcome();
  in.limits = {};
  EXPECT_EQ(FieldListBytes(Encode(in)), 4 + 2 * 9);
  in.replay = true;
  EXPECT_TRUE(Through(in).replay);
  EXPECT_EQ(FieldListBytes(message_), 4 + 2 * 10);
}

TEST_F(RoundTripTest, Refused) {
  const Refused out = Through(ARefused());
  EXPECT_EQ(out.code, RefusedCode::kLoop);
  EXPECT_EQ(out.reason, "a loop");
}

TEST_F(RoundTripTest, Want) {
  const Want out = Through(AWant());
  EXPECT_EQ(out.version, 3u);
  EXPECT_EQ(out.epoch, AWant().epoch);
  EXPECT_EQ(out.add.bytes(), kTwoPatterns);
  ASSERT_EQ(out.starts.size(), 2u);
  EXPECT_EQ(out.starts[0].kind, StartKind::kFresh);
  EXPECT_EQ(out.starts[1].kind, StartKind::kBackfill);
  EXPECT_EQ(out.starts[1].after, Position{5});
  EXPECT_EQ(out.starts[1].through, Position{9});
  EXPECT_EQ(out.remove.bytes(), kOnePattern);
  EXPECT_TRUE(out.more);
}

TEST_F(RoundTripTest, Have) {
  const Have out = Through(AHave());
  EXPECT_EQ(out.version, 3u);
  EXPECT_EQ(out.at, Position{100});
  EXPECT_EQ(out.refused.bytes(), kTwoPatterns);
  EXPECT_EQ(out.reason, "not here");
  EXPECT_TRUE(out.more);
}

TEST_F(RoundTripTest, Names) {
  const Names out = Through(ANames());
  EXPECT_TRUE(Equal<TopicId>(out.topics, kTopicIds));
  EXPECT_EQ(out.topic_texts.bytes(), kTwoTopics);
  EXPECT_TRUE(Equal<VenueId>(out.venues, kVenueIds));
  EXPECT_EQ(out.venue_texts.bytes(), kTwoVenues);
}

TEST_F(RoundTripTest, BatchWithOffsets) {
  const Batch out = Through(ABatch());
  EXPECT_EQ(out.after, Position{10});
  EXPECT_EQ(out.through, Position{20});
  EXPECT_EQ(out.PositionAt(0), Position{12});
  EXPECT_EQ(out.PositionAt(1), Position{17});
  EXPECT_TRUE(Equal<Tick>(out.ticks, kTicks));
  EXPECT_EQ(out.replay, Replay::kResumed);
}

TEST_F(RoundTripTest, BatchWithoutOffsetsIsConsecutive) {
  const Batch out = Through(Batch{.after = {10}, .through = {20}, .first = {19}, .ticks = kTicks});
  EXPECT_TRUE(out.offsets.empty());
  EXPECT_EQ(out.PositionAt(0), Position{19});
  EXPECT_EQ(out.PositionAt(1), Position{20});
}

TEST_F(RoundTripTest, BatchOfNothingMovesTheBookmarkOnly) {
  const Batch out = Through(Batch{.after = {10}, .through = {20}});
  EXPECT_TRUE(out.ticks.empty());
  EXPECT_EQ(out.through, Position{20});
}

TEST_F(RoundTripTest, Image) {
  const Image out = Through(AnImage());
  EXPECT_EQ(out.at, Position{20});
  ASSERT_EQ(out.heads.size(), 2u);
  EXPECT_EQ(out.heads[1].topic, TopicId{8});
  EXPECT_EQ(out.heads[1].sequence, Sequence{9});
  EXPECT_TRUE(Equal<Tick>(out.ticks, kTicks));
  EXPECT_TRUE(Equal<Totals>(out.totals, kTotals));
}

TEST_F(RoundTripTest, Gap) {
  const Gap out = Through(AGap());
  EXPECT_EQ(out.from, Position{3});
  EXPECT_EQ(out.to, Position{9});
  EXPECT_EQ(out.patterns.bytes(), kTwoPatterns);
  EXPECT_EQ(out.reason, 2);
  EXPECT_TRUE(out.backfill);
}

TEST_F(RoundTripTest, Ack) {
  const Ack out = Through(AnAck());
  EXPECT_EQ(out.through, Position{20});
  EXPECT_EQ(out.bytes, 5000u);
  EXPECT_EQ(out.messages, 12u);
  EXPECT_TRUE(out.held);
}

TEST_F(RoundTripTest, PingAndPong) {
  EXPECT_EQ(Through(APing()).nonce, APing().nonce);
  EXPECT_TRUE(Through(APing()).trace);
  const Pong in = APong();
  const Pong out = Through(in);
  EXPECT_EQ(out.nonce, in.nonce);
  EXPECT_EQ(out.head, in.head);
  EXPECT_EQ(out.waiting_ns, in.waiting_ns);
  EXPECT_EQ(out.state, in.state);
  EXPECT_EQ(out.cause, in.cause);
  EXPECT_EQ(out.clock_ns, in.clock_ns);
  ASSERT_EQ(out.hops.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(out.hops[i].node, in.hops[i].node);
    EXPECT_EQ(out.hops[i].name, in.hops[i].name);
    EXPECT_EQ(out.hops[i].role, in.hops[i].role);
    EXPECT_EQ(out.hops[i].state, in.hops[i].state);
    EXPECT_EQ(out.hops[i].age_ns, in.hops[i].age_ns);
  }
}

TEST_F(RoundTripTest, Trace) {
  const wire::Trace out = Through(ATrace());
  EXPECT_EQ(out.sent_ns, ATrace().sent_ns);
  ASSERT_EQ(out.hops.size(), 2u);
  EXPECT_EQ(out.hops[0].error_ns, -1);
  EXPECT_EQ(out.hops[1].node, NodeId{1});
  EXPECT_EQ(out.hops[1].way_ns, -20);
  EXPECT_EQ(out.hops[1].error_ns, 50);
  EXPECT_EQ(out.hops[1].held_ns, 700);
}

TEST_F(RoundTripTest, ProofEndAndGoodbye) {
  const Proof proof = Through(AProof());
  EXPECT_EQ(proof.version, 3u);
  EXPECT_EQ(proof.at, Position{20});
  EXPECT_EQ(proof.digest, AProof().digest);
  EXPECT_EQ(Through(AnEnd()).at, Position{20});
  const Goodbye goodbye = Through(AGoodbye());
  EXPECT_EQ(goodbye.code, GoodbyeCode::kMove);
  EXPECT_EQ(goodbye.reason, "moved");
  EXPECT_EQ(goodbye.endpoint, "tcp://10.0.0.1:5556");
}

TEST_F(RoundTripTest, EmptyMessagesOfEveryKindThatMayBeEmpty) {
  EXPECT_TRUE(Through(Want{}).add.empty());
  EXPECT_TRUE(Through(Have{}).reason.empty());
  EXPECT_TRUE(Through(Names{}).topics.empty());
  EXPECT_TRUE(Through(Batch{}).ticks.empty());
  EXPECT_TRUE(Through(Image{}).heads.empty());
  EXPECT_TRUE(Through(Gap{}).patterns.empty());
}

TEST_F(RoundTripTest, AFullBatchOfFarPositionsFitsAMessage) {
  std::vector<Record> records;
  for (uint64_t i = 0; i < kMaxBatchTicks; ++i) records.push_back({Position{5 + 3 * i}, kTrade});
  message_ = EncodeBatch({2}, {9999}, records, Replay::kBackfill);
  ASSERT_LE(message_.size(), kMaxMessageBytes);
  AnyMessage any;
  ASSERT_EQ(decoder_.Decode(message_.bytes(), &any), DecodeError::kNone) << decoder_.detail();
  const Batch out = std::get<Batch>(any);
  ASSERT_EQ(out.ticks.size(), records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(out.PositionAt(i), records[i].position);
    ASSERT_EQ(out.ticks[i], kTrade);
  }
}

TEST_F(RoundTripTest, ABatchOfConsecutiveRecordsCarriesNoOffsets) {
  const std::vector<Record> records = {{{5}, kTrade}, {{6}, kQuote}};
  message_ = EncodeBatch({4}, {6}, records, Replay::kLive);
  AnyMessage any;
  ASSERT_EQ(decoder_.Decode(message_.bytes(), &any), DecodeError::kNone) << decoder_.detail();
  EXPECT_TRUE(std::get<Batch>(any).offsets.empty());
}

TEST(MessageTest, ACopyIsTheSameBytes) {
  const Message message = Encode(AHello());
  const Message copy = message;  // NOLINT: to be copied
  EXPECT_EQ(copy.bytes().data(), message.bytes().data());
}

TEST(MessageTest, IsAlignedTo16AndFrom4KiBOnTo64) {
  const auto address = [](const Message& message) {
    return reinterpret_cast<uintptr_t>(message.bytes().data());
  };
  for (const size_t size : {1, 17, 4095}) {
    EXPECT_EQ(address(Message::WithSize(size)) % 16, 0u) << size;
  }
  for (const size_t size : {4096, 5000, 65536}) {
    EXPECT_EQ(address(Message::WithSize(size)) % 64, 0u) << size;
  }
}

// The sanitizer says so if it is read.
TEST(MessageTest, NothingHasACopyThatHoldsNothing) {
  EXPECT_EQ(Message::CopyOf({}).size(), 0u);
}

TEST(MessageTest, AReleasedReferenceIsGivenBackWithUnref) {
  Message message = Encode(AHello());
  const Message keep = message;
  Message::Unref(std::move(message).Release());
  EXPECT_FALSE(keep.empty());
  EXPECT_EQ(keep.bytes()[0], static_cast<std::byte>(Kind::kHello));
}

}  // namespace
}  // namespace fantail::wire
