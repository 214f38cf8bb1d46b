#include "fantail/app/ready_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace fantail::app {
namespace {

namespace fs = std::filesystem;

class ReadyFileTest : public ::testing::Test {
 protected:
  ReadyFileTest() : path_(directory() / "ready") { fs::create_directory(directory()); }
  ~ReadyFileTest() override { fs::remove_all(directory()); }

  static fs::path directory() {
    return fs::path(::testing::TempDir()) / ("fantail-ready-" + std::to_string(getpid()));
  }
  std::string Content() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }

  fs::path path_;
};

TEST_F(ReadyFileTest, HoldsTheProcessAndTheLinesAndNothingElseIsLeft) {
  ReadyFile ready(path_);
  ASSERT_TRUE(ready.Prepare().ok());
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(ready.Write({{"listen", "tcp://127.0.0.1:5555"}}).ok());
  EXPECT_EQ(Content(), "pid " + std::to_string(getpid()) + "\nlisten tcp://127.0.0.1:5555\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory()), {}), 1);
}

TEST_F(ReadyFileTest, GoesAtTheEnd) {
  {
    ReadyFile ready(path_);
    ASSERT_TRUE(ready.Write({}).ok());
    EXPECT_TRUE(fs::exists(path_));
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ReadyFileTest, RemovesWhatAKilledProcessLeftBehind) {
  std::ofstream(path_) << "pid 1\n";
  ReadyFile ready(path_);
  ASSERT_TRUE(ready.Prepare().ok());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ReadyFileTest, SaysAtTheStartThatAPathIsNoGood) {
  ReadyFile ready(directory() / "missing" / "ready");
  const absl::Status status = ready.Prepare();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), ::testing::StartsWith("--ready-file \""));
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("cannot be written: No such file or directory"));
  EXPECT_FALSE(ReadyFile(directory()).Prepare().ok());
}

TEST_F(ReadyFileTest, DoesNothingWithoutAPath) {
  ReadyFile ready("");
  EXPECT_TRUE(ready.Prepare().ok());
  EXPECT_TRUE(ready.Write({{"listen", "x"}}).ok());
}

}  // namespace
}  // namespace fantail::app
