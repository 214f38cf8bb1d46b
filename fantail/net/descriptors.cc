#include "fantail/net/descriptors.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <zmq.hpp>

namespace fantail::net {
namespace {

// Whether the descriptor's end here is `bound`. Of a family that is not IPv4 the port is not asked.
bool IsAt(int fd, const std::string& bound) {
  sockaddr_in here = {};
  socklen_t size = sizeof here;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) != 0) return false;
  return here.sin_family != AF_INET || bound.ends_with(":" + std::to_string(ntohs(here.sin_port)));
}

bool Listens(int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

// The kernel drops whatever asks to be let in: a filter that passes nothing.
void Close(int fd) {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog filter = {1, &nothing};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

void Open(int fd) {
  const int unused = 0;
  setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

}  // namespace

void CutConnection(int fd, const std::string& bound) {
  if (IsAt(fd, bound)) shutdown(fd, SHUT_RDWR);
}

void CutConnectionOf(zmq::message_t& frame) {
  const int fd = zmq_msg_get(frame.handle(), ZMQ_SRCFD);
  if (fd >= 0) shutdown(fd, SHUT_RDWR);
}

void SetAccepting(const std::string& bound, bool accepting) {
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd >= 0 && Listens(fd) && IsAt(fd, bound)) accepting ? Open(fd) : Close(fd);
  }
}

}  // namespace fantail::net
