// Two gateways beside each other, and those who use both or are sent from one to the other.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/system/lab.h"

namespace fantail::testing {
namespace {

class LinesLabTest : public Lab {
 protected:
  // 20,000 ticks a second, from when somebody wants everything.
  Program& LoadedPublisher(const std::string& seconds) {
    return Publisher("synthetic:symbols=2000,rate=20000,seed=5,duration=" + seconds + "s",
                     {"--wait-for", "*"});
  }
  static void ExpectUndisturbed(Program& desk, const std::string& all) {
    EXPECT_EQ(desk.Wait(), 0) << desk.err();
    const std::string got = desk.out();
    EXPECT_EQ(got.size(), all.size());
    EXPECT_TRUE(BySymbol(got) == BySymbol(all)) << "a hole or a double; " << desk.err();
    EXPECT_EQ(desk.err().find("gap:"), std::string::npos) << desk.err();
    EXPECT_EQ(desk.err().find("fantail-desk: stale"), std::string::npos) << desk.err();
  }
};

TEST_F(LinesLabTest, AGatewayKilledUnderLoadCostsWhoeverHasTwoLinesNothing) {
  Program& publisher = LoadedPublisher("10");
  Program& left = Gateway(publisher);
  Program& right = Gateway(publisher);
  const std::string left_at = left.endpoint();
  Program& desk =
      DeskVia(left_at, EveryLetter({"--connect", right.endpoint(), "--lines", "all", "--until-end",
                                    "--summary", folder() / "desk-summary"}));
  Program& branch = GatewayVia(left_at, {"--upstream", right.endpoint(), "--lines", "all"});
  Program& below = LiveDesk(branch, EveryLetter({"--until-end"}));
  ASSERT_TRUE(desk.AwaitReady());
  // Both lines are in use before the first tick.
  ASSERT_TRUE(desk.Said("line 1 of 2 is live") && desk.Said("line 2 of 2 is live")) << desk.err();
  ASSERT_TRUE(branch.Said("line 1 of 2 is live") && branch.Said("line 2 of 2 is live"));
  Program& direct = LiveDesk(publisher, {"--until-end", "*"});
  ASSERT_TRUE(Eventually([&] { return direct.out_size() > 1'000'000; })) << direct.err();
  left.Kill();
  ASSERT_TRUE(desk.Said("line 1 of 2 is stale")) << desk.err();
  Program& again = GatewayAt(left_at, publisher);
  ASSERT_TRUE(Eventually([&] { return again.err().find("opened") != std::string::npos; }));
  ASSERT_TRUE(Eventually([&] { return direct.out_size() > 5'000'000; })) << direct.err();
  right.Kill();
  EXPECT_EQ(direct.Wait(), 0) << direct.err();
  const std::string all = direct.out();
  ExpectUndisturbed(desk, all);
  ExpectUndisturbed(below, all);
  EXPECT_NE(ReadFile(folder() / "desk-summary").find("images 0\n"), std::string::npos);
}

TEST_F(LinesLabTest, DesksAreMovedToAnotherGatewayAndBackWithoutLosingATick) {
  Program& publisher = LoadedPublisher("8");
  const std::string left_at = [&] {
    Program& first = Gateway(publisher);  // for a port
    std::string at = first.endpoint();
    first.Signal(SIGTERM);
    first.Wait();
    return at;
  }();
  Program& right = Gateway(publisher, {"--move-to", left_at});
  Program& left = GatewayAt(left_at, publisher, {"--move-to", right.endpoint()});
  std::vector<Program*> desks = {&LiveDesk(left, EveryLetter({"--until-end"})),
                                 &LiveDesk(left, {"--until-end", "A*"}),
                                 &LiveDesk(right, {"--until-end", "B*"})};
  Program& direct = LiveDesk(publisher, {"--until-end", "*"});
  ASSERT_TRUE(Eventually([&] { return direct.out_size() > 1'000'000; })) << direct.err();
  left.Signal(SIGUSR1);
  for (Program* desk : desks) {
    ASSERT_TRUE(desk->Said("live: desk <- gateway gateway3")) << desk->err() << left.err();
  }
  right.Signal(SIGUSR1);
  for (Program* desk : desks) {
    ASSERT_TRUE(Eventually([&] {
      const std::string said = desk->err();
      return said.rfind("gateway gateway4") + 1 > said.rfind("gateway gateway3") + 1;
    })) << desk->err();
  }
  // Nobody is left behind when a gateway stops.
  left.Signal(SIGTERM);
  EXPECT_EQ(left.Wait(), 0) << left.err();
  EXPECT_EQ(direct.Wait(), 0) << direct.err();
  const std::string all = direct.out();
  ExpectUndisturbed(*desks[0], all);
  ExpectUndisturbed(*desks[1], Filtered(all, {"A*"}));
  ExpectUndisturbed(*desks[2], Filtered(all, {"B*"}));
}

}  // namespace
}  // namespace fantail::testing
