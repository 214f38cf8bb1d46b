// FeedServer and slow sessions: the window, the ladder of a live feed, the patience of a paced one.
#include "tests/unit/feed/server_fixture.h"

namespace fantail::feed {
namespace {

using std::chrono::seconds;

class WindowTest : public ServerFixture {
 protected:
  // What is on its way to a session and not acknowledged.
  uint64_t Unacknowledged(const std::string& name) {
    return Find(name)->sent_bytes - Find(name)->acked_bytes;
  }
  // Ticks until the log of the live feed is longer than the longest backlog.
  void PublishMoreThanTheBacklog() {
    for (int i = 0; i < 40; ++i) {
      Publish("AAPL", 1000);
      Turn();
    }
  }
};

TEST_F(WindowTest, NoMoreBytesAreOnTheirWayThanTheWindowHolds) {
  options.window_bytes = 128 * 1024;
  Start(/*paced=*/true);
  Join("desk", {"*"});
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL", 1000);
    Turn();
    EXPECT_LE(Unacknowledged("desk"), options.window_bytes);
  }
  EXPECT_EQ(To("desk").CountedBytes(), Find("desk")->sent_bytes);
  EXPECT_EQ(To("desk").Positions().size(), 2000u);
}

TEST_F(WindowTest, NoMoreMessagesAreOnTheirWayThanTheWindowHolds) {
  options.window_messages = 4;
  Start(/*paced=*/true);
  Join("desk", {"*"});
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL");
    Turn();
  }
  EXPECT_EQ(To("desk").CountedMessages(), 4u);
}

TEST_F(WindowTest, AnAckBringsTheRestAndNothingIsLostOrDoubled) {
  options.window_messages = 4;
  Start(/*paced=*/true);
  Join("desk", {"*"});
  for (int i = 0; i < 50; ++i) {
    Publish("AAPL");
    Turn();
  }
  while (!Find("desk")->InStep()) {
    Ack("desk");
    Turn();
  }
  std::vector<uint64_t> all(50);
  for (size_t i = 0; i < all.size(); ++i) all[i] = i + 1;
  EXPECT_EQ(To("desk").Positions(), all);
}

TEST_F(WindowTest, PongsAreOutsideTheWindowAndOvertakeWhatWaits) {
  options.window_messages = 3;
  Start(/*paced=*/true);
  Join("desk", {"*"});
  for (int i = 0; i < 5; ++i) {
    Publish("AAPL");
    Turn();
  }
  now += seconds(2);
  Ping("desk");
  EXPECT_EQ(To("desk").Last<wire::Pong>().waiting_ns, 2'000'000'000u);
  EXPECT_EQ(To("desk").CountedMessages(), 3u);
}

TEST_F(WindowTest, AMessageThatIsLongerThanTheWindowIsSentWhenNothingElseIsOnItsWay) {
  options.first_window_bytes = 16 * 1024;
  Start(/*paced=*/true);
  Join("desk", {"*"});
  Publish("AAPL", 1000);
  Turn();
  Ack("desk");
  Turn();
  EXPECT_EQ(To("desk").Positions().size(), 1000u);
}

TEST_F(WindowTest, ASessionThatLosesGroundFallsBehindBeforeWhatWaitsIsOld) {
  options.window_messages = 6;
  Start();
  Join("thin", {"*"});
  for (int i = 0; i < 60 && server->counters().fell_behind == 0; ++i) {
    // Ten messages in 100 ms, of which the link carries five.
    for (int tick = 0; tick < 10; ++tick) {
      Publish("AAPL");
      Turn();
    }
    now += std::chrono::milliseconds(100);
    const Session* session = Find("thin");
    const uint64_t messages = std::min(session->acked_messages + 5, session->sent_messages);
    From("thin", wire::Ack{.bytes = messages == session->sent_messages ? session->sent_bytes
                                                                       : session->acked_bytes + 1,
                           .messages = messages});
    Ping("thin");
    Turn();
  }
  EXPECT_EQ(server->counters().fell_behind, 1u);
  EXPECT_LT(now - MonotonicTime(seconds(100)), seconds(4));
}

TEST_F(WindowTest, ASessionWhoseLinkWasSilentForAWhileKeepsEveryTick) {
  options.window_messages = 6;
  Start();
  Join("cut", {"*"});
  for (int i = 0; i < 25; ++i) {
    Publish("AAPL", 10);
    now += std::chrono::milliseconds(100);
    Turn();
  }
  Ping("cut");
  while (!Find("cut")->InStep()) {
    Ack("cut");
    now += std::chrono::milliseconds(10);
    Turn();
  }
  EXPECT_EQ(server->counters().fell_behind, 0u);
  EXPECT_EQ(To("cut").Positions().size(), 250u);
}

TEST_F(WindowTest, AnAckOfMoreThanWasSentEndsTheSession) {
  Start();
  Join("a", {"*"});
  Join("b", {"*"});
  From("a", wire::Ack{.bytes = To("a").CountedBytes() + 1});
  From("b", wire::Ack{.messages = To("b").CountedMessages() + 1});
  EXPECT_EQ(server->counters().bad_messages, 2u);
  EXPECT_EQ(To("a").Last<wire::Goodbye>().reason, "an ack of more than was sent");
  EXPECT_EQ(To("b").Last<wire::Goodbye>().code, wire::GoodbyeCode::kProtocol);
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(WindowTest, AnAckOfLessThanTheLastChangesNothing) {
  Start();
  Join("desk", {"*"});
  Ack("desk");
  From("desk", wire::Ack{});
  EXPECT_TRUE(Find("desk")->AllAcknowledged());
}

TEST_F(WindowTest, ASendThatWouldBlockIsOfferedAgain) {
  Start();
  Join("desk", {"*"});
  links.results["desk"] = wire::SendResult::kWouldBlock;
  Publish("AAPL", 3);
  Turn();
  EXPECT_EQ(server->counters().would_block, 1u);
  links.results["desk"] = wire::SendResult::kSent;
  Turn();
  EXPECT_EQ(To("desk").Positions().size(), 3u);
}

TEST_F(WindowTest, ASessionThatAcknowledgesNothingForTenSecondsIsDroppedWithTheReason) {
  options.window_messages = 4;
  Start(/*paced=*/true);
  Join("stalled", {"*"});
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL");
    Turn();
  }
  Pass(seconds(9), {"stalled"});
  EXPECT_EQ(server->session_count(), 1u);
  Pass(seconds(2), {"stalled"});
  EXPECT_EQ(server->session_count(), 0u);
  EXPECT_EQ(To("stalled").Last<wire::Goodbye>().code, wire::GoodbyeCode::kStalled);
}

TEST_F(WindowTest, ASessionThatIsHeldByOthersBelowItIsNotDropped) {
  options.window_messages = 4;
  Start(/*paced=*/true);
  Join("gateway", {"*"});
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL");
    Turn();
  }
  for (int i = 0; i < 30; ++i) {
    From("gateway", wire::Ack{.held = true});
    Pass(seconds(1), {"gateway"});
  }
  EXPECT_EQ(server->session_count(), 1u);
}

TEST_F(WindowTest, APacedFeedSaysThatItIsCongestedUntilItsSlowestSessionHasAll) {
  options.window_messages = 4;
  Start(/*paced=*/true);
  Join("fast", {"*"});
  Join("slow", {"*"});
  EXPECT_FALSE(server->Congested());
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL");
    Ack("fast");
    Turn();
  }
  EXPECT_TRUE(server->Congested());
  while (!Find("slow")->InStep()) {
    Ack("slow");
    Turn();
  }
  EXPECT_FALSE(server->Congested());
}

TEST_F(WindowTest, ASessionThatFallsTooFarBehindALiveFeedGetsANoticeAndTheNewest) {
  options.max_backlog_bytes = 256 * 1024;
  options.window_messages = 6;
  Start();
  Join("slow", {"*"});
  Join("fast", {"*"});
  for (int i = 0; i < 40; ++i) {
    Publish("AAPL", 1000);
    Ack("fast");
    Turn();
  }
  EXPECT_EQ(server->counters().fell_behind, 1u);
  EXPECT_EQ(To("fast").Positions().size(), 40000u);
  const size_t came = To("slow").Positions().size();
  EXPECT_LT(came, 4000u);
  To("slow").Clear();
  From("slow",
       wire::Ack{.bytes = Find("slow")->sent_bytes, .messages = Find("slow")->sent_messages});
  Turn();
  EXPECT_EQ(To("slow").Kinds(), "gap image");
  const wire::Gap gap = To("slow").Last<wire::Gap>();
  EXPECT_EQ(gap.from, Position{came});
  EXPECT_EQ(gap.to, Position{40000});
  EXPECT_EQ(gap.reason, static_cast<uint8_t>(GapReason::kTooSlow));
  EXPECT_EQ(To("slow").Last<wire::Image>().heads[0].sequence, Sequence{40000});
}

TEST_F(WindowTest, AGapOfTheNodeAboveIsToldAsSuchAndNotAsTheSessionsOwn) {
  Start();
  Join("desk", {"*"});
  Publish("AAPL", 9);
  Turn();
  server->AddGap(
      {.from = {3}, .to = {9}, .patterns = {Pattern("A*")}, .reason = GapReason::kTooSlow});
  Turn();
  EXPECT_EQ(To("desk").Last<wire::Gap>().reason, static_cast<uint8_t>(GapReason::kUpstream));
}

TEST_F(WindowTest, ASlowSessionWhoseLinkBearsTheNewestHasEveryTickAgain) {
  options.max_backlog_bytes = 256 * 1024;
  options.window_messages = 6;
  Start();
  Join("slow", {"*"});
  PublishMoreThanTheBacklog();
  From("slow",
       wire::Ack{.bytes = Find("slow")->sent_bytes, .messages = Find("slow")->sent_messages});
  Turn();
  Pass(seconds(1), {"slow"});
  EXPECT_EQ(To("slow").Last<wire::Have>().at, Position{40000});
  EXPECT_EQ(server->counters().climbed, 1u);
  To("slow").Clear();
  Publish("AAPL", 2);
  Turn();
  EXPECT_EQ(To("slow").Positions(), (std::vector<uint64_t>{40001, 40002}));
}

TEST_F(WindowTest, TheLogOfALiveFeedStaysBoundedBehindAStoppedSession) {
  options.max_backlog_bytes = 256 * 1024;
  options.window_messages = 6;
  Start();
  Join("stopped", {"*"});
  PublishMoreThanTheBacklog();
  size_t waiting = 0;
  for (const auto& [key, group] : server->state()->groups()) waiting += group->log_bytes();
  EXPECT_LE(waiting, options.max_backlog_bytes + 64 * 1024);
}

TEST_F(WindowTest, PongsSayHowLongASessionThatFellBehindHasWaited) {
  options.max_backlog_bytes = 256 * 1024;
  options.window_messages = 6;
  Start();
  Join("stopped", {"*"});
  PublishMoreThanTheBacklog();
  ASSERT_EQ(server->counters().fell_behind, 1u);
  Pass(seconds(4), {"stopped"});
  EXPECT_GE(To("stopped").Last<wire::Pong>().waiting_ns, 3'900'000'000u);
}

TEST_F(WindowTest, PongsSayHowLongASessionHasWaitedSinceBeforeANewEpoch) {
  options.window_messages = 6;
  Start();
  Join("stopped", {"*"});
  for (int i = 0; i < 10; ++i) {
    Publish("AAPL");
    Turn();
  }
  Pass(seconds(4), {"stopped"});
  server->BeginEpoch(Epoch{kEpoch.value + 1}, /*paced=*/false, /*covers_everything=*/true);
  Pass(seconds(1), {"stopped"});
  EXPECT_GE(To("stopped").Last<wire::Pong>().waiting_ns, 4'900'000'000u);
  for (int i = 0; i < 3; ++i) {
    Ack("stopped");
    Turn();
  }
  Ping("stopped");
  EXPECT_EQ(To("stopped").Last<wire::Pong>().waiting_ns, 0u);
}

// Its log had entries of old where nothing is now: what they say means nothing.
TEST_F(WindowTest, ASessionThatHasAllOfItsGroupDoesNotFallBehindWhileItsSocketBlocks) {
  options.proof_every = std::chrono::milliseconds(500);
  Start();
  Join("desk", {"*"});
  for (int i = 0; i < 100; ++i) {
    Publish("AAPL");
    Turn();
  }
  Ack("desk");
  Pass(seconds(3), {"desk"});
  Ack("desk");
  links.results["desk"] = wire::SendResult::kWouldBlock;
  for (int i = 0; i < 30; ++i) {
    Pass(std::chrono::milliseconds(100), {"desk"});
    Ack("desk");
  }
  ASSERT_FALSE(Find("desk")->outbox.empty());
  EXPECT_EQ(server->counters().fell_behind, 0u);
}

TEST_F(WindowTest, ASessionWithSomethingOfItsOwnToSendFallsBehindToo) {
  options.max_backlog_bytes = 256 * 1024;
  options.window_messages = 6;
  options.proof_every = seconds(1);
  Start();
  Join("stopped", {"*"});
  while (Find("stopped")->HasRoom(0, options.window_messages)) {
    Publish("AAPL");
    Turn();
  }
  Pass(seconds(2), {"stopped"});
  ASSERT_FALSE(Find("stopped")->outbox.empty());
  PublishMoreThanTheBacklog();
  EXPECT_EQ(server->counters().fell_behind, 1u);
}

}  // namespace
}  // namespace fantail::feed
