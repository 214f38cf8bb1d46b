// The limits of a node's process, gone over: what it gives up, and that nobody else is harmed.
#include <optional>
#include <vector>

#include "tests/system/key_lab.h"

namespace fantail::testing {
namespace {

class LimitsTest : public Lab {
 protected:
  // Of the whole process, now.
  static uint64_t MemoryOf(Program& program) {
    const std::string text =
        ReadFile("/proc/" + std::to_string(program.process().pid()) + "/statm");
    return std::stoull(text.substr(text.find(' ') + 1)) * static_cast<uint64_t>(getpagesize());
  }
};

TEST_F(LimitsTest, ANodeThatIsShortOfMemoryGivesUpItsRingAndServesOn) {
  constexpr uint64_t kMemory = 60 << 20;
  Program& publisher = Publisher("synthetic:symbols=500,rate=400000,seed=1",
                                 {"--max-memory", "60MiB", "--ring", "1GiB"});
  Program& desk = LiveDesk(publisher, {"A*", "--count", "100000"});
  EXPECT_TRUE(publisher.Said("memory: ", Seconds(20)));
  EXPECT_TRUE(publisher.Said("the ring keeps ")) << publisher.err();
  // It is known to have less within a second.
  EXPECT_TRUE(Eventually([&] { return MemoryOf(publisher) < kMemory; }));
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(desk.err().find("gap"), std::string::npos) << desk.err();
  LiveDesk(publisher, {"A*"});
  EXPECT_LT(MemoryOf(publisher), kMemory);
}

TEST_F(LimitsTest, ANodeThatIsShortOfDescriptorsLetsNobodyInUntilThereAreEnough) {
  Program& publisher = Publisher("synthetic:symbols=500,rate=2000,seed=1");
  Program& gateway =
      Run({"/usr/bin/prlimit", "--nofile=200:200", GatewayPath(), "--listen", "tcp://127.0.0.1:*",
           "--upstream", publisher.endpoint(), "--ready-file", folder() / "few.ready"});
  ASSERT_TRUE(Eventually([&] { return FileSize(folder() / "few.ready") > 0; })) << gateway.err();
  const std::string ready = ReadFile(folder() / "few.ready");
  const size_t at = ready.find("listen ") + 7;
  const std::string endpoint = ready.substr(at, ready.find('\n', at) - at);
  Program& desk = DeskVia(endpoint, {"*"});
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 1000; })) << desk.err();
  std::vector<std::unique_ptr<TcpClient>> strangers;
  while (strangers.size() < 150) strangers.push_back(std::make_unique<TcpClient>(endpoint));
  EXPECT_TRUE(gateway.Said("of 200 file descriptors are open: nobody is let in")) << gateway.err();
  const size_t before = desk.out_size();
  EXPECT_TRUE(Eventually([&] { return desk.out_size() > before + 10'000; })) << desk.err();
  strangers.clear();
  EXPECT_TRUE(gateway.Said("the door is open again")) << gateway.err();
  Program& later = DeskVia(endpoint, {"*"});
  EXPECT_TRUE(Eventually([&] { return later.out_size() > 1000; })) << later.err();
  EXPECT_EQ(desk.err().find("stale"), std::string::npos) << desk.err();
}

TEST_F(LimitsTest, SessionsBeyondThoseThatThereMayBeAreRefusedWithTheReason) {
  Program& publisher = Publisher("synthetic:symbols=500,rate=2000,seed=1", {"--max-sessions", "1"});
  Program& desk = LiveDesk(publisher, {"*"});
  Program& second = Desk(publisher, {"*"});
  EXPECT_EQ(second.Wait(), 69);
  EXPECT_TRUE(second.Said("no room for another session")) << second.err();
  desk.Kill();
  EXPECT_TRUE(publisher.Said("closed: ")) << publisher.err();
  LiveDesk(publisher, {"*"});
}

TEST_F(LimitsTest, PatternsBeyondThoseThatASessionMayHaveEndIt) {
  Program& publisher = Publisher("synthetic:symbols=500,rate=2000,seed=1", {"--max-patterns", "2"});
  Program& desk = Desk(publisher, {"A*", "B*", "C*"});
  EXPECT_TRUE(desk.Said("too many patterns")) << desk.err();
}

}  // namespace
}  // namespace fantail::testing
