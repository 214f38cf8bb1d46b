#include "fantail/net/session_router.h"

#include <zmq.hpp>

#include "fantail/net/descriptors.h"

namespace fantail::net {

SessionRouter::SessionRouter(Context* context)
    : context_(context),
      users_(context),
      socket_(std::make_unique<zmq::socket_t>(MakeSessionRouter(*context))),
      shared_(std::make_unique<zmq::message_t>()) {}

SessionRouter::~SessionRouter() = default;

void SessionRouter::Close() {
  socket_->set(zmq::sockopt::linger, 100);
}

absl::StatusOr<std::string> SessionRouter::Bind(const std::string& endpoint) {
  absl::StatusOr<std::string> bound = net::Bind(*context_, *socket_, endpoint);
  if (bound.ok()) bound_ = *bound;
  return bound;
}

void SessionRouter::SetAccepting(bool accepting) {
  net::SetAccepting(bound_, accepting);
}

wire::SendResult SessionRouter::Send(std::string_view address, const wire::Message& message) {
  drained_ = false;
  try {
    zmq::message_t id(address.data(), address.size());
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    if (!socket_->send(id, more)) return wire::SendResult::kWouldBlock;
    zmq::message_t body = IsReceived(message) ? Share(message) : ShareAgain(message);
    // The peer was chosen and had room: the last frame follows the first.
    return socket_->send(body, zmq::send_flags::dontwait) ? wire::SendResult::kSent
                                                          : wire::SendResult::kPeerGone;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return wire::SendResult::kPeerGone;
    throw;
  }
}

zmq::message_t SessionRouter::ShareAgain(const wire::Message& message) {
  if (!newest_.Shares(message)) {
    newest_ = message;
    *shared_ = Share(message);
  }
  zmq::message_t body;
  body.copy(*shared_);
  return body;
}

bool SessionRouter::Receive(const Handler& handler, int most) {
  zmq::message_t id;
  for (int i = 0; i < most; ++i) {
    zmq::message_t body;
    drained_ = !socket_->recv(id, zmq::recv_flags::dontwait);
    if (drained_) return false;
    bool whole = false;
    if (id.more()) {
      (void)socket_->recv(body, zmq::recv_flags::none);
      whole = !body.more();
      // Nobody of ours sends more frames: they are dropped one by one, and the message with them.
      for (zmq::message_t extra; !whole;) {
        (void)socket_->recv(extra, zmq::recv_flags::none);
        if (!extra.more()) break;
      }
    }
    // Not of the first frame, of which libzmq 4.3.4 does not always know.
    const std::optional<std::string_view> user = users_.UserOf(body);
    if (!user) continue;
    if (!whole) body.rebuild();
    handler({{static_cast<const char*>(id.data()), id.size()}, *user}, Received(std::move(body)));
  }
  return true;
}

}  // namespace fantail::net
