// What crosses the WAN, counted from outside: a publisher and a gateway in network namespaces of
// their own, and the byte counters of the cable between them.
//
// Needs root and the kernel's network namespaces; skipped without.
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "tests/system/lab.h"

namespace fantail::testing {
namespace {

// Pings, pongs, transport heartbeats and their acknowledgements come to about 700 bytes a second.
constexpr double kHeartbeatsOnly = 2000;

class WanTest : public Lab {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make network namespaces";
    const bool made = Ip({"netns", "add", hq_}) && Ip({"netns", "add", branch_}) &&
                      Ip({"link", "add", hq_port_, "type", "veth", "peer", "name", branch_port_}) &&
                      Ip({"link", "set", hq_port_, "netns", hq_}) &&
                      Ip({"link", "set", branch_port_, "netns", branch_}) &&
                      Ip({"netns", "exec", hq_, "true"});
    if (!made) GTEST_SKIP() << "this machine has no network namespaces for us: " << said_;
    SetUpEnd(hq_, hq_port_, "10.77.1.1/30");
    SetUpEnd(branch_, branch_port_, "10.77.1.2/30");
  }

  void TearDown() override {
    for (Program* program : running_) program->Kill();
    // A cable goes with either of its ends, and an end with its namespace.
    for (const std::string& ns : {hq_, branch_}) Ip({"netns", "del", ns});
    Ip({"link", "del", hq_port_});
  }

  // Without offloads a counter counts what a real cable would carry.
  void SetUpEnd(const std::string& ns, const std::string& port, const std::string& address) {
    ASSERT_TRUE(Ip({"-n", ns, "link", "set", port, "gso_max_segs", "1"})) << said_;
    ASSERT_TRUE(Ip({"-n", ns, "addr", "add", address, "dev", port})) << said_;
    ASSERT_TRUE(Ip({"-n", ns, "link", "set", port, "up"})) << said_;
    ASSERT_TRUE(Ip({"-n", ns, "link", "set", "lo", "up"})) << said_;
  }

  bool Ip(Arguments arguments) {
    arguments.insert(arguments.begin(), "ip");
    Program& ip = Run(std::move(arguments));
    const bool good = ip.Wait() == 0;
    if (!good) said_ = ip.err();
    return good;
  }

  Program& In(const std::string& ns, const std::string& name, Arguments arguments) {
    arguments.insert(arguments.begin(), {"ip", "netns", "exec", ns});
    arguments.insert(arguments.end(), {"--name", name, "--ready-file", folder() / name + ".ready"});
    running_.push_back(&RunAs(name, std::move(arguments)));
    running_.back()->AwaitReady();
    return *running_.back();
  }

  Program& StartPublisher(const std::string& name, const std::string& source, Arguments more) {
    Arguments all = {PublisherPath(), "--listen", "tcp://10.77.1.1:*",
                     "--plaintext",   "--source", source};
    all.insert(all.end(), more.begin(), more.end());
    return In(hq_, name, std::move(all));
  }
  Program& StartGateway(const std::string& name, const Program& above) {
    return In(branch_, name,
              {GatewayPath(), "--listen", "tcp://127.0.0.1:*", "--upstream", above.endpoint(),
               "--plaintext"});
  }
  Program& StartDesk(const std::string& name, const std::string& ns, const Program& above,
                     Arguments more) {
    Arguments all = {DeskPath(), "--connect", above.endpoint(), "--format", "csv", "--plaintext"};
    all.insert(all.end(), more.begin(), more.end());
    return In(ns, name, std::move(all));
  }

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

  const std::string id_ = std::to_string(getpid());
  const std::string hq_ = "ft" + id_ + "-hq";
  const std::string branch_ = "ft" + id_ + "-branch";
  const std::string hq_port_ = "fth" + id_;
  const std::string branch_port_ = "ftb" + id_;
  std::string said_;
  std::vector<Program*> running_;
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
