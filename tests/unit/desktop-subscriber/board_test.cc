// The board as a person sees it: each test fills a model and looks at the screen made of it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "desktop-subscriber/board_controls.h"
#include "desktop-subscriber/board_model.h"
#include "desktop-subscriber/board_render.h"
#include "tests/unit/desktop-subscriber/ticks.h"

namespace fantail::desk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BoardTest : public testing::Test {
 protected:
  BoardTest() { MakeModel({}); }

  void MakeModel(PreviousCloses closes) {
    model_ = std::make_unique<BoardModel>(std::move(closes));
    controls_ = std::make_unique<BoardControls>(model_.get());
    model_->SetInterest({Pattern("*")});
    SetState(feed::State::kLive);
    model_->Topic(TopicId{0}, "AAPL");
    model_->Topic(TopicId{1}, "BAC");
    model_->Topic(TopicId{2}, "MSFT");
  }

  Instant At() const { return {MonotonicTime(hour_ + elapsed_), WallTime(wall_ + elapsed_)}; }
  void Advance(Nanos by) { elapsed_ += by; }
  void Apply(const wire::Record& record) { model_->Apply({&record, 1}, At()); }

  void SetState(feed::State state, std::string cause = "", Nanos age = Nanos{0}) {
    feed::FeedState s;
    s.state = state;
    s.cause = std::move(cause);
    s.age = age;
    s.hops = {{NodeId{1}, "branch-1", feed::Role::kGateway, feed::State::kLive, Nanos{0}},
              {NodeId{2}, "hq", feed::Role::kPublisher, feed::State::kLive, Nanos{0}}};
    model_->SetState(s, At());
  }

  void Press(int key) { controls_->HandleKey(key, PageRows(*model_, frame_), At().now); }
  void Type(std::string_view text) {
    for (const char c : text) Press(c);
  }

  Screen Render() {
    model_->Refresh(At().now);
    return RenderBoard(*model_, *controls_, frame_, At());
  }

  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    for (const Line& line : Render()) {
      std::string& text = lines.emplace_back();
      for (const Span& span : line) text += span.text;
      EXPECT_LE(Cells(text), frame_.width) << text;
      text.erase(text.find_last_not_of(' ') + 1);
    }
    EXPECT_EQ(lines.size(), frame_.height);
    return lines;
  }

  // The line that begins with `start` (empty if there is none).
  std::string LineOf(std::string_view start) {
    for (const std::string& line : Lines()) {
      if (line.starts_with(start)) return line;
    }
    return "";
  }

  // The style of the first span that contains `text` in the line that begins with `start`.
  Style StyleOf(std::string_view start, std::string_view text) {
    for (const Line& line : Render()) {
      std::string whole;
      for (const Span& span : line) whole += span.text;
      if (!whole.starts_with(start)) continue;
      for (const Span& span : line) {
        if (span.text.find(text) != std::string::npos) return span.style;
      }
    }
    ADD_FAILURE() << "no " << text << " in " << start;
    return {};
  }

  std::vector<std::string> Symbols() {
    model_->Refresh(At().now);
    std::vector<std::string> symbols;
    for (size_t i = 0; i < model_->row_count(); ++i) symbols.push_back(model_->row(i).symbol);
    return symbols;
  }

  const Nanos hour_ = std::chrono::hours(1);
  const Nanos wall_ = seconds(1381219200);  // 08:00:00 UTC
  Nanos elapsed_{0};
  BoardFrame frame_{"equities", true, 110, 12};
  std::unique_ptr<BoardModel> model_;
  std::unique_ptr<BoardControls> controls_;
};

using Names = std::vector<std::string>;

TEST_F(BoardTest, ShowsALiveFeedWithItsPathAgeAndClock) {
  model_->SetAge(milliseconds(1200), At().now);
  EXPECT_EQ(Lines()[0],
            "LIVE  at most 1.2 s old  equities  desk <- gateway branch-1 <- publisher hq" +
                std::string(21, ' ') + "  08:00:00 UTC");
}

TEST_F(BoardTest, ShowsWhereTheLatencyComesFromWithItsOwnLineAndARowLess) {
  const std::vector<std::string> before = Lines();
  model_->SetTrace("0.3 ms in all: hq 0.1 ms");
  const std::vector<std::string> lines = Lines();
  EXPECT_EQ(lines[2], "trace  0.3 ms in all: hq 0.1 ms");
  EXPECT_EQ(lines[3], before[2]);
  EXPECT_EQ(lines.back(), before.back());
}

TEST_F(BoardTest, SaysThatARecordingIsPlayedAgain) {
  model_->SetReplay(true);
  EXPECT_TRUE(Lines()[0].starts_with("LIVE  REPLAY  at most 0.1 s old  equities")) << Lines()[0];
  model_->SetReplay(false);
  EXPECT_TRUE(Lines()[0].starts_with("LIVE  at most 0.1 s old  equities")) << Lines()[0];
}

TEST_F(BoardTest, ShowsARowWithItsChangeQuoteAndVolume) {
  Apply(TradeRecord(1, 0, 1, 2925, -2, 300));
  Apply(TradeRecord(2, 0, 2, 293, -1, 200));
  Apply(QuoteRecord(3, 0, 3, 2929, 2931, -2));
  Advance(seconds(12));
  EXPECT_EQ(Lines()[2],
            "SYMBOL     LAST      CHG     CHG%  BID SZ       BID       ASK   ASK SZ     VOLUME    "
            "AGE  STATE");
  EXPECT_EQ(Lines()[3],
            "AAPL      29.30▲   +0.05   +0.17%     200     29.29     29.31      300        500    "
            "12s  LIVE");
}

TEST_F(BoardTest, AlignsAllPricesOfASymbolWithItsMostDecimals) {
  Apply(QuoteRecord(1, 0, 1, 2931, 2935, -2));
  Apply(TradeRecord(2, 0, 2, 30, 0));
  EXPECT_NE(LineOf("AAPL").find(" 30.00 "), std::string::npos) << LineOf("AAPL");
}

TEST_F(BoardTest, MeasuresTheChangeAgainstAPreviousCloseIfThereIsOne) {
  MakeModel({{"AAPL", Decimal{30, 0, false}}});
  Apply(TradeRecord(1, 0, 1, 27, 0));
  EXPECT_NE(LineOf("AAPL").find("-3  -10.00%"), std::string::npos) << LineOf("AAPL");
  EXPECT_EQ(StyleOf("AAPL", "-3").color, Color::kRed);
}

TEST_F(BoardTest, TakesTotalsAndReferenceFromAnImageWithoutFlashing) {
  feed::TopicImage image{};
  image.topic = TopicId{0};
  image.trade = TradeRecord(1, 0, 5, 33, 0).tick;
  image.totals.count = 4;
  image.totals.open = 30;
  image.totals.volume = 4000;
  model_->Image(image, At());
  EXPECT_NE(LineOf("AAPL").find("33"), std::string::npos);
  EXPECT_NE(LineOf("AAPL").find("+10.00%"), std::string::npos);
  EXPECT_NE(LineOf("AAPL").find("4000"), std::string::npos);
  EXPECT_EQ(StyleOf("AAPL", "33"), Style{});
  Apply(TradeRecord(2, 0, 6, 33, 0, 50));
  EXPECT_NE(LineOf("AAPL").find("4050"), std::string::npos);
}

TEST_F(BoardTest, FlashesAChangedValueFor300MillisecondsAndThenFades) {
  Apply(QuoteRecord(1, 0, 1, 2929, 2931, -2));
  EXPECT_EQ(StyleOf("AAPL", "29.29"), Style{});  // the first value is no change
  Advance(seconds(1));
  Apply(QuoteRecord(2, 0, 2, 2930, 2930, -2));
  EXPECT_EQ(StyleOf("AAPL", "29.30▲"), (Style{Color::kGreen, true, false, true}));
  EXPECT_EQ(StyleOf("AAPL", "29.30▼"), (Style{Color::kRed, true, false, true}));
  EXPECT_EQ(StyleOf("AAPL", "200"), Style{});  // did not change
  Advance(milliseconds(300));
  EXPECT_EQ(StyleOf("AAPL", "29.30▲"), (Style{Color::kGreen}));
  Advance(milliseconds(600));
  EXPECT_EQ(StyleOf("AAPL", "29.30"), Style{});
  EXPECT_EQ(LineOf("AAPL").find("▲"), std::string::npos);
}

TEST_F(BoardTest, KeepsTheTrendArrowOfTheLastTradeThroughTradesAtTheSamePrice) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Apply(TradeRecord(2, 0, 2, 29, 0));
  Apply(TradeRecord(3, 0, 3, 29, 0));
  Advance(seconds(30));
  EXPECT_NE(LineOf("AAPL").find("29▼"), std::string::npos) << LineOf("AAPL");
}

TEST_F(BoardTest, LeavesABlankSideBlank) {
  wire::Record quote = QuoteRecord(1, 0, 1, 0, 2931, -2);
  quote.tick.flags = wire::kNoPrice | wire::kNoSize;
  Apply(quote);
  EXPECT_EQ(LineOf("AAPL").find(" 0"), LineOf("AAPL").find(" 0.0s"));
  EXPECT_NE(LineOf("AAPL").find("29.31"), std::string::npos);
}

TEST_F(BoardTest, SaysSinceWhenAndWhyItIsStaleAndFromWhenTheValuesAre) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Advance(seconds(10));
  SetState(feed::State::kStale, "link to gateway branch-1 is silent", seconds(3));
  Advance(seconds(4));
  EXPECT_EQ(Lines()[1],
            " STALE 00:07  link to gateway branch-1 is silent   last values from 08:00:07");
  EXPECT_TRUE(StyleOf(" STALE", "STALE").reverse);
  EXPECT_TRUE(LineOf("AAPL").ends_with("STALE"));
  EXPECT_TRUE(StyleOf("AAPL", "30").dim);
  EXPECT_EQ(StyleOf("AAPL", "STALE").color, Color::kRed);
}

TEST_F(BoardTest, CountsOnWhileItRecoversAndClearsTheBannerWhenLiveAgain) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  SetState(feed::State::kStale, "link is silent", seconds(3));
  Advance(seconds(5));
  SetState(feed::State::kRecovering, "a replay is on its way");
  EXPECT_TRUE(Lines()[1].starts_with(" RECOVERING 00:08  a replay")) << Lines()[1];
  SetState(feed::State::kLive);
  EXPECT_TRUE(Lines()[2].starts_with("SYMBOL")) << Lines()[2];
  EXPECT_TRUE(LineOf("AAPL").ends_with("LIVE"));
}

TEST_F(BoardTest, DoesNotCallAQuietSymbolOnAHealthyLinkStale) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Advance(std::chrono::hours(2));
  model_->SetAge(milliseconds(300), At().now);
  EXPECT_TRUE(LineOf("AAPL").ends_with("2h00  LIVE")) << LineOf("AAPL");
}

TEST_F(BoardTest, MarksAGapUntilTheImageRepairsIt) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Apply(TradeRecord(2, 1, 1, 30, 0));
  model_->Gap({Position{2}, Position{9}, {Pattern("A*")}, feed::GapReason::kNotHeld});
  EXPECT_TRUE(LineOf("AAPL").ends_with("GAP"));
  EXPECT_TRUE(LineOf("BAC").ends_with("LIVE"));
  feed::TopicImage image{};
  image.topic = TopicId{0};
  model_->Image(image, At());
  EXPECT_TRUE(LineOf("AAPL").ends_with("LIVE"));
  EXPECT_NE(Lines()[1].find("1 gaps"), std::string::npos);
}

TEST_F(BoardTest, ShowsAHaltedSymbol) {
  Apply(StatusRecord(1, 0, 1, wire::TradingStatus::kHalt));
  EXPECT_TRUE(LineOf("AAPL").ends_with("HALT"));
  Apply(StatusRecord(2, 0, 2, wire::TradingStatus::kResume));
  EXPECT_TRUE(LineOf("AAPL").ends_with("LIVE"));
}

TEST_F(BoardTest, HasARowForASymbolByNameEvenBeforeItHasData) {
  model_->SetInterest({Pattern("ZION"), Pattern("A*")});
  Apply(TradeRecord(1, 0, 1, 30, 0));
  EXPECT_EQ(Symbols(), (Names{"AAPL", "ZION"}));
  EXPECT_TRUE(LineOf("ZION").ends_with("NO DATA"));
}

TEST_F(BoardTest, ForgetsTheValuesOfASymbolThatIsNoLongerWanted) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  model_->SetInterest({Pattern("B*")});
  EXPECT_EQ(Symbols(), Names{});
  model_->SetInterest({Pattern("AAPL")});
  EXPECT_TRUE(LineOf("AAPL").ends_with("NO DATA"));
  EXPECT_EQ(LineOf("AAPL").find("30"), std::string::npos);
}

TEST_F(BoardTest, SortsBySymbolChangeVolumeAndActivity) {
  for (uint32_t i = 0; i < 3; ++i) Apply(TradeRecord(1 + i, i, 1, 100, 0, 10 * (i == 1 ? 9 : 1)));
  Apply(TradeRecord(4, 2, 2, 150, 0, 10));
  Apply(QuoteRecord(5, 0, 2, 90, 110, 0));
  Apply(QuoteRecord(6, 0, 3, 91, 110, 0));
  EXPECT_EQ(Symbols(), (Names{"AAPL", "BAC", "MSFT"}));
  Press('s');
  EXPECT_EQ(Symbols(), (Names{"MSFT", "AAPL", "BAC"}));
  Press('s');
  EXPECT_EQ(Symbols(), (Names{"BAC", "MSFT", "AAPL"}));
  Press('s');
  EXPECT_EQ(Symbols(), (Names{"AAPL", "MSFT", "BAC"}));
  Press('s');
  EXPECT_EQ(Symbols(), (Names{"AAPL", "BAC", "MSFT"}));
}

TEST_F(BoardTest, FiltersWhileTheTextIsTypedAndShowsAllAgainOnEscape) {
  for (uint32_t i = 0; i < 3; ++i) Apply(TradeRecord(1 + i, i, 1, 100, 0));
  Type("/a");
  EXPECT_EQ(Symbols(), (Names{"AAPL", "BAC"}));
  Type("a");
  EXPECT_EQ(Symbols(), (Names{"AAPL"}));
  EXPECT_EQ(Lines().back(), "show symbols with: aa_");
  Press(kKeyEnter);
  EXPECT_NE(Lines()[1].find("filter AA: 1"), std::string::npos);
  Press(kKeyEscape);
  EXPECT_EQ(Symbols().size(), 3u);
}

TEST_F(BoardTest, CountsTicksWhileThePictureIsPaused) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Press('p');
  Apply(TradeRecord(2, 0, 2, 31, 0));
  Apply(TradeRecord(3, 1, 1, 31, 0));
  EXPECT_TRUE(Lines()[1].starts_with(" PAUSED +2 ")) << Lines()[1];
  EXPECT_NE(LineOf("AAPL").find("30"), std::string::npos);
  EXPECT_EQ(LineOf("BAC"), "");
  SetState(feed::State::kStale, "link is silent", seconds(3));
  EXPECT_TRUE(Lines()[1].starts_with(" STALE"));  // a paused picture still says that it is stale
  Press('p');
  EXPECT_NE(LineOf("AAPL").find("31"), std::string::npos);
}

TEST_F(BoardTest, AsksItsOwnerForAddedAndDeletedPatterns) {
  Type("aMS*");
  Press(kKeyEnter);
  Type("d");
  EXPECT_EQ(Lines().back(), "delete pattern (*): *_");
  Press(kKeyEnter);
  const InterestChange change = controls_->TakeChange();
  EXPECT_EQ(change.add, std::vector<Pattern>{Pattern("MS*")});
  EXPECT_EQ(change.remove, std::vector<Pattern>{Pattern("*")});
  EXPECT_TRUE(controls_->TakeChange().empty());
}

TEST_F(BoardTest, RefusesABadPatternWithItsReason) {
  Type("aA**");
  Press(kKeyEnter);
  EXPECT_EQ(Lines().back(), "pattern \"A**\": it ends with '*', which marks a pattern");
  EXPECT_TRUE(controls_->TakeChange().empty());
}

TEST_F(BoardTest, ScrollsWithinTheRowsThereAre) {
  for (uint32_t i = 10; i < 40; ++i) {
    model_->Topic(TopicId{i}, "T" + std::to_string(i));
    Apply(TradeRecord(i, i, 1, 100, 0));
  }
  EXPECT_TRUE(Lines()[3].starts_with("T10"));
  Press(kKeyPageDown);  // 8 rows on 12 lines
  EXPECT_TRUE(Lines()[3].starts_with("T18"));
  EXPECT_TRUE(Lines().back().starts_with("9-16 of 30")) << Lines().back();
  Press(kKeyEnd);
  EXPECT_TRUE(Lines()[10].starts_with("T39"));
  Press(kKeyDown);
  EXPECT_TRUE(Lines()[10].starts_with("T39"));
  Press(kKeyHome);
  EXPECT_TRUE(Lines()[3].starts_with("T10"));
}

TEST_F(BoardTest, LetsGoOfTheLesserColumnsOnANarrowTerminal) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  frame_.width = 80;
  const std::string title = LineOf("SYMBOL");
  EXPECT_EQ(title.find("CHG "), std::string::npos);
  EXPECT_NE(title.find("CHG%"), std::string::npos);
  EXPECT_NE(title.find("ASK SZ"), std::string::npos) << title;
  frame_.width = 30;
  EXPECT_NE(LineOf("SYMBOL").find("STATE"), std::string::npos);
}

TEST_F(BoardTest, FitsEverySize) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  for (const auto state : {feed::State::kLive, feed::State::kStale}) {
    SetState(state, "link to gateway branch-1 is silent");
    for (frame_.width = 1; frame_.width < 130; frame_.width += 3) {
      for (frame_.height = 1; frame_.height < 30; frame_.height += 4) Lines();
    }
  }
}

TEST_F(BoardTest, UsesAsciiArrowsWhereTheTerminalHasNoOthers) {
  frame_.utf8 = false;
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Apply(TradeRecord(2, 0, 2, 31, 0));
  EXPECT_NE(LineOf("AAPL").find("31^"), std::string::npos);
}

TEST_F(BoardTest, ClearsEverythingAtTheStartOfANewEpoch) {
  Apply(TradeRecord(1, 0, 1, 30, 0));
  Press('p');
  model_->NewEpoch();
  EXPECT_EQ(Symbols(), Names{});
  model_->Topic(TopicId{0}, "MSFT");
  Apply(TradeRecord(1, 0, 1, 5, 0));
  EXPECT_EQ(Symbols(), Names{"MSFT"});
}

TEST_F(BoardTest, ShowsHelpUntilAnyKey) {
  frame_.height = 24;
  Press('?');
  EXPECT_NE(Lines()[3].find("quit"), std::string::npos);
  Press('x');
  EXPECT_TRUE(Lines()[2].starts_with("SYMBOL"));
}

TEST_F(BoardTest, QuitsOnQAndOnCtrlCButNotOnAQThatIsTyped) {
  Type("/q");
  EXPECT_EQ(controls_->quit(), BoardControls::Quit::kNo);
  Press(kKeyEscape);
  Press('q');
  EXPECT_EQ(controls_->quit(), BoardControls::Quit::kAsked);
  Press(kKeyInterrupt);
  EXPECT_EQ(controls_->quit(), BoardControls::Quit::kInterrupted);
}

TEST_F(BoardTest, MeasuresTicksASecond) {
  Render();
  for (uint32_t i = 0; i < 50; ++i) Apply(TradeRecord(1 + i, 0, 1 + i, 30, 0));
  Advance(seconds(2));
  EXPECT_NE(Lines()[1].find("25 ticks/s  50 ticks  1 symbols"), std::string::npos) << Lines()[1];
}

}  // namespace
}  // namespace fantail::desk
