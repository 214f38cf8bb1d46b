// The real programs with configuration and branch files.
#include <fmt/format.h>

#include <cstdlib>

#include "tests/system/lab.h"

namespace fantail::testing {
namespace {

const char* const kSource = "synthetic:symbols=500,rate=20000,seed=1";

class ConfigFileTest : public Lab {
 protected:
  std::string Written(const std::string& name, const std::string& text) {
    WriteFile(folder() / name, text);
    return folder() / name;
  }

  // What `arguments` with --check-config print; the program ends with `code`.
  std::string Checked(Arguments arguments, int code = 0) {
    arguments.emplace_back("--check-config");
    Program& program = Run(std::move(arguments));
    EXPECT_EQ(program.Wait(Seconds(5)), code) << program.out() << program.err();
    EXPECT_EQ(code == 0 ? program.err() : program.out(), "");
    return code == 0 ? program.out() : program.err();
  }

  // Without runs of blanks.
  static std::string Squeezed(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c != ' ' || !out.ends_with(' ')) out += c;
    }
    return out;
  }
};

TEST_F(ConfigFileTest, CarriesTicksThroughABranchThatAFileDescribes) {
  const std::string config =
      Written("gateway.toml",
              fmt::format("linger = '2s'\n[fantail-publisher]\nlisten = 'tcp://127.0.0.1:*'\n"
                          "source = '{}'\nready-file = '{}'\n"
                          "[fantail-gateway]\nlisten = 'tcp://127.0.0.1:*'\nready-file = '{}'\n"
                          "[fantail-desk]\nformat = 'csv'\npatterns = ['A*', 'B*']\ncount = 1000\n",
                          kSource, folder() / "publisher.ready", folder() / "gateway.ready"));
  Program& stranger = RunAs("stranger", {PublisherPath(), "--config", config});
  EXPECT_EQ(stranger.Wait(), 78);
  EXPECT_TRUE(stranger.Said("gateway.toml:1:1: linger: fantail-publisher takes no such key"))
      << stranger.err();

  WriteFile(config, ReadFile(config).substr(sizeof "linger = '2s'"));
  Program& publisher = RunAs("publisher", {PublisherPath(), "--config", config});
  ASSERT_TRUE(publisher.AwaitReady());
  const std::string bus = "\n[bus]\nendpoints = ['tcp://127.0.0.1:1']\n";
  const std::string branch = Written(
      "branch.toml", fmt::format("[feeds.ticks]\nupstream = ['{}']", publisher.endpoint()) + bus);
  Program& gateway = RunAs("gateway", {GatewayPath(), "--config", config, "--branch", branch});
  ASSERT_TRUE(gateway.AwaitReady());
  WriteFile(branch, fmt::format("[feeds.ticks]\ngateways = ['{}']", gateway.endpoint()) + bus);
  Program& desk = RunAs("desk", {DeskPath(), "--config", config, "--branch", branch});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  const std::string rows = desk.out();
  EXPECT_EQ(LinesOf(rows).size(), 1001u);
  EXPECT_TRUE(SameText(rows, Filtered(rows, {"A*", "B*"})));
}

TEST_F(ConfigFileTest, ChecksWithoutListening) {
  Program& publisher = Publisher(kSource);
  const std::string config = Written("publisher.toml", "listen = '" + publisher.endpoint() + "'\n");
  const std::string said =
      Checked({PublisherPath(), "--config", config, "--source", kSource, "--feed", "equities"});
  EXPECT_TRUE(said.starts_with("fantail-publisher: the configuration is good\n")) << said;
  for (const std::string& row :
       {"--listen " + publisher.endpoint() + " " + config + ":1\n",
        "--source " + std::string(kSource) + " command line\n",
        std::string("--feed equities command line\n"), std::string("--speed 1 default\n")}) {
    EXPECT_NE(Squeezed(said).find(row), std::string::npos) << row << " is not in\n" << said;
  }
}

TEST_F(ConfigFileTest, ACheckFailsAsAStartDoes) {
  const auto gateway = [this](const std::string& text) {
    return Checked({GatewayPath(), "--config", Written("g.toml", text)}, 78);
  };
  const std::string path = folder() / "g.toml";
  const std::string listen = "listen = 'tcp://127.0.0.1:*'\n";
  EXPECT_NE(gateway(listen + "upstream = 'tcp://10.255.255.1:1'").find("add --plaintext"),
            std::string::npos);
  EXPECT_EQ(
      gateway(listen + "upstream = ['tcp://x']"),
      "fantail-gateway: " + path + ":2:13: upstream \"tcp://x\": no port; write tcp://HOST:PORT\n");
  EXPECT_EQ(gateway(listen + "upstream = ["),
            "fantail-gateway: " + path +
                ":2:13: error while parsing array: encountered end-of-file; correct this line\n");
  EXPECT_EQ(Checked({DeskPath(), "--config", folder() / "none.toml"}, 78),
            "fantail-desk: --config: " + (folder() / "none.toml") +
                ": cannot be read: No such file or directory; name another file\n");
  EXPECT_NE(Checked({PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source", "cvs:x"}, 64)
                .find("unknown scheme"),
            std::string::npos);
  EXPECT_NE(Checked({DeskPath(), "--connect", "tcp://127.0.0.1:1", "--complete"}, 64).find("--bus"),
            std::string::npos);
}

TEST_F(ConfigFileTest, EveryProgramReadsTheFilesThatTheManualShows) {
  const std::string examples = std::string(FANTAIL_SOURCE_DIR) + "/docs/examples/";
  const std::string config = examples + "gateway.toml";
  const std::string branch = examples + "branch.toml";
  const std::string row = "1381239000000000000,AAPL,trade,1.5,100,,,,,N\n";
  const std::string tape = folder() / "day.tape";
  Program& made = Run({TapePath(), "import", Written("day.csv", kHeader + row), tape});
  ASSERT_EQ(made.Wait(), 0) << made.err();
  const std::string hq = "tcp://10.1.0.1:5555 tcp://10.1.0.2:5555 branch " + branch + ":9\n";
  const std::string here = "tcp://10.2.0.1:5556 tcp://10.2.0.2:5556 branch " + branch + ":11\n";
  const std::string bus = "tcp://10.2.0.1:5570 branch " + branch + ":21\n";
  const std::vector<std::pair<Arguments, std::string>> programs = {
      {{PublisherPath(), "--listen", "tcp://*:*", "--source", kSource},
       "--log-level info " + config + ":7\n"},
      {{GatewayPath()}, "--upstream " + hq},
      {{GatewayPath()}, "--bus " + bus},
      {{GatewayPath()}, "--allow A* B* MSFT " + config + ":17\n"},
      {{GatewayPath(), "--feed", "bonds"}, "--upstream tcp://10.1.0.1:5565 branch " + branch},
      {{BusPath(), "run"}, "--upstream tcp://10.1.0.1:5570 branch " + branch + ":19\n"},
      {{BusPath(), "run"}, "--keep 128MiB " + config + ":22\n"},
      {{BusPath(), "status"}, "--connect " + bus},
      {{BusPath(), "ask", "echo"}, "--connect " + bus},
      {{DeskPath()}, "--connect " + here},
      {{OPEN_FEED, "--listen", "tcp://127.0.0.1:*"}, "--connect " + here},
      {{DeskPath()}, "--bus none default\n"},
      {{DeskPath(), "--complete"}, "--bus " + bus},
      {{DeskPath(), "history"}, "--bus " + bus},
      {{DeskPath(), "directory"}, "--bus " + bus},
      {{RecordPath(), "--output", folder() / "today"}, "--connect " + here},
      {{HistoryPath(), tape}, "--connect " + bus},
      {{ReplayPath(), "--listen", "tcp://*:*", tape}, "--plaintext true branch " + branch + ":5\n"},
  };
  for (auto [arguments, wanted] : programs) {
    arguments.insert(arguments.end(), {"--config", config, "--branch", branch});
    const std::string said = Checked(arguments);
    EXPECT_NE(Squeezed(said).find(wanted), std::string::npos) << wanted << " is not in\n" << said;
  }
  EXPECT_EQ(FileSize(folder() / "today"), 0u) << "a check has made the tape";
}

}  // namespace
}  // namespace fantail::testing
