#include "desktop-subscriber/board_render.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "desktop-subscriber/board_table.h"
#include "desktop-subscriber/notices.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

constexpr Style kBold = {Color::kDefault, true};
constexpr Style kDim = {Color::kDefault, false, true};

constexpr const char* kHelp[] = {
    "",
    "  q           quit",
    "  arrows      scroll; PgUp, PgDn, Home and End too",
    "  /           show only symbols that contain a text; Esc shows all again",
    "  s           sort by symbol, change %, volume, activity",
    "  p           pause the picture; ticks are still counted, staleness still shows",
    "  a           add a pattern, such as AAPL or A*",
    "  d           delete a pattern",
    "",
    "  CHG is against the previous close if there is one, else the first trade.",
    "  AGE is the time since the symbol's last tick: old is not stale.",
    "  STALE means that the way to the publisher is broken: values may be wrong.",
    "",
    "  any key goes back",
};

size_t Width(const Line& line) {
  size_t width = 0;
  for (const Span& span : line) width += Cells(span.text);
  return width;
}

// The first `width` cells of `text`.
std::string Head(std::string_view text, size_t width) {
  size_t bytes = 0;
  for (size_t cells = 0; bytes < text.size(); ++bytes) {
    const bool starts = (static_cast<unsigned char>(text[bytes]) & 0xc0) != 0x80;
    if (starts && cells++ == width) break;
  }
  return std::string(text.substr(0, bytes));
}

void Trim(Line* line, size_t width) {
  for (Span& span : *line) {
    span.text = Head(span.text, width);
    width -= Cells(span.text);
  }
}

std::string StateWord(const BoardModel& model) {
  return absl::AsciiStrToUpper(std::string(feed::StateName(model.state().state)));
}

Style StateStyle(feed::State state) {
  if (state == feed::State::kLive) return {Color::kGreen, true};
  if (state == feed::State::kEnded) return kBold;
  return {Color::kRed, true};
}

// LIVE  REPLAY  at most 1.2 s old  equities  desk <- gateway branch-1 <- publisher hq 12:34:56 UTC
Line HeaderLine(const BoardModel& model, const BoardFrame& frame, Instant at) {
  Line line = {{StateWord(model), StateStyle(model.state().state)}};
  if (model.replay()) line.push_back({"  REPLAY", {Color::kYellow, true}});
  if (model.live()) {
    const double age = std::chrono::duration<double>(model.age(at.now)).count();
    line.push_back({fmt::format("  at most {:.1f} s old", std::max(0.1, age)), {}});
  }
  line.push_back({"  " + Printable(frame.feed), kBold});
  line.push_back({"  " + PathText(model.state()), {}});
  const std::string clock = "  " + ClockText(at.wall) + " UTC";
  if (frame.width < 40) return line;
  Trim(&line, frame.width - clock.size());
  line.push_back({std::string(frame.width - clock.size() - Width(line), ' ') + clock, {}});
  return line;
}

Line CountsLine(const BoardModel& model) {
  Line line;
  if (model.paused()) {
    line.push_back({fmt::format(" PAUSED +{} ", GroupedText(model.ticks_since_pause())),
                    {Color::kYellow, true, false, true}});
    line.push_back({"  ", {}});
  }
  const auto rate = static_cast<uint64_t>(model.ticks_per_second() + 0.5);
  line.push_back({fmt::format("{} ticks/s  {} ticks  {} symbols  ", GroupedText(rate),
                              GroupedText(model.ticks()), GroupedText(model.shown_topics())),
                  {}});
  line.push_back({fmt::format("{} gaps", GroupedText(model.gaps())),
                  model.gaps() > 0 ? Style{Color::kYellow, true} : Style{}});
  line.push_back({fmt::format("  by {}", SortKeyName(model.sort())), {}});
  if (!model.filter().empty()) {
    line.push_back({fmt::format("  filter {}: {}", model.filter(), GroupedText(model.row_count())),
                    {Color::kCyan, true}});
  }
  return line;
}

// STALE 00:07  link to gateway branch-1 is silent   last values from 10:15:03
Line BannerLine(const BoardModel& model, const BoardFrame& frame, Instant at) {
  std::string text =
      fmt::format(" {} {}", StateWord(model), ElapsedText(model.not_live_for(at.now)));
  const std::string cause = CauseText(model.state());
  if (!cause.empty()) text += "  " + cause;
  if (model.good_until()) text += "   last values from " + ClockText(*model.good_until());
  text = Head(text, frame.width);
  text += std::string(frame.width - Cells(text), ' ');
  const bool ended = model.state().state == feed::State::kEnded;
  return {{text, {ended ? Color::kDefault : Color::kRed, true, false, true}}};
}

Line PromptLine(const BoardModel& model, const BoardControls& controls) {
  std::string label = "show symbols with: ";
  if (controls.prompt() == BoardControls::Prompt::kAdd) label = "add pattern: ";
  if (controls.prompt() == BoardControls::Prompt::kDelete) {
    label = "delete pattern (";
    for (size_t i = 0; i < model.patterns().size() && label.size() < 40; ++i) {
      label += (i > 0 ? " " : "") + Printable(model.patterns()[i].text());
    }
    label += "): ";
  }
  return {{label, kBold}, {controls.input() + "_", {}}};
}

Line BottomLine(const BoardModel& model, const BoardControls& controls, size_t page) {
  if (controls.prompt() != BoardControls::Prompt::kNone) return PromptLine(model, controls);
  if (!controls.message().empty()) return {{controls.message(), {Color::kYellow, true}}};
  const size_t rows = model.row_count();
  const std::string where =
      rows > page ? fmt::format("{}-{} of {}   ", controls.top() + 1,
                                std::min(rows, controls.top() + page), GroupedText(rows))
                  : "";
  return {{where + "q quit  / filter  s sort  p pause  a add  d delete  ? help", kDim}};
}

Screen Body(const BoardModel& model, const BoardControls& controls, const BoardFrame& frame,
            size_t page, MonotonicTime now) {
  if (!controls.help()) {
    const size_t rows = model.row_count();
    const size_t top = std::min(controls.top(), rows > page ? rows - page : 0);
    return RenderTable(model, frame, top, page, now);
  }
  Screen screen;
  for (const char* line : kHelp) screen.push_back({{line, {}}});
  return screen;
}

// Header, counts, titles and the bottom line; the banner and the trace when there is one.
size_t FixedLines(const BoardModel& model) {
  return size_t{4} + (model.live() ? 0 : 1) + (model.trace().empty() ? 0 : 1);
}

}  // namespace

size_t Cells(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

size_t PageRows(const BoardModel& model, const BoardFrame& frame) {
  const size_t fixed = FixedLines(model);
  return frame.height > fixed ? frame.height - fixed : 0;
}

Screen RenderBoard(const BoardModel& model, const BoardControls& controls, const BoardFrame& frame,
                   Instant at) {
  const size_t page = PageRows(model, frame);
  // The banner comes before everything else: the smallest screen that shows a price shows it too.
  Screen screen;
  screen.push_back(HeaderLine(model, frame, at));
  if (!model.live()) screen.push_back(BannerLine(model, frame, at));
  screen.push_back(CountsLine(model));
  if (!model.trace().empty()) screen.push_back({{"trace  " + model.trace(), {}}});
  for (Line& line : Body(model, controls, frame, page, at.now)) screen.push_back(std::move(line));
  screen.resize(frame.height);
  if (frame.height > 2) screen.back() = BottomLine(model, controls, page);
  for (Line& line : screen) Trim(&line, frame.width);
  return screen;
}

}  // namespace fantail::desk
