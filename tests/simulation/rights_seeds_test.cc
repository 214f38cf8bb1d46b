// Users with rights of their own, two gateways deep. FANTAIL_SEED=n replays one, with its log.
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

namespace fantail::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 20;
#else
constexpr uint64_t kSeeds = 300;
#endif

TEST(RightsSeedsTest, NobodyIsGivenAByteOfWhatItMayNotSeeAndEverybodyAllThatItMay) {
  const uint64_t replayed = SeedToReplay();
  size_t records = 0;
  for (uint64_t seed = 1; seed <= (replayed == 0 ? kSeeds : 1); ++seed) {
    const Outcome outcome = RunRightsSeed(replayed == 0 ? seed : replayed, replayed != 0);
    records += outcome.records;
    for (const std::string& violation : outcome.violations) {
      ADD_FAILURE() << violation << "\n  replay it with FANTAIL_SEED=" << outcome.seed;
    }
  }
  EXPECT_GT(records, 0u);
}

}  // namespace
}  // namespace fantail::simulation
