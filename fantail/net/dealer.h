// One attempt at a connection to a node: a DEALER that lives until it breaks, and is never used
// again.
//
// Thread: one owner, the feed thread.  Ownership: keeps a pointer to its context, which outlives
// it.
#ifndef FANTAIL_NET_DEALER_H_
#define FANTAIL_NET_DEALER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "fantail/net/monitor.h"
#include "fantail/net/poller.h"
#include "fantail/net/sockets.h"
#include "fantail/wire/links.h"

namespace fantail::net {

class Dealer final : public wire::Link {
 public:
  enum class Link : uint8_t { kConnecting, kUp, kBroken };

  Dealer(Context* context, const std::string& endpoint);
  ~Dealer() override;

  bool Send(const wire::Message& message) override;
  // Hands over what has arrived, at most `most` messages and while `handler` returns true; true if
  // there may be more.
  bool Receive(const std::function<bool(std::span<const std::byte>)>& handler, int most);

  // How the connection stands, after reading what the monitor says.
  Link Check();
  // Why it broke.
  const std::string& why() const { return why_; }
  // Whether it broke because of a key: then it will again, until somebody changes that.
  bool refused() const { return refused_; }

  Poller::Has has() const { return has_; }
  zmq::socket_t& socket() { return *socket_; }
  zmq::socket_t& monitor() { return monitor_->socket(); }

 private:
  void OnEvent(const Monitor::Event& event);
  // Why the handshake failed.
  std::string HandshakeProblem(const Monitor::Event& event);

  const std::shared_ptr<const Keys> keys_;
  const Keys::Node* const node_;  // of keys_; null if it is not known
  std::unique_ptr<zmq::socket_t> socket_;
  std::unique_ptr<Monitor> monitor_;
  Link link_ = Link::kConnecting;
  Poller::Has has_ = Poller::Has::kUnknown;
  std::string why_;
  bool refused_ = false;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_DEALER_H_
