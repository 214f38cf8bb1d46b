#include "fantail/app/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fantail::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProgressTest : public ::testing::Test {
 protected:
  static constexpr MonotonicTime kBegin{1000s};

  std::vector<std::string> drawn_;
  Progress progress_{"import", "records",
                     [this](std::string_view text) { drawn_.emplace_back(text); }};
};

TEST_F(ProgressTest, SaysNothingOfWhatIsDoneWithinASecond) {
  progress_.Update(kBegin, 0, 0);
  progress_.Update(kBegin + 999ms, 100, 0.9);
  progress_.Clear();
  EXPECT_THAT(drawn_, IsEmpty());
}

TEST_F(ProgressTest, ShowsThePartTheRateAndTheTimeThatIsLeft) {
  progress_.Update(kBegin, 0, 0);
  progress_.Update(kBegin + 2s, 1'000'000, 0.25);
  ASSERT_THAT(drawn_, SizeIs(1));
  EXPECT_EQ(drawn_[0],
            "import  [#####...............]  25 %  1.0 M records, 500.0 k/s, 6 s left\x1b[K\r");
}

TEST_F(ProgressTest, ShowsACountWhereTheWholeIsNotKnown) {
  progress_.Update(kBegin, 0, -1);
  progress_.Update(kBegin + 2s, 5000, -1);
  ASSERT_THAT(drawn_, SizeIs(1));
  EXPECT_THAT(drawn_[0], HasSubstr("import  5.0 k records, 2.5 k/s\x1b[K"));
}

TEST_F(ProgressTest, DrawsTenTimesASecondAndIsGoneAtTheEnd) {
  for (int ms = 0; ms <= 2000; ++ms) progress_.Update(kBegin + ms * 1ms, 1, 0.5);
  EXPECT_THAT(drawn_, SizeIs(11));
  progress_.Clear();
  EXPECT_EQ(drawn_.back(), "\x1b[K");
}

TEST_F(ProgressTest, WithoutATerminalDoesNothing) {
  Progress quiet("import", "records", nullptr);
  quiet.Update(kBegin, 0, 0);
  quiet.Update(kBegin + 5s, 1, 0.5);
  quiet.Clear();
}

}  // namespace
}  // namespace fantail::app
