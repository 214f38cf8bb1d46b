#include "desktop-subscriber/board_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "desktop-subscriber/notices.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

// A change is marked for the first of these and then fades until the second.
constexpr Nanos kFlashFor = std::chrono::milliseconds(300);
constexpr Nanos kFadeFor = std::chrono::milliseconds(900);

constexpr size_t kSizeWidth = 8;  // sizes and volumes are shortened to this
constexpr size_t kVolumeWidth = 10;
constexpr size_t kMaxPriceWidth = 20;

using Text = Span;

enum class Column : uint8_t {
  kSymbol,
  kLast,
  kChange,
  kPercent,
  kBidSize,
  kBid,
  kAsk,
  kAskSize,
  kVolume,
  kAge,
  kState
};
constexpr size_t kColumns = 11;

struct ColumnSpec {
  const char* title;
  size_t min_width;  // so that columns keep still while values come and go
  int drop;          // the higher, the sooner it goes when the terminal is narrow; 0 never
};

constexpr std::array<ColumnSpec, kColumns> kSpecs = {{
    {"SYMBOL", 6, 0},
    {"LAST ", 8, 0},
    {"CHG", 6, 8},
    {"CHG%", 7, 3},
    {"BID SZ ", 7, 6},
    {"BID ", 8, 2},
    {"ASK ", 8, 2},
    {"ASK SZ ", 7, 6},
    {"VOLUME", 8, 5},
    {"AGE", 5, 4},
    {"STATE", 7, 0},
}};

using RowTexts = std::array<Text, kColumns>;

bool LooksWrong(feed::State state) {
  return state != feed::State::kLive && state != feed::State::kEnded;
}

Color SignColor(int direction) {
  return direction > 0 ? Color::kGreen : direction < 0 ? Color::kRed : Color::kDefault;
}

const char* Arrow(int direction, bool utf8) {
  if (direction > 0) return utf8 ? "▲" : "^";
  if (direction < 0) return utf8 ? "▼" : "v";
  return " ";
}

// How one value looks `since` its last change: marked, faded or plain.
Style FlashStyle(const BoardCell& cell, Nanos since) {
  if (cell.changed == MonotonicTime{} || since >= kFadeFor) return {};
  return {SignColor(cell.direction), since < kFlashFor, false, since < kFlashFor};
}

std::string Cut(std::string text, size_t width) {
  if (text.size() > width) text = text.substr(0, width - 1) + "~";
  return text;
}

// Everything that the cells of one row look at.
struct RowContext {
  const BoardModel& model;
  const BoardRow& row;
  bool utf8;
  bool wrong;  // the whole row is dimmed
  MonotonicTime now;
};

Text ValueText(const RowContext& c, Field field) {
  const BoardCell& cell = c.row.cell(field);
  const bool price = field == Field::kLast || field == Field::kBid || field == Field::kAsk;
  Text result;
  if (cell.present) {
    result.text = price ? Cut(FixedText(cell.value, c.row.decimals), kMaxPriceWidth)
                        : CompactText(cell.value, kSizeWidth);
  }
  const Nanos since = c.model.flash_time(c.now) - cell.changed;
  if (!c.wrong) result.style = FlashStyle(cell, since);
  const bool flashing = !c.wrong && result.style != Style{};
  const int direction = field == Field::kLast ? c.row.trend : flashing ? cell.direction : 0;
  result.text += Arrow(cell.present ? direction : 0, c.utf8);
  return result;
}

Text ChangeText(const RowContext& c) {
  const std::optional<Amount> change = c.row.change();
  if (!change) return {};
  const int sign = change->digits > 0 ? 1 : change->digits < 0 ? -1 : 0;
  return {Cut(SignedText(*change, c.row.decimals), kMaxPriceWidth), {SignColor(sign)}};
}

Text PercentText(const RowContext& c) {
  const std::optional<double> percent = c.row.change_percent();
  if (!percent) return {};
  // What would be shown as -0.00% is shown as no change.
  const int sign = *percent >= 0.005 ? 1 : *percent <= -0.005 ? -1 : 0;
  std::string text = sign == 0 ? "0.00%" : fmt::format("{:+.2f}%", *percent);
  if (text.size() > 9) text = sign > 0 ? "> +9999%" : "< -9999%";
  return {text, {SignColor(sign)}};
}

Text AgeCell(const RowContext& c) {
  if (!c.row.updated) return {c.row.has_data ? "-" : "", {}};
  const Nanos age = c.now - *c.row.updated;
  Style style;
  if (age < std::chrono::seconds(2)) style.color = Color::kGreen;
  if (age >= std::chrono::seconds(60)) style.color = Color::kYellow;
  return {AgeText(age), style};
}

Text StateCell(const RowContext& c) {
  const std::string text = RowStateText(c.model, c.row);
  Style style;
  if (text == "STALE" || text == "REFUSED") style = {Color::kRed, true};
  if (text == "HALT" || text == "GAP") style = {Color::kYellow, true};
  return {text, style};
}

RowTexts MakeRow(const RowContext& c) {
  RowTexts texts = {
      {{Cut(Printable(c.row.symbol), kMaxPriceWidth), {Color::kDefault, true}},
       ValueText(c, Field::kLast),
       ChangeText(c),
       PercentText(c),
       ValueText(c, Field::kBidSize),
       ValueText(c, Field::kBid),
       ValueText(c, Field::kAsk),
       ValueText(c, Field::kAskSize),
       {c.row.trades > 0 || c.row.volume.digits != 0 ? CompactText(c.row.volume, kVolumeWidth) : "",
        {}},
       AgeCell(c),
       StateCell(c)}};
  if (c.wrong) {
    for (size_t i = 0; i + 1 < kColumns; ++i) texts[i].style = {Color::kDefault, false, true};
  }
  return texts;
}

RowTexts MakeTitles() {
  RowTexts titles;
  for (size_t i = 0; i < kColumns; ++i) titles[i] = {kSpecs[i].title, {Color::kCyan, true}};
  return titles;
}

struct Layout {
  std::array<size_t, kColumns> widths;  // 0: not shown
  size_t gap;

  size_t total() const {
    size_t sum = 0;
    for (const size_t w : widths) sum += w > 0 ? w + gap : 0;
    return sum - gap;
  }
};

Layout FitColumns(const std::vector<RowTexts>& rows, size_t width) {
  Layout layout{{}, 1};
  for (size_t i = 0; i < kColumns; ++i) {
    layout.widths[i] = kSpecs[i].min_width;
    for (const RowTexts& row : rows) {
      layout.widths[i] = std::max(layout.widths[i], Cells(row[i].text));
    }
  }
  for (int drop = 8; drop > 0; --drop) {
    for (size_t i = 0; i < kColumns && layout.total() > width; ++i) {
      if (kSpecs[i].drop == drop) layout.widths[i] = 0;
    }
  }
  size_t shown = 0;
  for (const size_t w : layout.widths) shown += w > 0 ? 1 : 0;
  if (layout.total() + shown - 1 <= width) layout.gap = 2;
  return layout;
}

Line LayOut(const RowTexts& row, const Layout& layout) {
  Line line;
  for (size_t i = 0; i < kColumns; ++i) {
    const size_t width = layout.widths[i];
    if (width == 0) continue;
    const bool left =
        i == static_cast<size_t>(Column::kSymbol) || i == static_cast<size_t>(Column::kState);
    const std::string pad(width - std::min(width, Cells(row[i].text)), ' ');
    const std::string between(line.empty() ? 0 : layout.gap, ' ');
    line.push_back({between + (left ? "" : pad), {}});
    line.push_back(row[i]);
    if (left) line.push_back({pad, {}});
  }
  return line;
}

}  // namespace

std::string RowStateText(const BoardModel& model, const BoardRow& row) {
  if (!model.live()) {
    return absl::AsciiStrToUpper(std::string(feed::StateName(model.state().state)).substr(0, 7));
  }
  if (row.gap) return "GAP";
  if (row.status == wire::TradingStatus::kHalt) return "HALT";
  if (row.status == wire::TradingStatus::kClose) return "CLOSED";
  return row.has_data ? "LIVE" : "NO DATA";
}

Screen RenderTable(const BoardModel& model, const BoardFrame& frame, size_t top, size_t count,
                   MonotonicTime now) {
  std::vector<RowTexts> texts = {MakeTitles()};
  const bool wrong = LooksWrong(model.state().state);
  for (size_t i = top; i < std::min(model.row_count(), top + count); ++i) {
    texts.push_back(MakeRow({model, model.row(i), frame.utf8, wrong, now}));
  }
  const Layout layout = FitColumns(texts, frame.width);
  Screen screen;
  for (const RowTexts& row : texts) screen.push_back(LayOut(row, layout));
  return screen;
}

}  // namespace fantail::desk
