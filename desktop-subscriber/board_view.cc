#include "desktop-subscriber/board_view.h"

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace fantail::desk {
namespace {

// How long an Esc may be the beginning of an arrow key. ncurses' own second feels dead.
constexpr int kEscapeDelayMs = 25;
constexpr int kCtrlC = 3;
constexpr int kCtrlZ = 26;
constexpr int kCtrlL = 12;

// What curses calls our colours; a pair on the default background has the number of our colour.
constexpr std::pair<Color, short> kColors[] = {{Color::kGreen, COLOR_GREEN},
                                               {Color::kRed, COLOR_RED},
                                               {Color::kYellow, COLOR_YELLOW},
                                               {Color::kCyan, COLOR_CYAN}};

// What RestoreModes goes back to. Written before the output thread starts, and by nobody later.
termios modes_found;
std::atomic<int> modes_fd{-1};

bool StartColors() {
  const char* no_color = getenv("NO_COLOR");
  if ((no_color != nullptr && *no_color != '\0') || !has_colors()) return false;
  start_color();
  const short background = use_default_colors() == OK ? -1 : COLOR_BLACK;
  for (const auto& [color, number] : kColors) {
    init_pair(static_cast<short>(color), number, background);
  }
  return true;
}

int TranslateKey(int key) {
  switch (key) {
    case KEY_UP:
      return kKeyUp;
    case KEY_DOWN:
      return kKeyDown;
    case KEY_PPAGE:
      return kKeyPageUp;
    case KEY_NPAGE:
      return kKeyPageDown;
    case KEY_HOME:
      return kKeyHome;
    case KEY_END:
      return kKeyEnd;
    case KEY_ENTER:
    case '\n':
    case '\r':
      return kKeyEnter;
    case KEY_BACKSPACE:
    case '\b':
    case 0x7f:
      return kKeyBackspace;
    case 0x1b:
      return kKeyEscape;
    case kCtrlC:
      return kKeyInterrupt;
    default:
      return key < 0x100 ? key : 0;  // other special keys mean nothing here
  }
}

}  // namespace

struct BoardView::Terminal {
  SCREEN* screen = nullptr;
  FILE* keys = nullptr;
  FILE* opened = nullptr;  // `keys`, if it had to be opened
};

absl::StatusOr<std::unique_ptr<BoardView>> BoardView::Open() {
  setlocale(LC_CTYPE, "");
  if (!isatty(STDOUT_FILENO)) {
    return absl::FailedPreconditionError(
        "--format board: standard output is not a terminal; use --format csv");
  }
  auto terminal = std::make_unique<Terminal>();
  if (!isatty(STDIN_FILENO)) terminal->opened = fopen("/dev/tty", "re");
  terminal->keys = terminal->opened != nullptr ? terminal->opened : stdin;
  const int fd = fileno(terminal->keys);
  if (tcgetattr(fd, &modes_found) == 0) modes_fd = fd;
  terminal->screen = newterm(nullptr, stdout, terminal->keys);
  if (terminal->screen == nullptr) {
    modes_fd = -1;
    if (terminal->opened != nullptr) fclose(terminal->opened);
    const char* name = getenv("TERM");
    return absl::FailedPreconditionError(std::string("--format board: terminal type \"") +
                                         (name != nullptr ? name : "") +
                                         "\" is not known or too simple; set TERM, or use "
                                         "--format csv");
  }
  return std::unique_ptr<BoardView>(new BoardView(std::move(terminal)));
}

BoardView::BoardView(std::unique_ptr<Terminal> terminal) : terminal_(std::move(terminal)) {
  set_term(terminal_->screen);
  raw();  // Ctrl-C and Ctrl-Z come as keys: a signal could strike while the terminal is being drawn
  noecho();
  nonl();
  set_escdelay(kEscapeDelayMs);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  curs_set(0);
  utf8_ = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  color_ = StartColors();
}

void BoardView::RestoreModes() {
  if (const int fd = modes_fd.load(); fd >= 0) tcsetattr(fd, TCSANOW, &modes_found);
}

BoardView::~BoardView() {
  endwin();
  modes_fd = -1;
  delscreen(terminal_->screen);
  if (terminal_->opened != nullptr) fclose(terminal_->opened);
}

int BoardView::key_fd() const {
  return fileno(terminal_->keys);
}

void BoardView::Suspend() {
  endwin();
  raise(SIGSTOP);  // to this thread: it must not run on to refresh() before the process stands
  clearok(stdscr, TRUE);
  refresh();
}

std::optional<int> BoardView::ReadKey() {
  const int key = getch();
  if (key == ERR) return std::nullopt;
  if (key == kCtrlZ) Suspend();
  if (key == kCtrlL) clearok(stdscr, TRUE);
  return TranslateKey(key);
}

bool BoardView::FollowSize() {
  // Asked for each time instead of waiting for SIGWINCH: which thread takes a signal is the
  // owner's.
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return false;
  }
  if (size.ws_row == getmaxy(stdscr) && size.ws_col == getmaxx(stdscr)) return false;
  resizeterm(size.ws_row, size.ws_col);
  clearok(stdscr, TRUE);
  return true;
}

size_t BoardView::width() const {
  return static_cast<size_t>(std::max(1, getmaxx(stdscr)));
}

size_t BoardView::height() const {
  return static_cast<size_t>(std::max(1, getmaxy(stdscr)));
}

int BoardView::AttributesOf(const Style& style) const {
  attr_t attributes = A_NORMAL;
  if (style.bold) attributes |= A_BOLD;
  if (style.dim) attributes |= A_DIM;
  if (style.reverse) attributes |= A_REVERSE;
  if (color_ && style.color != Color::kDefault) {
    attributes |= static_cast<attr_t>(COLOR_PAIR(static_cast<int>(style.color)));
  }
  return static_cast<int>(attributes);
}

void BoardView::Draw(const Screen& screen) {
  erase();
  for (size_t y = 0; y < screen.size(); ++y) {
    move(static_cast<int>(y), 0);
    for (const Span& span : screen[y]) {
      attrset(AttributesOf(span.style));
      addnstr(span.text.data(), static_cast<int>(span.text.size()));
    }
  }
  attrset(A_NORMAL);
  refresh();
}

}  // namespace fantail::desk
