// What a desk sees that comes late, changes its mind, or loses its gateway while ticks flow.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>

#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

// quote, trade, or one kind for all changes of status: an image has the last of each.
std::string_view KindOf(std::string_view row) {
  const std::string_view symbol = SymbolOf(row);
  const char* begin = symbol.data() + symbol.size() + 1;
  if (std::string_view(begin, 5) == "quote") return "quote";
  return std::string_view(begin, 5) == "trade" ? "trade" : "status";
}

// How many rows at the end of both are the same.
size_t CommonTail(const Rows& a, const Rows& b) {
  size_t n = 0;
  while (n < std::min(a.size(), b.size()) && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
  return n;
}

// Whether `got` is what a desk may print that joined somewhere: an image (at most one row a kind,
// the last one before it), then every row to the end.
void ExpectImageThenTail(const std::string& symbol, const Rows& got, const Rows& all) {
  const size_t tail = CommonTail(got, all);
  const Rows before(all.begin(), all.end() - static_cast<ptrdiff_t>(tail));
  ASSERT_GT(tail, 0u) << symbol << ": its last state is not the publisher's";
  EXPECT_LE(got.size() - tail, 2u) << symbol << ": a hole, or more rows than an image has";
  for (size_t i = 0; i < got.size() - tail; ++i) {
    const auto last = std::find_if(before.rbegin(), before.rend(), [&](std::string_view row) {
      return KindOf(row) == KindOf(got[i]);
    });
    EXPECT_TRUE(last != before.rend() && *last == got[i])
        << symbol << ": not the last of its kind: " << got[i];
  }
}

class LiveTest : public Lab {
 protected:
  // A replay by its time stamps of `rows` made-up rows, a thousand a second.
  Program& LiveReplay(size_t rows, const Arguments& arguments = {}) {
    input_ = MadeUpTicks(rows, 11);
    WriteFile(folder() / "ticks.csv", input_);
    return Publisher("csv:" + (folder() / "ticks.csv"), arguments);
  }

  // Rows of the symbol that a program has printed so far.
  static size_t Count(const Program& program, const std::string& symbol) {
    const std::string out = program.out();
    return BySymbol(out)[symbol].size();
  }

  std::string input_;
};

TEST_F(LiveTest, GivesADeskThatJoinsInTheMiddleTheImageAndThenEveryRow) {
  Program& publisher = LiveReplay(4000, {"--wait-for", "*"});
  Program& gateway = Gateway(publisher);
  Program& first = LiveDesk(gateway, {"--until-end"});
  ASSERT_TRUE(Eventually([&] { return first.out_size() > 40'000; }));
  std::vector<Program*> late = {&Desk(gateway, {"--until-end", "--with-images"}),
                                &Desk(publisher, {"--until-end", "--with-images"}),
                                &Desk(gateway, {"--until-end", "--with-images", "A*", "B"})};
  Program& plain = Desk(gateway, {"--until-end"});
  EXPECT_EQ(first.Wait(), 0) << first.err();
  EXPECT_TRUE(SameText(first.out(), input_));
  const auto all = BySymbol(input_);
  for (Program* desk : late) {
    EXPECT_EQ(desk->Wait(), 0) << desk->err();
    const std::string out = desk->out();
    EXPECT_LT(out.size(), input_.size());
    const auto got = BySymbol(out);
    EXPECT_EQ(got.size(), desk == late[2] ? 4u : all.size());
    for (const auto& [symbol, rows] : got) ExpectImageThenTail(symbol, rows, all.at(symbol));
  }
  EXPECT_EQ(plain.Wait(), 0) << plain.err();
  const std::string out = plain.out();
  for (const auto& [symbol, rows] : BySymbol(out)) {
    EXPECT_EQ(CommonTail(rows, all.at(symbol)), rows.size()) << symbol;
  }
}

TEST_F(LiveTest, LosesAndDoublesNothingWhenTheWatchListChangesWhileTicksFlow) {
  const std::string list = folder() / "watchlist.txt";
  WriteFile(list, "AAPL  # the one\n");
  Program& publisher = LiveReplay(5000, {"--wait-for", "*"});
  Program& gateway = Gateway(publisher, {"--linger", "100ms"});
  Program& desk = LiveDesk(gateway, {"--until-end", "@" + list});
  Program& all = LiveDesk(publisher, {"--until-end"});
  for (int turn = 0; turn < 4; ++turn) {
    const size_t others = Count(desk, "AMZN");
    WriteFile(list, "A*\n");
    desk.Signal(SIGHUP);
    ASSERT_TRUE(Eventually([&] { return Count(desk, "AMZN") > others + 5; })) << desk.err();
    const size_t seen = Count(desk, "AAPL");
    WriteFile(list, "AAPL\n");
    desk.Signal(SIGHUP);
    ASSERT_TRUE(Eventually([&] { return Count(desk, "AAPL") > seen + 30; })) << desk.err();
  }
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(all.Wait(), 0) << all.err();
  EXPECT_TRUE(SameText(Filtered(desk.out(), {"AAPL"}), Filtered(input_, {"AAPL"})));
  const std::string out = desk.out();
  EXPECT_LT(BySymbol(out)["AMZN"].size(), BySymbol(input_)["AMZN"].size());
}

TEST_F(LiveTest, KeepsTheOldWatchListWhenTheNewOneIsBad) {
  const std::string list = folder() / "watchlist.txt";
  WriteFile(list, "AAPL\n");
  Program& publisher = LiveReplay(3000, {"--wait-for", "*"});
  Program& desk = LiveDesk(publisher, {"--until-end", "@" + list});
  Program& all = LiveDesk(publisher, {"--until-end"});
  WriteFile(list, "AAPL\n" + std::string(70, 'x') + "\n");
  desk.Signal(SIGHUP);
  EXPECT_TRUE(desk.Said("watchlist.txt:2")) << desk.err();
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(all.Wait(), 0) << all.err();
  EXPECT_TRUE(SameText(desk.out(), Filtered(input_, {"AAPL"})));
}

// The lines that a desk has said about its state: where the newest live and stale are.
struct Said {
  explicit Said(const Program& desk) : text(desk.err()) {}
  bool stale() const { return Newest("fantail-desk: stale") > Newest("fantail-desk: live"); }
  bool live() const { return Newest("fantail-desk: live") > Newest("fantail-desk: stale"); }
  ptrdiff_t Newest(const char* line) const { return static_cast<ptrdiff_t>(text.rfind(line)); }
  std::string text;
};

TEST_F(LiveTest, SurvivesAGatewayThatIsKilledAndRestartedFiveSecondsLater) {
  Program& publisher = Publisher("synthetic:symbols=2000,rate=20000,seed=3,duration=15s",
                                 {"--wait-for", "*", "--log-level", "debug"});
  Program& gateway = Gateway(publisher);
  const std::string listen = gateway.endpoint();
  // All of it, in patterns that together do not start the publisher.
  Arguments letters;
  for (char c = 'A'; c <= 'Z'; ++c) letters.push_back(std::string(1, c) + "*");
  const std::vector<Arguments> interests = {letters, {"A*"}, {"B*", "C*"}};
  std::vector<Program*> desks;
  for (const Arguments& patterns : interests) {
    Arguments arguments = patterns;
    arguments.push_back("--until-end");
    desks.push_back(&LiveDesk(gateway, arguments));
  }
  Program& direct = LiveDesk(publisher, {"--until-end", "*"});
  ASSERT_TRUE(Eventually([&] { return direct.out_size() > 2'000'000; })) << direct.err();

  const double killed = Now();
  gateway.Kill();
  double restarted = 0;
  Program* second = nullptr;
  std::vector<double> stale(3);
  std::vector<double> live(3);
  ASSERT_TRUE(Eventually([&] {
    if (second == nullptr && Now() - killed >= 5) {
      restarted = Now();
      second = &GatewayAt(listen, publisher);
    }
    for (size_t i = 0; i < stale.size(); ++i) {
      const Said said(*desks[i]);
      if (stale[i] == 0 && said.stale()) stale[i] = Now() - killed;
      if (restarted != 0 && live[i] == 0 && said.live()) live[i] = Now() - restarted;
    }
    return std::all_of(live.begin(), live.end(), [](double at) { return at > 0; });
  })) << desks[0]->err();
  for (size_t i = 0; i < stale.size(); ++i) {
    std::printf("desk %zu: stale %.2f s after the kill, live %.2f s after the restart\n", i,
                stale[i], live[i]);
    EXPECT_LT(stale[i], 4.5);
    EXPECT_LT(live[i], 6.0);
    EXPECT_NE(desks[i]->err().find("127.0.0.1:"), std::string::npos) << desks[i]->err();
  }
  for (Program* desk : desks) EXPECT_EQ(desk->Wait(), 0) << desk->err();
  EXPECT_EQ(direct.Wait(), 0) << direct.err();
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  const std::string all = direct.out();
  EXPECT_EQ(direct.err().find("gap:"), std::string::npos);
  for (size_t i = 0; i < stale.size(); ++i) {
    // A replay may pass the ticks of other topics: the order is that of each topic.
    const std::string got = desks[i]->out();
    const std::string wanted = Filtered(all, interests[i]);
    EXPECT_EQ(got.size(), wanted.size());
    EXPECT_TRUE(BySymbol(got) == BySymbol(wanted)) << "desk " << i << " has a hole or a double";
  }
}

TEST_F(LiveTest, SaysStaleOfAGatewayThatHangsAndGoesOnWithoutAHole) {
  Program& publisher = LiveReplay(9000, {"--wait-for", "*"});
  Program& gateway = Gateway(publisher);
  Program& below = Gateway(gateway);
  std::vector<Program*> desks = {&LiveDesk(gateway, {"--until-end", "A*"}),
                                 &LiveDesk(below, {"--until-end", "*"})};
  ASSERT_TRUE(Eventually([&] { return desks[1]->out_size() > 20'000; }));
  const double stopped = Now();
  gateway.Signal(SIGSTOP);
  for (Program* desk : desks) EXPECT_TRUE(desk->Said("fantail-desk: stale")) << desk->err();
  std::printf("stale %.2f s after the gateway hung\n", Now() - stopped);
  // 3.2 s on a machine that does nothing else.
  EXPECT_LT(Now() - stopped, 4.5);
  EXPECT_NE(desks[0]->err().find("gateway2"), std::string::npos) << desks[0]->err();
  EXPECT_NE(desks[1]->err().find("gateway2"), std::string::npos) << desks[1]->err();
  const double resumed = Now();
  gateway.Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] {
    return std::all_of(desks.begin(), desks.end(), [](Program* d) { return Said(*d).live(); });
  }));
  std::printf("live %.2f s after it went on\n", Now() - resumed);
  for (Program* desk : desks) EXPECT_EQ(desk->Wait(), 0) << desk->err();
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  EXPECT_TRUE(BySymbol(desks[0]->out()) == BySymbol(Filtered(input_, {"A*"})));
  EXPECT_TRUE(BySymbol(desks[1]->out()) == BySymbol(input_));
}

TEST_F(LiveTest, NamesTheHopAtFaultThroughAChain) {
  Program& publisher = Publisher("synthetic:symbols=100,rate=1000,seed=1");
  Program& top = Gateway(publisher);
  Program& middle = Gateway(top);
  Program& desk = LiveDesk(middle);
  publisher.Kill();
  EXPECT_TRUE(desk.Said("fantail-desk: stale")) << desk.err();
  EXPECT_TRUE(desk.Said("publisher1")) << desk.err();
  desk.Signal(SIGTERM);
  EXPECT_EQ(desk.Wait(), 143);
}

TEST_F(LiveTest, FollowsAPublisherThatStartsAnew) {
  Program& publisher = LiveReplay(3000, {"--wait-for", "*"});
  const std::string listen = publisher.endpoint();
  Program& gateway = Gateway(publisher);
  Program& desk = LiveDesk(gateway, {"--until-end"});
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 20'000; }));
  publisher.Kill();
  Program& again = Run({PublisherPath(), "--listen", listen, "--source",
                        "csv:" + (folder() / "ticks.csv"), "--speed", "max", "--wait-for", "*"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(again.Wait(), 0) << again.err();
  const std::string out = desk.out();
  EXPECT_GT(out.size(), input_.size());
  const std::string anew = input_.substr(input_.find('\n') + 1);
  EXPECT_TRUE(SameText(out.substr(out.size() - std::min(out.size(), anew.size())), anew));
}

TEST_F(LiveTest, LetsNoDeskThatStopsReadingDisturbTheOthers) {
  Program& publisher = LiveReplay(5000, {"--wait-for", "*"});
  Program& gateway = Gateway(publisher);
  Program& frozen = LiveDesk(gateway, {"B*"});
  Program& blocked =
      Run({"/bin/sh", "-c",
           DeskPath() + " --connect " + gateway.endpoint() + " --format csv 'A*' | sleep 60"});
  frozen.Signal(SIGSTOP);
  Program& desk = LiveDesk(gateway, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_TRUE(SameText(desk.out(), input_));
  EXPECT_EQ(desk.err().find("stale"), std::string::npos) << desk.err();
  blocked.Kill();
}

}  // namespace
}  // namespace fantail::testing
