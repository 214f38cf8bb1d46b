// Those who do not belong, at the port of a node with keys: unknown keys, port scans, HTTP
// requests, handshakes of a byte now and then, noise, a plain SUB, a plain DEALER and a peer of
// ZMTP 1, in turn, at a steady rate.
//
// Thread: has one of its own, which gives way to all else on the machine (SCHED_IDLE): an attacker
//   has a machine of its own. The methods may be called from any.
// Limits: keeps what it opens for 5 s at the most.
#ifndef FANTAIL_BENCH_ATTACKERS_H_
#define FANTAIL_BENCH_ATTACKERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "fantail/base/keys.h"

namespace fantail::bench {

class Attackers {
 public:
  struct Options {
    std::string endpoint;
    std::string node_key;  // which is no secret
    uint64_t rate = 200;   // connections a second
  };

  explicit Attackers(Options options);
  ~Attackers();

  // Begins, or ends and hangs up all that is open. None are under way at first.
  void SetOn(bool on) { on_ = on; }
  uint64_t attempts() const { return attempts_; }
  // How many of the unknown keys were let in.
  uint64_t let_in() const { return let_in_; }
  // The most that any connection without a key was answered. A greeting of ZMTP has 64 bytes.
  uint64_t most_heard() const { return most_heard_; }

 private:
  void Run();

  const Options options_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> on_{false};
  std::atomic<uint64_t> attempts_{0};
  std::atomic<uint64_t> let_in_{0};
  std::atomic<uint64_t> most_heard_{0};
  std::thread thread_;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_ATTACKERS_H_
