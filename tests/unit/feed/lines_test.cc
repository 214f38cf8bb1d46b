// Lines: which line is given on, and what it is worth.
#include <gtest/gtest.h>

#include "fantail/wire/encode.h"
#include "tests/unit/feed/lines_fixture.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::milliseconds;
using std::chrono::seconds;

class LinesTest : public LinesFixture {};

TEST_F(LinesTest, AReplayIsOneToEverybodyBelow) {
  AddDesk({"*"});
  StartGateway("branch", 2);
  Run(seconds(1), /*ticks=*/false);
  EXPECT_FALSE(desk_lines.replay() || gateways["branch"]->upstream().replay());
  hq->set_replay(true);
  hq->BeginEpoch(Epoch{8}, /*paced=*/false, /*covers_everything=*/true);
  Run(seconds(1), /*ticks=*/false);
  EXPECT_EQ(desk_lines.epoch(), Epoch{8});
  EXPECT_TRUE(desk_lines.replay() && gateways["branch"]->upstream().replay());
}

TEST_F(LinesTest, GiveTheFirstCopyOfEveryRecordOnce) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(3));
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  EXPECT_EQ(desk.image_count + desk.gap_count, 0u);
  EXPECT_EQ(desk_lines.state().state, State::kLive);
  EXPECT_GT(desk_lines.line(0).counters().records, 2900u);
  EXPECT_GT(desk_lines.line(1).counters().records, 2900u);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, AGatewayKilledUnderLoadCostsNothingAndShowsNothing) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(2));
  for (const std::string name : {"left", "right"}) {
    desk.states.clear();
    Kill(name);
    Run(seconds(6));
    StartGateway(name, 1);
    Run(seconds(4));
    EXPECT_TRUE(desk.states.empty() ||
                desk.states == std::vector<State>(desk.states.size(), State::kLive))
        << name;
  }
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  EXPECT_EQ(desk.image_count + desk.gap_count, 0u);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, ALineThatIsAlwaysFasterJoinsAsWell) {
  AddDesk({"*"});
  upstreams.at("desk>left").delay = milliseconds(30);
  Run(seconds(5));
  // The first line was the left one; without the right one the owner would be 30 ms behind.
  EXPECT_GT(desk.through.value + 15, head.value);
  Run(seconds(2), false);
  ExpectEqual(desk, desk_lines);
  EXPECT_EQ(desk.gap_count, 0u);
}

TEST_F(LinesTest, AGapOfOneLineIsFilledByTheOther) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(2));
  gateways.at("left")->server().AddGap({.from = {10},
                                        .to = {head.value + 5},
                                        .patterns = P({"A*"}),
                                        .reason = GapReason::kUpstream});
  Run(seconds(3));
  EXPECT_EQ(desk.gap_count, 0u);
  EXPECT_EQ(desk_lines.gaps_filled(), 1u);
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  ExpectEqual(desk, desk_lines);
}

// Its node is behind a link that merges: what comes lies ahead of how far it is complete.
TEST_F(LinesTest, ALineThatIsWholeUpToItsGapDoesNotCountForWhatLiesInTheGap) {
  AddDesk({"*"});
  Run(seconds(2));
  Run(seconds(1), false);
  const GapNotice ahead{
      .from = head, .to = head + 100, .patterns = P({"*"}), .reason = GapReason::kUpstream};
  gateways.at("left")->server().AddGap(ahead);
  Run(milliseconds(100), false);
  // The session fell behind, and is back.
  desk_lines.line(0).Receive(wire::Encode(wire::Have{.version = 1, .at = head}).bytes(), now);
  Run(milliseconds(100), false);
  EXPECT_EQ(desk.gap_count, 0u);
  gateways.at("right")->server().AddGap(ahead);
  Run(milliseconds(100), false);
  EXPECT_EQ(desk.gap_count, 1u);
}

TEST_F(LinesTest, AGapOfWhatAnotherLineHasBroughtIsNoneEvenIfThatLineIsGone) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(2));
  upstreams.at("left>hq").link->delay = milliseconds(300);
  Run(seconds(1));
  const Position left = gateways.at("left")->server().state()->head();
  ASSERT_LT(left + 5, desk_lines.through());
  Break("desk>right");
  gateways.at("left")->server().AddGap(
      {.from = left, .to = left + 5, .patterns = P({"*"}), .reason = GapReason::kUpstream});
  Run(milliseconds(50));
  EXPECT_EQ(desk.gap_count, 0u);
  EXPECT_EQ(desk_lines.gaps_filled(), 0u);
  Run(seconds(3));
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  ExpectEqual(desk, desk_lines);
}

// Both lines are behind nodes that lost something, and neither can fill the other's gap.
TEST_F(LinesTest, AnImageOfALineThatIsBehindIsNotTakenForTheOneThatMakesUpForAGap) {
  AddDesk({"*"});
  Run(seconds(2));
  for (const char* link : {"left>hq", "right>hq"}) {
    upstreams.at(link).link->silent = upstreams.at(link).cut = true;
  }
  Run(seconds(4), false);
  ASSERT_NE(desk_lines.state().state, State::kLive);
  TopicImage image = truth[ids.at("IBM")];
  const auto lose = [&](const char* name, uint64_t more) {
    gateways.at(name)->server().AddGap(
        {.from = head, .to = head + more, .patterns = P({"IBM"}), .reason = GapReason::kUpstream});
    Run(milliseconds(10), false);
  };
  lose("right", 50);
  lose("left", 100);
  gateways.at("right")->server().AddImage(image);
  Run(milliseconds(10), false);
  image.sequence = image.sequence + 3;
  gateways.at("left")->server().AddImage(image);
  Run(milliseconds(10), false);
  EXPECT_EQ(desk.gap_count, 2u);
  EXPECT_EQ(desk.images[image.topic].sequence, image.sequence);
}

// An image from behind what the owner had, and records from there on.
TEST_F(LinesTest, AnObjectThatIsNotOverBeginsAnewWhenItIsWantedAgain) {
  AddDesk({"*"});
  Run(seconds(1), false);
  for (int part = 0; part < 6; ++part) PublishPart("FILM", part == 2);
  PublishPart("SONG", true);
  PublishPart("SONG", false);
  Run(seconds(1));
  desk_lines.SetInterest(P({"A*"}), now);
  Run(seconds(1));
  desk_lines.SetInterest(P({"*"}), now);
  Run(seconds(1));
  EXPECT_TRUE(desk_lines.current());
  PublishPart("FILM", false);
  Run(seconds(1));
  Run(seconds(1), false);
  ExpectEqual(desk, desk_lines);
  EXPECT_EQ(desk_lines.counters().sessions, 2u);
  EXPECT_EQ(desk.gap_count, 0u);
}

TEST_F(LinesTest, AProofThatFailedAtTheNodeOfALineTakesItOut) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(2));
  gateways.at("left")->server().AddGap({.from = {},
                                        .to = desk_lines.through(),
                                        .patterns = P({"*"}),
                                        .reason = GapReason::kDisproved});
  Run(seconds(3));
  EXPECT_EQ(desk_lines.gaps_filled(), 1u);
  EXPECT_EQ(desk.gap_count, 0u);
  Run(seconds(2), false);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, AChangeOfInterestIsPromisedOnceAndCostsWhatStaysNothing) {
  AddDesk({"AAPL"});
  upstreams.at("desk>right").delay = milliseconds(20);
  Run(seconds(2));
  for (int i = 0; i < 10; ++i) {
    desk_lines.SetInterest(P({"A*", "SPY"}), now);
    Run(milliseconds(130));
    desk_lines.SetInterest(P({"AAPL"}), now);
    Run(milliseconds(70));
  }
  Run(seconds(2));
  Run(seconds(2), false);
  EXPECT_EQ(desk.gap_count, 0u);
  ExpectEqual(desk, desk_lines);
}

// What came over it joins the older records; what the other line brings with an image need not.
TEST_F(LinesTest, ABackfillCountsNotIfAnImageOfTheOtherLineComesBeforeThePromise) {
  AddDesk({"A*"});
  Run(seconds(2));
  upstreams.at("desk>right").link->delay = milliseconds(100);
  const Backfill older{Pattern("B*"), Position{10}, Position{}};
  desk_lines.SetInterest(P({"A*", "B*"}), now);
  desk_lines.AskBackfill(older);
  Run(milliseconds(50));
  ASSERT_TRUE(desk_lines.line(0).current());
  ASSERT_FALSE(desk_lines.current());
  gateways.at("left")->server().AddGap({.from = {head.value - 5},
                                        .to = {head.value + 5},
                                        .patterns = P({"*"}),
                                        .reason = GapReason::kUpstream});
  while (!desk_lines.current()) Run(milliseconds(1));
  EXPECT_EQ(desk.answers, std::vector<Backfill>{});
  Run(seconds(3));
  EXPECT_FALSE(desk.answers.empty());
}

// Given up in part before all lines had acknowledged it, what is new begins anew.
TEST_F(LinesTest, AnAnswerFromBeforeATopicBeginsAnewIsAskedForAgain) {
  AddDesk({"A*"});
  Run(seconds(2));
  desk_lines.SetInterest(P({"A*", "B*"}), now);
  desk_lines.AskBackfill({Pattern("B*"), Position{10}, Position{}});
  upstreams.at("desk>right").link->delay = milliseconds(300);
  Run(milliseconds(100));
  ASSERT_TRUE(desk_lines.line(0).current());
  ASSERT_FALSE(desk_lines.current());
  desk_lines.SetInterest(P({"B*"}), now);
  EXPECT_EQ(desk.answers, std::vector<Backfill>{});
  upstreams.at("desk>right").link->delay = milliseconds(1);
  Run(seconds(5));
  ASSERT_TRUE(desk_lines.current());
  EXPECT_EQ(desk.answers.size(), 1u);
  EXPECT_EQ(desk.gap_count, 0u);
}

// What the owner was given from beyond it need not join what this line brought.
TEST_F(LinesTest, ABackfillOfALineThatIsBehindTheOwnerCountsOnlyWhenItLeads) {
  AddDesk({"*"});
  Run(seconds(2));
  upstreams.at("left>hq").link->delay = milliseconds(300);
  Run(seconds(1));
  upstreams.at("desk>right").cut = upstreams.at("desk>right").link->silent = true;
  desk_lines.AskBackfill({Pattern("*"), Position{10}, Position{}});
  Run(milliseconds(50));
  EXPECT_EQ(desk.answers, std::vector<Backfill>{});
  Run(seconds(1));
  EXPECT_EQ(desk.answers.size(), 1u);
}

// Nor does it say that it lacks the rest: for its own session that is still to come.
TEST_F(LinesTest, ABackfillOfALineThatHasNotReachedItsEndDoesNotCount) {
  AddDesk({"*"});
  Run(seconds(2));
  upstreams.at("left>hq").link->delay = milliseconds(300);
  Run(seconds(1));
  const Position left = gateways.at("left")->server().state()->head();
  ASSERT_LT(left + 100, desk_lines.through());
  upstreams.at("desk>right").cut = upstreams.at("desk>right").link->silent = true;
  desk_lines.AskBackfill({Pattern("*"), Position{10}, left + 100});
  Run(milliseconds(50));
  EXPECT_EQ(desk.answers, std::vector<Backfill>{});
  Run(seconds(1));
  EXPECT_EQ(desk.answers.size(), 1u);
}

TEST_F(LinesTest, OnlyTheLastLineMakesTheFeedStale) {
  AddDesk({"*"});
  Run(seconds(2));
  desk.states.clear();
  for (const char* who : {"desk>left", "desk>right"}) {
    Upstream& up = upstreams.at(who);
    up.cut = true;
    up.link->silent = true;
    Run(milliseconds(3200));
    EXPECT_EQ(desk_lines.state().state,
              std::string(who) == "desk>left" ? State::kLive : State::kStale);
  }
  upstreams.at("desk>right").cut = false;
  Run(seconds(5));
  EXPECT_EQ(desk_lines.state().state, State::kLive);
  Run(seconds(1), false);
  ExpectEqual(desk, desk_lines);
  EXPECT_EQ(desk.gap_count, 0u);
}

TEST_F(LinesTest, AGatewayWithTwoLinesPassesOnEveryRecordInOrder) {
  StartGateway("branch", 2);
  Add("below>branch", &below_lines.line(0), "branch");
  below_lines.SetInterest(P({"*"}), now);
  Run(seconds(1), false);
  Run(seconds(2));
  Kill("left");
  Run(seconds(5));
  StartGateway("left", 1);
  Run(seconds(3));
  Kill("right");
  Run(seconds(5));
  Run(seconds(2), false);
  EXPECT_EQ(below.record_count, head.value);
  EXPECT_EQ(below.gap_count + below.image_count, 0u);
  EXPECT_EQ(below_lines.counters().wrong_digests, 0u);
  ExpectEqual(below, below_lines);
}

TEST_F(LinesTest, WhatBothLinesRefuseIsToldAgainWithEachNewSession) {
  LetSee("left", {"A*"});
  LetSee("right", {"A*"});
  StartGateway("branch", 2);
  Add("below>branch", &below_lines.line(0), "branch");
  below_lines.SetInterest(P({"A*", "B*"}), now);
  Run(seconds(2));
  EXPECT_TRUE(below_lines.current());
  Break("branch>left");
  Run(seconds(2));
  EXPECT_TRUE(below_lines.current());
  EXPECT_EQ(below_lines.line(0).refused(), P({"B*"}));
}

TEST_F(LinesTest, ALineThatMayHaveNothingHoldsUpNoOther) {
  LetSee("left", {"*"});
  LetSee("right", {});
  AddDesk({"*"});
  Run(seconds(2));
  LetSee("left", {});
  Run(seconds(2));
  EXPECT_EQ(desk_lines.complete(), Interest());
  LetSee("left", {"*"});
  Run(seconds(4));
  Run(seconds(1), false);
  EXPECT_EQ(desk_lines.complete(), Interest(P({"*"})));
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, WhatNoLineGivesAnyMoreIsToldBeforeWhatComesForTheRest) {
  Kill("right");
  AddDesk({"A*", "B*"});
  Run(seconds(2));
  LetSee("left", {"A*"});
  Run(seconds(2));
  EXPECT_EQ(desk.refused_count, 1u);
  EXPECT_EQ(desk_lines.complete(), Interest(P({"A*"})));
}

TEST_F(LinesTest, WhoWantsNothingIsLiveOverAnyLine) {
  StartGateway("branch", 2);
  Run(seconds(1));
  Kill("left");
  Run(seconds(5));
  EXPECT_EQ(gateways["branch"]->upstream().state().state, State::kLive);
}

}  // namespace
}  // namespace fantail::feed
