// Seeds of the bus as tests. FANTAIL_BUS_SEED=n replays one, with its log on standard error.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/simulation/bus_scenario.h"

namespace fantail::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 20;
#else
constexpr uint64_t kSeeds = 200;
#endif

void ExpectSound(const Outcome& outcome) {
  for (const std::string& violation : outcome.violations) {
    ADD_FAILURE() << violation << "\n  replay it with FANTAIL_BUS_SEED=" << outcome.seed;
  }
}

TEST(BusSeedsTest, EveryRequestHasOneOutcomeAndItsOwnAnswer) {
  if (const char* seed = std::getenv("FANTAIL_BUS_SEED"); seed != nullptr) {
    return ExpectSound(RunBusSeed(std::strtoull(seed, nullptr, 10), /*log=*/true));
  }
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) ExpectSound(RunBusSeed(seed));
}

TEST(BusSeedsTest, TheSameSeedGivesTheSameHash) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(RunBusSeed(seed).hash, RunBusSeed(seed).hash) << seed;
    EXPECT_NE(RunBusSeed(seed).hash, RunBusSeed(seed + 1).hash) << seed;
  }
}

}  // namespace
}  // namespace fantail::simulation
