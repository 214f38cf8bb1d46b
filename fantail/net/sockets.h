// The one place that makes ZeroMQ sockets and sets their options. Each value has its reason beside
// it.
//
// Thread: a Context may be used by any; a socket belongs to the thread that made it.
#ifndef FANTAIL_NET_SOCKETS_H_
#define FANTAIL_NET_SOCKETS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "fantail/wire/message.h"

namespace zmq {
class context_t;
class message_t;
class socket_t;
}  // namespace zmq

namespace fantail::net {

// One a process. REQUIRES: rand() has been seeded (app::SeedLibcRandom) before it is made, and
// every socket is gone before it goes.
class Context {
 public:
  // libzmq makes no more sockets than `most_sockets`.
  explicit Context(int most_sockets = 1023);
  ~Context();
  zmq::context_t& zmq() { return *context_; }

 private:
  std::unique_ptr<zmq::context_t> context_;
};

// "4.3.4".
std::string LibzmqVersion();

// The ROUTER that a node's sessions arrive at.
zmq::socket_t MakeSessionRouter(Context& context);
// The DEALER of one connection attempt; it never reconnects by itself.
zmq::socket_t MakeSessionDealer(Context& context);

// The XPUB that plain subscribers connect to.
zmq::socket_t MakeOpenPublisher(Context& context);

// Listens at `endpoint`; gives the address with the port that the kernel picked. An error says what
// is wrong with it, without naming the option.
absl::StatusOr<std::string> Bind(zmq::socket_t& socket, const std::string& endpoint);

// A ZeroMQ message that shares the bytes of `message`, or has a copy of them if they are few.
zmq::message_t Share(const wire::Message& message);
// What came, as it is: when it is sent on, nothing of it is copied.
wire::Message Received(zmq::message_t frame);
bool IsReceived(const wire::Message& message);

}  // namespace fantail::net

#endif  // FANTAIL_NET_SOCKETS_H_
