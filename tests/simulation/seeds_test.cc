// Seeds of the simulation as tests. FANTAIL_SEED=n replays one, with its log on standard error.
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

namespace fantail::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 20;
#else
constexpr uint64_t kSeeds = 200;
#endif

void ExpectSound(const Outcome& outcome) {
  for (const std::string& violation : outcome.violations) {
    ADD_FAILURE() << violation << "\n  replay it with FANTAIL_SEED=" << outcome.seed;
  }
}

TEST(SeedsTest, NothingIsLostDoubledReorderedOrStaleUnannounced) {
  if (const uint64_t seed = SeedToReplay(); seed != 0) {
    return ExpectSound(RunSeed(seed, /*log=*/true));
  }
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) ExpectSound(RunSeed(seed));
}

TEST(SeedsTest, TheSameSeedGivesTheSameHash) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(RunSeed(seed).hash, RunSeed(seed).hash) << seed;
    EXPECT_NE(RunSeed(seed).hash, RunSeed(seed + 1).hash) << seed;
  }
}

}  // namespace
}  // namespace fantail::simulation
