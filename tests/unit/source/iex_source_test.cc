// IEX captures: TOPS and DEEP from known messages, what is said of missing and damaged ones, and
// IEX's own sample against its CSV.
#include "fantail/source/iex_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/source/csv_source.h"
#include "tests/support/capture_bytes.h"
#include "tests/support/drain.h"
#include "tests/support/recorded_data.h"
#include "tests/support/temp_file.h"

namespace fantail::source {
namespace {

using fantail::testing::ByteWriter;
using fantail::testing::Drain;
using fantail::testing::Gzip;
using fantail::testing::Lines;
using fantail::testing::TempFile;
namespace iex = fantail::testing::iex;
namespace pcap = fantail::testing::pcap;
using Messages = std::vector<std::string>;

constexpr int64_t kSecond = 1'000'000'000;
const std::string kTrade = iex::Trade(1000, "AAPL", 1489100, 283);
const char* const kTradeRow = "1000,AAPL,trade,148.91,283,,,,,IEX";

std::unique_ptr<IexSource> Open(const std::string& text) {
  auto source = IexSource::Open(text);
  EXPECT_TRUE(source.ok()) << source.status();
  return *std::move(source);
}

Lines DrainFile(const std::string& bytes, const std::string& keys = "") {
  const TempFile file(bytes);
  return Drain(*Open(file.path() + keys), file.path());
}

// One packet of these messages.
std::string Capture(const Messages& messages, const iex::Segment& segment = {}) {
  return pcap::Header() + pcap::Packet(iex::Wrap(segment, messages));
}

Lines DrainTops(const Messages& messages, const std::string& keys = "") {
  return DrainFile(Capture(messages), keys);
}

Lines DrainDeep(const Messages& messages, const std::string& keys = ",status=no") {
  return DrainFile(Capture(messages, {.protocol = iex::kDeep}), keys);
}

TEST(IexSourceTest, GivesTheTradesAndQuotesOfTops) {
  EXPECT_EQ(DrainTops({kTrade, iex::QuoteUpdate(1001, "ZIEXT", {100, 10000, 10001, 200})}),
            (Lines{kTradeRow, "1001,ZIEXT,quote,,,1,100,1.0001,200,IEX", "end"}));
}

TEST(IexSourceTest, LeavesASideWithoutASizeBlank) {
  EXPECT_EQ(DrainTops({iex::QuoteUpdate(1, "A", {}), iex::QuoteUpdate(2, "A", {0, 0, 42600, 353}),
                       iex::QuoteUpdate(3, "A", {7, 42500, 0, 0})}),
            (Lines{"1,A,quote,,,,,,,IEX", "2,A,quote,,,,,4.26,353,IEX", "3,A,quote,,,4.25,7,,,IEX",
                   "end"}));
}

TEST(IexSourceTest, PassesOverBrokenTradesAndMessagesThatSayNothingAboutATick) {
  EXPECT_EQ(DrainTops({iex::Trade(1, "A", 10000, 1, "B"), "P\x01 and the rest", "Z",
                       iex::TradingStatus(2, "AAPL", "H"), kTrade + "grown"}),
            (Lines{kTradeRow, "end"}));
}

TEST(IexSourceTest, ReadsGzipVlanTagsAndOtherLinks) {
  const std::string ip = pcap::Udp(iex::Wrap({}, {kTrade}));
  const Lines expected{kTradeRow, "end"};
  EXPECT_EQ(DrainFile(Gzip(Capture({kTrade}))), expected);
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Record(pcap::Ethernet(ip, 2))), expected);
  EXPECT_EQ(DrainFile(pcap::Header(101) + pcap::Record(ip)), expected);
  const std::string cooked = ByteWriter().Big<8>(0).Big<6>(0).Big<2>(0x0800).Raw(ip).bytes();
  EXPECT_EQ(DrainFile(pcap::Header(113) + pcap::Record(cooked)), expected);
}

TEST(IexSourceTest, TellsTheTestSystemFromTheExchangeByItsAddress) {
  const std::string segment = iex::Wrap({}, {kTrade});
  const std::string test = pcap::Header() + pcap::Packet(segment, 0xe04300c7);
  EXPECT_EQ(DrainFile(test)[0], "1000,AAPL,trade,148.91,283,,,,,IEXTEST");
  EXPECT_EQ(DrainFile(test, ",venue=V")[0], "1000,AAPL,trade,148.91,283,,,,,V");
}

TEST(IexSourceTest, PutsRowsInTheOrderOfTheirTimesAndKeepsThatOfEqualOnes) {
  const Messages messages{iex::Trade(2000, "A", 10000, 1), iex::Trade(1000, "B", 10000, 2),
                          iex::Trade(2000, "C", 10000, 3), iex::Trade(1000, "D", 10000, 4)};
  EXPECT_EQ(DrainTops(messages),
            (Lines{"1000,B,trade,1,2,,,,,IEX", "1000,D,trade,1,4,,,,,IEX",
                   "2000,A,trade,1,1,,,,,IEX", "2000,C,trade,1,3,,,,,IEX", "end"}));
  EXPECT_EQ(DrainTops(messages, ",order=feed")[0], "2000,A,trade,1,1,,,,,IEX");
}

TEST(IexSourceTest, GivesARowThatIsOlderThanTheWindowLate) {
  const Lines lines =
      DrainFile(pcap::Header() +
                pcap::Packet(iex::Wrap({.first = 1}, {iex::Trade(10 * kSecond, "A", 10000, 1)})) +
                pcap::Packet(iex::Wrap({.first = 2}, {iex::Trade(16 * kSecond, "A", 10000, 2)})) +
                pcap::Packet(iex::Wrap({.first = 3}, {iex::Trade(9 * kSecond, "B", 10000, 3)})));
  EXPECT_EQ(lines, (Lines{"10000000000,A,trade,1,1,,,,,IEX", "9000000000,B,trade,1,3,,,,,IEX",
                          "16000000000,A,trade,1,2,,,,,IEX", "end"}));
}

TEST(IexSourceTest, SkipsWhatComesTwiceAndHeartbeats) {
  const std::string both = iex::Wrap({.first = 1}, {kTrade, iex::Trade(1001, "B", 10000, 1)});
  const std::string overlap =
      iex::Wrap({.first = 2}, {iex::Trade(1001, "B", 10000, 1), iex::Trade(1002, "C", 10000, 1)});
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Packet(iex::Wrap({.first = 1}, {})) +
                      pcap::Packet(both) + pcap::Packet(both) + pcap::Packet(overlap) +
                      pcap::Packet(iex::Wrap({.first = 4}, {}))),
            (Lines{kTradeRow, "1001,B,trade,1,1,,,,,IEX", "1002,C,trade,1,1,,,,,IEX", "end"}));
}

TEST(IexSourceTest, TellsWhichMessagesAreMissing) {
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Packet(iex::Wrap({.first = 3}, {kTrade})) +
                      pcap::Packet(iex::Wrap({.first = 5}, {iex::Trade(1001, "B", 10000, 1)}))),
            (Lines{"bad: FILE: packet 1 at byte 24: 2 messages are missing before this packet: 1 "
                   "to 2 of session 9",
                   kTradeRow,
                   "bad: FILE: packet 2 at byte 162: 1 message is missing before this packet: 4 "
                   "to 4 of session 9",
                   "1001,B,trade,1,1,,,,,IEX", "end"}));
}

TEST(IexSourceTest, TakesANewSessionAsAnotherDay) {
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Packet(iex::Wrap({.session = 9}, {kTrade})) +
                      pcap::Packet(iex::Wrap({.session = 10}, {iex::Trade(1001, "B", 10000, 1)}))),
            (Lines{kTradeRow, "1001,B,trade,1,1,,,,,IEX", "end"}));
}

TEST(IexSourceTest, GivesHaltsAndTheMarketsHoursIfAsked) {
  const Messages messages{iex::TradingStatus(1, "A", "T"),   iex::TradingStatus(2, "B", "H"),
                          iex::SystemEvent(3, "S"),          iex::SystemEvent(4, "R"),
                          iex::TradingStatus(5, "A", "P"),   iex::OperationalHalt(6, "A", "O"),
                          iex::TradingStatus(7, "A", "T"),   iex::OperationalHalt(8, "A", "N"),
                          iex::OperationalHalt(9, "A", "N"), iex::SystemEvent(10, "M")};
  EXPECT_EQ(DrainTops(messages), (Lines{"end"}));
  const Lines expected{"2,B,halt,,,,,,,IEX",
                       "4,A,open,,,,,,,IEX",
                       "5,A,halt,,,,,,,IEX",
                       "8,A,resume,,,,,,,IEX",
                       "10,A,close,,,,,,,IEX",
                       "10,B,close,,,,,,,IEX",
                       "end"};
  EXPECT_EQ(DrainTops(messages, ",status=yes"), expected);
  EXPECT_EQ(DrainDeep(messages, ""), expected);
}

TEST(IexSourceTest, BuildsTheTopOfTheBookFromPriceLevels) {
  EXPECT_EQ(DrainDeep({iex::Level("8", 1, "A", 100000, 100), iex::Level("8", 2, "A", 99000, 50),
                       iex::Level("5", 3, "A", 101000, 70), iex::Level("8", 4, "A", 100000, 0),
                       iex::Level("8", 5, "A", 100500, 10), iex::Level("5", 6, "A", 101000, 0)}),
            (Lines{"1,A,quote,,,10,100,,,IEX", "3,A,quote,,,10,100,10.1,70,IEX",
                   "4,A,quote,,,9.9,50,10.1,70,IEX", "5,A,quote,,,10.05,10,10.1,70,IEX",
                   "6,A,quote,,,10.05,10,,,IEX", "end"}));
}

TEST(IexSourceTest, GivesAQuoteOnlyWhenAnEventIsComplete) {
  EXPECT_EQ(DrainDeep({iex::Level("5", 1, "A", 101000, 70), iex::Level("5", 2, "A", 102000, 30),
                       iex::Trade(3, "A", 101000, 70), iex::Trade(3, "A", 102000, 10),
                       iex::Level("5", 3, "A", 101000, 0, false),
                       iex::Level("5", 3, "A", 102000, 20, true)}),
            (Lines{"1,A,quote,,,,,10.1,70,IEX", "3,A,trade,10.1,70,,,,,IEX",
                   "3,A,trade,10.2,10,,,,,IEX", "3,A,quote,,,,,10.2,20,IEX", "end"}));
}

TEST(IexSourceTest, BlanksTheQuotesOfDeepWhenMessagesAreMissing) {
  EXPECT_EQ(
      DrainFile(pcap::Header() +
                    pcap::Packet(iex::Wrap({.protocol = iex::kDeep, .first = 1},
                                           {iex::Level("8", 1, "A", 100000, 100)})) +
                    pcap::Packet(iex::Wrap({.protocol = iex::kDeep, .first = 3, .sent = 5},
                                           {iex::Level("8", 6, "A", 99000, 50)})),
                ",order=feed"),
      (Lines{"1,A,quote,,,10,100,,,IEX",
             "bad: FILE: packet 2 at byte 154: 1 message is missing before this packet: 2 to 2 of "
             "session 9",
             "5,A,quote,,,,,,,IEX", "6,A,quote,,,9.9,50,,,IEX", "end"}));
}

TEST(IexSourceTest, TellsADamagedMessageWithItsPlaceAndGoesOn) {
  const std::string short_trade = kTrade.substr(0, 20);
  EXPECT_EQ(DrainTops({short_trade, iex::Trade(1, "AAP*", 10000, 1), kTrade}),
            (Lines{"bad: FILE: packet 1 at byte 24: message 1 of 3, at byte 0 of the payload: the "
                   "message is shorter than its type",
                   "bad: FILE: packet 1 at byte 24: message 2 of 3, at byte 22 of the payload: the "
                   "symbol is not a topic",
                   kTradeRow, "end"}));
  std::string segment = iex::Wrap({}, {kTrade, kTrade});
  segment[40 + 40] = '\x7f';  // the second one's length
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Packet(segment))[1],
            "bad: FILE: packet 1 at byte 24: message 2 of 2, at byte 40 of the payload: it has 127 "
            "bytes, and the payload ends before");
}

TEST(IexSourceTest, TellsAPacketThatWasCutOrIsAFragment) {
  const std::string frame = pcap::Ethernet(pcap::Udp(iex::Wrap({}, {kTrade})));
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Record(frame, 60) + pcap::Record(frame)),
            (Lines{"bad: FILE: packet 1 at byte 24: the capture has 60 of its 122 bytes", kTradeRow,
                   "end"}));
  std::string fragment = frame;
  fragment[14 + 6] = '\x20';
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Record(fragment) + pcap::Record(frame))[0],
            "bad: FILE: packet 1 at byte 24: a fragment of an IP datagram; put together by nobody "
            "here");
}

TEST(IexSourceTest, GivesEveryRowBeforeATruncationAndThenFails) {
  const std::string bytes = Capture({kTrade}) + pcap::Packet(iex::Wrap({.first = 2}, {kTrade}));
  const Lines plain = DrainFile(bytes.substr(0, bytes.size() - 5));
  ASSERT_EQ(plain.size(), 2U);
  EXPECT_EQ(plain[0], kTradeRow);
  EXPECT_TRUE(plain[1].starts_with("failed: FILE: packet 2 at byte 162: truncated")) << plain[1];
  const std::string zipped = Gzip(bytes);
  const Lines cut = DrainFile(zipped.substr(0, zipped.size() - 9));
  EXPECT_EQ(cut.front(), kTradeRow);
  EXPECT_EQ(cut.back(),
            "failed: FILE: packet 3 at byte 300: truncated: the gzip data ends too early");
}

TEST(IexSourceTest, StaysFailed) {
  const TempFile file(Capture({kTrade}).substr(0, 100));
  const auto source = Open(file.path());
  const Lines first = Drain(*source);
  EXPECT_EQ(Drain(*source), first);
}

TEST(IexSourceTest, RefusesWhatIsNoCaptureOfIex) {
  EXPECT_EQ(DrainFile("ts_ns,symbol,kind,price"),
            (Lines{"failed: FILE: not a packet capture: unknown file format"}));
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Packet("some other traffic")),
            (Lines{"failed: FILE: no IEX TOPS 1.6 or DEEP 1.0 is in this capture"}));
  EXPECT_EQ(DrainFile(pcap::Header() + pcap::Packet(iex::Wrap({.protocol = 0x8002}, {kTrade}))),
            (Lines{"bad: FILE: packet 1 at byte 24: protocol 0x8002 is passed over; TOPS 1.6 is "
                   "0x8003 and DEEP 1.0 is 0x8004",
                   "failed: FILE: no IEX TOPS 1.6 or DEEP 1.0 is in this capture"}));
  EXPECT_EQ(DrainFile(pcap::Header(105)),
            (Lines{"failed: FILE: captured on a link of type IEEE802_11; Ethernet, Linux \"any\" "
                   "and raw IP can be read"}));
}

TEST(IexSourceTest, ReadsTheFirstOfTwoFeeds) {
  EXPECT_EQ(
      DrainFile(Capture({kTrade}) + pcap::Packet(iex::Wrap({.protocol = iex::kDeep}, {kTrade})) +
                pcap::Packet(iex::Wrap({.protocol = iex::kDeep}, {kTrade}))),
      (Lines{kTradeRow,
             "bad: FILE: packet 2 at byte 162: a second feed, protocol 0x8004, is in this "
             "capture; only the first is read",
             "end"}));
}

std::string ErrorOf(std::string_view text) {
  const auto source = IexSource::Open(text);
  return source.ok() ? "none" : std::string(source.status().message());
}

TEST(IexSourceTest, SaysWhatIsWrongWithItsName) {
  EXPECT_EQ(ErrorOf(""), "source \"iex\": no file; write iex:FILE");
  EXPECT_EQ(ErrorOf("-"), "source \"iex\": not standard input; write iex:FILE");
  EXPECT_EQ(ErrorOf("x,colour=red"),
            "source \"iex\": unknown key \"colour\"; it has status, order and venue");
  EXPECT_EQ(ErrorOf("x,status=maybe"), "source \"x\": status \"maybe\" is neither yes nor no");
  EXPECT_EQ(ErrorOf("x,order=size"), "source \"iex\": order \"size\" is neither time nor feed");
  EXPECT_EQ(ErrorOf("x,venue=A,venue=B"), "source \"iex\": venue is given twice");
  EXPECT_EQ(ErrorOf("/no/such,file"), "cannot open \"/no/such,file\": No such file or directory");
  EXPECT_EQ(ErrorOf("/dev/null"),
            "cannot open \"/dev/null\": a capture is read from a regular file, not from a pipe");
}

TEST(IexSourceTest, GivesIexsOwnSampleRowForRowAsItsCsvHasIt) {
  std::string capture;
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.pcap.gz", &capture);
  std::string csv;
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.csv.gz", &csv);
  const auto decoded = Open(capture);
  const auto wanted = CsvSource::Open(csv);
  ASSERT_TRUE(wanted.ok()) << wanted.status();
  text::Row row;
  text::Row wanted_row;
  size_t rows = 0;
  while ((*wanted)->Next(&wanted_row) == Source::Result::kRow) {
    ASSERT_EQ(decoded->Next(&row), Source::Result::kRow) << decoded->problem();
    ASSERT_EQ(row.symbol, wanted_row.symbol) << rows;
    ASSERT_EQ(row.venue, wanted_row.venue) << rows;
    ASSERT_EQ(row.tick, wanted_row.tick) << rows;
    ++rows;
  }
  EXPECT_EQ(decoded->Next(&row), Source::Result::kEnd) << decoded->problem();
  EXPECT_EQ(rows, 33'607U);
}

}  // namespace
}  // namespace fantail::source
