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
  LeftAfter(seconds(1), 1, 1);
  EXPECT_EQ(LeftAfter(microseconds(200), 250, 0.25), microseconds(800));
}

TEST_F(GatherTest, FullMessagesGainNothing) {
  LeftAfter(seconds(1), 1, 1);
  EXPECT_EQ(LeftAfter(microseconds(400), 1024, 1), Nanos{0});
}

TEST_F(GatherTest, NobodyWaitsForLong) {
  LeftAfter(seconds(1), 1, 1);
  EXPECT_EQ(LeftAfter(microseconds(500), 100, 0.001), milliseconds(1));
  EXPECT_EQ(LeftAfter(microseconds(500), 100, 0.001, /*paced=*/true), milliseconds(16));
}

TEST_F(GatherTest, TheFirstOfABurstGoesOnAtOnce) {
  EXPECT_EQ(LeftAfter(seconds(1), 1000, 0.3), Nanos{0});
}

TEST_F(GatherTest, TheWaitEnds) {
  LeftAfter(seconds(1), 1, 1);
  const Nanos left = LeftAfter(microseconds(200), 250, 0.5);
  EXPECT_EQ(gather_.Left(now_ + left), Nanos{0});
  EXPECT_EQ(gather_.Left(now_ + seconds(1)), Nanos{0});
}

}  // namespace
}  // namespace fantail::feed
