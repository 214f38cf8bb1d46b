#include "fantail/app/node_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fantail::app {
namespace {

using namespace std::chrono_literals;

TEST(NodeIdentityTest, GivesAnotherIdEachTime) {
  const NodeId id = RandomNodeId();
  EXPECT_NE(id, RandomNodeId());
  EXPECT_NE(id, NodeId{});
}

TEST(NodeIdentityTest, PutsTheStartSecondIntoTheUpperHalfOfAnEpoch) {
  EXPECT_EQ(NewEpoch(WallTime(Nanos(1'700'000'000s))).value >> 32, 1'700'000'000u);
}

TEST(NodeIdentityTest, GivesAnEpochAboveTheOneBeforeEvenIfTheClockWentBack) {
  const Epoch before{5'000'000'000ULL << 30};
  EXPECT_GT(NewEpoch(WallTime(Nanos(1s)), before), before);
}

TEST(NodeIdentityTest, NamesTheHostAndTheProcess) {
  EXPECT_THAT(DefaultName(), ::testing::EndsWith("-" + std::to_string(getpid())));
  EXPECT_LE(DefaultName().size(), 64u);
}

}  // namespace
}  // namespace fantail::app
