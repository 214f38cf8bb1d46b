#include "desktop-subscriber/watchlist.h"

#include <gtest/gtest.h>

#include <fstream>

#include "desktop-subscriber/previous_close.h"

namespace fantail::desk {
namespace {

std::vector<Pattern> Patterns(std::initializer_list<const char*> texts) {
  std::vector<Pattern> patterns;
  for (const char* text : texts) patterns.emplace_back(text);
  return patterns;
}

class WatchlistFile {
 public:
  // A name of its own: the tests of this file may run at the same time.
  WatchlistFile()
      : path_(testing::TempDir() + "fantail_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".txt") {}
  ~WatchlistFile() { remove(path_.c_str()); }
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string argument() const { return "@" + path_; }

 private:
  const std::string path_;
};

TEST(WatchlistTest, ToleratesCommentsBlankLinesAndWindowsLineEnds) {
  const auto got = ParseWatchlist("# mine\r\nAAP*\r\n\r\n  MSFT   # the other one\r\nIBM", "w.txt");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(*got, Patterns({"AAP*", "MSFT", "IBM"}));
}

TEST(WatchlistTest, NamesFileLineValueAndReasonOfABadLine) {
  const std::string symbol(65, 'A');
  EXPECT_EQ(ParseWatchlist("IBM\n" + symbol + "\n", "w.txt").status().message(),
            "w.txt:2: \"" + symbol + "\": it is longer than 64 bytes");
  EXPECT_EQ(ParseWatchlist("IBM MSFT\n", "w.txt").status().message(),
            "w.txt:1: \"IBM MSFT\": more than one pattern on a line");
}

TEST(WatchlistTest, KeepsEachPatternOnceInTheOrderOfTheCommandLine) {
  WatchlistFile file;
  file.Write("IBM\nMSFT\n");
  const auto list = Watchlist::Load({"MSFT", file.argument(), "A*", "IBM"});
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->patterns(), Patterns({"MSFT", "IBM", "A*"}));
}

TEST(WatchlistTest, NamesAFileThatIsNotThere) {
  EXPECT_EQ(Watchlist::Load({"@/nowhere/w.txt"}).status().message(),
            "/nowhere/w.txt: cannot open: No such file or directory");
}

TEST(WatchlistTest, AnswersTheDifferenceOnReload) {
  WatchlistFile file;
  file.Write("IBM\nMSFT\n");
  auto list = Watchlist::Load({"A*", file.argument()});
  ASSERT_TRUE(list.ok()) << list.status();
  file.Write("MSFT\nBAC\n");
  const auto change = list->Reload();
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->add, Patterns({"BAC"}));
  EXPECT_EQ(change->remove, Patterns({"IBM"}));
  EXPECT_EQ(list->patterns(), Patterns({"A*", "MSFT", "BAC"}));
  EXPECT_TRUE(list->Reload()->empty());
}

TEST(WatchlistTest, ChangesNothingWhenTheReloadedFileIsBad) {
  WatchlistFile file;
  file.Write("IBM\n");
  auto list = Watchlist::Load({file.argument()});
  ASSERT_TRUE(list.ok()) << list.status();
  file.Write("MSFT\nB**\n");
  EXPECT_FALSE(list->Reload().ok());
  EXPECT_EQ(list->patterns(), Patterns({"IBM"}));
}

TEST(WatchlistTest, KeepsWhatWasChangedByHandOverAReload) {
  WatchlistFile file;
  file.Write("IBM\nMSFT\n");
  auto list = Watchlist::Load({file.argument()});
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_TRUE(list->Add(Pattern("SPY")));
  EXPECT_FALSE(list->Add(Pattern("SPY")));
  EXPECT_TRUE(list->Remove(Pattern("IBM")));
  EXPECT_TRUE(list->Reload()->empty());
  EXPECT_EQ(list->patterns(), Patterns({"MSFT", "SPY"}));
}

TEST(PreviousCloseTest, ReadsSymbolsAndExactPrices) {
  const auto got = ParsePreviousCloses("symbol,close\r\nAAPL,29.30\r\nBRK.A,501\r\n", "c.csv");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->at("AAPL"), (Decimal{293, -1, false}));
  EXPECT_EQ(got->at("BRK.A"), (Decimal{501, 0, false}));
}

TEST(PreviousCloseTest, NamesFileLineValueAndReasonOfABadLine) {
  EXPECT_EQ(ParsePreviousCloses("A,1\nB,abc\n", "c.csv").status().message(),
            "c.csv:2: \"B,abc\": the close is not a number");
  EXPECT_EQ(ParsePreviousCloses("A\n", "c.csv").status().message(),
            "c.csv:1: \"A\": not of the form symbol,close");
}

}  // namespace
}  // namespace fantail::desk
