// A board as a screen of styled text: what the terminal shows, without a terminal, so that a test
// checks real screens.
//
// Thread: any that may read the model.
// Cost: formats only the rows that are seen.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_BOARD_RENDER_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_BOARD_RENDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "desktop-subscriber/board_controls.h"
#include "desktop-subscriber/board_model.h"

namespace fantail::desk {

enum class Color : uint8_t { kDefault, kGreen, kRed, kYellow, kCyan };

struct Style {
  Color color = Color::kDefault;
  bool bold = false;
  bool dim = false;
  bool reverse = false;

  friend bool operator==(const Style&, const Style&) = default;
};

struct Span {
  std::string text;  // UTF-8, every character one cell wide
  Style style;
};

using Line = std::vector<Span>;
using Screen = std::vector<Line>;

struct BoardFrame {
  std::string feed;  // its name
  bool utf8 = true;  // else arrows are ^ and v
  size_t width = 80;
  size_t height = 24;
};

// How many rows of the table such a frame shows.
size_t PageRows(const BoardModel& model, const BoardFrame& frame);

// Exactly `height` lines, none wider than `width`.
Screen RenderBoard(const BoardModel& model, const BoardControls& controls, const BoardFrame& frame,
                   Instant at);

// How many cells `text` takes.
size_t Cells(std::string_view text);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_BOARD_RENDER_H_
