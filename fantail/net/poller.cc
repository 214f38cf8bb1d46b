#include "fantail/net/poller.h"

#include <zmq.hpp>

namespace fantail::net {

struct Poller::Items {
  std::vector<zmq::pollitem_t> items;
};

Poller::Poller() : items_(std::make_unique<Items>()) {}
Poller::~Poller() = default;

void Poller::Clear() {
  items_->items.clear();
}

void Poller::Add(zmq::socket_t* socket) {
  if (socket != nullptr) items_->items.push_back({socket->handle(), 0, ZMQ_POLLIN, 0});
}

void Poller::Add(int fd) {
  if (fd >= 0) items_->items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
}

void Poller::Wait(Nanos timeout) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout);
  try {
    zmq::poll(items_->items.data(), items_->items.size(), ms);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
}

}  // namespace fantail::net
