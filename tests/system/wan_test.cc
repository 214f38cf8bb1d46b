// What crosses the WAN, counted from outside by the byte counters of the cable.
#include <csignal>
#include <cstdio>

#include "tests/support/recorded_data.h"
#include "tests/system/wan_lab.h"

namespace fantail::testing {
namespace {

// Pings, pongs, transport heartbeats and their acknowledgements come to about 700 bytes a second.
constexpr double kHeartbeatsOnly = 2000;

class WanTest : public WanLab {
 protected:
  // Everything that the cable has carried, both ways.
  uint64_t CableBytes() {
    uint64_t bytes = 0;
    for (const char* counter : {"tx_bytes", "rx_bytes"}) {
      Program& cat = Run({"ip", "netns", "exec", hq_, "cat",
                          "/sys/class/net/" + hq_port_ + "/statistics/" + counter});
      EXPECT_EQ(cat.Wait(), 0) << cat.err();
      bytes += std::stoull("0" + cat.out());
    }
    return bytes;
  }

  // Bytes a second over the cable from now on.
  double CableRate(Seconds span) {
    const uint64_t before = CableBytes();
    const double begin = Now();
    Eventually([] { return false; }, span);
    return static_cast<double>(CableBytes() - before) / (Now() - begin);
  }

  // What a whole feed costs the cable with so many desks that all want all of it.
  uint64_t CostOf(size_t desks) {
    const std::string run = std::to_string(desks) + "-";
    const uint64_t before = CableBytes();
    Program& publisher = StartPublisher(run + "hq", "synthetic:symbols=2000,rate=20000,count=80000",
                                        {"--wait-for", "*"});
    Program& gateway = StartGateway(run + "branch", publisher);
    // All of it, in patterns that do not start the publisher.
    Arguments everything = {"--until-end"};
    for (char c = 'A'; c <= 'Z'; ++c) everything.push_back(std::string(1, c) + "*");
    std::vector<Program*> all;
    for (size_t i = 0; i < desks; ++i) {
      all.push_back(&StartDesk(run + "desk" + std::to_string(i), branch_, gateway, everything));
    }
    StartDesk(run + "starter", hq_, publisher, {"--until-end"});
    for (Program* desk : all) {
      EXPECT_EQ(desk->Wait(), 0) << desk->err();
      EXPECT_EQ(LinesOf(desk->out()).size(), 80'001u);
    }
    EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
    gateway.Kill();
    return CableBytes() - before;
  }
};

TEST_F(WanTest, CostsTheSameForEightDesksAsForOne) {
  const uint64_t one = CostOf(1);
  const uint64_t eight = CostOf(8);
  const double ratio = static_cast<double>(eight) / static_cast<double>(one);
  std::printf("80,000 ticks: %.0f kB for one desk, %.0f kB for eight: %+.2f %%\n",
              static_cast<double>(one) / 1000, static_cast<double>(eight) / 1000,
              100 * (ratio - 1));
  EXPECT_LE(ratio, 1.02);
}

TEST_F(WanTest, CarriesARecordedDayInThreeAndAHalfBytesATick) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("us_eq_20131008.csv.gz", &path);
  const uint64_t before = CableBytes();
  Program& publisher = StartPublisher("hq", "csv:" + path, {"--speed", "max", "--wait-for", "*"});
  // Its upstream is beyond loopback: auto is packed.
  Program& gateway = StartGateway("branch", publisher, "auto");
  Program& desk = StartDesk("desk", branch_, gateway, {"--until-end"});
  EXPECT_EQ(desk.Wait(Seconds(100)), 0) << desk.err();
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  const auto ticks = static_cast<double>(LinesOf(desk.out()).size() - 1);
  const double each = static_cast<double>(CableBytes() - before) / ticks;
  std::printf("%.2f bytes a tick, headers included\n", each);
  EXPECT_LE(each, 3.5);
}

TEST_F(WanTest, CarriesNothingThatNobodyWantsAndStopsWhenTheLastDeskHasLeft) {
  Program& publisher = StartPublisher("hq", "synthetic:symbols=2000,rate=20000", {});
  Program& gateway = StartGateway("branch", publisher);
  Program& idle = StartDesk("idle", branch_, gateway, {"no such topic"});
  const double nothing = CableRate(Seconds(3));
  Program& busy = StartDesk("busy", branch_, gateway, {"A*"});
  const double wanted = CableRate(Seconds(1));
  busy.Signal(SIGTERM);
  EXPECT_EQ(busy.Wait(), 143);
  const double lingering = CableRate(Seconds(1));
  ASSERT_TRUE(Eventually([&] { return CableRate(Seconds(0.5)) < kHeartbeatsOnly; }));
  const double after = CableRate(Seconds(3));
  std::printf("bytes a second: %.0f of no topic, %.0f of A*, %.0f lingering, %.0f after it\n",
              nothing, wanted, lingering, after);
  EXPECT_LT(nothing, kHeartbeatsOnly);
  EXPECT_GT(wanted, 20 * kHeartbeatsOnly);
  EXPECT_GT(lingering, 20 * kHeartbeatsOnly);
  EXPECT_LT(after, kHeartbeatsOnly);
  EXPECT_TRUE(idle.process().Runs());
}

}  // namespace
}  // namespace fantail::testing
