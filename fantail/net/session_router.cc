#include "fantail/net/session_router.h"

#include <zmq.hpp>

namespace fantail::net {

SessionRouter::SessionRouter(Context* context)
    : socket_(std::make_unique<zmq::socket_t>(MakeSessionRouter(*context))),
      shared_(std::make_unique<zmq::message_t>()) {}

SessionRouter::~SessionRouter() = default;

absl::StatusOr<std::string> SessionRouter::Bind(const std::string& endpoint) {
  try {
    socket_->bind(endpoint);
    return socket_->get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    if (error.num() == EADDRINUSE) {
      return absl::UnavailableError(
          "the address is in use; stop what listens there, or pick another port");
    }
    if (error.num() == ENODEV || error.num() == EADDRNOTAVAIL) {
      return absl::UnavailableError(
          "this machine has no such address; write tcp://*:PORT for all of them");
    }
    if (error.num() == EACCES) {
      return absl::UnavailableError("not permitted; ports below 1024 are for root");
    }
    return absl::UnavailableError(error.what());
  }
}

wire::SendResult SessionRouter::Send(std::string_view address, const wire::Message& message) {
  drained_ = false;
  try {
    zmq::message_t id(address.data(), address.size());
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    if (!socket_->send(id, more)) return wire::SendResult::kWouldBlock;
    if (!newest_.Shares(message)) {
      newest_ = message;
      *shared_ = Share(message);
    }
    zmq::message_t body;
    body.copy(*shared_);
    // The peer was chosen and had room: the last frame follows the first.
    return socket_->send(body, zmq::send_flags::dontwait) ? wire::SendResult::kSent
                                                          : wire::SendResult::kPeerGone;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return wire::SendResult::kPeerGone;
    throw;
  }
}

bool SessionRouter::Receive(const Handler& handler, int most) {
  zmq::message_t id;
  zmq::message_t body;
  for (int i = 0; i < most; ++i) {
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
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(body.data()),
                                           whole ? body.size() : 0);
    handler({static_cast<const char*>(id.data()), id.size()}, bytes);
  }
  return true;
}

}  // namespace fantail::net
