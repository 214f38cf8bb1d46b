// The past on request, with the real programs: a journal, a history server, buses, and desks that
// miss nothing.
#include <csignal>
#include <cstdlib>

#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"
#include "tools/fantail-fault-relay/fault_relay.h"

namespace fantail::testing {
namespace {

using fault::FaultRelay;

//   publisher --- gateway (a ring of a moment) --- relay --- desks
//   journal --- history --- bus --- branch bus ---------------'
class HistoryTest : public Lab {
 protected:
  // `rows` rows take as many milliseconds; the first tick waits for a desk.
  void StartFeed(size_t rows) {
    input_ = MadeUpTicks(rows, 17);
    WriteFile(folder() / "ticks.csv", input_);
    publisher_ = &Publisher("csv:" + (folder() / "ticks.csv"),
                            {"--wait-for", "*", "--journal", folder() / "journal"});
    gateway_ = &Gateway(*publisher_, {"--ring", "64KiB"});
    link_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = gateway_->endpoint()});
    bus_ = &Bus();
    branch_ = &Bus(bus_->endpoint());
    history_ = &RunAs(
        "history", {HistoryPath(), "--connect", bus_->endpoint(), "--summary", folder() / "summary",
                    "--ready-file", folder() / "history.ready", folder() / "journal"});
    ASSERT_TRUE(history_->AwaitReady());
  }
  Program& CompleteDesk(const Arguments& more = {}) {
    Arguments arguments = {"--until-end", "--bus", branch_->endpoint()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return DeskVia(link_->endpoint(), arguments);
  }
  bool AwaitRows(const Program& desk, size_t rows) {
    return Eventually([&] { return LinesOf(desk.out()).size() > rows; });
  }
  Program& Ask(Arguments command) {
    Arguments all = {DeskPath()};
    all.insert(all.end(), command.begin(), command.end());
    all.insert(all.end(), {"--bus", branch_->endpoint()});
    return Run(all);
  }
  uint64_t Summary(const std::string& key) {
    history_->Signal(SIGTERM);
    EXPECT_EQ(history_->Wait(), 0) << history_->err();
    return Summary(key, folder() / "summary");
  }
  uint64_t Summary(const std::string& key, const std::string& file) {
    const std::string text = ReadFile(file);
    const size_t at = ("\n" + text).find("\n" + key + " ");
    EXPECT_NE(at, std::string::npos) << text;
    return std::strtoull(text.c_str() + at + key.size() + 1, nullptr, 10);
  }

  std::string input_;
  Program* publisher_ = nullptr;
  Program* gateway_ = nullptr;
  std::unique_ptr<FaultRelay> link_;
  Program* bus_ = nullptr;
  Program* branch_ = nullptr;
  Program* history_ = nullptr;
};

TEST_F(HistoryTest, DesksThatWereCutOffForLongerThanTheRingCoversEndWithEveryRecordInOrder) {
  constexpr int kDesks = 6;
  StartFeed(9000);
  std::vector<Program*> desks;
  for (int i = 0; i < kDesks; ++i) desks.push_back(&CompleteDesk({"--complete"}));
  for (Program* desk : desks) ASSERT_TRUE(AwaitRows(*desk, 500));
  link_->SetHole(true);
  // Until much more than the ring has been published.
  ASSERT_TRUE(Eventually([&] { return desks[0]->Said("stale"); }));
  const double begin = Now();
  Eventually([&] { return Now() > begin + 1; });
  link_->SetHole(false);
  for (Program* desk : desks) {
    EXPECT_EQ(desk->Wait(Seconds(60)), 0) << desk->err();
    // A desk may have come when some had been published.
    const std::string got = desk->out();
    const std::string_view rows = std::string_view(got).substr(got.find('\n') + 1);
    EXPECT_GT(rows.size(), input_.size() / 2);
    EXPECT_TRUE(SameText(rows, std::string_view(input_).substr(input_.size() - rows.size())))
        << desk->err();
    EXPECT_EQ(desk->err().find("gap:"), std::string::npos) << desk->err();
    EXPECT_NE(desk->err().find("fetched from the history"), std::string::npos) << desk->err();
  }
  // All of them together cost the history about as much as one of them would have.
  EXPECT_LT(Summary("bytes"), input_.size() * 3 / 2);
}

TEST_F(HistoryTest, AGatewayFillsItsRingSoThatWhoResumesThereMissesNothing) {
  StartFeed(9000);
  Program& branch = GatewayVia(link_->endpoint(), {"--bus", branch_->endpoint()});
  FaultRelay lan({.target = branch.endpoint()});
  Program& present = Desk(branch, {"--until-end"});
  Program& away = DeskVia(lan.endpoint(), {"--until-end"});
  ASSERT_TRUE(AwaitRows(present, 500) && AwaitRows(away, 500));
  lan.SetHole(true);
  link_->SetHole(true);
  ASSERT_TRUE(branch.Said("upstream is stale"));
  const double begin = Now();
  Eventually([&] { return Now() > begin + 1; });
  link_->SetHole(false);
  ASSERT_TRUE(branch.Said("history: a gap is filled")) << branch.err();
  lan.SetHole(false);

  // It was there when the ticks were missing, and was told.
  EXPECT_EQ(present.Wait(Seconds(60)), 2) << present.err();
  EXPECT_TRUE(present.Said("gap:"));
  // It comes back where they are.
  EXPECT_EQ(away.Wait(Seconds(60)), 0) << away.err();
  const std::string got = away.out();
  const std::string_view rows = std::string_view(got).substr(got.find('\n') + 1);
  EXPECT_GT(rows.size(), input_.size() / 2);
  EXPECT_TRUE(SameText(rows, std::string_view(input_).substr(input_.size() - rows.size())))
      << away.err();
}

TEST_F(HistoryTest, ADeskBeginsInThePastAndRunsOnIntoWhatIsLiveWithoutASeam) {
  StartFeed(4000);
  Program& first = CompleteDesk({"--complete"});
  ASSERT_TRUE(AwaitRows(first, 1500));
  Program& from = CompleteDesk({"--from", "0%", "--summary", folder() / "desk"});
  EXPECT_EQ(from.Wait(Seconds(60)), 0) << from.err();
  EXPECT_EQ(Summary("ticks", folder() / "desk"), 4000u);
  EXPECT_GE(Summary("ticks_fetched", folder() / "desk"), 1000u);
  EXPECT_TRUE(SameText(from.out(), input_)) << from.err();
}

TEST_F(HistoryTest, TheHistoryIsWhatWasPublishedAndTheDirectorySaysWhatThereIs) {
  StartFeed(2000);
  Program& desk = CompleteDesk({"--complete"});
  EXPECT_EQ(desk.Wait(Seconds(60)), 0) << desk.err();

  Program& all = Ask({"history"});
  EXPECT_EQ(all.Wait(), 0) << all.err();
  EXPECT_TRUE(SameText(all.out(), input_));
  Program& some = Ask({"history", "A*", "BAC"});
  EXPECT_EQ(some.Wait(), 0) << some.err();
  EXPECT_TRUE(SameText(some.out(), Filtered(input_, {"A*", "BAC"})));
  Program& part = Ask({"history", "--from", "#501", "--to", "#601"});
  EXPECT_EQ(part.Wait(), 0) << part.err();
  EXPECT_EQ(LinesOf(part.out()).size(), 101u);

  Program& directory = Ask({"directory", "A*"});
  EXPECT_EQ(directory.Wait(), 0) << directory.err();
  size_t topics = 0;
  for (const auto& [symbol, rows] : BySymbol(input_)) topics += symbol.starts_with("A") ? 1 : 0;
  EXPECT_EQ(LinesOf(directory.out()).size(), 1 + topics) << directory.out();
  EXPECT_NE(directory.out().find(",AAPL,"), std::string::npos) << directory.out();
}

TEST_F(HistoryTest, WhoAsksForWhatNobodyHasIsToldAtOnceWhatToDo) {
  StartFeed(100);
  Program& other = Ask({"history", "--feed", "news"});
  EXPECT_EQ(other.Wait(), 69);
  EXPECT_TRUE(other.Said("start a fantail-history --feed news")) << other.err();
  Program& nonsense = Ask({"history", "--from", "yesterday"});
  EXPECT_NE(nonsense.Wait(), 0);
  EXPECT_TRUE(nonsense.Said("neither a time nor a position")) << nonsense.err();
  Program& no_bus = Run({DeskPath(), "--connect", gateway_->endpoint(), "--complete"});
  EXPECT_EQ(no_bus.Wait(), 64);
  EXPECT_TRUE(no_bus.Said("give its --bus")) << no_bus.err();
}

}  // namespace
}  // namespace fantail::testing
