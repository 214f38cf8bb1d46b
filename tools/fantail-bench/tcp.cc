#include "tools/fantail-bench/tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace fantail::bench {
namespace {

// More than the most subscribers that are asked for.
constexpr int kBacklog = 1024;

int Checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void SetUp(const Descriptor& connection) {
  const int yes = 1;
  Checked(setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "TCP_NODELAY");
  Checked(fcntl(connection.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor ListenOnLoopback() {
  Descriptor listener(
      Checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
  const sockaddr_in address = Loopback(0);
  Checked(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "bind");
  Checked(listen(listener.get(), kBacklog), "listen");
  return listener;
}

std::string EndpointOf(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Checked(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

Descriptor AcceptFrom(const Descriptor& listener) {
  Descriptor connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.valid()) SetUp(connection);
  return connection;
}

Descriptor ConnectTo(const std::string& endpoint) {
  const sockaddr_in address = Loopback(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  Descriptor connection(Checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  Checked(connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect");
  SetUp(connection);
  return connection;
}

void AwaitReadable(const Descriptor& listener) {
  pollfd item{listener.get(), POLLIN, 0};
  poll(&item, 1, -1);
}

}  // namespace fantail::bench
