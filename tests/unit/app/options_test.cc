#include "fantail/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"

namespace fantail::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A small desk: one option of each kind.
class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() {
    line_.Choice("--format FORMAT", &format_, {"board", "csv"}, "what to print");
    line_.Option("--linger TIME", &linger_, "before it narrows");
    line_.Option("--ring SIZE", &ring_, "what it remembers");
    line_.Option("--count N", &count_, "how many", {1, 1000});
    line_.Option("--feed NAME", &feed_, "which one");
    line_.Flag("--strict", &strict_, "stop at the first bad row");
    line_.Repeated("--allow PATTERN", &allow_, "what may be asked for");
    EndpointOption("--listen ENDPOINT", EndpointUse::kListen, &listen_, "where", &line_);
    line_.Positionals("PATTERN", &patterns_, "what to subscribe to");
    line_.Example("fantail-desk 'AAP*'", "everything that begins with AAP");
  }

  ParseOutcome Read(const std::vector<std::string>& args) {
    return line_.Read(args, [this](const char* name) {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    });
  }
  // The error line of `args`, checked to be one line from this program that ends with `code`.
  std::string ErrorOf(const std::vector<std::string>& args, int code) {
    const ParseOutcome outcome = Read(args);
    EXPECT_EQ(outcome.exit_code, code);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
    return outcome.err.substr(0, outcome.err.find('\n'));
  }

  CommandLine line_{"fantail-desk", "subscribes to a feed and shows it"};
  std::map<std::string, std::string> environment_;
  std::string format_ = "board";
  Nanos linger_ = 5s;
  ByteSize ring_ = {256 << 20};
  uint64_t count_ = 7;
  std::string feed_ = "ticks";
  bool strict_ = false;
  std::vector<std::string> allow_ = {"*"};
  Endpoint listen_;
  std::vector<std::string> patterns_;
};

TEST_F(CommandLineTest, DoesSomethingElseInsteadOfAllThatAStartNeeds) {
  line_.Require("--listen");
  std::string asked;
  line_.Instead(
      "--ask ENDPOINT",
      [&](const std::string& value) {
        asked = value;
        return ParseOutcome{7, "said\n", ""};
      },
      "asks one that runs");
  line_.Instead(
      "--fail",
      [](const std::string&) {
        return ParseOutcome{1, "", "it did not work\n"};
      },
      "fails");
  environment_ = {{"FANTAIL_ASK", "x"}, {"FANTAIL_LINGER", "nonsense"}};
  const ParseOutcome outcome = Read({"--ask", "there"});
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.out, "said\n");
  EXPECT_EQ(asked, "there");
  EXPECT_EQ(Read({"--fail"}).err, "fantail-desk: it did not work\n");
  EXPECT_EQ(ErrorOf({"--ask"}, 64), "fantail-desk: --ask: no value; write --ask ENDPOINT");
  environment_.erase("FANTAIL_LINGER");
  asked.clear();
  EXPECT_EQ(Read({"--listen", "tcp://127.0.0.1:1"}).exit_code, std::nullopt);
  EXPECT_EQ(asked, "") << "the environment asks for nothing";
  EXPECT_THAT(line_.Settings(), Not(HasSubstr("--ask")));
}

TEST_F(CommandLineTest, LeavesTheDefaultsOfWhatIsNotGiven) {
  EXPECT_EQ(Read({}).exit_code, std::nullopt);
  EXPECT_EQ(format_, "board");
  EXPECT_EQ(linger_, Nanos(5s));
  EXPECT_EQ(count_, 7u);
  EXPECT_THAT(allow_, ElementsAre("*"));
  EXPECT_THAT(patterns_, IsEmpty());
}

TEST_F(CommandLineTest, ReadsEveryKindOfOption) {
  const ParseOutcome outcome =
      Read({"AAP*", "--format", "csv", "--linger=500ms", "--ring", "64KiB", "--count", "12",
            "--strict", "--allow", "A*", "--allow", "B*", "--listen", "tcp://*:5555", "MSFT"});
  EXPECT_EQ(outcome.exit_code, std::nullopt) << outcome.err;
  EXPECT_EQ(format_, "csv");
  EXPECT_EQ(linger_, Nanos(500ms));
  EXPECT_EQ(ring_.bytes, 65536u);
  EXPECT_EQ(count_, 12u);
  EXPECT_TRUE(strict_);
  EXPECT_THAT(allow_, ElementsAre("A*", "B*"));
  EXPECT_EQ(listen_.text(), "tcp://*:5555");
  EXPECT_THAT(patterns_, ElementsAre("AAP*", "MSFT"));
}

TEST_F(CommandLineTest, TakesOptionLookalikesAsPositionalsBehindTwoDashes) {
  EXPECT_EQ(Read({"A*", "--", "--strict"}).exit_code, std::nullopt);
  EXPECT_THAT(patterns_, ElementsAre("A*", "--strict"));
  EXPECT_FALSE(strict_);
}

TEST_F(CommandLineTest, TakesValuesAsTheyAre) {
  EXPECT_EQ(Read({"[A,B]", "{}", "-", "", "++", "A,B", "--feed", "[a,b]"}).exit_code, std::nullopt);
  EXPECT_THAT(patterns_, ElementsAre("[A,B]", "{}", "-", "", "++", "A,B"));
  EXPECT_EQ(feed_, "[a,b]");
  EXPECT_EQ(Read({"--feed", ""}).exit_code, std::nullopt);
  EXPECT_EQ(feed_, "");
  EXPECT_EQ(Read({"--feed="}).exit_code, 64);
}

TEST_F(CommandLineTest, TakesTheEnvironmentWhereTheCommandLineIsSilent) {
  environment_ = {{"FANTAIL_LINGER", "2m"},     {"FANTAIL_COUNT", "3"}, {"FANTAIL_STRICT", "1"},
                  {"FANTAIL_ALLOW", " A*  B*"}, {"FANTAIL_FEED", ""},   {"FANTAIL_FORMAT", "csv"}};
  EXPECT_EQ(Read({"--count", "4"}).exit_code, std::nullopt);
  EXPECT_EQ(linger_, Nanos(2min));
  EXPECT_EQ(count_, 4u);
  EXPECT_TRUE(strict_);
  EXPECT_THAT(allow_, ElementsAre("A*", "B*"));
  EXPECT_EQ(feed_, "ticks");  // empty: not set
  EXPECT_EQ(format_, "csv");
}

TEST_F(CommandLineTest, NamesOptionValueAndRemedyInOneLine) {
  EXPECT_EQ(ErrorOf({"--listen", "tcp://x"}, 64),
            "fantail-desk: --listen \"tcp://x\": no port; write tcp://HOST:PORT");
  EXPECT_EQ(ErrorOf({"--count", "1001"}, 64),
            "fantail-desk: --count \"1001\": too large; the most is 1000");
  EXPECT_EQ(ErrorOf({"--format", "xml"}, 64),
            "fantail-desk: --format \"xml\": not one of them; write one of board, csv");
}

TEST_F(CommandLineTest, NamesTheVariableOfABadEnvironmentAndEndsWith78) {
  environment_ = {{"FANTAIL_LINGER", "soon"}};
  EXPECT_EQ(ErrorOf({}, 78),
            "fantail-desk: FANTAIL_LINGER \"soon\": not a duration; write one such as 10s, 500ms "
            "or 2m");
}

TEST_F(CommandLineTest, NamesTheNearestOptionForOneItDoesNotKnow) {
  EXPECT_EQ(ErrorOf({"--lisen", "tcp://*:1"}, 64),
            "fantail-desk: --lisen: no such option; the nearest is --listen");
  EXPECT_EQ(ErrorOf({"--formt=csv"}, 64),
            "fantail-desk: --formt: no such option; the nearest is --format");
}

TEST_F(CommandLineTest, SaysWhichOptionLacksItsValue) {
  EXPECT_EQ(ErrorOf({"--feed"}, 64), "fantail-desk: --feed: no value; write --feed NAME");
  EXPECT_EQ(ErrorOf({"--feed", "--strict"}, 64),
            "fantail-desk: --feed: no value; write --feed NAME");
}

TEST_F(CommandLineTest, RefusesASingleOptionGivenTwice) {
  EXPECT_EQ(ErrorOf({"--feed", "a", "--feed", "b"}, 64),
            "fantail-desk: --feed \"b\": given twice; write it once");
}

TEST_F(CommandLineTest, SaysWhatARequiredOptionLooksLike) {
  line_.Require("--listen");
  EXPECT_EQ(ErrorOf({}, 64),
            "fantail-desk: --listen: missing; write --listen ENDPOINT, or set FANTAIL_LISTEN");
  environment_ = {{"FANTAIL_LISTEN", "tcp://127.0.0.1:*"}};
  EXPECT_EQ(Read({}).exit_code, std::nullopt);
  EXPECT_EQ(listen_.text(), "tcp://127.0.0.1:*");
}

TEST_F(CommandLineTest, PrintsHelpWithExitCodesAndExamplesAtTheEnd) {
  line_.Require("--listen");
  const ParseOutcome outcome = Read({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("Usage: fantail-desk [OPTION...] [PATTERN...]"));
  EXPECT_THAT(outcome.out, HasSubstr("--linger TIME"));
  EXPECT_THAT(outcome.out, HasSubstr("[256MiB]"));
  EXPECT_THAT(outcome.out, HasSubstr(" 143  ended by SIGTERM"));
  EXPECT_TRUE(
      outcome.out.ends_with("  # everything that begins with AAP\n  fantail-desk 'AAP*'\n"));
}

TEST_F(CommandLineTest, ListsItsOptionsWithoutWhatAStartNeeds) {
  line_.Require("--listen");
  line_.Section("More");
  line_.Instead(
      "--ask ENDPOINT", [](const std::string&) { return ParseOutcome(); }, "ask one");
  const ParseOutcome outcome = Read({"--list-options"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "--format\tFORMAT\tboard\twhat to print: board, csv\tOptions\n"
            "--linger\tTIME\t5s\tbefore it narrows\tOptions\n"
            "--ring\tSIZE\t256MiB\twhat it remembers\tOptions\n"
            "--count\tN\t7\thow many\tOptions\n"
            "--feed\tNAME\tticks\twhich one\tOptions\n"
            "--strict\t\tno\tstop at the first bad row\tOptions\n"
            "--allow\tPATTERN\t*\twhat may be asked for; may be repeated\tOptions\n"
            "--listen\tENDPOINT\trequired\twhere\tOptions\n"
            "\t[PATTERN...]\t\twhat to subscribe to\t\n"
            "--ask\tENDPOINT\t\task one\tMore\n");
  EXPECT_THAT(line_.Help(), Not(HasSubstr("--list-options"))) << "for the page of options alone";
}

TEST_F(CommandLineTest, PrintsItsVersionWithThoseOfItsLibraries) {
  const ParseOutcome outcome = Read({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, ::testing::MatchesRegex("fantail-desk [0-9.]+ \\(libzmq [0-9.]+, "
                                                   "FlatBuffers [0-9.]+\\)\n"));
}

TEST(PositionalTest, AreAnErrorWhereNoneAreKnown) {
  CommandLine line("fantail-gateway", "fans out");
  const ParseOutcome outcome = line.Read({"A*"}, [](const char*) { return nullptr; });
  EXPECT_EQ(outcome.exit_code, 64);
  EXPECT_EQ(outcome.err,
            "fantail-gateway: \"A*\": belongs to no option; see fantail-gateway --help\n");
}

TEST(PositionalTest, AreCountedWhereTheirNumberIsGiven) {
  const auto error = [](Count count, const std::vector<std::string>& args) {
    std::vector<std::string> files;
    CommandLine line("fantail-tape import", "makes a tape");
    line.Positionals(count.most == 2 ? "IN OUT" : "TAPE", &files, "files", count);
    return line.Read(args, [](const char*) { return nullptr; }).err;
  };
  EXPECT_EQ(error({2, 2}, {"a", "b"}), "");
  EXPECT_EQ(error({2, 2}, {"a"}),
            "fantail-tape import: IN OUT: missing; write fantail-tape import IN OUT\n");
  EXPECT_EQ(error({2, 2}, {"a", "b", "c"}),
            "fantail-tape import: \"c\": one too many; write fantail-tape import IN OUT\n");
  EXPECT_EQ(error({.least = 1}, {"a", "b", "c"}), "");
  EXPECT_EQ(error({.least = 1}, {}),
            "fantail-tape import: TAPE: missing; write fantail-tape import TAPE...\n");
}

TEST(CommonOptionsTest, HaveTheirDefaults) {
  CommonOptions options;
  CommandLine line("fantail-gateway", "fans out");
  AddCommonOptions(&options, &line);
  EXPECT_EQ(line.Read({}, [](const char*) { return nullptr; }).exit_code, std::nullopt);
  EXPECT_EQ(options.feed, "ticks");
  EXPECT_THAT(options.name, ::testing::MatchesRegex(".+-[0-9]+"));
  EXPECT_EQ(options.status_every, Nanos(10s));
  EXPECT_FALSE(options.plaintext);
}

TEST(CommonOptionsTest, RefuseANameWithABlank) {
  CommonOptions options;
  CommandLine line("fantail-gateway", "fans out");
  AddCommonOptions(&options, &line);
  EXPECT_EQ(line.Read({"--name", "a b"}, [](const char*) { return nullptr; }).exit_code, 64);
}

TEST(EnvironmentNameTest, IsTheOptionInCapitals) {
  EXPECT_EQ(EnvironmentName("--status-every"), "FANTAIL_STATUS_EVERY");
}

}  // namespace
}  // namespace fantail::app
