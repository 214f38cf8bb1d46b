// The socket that a node's sessions arrive at.
//
// Thread: one owner, the feed thread.  Ownership: keeps a pointer to its context, which outlives
// it.
#ifndef FANTAIL_NET_SESSION_ROUTER_H_
#define FANTAIL_NET_SESSION_ROUTER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fantail/net/poller.h"
#include "fantail/net/sockets.h"
#include "fantail/net/users.h"
#include "fantail/wire/links.h"
#include "fantail/wire/message.h"

namespace fantail::net {

class SessionRouter final : public wire::Links {
 public:
  explicit SessionRouter(Context* context);
  ~SessionRouter() override;

  // Listens at `endpoint`; gives the address with the port that the kernel picked. An error says
  // what is wrong with it, without naming the option.
  absl::StatusOr<std::string> Bind(const std::string& endpoint);

  wire::SendResult Send(std::string_view address, const wire::Message& message) override;

  // Who sent a message.
  struct From {
    std::string_view address;
    std::string_view user;  // whose key it is; empty if there are no keys
  };
  using Handler = std::function<void(const From& from, wire::Message message)>;
  // Hands over what has arrived, at most `most` messages; true if there may be more. What comes
  // with a key that has been taken away is dropped, and its connection cut.
  bool Receive(const Handler& handler, int most);

  // Whether anybody may connect; who is connected stays.
  void SetAccepting(bool accepting);
  // Gives what is queued, goodbyes among it, a moment to go out.
  void Close();

  Poller::Has has() const { return drained_ ? Poller::Has::kNothing : Poller::Has::kUnknown; }
  zmq::socket_t& socket() { return *socket_; }

 private:
  zmq::message_t ShareAgain(const wire::Message& message);

  Context* const context_;
  Users users_;
  std::unique_ptr<zmq::socket_t> socket_;
  std::string bound_;
  bool drained_ = false;  // it has nothing to read, and was not used since it said so
  // The newest message of our own: the sessions of a group get the same one after another, and a
  // copy of what libzmq made of it costs no allocation.
  wire::Message newest_;
  std::unique_ptr<zmq::message_t> shared_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_SESSION_ROUTER_H_
