#include "fantail/net/monitor.h"

#include <atomic>
#include <cstring>
#include <string>
#include <zmq.hpp>

namespace fantail::net {

bool Monitor::Event::up() const {
  return what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
}

bool Monitor::Event::refused() const {
  return what == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
}

bool Monitor::Event::of_another_mechanism() const {
  return what == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
         value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH;
}

bool Monitor::Event::of_another_protocol() const {
  return what == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL && !of_another_mechanism();
}

bool Monitor::Event::disconnected() const {
  return what == ZMQ_EVENT_DISCONNECTED;
}

bool Monitor::Event::closed() const {
  return what == ZMQ_EVENT_CLOSED;
}

Monitor::Monitor(Context* context, zmq::socket_t* of)
    : of_(of), socket_(std::make_unique<zmq::socket_t>(context->zmq(), zmq::socket_type::pair)) {
  static std::atomic<uint64_t> next{0};
  const std::string name = "inproc://monitor-" + std::to_string(next++);
  // An unread monitor with a high-water mark would stop the I/O thread; this one has none, and its
  // owner reads it.
  socket_->set(zmq::sockopt::rcvhwm, 0);
  socket_->set(zmq::sockopt::linger, 0);
  const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                     ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;
  if (zmq_socket_monitor(of_->handle(), name.c_str(), events) != 0) throw zmq::error_t();
  socket_->connect(name);
}

Monitor::~Monitor() {
  zmq_socket_monitor(of_->handle(), nullptr, 0);
}

std::optional<Monitor::Event> Monitor::Next() {
  zmq::message_t frame;
  if (!socket_->recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
  Event event;
  if (frame.size() >= sizeof event.what + sizeof event.value) {
    std::memcpy(&event.what, frame.data(), sizeof event.what);
    std::memcpy(&event.value, frame.data<char>() + sizeof event.what, sizeof event.value);
  }
  if (frame.more()) (void)socket_->recv(frame, zmq::recv_flags::none);
  return event;
}

std::optional<Monitor::Event> Monitor::Wait(int patience_ms) {
  zmq::pollitem_t item{socket_->handle(), 0, ZMQ_POLLIN, 0};
  zmq_poll(&item, 1, patience_ms);
  return Next();
}

}  // namespace fantail::net
