// The one place that makes ZeroMQ sockets and sets their options. Each value has its reason beside
// it.
//
// Thread: a Context may be used by any; a socket belongs to the thread that made it.
#ifndef FANTAIL_NET_SOCKETS_H_
#define FANTAIL_NET_SOCKETS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/base/keys.h"
#include "fantail/wire/message.h"

namespace zmq {
class context_t;
class message_t;
class socket_t;
}  // namespace zmq

namespace fantail::net {

class ZapHandler;
struct ZapCounters;

// One a process. REQUIRES: rand() has been seeded (app::SeedLibcRandom) before it is made, and
// every socket is gone before it goes.
class Context {
 public:
  // libzmq makes no more sockets than `most_sockets`.
  explicit Context(int most_sockets = 1023) : Context(nullptr, most_sockets) {}
  // With keys every socket speaks CURVE, and nobody else may connect; without (null) none does.
  explicit Context(std::shared_ptr<const Keys> keys, int most_sockets = 1023);
  ~Context();
  zmq::context_t& zmq() { return *context_; }

  // Counts for who connects from now on, and for what who is connected sends. REQUIRES: there were
  // keys, and the secret is the same: sockets have it.
  void SetKeys(std::shared_ptr<const Keys> keys);
  // Null if there are none.
  std::shared_ptr<const Keys> keys() const;
  // Null if there are no keys.
  ZapHandler* zap() { return zap_.get(); }
  // All 0 if there are no keys.
  ZapCounters handshakes() const;
  // What has been refused since the last call.
  RefusedKeys TakeRefused();

 private:
  std::unique_ptr<zmq::context_t> context_;
  std::unique_ptr<ZapHandler> zap_;
};

// Of a subscriber of an open feed: a frame that it sends, which is a subscription or the greeting
// of any client.
inline constexpr int kMaxSubscriptionBytes = 256;
// Messages that wait for one plain subscriber, which acknowledges nothing: some seconds of a busy
// feed. They are shared by all that wait for the same.
inline constexpr int kOpenQueueMessages = 2000;

// "4.3.4".
std::string LibzmqVersion();

// The ROUTER that a node's sessions arrive at.
zmq::socket_t MakeSessionRouter(Context& context);
// The DEALER of one connection attempt; it never reconnects by itself. `node_key` is that of whom
// it connects to; nullptr if there are no keys.
zmq::socket_t MakeSessionDealer(Context& context, const std::string* node_key);

// The XPUB that plain subscribers connect to.
zmq::socket_t MakeOpenPublisher(Context& context);

// Listens at `endpoint`; gives the address with the port that the kernel picked. An error says what
// is wrong with it, without naming the option. With keys it tries whether one that nobody knows is
// refused there, which takes some milliseconds, and it is an error if not.
absl::StatusOr<std::string> Bind(Context& context, zmq::socket_t& socket,
                                 const std::string& endpoint);

// Whether a key that nobody knows is refused at `bound`, where `socket` of this context, which has
// keys, listens. Blocks for 3 s at most.
absl::Status TryUnknownKey(Context& context, zmq::socket_t& socket, const std::string& bound);

// A ZeroMQ message that shares the bytes of `message`, or has a copy of them if they are few.
zmq::message_t Share(const wire::Message& message);
// What came, as it is: when it is sent on, nothing of it is copied.
wire::Message Received(zmq::message_t frame);
bool IsReceived(const wire::Message& message);

}  // namespace fantail::net

#endif  // FANTAIL_NET_SOCKETS_H_
