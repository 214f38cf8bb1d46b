// Coverage: what a node holds completely, and from where on.
#include "fantail/feed/coverage.h"

#include <gtest/gtest.h>

#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: P

class CoverageTest : public ::testing::Test {
 protected:
  std::optional<Position> From(const char* pattern) const {
    return coverage.CompleteFrom(Pattern(pattern));
  }
  const Hole* Next(uint64_t number) const { return coverage.NextHole(number, {}, {1000}); }

  Coverage coverage;
};

TEST_F(CoverageTest, NothingIsCoveredAtFirst) {
  EXPECT_EQ(From("A"), std::nullopt);
}

TEST_F(CoverageTest, WhatIsAcknowledgedIsHeldFromThereOn) {
  coverage.Acknowledge(Interest(P({"A*", "MSFT"})), {10});
  EXPECT_EQ(From("A*"), Position{10});
  EXPECT_EQ(From("AAPL"), Position{10});
  EXPECT_EQ(From("MSFT"), Position{10});
  EXPECT_EQ(From("*"), std::nullopt);
  EXPECT_EQ(From("MS*"), std::nullopt);
}

TEST_F(CoverageTest, WhatStaysCoveredKeepsItsBeginning) {
  coverage.Acknowledge(Interest(P({"AAPL"})), {10});
  coverage.Acknowledge(Interest(P({"A*"})), {20});
  EXPECT_EQ(From("A*"), Position{20});
  EXPECT_EQ(From("AAPL"), Position{10});
  coverage.Acknowledge(Interest(P({"AAPL"})), {30});
  EXPECT_EQ(From("AAPL"), Position{10});
}

TEST_F(CoverageTest, NarrowingKeepsWhatTheWiderPatternHeld) {
  coverage.Acknowledge(Interest(P({"A*"})), {10});
  coverage.Acknowledge(Interest(P({"AAPL"})), {20});
  EXPECT_EQ(From("AAPL"), Position{10});
  EXPECT_EQ(From("A*"), std::nullopt);
}

TEST_F(CoverageTest, WhatIsNoLongerCoveredBeginsAnew) {
  coverage.Acknowledge(Interest(P({"A*"})), {10});
  coverage.Acknowledge(Interest(P({"B"})), {20});
  EXPECT_EQ(From("AAPL"), std::nullopt);
  coverage.Acknowledge(Interest(P({"A*", "B"})), {30});
  EXPECT_EQ(From("AAPL"), Position{30});
}

TEST_F(CoverageTest, ABackfillExtendsWhatIsCoveredBackwards) {
  coverage.Acknowledge(Interest(P({"A*"})), {10});
  coverage.Extend(Pattern("AAPL"), {4}, {});
  EXPECT_EQ(From("AAPL"), Position{4});
  EXPECT_EQ(From("A*"), Position{10});
  coverage.Extend(Pattern("AAPL"), {7}, {});
  EXPECT_EQ(From("AAPL"), Position{4});
  coverage.Extend(Pattern("B"), {1}, {});
  EXPECT_EQ(From("B"), std::nullopt);
}

TEST_F(CoverageTest, ABackfillThatEndsBeforeAGapExtendsNothing) {
  coverage.Acknowledge(Interest(P({"A*"})), {10});
  coverage.Raise(P({"AA*"}), {11}, {50});
  coverage.Extend(Pattern("A*"), {4}, {10});
  EXPECT_EQ(From("A*"), Position{50});
  coverage.Extend(Pattern("A*"), {4}, {50});
  EXPECT_EQ(From("A*"), Position{4});
}

TEST_F(CoverageTest, NarrowKeepsWhatLiesWithin) {
  coverage.Acknowledge(Interest(P({"A*", "B"})), {10});
  coverage.Narrow(Interest(P({"AA*", "C"})));
  EXPECT_EQ(From("AAPL"), Position{10});
  EXPECT_EQ(From("ABC"), std::nullopt);
  EXPECT_EQ(From("B"), std::nullopt);
  EXPECT_EQ(From("C"), std::nullopt);
}

TEST_F(CoverageTest, AGapRaisesAllThatItOverlaps) {
  coverage.Acknowledge(Interest(P({"A*", "B*"})), {10});
  coverage.Extend(Pattern("AAPL"), {4}, {});
  coverage.Raise(P({"AA*"}), {11}, {50});
  EXPECT_EQ(From("AAPL"), Position{50});
  EXPECT_EQ(From("A*"), Position{50});
  EXPECT_EQ(From("B*"), Position{10});
  coverage.Raise(P({"*"}), {11}, {20});
  EXPECT_EQ(From("AAPL"), Position{50});
  EXPECT_EQ(From("B*"), Position{20});
}

TEST_F(CoverageTest, AHoleThatIsMendedGivesBackWhatWasHeldBefore) {
  coverage.Acknowledge(Interest(P({"A*", "B*"})), {10});
  coverage.Extend(Pattern("AAPL"), {4}, {});
  coverage.Raise(P({"AA*"}), {30}, {50});
  const Hole* hole = Next(0);
  ASSERT_NE(hole, nullptr);
  EXPECT_EQ(hole->after, Position{30});
  EXPECT_EQ(hole->through, Position{50});
  EXPECT_EQ(hole->patterns, P({"AA*"}));
  EXPECT_EQ(Next(hole->number), nullptr);
  coverage.Mend(hole->number, {});
  EXPECT_EQ(From("A*"), Position{10});
  EXPECT_EQ(From("AAPL"), Position{4});
  EXPECT_EQ(From("B*"), Position{10});
  EXPECT_EQ(Next(0), nullptr);
}

TEST_F(CoverageTest, HolesMayBeMendedInAnyOrder) {
  coverage.Acknowledge(Interest(P({"*"})), {10});
  coverage.Raise(P({"*"}), {20}, {30});
  coverage.Raise(P({"A*"}), {40}, {50});
  const uint64_t first = Next(0)->number;
  const uint64_t second = Next(first)->number;
  coverage.Mend(first, {});
  EXPECT_EQ(From("*"), Position{50});
  EXPECT_EQ(Next(0)->number, second);
  coverage.Mend(second, {});
  EXPECT_EQ(From("*"), Position{10});
}

TEST_F(CoverageTest, WhatIsLostForGoodInAHoleEndsWhatIsHeldThere) {
  coverage.Acknowledge(Interest(P({"*"})), {10});
  coverage.Raise(P({"*"}), {20}, {30});
  coverage.Mend(Next(0)->number, {25});
  EXPECT_EQ(From("*"), Position{25});
}

TEST_F(CoverageTest, AGapBeforeAHoleIsNotMendedWithIt) {
  coverage.Acknowledge(Interest(P({"*"})), {10});
  coverage.Raise(P({"*"}), {40}, {50});
  coverage.Raise(P({"B*"}), {20}, {30});
  coverage.Mend(Next(0)->number, {});
  EXPECT_EQ(From("*"), Position{30});
}

TEST_F(CoverageTest, AHoleInWhatIsNotCoveredAnyMoreIsForgotten) {
  coverage.Acknowledge(Interest(P({"A*", "B*"})), {10});
  coverage.Raise(P({"A*"}), {20}, {30});
  coverage.Raise(P({"B*"}), {40}, {50});
  const uint64_t first = Next(0)->number;
  coverage.Narrow(Interest(P({"B*"})));
  EXPECT_NE(Next(0)->number, first);
  coverage.Acknowledge(Interest(P({"A*", "B*"})), {60});
  coverage.Mend(first, {});
  EXPECT_EQ(From("A*"), Position{60});
}

TEST_F(CoverageTest, AHoleThatIsHeldNoMoreOrReachesBeyondTheHeadIsNotAskedFor) {
  coverage.Acknowledge(Interest(P({"*"})), {10});
  coverage.Raise(P({"*"}), {20}, {30});
  EXPECT_NE(coverage.NextHole(0, {29}, {30}), nullptr);
  EXPECT_EQ(coverage.NextHole(0, {30}, {40}), nullptr);
  EXPECT_EQ(coverage.NextHole(0, {10}, {29}), nullptr);
}

TEST_F(CoverageTest, ARefusalIsRememberedUntilItIsForgotten) {
  coverage.Refuse(Pattern("A*"), "not here");
  ASSERT_NE(coverage.Refused(Pattern("A*")), nullptr);
  EXPECT_EQ(*coverage.Refused(Pattern("A*")), "not here");
  EXPECT_EQ(coverage.Refused(Pattern("AAPL")), nullptr);
  coverage.ForgetRefusals();
  EXPECT_EQ(coverage.Refused(Pattern("A*")), nullptr);
}

TEST_F(CoverageTest, AnAnswerThatReachesBackFarEnoughAndCameSinceAnswers) {
  const uint64_t before = coverage.answer_count();
  coverage.Answered({.pattern = Pattern("A*"), .after = {5}, .through = {}});
  EXPECT_TRUE(coverage.IsAnswered(Pattern("A*"), {5}, before));
  EXPECT_TRUE(coverage.IsAnswered(Pattern("A*"), {9}, before));
  EXPECT_FALSE(coverage.IsAnswered(Pattern("A*"), {4}, before));
  EXPECT_FALSE(coverage.IsAnswered(Pattern("B*"), {9}, before));
  EXPECT_FALSE(coverage.IsAnswered(Pattern("A*"), {9}, coverage.answer_count()));
}

TEST_F(CoverageTest, EveryChangeRaisesTheGeneration) {
  uint64_t last = coverage.generation();
  const auto rises = [&](auto change) {
    change();
    EXPECT_GT(coverage.generation(), last);
    last = coverage.generation();
  };
  rises([&] { coverage.Acknowledge(Interest(P({"A"})), {1}); });
  rises([&] { coverage.Extend(Pattern("A"), {0}, {}); });
  rises([&] { coverage.Raise(P({"A"}), {2}, {5}); });
  rises([&] { coverage.Refuse(Pattern("B"), "no"); });
  rises([&] { coverage.Answered({.pattern = Pattern("A"), .after = {}, .through = {}}); });
  rises([&] { coverage.ForgetRefusals(); });
}

}  // namespace
}  // namespace fantail::feed
