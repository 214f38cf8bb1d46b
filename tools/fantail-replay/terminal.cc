#include "tools/fantail-replay/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace fantail::replay {
namespace {

// What the keyboard goes back to: also inside a handler.
termios modes_found;
volatile sig_atomic_t modes_taken = 0;

void GiveBack() {
  if (modes_taken == 0) return;
  modes_taken = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &modes_found);
}

void OnCrash(int signal) {
  GiveBack();
  raise(signal);  // the handler is gone: it ends the process as it would have
}

void WatchCrashes() {
  struct sigaction action {};
  action.sa_handler = OnCrash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int signal : {SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    sigaction(signal, &action, nullptr);
  }
}

void Write(std::string_view text) {
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Terminal::Terminal() : draws_(isatty(STDERR_FILENO) != 0) {
  if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &modes_found) != 0) return;
  has_keys_ = true;
  WatchCrashes();
  Resume();
}

Terminal::~Terminal() {
  Clear();
  Suspend();
}

bool Terminal::InFront() const {
  return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void Terminal::Resume() {
  // In the background the terminal belongs to another program, and asking would stop this one.
  if (!has_keys_ || modes_taken != 0 || !InFront()) return;
  if (tcgetattr(STDIN_FILENO, &modes_found) != 0) return;
  termios modes = modes_found;
  modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  modes.c_cc[VMIN] = 0;
  modes.c_cc[VTIME] = 0;
  modes_taken = 1;
  tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

void Terminal::Suspend() {
  GiveBack();
}

std::string Terminal::ReadKeys() {
  std::string keys(64, '\0');
  if (key_fd() < 0) return "";
  Resume();  // it may have come to the front since
  pollfd typed{STDIN_FILENO, POLLIN, 0};
  if (poll(&typed, 1, 0) <= 0) return "";
  const ssize_t count = read(STDIN_FILENO, keys.data(), keys.size());
  if (count == 0 && (typed.revents & POLLHUP) != 0) has_keys_ = false;  // it is gone
  keys.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  return keys;
}

void Terminal::Draw(std::string_view line) {
  if (!draws_) return;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  // The last column stays free: a full line would begin the next one.
  if (known) line = line.substr(0, size.ws_col - 1u);
  Write("\r" + std::string(line) + "\x1b[K");
  drawn_ = true;
}

void Terminal::Clear() {
  if (!drawn_) return;
  Write("\r\x1b[K");
  drawn_ = false;
}

}  // namespace fantail::replay
