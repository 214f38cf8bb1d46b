// One of the relays that are compared, with what feeds it and what reads from it.
//
//   bench process, main thread     Publisher      ticks into the relay
//   a process of its own           the relay      its CPU time is what is measured
//   bench process, second thread   Subscribers    ticks out of it, into a Tally
//
// Thread: said with each method.
#ifndef FANTAIL_BENCH_CONTENDER_H_
#define FANTAIL_BENCH_CONTENDER_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fantail/base/time.h"
#include "fantail/wire/messages.h"
#include "tools/fantail-bench/tally.h"

namespace fantail::bench {

// The longest that Subscribers::Turn waits, so that the end of a run is noticed.
inline constexpr int kTurnMs = 10;

class Publisher {
 public:
  virtual ~Publisher() = default;
  // tcp://HOST:PORT, where the relay connects.
  virtual std::string endpoint() const = 0;
  // Whatever has to pass between publisher and subscribers until all are ready; called again and
  // again.
  virtual void Prepare(const Tally& tally) = 0;
  // Takes as many of `ticks` as there is room for without waiting, and does what else is due.
  // Called at least every few milliseconds, with no ticks if there are none.
  virtual size_t Offer(std::span<const wire::Tick> ticks) = 0;
  // What has gone into the relay, framing of the protocol included, TCP's and IP's not.
  virtual uint64_t upstream_bytes() const = 0;
};

class Subscribers {
 public:
  virtual ~Subscribers() = default;
  // Takes in what has come; waits up to kTurnMs if nothing has.
  virtual void Turn() = 0;
};

class Contender {
 public:
  virtual ~Contender() = default;
  virtual std::string name() const = 0;
  // The command line of the relay process; it writes its address to `ready_file`.
  virtual std::vector<std::string> Command(const std::string& upstream,
                                           const std::string& ready_file) const = 0;
  // On the thread that will use it.
  virtual std::unique_ptr<Publisher> MakePublisher(const Workload& workload) const = 0;
  virtual std::unique_ptr<Subscribers> MakeSubscribers(const std::string& endpoint,
                                                       Tally* tally) const = 0;
};

// fantail-gateway at `gateway`, with desks that ask for `encoding`, and all with the keys of that
// folder if it is not empty; zmq_proxy and the raw relay in a process that runs `self` again.
std::unique_ptr<Contender> MakeFantail(std::string gateway, wire::Encoding encoding,
                                       std::string keys_folder = "");
std::unique_ptr<Contender> MakeZmqProxy(std::string self);
std::unique_ptr<Contender> MakeRawRelay(std::string self, size_t subscribers);

// What `self` runs then; neither returns while all is well.
int RunZmqProxy(const std::string& upstream, const std::string& ready_file);
int RunRawRelay(const std::string& upstream, const std::string& ready_file, size_t subscribers);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_CONTENDER_H_
