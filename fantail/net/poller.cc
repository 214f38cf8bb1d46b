#include "fantail/net/poller.h"

#include <algorithm>
#include <zmq.hpp>

#include "fantail/net/clock.h"

namespace fantail::net {
namespace {

// A send looks for what the I/O thread says about once a millisecond (libzmq's max_command_delay):
// asking after each would find nothing new.
constexpr Nanos kAskEvery = std::chrono::milliseconds(1);

}  // namespace

Poller::Has Poller::Ask(zmq::socket_t& socket) {
  return (socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0 ? Has::kSomething : Has::kNothing;
}

void Poller::Clear() {
  sockets_.clear();
  descriptors_.clear();
  others_.clear();
}

void Poller::Add(zmq::socket_t* socket, Has has) {
  sockets_.push_back({socket, has});
  descriptors_.push_back({socket->get(zmq::sockopt::fd), POLLIN, 0});
}

void Poller::Add(int fd) {
  if (fd >= 0) others_.push_back({fd, POLLIN, 0});
}

// The descriptor of a ZeroMQ socket is readable when its I/O thread has something to say to the
// socket; what came of it, only the socket knows, and asking makes the descriptor quiet again. So
// does every other use of the socket, a send as well: one that has been used is asked before the
// wait, and those that were woken after it.
void Poller::Wait(Nanos timeout) {
  timeout = AskUnknown(timeout);
  descriptors_.insert(descriptors_.end(), others_.begin(), others_.end());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec wait{seconds.count(), (timeout - seconds).count()};
  if (ppoll(descriptors_.data(), descriptors_.size(), &wait, nullptr) > 0) AskWoken();
}

void Poller::WaitUntil(MonotonicTime until) {
  Wait(std::max(until - ReadMonotonicClock(), Nanos{0}));
}

Nanos Poller::AskUnknown(Nanos timeout) {
  const auto any = [this](Has has) {
    return std::any_of(sockets_.begin(), sockets_.end(),
                       [&](const Item& item) { return item.has == has; });
  };
  if (any(Has::kSomething)) timeout = Nanos{0};
  if (!any(Has::kUnknown)) return timeout;
  const MonotonicTime now = ReadMonotonicClock();
  if (timeout > Nanos{0} && now - asked_at_ < kAskEvery) return std::min(timeout, kAskEvery);
  asked_at_ = now;
  for (Item& item : sockets_) {
    if (item.has == Has::kUnknown) item.has = Ask(*item.socket);
    if (item.readable()) timeout = Nanos{0};
  }
  return timeout;
}

void Poller::AskWoken() {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    Item& item = sockets_[i];
    if (!item.readable() && descriptors_[i].revents != 0) item.has = Ask(*item.socket);
  }
}

bool Poller::Readable(int fd) const {
  return std::any_of(descriptors_.begin(), descriptors_.end(), [&](const pollfd& descriptor) {
    return descriptor.fd == fd && descriptor.revents != 0;
  });
}

bool Poller::Readable(const zmq::socket_t* socket) const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [&](const Item& item) { return item.socket == socket && item.readable(); });
}

}  // namespace fantail::net
