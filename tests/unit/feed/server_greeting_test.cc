// FeedServer and strangers: who gets a session, who is refused, and who is not understood.
#include "tests/support/damage.h"
#include "tests/unit/feed/server_fixture.h"

namespace fantail::feed {
namespace {

using std::chrono::seconds;

class GreetingTest : public ServerFixture {
 protected:
  void RawFrom(const std::string& address, const testing::Bytes& bytes) {
    server->Receive(address, bytes, now);
  }
  wire::Refused Refusal(const std::string& address) { return To(address).Last<wire::Refused>(); }
};

TEST_F(GreetingTest, AHelloIsWelcomedWithEpochWindowAndName) {
  Start();
  Hello("desk");
  const wire::Welcome welcome = To("desk").Last<wire::Welcome>();
  EXPECT_EQ(welcome.feed, "ticks");
  EXPECT_EQ(welcome.name, "hq");
  EXPECT_EQ(welcome.epoch, kEpoch);
  EXPECT_EQ(welcome.window_bytes, options.window_bytes);
  EXPECT_EQ(welcome.window_messages, options.window_messages);
  EXPECT_FALSE(welcome.paced);
  EXPECT_EQ(server->session_count(), 1u);
}

TEST_F(GreetingTest, APacedFeedSaysSo) {
  Start(/*paced=*/true);
  Hello("desk");
  EXPECT_TRUE(To("desk").Last<wire::Welcome>().paced);
}

TEST_F(GreetingTest, ARecordingThatIsPlayedAgainSaysSoFromItsEpochOn) {
  Start();
  Hello("desk");
  EXPECT_FALSE(To("desk").Last<wire::Welcome>().replay);
  server->set_replay(true);
  server->BeginEpoch({kEpoch.value + 1}, /*paced=*/false, /*covers_everything=*/true);
  Turn();
  EXPECT_TRUE(To("desk").Last<wire::Welcome>().replay);
}

TEST_F(GreetingTest, AWrongFeedIsRefusedAndBothAreNamed) {
  Start();
  From("desk", wire::Hello{.feed = "films", .name = "desk", .node = {2}});
  EXPECT_EQ(Refusal("desk").code, wire::RefusedCode::kWrongFeed);
  EXPECT_EQ(Refusal("desk").reason,
            "wrong feed: \"films\" was asked for, this node serves \"ticks\"");
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(GreetingTest, AnEncodingThatIsNotSpokenHereIsRefused) {
  Start();
  From("desk", wire::Hello{.feed = "ticks", .name = "desk", .node = {2}, .encodings = 2});
  EXPECT_EQ(Refusal("desk").code, wire::RefusedCode::kEncoding);
}

TEST_F(GreetingTest, ANodeThatIsThisOneOrAboveItIsALoop) {
  Start();
  FeedState upstream{.state = State::kLive};
  upstream.hops.push_back({.node = {76}, .name = "floor", .role = Role::kGateway});
  upstream.hops.push_back({.node = {77}, .name = "above", .role = Role::kGateway});
  server->SetUpstream(upstream, now);
  Hello("self", options.node);
  Hello("above", {77});
  Hello("below", {78});
  EXPECT_EQ(Refusal("self").code, wire::RefusedCode::kLoop);
  EXPECT_EQ(Refusal("self").reason, "a loop: the node above is this node itself");
  EXPECT_EQ(Refusal("above").code, wire::RefusedCode::kLoop);
  EXPECT_EQ(Refusal("above").reason, "a loop: the node above is itself below above, through floor");
  EXPECT_EQ(To("below").Kinds(), "welcome");
}

TEST_F(GreetingTest, AFullNodeIsBusy) {
  options.max_sessions = 1;
  Start();
  Hello("first");
  Hello("second");
  EXPECT_EQ(Refusal("second").code, wire::RefusedCode::kBusy);
  From("first", wire::Goodbye{});
  Hello("third");
  EXPECT_EQ(To("third").Kinds(), "welcome");
}

TEST_F(GreetingTest, WhileItIsShortOfMemoryItRefusesWhoComesAndKeepsWhoIsThere) {
  Start();
  Join("x", {"*"});
  server->RefuseMore("this node has no memory left");
  Hello("y");
  EXPECT_EQ(To("y").Last<wire::Refused>().code, wire::RefusedCode::kBusy);
  EXPECT_EQ(To("y").Last<wire::Refused>().reason, "this node has no memory left");
  Publish("AAPL");
  Turn();
  EXPECT_EQ(To("x").Positions().size(), 1u);
  server->RefuseMore("");
  Join("y", {"*"});
  EXPECT_EQ(server->session_count(), 2u);
}

TEST_F(GreetingTest, ShedMemoryIsHalfOfTheRingEachTimeAndNeverAllOfIt) {
  options.ring_bytes = 8 << 20;
  Start();
  for (int i = 0; i < 200; ++i) Publish("AAPL", 1000);
  EXPECT_EQ(server->ShedMemory(), 4u << 20);
  EXPECT_LE(server->state()->held_bytes(), 4u << 20);
  EXPECT_EQ(server->ShedMemory(), 2u << 20);
  EXPECT_EQ(server->ShedMemory(), 1u << 20);
  EXPECT_EQ(server->ShedMemory(), 1u << 20);
  for (int i = 0; i < 200; ++i) Publish("AAPL", 1000);
  EXPECT_LE(server->state()->held_bytes(), 1u << 20);
}

TEST_F(GreetingTest, AnythingButAHelloFromAStrangerGetsNoSession) {
  Start();
  Ping("stranger");
  EXPECT_EQ(Refusal("stranger").code, wire::RefusedCode::kNoSession);
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(GreetingTest, GarbageFromAStrangerIsCountedAndNotAnswered) {
  Start();
  RawFrom("stranger", testing::Bytes(200, std::byte{1}));
  RawFrom("stranger", {});
  EXPECT_EQ(To("stranger").Kinds(), "");
  EXPECT_EQ(server->counters().bad_messages, 2u);
  EXPECT_EQ(observer.said[0], "bad from a stranger: its checksum is wrong");
}

TEST_F(GreetingTest, AnotherVersionIsRefusedWithBothNumbers) {
  Start();
  testing::Bytes bytes = testing::Copy(wire::Encode(wire::Hello{.feed = "ticks", .name = "d"}));
  bytes[1] = std::byte{2};
  RawFrom("desk", bytes);
  EXPECT_EQ(Refusal("desk").code, wire::RefusedCode::kWrongVersion);
  EXPECT_EQ(Refusal("desk").reason, "it speaks protocol version 2; this node speaks version 1");
}

TEST_F(GreetingTest, GarbageOnASessionEndsItWithTheReason) {
  Start();
  Hello("desk");
  RawFrom("desk", testing::Bytes(200, std::byte{1}));
  EXPECT_EQ(To("desk").Last<wire::Goodbye>().code, wire::GoodbyeCode::kProtocol);
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(GreetingTest, AKindFromTheFutureIsSkippedAndTheSessionLives) {
  Start();
  Hello("desk");
  testing::Bytes bytes = testing::Copy(wire::Encode(wire::Ping{1}));
  bytes[0] = std::byte{200};
  testing::Seal(&bytes);
  RawFrom("desk", bytes);
  EXPECT_EQ(server->session_count(), 1u);
  EXPECT_EQ(server->counters().bad_messages, 1u);
}

TEST_F(GreetingTest, AMessageThatOnlyANodeSendsEndsTheSession) {
  Start();
  Hello("desk");
  From("desk", wire::End{{5}});
  EXPECT_EQ(To("desk").Last<wire::Goodbye>().reason, "a message that only a node sends");
}

TEST_F(GreetingTest, ASecondHelloOnAConnectionBeginsAnew) {
  Start();
  Join("desk", {"*"});
  Hello("desk");
  EXPECT_EQ(server->session_count(), 1u);
  EXPECT_TRUE(Find("desk")->interest.empty());
  EXPECT_EQ(server->counters().sessions_closed, 1u);
}

TEST_F(GreetingTest, APeerThatIsGoneIsForgotten) {
  Start();
  Join("desk", {"*"});
  links.results["desk"] = wire::SendResult::kPeerGone;
  Publish("A");
  Turn();
  EXPECT_EQ(server->session_count(), 0u);
  EXPECT_EQ(observer.said.back(), "closed desk: its connection is gone");
}

TEST_F(GreetingTest, ASilentSessionIsForgottenAfterFiveSeconds) {
  Start();
  Join("silent", {"*"});
  Join("alive", {"*"});
  Pass(seconds(5), {"alive"});
  EXPECT_EQ(server->session_count(), 2u);
  Pass(seconds(1), {"alive"});
  EXPECT_EQ(server->session_count(), 1u);
  EXPECT_EQ(observer.said.back(), "closed silent: it has been silent for too long");
}

TEST_F(GreetingTest, CloseSaysGoodbyeToEverybody) {
  Start();
  Hello("a");
  Hello("b");
  server->Close("the publisher stops");
  EXPECT_EQ(To("a").Last<wire::Goodbye>().reason, "the publisher stops");
  EXPECT_EQ(To("b").Last<wire::Goodbye>().code, wire::GoodbyeCode::kDone);
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(GreetingTest, BeforeItsFirstEpochANodeWelcomesWithoutOne) {
  server = std::make_unique<FeedServer>(options, &links, &observer);
  Hello("desk");
  Want("desk", {"*"});
  Turn();
  EXPECT_EQ(To("desk").Last<wire::Welcome>().epoch, Epoch{0});
  server->BeginEpoch(kEpoch, false, true);
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome welcome");
  EXPECT_EQ(To("desk").Last<wire::Welcome>().epoch, kEpoch);
}

TEST_F(GreetingTest, ANewEpochWelcomesEverySessionAgainAndGoesOnWithWhatItHad) {
  Start();
  Join("desk", {"*"});
  const Epoch next{kEpoch.value + 1};
  server->BeginEpoch(next, false, true);
  topics.clear();
  head = {};
  Turn();
  Publish("A");
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have welcome have names batch");
  EXPECT_EQ(To("desk").Last<wire::Welcome>().epoch, next);
  Want("desk", {"*"});  // still of the epoch before: ignored
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have welcome have names batch");
}

TEST_F(GreetingTest, ANewEpochGoesOnWithTheInterestThatTheClientKnowsOf) {
  options.window_messages = 2;
  Start();
  Join("desk", {"A*"});
  Want("desk", {"B*"});
  Turn();
  ASSERT_EQ(To("desk").Kinds(), "welcome have");
  ASSERT_EQ(Find("desk")->patterns.size(), 2u);
  server->BeginEpoch(Epoch{kEpoch.value + 1}, false, true);
  Ack("desk");
  Turn();
  Ack("desk");
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have have welcome have");
  EXPECT_EQ(To("desk").Last<wire::Have>().version, version);
  EXPECT_EQ(Find("desk")->interest, Interest(testing::P({"A*", "B*"})));
}

TEST_F(GreetingTest, WhatASessionWasNotYetSentOfAnEpochComesBeforeTheNextOne) {
  options.window_messages = 3;
  Start();
  Join("desk", {"*"});
  Publish("A");
  Turn();  // welcome, have, names: the window is full
  Publish("A");
  server->BeginEpoch({kEpoch.value + 1}, false, true);
  topics.clear();
  head = {};
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have names");
  Ack("desk");
  Turn();
  Ack("desk");
  Turn();
  Publish("B");
  Turn();
  Ack("desk");
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have names batch batch welcome have names batch");
}

TEST_F(GreetingTest, APongBringsTheNonceThePathAndTheHead) {
  Start();
  Hello("desk");
  Publish("A", 3);
  Ping("desk");
  const wire::Pong pong = To("desk").Last<wire::Pong>();
  EXPECT_EQ(pong.nonce, 7u);
  EXPECT_EQ(pong.head, Position{3});
  EXPECT_EQ(pong.state, static_cast<uint8_t>(State::kLive));
  ASSERT_EQ(pong.hops.size(), 1u);
  EXPECT_EQ(pong.hops[0].name, "hq");
  EXPECT_EQ(pong.hops[0].role, static_cast<uint8_t>(Role::kPublisher));
}

TEST_F(GreetingTest, AChangeOfThePathIsToldWithoutBeingAsked) {
  Start();
  Hello("desk");
  server->SetUpstream({.state = State::kStale, .cause = "the line is cut"}, now);
  const wire::Pong pong = To("desk").Last<wire::Pong>();
  EXPECT_EQ(pong.nonce, 0u);
  EXPECT_EQ(pong.state, static_cast<uint8_t>(State::kStale));
  EXPECT_EQ(pong.cause, "the line is cut");
}

TEST_F(GreetingTest, APongIsNotLiveIfTheNodeItselfHasHeardNothingForThreeSeconds) {
  Start();
  server->BeginEpoch(Epoch{kEpoch.value + 1}, false, /*covers_everything=*/false);
  server->SetUpstream({.state = State::kLive}, now);
  Hello("desk");
  now += std::chrono::milliseconds(2900);
  Ping("desk");
  EXPECT_EQ(To("desk").Last<wire::Pong>().state, static_cast<uint8_t>(State::kLive));
  now += std::chrono::milliseconds(200);
  Ping("desk");
  EXPECT_EQ(To("desk").Last<wire::Pong>().state, static_cast<uint8_t>(State::kStale));
  EXPECT_EQ(To("desk").Last<wire::Pong>().hops[0].state, static_cast<uint8_t>(State::kStale));
}

}  // namespace
}  // namespace fantail::feed
