#include "fantail/app/access_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temp_file.h"

namespace fantail::app {
namespace {

class AccessLogTest : public ::testing::Test {
 protected:
  // All that has been written, once the log is gone.
  std::string Written() {
    log_.reset();
    return Read(path_);
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Say(const std::string& user) {
    log_->Write("opened", [&](text::JsonWriter* json) { json->Key("user").Text(user); });
  }

  const testing::TempFile file_{""};
  const std::string& path_ = file_.path();
  Reload reload_;
  std::optional<AccessLog> log_{std::in_place, path_, "hq"};
};

TEST_F(AccessLogTest, HasAnObjectALine) {
  ASSERT_TRUE(log_->Open(&reload_).ok());
  Say("desk \"7\"\n");
  const std::string written = Written();
  EXPECT_TRUE(written.starts_with("{\"time\":\"2")) << written;
  EXPECT_TRUE(written.ends_with(
      "Z\",\"node\":\"hq\",\"event\":\"opened\",\"user\":\"desk \\\"7\\\"\\u000a\"}\n"))
      << written;
}

TEST_F(AccessLogTest, GoesOnBehindWhatIsThere) {
  std::ofstream(path_) << "{}\n";
  ASSERT_TRUE(log_->Open(&reload_).ok());
  Say("a");
  EXPECT_TRUE(Written().starts_with("{}\n{\"time\""));
}

TEST_F(AccessLogTest, IsOpenedAgainOnceItHasBeenMovedAway) {
  ASSERT_TRUE(log_->Open(&reload_).ok());
  Say("before");
  std::filesystem::rename(path_, path_ + ".1");
  reload_.Run();
  Say("after");
  const std::string after = Written();
  EXPECT_NE(after.find("after"), std::string::npos);
  EXPECT_EQ(after.find("before"), std::string::npos);
  EXPECT_NE(Read(path_ + ".1").find("before"), std::string::npos);
  std::filesystem::remove(path_ + ".1");
}

TEST_F(AccessLogTest, SaysWhereItCannotBeWritten) {
  AccessLog beneath_a_file("/dev/null/access.log", "hq");
  const std::string said(beneath_a_file.Open(&reload_).message());
  EXPECT_TRUE(said.starts_with("--access-log \"/dev/null/access.log\": it cannot be written: "))
      << said;
}

TEST_F(AccessLogTest, WithoutAFileNothingIsDone) {
  AccessLog none("", "hq");
  EXPECT_TRUE(none.Open(&reload_).ok());
  EXPECT_FALSE(none.open());
  none.Write("opened", [](text::JsonWriter*) { FAIL(); });
}

}  // namespace
}  // namespace fantail::app
