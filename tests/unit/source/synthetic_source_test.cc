// The made-up market: its options, that it is the same for the same seed, and that it looks like
// one.
#include "fantail/source/synthetic_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fantail/text/csv.h"

namespace fantail::source {
namespace {

using Result = Source::Result;
using wire::TickKind;

SyntheticOptions Parse(std::string_view text) {
  const auto options = ParseSyntheticOptions(text);
  EXPECT_TRUE(options.ok()) << options.status();
  return *options;
}

std::string ErrorOf(std::string_view text) {
  const auto options = ParseSyntheticOptions(text);
  return options.ok() ? "none" : std::string(options.status().message());
}

TEST(SyntheticOptionsTest, KeepsDefaultsForWhatIsNotSaid) {
  const SyntheticOptions options =
      Parse("rate=5,duration=1.5s,stamp=1ms,seed=18446744073709551615");
  EXPECT_EQ(options.rate, 5U);
  EXPECT_EQ(options.duration_ns, 1'500'000'000U);
  EXPECT_EQ(options.stamp_ns, 1'000'000U);
  EXPECT_EQ(options.seed, UINT64_MAX);
  EXPECT_EQ(options.symbols, 8000U);
  EXPECT_EQ(Parse("").trades, 40U);
}

TEST(SyntheticOptionsTest, NamesTheKnownKeys) {
  EXPECT_EQ(ErrorOf("speed=3"),
            "source \"synthetic\": unknown key \"speed\"; the keys are symbols, rate, seed, count, "
            "duration, start, trades, venues, stamp, burst");
  EXPECT_EQ(ErrorOf("rate"),
            "source \"synthetic\": \"rate\" is not KEY=VALUE; the keys are symbols, rate, seed, "
            "count, duration, start, trades, venues, stamp, burst");
}

TEST(SyntheticOptionsTest, NamesTheRangeOfABadValue) {
  EXPECT_EQ(ErrorOf("symbols=1000001"),
            "source \"synthetic\": symbols \"1000001\" is not a whole number from 1 to 1000000");
  EXPECT_EQ(ErrorOf("rate=fast"),
            "source \"synthetic\": rate \"fast\" is not a whole number from 1 to 50000000");
  EXPECT_EQ(ErrorOf("seed=-1"), "source \"synthetic\": seed \"-1\" is not a whole number from 0");
  EXPECT_EQ(ErrorOf("stamp=5"),
            "source \"synthetic\": stamp \"5\" is not a duration from 1ns to 1s");
  EXPECT_EQ(ErrorOf("stamp=2s"),
            "source \"synthetic\": stamp \"2s\" is not a duration from 1ns to 1s");
  EXPECT_EQ(ErrorOf("duration=inf"),
            "source \"synthetic\": duration \"inf\" is not a duration from 0 to 1000h");
  EXPECT_EQ(ErrorOf("rate=1,rate=2"), "source \"synthetic\": rate is given twice");
}

TEST(SyntheticOptionsTest, ExplainsEveryKey) {
  const std::string help = SyntheticHelp();
  for (const char* words : {"symbols=8000", "rate=20000", "seed=1 ", "start=1381239000000000000",
                            "stamp=1us", "from 1ns to 1s", "burst=4"}) {
    EXPECT_NE(help.find(words), std::string::npos) << help;
  }
}

TEST(SyntheticSymbolsTest, HasShortNamesNoTwoAlike) {
  const SyntheticSymbols symbols(100'000);
  std::set<std::string_view> names;
  for (size_t rank = 0; rank < symbols.size(); ++rank) {
    const std::string_view name = symbols.name(rank);
    ASSERT_TRUE(name.size() >= 1 && name.size() <= 5) << name;
    ASSERT_EQ(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string_view::npos);
    ASSERT_TRUE(names.insert(name).second) << name;
  }
}

TEST(SyntheticSymbolsTest, KeepsTheNamesOfASmallerMarket) {
  const SyntheticSymbols few(100);
  const SyntheticSymbols many(5000);
  for (size_t rank = 0; rank < few.size(); ++rank) EXPECT_EQ(few.name(rank), many.name(rank));
}

TEST(SyntheticSymbolsTest, IsAsConcentratedAsTheRealMarket) {
  const SyntheticSymbols symbols(7123);
  Random random(5);
  constexpr int kPicks = 1'000'000;
  std::vector<int> picks(symbols.size());
  for (int i = 0; i < kPicks; ++i) ++picks[symbols.Pick(random)];
  const auto share_of_top = [&picks](size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += picks[i];
    return sum / kPicks;
  };
  EXPECT_NEAR(share_of_top(10), 0.164, 0.005);
  EXPECT_NEAR(share_of_top(100), 0.406, 0.012);
  EXPECT_NEAR(share_of_top(1000), 0.854, 0.018);
}

TEST(SyntheticSymbolsTest, CanBeASingleOne) {
  const SyntheticSymbols symbols(1);
  Random random(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(symbols.Pick(random), 0U);
}

// FNV-1a over the printed rows.
uint64_t HashOf(std::string_view options, int rows) {
  SyntheticSource source(Parse(options));
  uint64_t hash = 0xcbf29ce484222325;
  text::Row row;
  std::string line;
  for (int i = 0; i < rows; ++i) {
    EXPECT_EQ(source.Next(&row), Result::kRow);
    line.clear();
    AppendCsvRow(row, &line);
    for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

TEST(SyntheticSourceTest, IsTheSameForTheSameSeedAndNotForAnother) {
  EXPECT_EQ(HashOf("seed=7", 50'000), HashOf("seed=7", 50'000));
  EXPECT_NE(HashOf("seed=7", 50'000), HashOf("seed=8", 50'000));
}

// If this fails, recorded runs no longer replay: say so in the change log, then take the new
// number.
TEST(SyntheticSourceTest, IsTheSameAsInEarlierVersions) {
  EXPECT_EQ(HashOf("", 100'000), 16159465436016183727U);
}

TEST(SyntheticSourceTest, EndsAfterTheCount) {
  SyntheticSource source(Parse("count=3"));
  text::Row row;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(source.Next(&row), Result::kRow);
  EXPECT_EQ(source.Next(&row), Result::kEnd);
  EXPECT_EQ(source.Next(&row), Result::kEnd);
}

TEST(SyntheticSourceTest, StaysWithinItsTime) {
  SyntheticSource source(Parse("start=5000,duration=2s,rate=1000,stamp=1ms"));
  text::Row row;
  int64_t last = 5000;
  while (source.Next(&row) == Result::kRow) {
    ASSERT_GE(row.tick.time_ns, last);
    ASSERT_EQ((row.tick.time_ns - 5000) % 1'000'000, 0);
    last = row.tick.time_ns;
  }
  EXPECT_GT(last, 1'900'000'000);
  EXPECT_LT(last, 2'000'005'000);
  EXPECT_EQ(source.Next(&row), Result::kEnd);
}

int RowsOf(std::string_view options) {
  SyntheticSource source(Parse(options));
  text::Row row;
  int rows = 0;
  while (source.Next(&row) == Result::kRow) ++rows;
  return rows;
}

TEST(SyntheticSourceTest, HasTheRateThatIsAskedFor) {
  EXPECT_NEAR(RowsOf("duration=20s"), 400'000, 8'000);
  EXPECT_NEAR(RowsOf("duration=20s,burst=1"), 400'000, 8'000);
  EXPECT_NEAR(RowsOf("duration=20s,burst=9"), 400'000, 8'000);
  EXPECT_NEAR(RowsOf("duration=100000s,rate=1"), 100'000, 3'000);
  EXPECT_NEAR(RowsOf("duration=50ms,rate=20000000,burst=1"), 1'000'000, 20'000);
}

TEST(SyntheticSourceTest, SwingsWithinASecond) {
  SyntheticSource source(Parse("duration=1s,start=0,rate=100000"));
  std::vector<int> rows(20);
  text::Row row;
  while (source.Next(&row) == Result::kRow)
    ++rows[static_cast<size_t>(row.tick.time_ns / 50'000'000)];
  std::sort(rows.begin(), rows.end());
  EXPECT_GT(rows.back(), 4 * rows[5]);
}

struct Seen {
  int rows = 0;
  int trades = 0;
  int odd_lots = 0;
  int half_cents = 0;
  int one_sided = 0;
  int sharing = 0;  // their time stamp with a neighbour
  std::set<std::string_view> symbols;
  std::map<std::string_view, int> venues;
};

Seen Look(SyntheticSource& source) {
  Seen seen;
  std::vector<int64_t> times;
  text::Row row;
  while (source.Next(&row) == Result::kRow) {
    ++seen.rows;
    times.push_back(row.tick.time_ns);
    seen.symbols.insert(row.symbol);
    ++seen.venues[row.venue];
    if (row.tick.kind == TickKind::kTrade) {
      ++seen.trades;
      if (row.tick.size < 100) ++seen.odd_lots;
      if (row.tick.price_exponent == -3) ++seen.half_cents;
    }
    if (row.tick.flags != 0) ++seen.one_sided;
  }
  for (size_t i = 0; i < times.size(); ++i) {
    const bool before = i > 0 && times[i - 1] == times[i];
    const bool after = i + 1 < times.size() && times[i + 1] == times[i];
    if (before || after) ++seen.sharing;
  }
  return seen;
}

TEST(SyntheticSourceTest, LooksLikeAMarket) {
  SyntheticSource source(Parse("count=500000"));
  Seen seen = Look(source);
  const double rows = seen.rows;
  EXPECT_NEAR(seen.trades / rows, 0.40, 0.01);
  EXPECT_NEAR(seen.sharing / rows, 0.57, 0.05);
  EXPECT_NEAR(seen.odd_lots / double(seen.trades), 0.25, 0.02);
  EXPECT_GT(seen.half_cents, 0);
  EXPECT_NEAR(seen.one_sided / (rows - seen.trades), 0.002, 0.001);
  EXPECT_EQ(seen.venues.size(), 15U);
  EXPECT_GT(seen.venues["Q"], seen.venues["V"] * 10);
  EXPECT_GT(seen.symbols.size(), 5000U);
}

TEST(SyntheticSourceTest, HasOnlyWhatIsAskedFor) {
  SyntheticSource only_trades(Parse("count=1000,trades=100,venues=1,symbols=1"));
  const Seen trades = Look(only_trades);
  EXPECT_EQ(trades.trades, 1000);
  EXPECT_EQ(trades.venues.size(), 1U);
  EXPECT_EQ(trades.symbols.size(), 1U);
  SyntheticSource only_quotes(Parse("count=1000,trades=0"));
  EXPECT_EQ(Look(only_quotes).trades, 0);
}

TEST(SyntheticSourceTest, MakesOnlyRowsThatTheParserAccepts) {
  SyntheticSource source(Parse("count=100000,symbols=200"));
  text::CsvParser parser;
  text::Row row;
  text::Row parsed;
  std::string line;
  while (source.Next(&row) == Result::kRow) {
    line.clear();
    AppendCsvRow(row, &line);
    const char* problem = parser.Parse(line, &parsed);
    ASSERT_EQ(problem, nullptr) << problem << ": " << line;
    std::string again;
    AppendCsvRow(parsed, &again);
    ASSERT_EQ(again, line);
    if (row.tick.kind != TickKind::kQuote) {
      ASSERT_GT(row.tick.price, 0);
      ASSERT_GT(row.tick.size, 0U);
    } else if (row.tick.flags == 0) {
      ASSERT_GT(row.tick.price, 0) << line;
      ASSERT_GT(row.tick.ask_price, row.tick.price) << line;
      ASSERT_GE(row.tick.size, 100U) << line;
      ASSERT_GE(row.tick.ask_size, 100U) << line;
    }
  }
}

}  // namespace
}  // namespace fantail::source
