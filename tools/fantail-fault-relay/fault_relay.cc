#include "tools/fantail-fault-relay/fault_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "fantail/net/clock.h"

namespace fantail::fault {
namespace {

constexpr std::array<Way, 2> kWays = {Way::kUp, Way::kDown};
// A slow link passes its bytes in steps of this much time.
constexpr Nanos kStep = std::chrono::milliseconds(5);
constexpr size_t kReadBytes = 16 * 1024;
// Connections that wait to be taken, while there is no hole.
constexpr int kBacklog = 64;

int Checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

// Of tcp://A.B.C.D:PORT; port `*` is 0.
sockaddr_in AddressOf(const std::string& endpoint) {
  const size_t host = endpoint.find("://");
  const size_t colon = endpoint.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const bool good = host != std::string::npos && colon > host &&
                    inet_pton(AF_INET, endpoint.substr(host + 3, colon - host - 3).c_str(),
                              &address.sin_addr) == 1;
  if (!good) throw std::system_error(EINVAL, std::generic_category(), endpoint);
  const std::string port = endpoint.substr(colon + 1);
  address.sin_port = htons(port == "*" ? 0 : static_cast<uint16_t>(std::stoul(port)));
  return address;
}

// Small buffers: a slow link is not to be hidden behind megabytes of them. Segments of Ethernet:
// those of loopback are larger than such a buffer, and TCP stalls for seconds.
void SetUp(int fd, size_t buffer_bytes) {
  const int segment = 1448;
  setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  const int bytes = static_cast<int>(buffer_bytes);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void CloseDescriptor(int* fd, bool reset) {
  if (*fd < 0) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (reset) setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(*fd);
  *fd = -1;
}

// Whether the peer has closed, with nothing left to read.
bool IsGone(int fd) {
  char byte = 0;
  const ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN);
}

}  // namespace

FaultRelay::FaultRelay(RelayOptions options)
    : options_(std::move(options)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  AddressOf(options_.target);  // a bad one is noticed here
  sockaddr_in address = AddressOf(options_.listen);
  listener_ = Checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  SetUp(listener_, options_.buffer_bytes);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  Checked(bind(listener_, any, size), options_.listen.c_str());
  Checked(listen(listener_, kBacklog), "listen");
  Checked(getsockname(listener_, any, &size), "getsockname");
  endpoint_ = options_.listen.substr(0, options_.listen.rfind(':') + 1) +
              std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { Run(); });
}

FaultRelay::~FaultRelay() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Wake();
  thread_.join();
  for (const auto& connection : connections_) CloseOne(connection.get(), /*reset=*/false);
  if (filler_ >= 0) close(filler_);
  close(listener_);
  close(wake_);
}

// -------------------------------------------------------------------------------------------------
// Commands.

void FaultRelay::SetDelay(Way way, Nanos delay) {
  const std::lock_guard lock(mutex_);
  path(way).delay = delay;
  Wake();
}

void FaultRelay::SetRate(Way way, uint64_t bytes_per_second) {
  const std::lock_guard lock(mutex_);
  path(way).rate = bytes_per_second;
  path(way).allowance = 0;
  path(way).filled_at = net::ReadMonotonicClock();
  Wake();
}

void FaultRelay::SetCut(Way way, bool cut) {
  const std::lock_guard lock(mutex_);
  path(way).cut = cut;
  OpenOrCloseDoor();
}

void FaultRelay::SetHole(bool hole) {
  const std::lock_guard lock(mutex_);
  for (const Way way : kWays) path(way).cut = hole;
  OpenOrCloseDoor();
}

// A queue of length 0 holds one connection; while ours is in it, the kernel answers no SYN.
void FaultRelay::OpenOrCloseDoor() {
  if (Silent() && filler_ < 0) {
    listen(listener_, 0);
    filler_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_in address = AddressOf(endpoint_);
    (void)connect(filler_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else if (!Silent() && filler_ >= 0) {
    close(filler_);
    filler_ = -1;
    listen(listener_, kBacklog);
  }
  Wake();
}

void FaultRelay::SetTap(Tap tap) {
  const std::lock_guard lock(mutex_);
  tap_ = std::move(tap);
}

void FaultRelay::FlipBit(Way way, uint64_t after, int bit) {
  const std::lock_guard lock(mutex_);
  path(way).flips.emplace_back(counters_.bytes[static_cast<size_t>(way)] + after, bit);
}

void FaultRelay::Close() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) CloseOne(connection.get(), /*reset=*/false);
  Wake();
}

void FaultRelay::Reset() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) CloseOne(connection.get(), /*reset=*/true);
  Wake();
}

void FaultRelay::HalfClose(Way way) {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    Pipe& pipe = connection->pipes[static_cast<size_t>(way)];
    if (pipe.to >= 0) shutdown(pipe.to, SHUT_WR);
    pipe.chunks.clear();
    pipe.held = 0;
    pipe.wasted = pipe.told = true;
  }
  Wake();
}

FaultRelay::Counters FaultRelay::counters() const {
  const std::lock_guard lock(mutex_);
  Counters counters = counters_;
  counters.open = connections_.size();
  return counters;
}

// -------------------------------------------------------------------------------------------------
// The relay's thread.

void FaultRelay::Wake() {
  const uint64_t one = 1;
  (void)!write(wake_, &one, sizeof one);
}

void FaultRelay::Run() {
  std::vector<pollfd> items;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const int timeout = Fill(&items, net::ReadMonotonicClock());
    lock.unlock();
    poll(items.data(), items.size(), timeout);
    uint64_t woken = 0;
    (void)!read(wake_, &woken, sizeof woken);
    lock.lock();
    Turn(net::ReadMonotonicClock());
  }
}

size_t FaultRelay::Room(const Pipe& pipe, const Path& path) const {
  const size_t most = path.delay > Nanos{0} ? options_.delay_bytes : options_.buffer_bytes;
  return pipe.held < most ? most - pipe.held : 0;
}

// What to wait for, and how long at most in milliseconds. A descriptor of which nothing is wanted
// is left out: poll would report a hang-up, and a black hole tells nobody.
int FaultRelay::Fill(std::vector<pollfd>* items, MonotonicTime now) {
  *items = {{wake_, POLLIN, 0}};
  if (!Silent()) items->push_back({listener_, POLLIN, 0});
  Nanos wait = std::chrono::seconds(1);
  for (const auto& connection : connections_) {
    for (const Way way : kWays) {
      const Path& path = paths_[static_cast<size_t>(way)];
      const Pipe& pipe = connection->pipes[static_cast<size_t>(way)];
      if (path.cut || connection->target < 0) continue;
      if (!pipe.ended && Room(pipe, path) > 0) items->push_back({pipe.from, POLLIN, 0});
      if (pipe.chunks.empty()) continue;
      const Nanos due = pipe.chunks.front().due - now;
      if (due > Nanos{0}) {
        wait = std::min(wait, due);
      } else if (path.rate != 0) {
        wait = std::min(wait, kStep);
      } else {
        items->push_back({pipe.to, POLLOUT, 0});
      }
    }
  }
  return static_cast<int>(wait.count() / 1'000'000) + (wait.count() % 1'000'000 != 0 ? 1 : 0);
}

void FaultRelay::Turn(MonotonicTime now) {
  Accept();
  for (const Way way : kWays) Pay(&path(way), now);
  for (const auto& connection : connections_) {
    if (connection->target < 0 && connection->client >= 0 && !Silent()) Join(connection.get());
    for (const Way way : kWays) {
      if (path(way).cut || connection->target < 0) continue;
      Read(connection.get(), way, now);
      Write(connection.get(), way, now);
    }
    const auto& pipes = connection->pipes;
    if (connection->broken) CloseOne(connection.get(), /*reset=*/true);
    if (pipes[0].ended && pipes[0].told && pipes[1].ended && pipes[1].told) {
      CloseOne(connection.get(), /*reset=*/false);
    }
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->client < 0; });
}

void FaultRelay::Accept() {
  if (Silent()) return;
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    SetUp(fd, options_.buffer_bytes);
    auto connection = std::make_unique<Connection>();
    connection->client = fd;
    connections_.push_back(std::move(connection));
  }
}

// Connects it to the target, unless its client has gone already, as the filler of the queue has.
void FaultRelay::Join(Connection* connection) {
  if (IsGone(connection->client)) return CloseOne(connection, /*reset=*/false);
  const sockaddr_in address = AddressOf(options_.target);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) SetUp(fd, options_.buffer_bytes);
  // On loopback it is there or it is not; it does not wait.
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (fd >= 0) close(fd);
    return CloseOne(connection, /*reset=*/true);
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  connection->id = next_id_++;
  connection->target = fd;
  connection->pipes[0].from = connection->pipes[1].to = connection->client;
  connection->pipes[0].to = connection->pipes[1].from = fd;
  ++counters_.connections;
}

void FaultRelay::Read(Connection* connection, Way way, MonotonicTime now) {
  Pipe& pipe = connection->pipes[static_cast<size_t>(way)];
  const Path& path = paths_[static_cast<size_t>(way)];
  while (!pipe.ended && Room(pipe, path) > 0) {
    std::string bytes(std::min(kReadBytes, Room(pipe, path)), '\0');
    const ssize_t n = recv(pipe.from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) connection->broken = true;
    if (n <= 0) {
      pipe.ended = true;
      return;
    }
    bytes.resize(static_cast<size_t>(n));
    Damage(connection, way, bytes);
    if (pipe.wasted) continue;
    pipe.held += bytes.size();
    pipe.chunks.push_back({now + path.delay, std::move(bytes)});
  }
}

void FaultRelay::Damage(Connection* connection, Way way, std::span<char> bytes) {
  uint64_t& passed = counters_.bytes[static_cast<size_t>(way)];
  std::erase_if(path(way).flips, [&](const std::pair<uint64_t, int>& flip) {
    if (flip.first >= passed + bytes.size()) return false;
    char& byte = bytes[flip.first - passed];
    byte = static_cast<char>(byte ^ (1 << flip.second));
    ++counters_.flipped;
    return true;
  });
  passed += bytes.size();
  if (tap_) tap_(connection->id, way, bytes);
}

void FaultRelay::Pay(Path* path, MonotonicTime now) {
  if (path->rate == 0) return;
  const double seconds = std::chrono::duration<double>(now - path->filled_at).count();
  path->filled_at = now;
  // Never more than four steps' worth, so that a link that was idle does not burst.
  const double most = static_cast<double>(path->rate) * 4 * 0.005 + 1;
  path->allowance = std::min(most, path->allowance + seconds * static_cast<double>(path->rate));
}

void FaultRelay::Write(Connection* connection, Way way, MonotonicTime now) {
  Pipe& pipe = connection->pipes[static_cast<size_t>(way)];
  Path& path = paths_[static_cast<size_t>(way)];
  while (!pipe.chunks.empty() && pipe.chunks.front().due <= now) {
    std::string& bytes = pipe.chunks.front().bytes;
    size_t most = bytes.size();
    if (path.rate != 0) most = std::min(most, static_cast<size_t>(path.allowance));
    if (most == 0) return;
    const ssize_t n = send(pipe.to, bytes.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) {
      // It has closed. That reaches the other end by the other way, if that is not cut.
      pipe.chunks.clear();
      pipe.held = 0;
      pipe.wasted = pipe.told = true;
      return;
    }
    path.allowance -= path.rate != 0 ? static_cast<double>(n) : 0;
    pipe.held -= static_cast<size_t>(n);
    bytes.erase(0, static_cast<size_t>(n));
    if (bytes.empty()) pipe.chunks.pop_front();
  }
  if (pipe.ended && !pipe.told && pipe.chunks.empty()) {
    shutdown(pipe.to, SHUT_WR);
    pipe.told = true;
  }
}

void FaultRelay::CloseOne(Connection* connection, bool reset) {
  CloseDescriptor(&connection->client, reset);
  CloseDescriptor(&connection->target, reset);
}

}  // namespace fantail::fault
