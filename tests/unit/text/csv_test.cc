// CSV rows: what is accepted, what is refused and with which words, and the way there and back.
#include "fantail/text/csv.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/text/line_reader.h"
#include "tests/support/recorded_data.h"

namespace fantail::text {
namespace {

using wire::Tick;
using wire::TickKind;

// Parses one line and keeps what came of it.
class CsvTest : public ::testing::Test {
 protected:
  Tick Parse(std::string_view line) {
    const char* problem = parser_.Parse(line, &row_);
    EXPECT_EQ(problem, nullptr) << problem << " in " << line;
    return row_.tick;
  }

  std::string ProblemOf(std::string_view line) {
    const char* problem = parser_.Parse(line, &row_);
    return problem == nullptr ? "none" : problem;
  }

  std::string Reprint(std::string_view line) {
    Parse(line);
    std::string out;
    AppendCsvRow(row_, &out);
    return out;
  }

  CsvParser parser_;
  Row row_;
};

TEST_F(CsvTest, ParsesATrade) {
  const Tick tick = Parse("1499697385456128957,YELP,trade,63.065,214,,,,,IEXTEST");
  EXPECT_EQ(row_.symbol, "YELP");
  EXPECT_EQ(row_.venue, "IEXTEST");
  EXPECT_EQ(tick.kind, TickKind::kTrade);
  EXPECT_EQ(tick.time_ns, 1499697385456128957);
  EXPECT_EQ(tick.price, 63065);
  EXPECT_EQ(tick.price_exponent, -3);
  EXPECT_EQ(tick.size, 214U);
  EXPECT_EQ(tick.size_exponent, 0);
  EXPECT_EQ(tick.flags, 0);
}

TEST_F(CsvTest, GivesTheSidesOfAQuoteOneExponent) {
  const Tick tick = Parse("1,BAC,quote,,,13.8,1000,13.92,0.5,P");
  EXPECT_EQ(tick.kind, TickKind::kQuote);
  EXPECT_EQ(tick.price, 1380);
  EXPECT_EQ(tick.ask_price, 1392);
  EXPECT_EQ(tick.price_exponent, -2);
  EXPECT_EQ(tick.size, 10000U);
  EXPECT_EQ(tick.ask_size, 5U);
  EXPECT_EQ(tick.size_exponent, -1);
}

TEST_F(CsvTest, ChoosesTheExponentNearestToZero) {
  EXPECT_EQ(Parse("1,A,quote,,,13.80,1,13.90,1,P").price_exponent, -1);
  EXPECT_EQ(Parse("1,A,quote,,,13,1,14,1,P").price_exponent, 0);
  EXPECT_EQ(Parse("1,A,quote,,,0,1,0.001,1,P").price_exponent, -3);
  EXPECT_EQ(Parse("1,A,quote,,,1e20,1,3e25,1,P").price_exponent, 7);
  const Tick tick = Parse("1,A,quote,,,10,1,1e19,1,P");
  EXPECT_EQ(tick.price_exponent, 1);
  EXPECT_EQ(tick.price, 1);
  EXPECT_EQ(tick.ask_price, 1'000'000'000'000'000'000);
}

TEST_F(CsvTest, TellsABlankSideFromAZero) {
  EXPECT_EQ(Parse("1,A,quote,,,,,,,P").flags,
            wire::kNoPrice | wire::kNoSize | wire::kNoAskPrice | wire::kNoAskSize);
  EXPECT_EQ(Parse("1,A,quote,,,0,0.0,0,0,P").flags, 0);
  EXPECT_EQ(Parse("1,A,quote,,,,,4.26,353,P").flags, wire::kNoPrice | wire::kNoSize);
  EXPECT_EQ(Parse("1,A,quote,,,4.26,,4.27,,P").flags, wire::kNoSize | wire::kNoAskSize);
}

TEST_F(CsvTest, ParsesAChangeOfStatus) {
  const Tick tick = Parse("1,A,halt,,,,,,,XNYS");
  EXPECT_EQ(tick.kind, TickKind::kStatus);
  EXPECT_EQ(tick.size, static_cast<uint64_t>(wire::TradingStatus::kHalt));
  for (const char* line :
       {"1,A,open,,,,,,,\n", "1,A,halt,,,,,,,N\n", "1,A,resume,,,,,,,\n", "1,A,close,,,,,,,\n"}) {
    EXPECT_EQ(Reprint(line), line);
  }
}

TEST_F(CsvTest, AcceptsEveryLineEnd) {
  for (const char* end : {"", "\n", "\r\n", "\r"}) {
    EXPECT_EQ(Reprint("1,A,trade,5,10,,,,,P" + std::string(end)), "1,A,trade,5,10,,,,,P\n");
  }
}

TEST_F(CsvTest, AcceptsNegativePricesAndTimesBefore1970) {
  const Tick tick = Parse("-9223372036854775808,CLK20,trade,-37.63,1,,,,,");
  EXPECT_EQ(tick.time_ns, INT64_MIN);
  EXPECT_EQ(tick.price, -3763);
  EXPECT_EQ(row_.venue, "");
}

TEST_F(CsvTest, ReadsTimesOfEveryLength) {
  std::string digits;
  for (int length = 1; length <= 19; ++length) {
    digits += static_cast<char>('0' + length % 10);
    EXPECT_EQ(Parse(digits + ",A,trade,5,1,,,,,").time_ns, std::stoll(digits));
    for (size_t i = 0; i < digits.size(); ++i) {
      for (const char bad : {'/', ':', ' ', '\xb1', '\0'}) {
        std::string line = digits + ",A,trade,5,1,,,,,";
        line[i] = bad;
        EXPECT_NE(ProblemOf(line), "none") << line;
      }
    }
  }
  EXPECT_EQ(Parse("8999999999999999999,A,trade,5,1,,,,,").time_ns, 8999999999999999999);
}

TEST_F(CsvTest, KeepsTheExtremes) {
  for (const char* line :
       {"9223372036854775807,A,trade,-9223372036854775807,9223372036854775807,,,,,\n",
        "1,A,quote,,,-0.000000000000000000000000000001,0,0.000000000009223372036854775807,1,\n",
        "1,A,quote,,,-9.223372036854775807,0,9.223372036854775807,1,\n"}) {
    EXPECT_EQ(Reprint(line), line);
  }
}

TEST_F(CsvTest, PrintsTheShortestForm) {
  EXPECT_EQ(Reprint("01,A,trade,+005.500,1e2,,,,,P"), "1,A,trade,5.5,100,,,,,P\n");
  EXPECT_EQ(Reprint("1,A,quote,,,2683.80000000,3.02920000,2683.81000000,31.43950000,BN.SPOT"),
            "1,A,quote,,,2683.8,3.0292,2683.81,31.4395,BN.SPOT\n");
}

// As other sources leave it. The sanitizer says so if what is not there is read.
TEST_F(CsvTest, PrintsARowWhoseVenueIsNoTextAtAll) {
  std::string line;
  AppendCsvRow("A", std::string_view(), Parse("1,A,trade,5.5,100,,,,,"), &line);
  EXPECT_EQ(line, "1,A,trade,5.5,100,,,,,\n");
}

TEST_F(CsvTest, QuotesNamesThatNeedIt) {
  EXPECT_EQ(Reprint("1,\"A,B\",trade,5,1,,,,,\"a \"\"b\"\"\"\n"),
            "1,\"A,B\",trade,5,1,,,,,\"a \"\"b\"\"\"\n");
  EXPECT_EQ(row_.symbol, "A,B");
  EXPECT_EQ(row_.venue, "a \"b\"");
  EXPECT_EQ(Reprint("1,\"AB\",\"trade\",5,1,,,,,P"), "1,AB,trade,5,1,,,,,P\n");
}

TEST_F(CsvTest, PrintsKindsAndStatusesThatItDoesNotKnowAsNumbers) {
  std::string out;
  Tick tick{};
  tick.kind = static_cast<TickKind>(200);
  AppendCsvRow("A", "P", tick, &out);
  tick.kind = TickKind::kStatus;
  tick.size = 99;
  AppendCsvRow("A", "P", tick, &out);
  EXPECT_EQ(out, "0,A,200,,,,,,,P\n0,A,99,,,,,,,P\n");
}

TEST_F(CsvTest, PrintsTheLongestRowWithinItsBound) {
  Tick tick{};
  tick.kind = TickKind::kQuote;
  tick.time_ns = INT64_MIN;
  tick.price = tick.ask_price = INT64_MIN;
  tick.size = tick.ask_size = UINT64_MAX;
  tick.price_exponent = tick.size_exponent = INT8_MIN;
  const std::string symbol(kMaxTopicBytes, '"');
  const std::string venue(kMaxVenueBytes, '"');
  std::vector<char> out(kMaxCsvRow);
  EXPECT_LE(FormatCsvRow(symbol, venue, tick, out.data()), out.data() + out.size());
}

TEST_F(CsvTest, SaysHowManyColumnsThereAre) {
  EXPECT_EQ(ProblemOf("1,A,trade,5,1,,,,"), "9 columns instead of 10");
  EXPECT_EQ(ProblemOf("1,A,trade,5,1,,,,,P,"), "11 columns instead of 10");
  EXPECT_EQ(ProblemOf("garbage"), "1 column instead of 10");
  EXPECT_EQ(ProblemOf(""), "the line is blank");
  EXPECT_EQ(ProblemOf("\"1\",A,trade"), "3 columns instead of 10");
}

TEST_F(CsvTest, SaysWhatIsWrongWithTheTime) {
  EXPECT_EQ(ProblemOf(",A,trade,5,1,,,,,P"), "ts_ns is blank");
  EXPECT_EQ(ProblemOf("1.5,A,trade,5,1,,,,,P"),
            "ts_ns \"1.5\" is not a whole number of nanoseconds");
  EXPECT_EQ(ProblemOf("9223372036854775808,A,trade,5,1,,,,,P"),
            "ts_ns \"9223372036854775808\" does not fit 64 bits");
}

TEST_F(CsvTest, SaysWhatIsWrongWithTheNames) {
  EXPECT_EQ(ProblemOf("1,,trade,5,1,,,,,P"), "symbol is blank");
  EXPECT_EQ(ProblemOf("1," + std::string(65, 'A') + ",trade,5,1,,,,,P"),
            "symbol is 65 bytes long; 64 at most");
  EXPECT_EQ(ProblemOf("1," + std::string(64, 'A') + ",trade,5,1,,,,,P"), "none");
  EXPECT_EQ(ProblemOf("1,AAP*,trade,5,1,,,,,P"),
            "symbol \"AAP*\" is not a topic: it ends with '*', which marks a pattern");
  EXPECT_EQ(ProblemOf(std::string_view("1,A\0B,trade,5,1,,,,,P", 21)),
            "symbol \"A\\x00B\" is not a topic: it contains a NUL byte");
  EXPECT_EQ(ProblemOf(std::string_view("1,A,trade,5,1,,,,,\0", 19)),
            "venue \"\\x00\" contains a NUL byte");
  EXPECT_EQ(ProblemOf("1,A,trade,5,1,,,,," + std::string(65, 'V')),
            "venue is 65 bytes long; 64 at most");
}

TEST_F(CsvTest, SaysWhatIsWrongWithTheKind) {
  EXPECT_EQ(ProblemOf("1,A,,5,1,,,,,P"), "kind is blank");
  EXPECT_EQ(ProblemOf("1,A,Trade,5,1,,,,,P"),
            "kind \"Trade\" is unknown; it is trade, quote, open, halt, resume or close");
}

TEST_F(CsvTest, SaysWhatIsWrongWithANumber) {
  EXPECT_EQ(ProblemOf("1,A,trade,abc,1,,,,,P"), "price \"abc\" is not a decimal number");
  EXPECT_EQ(ProblemOf("1,A,trade,1e400,1,,,,,P"),
            "price \"1e400\" does not fit (63 bits, times a power of ten from -30 to 30)");
  EXPECT_EQ(ProblemOf("1,A,trade,5,-1,,,,,P"), "size \"-1\" is negative");
  EXPECT_EQ(ProblemOf("1,A,quote,,,1,2,3,x,P"), "ask_size \"x\" is not a decimal number");
  EXPECT_EQ(ProblemOf("1,A,quote,,,1,2, 3,4,P"), "ask \" 3\" is not a decimal number");
  EXPECT_EQ(ProblemOf("1,A,quote,,,1e19,2,0.1,4,P"),
            "bid \"1e19\" and ask \"0.1\" do not fit one exponent with 63 bits each");
  EXPECT_EQ(ProblemOf("1,A,quote,,,1,1e18,1,0.01,P"),
            "bid_size \"1e18\" and ask_size \"0.01\" do not fit one exponent with 63 bits each");
}

TEST_F(CsvTest, SaysWhichColumnDoesNotGoWithTheKind) {
  EXPECT_EQ(ProblemOf("1,A,trade,,1,,,,,P"), "a trade without a price");
  EXPECT_EQ(ProblemOf("1,A,trade,5,,,,,,P"), "a trade without a size");
  EXPECT_EQ(ProblemOf("1,A,trade,5,1,,,4.2,,P"), "a trade has no ask, but it is \"4.2\"");
  EXPECT_EQ(ProblemOf("1,A,quote,5,,,,,,P"), "a quote has no price, but it is \"5\"");
  EXPECT_EQ(ProblemOf("1,A,halt,,,,,,7,P"), "a change of status has no ask_size, but it is \"7\"");
}

TEST_F(CsvTest, RefusesQuotationMarksOutOfPlace) {
  EXPECT_EQ(ProblemOf("1,\"A,trade,5"), "a quotation mark is not closed: \"1,\"A,trade,5\"");
  EXPECT_EQ(ProblemOf("1,A\"B,trade"),
            "a quotation mark in the middle of a column: \"1,A\"B,trade\"");
  EXPECT_EQ(ProblemOf("1,\"A\"B,trade"),
            "a quotation mark in the middle of a column: \"1,\"A\"B,trade\"");
}

TEST_F(CsvTest, ShortensAndDefusesWhatItShows) {
  EXPECT_EQ(Printable("a\x1b[31m\xff"), "\"a\\x1b[31m\\xff\"");
  EXPECT_EQ(Printable(std::string(1000, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

TEST_F(CsvTest, GoesOnAfterABadRow) {
  EXPECT_EQ(ProblemOf("1,A,quote,,,1,2,3,x,P"), "ask_size \"x\" is not a decimal number");
  EXPECT_EQ(Reprint("1,A,trade,5,1,,,,,P"), "1,A,trade,5,1,,,,,P\n");
}

TEST_F(CsvTest, SurvivesRandomDamageAndReadsBackWhatItAccepts) {
  constexpr uint64_t kSeed = 20230711;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  const std::string good = "1381219200135000000,AIG,quote,,,48.18,100,49.1,300,P";
  static constexpr std::string_view kBytes("0123456789.,-+e*\"\r\n \0trade", 26);
  for (int i = 0; i < 100'000; ++i) {
    std::string line = good;
    for (uint64_t damage = random.Below(4) + 1; damage > 0; --damage) {
      line[random.Below(line.size())] = kBytes[random.Below(kBytes.size())];
    }
    if (parser_.Parse(line, &row_) != nullptr) continue;
    std::string printed;
    AppendCsvRow(row_, &printed);
    const Tick tick = row_.tick;
    if (row_.symbol.find_first_of("\r\n") != std::string_view::npos) continue;
    if (row_.venue.find_first_of("\r\n") != std::string_view::npos) continue;
    ASSERT_EQ(parser_.Parse(printed, &row_), nullptr) << line;
    ASSERT_EQ(row_.tick, tick) << line;
  }
}

// Whether `a` is `b` up to trailing zeros behind the points of its numbers.
bool SameUpToZeros(std::string_view a, std::string_view b) {
  size_t column = 0;
  while (true) {
    std::string_view x = a.substr(0, a.find(','));
    const std::string_view y = b.substr(0, b.find(','));
    if (column >= 3 && column <= 8 && x.find('.') != std::string_view::npos) {
      while (x.back() == '0') x.remove_suffix(1);
      if (x.back() == '.') x.remove_suffix(1);
    }
    if (x != y) return false;
    if (++column == kCsvColumns) return a.size() >= x.size();
    a.remove_prefix(a.find(',') + 1);
    b.remove_prefix(y.size() + 1);
  }
}

struct Recorded {
  const char* file;
  size_t rows;
  bool exact;  // byte for byte, not only up to trailing zeros
};

class RecordedCsvTest : public ::testing::TestWithParam<Recorded> {};

TEST_P(RecordedCsvTest, ComesBackAsItWas) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA(GetParam().file, &path);
  auto reader = LineReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  CsvParser parser;
  Row row;
  std::string_view line;
  ASSERT_EQ((*reader)->Next(&line), LineReader::Result::kLine);
  ASSERT_EQ(line, kCsvHeader);
  size_t rows = 0;
  std::string printed;
  while ((*reader)->Next(&line) == LineReader::Result::kLine) {
    const char* problem = parser.Parse(line, &row);
    ASSERT_EQ(problem, nullptr) << problem << ": " << line;
    printed.clear();
    AppendCsvRow(row, &printed);
    printed.pop_back();
    if (printed != line) {
      ASSERT_FALSE(GetParam().exact) << line << "\n" << printed;
      ASSERT_TRUE(SameUpToZeros(line, printed)) << line << "\n" << printed;
    }
    ++rows;
  }
  EXPECT_EQ((*reader)->Next(&line), LineReader::Result::kEnd) << (*reader)->problem();
  EXPECT_EQ(rows, GetParam().rows);
}

INSTANTIATE_TEST_SUITE_P(Files, RecordedCsvTest,
                         ::testing::Values(Recorded{"us_eq_20131008.csv.gz", 1564133, true},
                                           Recorded{"sse_l2_20230711.csv.gz", 283116, true},
                                           Recorded{"iextest_tops16.csv.gz", 33607, true},
                                           Recorded{"binance_20240808.csv.gz", 262416, false},
                                           Recorded{"crypto20_aligned.csv.gz", 11154, false}),
                         [](const auto& instance) {
                           const std::string file = instance.param.file;
                           return file.substr(0, file.find('.'));
                         });

}  // namespace
}  // namespace fantail::text
