#include "fantail/net/dealer.h"

#include <zmq.hpp>

namespace fantail::net {

Dealer::Dealer(Context* context, const std::string& endpoint)
    : keys_(context->keys()),
      node_(keys_ == nullptr ? nullptr : keys_->NodeAt(endpoint)),
      socket_(std::make_unique<zmq::socket_t>(
          MakeSessionDealer(*context, node_ == nullptr ? nullptr : &node_->key))),
      monitor_(std::make_unique<Monitor>(context, socket_.get())) {
  if (keys_ != nullptr && node_ == nullptr) {
    // Its key was there at the start, or it is where the node above sends us.
    link_ = Link::kBroken;
    refused_ = true;
    why_ = "there is no key for it in nodes; add a line `at` to that of the node";
    return;
  }
  socket_->connect(endpoint);
}

Dealer::~Dealer() = default;

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
  while (const std::optional<Monitor::Event> event = monitor_->Next()) OnEvent(*event);
  return link_;
}

void Dealer::OnEvent(const Monitor::Event& event) {
  if (link_ == Link::kBroken) return;
  if (event.up()) {
    link_ = Link::kUp;
    return;
  }
  const bool stood = link_ == Link::kUp;
  link_ = Link::kBroken;
  if (event.disconnected() && stood) {
    why_ = "the connection was lost";
  } else if (event.closed()) {
    why_ = "nothing answers there";
  } else {
    why_ = HandshakeProblem(event);
  }
}

std::string Dealer::HandshakeProblem(const Monitor::Event& event) {
  refused_ = event.refused() || event.of_another_mechanism();
  if (event.refused()) {
    return "it does not know the key of " + keys_->own.name + "; put " + keys_->own.name +
           ".public into clients of its keys";
  }
  if (keys_ == nullptr) {
    return refused_ ? "it wants keys, and there are none here; give --keys"
                    : "what listens there does not speak ZMTP";
  }
  if (refused_) return "it has no keys; leave --keys away here, or give it some";
  if (event.of_another_protocol()) return "what listens there does not speak ZMTP";
  if (node_ == &keys_->own) {
    return "it hung up on the first words: its key is not ours, and nodes has none for it; put it "
           "there, with a line `at` if there are several; or it is too busy";
  }
  return "it hung up on the first words: its key is not that of nodes/" + node_->name +
         ".public, or it is no node, or too busy";
}

}  // namespace fantail::net
