// FeedClient against a scripted node: what it says, what it believes, and what makes it give up.
#include "fantail/feed/feed_client.h"

#include <gtest/gtest.h>

#include "tests/support/damage.h"
#include "tests/unit/feed/client_fixture.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::milliseconds;
using std::chrono::seconds;

using Said = std::vector<std::string>;

class ClientTest : public ClientFixture {};

TEST_F(ClientTest, SaysHelloFirstAndWantsWhenItIsWelcome) {
  client.SetInterest(P({"B", "A*"}), now);
  Connect();
  EXPECT_EQ(link.inbox.Kinds(), "hello");
  EXPECT_EQ(link.inbox.Last<wire::Hello>().name, "desk");
  Welcome();
  EXPECT_EQ(link.inbox.Kinds(), "hello ping want");
  const wire::Want want = link.inbox.Last<wire::Want>();
  EXPECT_EQ(want.add.bytes(), std::string_view("A*\0B\0", 5));
  EXPECT_EQ(want.starts[0].kind, wire::StartKind::kFresh);
  EXPECT_EQ(want.epoch, kEpoch);
}

TEST_F(ClientTest, WantsNothingBeforeItKnowsTheEpoch) {
  client.SetInterest(P({"A*"}), now);
  Connect();
  Welcome(Epoch{});
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 0u);
  Welcome();
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
}

TEST_F(ClientTest, IsLiveWhenItHasAllAndThePathReachesAPublisher) {
  client.SetInterest(P({"A*"}), now);
  EXPECT_EQ(client.state().state, State::kConnecting);
  Connect();
  Welcome();
  Pong();
  EXPECT_EQ(client.state().state, State::kRecovering);
  Have();
  EXPECT_EQ(client.state().state, State::kLive);
  Pong(State::kLive, Role::kGateway);
  EXPECT_EQ(client.state().state, State::kStale);
}

TEST_F(ClientTest, GivesTheRecordsOfATopicInOrderEachOnce) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {2}, {At(1, Trade(1, 1)), At(2, Trade(1, 2))});
  Batch({0}, {3}, {At(2, Trade(1, 2)), At(3, Trade(1, 3))});
  EXPECT_EQ(events.Take(),
            (Said{"topic 1 AAPL", "records 1 2", "through 2", "records 3", "through 3"}));
  EXPECT_EQ(client.counters().duplicates, 1u);
}

TEST_F(ClientTest, AHoleInATopicIsAGapForItsOwner) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {1}, {At(1, Trade(1, 1))});
  Batch({1}, {9}, {At(9, Trade(1, 5))});
  EXPECT_EQ(events.Take(),
            (Said{"topic 1 AAPL", "records 1", "through 1", "gap 1-8 AAPL: a sequence was missing",
                  "records 5", "through 9"}));
  EXPECT_EQ(client.counters().holes, 1u);
}

TEST_F(ClientTest, AMissingMessageEndsTheConnection) {
  GoLive();
  Batch({4}, {9}, {});
  EXPECT_EQ(Dropped(), "a message was lost");
  EXPECT_EQ(client.counters().lost_messages, 1u);
}

TEST_F(ClientTest, ATickOrAnImageWithoutANameEndsTheConnection) {
  GoLive();
  Batch({0}, {1}, {At(1, Trade(1, 1))});
  EXPECT_EQ(Dropped(), "a tick without a name");
  Reconnect();
  Welcome();
  Image(7, 3, {5});
  EXPECT_EQ(Dropped(), "an image without a name");
}

TEST_F(ClientTest, AnotherNameForATopicIdEndsTheConnection) {
  GoLive();
  Name(1, "AAPL");
  Name(1, "AIG");
  EXPECT_EQ(Dropped(), "two names for one topic id");
}

TEST_F(ClientTest, DamageAndNonsenseEndTheConnectionAndAKindFromTheFutureDoesNot) {
  GoLive();
  Bytes bytes = Copy(wire::Encode(wire::End{{3}}));
  bytes[0] = std::byte{99};
  Seal(&bytes);
  client.Receive(bytes, now);
  EXPECT_EQ(Dropped(), "not dropped");
  bytes[8] ^= std::byte{1};
  client.Receive(bytes, now);
  EXPECT_EQ(Dropped(), "a bad message: its checksum is wrong");
  EXPECT_EQ(client.counters().bad_messages, 2u);
}

TEST_F(ClientTest, WhatOnlyAClientSendsEndsTheConnection) {
  GoLive();
  Gets(wire::Ping{.nonce = 1});
  EXPECT_EQ(Dropped(), "a message that does not belong there");
}

TEST_F(ClientTest, DataBeforeTheWelcomeEndsTheConnection) {
  Connect();
  Gets(wire::End{{3}});
  EXPECT_EQ(Dropped(), "a message that does not belong there");
}

TEST_F(ClientTest, AfterACutItResumesWhatItHasAndTakesTheRestFresh) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {7}, {At(1, Trade(1, 1))});
  client.SetInterest(P({"A*", "B"}), now);
  Reconnect();
  Welcome();
  const wire::Want want = link.inbox.Last<wire::Want>();
  EXPECT_EQ(want.add.bytes(), std::string_view("A*\0B\0", 5));
  EXPECT_EQ(want.starts[0].kind, wire::StartKind::kResume);
  EXPECT_EQ(want.starts[0].after, Position{7});
  EXPECT_EQ(want.starts[1].kind, wire::StartKind::kFresh);
}

TEST_F(ClientTest, OneChangeIsUnderWayAtATime) {
  GoLive();
  client.SetInterest(P({"A*", "B"}), now);
  client.SetInterest(P({"C"}), now);
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 2u);
  Have();
  ASSERT_EQ(link.inbox.Count<wire::Want>(), 3u);
  const wire::Want want = link.inbox.Last<wire::Want>();
  EXPECT_EQ(want.add.bytes(), std::string_view("C\0", 2));
  EXPECT_EQ(want.remove.bytes(), std::string_view("A*\0B\0", 5));
}

TEST_F(ClientTest, AHaveInPartsIsOneAnswerAndWhatItRefusesIsNotAskedAgain) {
  client.SetInterest(P({"A*", "B", "C"}), now);
  Connect();
  Welcome();
  events.Take();
  Gets(wire::Have{.version = 1, .refused = TextOf("B"), .reason = "no", .more = true});
  EXPECT_EQ(events.Take(), Said{});
  Gets(wire::Have{.version = 1, .refused = TextOf("C"), .reason = "no"});
  EXPECT_EQ(events.Take(), (Said{"through 0", "have 1 refused B C"}));
  EXPECT_EQ(client.complete(), Interest(P({"A*"})));
  client.Turn(now);
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
}

TEST_F(ClientTest, AHaveThatRefusesMoreThanWasWantedEndsTheConnection) {
  client.SetInterest(P({"A*"}), now);
  Connect();
  Welcome();
  for (int i = 0; i < 2; ++i) {
    Gets(wire::Have{.version = 1, .refused = TextOf("B"), .more = true});
  }
  EXPECT_EQ(Dropped(), "a message that does not belong there");
}

TEST_F(ClientTest, AHaveOfAWantThatWasNeverSentEndsTheConnection) {
  GoLive();
  Gets(wire::Have{.version = 9});
  EXPECT_EQ(Dropped(), "a message that does not belong there");
}

TEST_F(ClientTest, AGapIsToldAndTheImageBehindItTakenEvenIfItIsNotNewer) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {3}, {At(3, Trade(1, 1))});
  events.Take();
  Gets(wire::Gap{.from = {3}, .to = {9}, .patterns = TextOf("A*"), .reason = 2});
  Image(1, 6, {9});
  EXPECT_EQ(events.Take(), (Said{"gap 3-9 A*: too far behind a live feed", "image at 6"}));
  EXPECT_EQ(client.counters().gaps, 1u);
}

// As a session that is moved finds it at a gateway that is still behind.
TEST_F(ClientTest, WhatANodeLostThatIsBehindTheOneBeforeIsNoGap) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {9}, {At(3, Trade(1, 1)), At(8, Trade(1, 2)), At(9, Trade(1, 3))});
  Reconnect();
  Welcome();
  Have({4});
  events.Take();
  Gets(wire::Gap{.from = {4}, .to = {8}, .patterns = TextOf("*"), .reason = 3});
  Image(1, 2, {8});
  EXPECT_EQ(events.Take(), Said{});
  Batch({4}, {12}, {At(9, Trade(1, 3)), At(12, Trade(1, 4))});
  EXPECT_EQ(events.Take(),
            (Said{"records 4", "through 12", "through 12", "have 1 refused nothing"}));
  Gets(wire::Gap{.from = {12}, .to = {15}, .patterns = TextOf("*"), .reason = 3});
  EXPECT_EQ(events.Take(), (Said{"gap 12-15 *: missing at the node above"}));
}

// A node that has lost records, and had some of them in between: the image is ahead of those.
TEST_F(ClientTest, WhatIsMissingInAGapThatWasToldIsNotToldAgain) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {9}, {At(3, Trade(1, 1))});
  Gets(wire::Gap{.from = {9}, .to = {30}, .patterns = TextOf("A*"), .reason = 3});
  Batch({9}, {20}, {At(12, Trade(1, 2))});
  events.Take();
  Image(1, 5, {20});
  EXPECT_EQ(events.Take(), Said{"image at 5"});
  Batch({20}, {31}, {At(31, Trade(1, 8))});
  EXPECT_EQ(events.Take(), (Said{"records 8", "through 31"}));
  Batch({31}, {40}, {At(40, Trade(1, 10))});
  EXPECT_EQ(events.Take().front(), "gap 31-39 AAPL: a sequence was missing");
}

TEST_F(ClientTest, AChangeIsUnderWayUntilTheOwnerHasBeenTold) {
  client.SetInterest(testing::P({"A*", "B*"}), now);
  Connect();
  Welcome();
  Have();
  Batch({0}, {9}, {});
  Reconnect();
  Welcome();
  Have({4});  // a node that is behind
  events.Take();
  client.SetInterest(testing::P({"B*"}), now);
  client.SetInterest(testing::P({"A*", "B*"}), now);
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
  client.SetInterest(testing::P({"B*"}), now);
  Batch({4}, {9}, {});
  EXPECT_EQ(events.Take(), (Said{"through 9", "have 1 refused nothing"}));
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 2u);
}

TEST_F(ClientTest, AnImageNeverGoesBackBehindWhatAnotherNodeHasBrought) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {3}, {At(3, Trade(1, 1))});
  Gets(wire::Gap{.from = {3}, .to = {9}, .patterns = TextOf("A*"), .reason = 3});
  Reconnect();
  Welcome();
  Batch({3}, {9}, {At(5, Trade(1, 2)), At(9, Trade(1, 3))}, wire::Replay::kResumed);
  Have({9});
  events.Take();
  Image(1, 2, {8});
  EXPECT_EQ(events.Take(), Said{});
  Batch({9}, {12}, {At(12, Trade(1, 5))});
  EXPECT_EQ(events.Take().front(), "gap 9-11 AAPL: a sequence was missing");
}

TEST_F(ClientTest, AnImageThatSkipsRecordsWithoutANoticeIsAGap) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {3}, {At(3, Trade(1, 1))});
  events.Take();
  Image(1, 6, {9});
  EXPECT_EQ(events.Take(), (Said{"gap 3-9 AAPL: no longer held by the node above", "image at 6"}));
}

TEST_F(ClientTest, AHigherEpochIsAdoptedAndEverythingBeginsAnew) {
  GoLive();
  Name(1, "AAPL");
  events.Take();
  Welcome(Epoch{kEpoch.value + 1});
  EXPECT_EQ(events.Take(), Said{"epoch"});
  EXPECT_EQ(client.epoch(), Epoch{kEpoch.value + 1});
  EXPECT_EQ(client.through(), Position{0});
  EXPECT_EQ(link.inbox.Last<wire::Want>().starts[0].kind, wire::StartKind::kFresh);
}

TEST_F(ClientTest, ALowerEpochIsRefused) {
  GoLive();
  Reconnect();
  Welcome(Epoch{kEpoch.value - 1});
  EXPECT_EQ(
      Dropped(),
      "it serves an older epoch than was seen here: a publisher that was replaced still runs");
  EXPECT_EQ(client.epoch(), kEpoch);
  client.Turn(now + milliseconds(100));
  EXPECT_EQ(client.state().state, State::kRefused);
}

TEST_F(ClientTest, AWelcomeToAnotherFeedIsNotTaken) {
  Connect();
  Gets(wire::Welcome{.feed = "films", .window_bytes = 1 << 20, .window_messages = 8});
  EXPECT_EQ(Dropped(), "a welcome to another feed");
}

TEST_F(ClientTest, ARefusalIsAStateAndATryLaterIsLonger) {
  Connect();
  Gets(wire::Refused{.code = wire::RefusedCode::kWrongFeed, .reason = "wrong feed"});
  EXPECT_EQ(Dropped(), "wrong feed");
  EXPECT_EQ(client.drop()->retry_after, seconds(5));
  client.Turn(now + milliseconds(100));
  EXPECT_EQ(client.state().state, State::kRefused);
}

TEST_F(ClientTest, NoSessionIsNoRefusalButAReasonToConnectAgain) {
  GoLive();
  Gets(wire::Refused{.code = wire::RefusedCode::kNoSession, .reason = "no session"});
  EXPECT_EQ(Dropped(), "it knows no such session");
  EXPECT_EQ(client.drop()->retry_after, Nanos{0});
}

TEST_F(ClientTest, ItselfInThePathIsALoop) {
  GoLive();
  Gets(wire::Pong{.hops = {{.node = {9}, .name = "branch", .role = 2, .state = 3},
                           {.node = {8}, .name = "floor", .role = 2, .state = 3},
                           {.node = {5}, .name = "desk", .role = 2, .state = 3}},
                  .state = 3});
  EXPECT_EQ(Dropped(), "a loop: the node above is itself below desk, through floor");
}

TEST_F(ClientTest, PingsEverySecondAndIsStaleAfterThreeWithoutAnAnswer) {
  GoLive();
  for (int i = 0; i < 30; ++i) client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Count<wire::Ping>(), 4u);
  EXPECT_EQ(client.state().state, State::kLive);
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(Dropped(), "silent for 3 s");
  EXPECT_EQ(client.state().state, State::kStale);
  EXPECT_EQ(client.state().hop, "branch");
}

TEST_F(ClientTest, AnAnswerToAnOldPingProvesNoMoreThanThat) {
  GoLive();
  const wire::Ping old = link.inbox.Last<wire::Ping>();
  for (int i = 0; i < 29; ++i) client.Turn(now += milliseconds(100));
  Gets(wire::Pong{.nonce = old.nonce,
                  .hops = {{.node = {9}, .name = "branch", .role = 3, .state = 3}},
                  .state = 3});
  client.Turn(now += milliseconds(200));
  EXPECT_EQ(Dropped(), "silent for 3 s");
}

TEST_F(ClientTest, APongFromTheFutureProvesNothing) {
  GoLive();
  const MonotonicTime before = client.proved_at();
  for (const uint64_t nonce : {UINT64_MAX, uint64_t{1}, uint64_t{INT64_MAX}}) {
    Gets(wire::Pong{.nonce = nonce, .state = 3});
    EXPECT_EQ(client.proved_at(), before);
  }
}

TEST_F(ClientTest, NoWelcomeWithinThreeSecondsIsGivenUp) {
  Connect();
  client.Turn(now + milliseconds(3001));
  EXPECT_EQ(Dropped(), "no welcome within 3 s");
}

TEST_F(ClientTest, AcknowledgesEveryHalfWindowWhatItHasTaken) {
  client.SetInterest(P({"A*"}), now);
  Connect();
  Welcome(kEpoch, /*window_messages=*/8);
  Have();
  link.inbox.Clear();
  Batch({0}, {1}, {});
  EXPECT_EQ(link.inbox.Count<wire::Ack>(), 0u);
  Batch({1}, {2}, {});
  ASSERT_EQ(link.inbox.Count<wire::Ack>(), 1u);
  EXPECT_EQ(link.inbox.Last<wire::Ack>().messages, 4u);
  EXPECT_EQ(link.inbox.Last<wire::Ack>().through, Position{2});
}

TEST_F(ClientTest, AWindowOfOneMessageIsNotAcknowledgedOverAndOver) {
  Connect();
  Welcome(kEpoch, /*window_messages=*/1);
  link.inbox.Clear();
  for (int i = 0; i < 5; ++i) client.Turn(now);
  EXPECT_LE(link.inbox.Count<wire::Ack>(), 1u);
}

TEST_F(ClientTest, WhileHeldItAcknowledgesNothingNewAndSaysThatItLives) {
  GoLive();
  client.HoldAcks(true);
  Batch({0}, {1}, {});
  link.inbox.Clear();
  client.Turn(now += seconds(1));
  const wire::Ack ack = link.inbox.Last<wire::Ack>();
  EXPECT_TRUE(ack.held);
  EXPECT_EQ(ack.messages, 0u);
}

TEST_F(ClientTest, TheEndIsAcknowledgedAtOnceAndIsAState) {
  GoLive();
  link.inbox.Clear();
  Gets(wire::End{{9}});
  EXPECT_EQ(link.inbox.Kinds(), "ack");
  EXPECT_EQ(events.Take(), Said{"end 9"});
  EXPECT_EQ(client.state().state, State::kEnded);
}

TEST_F(ClientTest, ABackfillIsAskedForBesidesAndComesAsSuch) {
  GoLive();
  Name(1, "AAPL");
  client.AskBackfill({.pattern = Pattern("AAPL"), .after = {2}, .through = {8}});
  client.Turn(now);
  const wire::Want want = link.inbox.Last<wire::Want>();
  EXPECT_EQ(want.starts[0].kind, wire::StartKind::kBackfill);
  EXPECT_EQ(want.starts[0].after, Position{2});
  EXPECT_EQ(want.starts[0].through, Position{8});
  events.Take();
  Batch({2}, {8}, {At(3, Trade(1, 4))}, wire::Replay::kBackfill);
  EXPECT_EQ(events.Take(), Said{"backfill 4"});
}

TEST_F(ClientTest, AFullLinkIsGivenUp) {
  link.full = true;
  Connect();
  EXPECT_EQ(Dropped(), "its queue is full");
}

TEST_F(ClientTest, CloseSaysGoodbye) {
  GoLive();
  client.Close();
  EXPECT_EQ(link.inbox.Last<wire::Goodbye>().code, wire::GoodbyeCode::kDone);
}

}  // namespace
}  // namespace fantail::feed
