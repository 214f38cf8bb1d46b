#include "fantail/app/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fantail::app {
namespace {

using ::testing::HasSubstr;

constexpr Command kCommands[] = {
    {"info", "says what is there", [](int argc, char** argv) { return 10 * argc + argv[0][0]; }},
    {"verify", "looks closer", [](int, char**) { return 2; }},
};

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran RunWith(std::vector<std::string> words) {
  words.insert(words.begin(), "fantail-tape");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = RunCommand("fantail-tape", "looks into tapes", kCommands,
                              static_cast<int>(argv.size()), argv.data());
  return {code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(CommandsTest, GivesTheNamedCommandItsOwnArguments) {
  EXPECT_EQ(RunWith({"info", "a", "b"}).code, 30 + 'i');
  EXPECT_EQ(RunWith({"verify"}).code, 2);
}

TEST(CommandsTest, ListsThemInTheHelp) {
  const Ran help = RunWith({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("info        says what is there\n"));
  EXPECT_THAT(help.out, HasSubstr("fantail-tape COMMAND --help"));
  EXPECT_THAT(RunWith({"--version"}).out, HasSubstr("fantail-tape "));
}

TEST(CommandsTest, NamesTheNearestOfWhatThereIs) {
  const Ran wrong = RunWith({"verfy"});
  EXPECT_EQ(wrong.code, 64);
  EXPECT_EQ(wrong.err,
            "fantail-tape: \"verfy\": no such command; the nearest is verify; there are info or "
            "verify\n");
  EXPECT_EQ(RunWith({}).err, "fantail-tape: no command; write fantail-tape info or verify\n");
}

}  // namespace
}  // namespace fantail::app
