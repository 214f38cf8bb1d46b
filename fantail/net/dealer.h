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
  const char* why() const { return why_; }

  Poller::Has has() const { return has_; }
  zmq::socket_t& socket() { return *socket_; }
  zmq::socket_t& monitor() { return *monitor_; }

 private:
  void OnEvent(uint16_t event);

  std::unique_ptr<zmq::socket_t> socket_;
  std::unique_ptr<zmq::socket_t> monitor_;
  Link link_ = Link::kConnecting;
  Poller::Has has_ = Poller::Has::kUnknown;
  const char* why_ = "";
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_DEALER_H_
