// Packed sessions between a real node and real clients: whatever happens to the window, the pipe or
// the epoch, the stream of the two ends stays one.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/feed_client.h"
#include "fantail/feed/feed_server.h"
#include "fantail/wire/encode.h"
#include "tests/support/damage.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::At;
using testing::P;
using testing::Trade;

class Desk final : public FeedEvents, public wire::Link {
 public:
  explicit Desk(bool packed)
      : client({.name = packed ? "packed" : "plain", .node = {5}, .packed = packed}, this) {}

  bool Send(const wire::Message& message) override {
    up.push_back(message);
    return true;
  }
  void OnNewEpoch(Epoch, bool) override { sequences.clear(); }
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const TopicImage& image) override {
    sequences[image.topic] = image.sequence;
    ++images;
  }
  void OnRecords(std::span<const wire::Record> more) override {
    for (const wire::Record& r : more) {
      EXPECT_EQ(r.tick.sequence, sequences[r.tick.topic] + 1);
      sequences[r.tick.topic] = r.tick.sequence;
      records.push_back(r);
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const GapNotice&) override { ++gaps; }
  void OnHave(const HaveNotice&) override {}
  void OnState(const FeedState&) override {}
  void OnEnd(Position) override {}

  FeedClient client;
  std::deque<wire::Message> up;
  std::deque<wire::Message> down;
  std::map<TopicId, Sequence> sequences;
  std::vector<wire::Record> records;
  size_t images = 0;
  size_t gaps = 0;
  uint64_t bytes_down = 0;
  size_t largest_down = 0;
  size_t room = SIZE_MAX;  // of the socket, in messages
};

class PackedSessionTest : public ::testing::Test, public wire::Links {
 protected:
  wire::SendResult Send(std::string_view address, const wire::Message& message) override {
    const auto it = desks.find(std::string(address));
    if (it == desks.end()) return wire::SendResult::kPeerGone;
    Desk& desk = *it->second;
    if (desk.down.size() >= desk.room) return wire::SendResult::kWouldBlock;
    desk.down.push_back(message);
    desk.bytes_down += message.size();
    desk.largest_down = std::max(desk.largest_down, message.size());
    return wire::SendResult::kSent;
  }

  void Start(bool paced = false) {
    options.name = "hq";
    options.node = {1};
    options.first_window_bytes = options.window_bytes;
    server = std::make_unique<FeedServer>(options, this, &observer);
    server->Turn(now);
    server->BeginEpoch(Epoch{++epoch << 32}, paced, /*covers_everything=*/true);
  }
  Desk& Connect(const std::string& address, bool packed = true) {
    desks[address] = std::make_unique<Desk>(packed);
    Desk& desk = *desks[address];
    desk.client.SetInterest(P({"*"}), now);
    desk.client.Connected(&desk, "hq", now);
    Run();
    return desk;
  }
  // The connection breaks, and a new one takes its place, under another address.
  void Reconnect(const std::string& from, const std::string& to) {
    auto desk = std::move(desks.at(from));
    desks.erase(from);
    desk->down.clear();
    desk->up.clear();
    desk->client.Disconnected("cut", now);
    Desk& again = *(desks[to] = std::move(desk));
    again.client.Connected(&again, "hq", now);
    Run();
  }
  void Up(const std::string& address) {
    Desk& desk = *desks.at(address);
    for (; !desk.up.empty(); desk.up.pop_front()) {
      server->Receive(address, desk.up.front().bytes(), now);
    }
  }
  void Down(const std::string& address) {
    Desk& desk = *desks.at(address);
    for (; !desk.down.empty(); desk.down.pop_front()) {
      desk.client.Receive(desk.down.front().bytes(), now);
    }
  }
  void Turn() {
    for (int i = 0; i < 1000 && server->Turn(now); ++i) continue;
  }
  // Everything that there is to say, while some time passes.
  void Run(int rounds = 20) {
    for (int i = 0; i < rounds; ++i) {
      now += milliseconds(50);
      for (const auto& [address, desk] : desks) {
        Down(address);
        desk->client.Turn(now);
        Up(address);
      }
      Turn();
    }
  }
  void Publish(const std::string& topic, size_t count) {
    const auto [it, is_new] =
        topics.try_emplace(topic, TopicId{static_cast<uint32_t>(topics.size())}, Sequence{});
    auto& [id, last] = it->second;
    if (is_new) server->AddTopic(id, topic);
    std::vector<wire::Record> records;
    for (size_t i = 0; i < count; ++i) {
      const auto price = static_cast<int64_t>(wild ? random.Next() >> 8 : 100 + head.value % 7);
      records.push_back(At((++head).value, Trade(id.value, (++last).value, price)));
    }
    published.insert(published.end(), records.begin(), records.end());
    server->AddRecords(records);
  }
  const Session* Find(const std::string& name) const {
    const Session* found = nullptr;
    server->ForEachSession([&](const Session& s) { found = s.name == name ? &s : found; });
    return found;
  }

  ServerOptions options;
  ServerObserver observer;
  std::unique_ptr<FeedServer> server;
  std::map<std::string, std::unique_ptr<Desk>> desks;
  std::map<std::string, std::pair<TopicId, Sequence>> topics;
  std::vector<wire::Record> published;
  Position head;
  Random random{20261123};
  bool wild = false;  // prices that nothing makes small
  uint64_t epoch = 1000;
  MonotonicTime now{seconds(100)};
};

TEST_F(PackedSessionTest, GivesWhatAPlainOneGivesInFewerBytes) {
  Start();
  Publish("AAPL", 10);
  Desk& packed = Connect("a");
  Desk& plain = Connect("b", false);
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

TEST_F(PackedSessionTest, BeyondTheBoundSessionsArePlain) {
  options.max_packed_sessions = 1;
  Start();
  Desk& first = Connect("a");
  Desk& second = Connect("b");
  EXPECT_EQ(first.client.encoding(), wire::Encoding::kPacked);
  EXPECT_EQ(second.client.encoding(), wire::Encoding::kPlain);
  Publish("AAPL", 100);
  Run();
  EXPECT_EQ(second.records, first.records);
  // When one leaves there is room again.
  Reconnect("a", "c");
  EXPECT_EQ(first.client.encoding(), wire::Encoding::kPlain);  // the old session still stands
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
  Desk desk(/*packed=*/false);
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
