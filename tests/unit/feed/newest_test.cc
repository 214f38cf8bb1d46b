// Newest-only: what a session gets that asked for it, and the ladder of one that is too slow.
#include <gtest/gtest.h>

#include "tests/unit/feed/server_fixture.h"

namespace fantail::feed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NewestTest : public ServerFixture {
 protected:
  // A session that has `*` and gets no topic more often than `interval`.
  void JoinNewest(const std::string& address, Nanos interval) {
    From(address, wire::Hello{.feed = "ticks",
                              .name = address,
                              .node = {50},
                              .newest_ns = static_cast<uint64_t>(interval.count())});
    Want(address, {"*"});
    Turn();
    To(address).Clear();
  }
  void PublishStatus(const std::string& topic) {
    auto& [id, last] = topics[topic];
    wire::Tick tick = testing::Trade(id.value, (++last).value);
    tick.kind = wire::TickKind::kStatus;
    const std::vector<wire::Record> records = {testing::At((++head).value, tick)};
    server->AddRecords(records);
  }
  void AckAll(const std::string& address) {
    const Session& session = *Find(address);
    From(address, wire::Ack{.bytes = session.sent_bytes, .messages = session.sent_messages});
  }
  // Time passes for a desk that takes all.
  void Run(Nanos span, const std::string& address) {
    for (const MonotonicTime until = now + span; now < until;) {
      now += milliseconds(10);
      Ping(address);
      AckAll(address);
      Turn();
    }
  }
  std::vector<uint32_t> Sequences(const std::string& address) {
    std::vector<uint32_t> sequences;
    for (const wire::Image& image : To(address).All<wire::Image>()) {
      for (const wire::TopicHead& each : image.heads) sequences.push_back(each.sequence.value);
    }
    return sequences;
  }
};

TEST_F(NewestTest, AnImageStandsForAllSinceTheOneBefore) {
  Start();
  JoinNewest("desk", milliseconds(100));
  Publish("AAPL", 3);
  Run(milliseconds(50), "desk");
  Publish("AAPL", 40);
  Run(milliseconds(300), "desk");
  EXPECT_EQ(Sequences("desk"), (std::vector<uint32_t>{3, 43}));
  EXPECT_EQ(To("desk").Last<wire::Image>().totals[0].count, 43u);
  EXPECT_TRUE(To("desk").Positions().empty()) << "no records";
  EXPECT_TRUE(To("desk").All<wire::Gap>().empty()) << "it asked for this";
}

TEST_F(NewestTest, NoTopicComesMoreOftenThanWasAskedFor) {
  Start();
  JoinNewest("desk", milliseconds(200));
  for (int i = 0; i < 100; ++i) {
    Publish("AAPL");
    Run(milliseconds(10), "desk");
  }
  const size_t images = Sequences("desk").size();
  EXPECT_GE(images, 4u);
  EXPECT_LE(images, 6u);
}

TEST_F(NewestTest, WhatHasNotChangedIsNotSentAgain) {
  Start();
  JoinNewest("desk", milliseconds(10));
  Publish("AAPL");
  Publish("MSFT");
  Run(seconds(1), "desk");
  Publish("MSFT");
  Run(seconds(1), "desk");
  EXPECT_EQ(Sequences("desk"), (std::vector<uint32_t>{1, 1, 2}));
}

TEST_F(NewestTest, StatusIsNeverMergedAndDoesNotWait) {
  Start();
  Publish("AAPL");
  JoinNewest("desk", seconds(10));
  Publish("AAPL");
  Run(milliseconds(50), "desk");
  To("desk").Clear();
  PublishStatus("AAPL");
  Publish("AAPL", 5);
  PublishStatus("AAPL");
  Run(milliseconds(50), "desk");
  const auto ticks = To("desk").Last<wire::Image>().ticks;
  ASSERT_EQ(ticks.size(), 3u);
  EXPECT_EQ(ticks[0].sequence, Sequence{8}) << "the newest trade";
  EXPECT_EQ(ticks[1].sequence, Sequence{3});
  EXPECT_EQ(ticks[2].sequence, Sequence{9});
}

TEST_F(NewestTest, TheEndOfTheEpochBringsAllThatHasChanged) {
  Start();
  JoinNewest("desk", seconds(60));
  Publish("AAPL");
  Run(milliseconds(50), "desk");
  Publish("AAPL", 7);
  Turn();
  server->End(head);
  Run(milliseconds(50), "desk");
  EXPECT_EQ(Sequences("desk").back(), 8u);
  EXPECT_EQ(To("desk").Last<wire::End>().at, head);
}

TEST_F(NewestTest, ASessionThatResumesGetsWhatHasChangedSince) {
  Start();
  Publish("AAPL");
  Publish("MSFT");
  const Position bookmark = head;
  Publish("AAPL", 4);
  Turn();
  From("desk", wire::Hello{.feed = "ticks", .name = "desk", .node = {50}, .newest_ns = 1});
  Want("desk", {"*"}, {.after = bookmark, .kind = wire::StartKind::kResume});
  Turn();
  EXPECT_EQ(Sequences("desk"), (std::vector<uint32_t>{5}));
  EXPECT_EQ(To("desk").Last<wire::Have>().at, head);
}

TEST_F(NewestTest, AStoppedDeskCostsNoMoreThanItsTopics) {
  options.window_messages = 6;
  Start();
  JoinNewest("stopped", milliseconds(1));
  for (int i = 0; i < 200; ++i) {
    Publish("AAPL", 100);
    now += milliseconds(10);
    Ping("stopped");
    Turn();
  }
  size_t waiting = 0;
  for (const wire::Message& message : Find("stopped")->outbox) waiting += message.size();
  EXPECT_LT(waiting, 1024u);
  EXPECT_LE(To("stopped").CountedMessages(), 6u);
}

TEST_F(NewestTest, TooMuchInAllGroupsTogetherMakesTheSlowOnesNewestOnly) {
  options.max_total_backlog_bytes = 256 * 1024;
  options.window_messages = 6;
  Start();
  for (const char* name : {"AAPL", "BAC", "C"}) {
    Join(std::string("stopped ") + name, {name});
  }
  Join("fast", {"*"});
  for (int i = 0; i < 40; ++i) {
    for (const char* name : {"AAPL", "BAC", "C"}) Publish(name, 100);
    Ack("fast");
    Turn();
  }
  size_t waiting = 0;
  for (const auto& [key, group] : server->state()->groups()) waiting += group->log_bytes();
  EXPECT_LE(waiting, options.max_total_backlog_bytes + 64 * 1024);
  EXPECT_GE(server->counters().fell_behind, 1u);
  EXPECT_EQ(To("fast").Positions().size(), 12000u);
}

TEST_F(NewestTest, WhatComesBeforeEveryTickAgainIsToldInGapsThatJoin) {
  options.max_backlog_bytes = 64 * 1024;
  options.window_messages = 4;
  Start();
  Join("slow", {"*"});
  for (int i = 0; i < 30; ++i) {
    Publish("AAPL", 200);
    Turn();
  }
  ASSERT_EQ(server->counters().fell_behind, 1u);
  Position told{To("slow").Positions().size()};
  To("slow").Clear();
  AckAll("slow");
  for (int i = 0; i < 50; ++i) {
    if (i < 20) Publish("AAPL", 3);
    now += milliseconds(20);
    Ping("slow");
    AckAll("slow");
    Turn();
  }
  for (const wire::Gap& gap : To("slow").All<wire::Gap>()) {
    EXPECT_EQ(gap.from, told);
    EXPECT_EQ(gap.reason, static_cast<uint8_t>(GapReason::kTooSlow));
    told = gap.to;
  }
  EXPECT_EQ(told, To("slow").Last<wire::Have>().at) << "and then every tick again";
}

// A gateway would take them for a sign that all else has come up to there.
TEST_F(NewestTest, WhoIsTooSlowGetsNoRecordsOfWhatItWantsBesides) {
  options.max_backlog_bytes = 64 * 1024;
  options.window_messages = 4;
  Start();
  for (int i = 0; i < 2000; ++i) Publish("B" + std::to_string(i));
  Join("slow", {"A*"});
  for (int i = 0; i < 30; ++i) {
    Publish("AAPL", 200);
    Turn();
  }
  ASSERT_EQ(server->counters().fell_behind, 1u);
  To("slow").Clear();
  Want("slow", {"B*"});
  for (int i = 0; i < 100; ++i) {
    if (i < 30) Publish("AAPL"), Publish("B0");
    now += milliseconds(20);
    Ping("slow");
    AckAll("slow");
    Turn();
  }
  const TopicId topic = topics["B0"].first;
  uint32_t last = 0;
  for (const wire::Image& image : To("slow").All<wire::Image>()) {
    for (const wire::TopicHead& each : image.heads) {
      if (each.topic == topic) last = each.sequence.value;
    }
  }
  EXPECT_GT(last, 1u) << "more than what there was when it was wanted";
  EXPECT_EQ(To("slow").Last<wire::Have>().version, version);
  for (const wire::Batch& batch : To("slow").All<wire::Batch>()) {
    EXPECT_NE(batch.replay, wire::Replay::kResumed) << batch.after.value;
    for (const wire::Tick& tick : batch.ticks) {
      if (tick.topic != topic) continue;
      EXPECT_EQ(tick.sequence.value, ++last);
    }
  }
  EXPECT_EQ(last, 31u);
  size_t told = 0;
  for (const wire::Gap& gap : To("slow").All<wire::Gap>()) {
    for (const std::string_view pattern : gap.patterns) told += pattern == "B0" ? 1 : 0;
  }
  EXPECT_GT(told, 0u);
}

}  // namespace
}  // namespace fantail::feed
