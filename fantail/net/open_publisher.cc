#include "fantail/net/open_publisher.h"

#include <zmq.hpp>

#include "fantail/net/descriptors.h"

namespace fantail::net {
namespace {

// Ended connections that may be remembered before the first sweep.
constexpr size_t kFirstSweep = 1024;

}  // namespace

OpenPublisher::OpenPublisher(Context* context)
    : context_(context),
      users_(context),
      socket_(std::make_unique<zmq::socket_t>(MakeOpenPublisher(*context))),
      sweep_at_(kFirstSweep) {}

OpenPublisher::~OpenPublisher() = default;

absl::StatusOr<std::string> OpenPublisher::Bind(const std::string& endpoint) {
  absl::StatusOr<std::string> bound = net::Bind(*context_, *socket_, endpoint);
  if (bound.ok()) bound_ = *bound;
  return bound;
}

void OpenPublisher::Publish(std::string_view topic, const wire::Message& message) {
  drained_ = false;
  zmq::message_t first(topic.data(), topic.size());
  // An XPUB always takes it: a subscriber that has no room is left out.
  (void)socket_->send(first, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  zmq::message_t body = Share(message);
  (void)socket_->send(body, zmq::send_flags::dontwait);
}

bool OpenPublisher::Receive(const Handler& handler, int most) {
  zmq::message_t frame;
  for (int i = 0; i < most; ++i) {
    drained_ = !socket_->recv(frame, zmq::recv_flags::dontwait);
    if (drained_) return false;
    // What libzmq adds when a connection has ended has no key.
    const bool known = zmq_msg_gets(frame.handle(), "Socket-Type") != nullptr;
    if (known && !users_.UserOf(frame)) continue;
    if (const char* key = KeyOf(frame)) {
      keys_[zmq_msg_get(frame.handle(), ZMQ_SRCFD)] = key;
    }
    handler(PeerOf(&frame), {static_cast<const char*>(frame.data()), frame.size()});
  }
  return true;
}

// An XPUB does not say who speaks. But a frame has the properties of its connection with it, and
// they lie in one place as long as a frame of that connection is kept. What libzmq adds when one
// has ended has none.
feed::OpenPeer OpenPublisher::PeerOf(zmq::message_t* frame) {
  const char* const properties = zmq_msg_gets(frame->handle(), "Socket-Type");
  if (properties == nullptr) return nullptr;
  std::weak_ptr<const void>& known = peers_[properties];
  if (feed::OpenPeer peer = known.lock()) return peer;
  auto kept = std::make_shared<zmq::message_t>();
  kept->copy(*frame);
  known = kept;
  if (peers_.size() > sweep_at_) {
    absl::erase_if(peers_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = kFirstSweep + 2 * peers_.size();
  }
  return kept;
}

void OpenPublisher::CutUnknown() {
  const std::shared_ptr<const Keys> keys = context_->keys();
  if (keys == nullptr) return;
  absl::erase_if(keys_, [&](const auto& entry) {
    if (keys->UserOf(entry.second) != nullptr) return false;
    CutConnection(entry.first, bound_);
    return true;
  });
}

void OpenPublisher::SetAccepting(bool accepting) {
  net::SetAccepting(bound_, accepting);
}

void OpenPublisher::Close() {
  socket_->set(zmq::sockopt::linger, 100);
}

}  // namespace fantail::net
