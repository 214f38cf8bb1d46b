// Configurations that are broken, each in a way of its own: one line that says what, where and what
// to do, the exit code of a bad configuration, and nothing begun.
#include <fmt/format.h>

#include <ostream>
#include <string>
#include <vector>

#include "tests/system/key_lab.h"

namespace fantail::testing {
namespace {

// Of files, in the folder of the test, which a text names as DIR.
struct Broken {
  const char* name;
  const char* program;  // gateway, publisher, desk, bus, replay, open-feed, record or history
  std::vector<std::pair<std::string, std::string>> files;
  Arguments arguments;  // behind those that the program must have
  int code;
  std::vector<std::string> words;
};

void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

constexpr int kUsage = 64;
constexpr int kConfig = 78;
const std::string kNul(1, '\0');

std::vector<Broken> AllBroken() {
  const Arguments config = {"--config", "DIR/a.toml"};
  const Arguments branch = {"--branch", "DIR/b.toml"};
  const Arguments rights = {"--keys", "DIR/hq", "--rights", "DIR/r.toml"};
  const auto toml = [](std::string text) {
    return std::vector<std::pair<std::string, std::string>>{{"a.toml", std::move(text)}};
  };
  const auto of_branch = [](std::string text) {
    return std::vector<std::pair<std::string, std::string>>{{"b.toml", std::move(text)}};
  };
  const auto of_rights = [](std::string text) {
    return std::vector<std::pair<std::string, std::string>>{{"r.toml", std::move(text)}};
  };
  return {
      // The language.
      {"unterminated_text", "gateway", toml("linger = \"5s\n"), config, kConfig, {"a.toml:1:"}},
      {"no_value", "gateway", toml("linger =\n"), config, kConfig, {"a.toml:1:"}},
      {"no_key", "gateway", toml("= 5\n"), config, kConfig, {"a.toml:1:1"}},
      {"unclosed_list", "gateway", toml("allow = ['A*',\n"), config, kConfig, {"a.toml:"}},
      {"unclosed_table", "gateway", toml("[fantail-gateway\n"), config, kConfig, {"a.toml:1:"}},
      {"key_twice", "gateway", toml("linger='1s'\nlinger='2s'\n"), config, kConfig, {"a.toml:2:"}},
      {"not_utf_8", "gateway", toml("\xff\xfe"), config, kConfig, {"a.toml:1:1", "utf-8"}},
      {"nul_byte", "gateway", toml("a" + kNul + "b = 1\n"), config, kConfig, {"a.toml:1:2"}},
      {"bad_escape", "gateway", toml("name = \"\\q\"\n"), config, kConfig, {"a.toml:1:"}},
      {"enormous", "gateway", toml(std::string(2 << 20, '#')), config, kConfig, {"larger than"}},
      {"nested_deep",
       "gateway",
       toml("a = " + std::string(5000, '[') + "\n"),
       config,
       kConfig,
       {"a.toml:1:"}},
      // What stands in it.
      {"unknown_key",
       "gateway",
       toml("lingre = '5s'\n"),
       config,
       kConfig,
       {"a.toml:1:1: lingre", "nearest is linger"}},
      {"unknown_program",
       "gateway",
       toml("[fantail-gatway]\n"),
       config,
       kConfig,
       {"a.toml:1:2", "nearest is fantail-gateway"}},
      {"key_of_another",
       "gateway",
       toml("source = 'csv:-'\n"),
       config,
       kConfig,
       {"a.toml:1:1: source", "fantail-gateway takes no such key"}},
      {"number_for_time",
       "gateway",
       toml("linger = 5\n"),
       config,
       kConfig,
       {"a.toml:1:10: linger \"5\"", "10s"}},
      {"negative_time", "gateway", toml("linger = '-5s'\n"), config, kConfig, {"a.toml:1:", "-5s"}},
      {"size_without_unit",
       "gateway",
       toml("ring = '256 megs'\n"),
       config,
       kConfig,
       {"a.toml:1:", "256 megs"}},
      {"flag_of_text",
       "gateway",
       toml("plaintext = 'perhaps'\n"),
       config,
       kConfig,
       {"a.toml:1:", "perhaps"}},
      {"out_of_range",
       "gateway",
       toml("max-sessions = 0\n"),
       config,
       kConfig,
       {"a.toml:1:", "max-sessions"}},
      {"table_for_value", "gateway", toml("linger = {a = 1}\n"), config, kConfig, {"a.toml:1:"}},
      {"list_for_value",
       "gateway",
       toml("linger = ['1s', '2s']\n"),
       config,
       kConfig,
       {"a.toml:1:", "linger"}},
      {"no_choice",
       "gateway",
       toml("encoding = 'zip'\n"),
       config,
       kConfig,
       {"a.toml:1:", "zip", "packed"}},
      {"bad_pattern", "gateway", toml("allow = ['A**']\n"), config, kConfig, {"a.toml:1:", "A**"}},
      {"endpoint_without_port",
       "gateway",
       toml("move-to = 'tcp://10.1.0.1'\n"),
       config,
       kConfig,
       {"a.toml:1:", "no port"}},
      {"host_name",
       "gateway",
       toml("move-to = 'tcp://hq.example:5555'\n"),
       config,
       69,
       {"a.toml:1:", "hq.example"}},
      {"name_too_long",
       "gateway",
       toml("name = '" + std::string(65, 'x') + "'\n"),
       config,
       kConfig,
       {"name", "64"}},
      // Which file.
      {"no_file", "gateway", {}, {"--config", "DIR/none.toml"}, kConfig, {"none.toml", "No such"}},
      {"folder_for_file", "gateway", {}, {"--config", "DIR"}, kConfig, {"Is a directory"}},
      {"two_files",
       "gateway",
       toml(""),
       {"--config", "DIR/a.toml", "--config", "DIR/a.toml"},
       kUsage,
       {"--config", "given twice"}},
      // Of a branch.
      {"branch_unknown_key",
       "gateway",
       of_branch("[feeds.ticks]\nupstreem = 'x'\n"),
       branch,
       kConfig,
       {"b.toml:2:1: upstreem", "upstream"}},
      {"branch_unknown_table",
       "gateway",
       of_branch("[feed.ticks]\n"),
       branch,
       kConfig,
       {"b.toml:1:", "feeds"}},
      {"branch_bad_endpoint",
       "gateway",
       of_branch("[feeds.ticks]\nupstream = ['udp://1:2']\n"),
       branch,
       kConfig,
       {"b.toml:2:", "udp://1:2"}},
      {"branch_endpoint_of_number",
       "gateway",
       of_branch("[feeds.ticks]\nupstream = [5]\n"),
       branch,
       kConfig,
       {"b.toml:2:"}},
      {"branch_no_file", "gateway", {}, branch, kConfig, {"b.toml", "No such"}},
      // Rights.
      {"rights_without_keys",
       "publisher",
       of_rights(""),
       {"--rights", "DIR/r.toml"},
       kConfig,
       {"--rights", "--keys"}},
      {"rights_no_file", "publisher", {}, rights, kConfig, {"--rights", "r.toml", "No such"}},
      {"rights_unknown_key",
       "publisher",
       of_rights("[users.a]\nsees = []\n"),
       rights,
       kConfig,
       {"r.toml:2:1: sees", "nearest is see"}},
      {"rights_not_a_list",
       "publisher",
       of_rights("[users.a]\nsee = 'A*'\n"),
       rights,
       kConfig,
       {"r.toml:2:1: see", "[\"A*\", \"MSFT\"]"}},
      {"rights_bad_pattern",
       "publisher",
       of_rights("[users.a]\nsee = ['A**']\n"),
       rights,
       kConfig,
       {"r.toml:2:8", "A**"}},
      {"rights_of_nobody",
       "publisher",
       of_rights("[users.'a b']\nsee = []\n"),
       rights,
       kConfig,
       {"r.toml:1:8: a b"}},
      {"rights_no_sessions",
       "publisher",
       of_rights("[users.a]\nsessions = 0\n"),
       rights,
       kConfig,
       {"r.toml:2:1: sessions", "from 1"}},
      {"rights_slow",
       "publisher",
       of_rights("[users.a]\nrate = '1kbit'\n"),
       rights,
       kConfig,
       {"r.toml:2:1: rate", "64kbit"}},
      {"rights_of_a_bus",
       "bus",
       of_rights("[user.a]\n"),
       rights,
       kConfig,
       {"r.toml:1:2: user", "nearest is users"}},
      // Keys.
      {"keys_no_folder", "publisher", {}, {"--keys", "DIR/none"}, kConfig, {"--keys", "none"}},
      {"keys_of_a_file", "publisher", toml(""), {"--keys", "DIR/a.toml"}, kConfig, {"--keys"}},
      {"keys_and_plaintext",
       "publisher",
       {},
       {"--keys", "DIR/hq", "--plaintext"},
       kConfig,
       {"--plaintext", "--keys"}},
      {"keys_for_nobody",
       "publisher",
       {},
       {"--keys", "DIR/lonely"},
       kConfig,
       {"--keys", "nobody may connect", "clients"}},
      {"keys_damaged",
       "publisher",
       {{"hq/clients/x.public", "not a key\n"}},
       {"--keys", "DIR/hq"},
       kConfig,
       {"x.public"}},
      // What contradicts.
      {"open_beyond_loopback",
       "gateway",
       {},
       {"--upstream", "tcp://10.1.0.1:5555"},
       kConfig,
       {"--upstream", "--plaintext"}},
      {"admin_beyond_loopback",
       "gateway",
       {},
       {"--admin", "tcp://0.0.0.0:9090"},
       kConfig,
       {"--admin"}},
      {"unwritable_access_log",
       "publisher",
       {},
       {"--access-log", "/dev/null/a.log"},
       69,
       {"--access-log", "/dev/null/a.log"}},
      {"journal_of_objects",
       "publisher-of-files",
       {},
       {"--journal", "DIR/journal"},
       kUsage,
       {"--journal", "objects"}},
      // Every other program reads its file in the same way.
      {"of_a_replay",
       "replay",
       toml("spede = '2'\n"),
       config,
       kConfig,
       {"a.toml:1:1: spede", "speed"}},
      {"of_a_recorder", "record", toml("outptu = 'x'\n"), config, kConfig, {"a.toml:1:1: outptu"}},
      {"of_a_history",
       "history",
       toml("capacity = 'many'\n"),
       config,
       kConfig,
       {"a.toml:1:12: capacity", "many"}},
      {"of_an_open_feed",
       "open-feed",
       toml("alow = ['A*']\n"),
       config,
       kConfig,
       {"a.toml:1:1: alow", "nearest is allow"}},
      {"no_watch_list", "desk", {}, {"@DIR/none.txt"}, 74, {"none.txt", "No such"}},
  };
}

class BrokenConfigTest : public KeyLab, public ::testing::WithParamInterface<Broken> {
 protected:
  std::string InFolder(std::string text) const {
    if (const size_t at = text.find("DIR"); at != text.npos) {
      text.replace(at, 3, std::string(folder() / ""));
      if (const size_t twice = text.find("//", at == 0 ? 1 : at); twice != text.npos) {
        text.erase(twice, 1);
      }
    }
    return text;
  }
  // What the program must have, and would go on with.
  Arguments Needs(const std::string& program) const {
    const Arguments listen = {"--listen", "tcp://127.0.0.1:*"};
    Arguments all;
    if (program == "gateway") all = {GatewayPath(), "--upstream", "tcp://127.0.0.1:9"};
    if (program == "publisher") {
      all = {PublisherPath(), "--source", "synthetic:symbols=500,rate=2000,seed=1"};
    }
    if (program == "publisher-of-files")
      all = {PublisherPath(), "--source", "files:" + (folder() / "hq")};
    if (program == "bus") all = {BusPath(), "run"};
    if (program == "replay") all = {ReplayPath(), folder() / "tape"};
    if (program == "open-feed") all = {OPEN_FEED, "--connect", "tcp://127.0.0.1:9"};
    if (program == "record") {
      return {RecordPath(), "--connect", "tcp://127.0.0.1:9", "--output", folder() / "tape"};
    }
    if (program == "history") {
      return {HistoryPath(), "--connect", "tcp://127.0.0.1:9", folder() / "tape"};
    }
    if (program == "desk") return {DeskPath(), "--connect", "tcp://127.0.0.1:9"};
    all.insert(all.end(), listen.begin(), listen.end());
    return all;
  }
};

TEST_P(BrokenConfigTest, IsOneLineThatSaysWhatAndWhereAndNothingBegins) {
  const Broken& broken = GetParam();
  MakeKeys("lonely");
  for (const auto& [name, text] : broken.files) WriteFile(folder() / name, text);
  Arguments arguments = Needs(broken.program);
  for (const std::string& argument : broken.arguments) arguments.push_back(InFolder(argument));
  const std::string ready = folder() / "ready";
  arguments.insert(arguments.end(), {"--ready-file", ready});
  Program& program = Run(arguments);
  EXPECT_EQ(program.Wait(Seconds(5)), broken.code) << program.err();
  EXPECT_EQ(program.out(), "");
  EXPECT_FALSE(std::filesystem::exists(ready));
  const std::string said = program.err();
  EXPECT_EQ(LinesOf(said).size(), 1u) << said;
  EXPECT_LT(said.size(), 600u) << said;
  EXPECT_TRUE(said.starts_with("fantail-")) << said;
  for (const std::string& word : broken.words) {
    EXPECT_NE(said.find(word), said.npos) << "\"" << word << "\" is not in: " << said;
  }
}

INSTANTIATE_TEST_SUITE_P(All, BrokenConfigTest, ::testing::ValuesIn(AllBroken()),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace fantail::testing
