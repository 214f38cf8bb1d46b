// When a gateway reads from the node above again.
#include "fantail/feed/gather.h"

#include <gtest/gtest.h>

namespace fantail::feed {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class GatherTest : public ::testing::Test {
 protected:
  // `ticks` have been read after `since`, and became messages that were so full.
  Nanos LeftAfter(Nanos since, uint64_t ticks, double fullness, bool paced = false) {
    now_ += since;
    ticks_ += ticks;
    gather_.OnTurn(now_, ticks_, paced, fullness);
    return gather_.Left(now_);
  }

  Gather gather_;
  MonotonicTime now_{seconds(1)};
  uint64_t ticks_ = 0;
};

TEST_F(GatherTest, ATickThatComesAloneWaitsForNothing) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(LeftAfter(microseconds(50), 1, 1.0 / 1024), Nanos{0});
}

TEST_F(GatherTest, UnderLoadItWaitsUntilMessagesAreFull) {
  for (int i = 0; i < 100; ++i) LeftAfter(microseconds(200), 250, 1);
  EXPECT_EQ(LeftAfter(microseconds(200), 250, 0.25), microseconds(800));
}

TEST_F(GatherTest, FullMessagesGainNothing) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(LeftAfter(microseconds(400), 1024, 1), Nanos{0});
}

TEST_F(GatherTest, NobodyWaitsForLong) {
  for (int i = 0; i < 200; ++i) LeftAfter(microseconds(500), 100, 1);
  EXPECT_EQ(LeftAfter(microseconds(500), 100, 0.001), milliseconds(1));
  EXPECT_EQ(LeftAfter(microseconds(500), 100, 0.001, /*paced=*/true), milliseconds(16));
}

TEST_F(GatherTest, AFewTicksThatComeTogetherAreNoLoad) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(LeftAfter(microseconds(990), 1, 0.001), Nanos{0});
    EXPECT_EQ(LeftAfter(microseconds(5), 10, 0.01), Nanos{0});
    EXPECT_EQ(LeftAfter(microseconds(5), 10, 0.01), Nanos{0});
  }
}

TEST_F(GatherTest, WhatHasPiledUpWaitsForLittle) {
  for (int i = 0; i < 100; ++i) LeftAfter(microseconds(50), 1, 0.001);
  LeftAfter(milliseconds(5), 30, 0.03);
  for (int i = 0; i < 4; ++i) LeftAfter(microseconds(250), 20, 0.02);
  EXPECT_LE(LeftAfter(microseconds(250), 20, 0.02, /*paced=*/true), microseconds(500));
}

TEST_F(GatherTest, TheFirstOfABurstGoesOnAtOnce) {
  EXPECT_EQ(LeftAfter(seconds(1), 1000, 0.3), Nanos{0});
}

TEST_F(GatherTest, AfterTheLoadNothingWaits) {
  for (int i = 0; i < 10; ++i) LeftAfter(microseconds(200), 250, 0.25);
  for (int i = 0; i < 2; ++i) LeftAfter(milliseconds(1), 20, 0.02);
  EXPECT_EQ(LeftAfter(microseconds(50), 1, 0.001), Nanos{0});
}

TEST_F(GatherTest, TheWaitEnds) {
  for (int i = 0; i < 100; ++i) LeftAfter(microseconds(200), 250, 1);
  const Nanos left = LeftAfter(microseconds(200), 250, 0.5);
  EXPECT_EQ(left, microseconds(400));
  EXPECT_EQ(gather_.Left(now_ + left), Nanos{0});
  EXPECT_EQ(gather_.Left(now_ + seconds(1)), Nanos{0});
}

}  // namespace
}  // namespace fantail::feed
