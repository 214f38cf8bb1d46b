// Packed sessions between a real node and real clients: whatever happens to the window, the pipe or
// the epoch, the stream of the two ends stays one.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "fantail/wire/encode.h"
#include "tests/support/damage.h"
#include "tests/unit/feed/packed_lab.h"

namespace fantail::feed {
namespace {

using fantail::testing::Desk;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::P;

class PackedSessionTest : public testing::PackedLab {};

TEST_F(PackedSessionTest, GivesWhatAPlainOneGivesInFewerBytes) {
  Start();
  Publish("AAPL", 10);
  Desk& packed = Connect("a");
  Desk& plain = Connect("b", wire::Encoding::kPlain);
  EXPECT_EQ(packed.client.encoding(), wire::Encoding::kPacked);
  EXPECT_EQ(plain.client.encoding(), wire::Encoding::kPlain);
  EXPECT_EQ(packed.images, 1u);
  for (int i = 0; i < 30; ++i) {
    Publish(i % 3 == 0 ? "AAPL" : "MSFT", 1 + static_cast<size_t>(i) * 20);
    Run(1);
  }
  Run();
  EXPECT_EQ(packed.records, plain.records);
  EXPECT_EQ(packed.records.size(), head.value - 10);
  EXPECT_LT(packed.bytes_down * 5, plain.bytes_down);
  Run(200);  // proofs
  EXPECT_GT(packed.client.counters().proofs, 0u);
  EXPECT_EQ(packed.client.counters().wrong_digests, 0u);
}

TEST_F(PackedSessionTest, ATickGoesOutAtOnce) {
  Start();
  Desk& desk = Connect("a");
  Publish("AAPL", 1);
  Turn();
  Down("a");
  EXPECT_EQ(desk.records.size(), 1u);
}

TEST_F(PackedSessionTest, BeyondTheBoundSessionsAreShared) {
  options.max_packed_sessions = 1;
  Start();
  Desk& first = Connect("a");
  Desk& second = Connect("b");
  EXPECT_EQ(first.client.encoding(), wire::Encoding::kPacked);
  EXPECT_EQ(second.client.encoding(), wire::Encoding::kShared);
  Publish("AAPL", 100);
  Run();
  EXPECT_EQ(second.records, first.records);
  // When one leaves there is room again.
  Reconnect("a", "c");
  EXPECT_EQ(first.client.encoding(), wire::Encoding::kShared);  // the old session still stands
  desks.at("b")->client.Close();
  Up("b");
  now += seconds(6);
  Turn();
  Reconnect("c", "d");
  EXPECT_EQ(first.client.encoding(), wire::Encoding::kPacked);
}

TEST_F(PackedSessionTest, WhatHasWaitedGoesOutAsOneMessage) {
  options.window_messages = 6;
  Start(/*paced=*/true);
  Desk& desk = Connect("a");
  desk.client.HoldAcks(true);
  for (int i = 0; i < 20; ++i) {
    Publish("AAPL", 500);
    Turn();
  }
  Down("a");
  const size_t before = desk.records.size();
  EXPECT_LT(before, 10'000u);
  desk.client.HoldAcks(false);
  now += seconds(1);
  desk.client.Turn(now);
  Up("a");
  Turn();
  EXPECT_LE(desk.down.size(), 4u);
  Run();
  EXPECT_EQ(desk.records.size(), 10'000u);
}

TEST_F(PackedSessionTest, NoMoreBytesAreOnTheirWayThanTheWindowHolds) {
  options.window_bytes = 64 * 1024;
  options.window_messages = 100'000;
  wild = true;
  Start(/*paced=*/true);
  Desk& desk = Connect("a");
  for (int i = 0; i < 100; ++i) {
    Publish("T" + std::to_string(i % 7), 400);
    Turn();
    const Session* session = Find("packed");
    ASSERT_LE(session->sent_bytes - session->acked_bytes, options.window_bytes);
  }
  EXPECT_FALSE(Find("packed")->InStep());
  Run(200);
  EXPECT_EQ(desk.records, published);
}

TEST_F(PackedSessionTest, WhatTheSocketDoesNotTakeWaitsAndIsNotEncodedAgain) {
  Start();
  Desk& desk = Connect("a");
  desk.room = 0;
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL", 3);
    Turn();
  }
  desk.room = 2;
  for (int i = 0; i < 50; ++i) {
    Run(1);
    Publish("MSFT", 2);
  }
  desk.room = SIZE_MAX;
  Run();
  EXPECT_EQ(desk.records, published);
  EXPECT_EQ(desk.client.counters().sessions, 1u);
}

TEST_F(PackedSessionTest, ResumesAfterACutWithNothingMissingAndNothingTwice) {
  Start();
  Desk& desk = Connect("a");
  Publish("AAPL", 1000);
  Run();
  Publish("MSFT", 3000);
  Turn();
  desk.client.Receive(desk.down.front().bytes(), now);  // and the rest is lost
  Reconnect("a", "b");
  EXPECT_EQ(desk.client.encoding(), wire::Encoding::kPacked);
  Publish("AAPL", 10);
  Run();
  EXPECT_EQ(desk.records, published);
  EXPECT_EQ(desk.gaps, 0u);
}

TEST_F(PackedSessionTest, FallsBehindOnALiveFeedAndGoesOnInTheSameStream) {
  options.window_messages = 4;
  options.max_backlog_bytes = 64 * 1024;
  Start();
  Desk& desk = Connect("a");
  desk.client.HoldAcks(true);
  for (int i = 0; i < 40; ++i) {
    Publish("AAPL", 1000);
    Publish("MSFT", 1);
    Turn();
  }
  EXPECT_EQ(server->counters().fell_behind, 1u);
  desk.client.HoldAcks(false);
  Run();
  EXPECT_GE(desk.gaps, 1u);
  EXPECT_GE(desk.images, 2u);
  const size_t before = desk.records.size();
  Publish("AAPL", 5);
  Run();
  EXPECT_EQ(desk.records.size(), before + 5);
  EXPECT_EQ(desk.client.counters().sessions, 1u);
  EXPECT_EQ(desk.client.counters().bad_messages, 0u);
}

TEST_F(PackedSessionTest, ANewEpochBeginsTheStreamAnewBehindWhatWasEncoded) {
  Start();
  Desk& desk = Connect("a");
  Publish("AAPL", 100);
  Run();
  desk.room = 0;
  Publish("AAPL", 100);
  Turn();
  server->BeginEpoch(Epoch{++epoch << 32}, false, /*covers_everything=*/true);
  desk.room = SIZE_MAX;
  head = Position{};
  topics.clear();
  Run();
  Publish("MSFT", 50);
  Run();
  EXPECT_EQ(desk.records.size(), 250u);
  EXPECT_EQ(desk.client.counters().sessions, 1u);
  EXPECT_EQ(desk.client.counters().bad_messages, 0u);
}

TEST_F(PackedSessionTest, AMissingMessageIsNoticedAndMadeUpFor) {
  Start();
  Desk& desk = Connect("a");
  Publish("AAPL", 100);
  Run();
  Publish("AAPL", 100);
  Turn();
  desk.down.clear();
  Publish("AAPL", 100);
  Turn();
  Down("a");
  ASSERT_TRUE(desk.client.drop().has_value());
  Reconnect("a", "b");
  EXPECT_EQ(desk.records, published);
}

TEST_F(PackedSessionTest, ADamagedMessageEndsTheSessionWithItsReason) {
  Start();
  Desk& desk = Connect("a");
  Publish("AAPL", 100);
  Turn();
  const wire::Message& last = desk.down.back();
  testing::Bytes bytes(last.bytes().begin(), last.bytes().end());
  ASSERT_EQ(static_cast<wire::Kind>(bytes[0]), wire::Kind::kPacked);
  bytes[2] = std::byte{0x83};
  testing::Seal(&bytes);
  desk.down.pop_back();
  Down("a");
  desk.client.Receive(bytes, now);
  ASSERT_TRUE(desk.client.drop().has_value());
  EXPECT_NE(desk.client.drop()->reason.find("a bad message: a packed message"), std::string::npos)
      << desk.client.drop()->reason;
  Reconnect("a", "b");
  EXPECT_EQ(desk.records, published);
}

TEST_F(PackedSessionTest, APackedWelcomeThatNobodyAskedForIsRefused) {
  Start();
  Desk desk(wire::Encoding::kPlain);
  desk.client.Connected(&desk, "hq", now);
  desk.client.Receive(wire::Encode(wire::Welcome{.feed = "ticks",
                                                 .name = "hq",
                                                 .node = {1},
                                                 .window_bytes = 1 << 20,
                                                 .window_messages = 64,
                                                 .encoding = wire::Encoding::kPacked})
                          .bytes(),
                      now);
  EXPECT_TRUE(desk.client.drop().has_value());
}

}  // namespace
}  // namespace fantail::feed
