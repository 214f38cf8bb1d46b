#include "fantail/app/access_file.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

std::string ErrorOf(const std::string& text) {
  const auto access = ParseAccess("rights.toml", text);
  return access.ok() ? "" : std::string(access.status().message());
}

TEST(AccessFileTest, SaysWhatEachUserMay) {
  const auto access = ParseAccess("rights.toml",
                                  "[users.desk7]\nsee = ['A*', 'MSFT']\nask = ['history/*']\n"
                                  "sessions = 2\npatterns = 10\nrate = '2mbit'\nwaiting = "
                                  "'1MiB'\n[others]\nserve = ['echo']\n");
  ASSERT_TRUE(access.ok()) << access.status();
  const Rights* desk = access->Of("desk7");
  ASSERT_NE(desk, nullptr);
  EXPECT_EQ(desk->see, (std::vector<Pattern>{Pattern("A*"), Pattern("MSFT")}));
  EXPECT_TRUE(Rights::Allow(desk->ask, "history/ticks"));
  EXPECT_FALSE(Rights::Allow(desk->ask, "echo"));
  EXPECT_TRUE(desk->serve.empty());
  EXPECT_EQ(desk->sessions, 2u);
  EXPECT_EQ(desk->patterns, 10u);
  EXPECT_EQ(desk->bytes_per_second, 250'000u);
  EXPECT_EQ(desk->waiting_bytes, 1u << 20);
  EXPECT_TRUE(Rights::Allow(access->Of("anybody")->serve, "echo"));
}

TEST(AccessFileTest, WhoStandsNowhereHasNoRights) {
  const auto access = ParseAccess("rights.toml", "[users.desk7]\n");
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->Of("desk8"), nullptr);
  EXPECT_TRUE(access->Of("desk7")->see.empty());
}

TEST(AccessFileTest, SaysWhereItIsWrong) {
  EXPECT_EQ(ErrorOf("[user.desk7]\n"), "rights.toml:1:2: user: no such key; the nearest is users");
  EXPECT_EQ(ErrorOf("[users.desk7]\nsee = 'A*'\n"),
            "rights.toml:2:1: see: not a list; write [\"A*\", \"MSFT\"]");
  EXPECT_EQ(ErrorOf("[users.desk7]\nsee = ['A*', 7]\n"),
            "rights.toml:2:14: see \"7\": not a text; write \"A*\"");
  EXPECT_EQ(ErrorOf("[users.desk7]\nsessions = 0\n"),
            "rights.toml:2:1: sessions: not a number; write one from 1 to 1000000");
  EXPECT_EQ(ErrorOf("[users.desk7]\nrate = '1kbit'\n"),
            "rights.toml:2:1: rate: not a rate; write \"64kbit\" or more");
  EXPECT_EQ(ErrorOf("[users.desk7]\nwaiting = 100000\n"),
            "rights.toml:2:1: waiting: not a size; write \"64KiB\" or more");
  EXPECT_EQ(ErrorOf("users = 3\n"), "rights.toml:1:1: users: not a table; write [users.NAME]");
  EXPECT_EQ(ErrorOf("[users.'a b']\n").substr(0, 17), "rights.toml:1:8: ");
}

}  // namespace
}  // namespace fantail::app
