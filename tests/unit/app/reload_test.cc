#include "fantail/app/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fantail/app/log.h"

namespace fantail::app {
namespace {

using ::testing::ElementsAre;

class ReloadTest : public ::testing::Test {
 protected:
  ReloadTest() { SetUpLog("fantail-gateway", LogLevel::kInfo); }

  std::vector<std::string> said_;
  LogCapture capture_{[this](LogLevel, std::string_view line) { said_.emplace_back(line); }};
  Reload reload_;
};

TEST_F(ReloadTest, SaysThatThereIsNothing) {
  reload_.Run();
  EXPECT_THAT(said_, ElementsAre("SIGHUP: there is nothing to read again"));
}

TEST_F(ReloadTest, ReadsEveryPartThoughOneIsBad) {
  int good = 0;
  reload_.Add("--rights", [] { return absl::InvalidArgumentError("r.toml:3:1: no such key"); });
  reload_.Add("--keys", [&] {
    ++good;
    return absl::OkStatus();
  });
  reload_.Run();
  EXPECT_EQ(good, 1);
  EXPECT_THAT(said_, ElementsAre("SIGHUP: --rights stays as it was: r.toml:3:1: no such key",
                                 "SIGHUP: --keys has been read again"));
}

}  // namespace
}  // namespace fantail::app
