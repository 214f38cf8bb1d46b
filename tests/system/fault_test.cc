// Real programs over links that fail: whatever happens to a link or to a program, what the desk
// prints is exactly what was published, and while it cannot know, it says so.
//
//   publisher --- wan relay --- gateway --- lan relay --- desk
#include <csignal>
#include <cstdio>
#include <map>

#include "fantail/base/random.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"
#include "tools/fantail-fault-relay/fault_relay.h"

namespace fantail::testing {
namespace {

using fault::FaultRelay;
using fault::Way;

// The rows of each symbol in order: a replay may pass the ticks of other topics.
std::map<std::string, std::vector<std::string_view>> BySymbol(std::string_view csv) {
  std::map<std::string, std::vector<std::string_view>> rows;
  for (const std::string_view row : LinesOf(csv)) {
    if (row != kHeader) rows[std::string(SymbolOf(row))].push_back(row);
  }
  return rows;
}

class FaultTest : public Lab {
 protected:
  // `rows` rows take as many milliseconds. The publisher starts with the desk.
  void StartLine(size_t rows) {
    input_ = MadeUpTicks(rows, 13);
    WriteFile(folder() / "ticks.csv", input_);
    publisher_ = &Publisher("csv:" + (folder() / "ticks.csv"), {"--wait-for", "*"});
    wan_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = publisher_->endpoint()});
    gateway_ = &GatewayVia(wan_->endpoint());
    lan_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = gateway_->endpoint()});
    desk_ = &DeskVia(lan_->endpoint(), {"--until-end", "*"});
    ASSERT_TRUE(desk_->AwaitReady());
    ASSERT_TRUE(AwaitRows(200));
  }

  bool AwaitRows(size_t more) {
    const size_t enough = desk_->out_size() + more * 30;
    return Eventually([&] { return desk_->out_size() > enough; });
  }
  static void Pass(Seconds time) {
    Eventually([] { return false; }, time);
  }

  // What the desk has said about its state.
  ptrdiff_t Newest(const std::string& state) const {
    return static_cast<ptrdiff_t>(desk_->err().rfind("fantail-desk: " + state));
  }
  bool AwaitStale() {
    return Eventually([&] { return Newest("stale") > Newest("live"); });
  }
  bool AwaitLive() {
    return Eventually([&] { return Newest("live") > Newest("stale"); });
  }
  // A cut that lasts longer than the silence that a desk bears.
  void CutUntilStale(FaultRelay* link, Seconds least) {
    const double begin = Now();
    link->SetHole(true);
    EXPECT_TRUE(AwaitStale()) << desk_->err();
    const double stale = Now() - begin;
    Pass(Seconds(least.count() - stale));
    link->SetHole(false);
    const double healed = Now();
    EXPECT_TRUE(AwaitLive()) << desk_->err();
    std::printf("stale %.2f s after the cut, live %.2f s after its end\n", stale, Now() - healed);
  }

  // Every test ends with it: every row came once and in order, and no gap was needed.
  void ExpectEverything() {
    EXPECT_EQ(desk_->Wait(Seconds(60)), 0) << desk_->err();
    EXPECT_EQ(publisher_->Wait(), 0) << publisher_->err();
    const std::string got = desk_->out();
    EXPECT_EQ(got.size(), input_.size());
    EXPECT_TRUE(BySymbol(got) == BySymbol(input_)) << "a hole or a double; " << desk_->err();
    EXPECT_EQ(desk_->err().find("gap:"), std::string::npos) << desk_->err();
  }

  std::string input_;
  Program* publisher_ = nullptr;
  Program* gateway_ = nullptr;
  Program* desk_ = nullptr;
  std::unique_ptr<FaultRelay> wan_;
  std::unique_ptr<FaultRelay> lan_;
};

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
