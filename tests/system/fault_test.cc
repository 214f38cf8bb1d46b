// Real programs over links that fail: whatever happens to a link or to a program, what the desk
// prints is exactly what was published, and while it cannot know, it says so.
#include <algorithm>

#include "fantail/base/random.h"
#include "tests/system/fault_lab.h"

namespace fantail::testing {
namespace {

using FaultTest = FaultLab;

TEST_F(FaultTest, LosesNothingToBlackHolesOfOneSecond) {
  StartLine(6000);
  for (FaultRelay* link : {wan_.get(), lan_.get()}) {
    link->SetHole(true);
    Pass(Seconds(1));
    link->SetHole(false);
    EXPECT_TRUE(AwaitRows(100));
  }
  ExpectEverything();
}

TEST_F(FaultTest, SaysStaleInABlackHoleOfFiveSecondsOnTheWanAndGoesOnWithoutAHole) {
  StartLine(9000);
  CutUntilStale(wan_.get(), Seconds(5));
  EXPECT_NE(desk_->err().find("publisher1"), std::string::npos) << desk_->err();
  ExpectEverything();
}

TEST_F(FaultTest, SaysStaleInABlackHoleOfFiveSecondsToTheDeskAndGoesOnWithoutAHole) {
  StartLine(9000);
  CutUntilStale(lan_.get(), Seconds(5));
  EXPECT_NE(desk_->err().find("gateway2"), std::string::npos) << desk_->err();
  ExpectEverything();
}

TEST_F(FaultTest, GoesOnWithoutAHoleAfterABlackHoleOfThirtySeconds) {
  StartLine(33000);
  CutUntilStale(wan_.get(), Seconds(30));
  ExpectEverything();
}

TEST_F(FaultTest, GoesOnWithoutAHoleFromTheJournalWhereTheRingIsTooShort) {
  StartLine(11000, {}, {"--ring", "64KiB", "--journal", folder() / "journal"});
  CutUntilStale(wan_.get(), Seconds(6));
  ExpectEverything();
}

TEST_F(FaultTest, BearsALinkThatFlaps) {
  constexpr uint64_t kSeed = 21;
  std::printf("seed %d\n", static_cast<int>(kSeed));
  Random random(kSeed);
  StartLine(16000);
  for (int cut = 0; cut < 20; ++cut) {
    FaultRelay* link = cut % 2 == 0 ? wan_.get() : lan_.get();
    link->SetHole(true);
    Pass(Seconds(static_cast<double>(random.Between(50, 700)) / 1000));
    if (random.Below(3) == 0) link->Reset();
    link->SetHole(false);
    Pass(Seconds(static_cast<double>(random.Between(20, 400)) / 1000));
  }
  EXPECT_TRUE(AwaitLive()) << desk_->err();
  ExpectEverything();
}

TEST_F(FaultTest, ReconnectsAfterEveryWayToEndAConnection) {
  StartLine(12000);
  for (FaultRelay* link : {wan_.get(), lan_.get()}) {
    const std::vector<std::function<void()>> ends = {[&] { link->Reset(); }, [&] { link->Close(); },
                                                     [&] { link->HalfClose(Way::kUp); },
                                                     [&] { link->HalfClose(Way::kDown); }};
    for (const auto& end : ends) {
      const uint64_t before = link->counters().connections;
      end();
      EXPECT_TRUE(Eventually([&] { return link->counters().connections > before; }));
      EXPECT_TRUE(AwaitLive()) << desk_->err();
      EXPECT_TRUE(AwaitRows(50)) << desk_->err();
    }
  }
  ExpectEverything();
}

TEST_F(FaultTest, NoticesALinkThatIsDeadInOneDirectionOnly) {
  StartLine(16000);
  for (FaultRelay* link : {wan_.get(), lan_.get()}) {
    for (const Way way : {Way::kUp, Way::kDown}) {
      link->SetCut(way, true);
      EXPECT_TRUE(AwaitStale()) << desk_->err();
      link->SetCut(way, false);
      EXPECT_TRUE(AwaitLive()) << desk_->err();
      EXPECT_TRUE(AwaitRows(50)) << desk_->err();
    }
  }
  ExpectEverything();
}

TEST_F(FaultTest, SaysStaleOfAPublisherThatHangsAndGoesOnWithoutAHole) {
  StartLine(4000);
  publisher_->Signal(SIGSTOP);
  EXPECT_TRUE(AwaitStale()) << desk_->err();
  EXPECT_NE(desk_->err().find("publisher1"), std::string::npos) << desk_->err();
  publisher_->Signal(SIGCONT);
  EXPECT_TRUE(AwaitLive()) << desk_->err();
  ExpectEverything();
}

TEST_F(FaultTest, SaysNothingOfAPublisherOrAGatewayThatHangsForLessThanASilenceLasts) {
  StartLine(7000);
  for (Program* node : {publisher_, gateway_}) {
    node->Signal(SIGSTOP);
    Pass(Seconds(1.5));
    node->Signal(SIGCONT);
    EXPECT_TRUE(AwaitRows(300));
  }
  EXPECT_EQ(desk_->err().find("stale"), std::string::npos) << desk_->err();
  ExpectEverything();
}

TEST_F(FaultTest, TakesALinkOfAByteASecondForADeadOneAndNobodyElseNotices) {
  StartLine(14000);
  FaultRelay thin(fault::RelayOptions{.target = gateway_->endpoint()});
  Program& other = DeskVia(thin.endpoint(), {"--until-end", "*"});
  ASSERT_TRUE(other.AwaitReady());
  thin.SetRate(Way::kDown, 1);
  EXPECT_TRUE(other.Said("fantail-desk: stale", Seconds(8))) << other.err();
  EXPECT_TRUE(gateway_->Said("closed: ", Seconds(8))) << gateway_->err();
  thin.SetRate(Way::kDown, 0);
  const size_t before = other.out_size();
  EXPECT_TRUE(Eventually([&] { return other.out_size() > before + 1000; })) << other.err();
  EXPECT_EQ(desk_->err().find("stale"), std::string::npos) << desk_->err();
  ExpectEverything();
  EXPECT_EQ(other.Wait(), 0) << other.err();
  EXPECT_EQ(other.err().find("gap:"), std::string::npos) << other.err();
}

TEST_F(FaultTest, FreesThePlaceOfADeskWhoseCableIsPulledWithinEightSeconds) {
  Program& publisher = Publisher("synthetic:symbols=500,rate=2000,seed=1", {"--max-sessions", "1"});
  FaultRelay cable(fault::RelayOptions{.target = publisher.endpoint()});
  Program& desk = DeskVia(cable.endpoint(), {"*"});
  ASSERT_TRUE(desk.AwaitReady());
  cable.SetHole(true);
  EXPECT_TRUE(publisher.Said("closed: ", Seconds(8))) << publisher.err();
  LiveDesk(publisher, {"*"});
}

TEST_F(FaultTest, LetsADeskThatHangsAndOneThatIsKilledDisturbNobody) {
  StartLine(9000);
  Program& hangs = LiveDesk(*gateway_, {"--until-end", "A*"});
  Program& dies = LiveDesk(*gateway_, {"A*", "B*"});
  hangs.Signal(SIGSTOP);
  dies.Kill();
  const double stopped = Now();
  ASSERT_TRUE(Eventually([&] { return Now() - stopped > 6; }));
  hangs.Signal(SIGCONT);
  EXPECT_EQ(hangs.Wait(Seconds(60)), 0) << hangs.err();
  EXPECT_EQ(desk_->err().find("stale"), std::string::npos) << desk_->err();
  ExpectEverything();
  // It came when some rows had gone by; of what it has, none is missing to the end.
  const std::string late = hangs.out();
  const auto got = BySymbol(late);
  const auto all = BySymbol(input_);
  for (const auto& [symbol, rows] : got) {
    const auto& whole = all.at(symbol);
    ASSERT_LE(rows.size(), whole.size());
    EXPECT_TRUE(std::equal(rows.rbegin(), rows.rend(), whole.rbegin())) << symbol;
  }
}

}  // namespace
}  // namespace fantail::testing
