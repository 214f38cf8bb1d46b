// Rows as objects of JSON: parsed, printed, and what is said about wrong ones.
#include "fantail/text/ndjson.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/text/csv.h"
#include "fantail/text/line_reader.h"
#include "tests/support/recorded_data.h"

namespace fantail::text {
namespace {

using Result = NdjsonParser::Result;
using wire::Tick;
using wire::TickKind;

std::string Print(std::string_view symbol, std::string_view venue, const Tick& tick,
                  const Place& place = {}) {
  std::string line;
  AppendNdjsonRow(place, symbol, venue, tick, &line);
  return line;
}

class NdjsonTest : public ::testing::Test {
 protected:
  Tick Parse(std::string_view line) {
    EXPECT_EQ(parser_.Parse(line, &row_), Result::kRow) << parser_.problem() << " in " << line;
    return row_.tick;
  }

  std::string ProblemOf(std::string_view line) {
    return parser_.Parse(line, &row_) == Result::kBad ? parser_.problem() : "none";
  }

  // As CSV: short to write down, and tested by itself.
  std::string CsvOf(std::string_view line) {
    Parse(line);
    std::string csv;
    AppendCsvRow(row_, &csv);
    csv.pop_back();
    return csv;
  }

  // What a line of CSV becomes.
  std::string FromCsv(std::string_view csv) {
    CsvParser parser;
    Row row;
    const char* problem = parser.Parse(csv, &row);
    EXPECT_EQ(problem, nullptr) << problem;
    return Print(row.symbol, row.venue, row.tick);
  }

  NdjsonParser parser_;
  Row row_;
};

TEST_F(NdjsonTest, PrintsATradeWithItsPlaceInTheFeed) {
  Tick tick{};
  tick.kind = TickKind::kTrade;
  tick.time_ns = 1381239000000123456;
  tick.price = 48625;
  tick.price_exponent = -2;
  tick.size = 100;
  tick.sequence = Sequence{3};
  EXPECT_EQ(Print("AAPL", "N", tick, {Epoch{5932386188544376832}, Position{12}}),
            "{\"type\":\"trade\",\"ts\":\"2013-10-08T13:30:00.000123456Z\","
            "\"ts_ns\":1381239000000123456,\"symbol\":\"AAPL\",\"price\":\"486.25\","
            "\"size\":\"100\",\"venue\":\"N\",\"epoch\":\"5932386188544376832\",\"position\":12,"
            "\"sequence\":3}\n");
}

TEST_F(NdjsonTest, PrintsABlankSideAsNull) {
  EXPECT_EQ(FromCsv("0,A,quote,,,4.26,353,,,"),
            "{\"type\":\"quote\",\"ts\":\"1970-01-01T00:00:00.000000000Z\",\"ts_ns\":0,"
            "\"symbol\":\"A\",\"bid\":\"4.26\",\"bid_size\":\"353\",\"ask\":null,"
            "\"ask_size\":null,\"venue\":null}\n");
}

TEST_F(NdjsonTest, PrintsStatusesAndTimesOfAllCenturies) {
  EXPECT_EQ(FromCsv("-1,A,halt,,,,,,,N"),
            "{\"type\":\"status\",\"ts\":\"1969-12-31T23:59:59.999999999Z\",\"ts_ns\":-1,"
            "\"symbol\":\"A\",\"status\":\"halt\",\"venue\":\"N\"}\n");
  EXPECT_NE(FromCsv("-9223372036854775808,A,halt,,,,,,,N").find("1677-09-21T00:12:43.145224192Z"),
            std::string::npos);
  EXPECT_NE(FromCsv("9223372036854775807,A,halt,,,,,,,N").find("2262-04-11T23:47:16.854775807Z"),
            std::string::npos);
}

TEST_F(NdjsonTest, PrintsKindsAndStatusesThatItDoesNotKnowAsNumbers) {
  Tick tick{};
  tick.kind = static_cast<TickKind>(200);
  EXPECT_TRUE(Print("A", "", tick).starts_with("{\"type\":\"200\","));
  tick.kind = TickKind::kStatus;
  tick.size = 99;
  EXPECT_NE(Print("A", "", tick).find("\"status\":\"99\""), std::string::npos);
}

TEST_F(NdjsonTest, PrintsTheLongestRowWithinItsBound) {
  Tick tick{};
  tick.kind = TickKind::kQuote;
  tick.time_ns = INT64_MIN;
  tick.price = tick.ask_price = INT64_MIN;
  tick.size = tick.ask_size = UINT64_MAX;
  tick.price_exponent = tick.size_exponent = INT8_MIN;
  tick.sequence = Sequence{UINT32_MAX};
  const std::string symbol(kMaxTopicBytes, '\x01');
  const std::string venue(kMaxVenueBytes, '\xff');
  std::vector<char> out(kMaxNdjsonRow);
  EXPECT_LE(
      FormatNdjsonRow({Epoch{UINT64_MAX}, Position{UINT64_MAX}}, symbol, venue, tick, out.data()),
      out.data() + out.size());
}

TEST_F(NdjsonTest, ParsesStringsAndNumbersExactly) {
  EXPECT_EQ(CsvOf(R"({"type":"trade","ts_ns":1,"symbol":"A","price":"486.25","size":"100"})"),
            "1,A,trade,486.25,100,,,,,");
  EXPECT_EQ(CsvOf(R"({"type":"trade","ts_ns":"1","symbol":"A","price":0.1,"size":1e2})"),
            "1,A,trade,0.1,100,,,,,");
  EXPECT_EQ(CsvOf(R"({"type":"trade","ts_ns":1,"symbol":"A","price":9007199254740993.5,"size":1})"),
            "1,A,trade,9007199254740993.5,1,,,,,");
}

TEST_F(NdjsonTest, TakesKeysInAnyOrderAndPassesOverOthers) {
  EXPECT_EQ(CsvOf(R"( { "venue" : "N", "extra":[1,{"symbol":"B"}], "size": 5 ,"price":1,)"
                  R"("symbol":"A","ts_ns":7,"type":"trade","epoch":"1","position":2,"sequence":3} )"
                  "\r\n"),
            "7,A,trade,1,5,,,,,N");
}

TEST_F(NdjsonTest, TakesNullAndAbsentAsBlank) {
  EXPECT_EQ(CsvOf(R"({"type":"quote","ts_ns":1,"symbol":"A","bid":null,"ask":2,"ask_size":3,)"
                  R"("venue":null,"price":null})"),
            "1,A,quote,,,,,2,3,");
  EXPECT_EQ(CsvOf(R"({"type":"quote","ts_ns":1,"symbol":"A","venue":""})"), "1,A,quote,,,,,,,");
}

TEST_F(NdjsonTest, TakesTheTimeFromTsWhereTsNsIsAbsent) {
  EXPECT_EQ(Parse(R"({"type":"status","ts":"2013-10-08T13:30:00.000123456Z","symbol":"A",)"
                  R"("status":"open"})")
                .time_ns,
            1381239000000123456);
  EXPECT_EQ(Parse(R"({"type":"status","ts":"2013-10-08T15:30:00+02:00","symbol":"A",)"
                  R"("status":"open"})")
                .time_ns,
            1381239000000000000);
  EXPECT_EQ(Parse(R"({"type":"status","ts":"2013-10-08T13:30:00Z","ts_ns":5,"symbol":"A",)"
                  R"("status":"open"})")
                .time_ns,
            5);
  EXPECT_FALSE(row_.no_time);
}

TEST_F(NdjsonTest, SaysThatARowHasNoTimeOfItsOwn) {
  EXPECT_EQ(CsvOf(R"({"type":"status","symbol":"AAPL","status":"halt"})"), "0,AAPL,halt,,,,,,,");
  EXPECT_TRUE(row_.no_time);
  Parse(R"({"type":"status","ts_ns":0,"symbol":"AAPL","status":"halt"})");
  EXPECT_FALSE(row_.no_time);
}

TEST_F(NdjsonTest, KeepsNamesOfAnyBytes) {
  for (const std::string_view name :
       {"A\"B", "a\\b", "\x01\x1f", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa6", "\xff\xfe", "\xc3",
        "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "x\x80y\xc3\xa4", "\x7f"}) {
    Tick tick{};
    tick.kind = TickKind::kStatus;
    tick.size = 2;
    const std::string line = Print(name, name, tick);
    Parse(line);
    EXPECT_EQ(row_.symbol, name) << line;
    EXPECT_EQ(row_.venue, name) << line;
  }
}

TEST_F(NdjsonTest, WritesABytesThatIsNoUtf8AsALoneSurrogate) {
  std::string text;
  AppendJsonString("a\xff\xc3\xa4\n", &text);
  EXPECT_EQ(text, "\"a\\udcff\xc3\xa4\\u000a\"");
}

TEST_F(NdjsonTest, ReadsEveryEscape) {
  Parse(R"({"type":"status","symbol":"\u0041\/\b\ud83d\udc26","status":"halt"})");
  EXPECT_EQ(row_.symbol, "A/\b\xf0\x9f\x90\xa6");
  for (const char* wrong : {"\\ud83d", "\\ud83dx", "\\udc00", "\\u12", "\\u00g0", "\\x"}) {
    EXPECT_EQ(ProblemOf("{\"type\":\"status\",\"symbol\":\"" + std::string(wrong) + "\"}"),
              "symbol \"" + std::string(wrong) + "\" has a wrong escape in it");
  }
}

TEST_F(NdjsonTest, PassesOverWhatADeskPrintsBetweenTheRows) {
  for (const char* type : {"epoch", "state", "image", "end"}) {
    EXPECT_EQ(parser_.Parse("{\"type\":\"" + std::string(type) + "\",\"trade\":{}}", &row_),
              Result::kEvent);
  }
  EXPECT_EQ(ProblemOf(R"({"type":"gap","from":101,"to":250,"patterns":["A*"]})"),
            "a gap: what this was printed from has no records of positions 101 to 250 here");
}

TEST_F(NdjsonTest, SaysWhatIsNoObject) {
  EXPECT_EQ(ProblemOf(""), "the line is blank");
  for (const char* line : {"1,A,trade,5,1,,,,,", "[1]", "7", "\"x\"", "{\"type\"", "{\"a\":1}}",
                           "{\"a\":1} {}", "{\"type\":\"trade\"", "{type:1}", "{\"a\":\"\xff\"}"}) {
    EXPECT_TRUE(ProblemOf(line).starts_with("not an object of JSON: ") ||
                ProblemOf(line).starts_with("no type"))
        << line << ": " << ProblemOf(line);
  }
}

TEST_F(NdjsonTest, SaysWhichFieldIsWrongAndWhy) {
  const auto trade = [](const std::string& rest) {
    return "{\"type\":\"trade\",\"ts_ns\":1,\"symbol\":\"A\"," + rest + "}";
  };
  EXPECT_EQ(ProblemOf("{}"), "no type; it is trade, quote or status");
  EXPECT_EQ(ProblemOf(R"({"type":"Trade"})"),
            "type \"Trade\" is unknown; it is trade, quote or status");
  EXPECT_EQ(ProblemOf(R"({"type":"trade","price":1,"size":1})"), "no symbol");
  EXPECT_EQ(ProblemOf(R"({"type":"trade","symbol":5})"),
            "symbol \"5\" is not a text in quotation marks");
  EXPECT_EQ(ProblemOf(R"({"type":"trade","symbol":"AAP*","price":1,"size":1})"),
            "symbol \"AAP*\" is not a topic: it ends with '*', which marks a pattern");
  EXPECT_EQ(ProblemOf(trade(R"("size":1)")), "a trade without a price");
  EXPECT_EQ(ProblemOf(trade(R"("price":"abc","size":1)")), "price \"abc\" is not a decimal number");
  EXPECT_EQ(ProblemOf(trade(R"("price":01,"size":1)")), "price \"01\" is not a number of JSON");
  EXPECT_EQ(ProblemOf(trade(R"("price":true,"size":1)")),
            "price \"true\" is not a text in quotation marks or a number");
  EXPECT_EQ(ProblemOf(trade(R"("price":1,"price":2,"size":1)")), "price is given twice");
  EXPECT_EQ(ProblemOf(trade(R"("price":"","size":1)")),
            "price is blank; leave it out, or write null");
  EXPECT_EQ(ProblemOf(trade(R"("price":1e400,"size":1)")),
            "price \"1e400\" does not fit (63 bits, times a power of ten from -30 to 30)");
  EXPECT_EQ(ProblemOf(trade(R"("price":1,"size":-1)")), "size \"-1\" is negative");
  EXPECT_EQ(ProblemOf(trade(R"("price":1,"size":1,"bid":3)")),
            "a trade has no bid, but it is \"3\"");
  EXPECT_EQ(ProblemOf(trade(R"("price":1,"size":1,"status":"halt")")),
            "a trade has no status, but it is \"halt\"");
  EXPECT_EQ(ProblemOf(R"({"type":"status","symbol":"A"})"),
            "a status without its word; it is open, halt, resume or close");
  EXPECT_EQ(ProblemOf(R"({"type":"status","symbol":"A","status":"trade"})"),
            "status \"trade\" is unknown; it is open, halt, resume or close");
  EXPECT_EQ(ProblemOf(R"({"type":"status","symbol":"A","status":"halt","ts_ns":1.5})"),
            "ts_ns \"1.5\" is not a whole number of nanoseconds");
  EXPECT_EQ(ProblemOf(R"({"type":"status","symbol":"A","status":"halt","ts":"yesterday"})"),
            "ts \"yesterday\" is not a time such as 2013-10-08T13:30:00.5Z");
  EXPECT_EQ(
      ProblemOf(R"({"type":"status","symbol":"A","status":"halt","ts":"9999-01-01T00:00:00Z"})"),
      "ts \"9999-01-01T00:00:00Z\" does not fit 64 bits of nanoseconds");
}

TEST_F(NdjsonTest, SurvivesRandomDamageAndReadsBackWhatItAccepts) {
  constexpr uint64_t kSeed = 20131008;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  const std::string good =
      R"({"type":"quote","ts_ns":1381219200135,"symbol":"A\u0049G","bid":48.18,"bid_size":"1",)"
      R"("ask":null,"ask_size":null,"venue":"P","x":[{"y":[1,"\\\""]}]})";
  static constexpr std::string_view kBytes("0123456789.,-+e\"\\\\{}[]:nu \0\xff\xc3\xa4", 30);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string line = good;
    for (uint64_t damage = random.Below(4) + 1; damage > 0; --damage) {
      line[random.Below(line.size())] = kBytes[random.Below(kBytes.size())];
    }
    if (random.OneIn(4)) line.resize(random.Below(line.size()));
    if (parser_.Parse(line, &row_) != Result::kRow) continue;
    ++accepted;
    const Row first = row_;
    const std::string printed = Print(row_.symbol, row_.venue, row_.tick);
    ASSERT_EQ(parser_.Parse(printed, &row_), Result::kRow) << line << printed << parser_.problem();
    ASSERT_EQ(row_.tick, first.tick) << line;
  }
  EXPECT_GT(accepted, 1000);
}

TEST_F(NdjsonTest, CarriesARecordedDayThereAndBack) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("crypto20_aligned.csv.gz", &path);
  auto reader = LineReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  CsvParser csv;
  Row row;
  std::string_view line;
  ASSERT_EQ((*reader)->Next(&line), LineReader::Result::kLine);
  size_t rows = 0;
  while ((*reader)->Next(&line) == LineReader::Result::kLine) {
    ASSERT_EQ(csv.Parse(line, &row), nullptr) << line;
    const std::string printed = Print(row.symbol, row.venue, row.tick);
    ASSERT_EQ(parser_.Parse(printed, &row_), Result::kRow) << printed << parser_.problem();
    ASSERT_EQ(row_.tick, row.tick) << printed;
    ASSERT_EQ(row_.symbol, row.symbol);
    ASSERT_EQ(row_.venue, row.venue);
    ++rows;
  }
  EXPECT_EQ(rows, 11'154U);
}

}  // namespace
}  // namespace fantail::text
