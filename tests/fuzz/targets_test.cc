// Every target over its corpus, and over some changed inputs. tools/fuzz runs them for longer.
#include "tests/fuzz/targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "fantail/base/check.h"
#include "tests/fuzz/runner.h"

namespace fantail::fuzz {
namespace {

class FuzzTest : public ::testing::TestWithParam<Target> {};

TEST_P(FuzzTest, SurvivesGoodAndChangedInputs) {
  Runner runner(GetParam());
  runner.RunCorpus();
  for (uint64_t number = 0; number < GetParam().test_runs; ++number) runner.RunChanged(1, number);
  EXPECT_GT(runner.runs(), GetParam().test_runs);
}

TEST_P(FuzzTest, TheSameSeedAndNumberGiveTheSameInputAndOthersAnother) {
  const std::vector<Bytes> corpus = GetParam().corpus();
  ASSERT_EQ(corpus, GetParam().corpus());
  size_t other = 0;
  for (uint64_t number = 0; number < 100; ++number) {
    ASSERT_EQ(Changed(corpus, 1, number), Changed(corpus, 1, number));
    if (Changed(corpus, 1, number) != Changed(corpus, 2, number)) ++other;
  }
  EXPECT_GT(other, 90u);
}

std::string NameOf(const ::testing::TestParamInfo<Target>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzTest, ::testing::ValuesIn(Targets().begin(), Targets().end()),
                         NameOf);

TEST(RunnerTest, SaysWhichRunItWasThatEndedTheProcess) {
  const Target broken{
      .name = "broken",
      .what = "",
      .run = [](std::span<const std::byte> bytes) { FANTAIL_CHECK(bytes.size() == 3); },
      .corpus = [] { return std::vector<Bytes>{Bytes(3)}; },
      .test_runs = 0};
  Runner runner(broken);
  runner.RunCorpus();
  EXPECT_DEATH(
      {
        for (uint64_t number = 0; number < 1000; ++number) runner.RunChanged(7, number);
      },
      "again: fantail-fuzz broken --seed 7 --first [0-9]+ --runs 1");
}

TEST(TargetsTest, AreFoundByName) {
  for (const Target& target : Targets()) {
    EXPECT_EQ(FindTarget(target.name), &target);
    EXPECT_FALSE(target.corpus().empty()) << target.name;
  }
  EXPECT_EQ(FindTarget("nothing"), nullptr);
}

}  // namespace
}  // namespace fantail::fuzz
