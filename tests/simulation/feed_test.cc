// The main job in virtual time: a publisher, gateways and desks, with the real state machines.
#include <gtest/gtest.h>

#include <utility>

#include "tests/simulation/desk.h"

namespace fantail::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<Pattern> P(std::initializer_list<const char*> texts) {
  std::vector<Pattern> patterns;
  for (const char* text : texts) patterns.emplace_back(text);
  return patterns;
}

// A publisher and a gateway, and ticks of a few symbols at a steady rate.
class FeedTest : public ::testing::Test {
 protected:
  FeedTest() : FeedTest(7) {}
  explicit FeedTest(uint64_t seed) : world(seed) {
    hq = world.Add<SimPublisher>("hq", /*paced=*/false);
    gateway = world.Add<SimGateway>("branch", "hq");
  }

  SimDesk* Desk(const std::string& name, std::initializer_list<const char*> patterns,
                const std::string& upstream = "branch") {
    desks.push_back(world.Add<SimDesk>(name, upstream, P(patterns), hq));
    return desks.back();
  }

  // One tick a millisecond for `span`.
  void Ticks(Nanos span) {
    for (Nanos t{0}; t < span; t += milliseconds(1)) {
      world.At(t, [this] { hq->Publish(symbols[world.random().Below(symbols.size())]); });
    }
    world.Run(span);
  }

  void ExpectSound() {
    for (const std::string& violation : world.violations()) ADD_FAILURE() << violation;
    for (const SimDesk* desk : desks) EXPECT_TRUE(desk->Converged()) << desk->name();
  }

  World world;
  SimPublisher* hq;
  SimGateway* gateway;
  std::vector<SimDesk*> desks;
  std::vector<std::string> symbols = {"AAPL", "AAP", "ABC", "AIG", "BAC", "B", "IBM", "SPY"};
};

TEST_F(FeedTest, EveryDeskGetsExactlyWhatItWantsFromTheFirstTick) {
  SimDesk* all = Desk("all", {"*"});
  SimDesk* aig = Desk("aig", {"AIG"});
  Desk("b", {"B*"});
  world.Run(seconds(1));
  Ticks(seconds(2));
  world.Run(seconds(1));
  ExpectSound();
  for (const std::string& symbol : symbols) EXPECT_TRUE(all->SawAll(symbol)) << symbol;
  EXPECT_TRUE(aig->SawAll("AIG"));
  EXPECT_EQ(aig->records(), hq->Published("AIG"));
  EXPECT_EQ(all->client()->state().state, feed::State::kLive);
}

TEST_F(FeedTest, WhoeverWaitedForTheInterestGetsTheVeryFirstTickAsARecord) {
  world.Add<SimGateway>("floor", "branch");
  SimDesk* near = Desk("near", {"*"});
  SimDesk* far = Desk("far", {"*"}, "floor");
  // The first tick follows the acknowledgement of the interest at once.
  while (!hq->server()->SomebodyHas(Pattern("*"))) world.Run(std::chrono::microseconds(10));
  hq->Publish("AAPL");
  world.Run(seconds(1));
  ExpectSound();
  EXPECT_TRUE(near->SawAll("AAPL"));
  EXPECT_TRUE(far->SawAll("AAPL"));
}

TEST_F(FeedTest, ADeskThatJoinsInTheMiddleGetsImagesAndThenEveryTick) {
  Desk("early", {"B*"});
  Ticks(seconds(2));
  SimDesk* late = Desk("late", {"A*"});
  Ticks(seconds(2));
  world.Run(seconds(1));
  ExpectSound();
  EXPECT_GT(late->records(), 500u);
  EXPECT_EQ(late->gaps(), 0u);
}

TEST_F(FeedTest, WideningAndNarrowingLeavesWhatStaysWantedUntouched) {
  SimDesk* desk = Desk("desk", {"AAPL"});
  world.Run(seconds(1));
  for (int i = 0; i < 10; ++i) {
    desk->Want(P({"A*"}));
    Ticks(milliseconds(130));
    desk->Want(P({"AAPL"}));
    Ticks(milliseconds(70));
  }
  world.Run(seconds(1));
  ExpectSound();
  EXPECT_TRUE(desk->SawAll("AAPL"));
  EXPECT_EQ(desk->gaps(), 0u);
}

TEST_F(FeedTest, AGatewayThatIsKilledAndRestartedCostsItsDesksNothing) {
  SimDesk* all = Desk("all", {"*"});
  SimDesk* some = Desk("some", {"AA*", "SPY"});
  world.Run(seconds(1));
  Ticks(seconds(1));
  world.Kill("branch", /*tell_peers=*/true);
  Ticks(seconds(5));
  EXPECT_EQ(all->client()->state().state, feed::State::kStale);
  world.Restart("branch");
  Ticks(seconds(2));
  world.Run(seconds(1));
  ExpectSound();
  for (const std::string& symbol : symbols) EXPECT_TRUE(all->SawAll(symbol)) << symbol;
  EXPECT_TRUE(some->SawAll("SPY"));
  EXPECT_EQ(all->gaps() + some->gaps(), 0u);
  EXPECT_EQ(all->client()->state().state, feed::State::kLive);
}

TEST_F(FeedTest, AChainOfThreeGatewaysSurvivesAKillInTheMiddle) {
  world.Add<SimGateway>("floor", "branch");
  world.Add<SimGateway>("room", "floor");
  SimDesk* desk = Desk("desk", {"*"}, "room");
  Desk("other", {"A*"}, "floor");
  world.Run(seconds(1));
  Ticks(seconds(1));
  world.Kill("floor", /*tell_peers=*/false);
  Ticks(seconds(2));
  world.Restart("floor");
  Ticks(seconds(4));
  world.Run(seconds(1));
  ExpectSound();
  for (const std::string& symbol : symbols) EXPECT_TRUE(desk->SawAll(symbol)) << symbol;
  EXPECT_EQ(desk->client()->state().hops.size(), 4u);
}

TEST_F(FeedTest, ASilentLinkIsStaleWithinThreeSecondsAndNamesTheHop) {
  SimDesk* desk = Desk("desk", {"*"});
  world.Run(seconds(2));
  ASSERT_EQ(desk->client()->state().state, feed::State::kLive);
  world.Isolate("desk");
  world.Run(milliseconds(3100));
  EXPECT_EQ(desk->client()->state().state, feed::State::kStale);
  EXPECT_EQ(desk->client()->state().hop, "branch");
  world.Heal("desk");
  world.Run(milliseconds(4000));
  EXPECT_EQ(desk->client()->state().state, feed::State::kLive);
}

TEST_F(FeedTest, ASilentWanIsStaleAtTheDeskWithinThreeSecondsToo) {
  SimDesk* desk = Desk("desk", {"*"});
  world.Run(seconds(2));
  world.Isolate("branch");
  world.Run(milliseconds(3150));
  EXPECT_EQ(desk->client()->state().state, feed::State::kStale);
  EXPECT_EQ(desk->client()->state().hop, "branch");
  EXPECT_NE(desk->client()->state().cause.find("hq"), std::string::npos);
}

TEST_F(FeedTest, TheCoverFollowsTheSessionsAndLingersBeforeItNarrows) {
  SimDesk* desk = Desk("desk", {"A*"});
  Desk("other", {"AAPL", "IBM"});
  Ticks(seconds(1));
  EXPECT_EQ(gateway->client()->complete().Key(), std::string("A*\0IBM\0", 7));
  desk->Want(P({"BAC"}));
  Ticks(seconds(4));
  EXPECT_TRUE(gateway->client()->complete().Covers(Pattern("A*")));
  Ticks(seconds(2));
  EXPECT_EQ(gateway->client()->complete().Key(), std::string("AAPL\0BAC\0IBM\0", 13));
  ExpectSound();
}

TEST_F(FeedTest, ATopicThatNobodyWantsCrossesNoLink) {
  Desk("desk", {"AIG"});
  world.Run(seconds(1));
  symbols = {"SPY"};
  const uint64_t before = gateway->bytes_down;
  Ticks(seconds(10));
  // Pongs, a bookmark a second and proofs only: some 200 bytes a second.
  EXPECT_LT(gateway->bytes_down - before, 5000u);
}

TEST_F(FeedTest, WhatAGatewayDoesNotAllowIsRefusedAndTheRestFlows) {
  world.Add<SimGateway>("narrow", "hq", P({"B*"}));
  world.Add<SimGateway>("below", "narrow");
  SimDesk* mixed = Desk("mixed", {"BAC", "AAPL"}, "below");
  SimDesk* fine = world.Add<SimDesk>("fine", "below", P({"B*"}), hq);
  world.Run(seconds(1));
  Ticks(seconds(2));
  world.Run(seconds(1));
  EXPECT_EQ(mixed->refused(), std::vector<std::string>{"AAPL"});
  EXPECT_TRUE(mixed->SawAll("BAC"));
  EXPECT_TRUE(fine->SawAll("B"));
  EXPECT_TRUE(fine->Converged());
}

TEST_F(FeedTest, TheEndReachesEveryDeskAfterEverythingElse) {
  SimDesk* desk = Desk("desk", {"*"});
  world.Run(seconds(1));
  Ticks(seconds(1));
  hq->End();
  world.Run(seconds(1));
  EXPECT_TRUE(desk->ended());
  EXPECT_TRUE(hq->server()->EverybodyHasAcknowledged());
  SimDesk* late = Desk("late", {"A*"});
  world.Run(seconds(2));
  EXPECT_TRUE(late->ended());
  EXPECT_EQ(late->client()->state().state, feed::State::kEnded);
  ExpectSound();
}

TEST_F(FeedTest, ADeskThatFallsTooFarBehindALiveFeedIsToldWhatItMissesAndGetsImages) {
  gateway->server_options.window_bytes = 64 * 1024;
  gateway->server_options.max_backlog_bytes = 64 * 1024;
  world.Restart("branch");
  SimDesk* slow = Desk("slow", {"*"});
  SimDesk* quick = Desk("quick", {"*"});
  world.Run(seconds(1));
  slow->Block(true);
  Ticks(seconds(6));
  slow->Block(false);
  Ticks(seconds(2));
  world.Run(seconds(1));
  ExpectSound();
  EXPECT_GE(slow->gaps(), 1u);
  EXPECT_EQ(quick->gaps(), 0u);
  for (const std::string& symbol : symbols) EXPECT_TRUE(quick->SawAll(symbol)) << symbol;
  EXPECT_EQ(slow->client()->state().state, feed::State::kLive);
}

TEST_F(FeedTest, ADeskThatLagsLessGetsEveryTickInTheEnd) {
  SimDesk* slow = Desk("slow", {"*"});
  world.Run(seconds(1));
  slow->Block(true);
  Ticks(seconds(6));
  slow->Block(false);
  world.Run(seconds(2));
  ExpectSound();
  EXPECT_EQ(slow->gaps(), 0u);
  for (const std::string& symbol : symbols) EXPECT_TRUE(slow->SawAll(symbol)) << symbol;
}

TEST_F(FeedTest, APacedFeedWaitsForItsSlowestDeskThroughEveryGateway) {
  auto* replay = world.Add<SimPublisher>("replay", /*paced=*/true);
  for (const auto& [name, above] : {std::pair("r1", "replay"), {"r2", "r1"}}) {
    world.Add<SimGateway>(name, above)->server_options.window_bytes = 64 * 1024;
    world.Restart(name);
  }
  auto* slow = world.Add<SimDesk>("slow", "r2", P({"*"}), replay);
  auto* quick = world.Add<SimDesk>("quick", "r1", P({"*"}), replay);
  world.Run(seconds(2));
  const auto publish_for = [&](Nanos span) {
    for (Nanos t{0}; t < span; t += milliseconds(1)) {
      world.At(t, [&] {
        for (int i = 0; i < 100 && !replay->server()->Congested(); ++i) {
          replay->Publish(symbols[world.random().Below(symbols.size())]);
        }
      });
    }
    world.Run(span);
  };
  publish_for(seconds(1));
  slow->Block(true);
  publish_for(milliseconds(1000));
  const size_t published = replay->truth().head().value;
  publish_for(seconds(6));
  EXPECT_LT(replay->truth().head().value, published + 100000);
  EXPECT_LT(quick->records(), slow->records() + 100000);
  slow->Block(false);
  publish_for(milliseconds(500));
  replay->End();
  world.Run(seconds(3));
  for (const std::string& violation : world.violations()) ADD_FAILURE() << violation;
  for (const SimDesk* desk : {slow, quick}) {
    EXPECT_EQ(desk->records(), replay->truth().head().value);
    EXPECT_EQ(desk->gaps(), 0u);
    EXPECT_TRUE(desk->ended());
  }
}

TEST_F(FeedTest, GatewaysInACircleAreRefused) {
  world.Add<SimGateway>("a", "b");
  world.Add<SimGateway>("b", "a");
  world.Run(seconds(5));
  EXPECT_EQ(world.Find("a")->client()->state().state, feed::State::kRefused);
}

TEST_F(FeedTest, AProofIsRightEveryFewSeconds) {
  SimDesk* desk = Desk("desk", {"A*", "IBM"});
  Ticks(seconds(20));
  EXPECT_GE(desk->client()->counters().proofs, 2u);
  ExpectSound();
}

}  // namespace
}  // namespace fantail::simulation
