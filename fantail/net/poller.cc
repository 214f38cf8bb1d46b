#include "fantail/net/poller.h"

#include <algorithm>
#include <zmq.hpp>

namespace fantail::net {

void Poller::Clear() {
  sockets_.clear();
  descriptors_.clear();
  others_.clear();
}

void Poller::Add(zmq::socket_t* socket) {
  sockets_.push_back({socket, false});
  descriptors_.push_back({socket->get(zmq::sockopt::fd), POLLIN, 0});
}

void Poller::Add(int fd) {
  if (fd >= 0) others_.push_back({fd, POLLIN, 0});
}

// The descriptor of a ZeroMQ socket is readable when its I/O thread has something to say to the
// socket; what came of it, only the socket knows, and asking makes the descriptor quiet again. So
// the sockets are asked before the wait, and those that were woken once more after it.
void Poller::Wait(Nanos timeout) {
  if (Ask(/*only_woken=*/false)) timeout = Nanos{0};
  descriptors_.insert(descriptors_.end(), others_.begin(), others_.end());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec wait{seconds.count(), (timeout - seconds).count()};
  if (ppoll(descriptors_.data(), descriptors_.size(), &wait, nullptr) > 0) {
    Ask(/*only_woken=*/true);
  }
}

bool Poller::Ask(bool only_woken) {
  bool any = false;
  for (size_t i = 0; i < sockets_.size(); ++i) {
    Item& item = sockets_[i];
    if (!item.readable && (!only_woken || descriptors_[i].revents != 0)) {
      item.readable = (item.socket->get(zmq::sockopt::events) & ZMQ_POLLIN) != 0;
    }
    any = any || item.readable;
  }
  return any;
}

bool Poller::Readable(int fd) const {
  return std::any_of(descriptors_.begin(), descriptors_.end(), [&](const pollfd& descriptor) {
    return descriptor.fd == fd && descriptor.revents != 0;
  });
}

bool Poller::Readable(const zmq::socket_t* socket) const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [&](const Item& item) { return item.socket == socket && item.readable; });
}

}  // namespace fantail::net
