// What the subscribers of one run have received: how many of the ticks that each wanted, whether
// any was missing or double, and how old they were.
//
// Thread: one takes; any may look at the atomics. The histogram belongs to the taker until it has
// been joined.  Ownership: keeps a pointer to the workload, which outlives it.
#ifndef FANTAIL_BENCH_TALLY_H_
#define FANTAIL_BENCH_TALLY_H_

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "fantail/base/histogram.h"
#include "fantail/net/clock.h"
#include "tools/fantail-bench/workload.h"

namespace fantail::bench {

class Tally {
 public:
  explicit Tally(const Workload* workload)
      : workload_(workload),
        last_(workload->subscribers() * workload->topics()),
        ready_(workload->subscribers()) {}

  const Workload& workload() const { return *workload_; }

  // Ticks that came to a subscriber; those that it does not want are passed over.
  void Take(size_t subscriber, std::span<const wire::Tick> ticks) {
    const int64_t now_ns = net::ReadMonotonicClock().time_since_epoch().count();
    uint64_t wanted = 0;
    for (const wire::Tick& tick : ticks) {
      if (!workload_->Wants(subscriber, tick.topic)) continue;
      Sequence& last = last_[subscriber * workload_->topics() + tick.topic.value];
      if (tick.sequence != last + 1) Complain();
      last = tick.sequence;
      if (tick.time_ns != 0) latency_.Record(Nanos(now_ns - tick.time_ns));
      ++wanted;
    }
    Count(wanted);
  }
  // The same for records that a FeedClient has looked at: it has seen to the sequences.
  void Take(std::span<const wire::Record> records) {
    const int64_t now_ns = net::ReadMonotonicClock().time_since_epoch().count();
    for (const wire::Record& record : records) {
      if (record.tick.time_ns != 0) latency_.Record(Nanos(now_ns - record.tick.time_ns));
    }
    Count(records.size());
  }
  // A tick was missing, double or out of order.
  void Complain() { complaints_.fetch_add(1, std::memory_order_relaxed); }

  // A subscriber will get every wanted tick that is sent from now on.
  void SetReady(size_t subscriber) {
    if (!ready_[subscriber].exchange(true)) ready_count_.fetch_add(1);
  }
  bool ready(size_t subscriber) const { return ready_[subscriber].load(); }
  bool all_ready() const { return ready_count_.load() == ready_.size(); }
  uint64_t delivered() const { return delivered_.load(std::memory_order_relaxed); }
  uint64_t complaints() const { return complaints_.load(std::memory_order_relaxed); }
  const LatencyHistogram& latency() const { return latency_; }

 private:
  void Count(uint64_t ticks) {
    delivered_.store(delivered_.load(std::memory_order_relaxed) + ticks, std::memory_order_relaxed);
  }

  const Workload* const workload_;
  std::vector<Sequence> last_;
  LatencyHistogram latency_;
  std::vector<std::atomic<bool>> ready_;
  std::atomic<size_t> ready_count_{0};
  std::atomic<uint64_t> delivered_{0};
  std::atomic<uint64_t> complaints_{0};
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_TALLY_H_
