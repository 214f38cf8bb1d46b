#include "fantail/app/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "fantail/base/check.h"

namespace fantail::app {
namespace {

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

void EndAtOnce(int signal) {
  _exit(128 + signal);
}

// What must stop at once needs a handler, not a read: the loop may be what hangs.
void EndAtOnceFromNowOn() {
  std::signal(SIGINT, EndAtOnce);
  std::signal(SIGTERM, EndAtOnce);
  const sigset_t set = SetOf({SIGINT, SIGTERM});
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

void EndAtOnceOnSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  EndAtOnceFromNowOn();
}

Signals::Signals(std::initializer_list<int> others) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  sigset_t set = SetOf({SIGINT, SIGTERM, SIGHUP});
  for (const int signal : others) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  FANTAIL_CHECK(fd_ >= 0, errno);
}

Signals::~Signals() {
  close(fd_);
}

int Signals::DrainedCode() const {
  return stop_signal_ == SIGTERM ? 0 : 128 + stop_signal_;
}

std::optional<int> Signals::Next() {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof info) != sizeof info) return std::nullopt;
  const int signal = static_cast<int>(info.ssi_signo);
  if ((signal == SIGINT || signal == SIGTERM) && stop_signal_ == 0) {
    stop_signal_ = signal;
    EndAtOnceFromNowOn();
  }
  return signal;
}

}  // namespace fantail::app
