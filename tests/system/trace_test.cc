// --trace over real programs: the hop that is slow is the one that it names.
#include <algorithm>
#include <sstream>

#include "tests/system/fault_lab.h"

namespace fantail::testing {
namespace {

class TraceTest : public FaultLab {
 protected:
  // The median in the row of `what` in the table that the desk has left, in milliseconds; -1 if
  // there is no such row.
  static double Median(const Program& desk, const std::string& what) {
    std::istringstream lines(desk.err());
    for (std::string line; std::getline(lines, line);) {
      const size_t at = line.find("  " + what);
      if (at == std::string::npos) continue;
      // Behind the name, three columns of a number and its unit.
      std::istringstream columns(line.substr(line.size() - std::min<size_t>(line.size(), 30)));
      double value = -1;
      std::string unit;
      columns >> value >> unit;
      return unit == "us" ? value / 1e3 : unit == "s" ? value * 1e3 : value;
    }
    return -1;
  }
};

TEST_F(TraceTest, NamesTheLinkThatIsSlow) {
  Program& publisher = Publisher("synthetic:symbols=100,rate=2000,seed=3");
  FaultRelay wan({.target = publisher.endpoint()});
  for (const Way way : {Way::kUp, Way::kDown}) wan.SetDelay(way, std::chrono::milliseconds(30));
  Program& gateway = GatewayVia(wan.endpoint());
  Program& behind = Gateway(gateway);
  Program& desk = Desk(behind, {"--trace", "--for", "4s"});
  Program& other = Desk(behind, {"--for", "4s"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(other.Wait(), 0) << other.err();
  EXPECT_EQ(other.err().find("trace"), std::string::npos) << other.err();
  // The way there and back is 60 ms, and halved: what is told errs by no more than it says.
  EXPECT_NEAR(Median(desk, "on the way to gateway2"), 30, 12) << desk.err();
  EXPECT_NEAR(Median(desk, "in all"), 30, 15) << desk.err();
  for (const char* quick : {"at publisher1", "at gateway2", "on the way to gateway3", "at gateway3",
                            "on the way to here"}) {
    const double median = Median(desk, quick);
    EXPECT_GE(median, 0) << quick << " in:\n" << desk.err();
    EXPECT_LT(median, 15) << quick << " in:\n" << desk.err();
  }
}

}  // namespace
}  // namespace fantail::testing
