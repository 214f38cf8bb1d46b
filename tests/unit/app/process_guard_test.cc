#include "fantail/app/process_guard.h"

#include <gtest/gtest.h>

#include <vector>

#include "fantail/app/log.h"

namespace fantail::app {
namespace {

class ProcessGuardTest : public ::testing::Test {
 protected:
  // What was asked for since the last call, when the process has so much of 1,000 bytes and of 100
  // descriptors.
  std::vector<std::string> At(uint64_t memory, uint64_t descriptors) {
    use_ = {memory, descriptors};
    now_ += std::chrono::seconds(1);
    guard_.Turn(now_);
    return std::exchange(asked_, {});
  }
  using Asked = std::vector<std::string>;

  LogCapture capture_{[](LogLevel, std::string_view) {}};
  ProcessUse use_;
  Asked asked_;
  MonotonicTime now_;
  ProcessGuard guard_{{1000, 100},
                      {.shed =
                           [this] {
                             asked_.push_back("shed");
                             return "";
                           },
                       .refuse = [this](auto why) { asked_.push_back("refuse: " + why); },
                       .open = [this](bool open) { asked_.push_back(open ? "open" : "close"); }},
                      [this] { return use_; }};
};

TEST_F(ProcessGuardTest, ShedsAtNinetyFivePercentAsLongAsItTakes) {
  EXPECT_EQ(At(949, 1), Asked{});
  EXPECT_EQ(At(950, 1), Asked{"shed"});
  EXPECT_EQ(At(960, 1), Asked{"shed"});
  EXPECT_EQ(At(900, 1), Asked{});
  EXPECT_EQ(guard_.counters().memory_sheds, 2u);
}

TEST_F(ProcessGuardTest, RefusesAtNinetyEightPercentUntilThereIsRoomAgain) {
  EXPECT_EQ(At(980, 1), (Asked{"shed", "refuse: this node has no memory left"}));
  EXPECT_EQ(guard_.counters().refusing, 1u);
  EXPECT_EQ(At(970, 1), Asked{"shed"});
  EXPECT_EQ(At(949, 1), Asked{"refuse: "});
  EXPECT_EQ(guard_.counters().refusing, 0u);
}

TEST_F(ProcessGuardTest, LetsNobodyInWhenDescriptorsAreFewUntilThereAreEnough) {
  EXPECT_EQ(At(1, 79), Asked{});
  EXPECT_EQ(At(1, 80), Asked{"close"});
  EXPECT_EQ(At(1, 75), Asked{});
  EXPECT_EQ(At(1, 69), Asked{"open"});
}

TEST_F(ProcessGuardTest, LooksFourTimesASecond) {
  EXPECT_EQ(At(950, 1), Asked{"shed"});
  now_ += std::chrono::milliseconds(249);
  guard_.Turn(now_);
  EXPECT_EQ(asked_, Asked{});
  now_ += std::chrono::milliseconds(1);
  guard_.Turn(now_);
  EXPECT_EQ(asked_, Asked{"shed"});
}

TEST(ProcessUseTest, AProcessHasSomeMemoryAndSomeDescriptorsAndMayHaveMore) {
  const ProcessUse use = ReadProcessUse();
  EXPECT_GT(use.memory_bytes, 100'000u);
  EXPECT_GE(use.descriptors, 3u);
  const ProcessUse limits = ReadProcessLimits();
  EXPECT_GT(limits.memory_bytes, use.memory_bytes);
  EXPECT_GT(limits.descriptors, use.descriptors);
}

TEST(ProcessUseTest, AnOptionCanOnlyTakeFromWhatThereIs) {
  EXPECT_EQ(ProcessLimitsOf({1 << 20}).memory_bytes, 1u << 20);
  EXPECT_EQ(ProcessLimitsOf({uint64_t{1} << 60}).memory_bytes, ReadProcessLimits().memory_bytes);
  EXPECT_EQ(ProcessLimitsOf({0}).memory_bytes, ReadProcessLimits().memory_bytes);
}

}  // namespace
}  // namespace fantail::app
