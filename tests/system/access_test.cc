// Rights, two gateways deep: who may see what, and what becomes of it when that changes.
#include <algorithm>
#include <csignal>

#include "tests/system/key_lab.h"

namespace fantail::testing {
namespace {

// publisher --- gateway --- gateway --- desk, all with rights of their own.
class AccessTest : public KeyLab {
 protected:
  void SetUp() override {
    KeyLab::SetUp();
    MakeKeys("floor");
    LetIn("floor", "branch");
    std::filesystem::remove(Folder("desk") + "/nodes/branch.public");
    LetIn("desk", "floor");
    Give("hq", "branch", "\"*\"");
    Give("branch", "floor", "\"*\"");
    Give("floor", "desk", "\"*\"");
  }
  std::string RightsOf(const std::string& node) { return folder() / (node + ".toml"); }
  void Give(const std::string& node, const std::string& user, const std::string& see) {
    WriteFile(RightsOf(node), "[users." + user + "]\nsee = [" + see + "]\n");
  }
  Arguments With(const std::string& node, Arguments more = {}) {
    more.insert(more.end(), {"--keys", Folder(node), "--rights", RightsOf(node)});
    return more;
  }
  void Start() {
    publisher_ = &Publisher("synthetic:symbols=500,rate=2000,seed=1", With("hq"));
    gateway_ = &Gateway(*publisher_, With("branch"));
    floor_ = &Gateway(*gateway_, With("floor"));
  }
  Program& DeskOf(Arguments patterns) {
    patterns.insert(patterns.begin(), {"--keys", Folder("desk")});
    return Desk(*floor_, patterns);
  }

  Program* floor_ = nullptr;
};

TEST_F(AccessTest, ADeskIsToldOfWhatItMayNotSeeAtWhicheverNodeThatIs) {
  Give("hq", "branch", "\"A*\", \"B*\"");
  Give("floor", "desk", "\"A*\", \"C*\"");
  Start();
  Program& desk = DeskOf({"A*", "B*", "C*"});
  EXPECT_TRUE(desk.Said("refused: B*, C*: ")) << desk.err();
  EXPECT_TRUE(Eventually([&] { return desk.out_size() > 20'000; })) << desk.err();
  const std::string out = desk.out();
  for (const std::string_view line : LinesOf(out)) {
    if (line == kHeader || !line.ends_with('\n')) continue;
    EXPECT_EQ(SymbolOf(line)[0], 'A') << line;
  }
}

TEST_F(AccessTest, WhatIsTakenAwayAtTheTopIsGoneAtTheBottom) {
  Start();
  Program& desk = DeskOf({"A*", "B*"});
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 5000; })) << desk.err();
  Give("hq", "branch", "\"A*\"");
  publisher_->Signal(SIGHUP);
  EXPECT_TRUE(desk.Said(" does not let branch see it", Seconds(5))) << desk.err();
  const auto count = [&](char first) {
    const std::string out = desk.out();
    size_t n = 0;
    for (const auto& [symbol, rows] : BySymbol(out)) n += symbol[0] == first ? rows.size() : 0;
    return n;
  };
  // What had come before is printed by a thread of its own.
  const auto await_more = [&](size_t more) {
    const size_t a = count('A');
    EXPECT_TRUE(Eventually([&] { return count('A') > a + more; })) << desk.err();
  };
  await_more(50);
  const size_t b = count('B');
  EXPECT_GT(b, 0U);
  await_more(100);
  EXPECT_EQ(count('B'), b);
}

TEST_F(AccessTest, TheAccessLogSaysWhoAskedForWhatAndWasGivenWhat) {
  Give("branch", "floor", "\"*\"");
  Give("floor", "desk", "\"A*\"");
  publisher_ = &Publisher("synthetic:symbols=500,rate=2000,seed=1", With("hq"));
  gateway_ = &Gateway(*publisher_, With("branch"));
  const std::string log = folder() / "access.log";
  floor_ = &Gateway(*gateway_, With("floor", {"--access-log", log}));
  Program& desk = DeskOf({"A*", "B*"});
  const auto says = [&](const std::string& event, const std::string& more) {
    return Eventually([&] {
      const std::string text = ReadFile(log);
      const std::vector<std::string_view> lines = LinesOf(text);
      return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
        return line.find("\"event\":\"" + event + "\",\"user\":\"desk\"") != line.npos &&
               line.find(more) != line.npos;
      });
    });
  };
  EXPECT_TRUE(says("opened", "\"role\":\"subscriber\"}")) << ReadFile(log);
  EXPECT_TRUE(says("given", "\"patterns\":[\"A*\"]}")) << ReadFile(log);
  EXPECT_TRUE(says("not given", "\"patterns\":[\"B*\"],\"reason\":\"")) << ReadFile(log);
  desk.Kill();
  EXPECT_TRUE(says("closed", "\"ticks\":")) << ReadFile(log);
}

TEST_F(AccessTest, AFileOfRightsThatIsBrokenChangesNothing) {
  Start();
  Program& desk = DeskOf({"A*"});
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 1000; })) << desk.err();
  WriteFile(RightsOf("floor"), "[users.desk]\nsee = [\"A*\"]\nsees = []\n");
  floor_->Signal(SIGHUP);
  EXPECT_TRUE(floor_->Said("--rights stays as it was: ")) << floor_->err();
  EXPECT_TRUE(floor_->Said("floor.toml:3:1: sees: no such key; the nearest is see"));
  EXPECT_EQ(floor_->err().find("closed"), std::string::npos) << floor_->err();
}

TEST_F(AccessTest, HistoryHasNothingThatWhoAsksMayNotSeeTwoBusesDeep) {
  const std::string input = MadeUpTicks(4000, 1);
  WriteFile(folder() / "input.csv", input);
  Program& record =
      Run({TapePath(), "import", "csv:" + (folder() / "input.csv"), folder() / "day.tape"});
  ASSERT_EQ(record.Wait(), 0) << record.err();
  MakeKeys("history");
  LetIn("history", "hq");
  std::filesystem::remove(Folder("desk") + "/nodes/floor.public");
  Know("desk", "branch");
  const std::string all = "ask = [\"*\"]\nserve = [\"*\"]\n";
  WriteFile(RightsOf("hq"),
            "[users.branch]\nsee = [\"A*\", \"B*\"]\n" + all + "[users.history]\n" + all);
  WriteFile(RightsOf("branch"), "[users.desk]\nsee = [\"B*\", \"C*\"]\n" + all);
  const auto bus = [&](const std::string& name, Arguments more) -> Program& {
    Arguments arguments = {BusPath(),           "run",          "--listen",
                           "tcp://127.0.0.1:*", "--ready-file", folder() / (name + ".bus")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunAs(name, With(name, arguments));
  };
  Program& above = bus("hq", {});
  const auto endpoint = [&](const std::string& name) {
    const std::string file = folder() / (name + ".bus");
    EXPECT_TRUE(Eventually([&] { return FileSize(file) > 0; }));
    const std::string ready = ReadFile(file);
    const size_t at = ready.find("listen ") + 7;
    return ready.substr(at, ready.find('\n', at) - at);
  };
  const std::string hq = endpoint("hq");
  bus("branch", {"--upstream", hq});
  const std::string branch = endpoint("branch");
  Program& history = Run({HistoryPath(), "--connect", hq, "--keys", Folder("history"),
                          "--ready-file", folder() / "history.ready", folder() / "day.tape"});
  ASSERT_TRUE(Eventually([&] { return FileSize(folder() / "history.ready") > 0; }))
      << history.err() << above.err();
  const auto ask = [&](Arguments command) -> Program& {
    command.insert(command.begin(), DeskPath());
    command.insert(command.end(), {"--bus", branch, "--keys", Folder("desk")});
    return Run(command);
  };
  Program& topics = ask({"directory", "*"});
  EXPECT_EQ(topics.Wait(), 0) << topics.err();
  const std::string listed = topics.out();
  EXPECT_NE(listed.find("B"), std::string::npos) << topics.err();
  const std::vector<std::string_view> lines = LinesOf(listed);
  for (size_t i = 1; i < lines.size(); ++i) {
    EXPECT_TRUE(SymbolOf(lines[i]).starts_with("B")) << lines[i];
  }
  Program& allowed = ask({"history", "B*"});
  EXPECT_EQ(allowed.Wait(), 0) << allowed.err();
  EXPECT_TRUE(SameText(allowed.out(), Filtered(input, {"B*"})));
  for (const char* pattern : {"A*", "C*", "*", "AAPL"}) {
    Program& refused = ask({"history", pattern});
    EXPECT_NE(refused.Wait(), 0);
    EXPECT_TRUE(refused.Said("who asks may not see all of that")) << refused.err();
    EXPECT_LE(LinesOf(refused.out()).size(), 1u) << refused.out();
  }
}

TEST_F(AccessTest, AnOpenFeedLetsInOnlyThoseWhoMaySeeAllThatItHas) {
  std::filesystem::remove(Folder("desk") + "/nodes/floor.public");
  Know("desk", "branch");
  publisher_ = &Publisher("synthetic:symbols=500,rate=2000,seed=1", {"--keys", Folder("hq")});
  gateway_ = &Gateway(*publisher_, {"--keys", Folder("branch")});
  const auto narrow = KeysOf("stranger");
  const auto wide = KeysOf("hq");
  std::filesystem::copy_file(PublicOf("stranger"), ClientFile("stranger", "desk"));
  std::filesystem::copy_file(PublicOf("hq"), ClientFile("hq", "desk"));
  WriteFile(RightsOf("desk"), "[users.stranger]\nsee = [\"AA*\"]\n[users.hq]\nsee = [\"*\"]\n");
  Program& open = RunAs("open", With("desk", {OPEN_FEED, "--connect", gateway_->endpoint(),
                                              "--listen", "tcp://127.0.0.1:*", "--allow", "A*",
                                              "--ready-file", folder() / "open.ready"}));
  ASSERT_TRUE(open.AwaitReady());
  EXPECT_TRUE(open.Said("not let in, for they may not see all of A*: stranger")) << open.err();
  const std::string key = KeysOf("desk")->own.key;
  ZmqClient in(zmq::socket_type::sub, open.endpoint(), wide.get(), key);
  ZmqClient out(zmq::socket_type::sub, open.endpoint(), narrow.get(), key);
  EXPECT_TRUE(in.Hears(kPatience));
  EXPECT_FALSE(out.Hears(Seconds(0.5)));
  WriteFile(RightsOf("desk"), "[users.stranger]\nsee = [\"A*\"]\n");
  open.Signal(SIGHUP);
  ZmqClient now_in(zmq::socket_type::sub, open.endpoint(), narrow.get(), key);
  EXPECT_TRUE(now_in.Hears(kPatience));
  const double until = Now() + kWithin.count();
  while (Now() < until && in.Hears(Seconds(0.5))) {
  }
  EXPECT_LT(Now(), until) << "it still hears the feed";
}

TEST_F(AccessTest, RightsWithoutKeysAreAnError) {
  Program& gateway = Run({GatewayPath(), "--listen", "tcp://127.0.0.1:*", "--upstream",
                          "tcp://127.0.0.1:9", "--rights", RightsOf("hq")});
  EXPECT_EQ(gateway.Wait(), 78);
  EXPECT_TRUE(gateway.Said("--rights: without keys nobody is anybody")) << gateway.err();
}

TEST_F(AccessTest, ABusRefusesWhatAUserMayNotAsk) {
  WriteFile(RightsOf("branch"), "[users.desk]\nask = [\"bus.*\"]\n");
  Program& bus = RunAs("bus", With("branch", {BusPath(), "run", "--listen", "tcp://127.0.0.1:*",
                                              "--ready-file", folder() / "bus.ready"}));
  ASSERT_TRUE(bus.AwaitReady());
  std::filesystem::remove(Folder("desk") + "/nodes/floor.public");
  Know("desk", "branch");
  const auto ask = [&](const std::string& service) -> Program& {
    return Run({BusPath(), "ask", "--connect", bus.endpoint(), "--keys", Folder("desk"), service});
  };
  EXPECT_EQ(ask("bus.status").Wait(), 0);
  Program& refused = ask("history/ticks");
  EXPECT_NE(refused.Wait(), 0);
  EXPECT_TRUE(refused.Said("desk may not ask history/ticks here")) << refused.err();
}

}  // namespace
}  // namespace fantail::testing
