// Lines in random disasters.
#include <gtest/gtest.h>

#include "tests/unit/feed/lines_fixture.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::milliseconds;
using std::chrono::seconds;

// Random disasters: what the two consumers are given has no hole that was not announced.
class LinesDisasterTest : public LinesFixture, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(LinesDisasterTest, NothingIsLostDoubledOrReorderedUnannounced) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  random = Random(GetParam());
  StartGateway("branch", 2);
  Add("below>branch", &below_lines.line(0), "branch");
  const std::vector<std::vector<Pattern>> wishes = {P({"*"}), P({"A*"}), P({"AAPL", "B*"}),
                                                    P({"SPY"}), P({"AA*", "IBM"})};
  below_lines.SetInterest(wishes[random.Below(wishes.size())], now);
  AddDesk({"A*"});
  const std::vector<std::string> clients = {"desk>left",    "desk>right",   "branch>left",
                                            "branch>right", "below>branch", "left>hq",
                                            "right>hq"};
  for (int i = 0; i < 40; ++i) {
    Run(milliseconds(random.Below(600)));
    const std::string who = clients[random.Below(clients.size())];
    const std::string node = random.OneIn(2) ? "left" : "right";
    switch (random.Below(6)) {
      case 0:
        if (upstreams.contains(who)) Break(who);
        break;
      case 1:
        if (upstreams.contains(who)) {
          upstreams.at(who).cut = !upstreams.at(who).cut;
          if (upstreams.at(who).link != nullptr) upstreams.at(who).link->silent = true;
        }
        break;
      case 2:
        if (gateways.contains(node)) {
          Kill(node);
        } else {
          StartGateway(node, 1);
        }
        break;
      case 3:
        if (upstreams.contains(who)) upstreams.at(who).delay = milliseconds(random.Between(1, 80));
        break;
      case 4:
        desk_lines.SetInterest(wishes[random.Below(wishes.size())], now);
        break;
      default:
        below_lines.SetInterest(wishes[random.Below(wishes.size())], now);
    }
  }
  for (const std::string name : {"left", "right"}) {
    if (!gateways.contains(name)) StartGateway(name, 1);
  }
  for (auto& [who, up] : upstreams) up.cut = false;
  Run(seconds(12));
  Run(seconds(2), false);
  EXPECT_EQ(desk_lines.state().state, State::kLive) << desk_lines.state().cause;
  EXPECT_EQ(below_lines.state().state, State::kLive) << below_lines.state().cause;
  ExpectEqual(desk, desk_lines);
  ExpectEqual(below, below_lines);
  EXPECT_EQ(desk_lines.counters().wrong_digests + below_lines.counters().wrong_digests, 0u);
  EXPECT_EQ(desk_lines.counters().holes + below_lines.counters().holes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LinesDisasterTest, ::testing::Range<uint64_t>(1, 61));

}  // namespace
}  // namespace fantail::feed
