// The teeth of the simulation: each bug that can be planted is found.
#include "tests/simulation/planted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace fantail::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// What is found at once is found here too; the rest would take minutes.
constexpr uint64_t kSeeds = 10;
constexpr bool kAll = false;
#else
constexpr uint64_t kSeeds = 1000;
constexpr bool kAll = true;
#endif

class PlantedTest : public ::testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedTest, IsFoundWithinAThousandSeeds) {
  const auto found = Hunt(GetParam(), kSeeds);
  if (!kAll && !found) GTEST_SKIP() << "not within " << kSeeds << " seeds";
  ASSERT_TRUE(found) << GetParam().what;
  RecordProperty("seed", static_cast<int>(found->seed));
}

INSTANTIATE_TEST_SUITE_P(Bugs, PlantedTest, ::testing::ValuesIn(PlantedBugs()),
                         [](const auto& param) {
                           std::string name = param.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(PlantedListTest, NamesEveryBugOnce) {
  ASSERT_EQ(PlantedBugs().size() + 1, static_cast<size_t>(planted::Bug::kCount));
  for (size_t i = 0; i < PlantedBugs().size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(PlantedBugs()[i].bug), i + 1) << PlantedBugs()[i].name;
  }
}

}  // namespace
}  // namespace fantail::simulation
