// Values from a configuration file and from a branch file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/options.h"

namespace fantail::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a small gateway would have: one option of each kind, the common ones, and files that are
// texts.
class ConfigTest : public ::testing::Test {
 protected:
  explicit ConfigTest(const std::string& program = "fantail-gateway") : line_(program, "fans out") {
    EndpointsOption("--upstream ENDPOINT", EndpointUse::kConnect, &upstream_, "above", &line_);
    line_.FromBranch("--upstream", BranchPart::kUpstream);
    line_.Choice("--lines HOW", &lines_, {"one", "all"}, "how");
    line_.Option("--linger TIME", &linger_, "before it narrows");
    line_.Option("--ring SIZE", &ring_, "what it remembers");
    line_.Option("--count N", &count_, "how many", {1, 1000});
    line_.Flag("--strict", &strict_, "stop at the first bad row");
    line_.Repeated("--allow PATTERN", &allow_, "what may be asked for");
    EndpointsOption("--bus ENDPOINT", EndpointUse::kConnect, &bus_, "history", &line_);
    line_.FromBranch("--bus", BranchPart::kBus, [this] { return strict_; });
    line_.Positionals("PATTERN", &patterns_, "what", {0, 2});
    AddCommonOptions(&common_, &line_);
  }

  ParseOutcome Read(std::vector<std::string> args = {}) {
    for (const char* file : {"config", "branch"}) {
      if (!files_.contains(std::string(file) + ".toml")) continue;
      args.insert(args.end(), {std::string("--") + file, std::string(file) + ".toml"});
    }
    return line_.Read(
        args,
        [this](const char* name) {
          const auto found = environment_.find(name);
          return found == environment_.end() ? nullptr : found->second.c_str();
        },
        [this](const std::string& path) -> absl::StatusOr<std::string> {
          if (files_.contains(path)) return files_[path];
          return absl::FailedPreconditionError(path + ": cannot be read");
        });
  }
  // The error without the program's name; empty if all is well.
  std::string ErrorOf(const std::string& config, int code = 78) {
    files_["config.toml"] = config;
    return Error(Read(), code);
  }
  std::string BranchErrorOf(const std::string& branch) {
    files_["branch.toml"] = branch;
    return Error(Read(), 78);
  }
  std::string Error(const ParseOutcome& outcome, int code) {
    if (!outcome.exit_code) return "";
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with(line_.program() + ": ")) << outcome.err;
    return outcome.err.substr(line_.program().size() + 2,
                              outcome.err.size() - line_.program().size() - 3);
  }

  CommandLine line_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> environment_;
  CommonOptions common_;
  std::vector<Endpoint> upstream_;
  std::vector<Endpoint> bus_;
  std::string lines_ = "one";
  Nanos linger_ = 5s;
  ByteSize ring_ = {256 << 20};
  uint64_t count_ = 7;
  bool strict_ = false;
  std::vector<std::string> allow_ = {"*"};
  std::vector<std::string> patterns_;
};

TEST_F(ConfigTest, ReadsEveryKindOfOption) {
  EXPECT_EQ(ErrorOf(R"(
    upstream = ["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"]   # tried in turn
    lines = "all"
    linger = "500ms"
    ring = 65536
    count = 1_2
    strict = true
    allow = "A*"
    patterns = ["AAP*", 'MS']
    feed = "equities"
    status-every = 0
  )"),
            "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:1", "tcp://127.0.0.1:2"));
  EXPECT_EQ(lines_, "all");
  EXPECT_EQ(linger_, Nanos(500ms));
  EXPECT_EQ(ring_.bytes, 65536u);
  EXPECT_EQ(count_, 12u);
  EXPECT_TRUE(strict_);
  EXPECT_THAT(allow_, ElementsAre("A*"));
  EXPECT_THAT(patterns_, ElementsAre("AAP*", "MS"));
  EXPECT_EQ(common_.feed, "equities");
  EXPECT_EQ(common_.status_every, Nanos{0});
}

TEST_F(ConfigTest, TheCommandLineCountsBeforeTheEnvironmentBeforeTheFileBeforeTheBranch) {
  files_["branch.toml"] = "plaintext = true\n[feeds.ticks]\nupstream = 'tcp://127.0.0.1:4'";
  EXPECT_EQ(Error(Read(), 0), "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:4"));
  EXPECT_TRUE(common_.plaintext);

  upstream_.clear();
  EXPECT_EQ(ErrorOf("upstream = 'tcp://127.0.0.1:3'\nplaintext = false\nfeed = 'ticks'"), "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:3"));
  EXPECT_FALSE(common_.plaintext);

  upstream_.clear();
  environment_ = {{"FANTAIL_UPSTREAM", "tcp://127.0.0.1:2"}, {"FANTAIL_PLAINTEXT", "1"}};
  EXPECT_EQ(Error(Read(), 0), "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:2"));
  EXPECT_TRUE(common_.plaintext);

  upstream_.clear();
  EXPECT_EQ(Error(Read({"--upstream", "tcp://127.0.0.1:1"}), 0), "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:1"));
}

TEST_F(ConfigTest, AnEmptyListCountsAsNotSet) {
  line_.Require("--upstream");
  EXPECT_THAT(ErrorOf("upstream = []", 64), HasSubstr("--upstream: missing"));
  EXPECT_EQ(ErrorOf("upstream = ['tcp://127.0.0.1:3']\nallow = []"), "");
  EXPECT_THAT(allow_, ElementsAre("*"));
}

TEST_F(ConfigTest, TheFileMayBeNamedByTheEnvironment) {
  files_["other.toml"] = "linger = '1s'";
  environment_ = {{"FANTAIL_CONFIG", "other.toml"}};
  EXPECT_EQ(Error(Read(), 0), "");
  EXPECT_EQ(linger_, Nanos(1s));
}

TEST_F(ConfigTest, TheFileMayNameTheBranch) {
  files_["hq.toml"] = "[feeds.ticks]\nupstream = 'tcp://127.0.0.1:4'";
  EXPECT_EQ(ErrorOf("branch = 'hq.toml'"), "");
  EXPECT_EQ(upstream_.size(), 1u);
}

TEST_F(ConfigTest, AFileThatIsNotThereIsAnError) {
  EXPECT_EQ(Error(Read({"--config", "x.toml"}), 78), "--config: x.toml: cannot be read");
  EXPECT_EQ(Error(Read({"--branch", "x.toml"}), 78), "--branch: x.toml: cannot be read");
}

TEST(ReadTomlFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(ReadTomlFile("/nonexistent/x.toml").status().message(),
            "/nonexistent/x.toml: cannot be read: No such file or directory; name another file");
  EXPECT_EQ(ReadTomlFile("/").status().message(),
            "/: cannot be read: Is a directory; name another file");
  EXPECT_EQ(ParseToml("zero", *ReadTomlFile("/dev/zero")).status().message(),
            "zero:1:1: larger than 1048576 bytes; no configuration is, name another file");
}

TEST_F(ConfigTest, AProgramsTableCountsBeforeTheTop) {
  EXPECT_EQ(ErrorOf("linger = '1s'\nlines = 'all'\n[fantail-gateway]\nlinger = '2s'\n"
                    "[fantail-desk]\nwhatever = 1\n[fantail-desk.history]\nbus = 7\n"
                    "[fantail-bus.run]\nlinger = 3"),
            "");
  EXPECT_EQ(linger_, Nanos(2s));
  EXPECT_EQ(lines_, "all");
}

class ConfigOfACommandTest : public ConfigTest {
 protected:
  ConfigOfACommandTest() : ConfigTest("fantail-bus run") {}
};

TEST_F(ConfigOfACommandTest, HasATableBelowItsPrograms) {
  EXPECT_EQ(ErrorOf("[fantail-bus.run]\nlinger = '2s'\n[fantail-bus.ask]\nlinger = 8"), "");
  EXPECT_EQ(linger_, Nanos(2s));
  EXPECT_EQ(ErrorOf("[fantail-bus]\nlinger = '2s'"),
            "config.toml:2:1: linger: which command is it for? write it under [fantail-bus.run]");
  EXPECT_THAT(ErrorOf("[fantail-bus.rum]\nlinger = '2s'"),
              HasSubstr("config.toml:1:14: rum: neither an option nor a command; the nearest is "));
}

TEST_F(ConfigTest, NamesPlaceKeyAndRemedyOfWhatIsWrong) {
  EXPECT_EQ(
      ErrorOf("\n  linger = 'soon'"),
      "config.toml:2:12: linger \"soon\": not a duration; write one such as 10s, 500ms or 2m");
  EXPECT_EQ(ErrorOf("count = 1001"),
            "config.toml:1:9: count \"1001\": too large; the most is 1000");
  EXPECT_EQ(ErrorOf("upstream = ['tcp://127.0.0.1:1',\n 'tcp://x']"),
            "config.toml:2:2: upstream \"tcp://x\": no port; write tcp://HOST:PORT");
  EXPECT_EQ(ErrorOf("[fantail-gateway]\nlines = 'both'"),
            "config.toml:2:9: lines \"both\": not one of them; write one of one, all");
}

TEST_F(ConfigTest, NamesTheNearestKeyForOneItDoesNotKnow) {
  const std::string rest = "; what is for another program stands in a table of its name";
  EXPECT_EQ(ErrorOf("status_every = '1s'"),
            "config.toml:1:1: status_every: fantail-gateway takes no such key; the nearest is "
            "status-every" +
                rest);
  EXPECT_EQ(
      ErrorOf("[fantail-gateway]\n\nlingr = '1s'"),
      "config.toml:3:1: lingr: fantail-gateway takes no such key; the nearest is linger" + rest);
  EXPECT_EQ(ErrorOf("[fantail-gatway]\nlinger = '1s'"),
            "config.toml:1:2: fantail-gatway: no program that reads this; the nearest is "
            "fantail-gateway");
  EXPECT_THAT(ErrorOf("[linger]\nlinger = '1s'"), HasSubstr("linger: no program"));
  EXPECT_THAT(ErrorOf("'' = 1"), HasSubstr(": fantail-gateway takes no such key"));
}

TEST_F(ConfigTest, WhatIsForTheCommandLineAloneCannotStandInTheFile) {
  EXPECT_THAT(ErrorOf("config = 'x'"), HasSubstr("config: fantail-gateway takes no such key"));
  EXPECT_THAT(ErrorOf("check-config = true"), HasSubstr("takes no such key"));
  EXPECT_THAT(ErrorOf("help = true"), HasSubstr("takes no such key"));
}

TEST_F(ConfigTest, RefusesValuesOfAnotherType) {
  EXPECT_EQ(ErrorOf("strict = 1"),
            "config.toml:1:10: strict \"1\": not yes or no; write true or false");
  EXPECT_EQ(ErrorOf("strict = 'true'"),
            "config.toml:1:10: strict \"true\": not yes or no; write true or false");
  EXPECT_EQ(ErrorOf("count = '7'"),
            "config.toml:1:9: count \"7\": not a number; write digits without quotes");
  EXPECT_EQ(ErrorOf("count = -7"),
            "config.toml:1:9: count \"-7\": not a whole number; write digits only");
  EXPECT_EQ(ErrorOf("linger = true"),
            "config.toml:1:10: linger \"true\": not a text; write it in quotes");
  EXPECT_EQ(ErrorOf("allow = ['A*', ['B*']]"),
            "config.toml:1:16: allow: not a text; write it in quotes");
  EXPECT_EQ(ErrorOf("feed = 2024-01-01"), "config.toml:1:8: feed: not a text; write it in quotes");
  EXPECT_EQ(ErrorOf("feed = ['a']"),
            "config.toml:1:8: feed: it takes one value; write it without [ ]");
  EXPECT_EQ(ErrorOf("ready-file = \"a\\u0000b\""),
            "config.toml:1:14: ready-file \"a\\x00b\": a NUL in a text; leave it out");
  EXPECT_THAT(ErrorOf("[[fantail-gateway]]\nlinger = '1s'"),
              HasSubstr("fantail-gateway: fantail-gateway takes no such key"));
}

TEST_F(ConfigTest, SaysWhereAFileIsNoToml) {
  EXPECT_EQ(ErrorOf("linger = '1s'\nlinger = '2s'"),
            "config.toml:2:10: error while parsing key-value pair: cannot redefine existing string "
            "'linger'; correct this line");
  EXPECT_THAT(ErrorOf("linger = \n"), HasSubstr("config.toml:1:10: "));
  EXPECT_THAT(ErrorOf("linger = 1s"), HasSubstr("config.toml:1:"));
  EXPECT_THAT(ErrorOf("[fantail-gateway"), HasSubstr("config.toml:1:"));
  EXPECT_THAT(ErrorOf("feed = '\xff'"), HasSubstr("utf-8"));
  EXPECT_THAT(ErrorOf(std::string("feed = 'a'\n[\0", 13)), HasSubstr("config.toml:2:2: "));
}

TEST_F(ConfigTest, CountsPositionalsWhereverTheyAreFrom) {
  EXPECT_EQ(ErrorOf("patterns = ['A*', 'B*', 'C*']", 64),
            "\"C*\": one too many; write fantail-gateway [PATTERN...]");
  files_["config.toml"] = "patterns = ['A*', 'B*']";
  patterns_.clear();
  EXPECT_EQ(Error(Read({"MSFT"}), 0), "");
  EXPECT_THAT(patterns_, ElementsAre("MSFT"));
}

TEST_F(ConfigTest, NothingInAFileCanUpsetATerminalOrFillIt) {
  for (const std::string& config :
       {std::string("feed = \"a\\u001b[31m\\n\\u202e\"\nname = \"\\n\""),
        std::string("\"\\n\" = 1"), std::string("[\"\\u001b\"]"), std::string("lines = \"\\r\""),
        "lines = '" + std::string(900'000, 'x') + "'", std::string(900'000, 'k') + " = 1",
        "[" + std::string(900'000, 'k') + "]", std::string("upstream = \"tcp://a\\u0007b:70000\""),
        std::string("linger = \x1b[31m")}) {
    const std::string error = ErrorOf(config);
    EXPECT_NE(error, "") << config.substr(0, 50);
    EXPECT_LT(error.size(), 700u);
    for (const char c : error) EXPECT_TRUE(c >= ' ' && c <= '~') << error;
  }
}

TEST_F(ConfigTest, DeepNestingIsAnErrorAndNoMore) {
  std::string dots = "a";
  for (int i = 0; i < 4096; ++i) dots += ".a";
  EXPECT_THAT(ErrorOf(dots + " = 1"), HasSubstr("a: no program that reads this"));
  EXPECT_EQ(ErrorOf(dots + ".a = 1"),
            "config.toml:1:8194: more than 4096 dots; write a smaller file");
  EXPECT_EQ(ErrorOf("\n[" + dots + ".a]"),
            "config.toml:2:8195: more than 4096 dots; write a smaller file");
  EXPECT_THAT(ErrorOf("feed = " + std::string(500'000, '[')), HasSubstr("config.toml:1:"));
  std::string inline_tables;
  for (int i = 0; i < 100'000; ++i) inline_tables += "a={";
  EXPECT_THAT(ErrorOf(inline_tables), HasSubstr("config.toml:1:"));
  // As deep as toml++ lets lists go, with as many tables in each as there may be dots.
  std::string mixed = "a=";
  for (int i = 0; i < 120; ++i) mixed += "[{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=\n";
  EXPECT_NE(ErrorOf(mixed), "");
}

TEST_F(ConfigTest, RandomBytesAreAnErrorInOneLineOrFine) {
  const std::vector<std::string> words = {
      "feed", "linger",   "upstream", "a",          "fantail-desk",
      "=",    "[",        "]",        "[[",         "]]",
      "{",    "}",        ",",        ".",          "\"",
      "'",    "'''",      "\"\"\"",   "\\u0001",    "\\",
      "\n",   "\n",       " ",        "#",          "true",
      "1",    "1.5",      "-",        "e9",         "0x",
      "\xff", "\xc3\xa9", "inf",      "2024-01-01", "T01:00:00Z",
      "\r\n", "\t",       "\x01",     "'x'",        "= 1\n"};
  std::mt19937 random(42);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t length = random() % 24;
    for (size_t i = 0; i < length; ++i) {
      text += random() % 16 == 0 ? std::string(1, static_cast<char>(random() % 256))
                                 : words[random() % words.size()];
    }
    files_["config.toml"] = random() % 2 == 0 ? text : "";
    files_["branch.toml"] = text;
    const ParseOutcome outcome = Read();
    if (!outcome.exit_code) continue;
    ASSERT_TRUE(outcome.exit_code == 78 || outcome.exit_code == 69) << outcome.err;
    ASSERT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
    ASSERT_THAT(outcome.err,
                ::testing::MatchesRegex(".*(config|branch)\\.toml:[0-9]+:[0-9]+: .*\n"));
  }
}

const char* const kBranch = R"(plaintext = true

[feeds.ticks]
upstream = ["tcp://127.0.0.1:1"]
gateways = ["tcp://127.0.0.1:2", "tcp://127.0.0.1:3"]
[feeds.equities]
upstream = "tcp://127.0.0.1:4"
[bus]
upstream = ["tcp://127.0.0.1:5"]
endpoints = ["tcp://127.0.0.1:6"]
)";

TEST_F(ConfigTest, ABranchGivesWhatTheFeedHas) {
  files_["branch.toml"] = kBranch;
  EXPECT_EQ(Error(Read(), 0), "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:1"));
  EXPECT_TRUE(common_.plaintext);
  upstream_.clear();
  EXPECT_EQ(Error(Read({"--feed", "equities"}), 0), "");
  EXPECT_THAT(EndpointTexts(upstream_), ElementsAre("tcp://127.0.0.1:4"));
}

TEST_F(ConfigTest, ABranchGivesNothingThatIsNotWanted) {
  files_["branch.toml"] = kBranch;
  EXPECT_EQ(Error(Read(), 0), "");
  EXPECT_THAT(bus_, IsEmpty());
  EXPECT_EQ(Error(Read({"--strict"}), 0), "");
  EXPECT_THAT(EndpointTexts(bus_), ElementsAre("tcp://127.0.0.1:6"));
}

TEST_F(ConfigTest, WhatABranchLacksIsNamed) {
  line_.Require("--upstream");
  files_["branch.toml"] = kBranch;
  EXPECT_EQ(Error(Read({"--feed", "bonds"}), 64),
            "--upstream: missing, and branch.toml has no feeds.bonds.upstream; write --upstream "
            "ENDPOINT, or set FANTAIL_UPSTREAM");
}

TEST_F(ConfigTest, AllOfABranchIsChecked) {
  EXPECT_EQ(BranchErrorOf("feed = 1"), "branch.toml:1:1: feed: no such key; the nearest is feeds");
  EXPECT_EQ(BranchErrorOf("plaintext = 'yes'"),
            "branch.toml:1:13: plaintext: not yes or no; write true or false");
  EXPECT_EQ(BranchErrorOf("feeds = 1"), "branch.toml:1:1: feeds: not a table; write [feeds.NAME]");
  EXPECT_EQ(BranchErrorOf("[feeds]\ngateways = []"),
            "branch.toml:2:1: gateways: not a table; write [feeds.NAME]");
  EXPECT_EQ(BranchErrorOf("[feeds.bonds]\ngateway = []"),
            "branch.toml:2:1: gateway: no such key; the nearest is gateways");
  EXPECT_EQ(
      BranchErrorOf("[feeds.bonds]\ngateways = ['tcp://a:1', 'b']"),
      "branch.toml:2:26: gateways \"b\": not an endpoint; write tcp://HOST:PORT or ipc://PATH");
  EXPECT_EQ(BranchErrorOf("[bus]\nendpoints = [5570]"),
            "branch.toml:2:14: endpoints: not an endpoint; write \"tcp://HOST:PORT\"");
  EXPECT_EQ(BranchErrorOf("bus = 'tcp://a:1'"), "branch.toml:1:1: bus: not a table; write [bus]");
  EXPECT_THAT(BranchErrorOf("[feeds.ticks]\n[feeds.ticks]"), HasSubstr("branch.toml:2:"));
}

TEST_F(ConfigTest, SettingsNameTheOriginOfEveryValue) {
  files_["branch.toml"] = kBranch;
  files_["config.toml"] = "\nlinger = '2s'\nallow = [\n 'A*',\n 'B*']";
  environment_ = {{"FANTAIL_LINES", "all"}, {"FANTAIL_STRICT", "1"}};
  EXPECT_EQ(Error(Read({"--ring", "1MiB", "A*"}), 0), "");
  const std::string settings = line_.Settings();
  EXPECT_TRUE(settings.starts_with("fantail-gateway: the configuration is good\n")) << settings;
  for (const char* row :
       {"  --upstream +tcp://127.0.0.1:1 +branch branch.toml:4\n", "  --lines +all +environment\n",
        "  --linger +2s +config.toml:2\n", "  --ring +1MiB +command line\n",
        "  --count +7 +default\n", "  --strict +true +environment\n",
        "  --allow +A\\* B\\* +config.toml:3\n",
        "  --bus +tcp://127.0.0.1:6 +branch branch.toml:10\n", "  PATTERN +A\\* +command line\n",
        "  --ready-file +none +default\n", "  --plaintext +true +branch branch.toml:1\n"}) {
    EXPECT_THAT(settings, ::testing::ContainsRegex(row));
  }
  EXPECT_EQ(line_.Checked(), std::nullopt);
}

}  // namespace
}  // namespace fantail::app
