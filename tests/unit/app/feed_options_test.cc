// Options of programs that publish a feed.
#include "fantail/app/feed_options.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

class FeedOptionsTest : public ::testing::Test {
 protected:
  FeedOptionsTest() {
    AddSpeedOption(&speed_, 0.1, 1000, &line_);
    AddWaitForOption(&pattern_, &line_);
  }
  std::string Error(const std::vector<std::string>& arguments) {
    return line_.Read(arguments, [](const char*) { return nullptr; }).err;
  }

  double speed_ = 1;
  std::string pattern_;
  CommandLine line_{"fantail-some", "does something"};
};

TEST_F(FeedOptionsTest, ASpeedIsAFactorOrMax) {
  EXPECT_EQ(Error({"--speed", "0.25"}), "");
  EXPECT_EQ(speed_, 0.25);
  EXPECT_EQ(Error({"--speed=max"}), "");
  EXPECT_EQ(speed_, 0);
}

TEST_F(FeedOptionsTest, AnyOtherSpeedIsAnsweredWithWhatItMayBe) {
  for (const char* text : {"0.05", "1001", "-1", "fast", "1x", "nan"}) {
    EXPECT_NE(
        Error({std::string("--speed=") + text}).find("write a factor from 0.1 to 1000, or max"),
        std::string::npos)
        << text;
  }
}

TEST_F(FeedOptionsTest, WhoIsWaitedForIsAPattern) {
  EXPECT_EQ(Error({"--wait-for", "AAP*"}), "");
  EXPECT_EQ(pattern_, "AAP*");
  EXPECT_NE(Error({"--wait-for", ""}).find("not a pattern"), std::string::npos);
}

}  // namespace
}  // namespace fantail::app
