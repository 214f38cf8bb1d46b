// The programs of a feed are replaced one after the other while it runs, as an upgrade does it, and
// then back again: what docs/operations.md says of the order and of what nobody notices.
#include <csignal>

#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

using UpgradeTest = Lab;

// Ends it as a service manager does.
void Stop(Program& program) {
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.err();
}

TEST_F(UpgradeTest, EveryNodeIsReplacedThereAndBackAndNoDeskMissesARow) {
  const std::string ticks = MadeUpTicks(12'000, 7);
  WriteFile(folder() / "ticks.csv", ticks);
  const Arguments feeding = {"--source",  "csv:" + (folder() / "ticks.csv"),
                             "--journal", folder() / "journal",
                             "--listen",  "tcp://127.0.0.1:*"};
  Arguments command = {PublisherPath(), "--wait-for", "*", "--ready-file", folder() / "hq.ready"};
  command.insert(command.end(), feeding.begin(), feeding.end());
  Program* publisher = &RunAs("hq", command);
  ASSERT_TRUE(publisher->AwaitReady());
  const std::string hq = publisher->endpoint();
  command.back() = hq;

  // Two gateways that name each other; the first of them, gateway1, was there for its port.
  Program& before = GatewayVia(hq);
  const std::string left_at = before.endpoint();
  Stop(before);
  Program* right = &GatewayVia(hq, {"--move-to", left_at});
  const std::string right_at = right->endpoint();
  Program* left = &GatewayAt(left_at, hq, {"--move-to", right_at});
  Program& desk = LiveDesk(*left, {"--until-end"});
  const auto is_at = [&](const std::string& gateway) {
    return desk.Said("live: desk <- gateway " + gateway);
  };
  ASSERT_TRUE(is_at("gateway3")) << desk.err();

  for (int i = 0; i < 2; ++i) {
    // Headquarters first.
    Stop(*publisher);
    publisher = &RunAs("hq" + std::to_string(i), command);
    ASSERT_TRUE(publisher->Said("goes on behind position")) << publisher->err();
    // Then one gateway after the other: its desk moves, and is asked back by the next.
    Stop(*left);
    ASSERT_TRUE(is_at(i == 0 ? "gateway2" : "gateway6")) << desk.err();
    left = &GatewayAt(left_at, hq, {"--move-to", right_at});
    ASSERT_TRUE(left->Said("upstream is live")) << left->err();
    Stop(*right);
    ASSERT_TRUE(is_at(i == 0 ? "gateway5" : "gateway7")) << desk.err();
    right = &GatewayAt(right_at, hq, {"--move-to", left_at});
    ASSERT_TRUE(right->Said("upstream is live")) << right->err();
  }
  EXPECT_EQ(publisher->Wait(), 0) << publisher->err();
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_TRUE(BySymbol(desk.out()) == BySymbol(ticks)) << "a hole or a double; " << desk.err();
  EXPECT_EQ(desk.err().find("gap:"), std::string::npos) << desk.err();
}

}  // namespace
}  // namespace fantail::testing
