// A live feed whose truth is known: a FeedServer that publishes quotes of equal topics at a steady
// rate, and remembers when it published which. What a desk shows can be held against it.
//
// Thread: a thread of its own publishes and serves; everything public may be called by any.
// Limits: keeps 8 bytes a tick for ever: for minutes at some thousand ticks a second.
#ifndef FANTAIL_BENCH_KNOWN_PUBLISHER_H_
#define FANTAIL_BENCH_KNOWN_PUBLISHER_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/keys.h"
#include "fantail/base/time.h"
#include "fantail/wire/tick.h"

namespace fantail::bench {

class KnownPublisher {
 public:
  struct Options {
    size_t topics = 100;
    uint64_t rate = 1000;                        // ticks a second, all topics together
    uint64_t seed = 1;                           // of the order of the topics
    std::shared_ptr<const Keys> keys = nullptr;  // of its link; none if null
  };

  explicit KnownPublisher(const Options& options);
  ~KnownPublisher();

  const std::string& endpoint() const { return endpoint_; }
  size_t topics() const { return options_.topics; }
  // No tick comes any more; sessions are served on.
  void Pause() { paused_ = true; }

  // The number in a topic's name; and the price that its tick has.
  static std::string NameOf(size_t topic);
  static size_t TopicOf(std::string_view name);
  static int64_t PriceOf(size_t topic, Sequence sequence);

  // For how long the oldest tick that `shown` lacks has been published; `shown` has the newest
  // sequence by topic. 0 if it lacks none.
  Nanos AgeOf(std::span<const Sequence> shown, MonotonicTime now) const;
  bool IsAll(std::span<const Sequence> shown) const;
  uint64_t published() const { return published_; }

 private:
  void Run();

  const Options options_;
  std::string endpoint_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> paused_{false};
  std::atomic<uint64_t> published_{0};
  mutable std::mutex mutex_;
  std::vector<std::vector<MonotonicTime>> times_;  // by topic, by sequence - 1
  std::thread thread_;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_KNOWN_PUBLISHER_H_
