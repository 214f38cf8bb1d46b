// What may happen to a process itself: no memory, an hour that is gone or comes twice, a peer that
// fills it. It goes on or ends, and nobody else is harmed.
#include <sys/resource.h>

#include <set>
#include <thread>

#include "tests/system/zmtp_peer.h"

namespace fantail::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FANTAIL_NEEDS_PLAIN_MEMORY() GTEST_SKIP() << "a sanitizer takes all address space"
#else
#define FANTAIL_NEEDS_PLAIN_MEMORY() static_cast<void>(0)
#endif

constexpr size_t kMiB = 1 << 20;

class ProcessFaultTest : public Lab {
 protected:
  static size_t AddressSpaceOf(Program& program) {
    const std::string text =
        ReadFile("/proc/" + std::to_string(program.process().pid()) + "/statm");
    return std::stoull(text) * static_cast<size_t>(getpagesize());
  }
  // From now on it gets no more than so much on top; and leaves no core.
  static void Confine(Program& program, size_t more) {
    const rlimit memory = {AddressSpaceOf(program) + more, RLIM_INFINITY};
    const rlimit none = {0, 0};
    ASSERT_EQ(prlimit(program.process().pid(), RLIMIT_AS, &memory, nullptr), 0);
    ASSERT_EQ(prlimit(program.process().pid(), RLIMIT_CORE, &none, nullptr), 0);
  }
};

TEST_F(ProcessFaultTest, AMessageThatNeverEndsCostsOneProcessAtTheMostAndItsDesksNothing) {
  FANTAIL_NEEDS_PLAIN_MEMORY();
  const std::string input = MadeUpTicks(12'000, 17);
  WriteFile(folder() / "ticks.csv", input);
  Program& publisher = Publisher("csv:" + (folder() / "ticks.csv"), {"--wait-for", "*"});
  Program& gateway = Gateway(publisher);
  const std::string listen = gateway.endpoint();
  Program& sister = Gateway(publisher);
  Program& neighbour = LiveDesk(sister, EveryLetter({"--until-end"}));
  Program& desk = LiveDesk(gateway, {"--until-end", "*"});
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 10'000; })) << desk.err();

  Confine(gateway, 128 * kMiB);
  std::jthread attack([&](const std::stop_token& stop) {
    RawDealer endless(listen);
    const std::string part = std::string("\3\0\0\0\0\0\0\xea\x60", 9) + std::string(60'000, 'x');
    while (!stop.stop_requested()) endless.Send(part);
  });
  EXPECT_TRUE(Eventually([&] { return !gateway.process().Runs(); })) << gateway.err();
  gateway.Kill();
  attack.request_stop();
  attack.join();
  GatewayAt(listen, publisher);
  EXPECT_EQ(desk.Wait(Seconds(60)), 0) << desk.err();
  EXPECT_EQ(neighbour.Wait(), 0) << neighbour.err();
  EXPECT_EQ(desk.err().find("gap:"), std::string::npos) << desk.err();
  EXPECT_TRUE(BySymbol(desk.out()) == BySymbol(input)) << "a hole or a double; " << desk.err();
  EXPECT_EQ(neighbour.err().find("stale"), std::string::npos) << neighbour.err();
}

TEST_F(ProcessFaultTest, AProgramThatGetsTooLittleMemoryEndsOrServesAndNeverHangs) {
  FANTAIL_NEEDS_PLAIN_MEMORY();
  Program& publisher = Publisher("synthetic:symbols=500,rate=2000,seed=1");
  int ended = 0;
  int served = 0;
  for (size_t mebibytes = 16; mebibytes < 2000; mebibytes += mebibytes < 100 ? 2 : mebibytes) {
    const std::string limit = std::to_string(mebibytes * kMiB);
    const std::string ready = folder() / ("ready" + std::to_string(mebibytes));
    Program& gateway =
        Run({"/usr/bin/prlimit", "--core=0", "--as=" + limit, GatewayPath(), "--listen",
             "tcp://127.0.0.1:*", "--upstream", publisher.endpoint(), "--ready-file", ready});
    EXPECT_TRUE(Eventually([&] { return FileSize(ready) > 0 || !gateway.process().Runs(); }))
        << mebibytes << " MiB: " << gateway.err();
    ++(gateway.process().Runs() ? served : ended);
    EXPECT_NE(gateway.process().Poll(), 0) << mebibytes << " MiB: " << gateway.err();
    gateway.Kill();
  }
  std::printf("%d ended, %d served\n", ended, served);
  EXPECT_GT(ended, 0);
  EXPECT_GT(served, 0);
  LiveDesk(publisher, {"A*"});
}

TEST_F(ProcessFaultTest, AWallClockThatStepsByHoursMovesNoTimer) {
  FANTAIL_NEEDS_PLAIN_MEMORY();
  const std::string step = folder() / "step";
  const std::string input = MadeUpTicks(8000, 19);
  WriteFile(folder() / "ticks.csv", input);
  const auto start = [&](const std::string& name, Arguments arguments) -> Program& {
    const Arguments env = {"/usr/bin/env", std::string("LD_PRELOAD=") + STEPPED_CLOCK,
                           "STEPPED_CLOCK_FILE=" + step};
    arguments.insert(arguments.begin(), env.begin(), env.end());
    arguments.insert(arguments.end(), {"--ready-file", folder() / (name + ".ready")});
    return RunAs(name, arguments);
  };
  Program& publisher =
      start("publisher", {PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source",
                          "csv:" + (folder() / "ticks.csv"), "--wait-for", "*"});
  ASSERT_TRUE(publisher.AwaitReady());
  Program& gateway = start("gateway", {GatewayPath(), "--listen", "tcp://127.0.0.1:*", "--upstream",
                                       publisher.endpoint(), "--status-every", "300ms"});
  ASSERT_TRUE(gateway.AwaitReady());
  Program& desk = start(
      "desk", {DeskPath(), "--connect", gateway.endpoint(), "--format", "csv", "--until-end", "*"});
  for (const char* seconds : {"7200", "-7200", "0"}) {
    const size_t before = desk.out_size();
    ASSERT_TRUE(Eventually([&] { return desk.out_size() > before + 60'000; })) << desk.err();
    WriteFile(step, seconds);
  }
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_TRUE(SameText(desk.out(), input));
  EXPECT_EQ(desk.err().find("stale"), std::string::npos) << desk.err();
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  EXPECT_EQ(gateway.err().find("silent"), std::string::npos) << gateway.err();
  // It was another clock indeed: the log has day and hour before all else.
  std::set<std::string> hours;
  const std::string log = gateway.err();
  for (const std::string_view line : LinesOf(log)) hours.emplace(line.substr(0, 13));
  EXPECT_GE(hours.size(), 3u) << log;
}

TEST_F(ProcessFaultTest, TimesOfAnExchangeThatGoBackOrLieFarAheadAreCarriedAsTheyAre) {
  std::string rows;
  int number = 0;
  // Now, a second before, 1970, the year 2200, and now.
  for (const char* time : {"1381239000000000000", "1381238999000000000", "1", "7258118400000000000",
                           "1381239000000000000"}) {
    rows += std::string(time) + ",AAPL,trade," + std::to_string(++number) + ",1,,,,,\n";
  }
  const std::string input = kHeader + rows;
  WriteFile(folder() / "ticks.csv", input);
  Program& publisher =
      Publisher("csv:" + (folder() / "ticks.csv"), {"--speed", "max", "--wait-for", "*"});
  Program& desk = Desk(Gateway(publisher), {"--until-end", "*"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  EXPECT_TRUE(SameText(desk.out(), input)) << desk.out();
}

}  // namespace
}  // namespace fantail::testing
