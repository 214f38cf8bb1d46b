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
  EXPECT_EQ(To("x").Last<wire::Have>().reason, "hq lets desk7 see only A*");
  EXPECT_EQ(To("x").Last<wire::Names>().topics.size(), 1u);
  EXPECT_EQ(server->counters().patterns_refused, 2u);
  Publish("MSFT");
  Publish("AAPL");
  Turn();
  EXPECT_EQ(To("x").Positions(), (std::vector<uint64_t>{6}));
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
  EXPECT_EQ(To("x").Last<wire::Have>().reason, "hq lets desk8 see only B*");
}

TEST_F(AccessTest, AUserHasNoMoreSessionsThanItMay) {
  Start();
  Rights one = MaySee({Pattern("*")});
  one.sessions = 1;
  Give("desk7", one);
  JoinAs("desk7", "x", {"A*"});
  As("desk7", "y", wire::Hello{.feed = "ticks", .name = "y", .node = {51}});
  EXPECT_EQ(To("y").Last<wire::Refused>().reason, "desk7 has the 1 sessions that it may have");
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

}  // namespace
}  // namespace fantail::feed
