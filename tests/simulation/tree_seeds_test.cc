// Twenty gateways that anybody may put anywhere. FANTAIL_SEED=n replays one, with its log.
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

namespace fantail::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 5;
#else
constexpr uint64_t kSeeds = 50;
#endif

TEST(TreeSeedsTest, AGatewayMayBePutAnywhereAndNothingIsLostAndNoCircleStands) {
  const uint64_t replayed = SeedToReplay();
  uint64_t circles = 0;
  for (uint64_t seed = 1; seed <= (replayed == 0 ? kSeeds : 1); ++seed) {
    const Outcome outcome = RunTreeSeed(replayed == 0 ? seed : replayed, replayed != 0);
    circles += outcome.circles;
    for (const std::string& violation : outcome.violations) {
      ADD_FAILURE() << violation << "\n  replay it with FANTAIL_SEED=" << outcome.seed;
    }
  }
  if (replayed == 0) {
    EXPECT_GT(circles, kSeeds);
  }
}

}  // namespace
}  // namespace fantail::simulation
