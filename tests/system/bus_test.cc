// The bus with the real programs: a device, servers that are killed, clients that notice nothing.
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "tests/system/bus_lab.h"

namespace fantail::testing {
namespace {

using std::chrono::milliseconds;

using BusTest = BusLab;

TEST_F(BusTest, TheExamplesOfTheDocumentationTalkToEachOther) {
  const std::string bus = Bus().endpoint();
  Program& server = Server(bus);
  AwaitService(bus);
  WriteFile(folder() / "lines", "hello\nworld\n");
  Program& client = Run({EXAMPLE_BUS_CLIENT, bus}, folder() / "lines");
  EXPECT_EQ(client.Wait(), 0) << client.err();
  EXPECT_EQ(client.out(), "HELLO\nWORLD\n");
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST_F(BusTest, NobodyWhoServesIsSaidAtOnce) {
  const std::string bus = Bus().endpoint();
  net::BusClient client({bus}, "client");
  client.Ask({.service = "nothing"}).IgnoreError();  // it is connected now
  const double begin = Now();
  const absl::Status status = client.Ask({.service = "nothing"}).status();
  EXPECT_EQ(status.message(), "no server: nobody serves nothing");
  EXPECT_LT(Now() - begin, 2.0);
  Program& ask = Run({BusPath(), "ask", "--connect", bus, "nothing", "x"});
  EXPECT_EQ(ask.Wait(), 69);
  EXPECT_EQ(ask.err(), "fantail-bus ask: no server: nobody serves nothing\n");
}

TEST_F(BusTest, ABranchAsksHeadquartersAndTheStatusSaysSoHopByHop) {
  const std::string above = Bus().endpoint();
  const std::string below = Bus(above).endpoint();
  Server(above);
  AwaitService(below);
  Program& ask = Run({BusPath(), "ask", "--connect", below, "shout", "over the wan"});
  EXPECT_EQ(ask.Wait(), 0) << ask.err();
  EXPECT_EQ(ask.out(), "OVER THE WAN");
  Program& status = Run({BusPath(), "status", "--connect", below});
  EXPECT_EQ(status.Wait(), 0) << status.err();
  EXPECT_NE(status.out().find("service shout servers=0 above=1"), std::string::npos);
  EXPECT_NE(status.out().find("\n\nbus bus1"), std::string::npos) << status.out();
  EXPECT_NE(status.out().find("server shouter"), std::string::npos);
}

TEST_F(BusTest, LargeAnswersAndBodiesHaveAClearOutcome) {
  const std::string bus = Bus().endpoint();
  Server(bus);
  AwaitService(bus);
  net::BusClient client({bus}, "client");
  const std::string most(bus::kMaxBodyBytes, 'x');
  const absl::StatusOr<std::string> answer = client.Ask({.service = "shout", .body = most});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, std::string(bus::kMaxBodyBytes, 'X'));
  const absl::Status status =
      client.Ask({.service = "shout", .body = std::string(100 << 20, 'x')}).status();
  EXPECT_EQ(std::string(status.message()).substr(0, 9), "too large");
}

// Of four servers one is killed every second; what is asked for all the time goes on.
// FANTAIL_BUS_REQUESTS: how many (15,000; at 5,000 a second).
TEST_F(BusTest, ServersAreKilledAndEveryRequestHasExactlyOneOutcome) {
  const char* many = std::getenv("FANTAIL_BUS_REQUESTS");
  const uint64_t requests = many == nullptr ? 15'000 : std::strtoull(many, nullptr, 10);
  constexpr double kRate = 5000;
  const std::string bus = Bus().endpoint();
  std::vector<Program*> servers;
  for (int i = 0; i < 4; ++i) servers.push_back(&Server(bus));
  AwaitService(bus);
  Asker one(bus, "one");
  Asker two(bus, "two");
  const double begin = Now();
  double killed = begin;
  uint64_t kills = 0;
  uint64_t asked = 0;
  while (asked < requests || one.open() + two.open() > 0) {
    one.Turn();
    two.Turn();
    const double now = Now();
    const auto due = static_cast<uint64_t>((now - begin) * kRate);
    while (asked < std::min(due, requests) && one.open() + two.open() < 1000) {
      ++asked;
      // One in ten must not be done twice.
      (asked % 2 == 0 ? one : two).Ask(/*idempotent=*/asked % 10 != 0);
    }
    if (now - killed >= 1 && asked < requests) {
      killed = now;
      Program*& server = servers[kills++ % servers.size()];
      server->Kill();
      server = &Server(bus);
    }
    ASSERT_LT(now - begin, 40 + static_cast<double>(requests) / kRate);
  }
  EXPECT_GT(kills, 1u);
  EXPECT_EQ(one.wrong + two.wrong, 0u);
  uint64_t outcomes = 0;
  for (Asker* asker : {&one, &two}) {
    for (const auto& [what, count] : asker->outcomes) {
      std::printf("%s: %llu\n", what.c_str(), static_cast<unsigned long long>(count));
      outcomes += count;
      EXPECT_TRUE(what == "answered" || what == "server lost") << what;
    }
    asker->Close();
  }
  EXPECT_EQ(outcomes, requests);
}

TEST_F(BusTest, ABusThatIsKilledIsFoundAgainByAll) {
  Program& first = Bus();
  const std::string bus = first.endpoint();
  Server(bus);
  AwaitService(bus);
  first.Kill();
  Program& again = BusAt(bus);
  EXPECT_EQ(again.endpoint(), bus);
  net::BusClient client({bus}, "client");
  EXPECT_TRUE(Eventually([&] {
    return client.Ask({.service = "shout", .body = "x", .budget = milliseconds(500)}).ok();
  }));
}

}  // namespace
}  // namespace fantail::testing
