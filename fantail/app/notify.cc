#include "fantail/app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "fantail/app/values.h"

namespace fantail::app {
namespace {

std::string Text(const Environment& environment, const char* name) {
  const char* text = environment(name);
  return text == nullptr ? "" : text;
}

// A datagram socket whose messages go to `name`; -1 if that cannot be.
int ConnectTo(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return -1;
  if (name[0] != '/' && name[0] != '@') return -1;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';  // an abstract name has no zero at its end
  const size_t length = offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '/' ? 1 : 0);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) ==
      0) {
    return fd;
  }
  close(fd);
  return -1;
}

}  // namespace

Notify::Notify(const Environment& environment, int process)
    : fd_(ConnectTo(Text(environment, "NOTIFY_SOCKET"))) {
  const std::string pid = Text(environment, "WATCHDOG_PID");
  if (!pid.empty() && pid != std::to_string(process)) return;
  constexpr uint64_t kMost = 1'000'000'000'000;  // microseconds: eleven days
  const auto usec = ParseUnsigned(Text(environment, "WATCHDOG_USEC"), {.least = 1, .most = kMost});
  if (usec.ok()) watchdog_ = std::chrono::microseconds(*usec);
}

Notify::~Notify() {
  if (fd_ >= 0) close(fd_);
}

void Notify::Send(std::string_view lines) {
  if (fd_ >= 0) (void)!send(fd_, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace fantail::app
