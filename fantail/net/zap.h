// Says which keys may connect: what libzmq asks (ZeroMQ RFC 27) in the middle of each handshake.
// Whoever may connect has its own public key as User-Id, which goes with each of its messages.
//
// Thread: has one of its own; the methods may be called from any.
// Ownership: keeps a pointer to the ZeroMQ context. Made before the first socket is bound, gone
//   after the last one is closed: libzmq aborts where nobody answers.
// Limits: ZapLimits; who comes beyond them is told to try again later.
#ifndef FANTAIL_NET_ZAP_H_
#define FANTAIL_NET_ZAP_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "fantail/base/keys.h"
#include "fantail/base/metric.h"
#include "fantail/base/rate_limit.h"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace fantail::net {

// Any that is not empty: without one libzmq does not ask.
inline constexpr const char* kZapDomain = "fantail";

struct ZapLimits {
  // A handshake costs some 0.2 ms of the one I/O thread: so many leave it four fifths of its time.
  double handshakes_a_second = 1000;
  // A whole branch that comes back at once.
  double burst = 2000;
};

struct ZapCounters {
  uint64_t accepted = 0;
  uint64_t refused = 0;     // keys that are not known
  uint64_t overloaded = 0;  // told to try again
};

inline constexpr auto kZapMetrics = std::to_array<Metric<ZapCounters>>({
    {&ZapCounters::accepted,
     {"fantail_handshakes_accepted_total", Unit::kNone, "connections with a key that is known"}},
    {&ZapCounters::refused,
     {"fantail_handshakes_refused_total", Unit::kNone,
      "connections with a key that is not: alarm when it rises"}},
    {&ZapCounters::overloaded,
     {"fantail_handshakes_put_off_total", Unit::kNone,
      "connections told to try again, for there were too many in a second"}},
});
static_assert(TellsAll(kZapMetrics));

class ZapHandler {
 public:
  ZapHandler(zmq::context_t* context, std::shared_ptr<const Keys> keys, ZapLimits limits = {});
  ~ZapHandler();
  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;

  // Of handshakes from now on.
  void SetKeys(std::shared_ptr<const Keys> keys);
  std::shared_ptr<const Keys> keys() const;
  // Changes with SetKeys.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  ZapCounters counters() const;
  // What is new since the last call.
  RefusedKeys TakeRefused();
  // This key, which nobody knows, is our own try: it is judged as any other, and not counted.
  // Empty: none.
  void ExpectRefusal(const std::string& key);

 private:
  enum class Verdict : uint8_t { kYes, kNo, kLater };

  void Run(zmq::socket_t socket);
  void Answer(zmq::socket_t* socket);
  Verdict Judge(const std::string& key, std::string_view address);

  const int stop_fd_;
  RateLimit handshakes_;  // of the handler's own thread

  std::atomic<uint64_t> generation_ = 0;
  std::atomic<bool> has_refused_ = false;
  mutable std::mutex mutex_;
  std::shared_ptr<const Keys> keys_;
  ZapCounters counters_;
  RefusedKeys refused_;
  std::string expected_;

  std::thread thread_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_ZAP_H_
