// What those who run the programs see of them: health, metrics and status over HTTP, what a service
// manager is told, and how they stop.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <set>

#include "fantail/admin/http_server.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

const char* const kSource = "synthetic:symbols=100,rate=2000,seed=1";
const char* const kAnyPort = "tcp://127.0.0.1:*";

class AdminTest : public Lab {
 protected:
  static app::Endpoint AdminOf(const Program& program) {
    const auto endpoint =
        app::ParseEndpoint(program.ready_line("admin"), app::EndpointUse::kConnect);
    EXPECT_TRUE(endpoint.ok()) << "no line `admin` in the ready file";
    return endpoint.value_or(app::Endpoint{});
  }
  static admin::Page Get(const Program& program, const std::string& path) {
    const absl::StatusOr<admin::Page> page = admin::GetPage(AdminOf(program), path);
    EXPECT_TRUE(page.ok()) << path << ": " << page.status();
    return page.value_or(admin::Page{.status = 0, .body = ""});
  }
  static int StatusOf(const Program& program, const std::string& path) {
    return Get(program, path).status;
  }
  // A member of the status, as text; `at` is a JSON pointer.
  static std::string StatusAt(const Program& program, const std::string& at) {
    const admin::Page page = Get(program, "/status.json");
    simdjson::dom::parser parser;
    simdjson::dom::element value;
    const auto error = parser.parse(page.body).at_pointer(at).get(value);
    EXPECT_FALSE(error) << at << ": " << simdjson::error_message(error) << "\n" << page.body;
    return error ? "" : simdjson::minify(value);
  }
  struct Wan {
    double received_bytes = 0;
    double received_ticks = 0;
    double delivered_ticks = 0;
    double without_gateway_bytes = 0;
  };
  // Of one moment.
  static Wan WanOf(const Program& gateway) {
    const std::string wan = StatusAt(gateway, "/wan");
    simdjson::dom::parser parser;
    simdjson::dom::element object;
    if (parser.parse(wan).get(object)) return {};
    return {object["received_bytes"], object["received_ticks"], object["delivered_ticks"],
            object["without_gateway_bytes"]};
  }
  // One with an admin port.
  Program& Started(const std::string& name, Arguments arguments) {
    for (const std::string& more : {std::string("--admin"), std::string(kAnyPort),
                                    std::string("--ready-file"), folder() / name + ".ready"}) {
      arguments.push_back(more);
    }
    Program& program = RunAs(name, std::move(arguments));
    program.AwaitReady();
    return program;
  }
};

// The names behind `# TYPE`.
std::set<std::string> NamesOf(const std::string& metrics) {
  std::set<std::string> names;
  for (const std::string_view line : LinesOf(metrics)) {
    constexpr std::string_view kType = "# TYPE ";
    if (line.starts_with(kType)) {
      names.emplace(line.substr(kType.size(), line.find(' ', kType.size()) - kType.size()));
    }
  }
  return names;
}

TEST_F(AdminTest, EveryProgramThatServesTellsWhatItListsAndNothingElse) {
  WriteFile(folder() / "day.csv", MadeUpTicks(100, 1));
  Program& made = Run({TapePath(), "import", folder() / "day.csv", folder() / "day.tape"});
  ASSERT_EQ(made.Wait(), 0) << made.err();
  Program& hq = Started("hq", {PublisherPath(), "--listen", kAnyPort, "--source", kSource});
  Program& above = Bus();
  Program& bus =
      Started("bus", {BusPath(), "run", "--listen", kAnyPort, "--upstream", above.endpoint()});
  Program& history =
      Started("history", {HistoryPath(), "--connect", bus.endpoint(), folder() / "day.tape"});
  Program& gateway = Started("gateway", {GatewayPath(), "--listen", kAnyPort, "--upstream",
                                         hq.endpoint(), "--bus", bus.endpoint()});
  Program& open =
      Started("open", {OPEN_FEED, "--listen", kAnyPort, "--connect", gateway.endpoint()});
  Program& record = Started(
      "record", {RecordPath(), "--connect", gateway.endpoint(), "--output", folder() / "tape"});
  const std::vector<std::pair<Program*, Arguments>> programs = {
      {&hq, {PublisherPath()}},   {&gateway, {GatewayPath()}}, {&open, {OPEN_FEED}},
      {&bus, {BusPath(), "run"}}, {&history, {HistoryPath()}}, {&record, {RecordPath()}}};
  for (auto [program, listing] : programs) {
    SCOPED_TRACE(listing[0]);
    EXPECT_EQ(StatusOf(*program, "/healthz"), 200);
    EXPECT_TRUE(Eventually([&] { return StatusOf(*program, "/readyz") == 200; }))
        << Get(*program, "/readyz").body;
    EXPECT_EQ(StatusOf(*program, "/"), 404);
    EXPECT_EQ(StatusAt(*program, "/ready"), "true");
    const admin::Page metrics = Get(*program, "/metrics");
    listing.emplace_back("--list-metrics");
    Program& list = Run(listing);
    EXPECT_EQ(list.Wait(), 0) << list.err();
    std::set<std::string> listed;
    const std::string lines = list.out();
    for (const std::string_view line : LinesOf(lines))
      listed.emplace(line.substr(0, line.find('\t')));
    EXPECT_EQ(NamesOf(metrics.body), listed);
    // No topic, no address: nothing has a label but the build.
    for (const std::string_view line : LinesOf(metrics.body)) {
      if (!line.starts_with('#') && line.find('{') != std::string_view::npos) {
        EXPECT_TRUE(line.starts_with("fantail_build_info{")) << line;
      }
    }
  }
}

TEST_F(AdminTest, PromtoolFindsNothingWrongWithTheMetrics) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is not in the PATH; CONTRIBUTING.md says where it is from";
  }
  Program& hq = Started("hq", {PublisherPath(), "--listen", kAnyPort, "--source", kSource});
  Program& gateway =
      Started("gateway", {GatewayPath(), "--listen", kAnyPort, "--upstream", hq.endpoint()});
  Program& bus = Started("bus", {BusPath(), "run", "--listen", kAnyPort});
  for (Program* program : {&hq, &gateway, &bus}) {
    WriteFile(folder() / "metrics", Get(*program, "/metrics").body);
    Program& promtool = Run({"promtool", "check", "metrics"}, folder() / "metrics");
    EXPECT_EQ(promtool.Wait(), 0) << promtool.out() << promtool.err();
    EXPECT_EQ(promtool.err() + promtool.out(), "");
  }
}

TEST_F(AdminTest, AGatewayWhoseFeedIsNotLiveIsHealthyAndNotReadyAndSaysWhichHop) {
  Program& hq = Publisher(kSource);
  Program& gateway =
      Started("gateway", {GatewayPath(), "--listen", kAnyPort, "--upstream", hq.endpoint()});
  const std::string admin = gateway.ready_line("admin");
  ASSERT_TRUE(Eventually([&] { return StatusOf(gateway, "/readyz") == 200; }));
  Program& well = Run({GatewayPath(), "--check-ready", admin});
  EXPECT_EQ(well.Wait(), 0) << well.err();
  EXPECT_EQ(well.out(), "live, 0 sessions\n");
  hq.Kill();
  ASSERT_TRUE(Eventually([&] { return StatusOf(gateway, "/readyz") == 503; }));
  EXPECT_NE(Get(gateway, "/readyz").body.find("stale: link to publisher1"), std::string::npos)
      << Get(gateway, "/readyz").body;
  EXPECT_EQ(StatusAt(gateway, "/upstream/state"), "\"stale\"");
  EXPECT_NE(Get(gateway, "/metrics").body.find("\nfantail_feed_live 0\n"), std::string::npos);
  Program& ready = Run({DeskPath(), "--check-ready", admin});
  EXPECT_EQ(ready.Wait(), 64) << "a desk has no such port, and no such option";
  // Any of the programs asks any other.
  Program& stale = Run({BusPath(), "run", "--check-ready", admin});
  EXPECT_EQ(stale.Wait(), 1) << stale.err();
  EXPECT_TRUE(stale.err().starts_with("fantail-bus run: stale: link to publisher1")) << stale.err();
  Program& healthy = Run({GatewayPath(), "--check-health", admin});
  EXPECT_EQ(healthy.Wait(), 0) << healthy.err();
}

TEST_F(AdminTest, AProgramThatHangsIsNotHealthy) {
  Program& hq = Started("hq", {PublisherPath(), "--listen", kAnyPort, "--source", kSource});
  const std::string admin = hq.ready_line("admin");
  hq.Signal(SIGSTOP);
  Program& check = Run({PublisherPath(), "--check-health", admin});
  EXPECT_EQ(check.Wait(Seconds(8)), 69);
  EXPECT_NE(check.err().find("no answer in HTTP within 5 s"), std::string::npos) << check.err();
  hq.Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return StatusOf(hq, "/healthz") == 200; }));
}

TEST_F(AdminTest, TheStatusHasTheSessionsAndWhatTheyWouldCostTheWan) {
  Program& hq = Publisher("synthetic:symbols=100,rate=20000,seed=1");
  Program& gateway =
      Started("gateway", {GatewayPath(), "--listen", kAnyPort, "--upstream", hq.endpoint()});
  for (int i = 0; i < 4; ++i) LiveDesk(gateway, {"S*", "no such topic"});
  const Wan before = WanOf(gateway);
  Wan wan;
  ASSERT_TRUE(Eventually([&] {
    wan = WanOf(gateway);
    return wan.received_ticks > before.received_ticks + 1000;
  }));
  // Each tick that came since then went to four desks, but for those that were on their way.
  EXPECT_NEAR(
      (wan.delivered_ticks - before.delivered_ticks) / (wan.received_ticks - before.received_ticks),
      4.0, 0.5);
  EXPECT_NEAR(wan.without_gateway_bytes,
              wan.received_bytes / wan.received_ticks * wan.delivered_ticks, 1.0);
  EXPECT_EQ(StatusAt(gateway, "/sessions/count"), "4");
  EXPECT_EQ(StatusAt(gateway, "/sessions/list/0/interest"), R"(["S*","no such topic"])");
  EXPECT_EQ(StatusAt(gateway, "/sessions/list/3/role"), "\"subscriber\"");
  EXPECT_EQ(StatusAt(gateway, "/upstream/cover"), R"(["S*","no such topic"])");
  EXPECT_EQ(StatusAt(gateway, "/hops/0/role"), "\"publisher\"");
  EXPECT_EQ(StatusAt(gateway, "/hops/0/name"), "\"publisher1\"");
}

// A socket that is connected there; -1 if that cannot be.
int ConnectTo(const app::Endpoint& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

TEST_F(AdminTest, WhoMeansHarmAtTheAdminPortCostsTheFeedNothing) {
  Program& hq = Publisher(kSource);
  Program& gateway =
      Started("gateway", {GatewayPath(), "--listen", kAnyPort, "--upstream", hq.endpoint()});
  Program& desk = LiveDesk(gateway);
  const std::vector<std::string> requests = {
      "GET /metr", "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n",
      "POST /metrics HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\nabc",
      std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16),
      "GET /status.json HTTP/1.1\r\n" + std::string(50'000, 'h') + ": x\r\n\r\n"};
  std::vector<int> sockets;
  for (int i = 0; i < 8; ++i) {
    const int fd = ConnectTo(AdminOf(gateway));
    ASSERT_GE(fd, 0);
    const std::string& request = requests[static_cast<size_t>(i) % requests.size()];
    (void)!send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    sockets.push_back(fd);
  }
  EXPECT_EQ(StatusOf(gateway, "/healthz"), 200) << "they hold it up for longer than their 2 s";
  const size_t before = desk.out_size();
  EXPECT_TRUE(Eventually([&] { return desk.out_size() > before + 10'000; }));
  EXPECT_EQ(desk.err().find("stale"), std::string::npos) << desk.err();
  for (const int fd : sockets) close(fd);
}

TEST_F(AdminTest, APortThatIsTakenOrOpenToAllIsRefusedInOneLine) {
  Program& hq = Started("hq", {PublisherPath(), "--listen", kAnyPort, "--source", kSource});
  const std::string taken = hq.ready_line("admin");
  Program& second = Run({PublisherPath(), "--listen", kAnyPort, "--source", kSource, "--admin",
                         taken, "--log-level", "error"});
  EXPECT_EQ(second.Wait(), 69);
  EXPECT_EQ(second.err(), "fantail-publisher: --admin \"" + taken +
                              "\": cannot listen there: Address already in use; choose another "
                              "port\n");
  Program& open =
      Run({PublisherPath(), "--listen", kAnyPort, "--source", kSource, "--admin", "tcp://*:9100"});
  EXPECT_EQ(open.Wait(), 78);
  EXPECT_EQ(LinesOf(open.err()).size(), 1u) << open.err();
}

// -------------------------------------------------------------------------------------------------
// The service manager.

class Manager {
 public:
  explicit Manager(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
  }
  ~Manager() { close(fd_); }

  // All that has come.
  const std::string& Said() {
    char text[4096];
    for (ssize_t n; (n = recv(fd_, text, sizeof text, 0)) >= 0;) {
      said_ += std::string(text, static_cast<size_t>(n)) + "--\n";
    }
    return said_;
  }
  bool Hears(const std::string& text, Seconds patience = kPatience) {
    return Eventually([&] { return Said().find(text) != std::string::npos; }, patience);
  }
  void Forget() { Said(), said_.clear(); }

 private:
  const int fd_;
  std::string said_;
};

TEST_F(AdminTest, AServiceManagerIsToldOfStateWatchdogAndStop) {
  Program& hq = Publisher(kSource);
  Manager manager(folder() / "notify");
  Program& gateway = RunAs(
      "gateway", {"/usr/bin/env", "NOTIFY_SOCKET=" + (folder() / "notify"), "WATCHDOG_USEC=400000",
                  GatewayPath(), "--listen", kAnyPort, "--upstream", hq.endpoint()});
  EXPECT_TRUE(manager.Hears("READY=1\nSTATUS=live, 0 sessions\n")) << manager.Said();
  EXPECT_TRUE(manager.Hears("WATCHDOG=1\n"));
  gateway.Signal(SIGSTOP);
  manager.Forget();
  EXPECT_FALSE(manager.Hears("WATCHDOG=1", Seconds(1))) << "something feeds it beside the loop";
  gateway.Signal(SIGCONT);
  EXPECT_TRUE(manager.Hears("WATCHDOG=1\n"));
  hq.Kill();
  EXPECT_TRUE(manager.Hears("STATUS=stale: ")) << manager.Said();
  gateway.Signal(SIGTERM);
  EXPECT_TRUE(manager.Hears("STOPPING=1\nSTATUS=stopping\n")) << manager.Said();
  EXPECT_EQ(gateway.Wait(), 0) << gateway.err();
}

// -------------------------------------------------------------------------------------------------
// How they stop.

TEST_F(AdminTest, APublisherThatIsToldToStopGivesWhatItHasPublishedAndEndsWithZero) {
  Program& hq = Started("hq", {PublisherPath(), "--listen", kAnyPort, "--source",
                               "synthetic:symbols=100,rate=20000,seed=1", "--journal",
                               folder() / "journal", "--summary", folder() / "summary"});
  Program& desk = LiveDesk(hq);
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 1'000'000; }));
  const double begin = Now();
  hq.Signal(SIGTERM);
  EXPECT_EQ(hq.Wait(Seconds(5)), 0) << hq.err();
  std::printf("stopped within %.2f s\n", Now() - begin);
  EXPECT_TRUE(desk.Said("it said goodbye: the publisher stops")) << desk.err();
  desk.Signal(SIGTERM);
  EXPECT_EQ(desk.Wait(), 143);
  // The journal ends with what the desk printed last.
  Program& tape = Run({TapePath(), "export", folder() / "journal"});
  EXPECT_EQ(tape.Wait(), 0) << tape.err();
  const auto last = [](const std::string& csv) {
    return csv.substr(csv.rfind('\n', csv.size() - 2) + 1);
  };
  EXPECT_EQ(last(desk.out()), last(tape.out()));
  EXPECT_NE(tape.out().size(), 0u);
}

TEST_F(AdminTest, ADeskThatDoesNotReadHoldsUpAStopForThreeSecondsAndNotASecondSignal) {
  for (const bool twice : {false, true}) {
    Program& hq = Publisher("synthetic:symbols=100,rate=20000,seed=1", {"--status-every", "50ms"});
    Program& desk = LiveDesk(hq);
    desk.Signal(SIGSTOP);
    ASSERT_TRUE(hq.Said(" on the way)"));
    const double begin = Now();
    hq.Signal(SIGTERM);
    ASSERT_TRUE(hq.Said("stopping, as signal 15 asks"));
    if (twice) hq.Signal(SIGTERM);
    EXPECT_EQ(hq.Wait(Seconds(5)), twice ? 143 : 0) << hq.err();
    EXPECT_EQ(Now() - begin < 2, twice);
    desk.Kill();
  }
}

TEST_F(AdminTest, ASignalToReadAgainChangesNothingWhereThereIsNothing) {
  Program& hq = Publisher(kSource);
  Program& gateway = Gateway(hq);
  Program& bus = Bus();
  for (Program* program : {&hq, &gateway, &bus}) {
    program->Signal(SIGHUP);
    EXPECT_TRUE(program->Said("SIGHUP: there is nothing to read again")) << program->err();
  }
  for (Program* program : {&bus, &gateway, &hq}) {
    program->Signal(SIGTERM);
    EXPECT_EQ(program->Wait(Seconds(5)), 0) << program->err();
  }
}

TEST_F(AdminTest, ALogOfJsonHasAnObjectALineToTheLastWord) {
  Program& hq = Publisher(kSource);
  Program& gateway = Gateway(hq, {"--log-format", "json", "--status-every", "100ms"});
  LiveDesk(gateway, {"--for", "1s"}).Wait();
  gateway.Signal(SIGTERM);
  EXPECT_EQ(gateway.Wait(), 0);
  Program& bad = Run({GatewayPath(), "--listen", hq.endpoint(), "--upstream", hq.endpoint(),
                      "--log-format", "json"});
  EXPECT_EQ(bad.Wait(), 69);
  simdjson::dom::parser parser;
  std::set<std::string> levels;
  for (const std::string& log : {gateway.err(), bad.err()}) {
    for (const std::string_view line : LinesOf(log)) {
      simdjson::dom::element object;
      ASSERT_FALSE(parser.parse(std::string(line)).get(object)) << line;
      EXPECT_EQ(std::string_view(object["program"]), "fantail-gateway");
      EXPECT_EQ(std::string_view(object["time"]).size(), 24u);
      EXPECT_FALSE(std::string_view(object["message"]).empty());
      levels.emplace(std::string_view(object["level"]));
    }
  }
  EXPECT_TRUE(levels.contains("info") && levels.contains("error"));
}

}  // namespace
}  // namespace fantail::testing
