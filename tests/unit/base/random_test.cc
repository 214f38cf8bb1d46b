// A seed gives the same numbers on every machine: these are written down.
#include "fantail/base/random.h"

#include <gtest/gtest.h>

namespace fantail {
namespace {

TEST(RandomTest, SplitMix64SeedsItAsPublished) {
  // xoshiro256** by Blackman and Vigna, its state filled by SplitMix64 from seed 0.
  Random random(0);
  EXPECT_EQ(random.Next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(random.Next(), 0xbf6e1f784956452au);
}

TEST(RandomTest, DrawsStayInTheirRange) {
  Random random(1);
  for (int i = 0; i < 10000; ++i) {
    EXPECT_LT(random.Below(7), 7u);
    const int64_t n = random.Between(-2, 2);
    EXPECT_TRUE(n >= -2 && n <= 2) << n;
    const double u = random.Unit();
    EXPECT_TRUE(u >= 0 && u < 1) << u;
  }
}

}  // namespace
}  // namespace fantail
