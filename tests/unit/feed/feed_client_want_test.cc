// FeedClient against a scripted node: when it wants, and what it asks for.
#include <gtest/gtest.h>

#include "tests/unit/feed/client_fixture.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::milliseconds;

using Said = std::vector<std::string>;

class ClientWantTest : public ClientFixture {};

TEST_F(ClientWantTest, ANewSessionSaysThatNothingIsWantedAnyMoreOfWhatWasComplete) {
  GoLive();
  client.Disconnected("gone", now);
  client.SetInterest({}, now);
  link.inbox.Clear();
  Connect();
  Welcome();
  Pong();
  ASSERT_EQ(link.inbox.Count<wire::Want>(), 1u);
  EXPECT_EQ(link.inbox.Last<wire::Want>().add.Count(), 0u);
  EXPECT_EQ(client.state().state, State::kRecovering);
  Have({7});
  EXPECT_TRUE(client.complete().empty());
  EXPECT_EQ(client.state().state, State::kLive);
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
}

TEST_F(ClientWantTest, WantsNothingOfANodeThatHasNotNamedTheEpochThatItKnows) {
  GoLive();
  Reconnect();
  Welcome(Epoch{});
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 0u);
  Welcome();
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
}

TEST_F(ClientWantTest, WhatIsRefusedIsNotTakenForAcknowledgedByTheNextChange) {
  client.SetInterest(P({"*", "A*"}), now);
  Connect();
  Welcome();
  Pong();
  Gets(wire::Have{.version = 1, .refused = TextOf("*"), .reason = "no"});
  EXPECT_EQ(client.complete().patterns(), P({"A*"}));
  client.SetInterest(P({"*", "A*", "B"}), now);
  EXPECT_EQ(link.inbox.Last<wire::Want>().add.bytes(), std::string_view("B\0", 2));
  Have({0});
  EXPECT_EQ(client.complete().patterns(), P({"A*", "B"}));
  // Given up and wanted again, it is asked for again.
  client.SetInterest(P({"A*", "B"}), now);
  client.SetInterest(P({"*", "A*", "B"}), now);
  EXPECT_EQ(link.inbox.Last<wire::Want>().add.bytes(), std::string_view("*\0", 2));
}

// A gateway's sessions would take it for complete as far as the gateway has come.
TEST_F(ClientWantTest, BehindANodeThatIsLessFarItTellsOfAHaveWhenItIsWhereItWas) {
  GoLive();
  Batch({0}, {9}, {});
  client.SetInterest(P({"A*", "B*"}), now);
  Reconnect();
  Welcome();
  Pong();
  events.Take();
  Have({5});
  EXPECT_EQ(events.Take(), Said{});
  EXPECT_EQ(client.state().state, State::kRecovering);
  Batch({5}, {9}, {});
  EXPECT_EQ(events.Take(), (Said{"through 9", "have 1 refused nothing"}));
  EXPECT_EQ(client.state().state, State::kLive);
}

TEST_F(ClientWantTest, ABackfillOfWhatIsNotWantedIsNotAskedFor) {
  GoLive();
  client.AskBackfill({.pattern = Pattern("B*"), .after = {2}, .through = {8}});
  client.Turn(now);
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
  client.AskBackfill({.pattern = Pattern("AA"), .after = {2}, .through = {8}});
  client.Turn(now);
  EXPECT_EQ(link.inbox.Last<wire::Want>().add.bytes(), std::string_view("AA\0", 3));
}

// It would answer with what it has, and nobody know of what lies between that and here.
TEST_F(ClientWantTest, ABackfillIsNotAskedOfANodeBeforeItIsWhereTheClientWas) {
  GoLive();
  Batch({0}, {9}, {});
  client.AskBackfill({.pattern = Pattern("A*"), .after = {2}, .through = {}});
  Reconnect();
  Welcome();
  EXPECT_EQ(link.inbox.Last<wire::Want>().starts.size(), 1u);
  EXPECT_EQ(link.inbox.Last<wire::Want>().starts[0].kind, wire::StartKind::kResume);
  Have({5});
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Count<wire::Want>(), 1u);
  Batch({5}, {9}, {});
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Last<wire::Want>().starts[0].kind, wire::StartKind::kBackfill);
}

TEST_F(ClientWantTest, GoesOnWhereAnotherLineStandsAfterAGoodbyeAndIsLiveAsLongAsTheOwner) {
  GoLive();
  const auto last = [](TopicId) { return Sequence{}; };
  client.ResumeFrom(Position{5}, Interest(P({"A*"})), Topics(), last, Position{5},
                    now + milliseconds(500));
  EXPECT_EQ(link.inbox.Last<wire::Goodbye>().code, wire::GoodbyeCode::kDone);
  EXPECT_TRUE(client.drop()->at_once);
  client.Disconnected("gone", now);
  EXPECT_EQ(client.state().state, State::kLive);
  client.Turn(now += milliseconds(500));
  EXPECT_EQ(client.state().state, State::kStale);
}

TEST_F(ClientWantTest, WhatWasRefusedIsAskedForAgainInTheNextEpoch) {
  client.SetInterest(P({"A*", "B"}), now);
  Connect();
  Welcome();
  Gets(wire::Have{.version = 1, .refused = TextOf("B"), .reason = "no"});
  Welcome(Epoch{kEpoch.value + 1});
  ASSERT_EQ(link.inbox.Count<wire::Want>(), 2u);
  EXPECT_EQ(link.inbox.Last<wire::Want>().add.bytes(), std::string_view("B\0", 2));
}

TEST_F(ClientWantTest, OlderRecordsAreNotAskedForAsAPartOfWhatHasBeenRefused) {
  GoLive();
  client.SetInterest(P({"*"}), now);
  client.AskBackfill({Pattern("A*"), {}, {}});
  Reconnect();
  Welcome();
  Gets(wire::Have{.version = 1, .refused = TextOf("*"), .reason = "no"});
  const wire::Want less = link.inbox.Last<wire::Want>();
  EXPECT_TRUE(less.add.empty());
  EXPECT_EQ(less.remove.bytes(), std::string_view("A*\0", 3));
  Have();
  client.SetInterest(P({"A*"}), now);
  const wire::Want more = link.inbox.Last<wire::Want>();
  EXPECT_EQ(more.add.bytes(), std::string_view("A*\0", 3));
  EXPECT_EQ(more.starts.front().kind, wire::StartKind::kBackfill);
}

}  // namespace
}  // namespace fantail::feed
