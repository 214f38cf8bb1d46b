#include "desktop-subscriber/row_printer.h"

#include <gtest/gtest.h>

#include "desktop-subscriber/notices.h"
#include "tests/unit/desktop-subscriber/ticks.h"

namespace fantail::desk {
namespace {

// What has been handed over, standard error's lines in brackets.
std::string Taken(OutputQueue* queue) {
  std::string text;
  Chunk chunk;
  while (queue->TryPop(&chunk)) {
    text += chunk.stream == Stream::kOut ? chunk.bytes : "[" + chunk.bytes + "]";
  }
  return text;
}

class RowPrinterTest : public testing::Test {
 protected:
  RowPrinterTest() {
    printer_.Topic(TopicId{0}, "AAPL");
    printer_.Topic(TopicId{7}, "MSFT");
    printer_.Venue(VenueId{1}, "Q");
  }

  OutputQueue queue_;
  TestFormat format_;
  RowPrinter printer_{&format_, &queue_};
};

TEST_F(RowPrinterTest, PrintsTicksWithTheirNamesInTheOrderTheyCame) {
  const wire::Record records[] = {TradeRecord(1, 7, 1, 293, -1), TradeRecord(2, 0, 1, 50, 0)};
  printer_.PrintHeader();
  printer_.Print(records);
  EXPECT_EQ(Taken(&queue_), "");  // a batch of a turn is one chunk
  printer_.Flush();
  EXPECT_EQ(Taken(&queue_), std::string(TestFormat::kHeader) + "MSFT,Q,1,293\nAAPL,Q,1,50\n");
}

TEST_F(RowPrinterTest, HandsOverAFullChunkBeforeTheTurnEnds) {
  const wire::Record record = TradeRecord(1, 7, 1, 293, -1);
  for (int i = 0; i < 6000; ++i) printer_.Print({&record, 1});
  Chunk chunk;
  ASSERT_TRUE(queue_.TryPop(&chunk));
  EXPECT_GE(chunk.bytes.size(), size_t{64} << 10);
}

TEST_F(RowPrinterTest, PutsANoticeBetweenTheRowsBeforeAndAfterIt) {
  const wire::Record record = TradeRecord(1, 7, 1, 293, -1);
  printer_.Print({&record, 1});
  printer_.PrintNotice("gap\n");
  printer_.Print({&record, 1});
  printer_.Flush();
  EXPECT_EQ(Taken(&queue_), "MSFT,Q,1,293\n[gap\n]MSFT,Q,1,293\n");
}

TEST_F(RowPrinterTest, PrintsAnImageAsRowsInTheOrderOfTheirSequences) {
  feed::TopicImage image{};
  image.topic = TopicId{0};
  image.trade = TradeRecord(1, 0, 9, 100, 0).tick;
  image.quote = QuoteRecord(1, 0, 4, 99, 101, 0).tick;
  printer_.PrintImage(image);
  printer_.Flush();
  EXPECT_EQ(Taken(&queue_), "AAPL,Q,4,99\nAAPL,Q,9,100\n");
}

TEST(NoticesTest, NamesTheStateTheHopAndTheCause) {
  feed::FeedState state;
  state.state = feed::State::kStale;
  state.cause = "link to gateway branch-1 is silent for 3.0 s";
  state.hop = "branch-1";
  EXPECT_EQ(StateLine(state), "stale: link to gateway branch-1 is silent for 3.0 s");
  state.hop = "hq";
  EXPECT_EQ(StateLine(state), "stale: link to gateway branch-1 is silent for 3.0 s, at hq");
}

TEST(NoticesTest, ShowsThePathOfALiveFeed) {
  feed::FeedState state;
  state.state = feed::State::kLive;
  state.hops = {{NodeId{1}, "branch-1", feed::Role::kGateway, feed::State::kLive, Nanos{0}},
                {NodeId{2}, "hq", feed::Role::kPublisher, feed::State::kLive, Nanos{0}}};
  EXPECT_EQ(StateLine(state), "live: desk <- gateway branch-1 <- publisher hq");
}

TEST(NoticesTest, LetsNoEscapeSequenceThroughFromTheNetwork) {
  feed::FeedState state;
  state.state = feed::State::kStale;
  state.cause = "link to \x1b[2J\xc2\x9bm is silent";
  EXPECT_EQ(StateLine(state), "stale: link to ?[2J??m is silent");
}

TEST(NoticesTest, GivesTheFirstAndLastPositionOfAGap) {
  feed::GapNotice gap{Position{100}, Position{250}, {Pattern("A*")}, feed::GapReason::kNotHeld};
  EXPECT_EQ(GapLine(gap), std::string("gap: positions 101 to 250 of A*: ") +
                              feed::GapReasonName(feed::GapReason::kNotHeld));
  for (const char* text : {"B", "C", "D", "E", "F"}) gap.patterns.emplace_back(text);
  EXPECT_EQ(GapLine(gap), std::string("gap: positions 101 to 250 of A*, B, C, D and 2 more: ") +
                              feed::GapReasonName(feed::GapReason::kNotHeld));
}

}  // namespace
}  // namespace fantail::desk
