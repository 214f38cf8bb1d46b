#include "tools/fantail-bench/comparison.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "fantail/net/clock.h"
#include "tools/fantail-bench/relay_process.h"

namespace fantail::bench {
namespace {

constexpr Nanos kReadyWithin = std::chrono::seconds(20);
constexpr Nanos kWarmUp = std::chrono::milliseconds(300);
// Without one more delivery for so long, the rest is lost.
constexpr Nanos kDrainPatience = std::chrono::seconds(5);
constexpr size_t kMostTicksATurn = 1024;
// How long a full relay is left alone: a fraction of what its queues hold.
constexpr Nanos kPause = std::chrono::microseconds(50);

void PauseUntil(MonotonicTime time) {
  const int64_t ns = time.time_since_epoch().count();
  const timespec until{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

// The subscribers' thread, for the life of a run.
class SubscriberThread {
 public:
  SubscriberThread(const Contender& contender, const std::string& endpoint, Tally* tally)
      : thread_([this, &contender, endpoint, tally] {
          const std::unique_ptr<Subscribers> all = contender.MakeSubscribers(endpoint, tally);
          while (!stop_) all->Turn();
        }) {}
  ~SubscriberThread() { Join(); }

  void Join() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Generates ticks and offers them, as fast as they are taken or by the clock.
class Generator {
 public:
  Generator(const Workload* workload, Publisher* publisher, uint64_t rate)
      : workload_(workload), publisher_(publisher), rate_(rate), stream_(workload) {}

  // `stamped`: the ticks tell when they were made.
  void RunUntil(MonotonicTime until, bool stamped) {
    const MonotonicTime begin = net::ReadMonotonicClock();
    uint64_t made = 0;
    for (MonotonicTime now = begin; now < until; now = net::ReadMonotonicClock()) {
      const uint64_t due = rate_ == 0 ? made + kMostTicksATurn : DueBy(now - begin);
      const size_t room = kMostTicksATurn - std::min(kMostTicksATurn, pending_.size());
      const size_t fresh = std::min<uint64_t>(due - made, room);
      const bool stamp = stamped && rate_ != 0;
      stream_.Append(fresh, stamp ? now.time_since_epoch().count() : 0, &pending_);
      made += fresh;
      const size_t taken = Offer();
      if (rate_ != 0 && pending_.empty()) {
        PauseUntil(std::min({DueAt(begin, made), until, now + std::chrono::milliseconds(5)}));
      } else if (taken == 0) {
        PauseUntil(now + kPause);
      }
    }
  }

  // Gets rid of what has been generated, then lets the publisher do what it has to.
  void Drain() {
    Offer();
    PauseUntil(net::ReadMonotonicClock() + kPause);
  }
  bool drained() const { return pending_.empty(); }

  uint64_t published() const { return published_; }
  uint64_t expected() const { return expected_; }

 private:
  uint64_t DueBy(Nanos since) const {
    return static_cast<uint64_t>(std::chrono::duration<double>(since).count() *
                                 static_cast<double>(rate_)) +
           1;
  }
  MonotonicTime DueAt(MonotonicTime begin, uint64_t tick) const {
    return begin + Nanos(static_cast<int64_t>(1e9 * static_cast<double>(tick) /
                                              static_cast<double>(rate_)) +
                         1);
  }

  size_t Offer() {
    const size_t taken = publisher_->Offer(pending_);
    for (size_t i = 0; i < taken; ++i) expected_ += workload_->wanted_by(pending_[i].topic);
    published_ += taken;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(taken));
    return taken;
  }

  const Workload* const workload_;
  Publisher* const publisher_;
  const uint64_t rate_;
  TickStream stream_;
  std::vector<wire::Tick> pending_;
  uint64_t published_ = 0;
  uint64_t expected_ = 0;
};

absl::Status AwaitReady(Publisher* publisher, const Tally& tally, RelayProcess* relay) {
  const MonotonicTime until = net::ReadMonotonicClock() + kReadyWithin;
  while (!tally.all_ready()) {
    publisher->Prepare(tally);
    const MonotonicTime now = net::ReadMonotonicClock();
    if (!relay->Running()) return absl::InternalError("the relay has ended");
    if (now > until)
      return absl::DeadlineExceededError("not every subscriber is served within 20 s");
    PauseUntil(now + std::chrono::milliseconds(1));
  }
  return absl::OkStatus();
}

void AwaitDeliveries(Generator* generator, const Tally& tally) {
  MonotonicTime progress = net::ReadMonotonicClock();
  uint64_t seen = tally.delivered();
  while (!generator->drained() || tally.delivered() < generator->expected()) {
    generator->Drain();
    const MonotonicTime now = net::ReadMonotonicClock();
    if (tally.delivered() != seen) progress = now;
    seen = tally.delivered();
    if (now - progress > kDrainPatience) return;
  }
}

}  // namespace

absl::StatusOr<Result> Run(const Contender& contender, const Workload& workload,
                           const RunOptions& options) {
  prctl(PR_SET_TIMERSLACK, 1000);  // a tick is due every 50 us at 20,000 a second
  const std::unique_ptr<Publisher> publisher = contender.MakePublisher(workload);
  RelayProcess relay;
  const std::string ready_file = options.folder + "/ready";
  const absl::StatusOr<std::string> endpoint =
      relay.Start(contender.Command(publisher->endpoint(), ready_file), ready_file);
  if (!endpoint.ok()) return endpoint.status();
  Tally tally(&workload);
  SubscriberThread subscribers(contender, *endpoint, &tally);
  if (absl::Status s = AwaitReady(publisher.get(), tally, &relay); !s.ok()) {
    return absl::Status(s.code(), contender.name() + ": " + std::string(s.message()));
  }
  Generator generator(&workload, publisher.get(), options.rate);
  generator.RunUntil(net::ReadMonotonicClock() + kWarmUp, false);

  Result result;
  const MonotonicTime begin = net::ReadMonotonicClock();
  const Nanos cpu = relay.CpuTime();
  const uint64_t published = generator.published();
  const uint64_t delivered = tally.delivered();
  const uint64_t bytes = publisher->upstream_bytes();
  generator.RunUntil(begin + options.window, true);
  result.relay_cpu = relay.CpuTime() - cpu;
  result.deliveries = tally.delivered() - delivered;
  result.wall = net::ReadMonotonicClock() - begin;
  result.published = generator.published() - published;
  result.upstream_bytes = publisher->upstream_bytes() - bytes;

  AwaitDeliveries(&generator, tally);
  if (!relay.Running()) return absl::InternalError(contender.name() + ": the relay has ended");
  subscribers.Join();
  result.latency = tally.latency();
  result.expected = generator.expected();
  result.delivered = tally.delivered();
  result.complaints = tally.complaints();
  return result;
}

}  // namespace fantail::bench
