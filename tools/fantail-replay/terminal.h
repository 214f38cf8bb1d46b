// The keyboard and the progress line of a person at a terminal: keys come one by one and unseen,
// and a line on standard error is drawn over and over. The terminal is given back in every case but
// a kill -9: by the destructor, while the process is stopped (Ctrl-Z), and if it crashes.
//
// Thread: main; one object at a time.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_TERMINAL_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_TERMINAL_H_

#include <string>
#include <string_view>

namespace fantail::replay {

class Terminal {
 public:
  // Takes the keyboard if standard input is a terminal and this process is in front; else it does
  // nothing at all.
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // For a poller; -1 if there are no keys to be had.
  int key_fd() const { return has_keys_ && InFront() ? 0 : -1; }
  // What has been typed; never blocks.
  std::string ReadKeys();
  // Gives the keyboard back until Resume: before the process stops, and at the end.
  void Suspend();
  void Resume();

  // Whether standard error is a terminal, where a line may be drawn over.
  bool draws() const { return draws_; }
  // As much of it as fits.
  void Draw(std::string_view line);
  // Takes the line away, for others to write there.
  void Clear();

 private:
  bool InFront() const;

  bool has_keys_ = false;
  bool draws_ = false;
  bool drawn_ = false;
};

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_TERMINAL_H_
