// Shared sessions between a real node and real clients: one packed stream for all who want the
// same, whoever comes, goes, lags or begins anew meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/feed/packed_lab.h"

namespace fantail::feed {
namespace {

using fantail::testing::Desk;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::P;

constexpr wire::Encoding kShared = wire::Encoding::kShared;

class SharedSessionTest : public testing::PackedLab {
 protected:
  SharedSessionTest() { options.share_from = 3; }

  void ConnectAll(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) Connect(address, kShared);
  }
  // The newest message that is on its way to the desk.
  const wire::Message& Newest(const std::string& address) { return desks.at(address)->down.back(); }
  static bool IsPacked(const wire::Message& message) {
    return static_cast<wire::Kind>(message.bytes()[0]) == wire::Kind::kPacked;
  }
  // Ticks of several topics, and some time between.
  void PublishAndRun(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      Publish(i % 3 == 0 ? "AAPL" : "MSFT", 1 + static_cast<size_t>(i) * 20);
      Run(1);
    }
  }
  void ExpectThatAllHave(const std::vector<wire::Record>& records) {
    for (const auto& [address, desk] : desks) {
      EXPECT_TRUE(desk->records == records) << address << " has " << desk->records.size();
      EXPECT_EQ(desk->gaps, 0u) << address;
      EXPECT_EQ(desk->client.counters().sessions, 1u) << address;
      EXPECT_EQ(desk->client.counters().bad_messages, 0u) << address;
    }
  }
};

TEST_F(SharedSessionTest, WhoWantsTheSameGetsTheSameBytesAndFewerOfThem) {
  Start();
  ConnectAll({"a", "b", "c"});
  Desk& plain = Connect("plain", wire::Encoding::kPlain);
  EXPECT_EQ(desks.at("a")->client.encoding(), kShared);
  PublishAndRun(30);
  Publish("AAPL", 500);
  Turn();
  EXPECT_TRUE(IsPacked(Newest("a")));
  EXPECT_TRUE(Newest("a").Shares(Newest("b")));
  EXPECT_TRUE(Newest("a").Shares(Newest("c")));
  EXPECT_FALSE(IsPacked(Newest("plain")));
  Run();
  ExpectThatAllHave(published);
  EXPECT_LT(desks.at("a")->bytes_down * 3, plain.bytes_down);
  Run(200);  // proofs
  EXPECT_GT(desks.at("b")->client.counters().proofs, 0u);
  EXPECT_EQ(desks.at("b")->client.counters().wrong_digests, 0u);
}

TEST_F(SharedSessionTest, TooFewToShareGetPlainBatches) {
  Start();
  ConnectAll({"a", "b"});
  Publish("AAPL", 10);
  Turn();
  EXPECT_FALSE(IsPacked(Newest("a")));
  Run();
  ExpectThatAllHave(published);
}

TEST_F(SharedSessionTest, WhoComesGetsPlainBatchesUntilTheStreamBeginsAnew) {
  Start();
  ConnectAll({"a", "b", "c"});
  Publish("AAPL", 10);
  Run(1);  // the stream has begun
  desks["d"] = std::make_unique<Desk>(kShared);
  desks["d"]->client.SetInterest(P({"*"}), now);
  desks["d"]->client.Connected(desks["d"].get(), "hq", now);
  for (int i = 0; i < 3; ++i) {  // without time passing
    Up("d");
    Turn();
    Down("d");
  }
  Publish("AAPL", 10);
  Turn();
  EXPECT_FALSE(IsPacked(Newest("d")));
  EXPECT_TRUE(IsPacked(Newest("a")));
  Run(3);
  Publish("AAPL", 10);
  Turn();
  EXPECT_TRUE(Newest("d").Shares(Newest("a")));
  PublishAndRun(5);
  Run();
  EXPECT_TRUE(desks.at("a")->records == published);
  EXPECT_TRUE(std::equal(desks.at("d")->records.begin(), desks.at("d")->records.end(),
                         published.begin() + 10, published.end()));
  EXPECT_EQ(desks.at("d")->client.counters().bad_messages, 0u);
}

TEST_F(SharedSessionTest, WhoWantsSomethingElseForAWhileMissesNothing) {
  Start();
  ConnectAll({"a", "b", "c", "d"});
  PublishAndRun(10);
  for (int i = 0; i < 6; ++i) {
    desks.at("a")->client.SetInterest(i % 2 == 0 ? P({"A*", "M*"}) : P({"*"}), now);
    PublishAndRun(3);
  }
  Run();
  ExpectThatAllHave(published);
}

TEST_F(SharedSessionTest, WhenOthersLeaveTheRestGoOnPlain) {
  Start();
  ConnectAll({"a", "b", "c"});
  PublishAndRun(5);
  desks.at("c")->client.Close();
  Up("c");
  Publish("AAPL", 10);
  Turn();
  EXPECT_FALSE(IsPacked(Newest("a")));
  desks.erase("c");
  PublishAndRun(5);
  Connect("d", kShared);
  PublishAndRun(5);
  desks.erase("d");
  Run();
  ExpectThatAllHave(published);
}

TEST_F(SharedSessionTest, AWindowThatIsFullKeepsNobodyElseAndTheStreamStaysOne) {
  options.window_messages = 6;
  options.max_lag = seconds(1000);
  Start();
  ConnectAll({"a", "b", "c", "slow"});
  desks.at("slow")->client.HoldAcks(true);
  PublishAndRun(40);
  EXPECT_LT(2 * desks.at("slow")->records.size(), desks.at("a")->records.size());
  desks.at("slow")->client.HoldAcks(false);
  Run();
  ExpectThatAllHave(published);
}

TEST_F(SharedSessionTest, WhoFallsBehindComesBackToTheStream) {
  options.window_messages = 4;
  options.max_backlog_bytes = 16 * 1024;
  Start();
  ConnectAll({"a", "b", "c", "slow"});
  desks.at("slow")->client.HoldAcks(true);
  for (int i = 0; i < 60; ++i) {
    Publish("AAPL", 1000);
    Publish("MSFT", 1);
    Turn();
    for (const char* address : {"a", "b", "c"}) {
      Down(address);
      desks.at(address)->client.Turn(now);
      Up(address);
    }
  }
  EXPECT_EQ(server->counters().fell_behind, 1u);
  desks.at("slow")->client.HoldAcks(false);
  Run(100);
  EXPECT_EQ(server->counters().climbed, 1u);
  Publish("AAPL", 5);
  Turn();
  EXPECT_TRUE(Newest("slow").Shares(Newest("a")));
  Run();
  EXPECT_TRUE(desks.at("a")->records == published);
  EXPECT_EQ(desks.at("slow")->sequences, desks.at("a")->sequences);
  EXPECT_EQ(desks.at("slow")->client.counters().bad_messages, 0u);
}

TEST_F(SharedSessionTest, ANewEpochComesBehindAllOfTheOldOne) {
  Start();
  ConnectAll({"a", "b", "c"});
  PublishAndRun(5);
  for (const auto& [address, desk] : desks) desk->room = 0;
  Publish("AAPL", 100);
  Turn();
  server->BeginEpoch(Epoch{++epoch << 32}, false, /*covers_everything=*/true);
  for (const auto& [address, desk] : desks) desk->room = SIZE_MAX;
  head = Position{};
  topics.clear();
  Run();
  Publish("MSFT", 50);
  Run();
  for (const auto& [address, desk] : desks) EXPECT_TRUE(desk->records == published) << address;
}

TEST_F(SharedSessionTest, TicksThatNothingMakesSmallComeAllTheSame) {
  wild = true;
  Start();
  ConnectAll({"a", "b", "c"});
  PublishAndRun(3);
  for (int i = 0; i < 5; ++i) {
    for (int topic = 0; topic < 7; ++topic) Publish("T" + std::to_string(topic), 1000);
    Run(1);
  }
  Run();
  ExpectThatAllHave(published);
  for (const auto& [address, desk] : desks) EXPECT_LE(desk->largest_down, wire::kMaxMessageBytes);
}

}  // namespace
}  // namespace fantail::feed
