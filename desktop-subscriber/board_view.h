// The terminal: the only file that knows ncurses. Draws screens and reads keys.
//
// Thread: the output thread, all of it. Blocks when the terminal does.
// Ownership: one at a time in a process; the destructor gives the terminal back as it was.
// Signals: SIGINT and SIGTERM must have their handlers, or be blocked, before Open: ncurses would
// put its own there, which leave the program from within. A change of size interrupts a poll on any
// thread. Errors: Open fails where there is no usable terminal, in one line that says why.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_BOARD_VIEW_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_BOARD_VIEW_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "desktop-subscriber/board_render.h"

namespace fantail::desk {

class BoardView {
 public:
  // Takes over the terminal of standard output; reads keys from standard input, or from /dev/tty if
  // that is something else. NO_COLOR in the environment is respected.
  static absl::StatusOr<std::unique_ptr<BoardView>> Open();
  ~BoardView();
  BoardView(const BoardView&) = delete;
  BoardView& operator=(const BoardView&) = delete;

  // For a process that must leave while the terminal is blocked: puts back the modes that were
  // found, without writing anything. Any thread; does nothing if there is no view.
  static void RestoreModes();

  // Becomes readable when keys have come.
  int key_fd() const;
  // The next key that has come, as BoardControls knows it; none if there is none. Ctrl-Z is dealt
  // with here: it gives the terminal back, stops the process, and takes the terminal again.
  std::optional<int> ReadKey();
  // Follows changes of the terminal's size; true if it has changed.
  bool FollowSize();
  size_t width() const;
  size_t height() const;
  bool utf8() const { return utf8_; }
  void Draw(const Screen& screen);

 private:
  struct Terminal;

  explicit BoardView(std::unique_ptr<Terminal> terminal);
  int AttributesOf(const Style& style) const;
  void Suspend();

  const std::unique_ptr<Terminal> terminal_;
  bool utf8_ = false;
  bool color_ = false;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_BOARD_VIEW_H_
