// NASDAQ TotalView-ITCH: order books from known messages, statuses, dates, and what is said of
// damaged files.
#include "fantail/source/itch_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/capture_bytes.h"
#include "tests/support/drain.h"
#include "tests/support/temp_file.h"

namespace fantail::source {
namespace {

using fantail::testing::Drain;
using fantail::testing::Gzip;
using fantail::testing::Lines;
using fantail::testing::TempFile;
namespace itch = fantail::testing::itch;
using Messages = std::vector<std::string>;

// Midnight of 30 January 2019 in New York, five hours behind.
const std::string kDate = ",date=2019-01-30";
constexpr int64_t kMidnight = 1548824400'000'000'000;

std::unique_ptr<ItchSource> Open(const std::string& text) {
  auto source = ItchSource::Open(text);
  EXPECT_TRUE(source.ok()) << source.status();
  return *std::move(source);
}

Lines DrainFile(const std::string& bytes, const std::string& keys = kDate) {
  const TempFile file(bytes);
  return Drain(*Open(file.path() + keys), file.path());
}

// The rows with the nanoseconds since midnight as their times, and without the venue.
Lines Short(Lines lines) {
  for (std::string& line : lines) {
    const size_t comma = line.find(',');
    if (!line.ends_with(",NASDAQ")) continue;
    line = std::to_string(std::stoll(line.substr(0, comma)) - kMidnight) + line.substr(comma);
    line.resize(line.size() - 7);
  }
  return lines;
}

Lines Rows(const Messages& messages, const std::string& keys = kDate) {
  return Short(DrainFile(itch::File(messages), keys));
}

TEST(ItchSourceTest, BuildsTheTopOfEachBookFromItsOrders) {
  EXPECT_EQ(Rows({itch::AddOrder(1, 10, 100, "B", 300, "AAPL", 1660000),
                  itch::AddOrder(1, 11, 101, "S", 200, "AAPL", 1661000, "MPID"),
                  itch::AddOrder(1, 12, 102, "B", 100, "AAPL", 1660000),
                  itch::AddOrder(1, 13, 103, "B", 500, "AAPL", 1659900),
                  itch::AddOrder(2, 14, 104, "S", 7, "MSFT", 1050001)}),
            (Lines{"10,AAPL,quote,,,166,300,,", "11,AAPL,quote,,,166,300,166.1,200",
                   "12,AAPL,quote,,,166,400,166.1,200", "14,MSFT,quote,,,,,105.0001,7", "end"}));
}

TEST(ItchSourceTest, TakesTradesOffTheBookAtTheOrdersPrice) {
  EXPECT_EQ(
      Rows({itch::AddOrder(1, 10, 100, "B", 300, "AAPL", 1660000),
            itch::AddOrder(1, 11, 101, "B", 50, "AAPL", 1659900), itch::Executed(1, 12, 100, 100),
            itch::Executed(1, 13, 100, 200), itch::Executed(1, 14, 101, 50)}),
      (Lines{"10,AAPL,quote,,,166,300,,", "12,AAPL,trade,166,100,,,,", "12,AAPL,quote,,,166,200,,",
             "13,AAPL,trade,166,200,,,,", "13,AAPL,quote,,,165.99,50,,",
             "14,AAPL,trade,165.99,50,,,,", "14,AAPL,quote,,,,,,", "end"}));
}

TEST(ItchSourceTest, TakesAPrintableTradeAtItsOwnPriceAndNoRowFromOneThatIsNot) {
  EXPECT_EQ(Rows({itch::AddOrder(1, 10, 100, "S", 300, "AAPL", 1660000),
                  itch::ExecutedAt(1, 11, 100, 100, "Y", 1659950),
                  itch::ExecutedAt(1, 12, 100, 150, "N", 1659900),
                  itch::Cross(1, 13, 9000, "AAPL", 1659900), itch::Cross(1, 14, 0, "AAPL", 0)}),
            (Lines{"10,AAPL,quote,,,,,166,300", "11,AAPL,trade,165.995,100,,,,",
                   "11,AAPL,quote,,,,,166,200", "12,AAPL,quote,,,,,166,50",
                   "13,AAPL,trade,165.99,9000,,,,", "end"}));
}

TEST(ItchSourceTest, FollowsCancelsDeletesAndReplaces) {
  EXPECT_EQ(Rows({itch::AddOrder(1, 10, 100, "B", 300, "A", 100000), itch::Cancel(1, 11, 100, 100),
                  itch::Replace(1, 12, 100, 101, 250, 100100),
                  itch::Replace(1, 13, 101, 102, 250, 100100), itch::Delete(1, 14, 102)}),
            (Lines{"10,A,quote,,,10,300,,", "11,A,quote,,,10,200,,", "12,A,quote,,,10.01,250,,",
                   "14,A,quote,,,,,,", "end"}));
}

TEST(ItchSourceTest, GivesTradesAgainstHiddenOrdersAndPassesOverBrokenOnes) {
  EXPECT_EQ(Rows({itch::HiddenTrade(3, 10, 40, "BRK.A", 4000000000), itch::Broken(3, 11)}),
            (Lines{"10,BRK.A,trade,400000,40,,,,", "end"}));
}

TEST(ItchSourceTest, GivesHaltsAndTheMarketsHours) {
  const Messages messages{itch::SystemEvent(1, "O"),
                          itch::Directory(1, 2, "A"),
                          itch::Directory(2, 3, "B"),
                          itch::TradingAction(1, 4, "A", "T"),
                          itch::TradingAction(2, 5, "B", "H"),
                          itch::SystemEvent(6, "Q"),
                          itch::TradingAction(2, 7, "B", "Q"),
                          itch::TradingAction(2, 8, "B", "T"),
                          itch::OperationalHalt(1, 9, "A", "B", "H"),
                          itch::OperationalHalt(1, 10, "A", "Q", "H"),
                          itch::OperationalHalt(1, 11, "A", "Q", "T"),
                          itch::SystemEvent(12, "M"),
                          itch::SystemEvent(13, "C")};
  EXPECT_EQ(Rows(messages),
            (Lines{"5,B,halt,,,,,,", "6,A,open,,,,,,", "8,B,resume,,,,,,", "10,A,halt,,,,,,",
                   "11,A,resume,,,,,,", "12,A,close,,,,,,", "12,B,close,,,,,,", "end"}));
  EXPECT_EQ(Rows(messages, kDate + ",status=no"), (Lines{"end"}));
}

TEST(ItchSourceTest, CountsTheTimesFromMidnightInNewYork) {
  const std::string file = itch::File({itch::HiddenTrade(1, 34'200'000'000'001, 1, "A", 10000)});
  EXPECT_EQ(DrainFile(file)[0], "1548858600000000001,A,trade,1,1,,,,,NASDAQ");  // 14:30 UTC
  EXPECT_EQ(DrainFile(file, ",date=2019-07-30,venue=Q")[0],
            "1564493400000000001,A,trade,1,1,,,,,Q");  // 13:30 UTC
}

TEST(ItchSourceTest, FindsTheDateInTheNameOfTheFile) {
  const TempFile file(itch::File({itch::HiddenTrade(1, 0, 1, "A", 10000)}));
  const std::string named = file.path() + ".99999999.01302019.NASDAQ_ITCH50";
  ASSERT_EQ(link(file.path().c_str(), named.c_str()), 0);
  EXPECT_EQ(Drain(*Open(named))[0], std::to_string(kMidnight) + ",A,trade,1,1,,,,,NASDAQ");
  unlink(named.c_str());
}

TEST(ItchSourceTest, ReadsGzipAndTheMarkOfAnEnd) {
  const std::string bytes =
      itch::File({itch::HiddenTrade(1, 10, 1, "A", 10000)}) + std::string(2, '\0');
  EXPECT_EQ(Short(DrainFile(Gzip(bytes))), (Lines{"10,A,trade,1,1,,,,", "end"}));
  EXPECT_EQ(DrainFile(""), (Lines{"end"}));
}

TEST(ItchSourceTest, TellsAMessageThatCannotBeAndGoesOn) {
  const std::string where = "bad: FILE: message ";
  EXPECT_EQ(
      Rows({itch::Executed(1, 1, 5, 1), itch::AddOrder(1, 2, 100, "B", 3, "A", 100),
            itch::AddOrder(1, 3, 100, "B", 3, "A", 100), itch::AddOrder(1, 4, 101, "X", 3, "A", 1),
            itch::Cancel(1, 5, 100, 4), itch::HiddenTrade(1, 6, 1, "B", 1),
            itch::AddOrder(2, 7, 102, "B", 0, "C", 100), itch::HiddenTrade(9, 8, 1, "", 1),
            itch::HiddenTrade(1, 86'400'000'000'000, 1, "A", 1), itch::Delete(1, 9, 100)}),
      (Lines{where + "1 at byte 0: its order is not in the book", "2,A,quote,,,0.01,3,,",
             where + "3 at byte 71: its order is there already",
             where + "4 at byte 109: its side is neither B nor S",
             where + "5 at byte 147: its order has fewer shares",
             where + "6 at byte 172: its stock cannot be a topic, or its locate is another's",
             where + "7 at byte 218: an order of no shares",
             where + "8 at byte 256: its stock cannot be a topic, or its locate is another's",
             where + "9 at byte 302: its time is not of a day", "9,A,quote,,,,,,", "end"}));
}

TEST(ItchSourceTest, GivesEveryRowBeforeDamageAndThenFails) {
  const std::string good = itch::File({itch::HiddenTrade(1, 10, 1, "A", 10000)});
  const std::string row = "10,A,trade,1,1,,,,";
  EXPECT_EQ(Short(DrainFile(good + good.substr(0, 20))),
            (Lines{row,
                   "failed: FILE: message 2 at byte 46: truncated: the file ends after 18 of "
                   "its 44 bytes"}));
  EXPECT_EQ(Short(DrainFile(good + "\x01")),
            (Lines{row,
                   "failed: FILE: message 2 at byte 46: truncated: the file ends inside its "
                   "length"}));
  EXPECT_EQ(Short(DrainFile(good + std::string("\x00\x05Phew!", 7) + good)),
            (Lines{row,
                   "failed: FILE: message 2 at byte 46: damaged: a message of type \"P\" with "
                   "5 bytes; it has 44"}));
  EXPECT_EQ(Short(DrainFile(good + "ts_ns,symbol,kind")),
            (Lines{row,
                   "failed: FILE: message 2 at byte 46: damaged: a message of type \"_\" with "
                   "29811 bytes; ITCH 5.0 has no such type"}));
  const std::string zipped = Gzip(good + good);
  EXPECT_EQ(Short(DrainFile(zipped.substr(0, zipped.size() - 4))),
            (Lines{row, row,
                   "failed: FILE: message 3 at byte 92: truncated: the gzip data ends "
                   "too early"}));
}

std::string ErrorOf(std::string_view text) {
  const auto source = ItchSource::Open(text);
  return source.ok() ? "none" : std::string(source.status().message());
}

TEST(ItchSourceTest, SaysWhatIsWrongWithItsName) {
  EXPECT_EQ(ErrorOf(""), "source \"itch\": no file; write itch:FILE");
  EXPECT_EQ(ErrorOf("/tmp/nasdaq.gz"),
            "source \"itch\": no MMDDYYYY is in the name of \"/tmp/nasdaq.gz\"; write "
            "itch:FILE,date=YYYY-MM-DD");
  EXPECT_EQ(ErrorOf("x,date=2019-02-30"),
            "source \"itch\": date \"2019-02-30\" is not a date; write YYYY-MM-DD");
  EXPECT_EQ(ErrorOf("x,order=time"),
            "source \"itch\": unknown key \"order\"; it has date, status and venue");
  EXPECT_EQ(ErrorOf("/no/01302019"), "cannot open \"/no/01302019\": No such file or directory");
}

}  // namespace
}  // namespace fantail::source
