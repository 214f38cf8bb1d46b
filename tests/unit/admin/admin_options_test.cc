#include "fantail/admin/admin_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fantail::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr MetricInfo kDoors = {"fantail_doors_opened_total", Unit::kNone, "doors opened"};

class AdminOptionsTest : public ::testing::Test {
 protected:
  AdminOptionsTest() {
    line_.Option("--listen ENDPOINT", &listen_, "where");
    line_.Require("--listen");
    AddAdminOptions(&options_, ListOf(kDoors), &line_);
  }
  app::ParseOutcome Read(const std::vector<std::string>& arguments) {
    return line_.Read(arguments, [](const char*) { return nullptr; });
  }

  std::string listen_;
  AdminOptions options_;
  app::CommandLine line_{"fantail-house", "keeps doors"};
};

TEST_F(AdminOptionsTest, TakeATcpEndpoint) {
  EXPECT_FALSE(Read({"--listen", "x", "--admin", "tcp://127.0.0.1:*"}).exit_code);
  EXPECT_EQ(options_.listen.text(), "tcp://127.0.0.1:*");
  EXPECT_EQ(Read({"--listen", "x", "--admin", "ipc:///tmp/x"}).err,
            "fantail-house: --admin \"ipc:///tmp/x\": HTTP goes over TCP; write tcp://HOST:PORT\n");
}

TEST_F(AdminOptionsTest, OpenTheAdminPortBeyondLoopbackOnlyInSoManyWords) {
  EXPECT_TRUE(CheckAdmin(options_, false).ok()) << "there is none";
  Read({"--listen", "x", "--admin", "tcp://127.0.0.1:9100"});
  EXPECT_TRUE(CheckAdmin(options_, false).ok());
  Read({"--listen", "x", "--admin", "tcp://*:9100"});
  EXPECT_TRUE(CheckAdmin(options_, true).ok());
  const absl::Status status = CheckAdmin(options_, false);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              StartsWith("--admin \"tcp://*:9100\": not loopback, and anybody could read it"));
}

TEST_F(AdminOptionsTest, ListTheMetricsWithoutWhatAStartNeeds) {
  const app::ParseOutcome outcome = Read({"--list-metrics"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, StartsWith("fantail_doors_opened_total\tcounter\t\tdoors opened\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nprocess_open_fds\tgauge\t\t"));
}

TEST_F(AdminOptionsTest, SayWhatIsNoEndpointToAsk) {
  const app::ParseOutcome outcome = Read({"--check-health", "9100"});
  EXPECT_EQ(outcome.exit_code, 64);
  EXPECT_EQ(outcome.err,
            "fantail-house: --check-health \"9100\": not an endpoint; write tcp://HOST:PORT or "
            "ipc://PATH\n");
}

}  // namespace
}  // namespace fantail::admin
