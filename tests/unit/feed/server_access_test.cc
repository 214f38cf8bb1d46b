// FeedServer and the rights of its users.
#include "tests/unit/feed/server_fixture.h"

namespace fantail::feed {
namespace {

Rights MaySee(std::vector<Pattern> see) {
  return {.see = std::move(see)};
}

class AccessTest : public ServerFixture {
 protected:
  void Give(const std::string& user, Rights rights) {
    access.users[user] = std::move(rights);
    server->SetAccess(std::make_shared<const Access>(access));
  }
  // As Join, as a user.
  void JoinAs(const std::string& user, const std::string& address,
              std::initializer_list<const char*> patterns) {
    As(user, address, wire::Hello{.feed = "ticks", .name = address, .node = {50}});
    wire::TextListBuilder texts;
    for (const char* pattern : patterns) texts.Add(pattern);
    const std::vector<wire::Start> starts(patterns.size(), {.kind = wire::StartKind::kFresh});
    As(user, address,
       wire::Want{.version = ++version, .epoch = kEpoch, .add = texts.list(), .starts = starts});
    Turn();
  }
  template <class M>
  void As(const std::string& user, const std::string& address, const M& message) {
    server->Receive(address, wire::Encode(message).bytes(), now, user);
  }

  Access access;
};

TEST_F(AccessTest, AUserGetsWhatItMaySeeAndIsToldOfTheRest) {
  Start();
  Give("desk7", MaySee({Pattern("A*")}));
  Publish("AAPL", 2);
  Publish("MSFT", 2);
  JoinAs("desk7", "x", {"AAPL", "M*", "*"});
  EXPECT_EQ(To("x").Last<wire::Have>().refused.Count(), 2u);
  EXPECT_EQ(To("x").Last<wire::Have>().reason, "hq does not let desk7 see it");
  EXPECT_EQ(To("x").Last<wire::Names>().topics.size(), 1u);
  EXPECT_EQ(server->counters().patterns_refused, 2u);
  Publish("MSFT");
  Publish("AAPL");
  Turn();
  EXPECT_EQ(To("x").Positions(), (std::vector<uint64_t>{6}));
}

TEST_F(AccessTest, EachReasonOfARefusalIsSaidOnce) {
  options.allow = {Pattern("A*")};
  Start();
  Give("desk7", MaySee({Pattern("A*"), Pattern("C*")}));
  JoinAs("desk7", "x", {"A*", "B*", "C*", "D*"});
  EXPECT_EQ(To("x").Last<wire::Have>().reason,
            "hq does not let desk7 see it; hq does not allow it");
}

TEST_F(AccessTest, WhoHasNoRightsIsRefusedWithAReason) {
  Start();
  Give("desk7", MaySee({Pattern("A*")}));
  As("desk8", "x", wire::Hello{.feed = "ticks", .name = "x", .node = {50}});
  EXPECT_EQ(To("x").Last<wire::Refused>().code, wire::RefusedCode::kNoRights);
  EXPECT_EQ(To("x").Last<wire::Refused>().reason, "desk8 has no rights at hq");
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(AccessTest, OthersHaveTheRightsOfOthers) {
  Start();
  access.others = MaySee({Pattern("B*")});
  Give("desk7", MaySee({Pattern("A*")}));
  JoinAs("desk8", "x", {"A*"});
  EXPECT_EQ(To("x").Last<wire::Have>().reason, "hq does not let desk8 see it");
}

TEST_F(AccessTest, AUserHasNoMoreSessionsThanItMay) {
  Start();
  Rights one = MaySee({Pattern("*")});
  one.sessions = 1;
  Give("desk7", one);
  JoinAs("desk7", "x", {"A*"});
  As("desk7", "y", wire::Hello{.feed = "ticks", .name = "y", .node = {51}});
  EXPECT_EQ(To("y").Last<wire::Refused>().reason, "desk7 has as many sessions as it may have: 1");
  EXPECT_EQ(server->session_count(), 1u);
}

TEST_F(AccessTest, AUserIsToldHowManyPatternsItMayWantAndIsHeldToIt) {
  Start();
  Rights few = MaySee({Pattern("*")});
  few.patterns = 2;
  Give("desk7", few);
  JoinAs("desk7", "x", {"A*", "B*"});
  EXPECT_EQ(To("x").Last<wire::Welcome>().max_patterns, 2u);
  EXPECT_EQ(server->session_count(), 1u);
  JoinAs("desk7", "y", {"A*", "B*", "C*"});
  EXPECT_EQ(To("y").Last<wire::Goodbye>().reason, "too many patterns");
}

TEST_F(AccessTest, AWelcomeTellsWhatTheSessionIsHeldTo) {
  options.told = {.handshakes_per_second = 9, .memory_bytes = 10'000, .descriptors = 11};
  Start();
  Rights rights = MaySee({Pattern("*")});
  rights.sessions = 3;
  rights.bytes_per_second = 100'000;
  rights.waiting_bytes = 70'000;
  Give("desk7", rights);
  JoinAs("desk7", "x", {"*"});
  EXPECT_EQ(To("x").Last<wire::Welcome>().limits,
            (wire::Limits{.message_bytes = wire::kMaxMessageBytes,
                          .sessions = 4096,
                          .user_sessions = 3,
                          .handshakes_per_second = 9,
                          .waiting_bytes = 70'000,
                          .bytes_per_second = 100'000,
                          .memory_bytes = 10'000,
                          .descriptors = 11}));
}

TEST_F(AccessTest, AKeyHasNoMoreSessionsThanAnyMayEvenWithoutRights) {
  options.max_user_sessions = 1;
  Start();
  JoinAs("desk7", "x", {"A*"});
  JoinAs("desk8", "y", {"A*"});
  As("desk7", "z", wire::Hello{.feed = "ticks", .name = "z", .node = {51}});
  EXPECT_EQ(To("z").Last<wire::Refused>().code, wire::RefusedCode::kBusy);
  EXPECT_EQ(server->session_count(), 2u);
  EXPECT_EQ(server->counters().sessions_refused, 1u);
}

TEST_F(AccessTest, WhoHasNoKeyIsNotCounted) {
  options.max_user_sessions = 1;
  Start();
  Join("x", {"*"});
  Join("y", {"*"});
  EXPECT_EQ(server->session_count(), 2u);
}

TEST_F(AccessTest, ASessionGetsNoMoreThanItsRateAndNewestValuesOfTheRest) {
  Start();
  access.others = MaySee({Pattern("*")});
  Rights thin = MaySee({Pattern("*")});
  thin.bytes_per_second = 20'000;
  Give("thin", thin);
  JoinAs("thin", "x", {"*"});
  Join("y", {"*"});
  const auto pass = [&](int seconds) {
    for (int i = 0; i < seconds * 100; ++i) {
      Publish("AAPL", 10);
      now += std::chrono::milliseconds(10);
      Turn();
      As("thin", "x",
         wire::Ack{.bytes = To("x").CountedBytes(), .messages = To("x").CountedMessages()});
      Ack("y");
      if (i % 100 == 0) As("thin", "x", wire::Ping{.nonce = 1});
      if (i % 100 == 0) Ping("y");
    }
  };
  pass(5);
  const uint64_t before = Find("x")->sent_bytes;
  pass(20);
  // Over 20 s, and what one message may be more.
  EXPECT_LE(Find("x")->sent_bytes - before, 20u * 20'000 + wire::kMaxMessageBytes);
  EXPECT_GE(Find("x")->sent_bytes - before, 20u * 20'000 / 2);
  EXPECT_GE(server->counters().fell_behind, 1u);
  EXPECT_EQ(To("y").Positions().size(), 25'000u);
}

TEST_F(AccessTest, WhatWaitsForASessionIsNoMoreThanItMayBe) {
  options.window_messages = 1;
  Start();
  access.others = MaySee({Pattern("*")});
  Rights little = MaySee({Pattern("*")});
  little.waiting_bytes = 100'000;
  Give("little", little);
  JoinAs("little", "x", {"*"});
  Join("y", {"*"});
  for (int i = 0; i < 100 && server->counters().fell_behind == 0; ++i) {
    Publish("AAPL", 100);
    Turn();
    Ack("y");
  }
  EXPECT_EQ(server->counters().fell_behind, 1u);
  EXPECT_LT(head.value, 2500u);
  EXPECT_EQ(Find("y")->newest, nullptr);
}

TEST_F(AccessTest, ASessionWhoseRightsHaveChangedComesAgainAndTheOthersStay) {
  Start();
  Give("desk7", MaySee({Pattern("*")}));
  Give("desk8", MaySee({Pattern("*")}));
  JoinAs("desk7", "x", {"*"});
  JoinAs("desk8", "y", {"*"});
  Give("desk7", MaySee({Pattern("A*")}));
  EXPECT_EQ(To("x").Last<wire::Goodbye>().code, wire::GoodbyeCode::kRights);
  EXPECT_EQ(server->session_count(), 1u);
  Publish("MSFT");
  Turn();
  EXPECT_TRUE(To("x").Positions().empty());
  EXPECT_EQ(To("y").Positions(), (std::vector<uint64_t>{1}));
}

TEST_F(AccessTest, AnAddressThatComesWithAnotherKeyIsAStrangers) {
  Start();
  JoinAs("desk7", "x", {"*"});
  As("desk8", "x", wire::Ping{.nonce = 1});
  EXPECT_EQ(To("x").Last<wire::Refused>().code, wire::RefusedCode::kNoSession);
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(AccessTest, WhatIsResumedAndRefusedIsToldBeforeWhatComesForTheRest) {
  Start();
  Give("desk7", MaySee({Pattern("A*")}));
  Publish("AAPL", 3);
  Publish("MSFT", 3);
  As("desk7", "x", wire::Hello{.feed = "ticks", .name = "x", .node = {50}});
  wire::TextListBuilder texts;
  texts.Add("AAPL");
  texts.Add("MSFT");
  const std::vector<wire::Start> starts(2, {.after = {1}, .kind = wire::StartKind::kResume});
  As("desk7", "x",
     wire::Want{.version = ++version, .epoch = kEpoch, .add = texts.list(), .starts = starts});
  Turn();
  const auto haves = To("x").All<wire::Have>();
  ASSERT_EQ(haves.size(), 2u);
  EXPECT_TRUE(haves.front().more);
  EXPECT_EQ(haves.front().refused.bytes(), std::string_view("MSFT\0", 5));
  EXPECT_FALSE(haves.back().more);
  EXPECT_TRUE(haves.back().refused.empty());
  const std::string kinds = To("x").Kinds();
  EXPECT_LT(kinds.find("have"), kinds.find("batch")) << kinds;
  EXPECT_EQ(To("x").Positions(), (std::vector<uint64_t>{2, 3}));
}

// A gateway, which is given all of these by the node above.
class AccessBelowTest : public AccessTest {
 protected:
  void StartBelow(std::initializer_list<const char*> above) {
    options.role = Role::kGateway;
    server = std::make_unique<FeedServer>(options, &links, &observer);
    server->Turn(now);
    server->BeginEpoch(kEpoch, /*paced=*/false, /*covers_everything=*/false);
    Given(above);
  }
  void Given(std::initializer_list<const char*> above, std::vector<Pattern> refused = {}) {
    server->Acknowledge({.at = head, .refused = std::move(refused), .reason = "hq does not"},
                        Interest(testing::P(above)), {});
  }
  // It is being given what it wants, and nothing of that can be sent.
  void Begin(const std::string& address, std::initializer_list<const char*> patterns) {
    Hello(address);
    links.results[address] = wire::SendResult::kWouldBlock;
    Want(address, patterns);
    Turn();
  }
};

TEST_F(AccessBelowTest, WhoIsJustBeingGivenWhatIsRefusedAboveNowGetsNoMoreOfIt) {
  StartBelow({"A*", "M*"});
  Publish("AAPL", 3);
  Begin("x", {"A*"});
  Begin("y", {"M*"});
  server->TakeAway(testing::P({"A*"}), "hq does not", Interest(testing::P({"M*"})));
  EXPECT_EQ(Find("x"), nullptr);
  EXPECT_NE(Find("y"), nullptr);
  EXPECT_EQ(observer.said.back(), "closed x: hq does not");
}

TEST_F(AccessBelowTest, WhoIsAboutToBeToldOfARefusalComesAgainWhenItIsAskedForAgain) {
  StartBelow({"A*"});
  Given({"A*"}, testing::P({"M*"}));
  Publish("AAPL", 3);
  Begin("x", {"A*", "M*"});
  Begin("y", {"A*"});
  server->AskAgainAbove();
  EXPECT_EQ(Find("x"), nullptr);
  EXPECT_NE(Find("y"), nullptr);
}

TEST_F(AccessBelowTest, OlderRecordsOfWhatWasRefusedForAWhileAreAskedForAnew) {
  StartBelow({});
  Hello("x");
  Want("x", {"A*", "M*"}, {.after = {1}, .kind = wire::StartKind::kResume});
  Turn();
  ASSERT_EQ(server->TakeCover(now)->backfills.size(), 2u);
  head = {9};
  Given({"M*"}, testing::P({"A*"}));
  Turn();
  EXPECT_TRUE(server->TakeCover(now)->backfills.empty());
  server->AskAgainAbove();
  EXPECT_EQ(server->TakeCover(now)->interest, testing::P({"A*", "M*"}));
  Given({"A*", "M*"});
  Turn();
  const auto cover = server->TakeCover(now);
  ASSERT_TRUE(cover);
  ASSERT_EQ(cover->backfills.size(), 1u);
  EXPECT_EQ(cover->backfills.front().pattern, Pattern("A*"));
}

}  // namespace
}  // namespace fantail::feed
