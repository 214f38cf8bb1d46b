// Tells the service manager how the program is, as sd_notify(3) does: one datagram to the socket
// that NOTIFY_SOCKET names, a path or, with an @, an abstract name. Nothing is told where nobody
// listens.
//
// Thread: one owner.
// Cost: a system call a message; it never blocks.
// Errors: none; a message that cannot be sent is lost.
#ifndef FANTAIL_APP_NOTIFY_H_
#define FANTAIL_APP_NOTIFY_H_

#include <string>
#include <string_view>

#include "fantail/app/options.h"
#include "fantail/base/time.h"

namespace fantail::app {

class Notify {
 public:
  // `process` is compared with WATCHDOG_PID.
  Notify(const Environment& environment, int process);
  ~Notify();
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  bool listens() const { return fd_ >= 0; }
  // Within what time WATCHDOG=1 is expected; 0: never.
  Nanos watchdog() const { return watchdog_; }

  // Lines such as READY=1.
  void Send(std::string_view lines);

 private:
  int fd_ = -1;
  Nanos watchdog_{0};
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_NOTIFY_H_
