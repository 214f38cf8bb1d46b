// Signals as something that a poll loop reads, so that no code of ours runs in a handler while work
// is half done.
//
// Thread: construct it in main before any other thread exists: threads inherit what it blocks.
//   Then one owner.
#ifndef FANTAIL_APP_SIGNALS_H_
#define FANTAIL_APP_SIGNALS_H_

#include <initializer_list>
#include <optional>

namespace fantail::app {

// For a program that leaves nothing behind wherever it ends: SIGINT and SIGTERM end it at once with
// 130 and 143, even while it waits for the reader of its output, and SIGPIPE is ignored.
void EndAtOnceOnSignals();

// Blocks SIGINT, SIGTERM and SIGHUP and ignores SIGPIPE in this thread and all that it starts, for
// the rest of the process. A SIGHUP that was ignored at the start (nohup) stays ignored; an ignored
// SIGINT (a shell's background job) does not, so that `kill -INT` works.
class Signals {
 public:
  // `others`: read like SIGHUP, and blocked with it.
  explicit Signals(std::initializer_list<int> others = {});
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable when a signal waits: for poll.
  int fd() const { return fd_; }

  // The signal that came, or none; never blocks. From the first SIGINT or SIGTERM on, the next one
  // ends the process at once with 130 or 143, wherever it is.
  std::optional<int> Next();

  // The first SIGINT or SIGTERM that Next() returned; 0 if none. A program that ends because of it
  // returns 128 + it, or, if it serves others, what DrainedCode() says.
  int stop_signal() const { return stop_signal_; }

  // For a program that serves others and has ended in good order because of stop_signal(): SIGTERM
  // is how a supervisor asks for that, and it was done: 0. A person's Ctrl-C is 130.
  int DrainedCode() const;

 private:
  int fd_ = -1;
  int stop_signal_ = 0;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_SIGNALS_H_
