#include "fantail/net/dealer.h"

#include <atomic>
#include <cstring>
#include <zmq.hpp>

namespace fantail::net {

Dealer::Dealer(Context* context, const std::string& endpoint)
    : socket_(std::make_unique<zmq::socket_t>(MakeSessionDealer(*context))),
      monitor_(std::make_unique<zmq::socket_t>(context->zmq(), zmq::socket_type::pair)) {
  static std::atomic<uint64_t> next{0};
  const std::string name = "inproc://dealer-" + std::to_string(next++);
  // An unread monitor with a high-water mark would stop the I/O thread; this one has none, and is
  // read with every Check.
  monitor_->set(zmq::sockopt::rcvhwm, 0);
  monitor_->set(zmq::sockopt::linger, 0);
  const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                     ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;
  if (zmq_socket_monitor(socket_->handle(), name.c_str(), events) != 0) throw zmq::error_t();
  monitor_->connect(name);
  socket_->connect(endpoint);
}

Dealer::~Dealer() {
  zmq_socket_monitor(socket_->handle(), nullptr, 0);
}

bool Dealer::Send(const wire::Message& message) {
  if (link_ != Link::kUp) return false;
  zmq::message_t body = Share(message);
  const bool sent = socket_->send(body, zmq::send_flags::dontwait).has_value();
  // The send may have taken note of a message that came, and then nothing else says so.
  has_ = Poller::Ask(*socket_);
  return sent;
}

bool Dealer::Receive(const std::function<bool(std::span<const std::byte>)>& handler, int most) {
  zmq::message_t body;
  for (int i = 0; i < most; ++i) {
    has_ = Poller::Has::kNothing;
    if (!socket_->recv(body, zmq::recv_flags::dontwait)) return false;
    has_ = Poller::Has::kUnknown;
    // A node sends one frame; the bytes of any other are no message, and are refused as such.
    if (!handler({static_cast<const std::byte*>(body.data()), body.size()})) return false;
  }
  return true;
}

Dealer::Link Dealer::Check() {
  zmq::message_t frame;
  while (monitor_->recv(frame, zmq::recv_flags::dontwait)) {
    uint16_t event = 0;
    if (frame.size() >= sizeof event) std::memcpy(&event, frame.data(), sizeof event);
    if (frame.more()) (void)monitor_->recv(frame, zmq::recv_flags::none);
    OnEvent(event);
  }
  return link_;
}

void Dealer::OnEvent(uint16_t event) {
  if (link_ == Link::kBroken) return;
  if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
    link_ = Link::kUp;
    return;
  }
  const bool stood = link_ == Link::kUp;
  link_ = Link::kBroken;
  if (event == ZMQ_EVENT_DISCONNECTED && stood) {
    why_ = "the connection was lost";
  } else if (event == ZMQ_EVENT_CLOSED) {
    why_ = "nothing answers there";
  } else {
    why_ = "what listens there does not speak ZMTP";
  }
}

}  // namespace fantail::net
