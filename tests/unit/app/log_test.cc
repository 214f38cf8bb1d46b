#include "fantail/app/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fantail::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

TEST(LogTest, WritesTimeLevelAndProgramToStderr) {
  ::testing::internal::CaptureStderr();
  SetUpLog("fantail-gateway", LogLevel::kInfo);
  LogWarning("session {} is {} behind", "desk-7", "2.1 MB");
  LogDebug("not shown");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z warning "
                           "fantail-gateway: session desk-7 is 2.1 MB behind\n"));
}

TEST(LogTest, WritesAnObjectALineThatAnyTextFitsInto) {
  ::testing::internal::CaptureStderr();
  SetUpLog("fantail-gateway", LogLevel::kInfo, LogFormat::kJson);
  LogWarning("session {} says \"{}\" {{}} %v", "de\\sk", "a\nb\x01\xff");
  SayFailure("fantail-gateway run", "--listen \"x\": no port");
  SetUpLog("fantail-gateway", LogLevel::kInfo);
  const std::string time = "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z";
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("\\{\"time\":\"" + time +
                           "\",\"level\":\"warning\",\"program\":\"fantail-gateway\",\"message\":"
                           "\"session de\\\\\\\\sk says \\\\\"a\\\\u000ab\\\\u0001\\\\udcff\\\\\" "
                           "\\{\\} %v\"\\}\n"
                           "\\{\"time\":\"" +
                           time +
                           "\",\"level\":\"error\",\"program\":\"fantail-gateway\",\"message\":"
                           "\"--listen \\\\\"x\\\\\": no port\"\\}\n"));
}

TEST(LogTest, IsSilentWhenOff) {
  SetUpLog("fantail-gateway", LogLevel::kOff);
  EXPECT_FALSE(LogEnabled(LogLevel::kError));
  EXPECT_FALSE(LogEnabled(LogLevel::kOff));
  SetUpLog("fantail-gateway", LogLevel::kInfo);
}

TEST(LogTest, WhoDrawsOnTheTerminalIsCalledBeforeEachLine) {
  std::vector<std::string> said;
  const LogCapture capture([&](LogLevel, std::string_view line) { said.emplace_back(line); });
  SetBeforeLogLine([&] { said.emplace_back("cleared"); });
  LogInfo("one");
  LogDebug("not shown");
  SetBeforeLogLine(nullptr);
  LogInfo("two");
  EXPECT_THAT(said, ElementsAre("cleared", "one", "two"));
}

TEST(LogTest, KnowsTheNamesOfItsLevels) {
  EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(ParseLogLevel("loud"), std::nullopt);
}

class LimitedLogTest : public ::testing::Test {
 protected:
  LimitedLogTest() { SetUpLog("fantail-gateway", LogLevel::kInfo); }

  std::vector<std::string> lines_;
  LogCapture capture_{[this](LogLevel, std::string_view line) { lines_.emplace_back(line); }};
  LimitedLog log_;
  MonotonicTime now_{Nanos(1h)};
};

TEST_F(LimitedLogTest, SaysTheFirstAtOnce) {
  log_.Warn(now_, "bad row {}", 1);
  EXPECT_THAT(lines_, ElementsAre("bad row 1"));
}

TEST_F(LimitedLogTest, KeepsBackForTenSecondsAndSaysHowMany) {
  log_.Warn(now_, "bad row {}", 1);
  log_.Warn(now_ + 1s, "bad row {}", 2);
  log_.Warn(now_ + 9999ms, "bad row {}", 3);
  log_.Warn(now_ + 10s, "bad row {}", 4);
  log_.Warn(now_ + 30s, "bad row {}", 5);
  EXPECT_THAT(lines_, ElementsAre("bad row 1", "bad row 4 (2 more)", "bad row 5"));
}

}  // namespace
}  // namespace fantail::app
