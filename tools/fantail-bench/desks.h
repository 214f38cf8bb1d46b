// Desks of one gateway in one process, turned by the thread that owns them.
#ifndef FANTAIL_BENCH_DESKS_H_
#define FANTAIL_BENCH_DESKS_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fantail/base/histogram.h"
#include "fantail/net/clock.h"
#include "tools/fantail-bench/checking_desk.h"

namespace fantail::bench {

class Desks {
 public:
  Desks(const std::string& name, size_t count, const std::string& endpoint,
        const KnownPublisher* publisher, std::shared_ptr<const Keys> keys = nullptr)
      : context_(std::move(keys), 4096) {
    for (size_t i = 0; i < count; ++i) {
      all_.push_back(
          std::make_unique<CheckingDesk>(name + std::to_string(i), endpoint, &context_, publisher));
    }
  }

  // One round of all, at `now`.
  void Turn(MonotonicTime now) {
    for (const auto& desk : all_) desk->Turn(now, poller_);
    poller_.Clear();
    for (const auto& desk : all_) desk->AddTo(&poller_);
    poller_.Wait(std::chrono::milliseconds(2));
  }
  bool AllAreLive() const {
    const WallTime now = net::ReadWallClock();
    return std::all_of(all_.begin(), all_.end(), [&](const auto& desk) {
      return desk->live() && now - desk->newest() < kFresh;
    });
  }
  void MeasureLatency(LatencyHistogram* latency) {
    for (const auto& desk : all_) desk->MeasureLatency(latency);
  }
  template <class Fn>
  uint64_t Sum(Fn fn) const {
    uint64_t sum = 0;
    for (const auto& desk : all_) sum += fn(*desk);
    return sum;
  }
  uint64_t Lost() const {
    return Sum([](const CheckingDesk& desk) { return desk.lost(); });
  }
  uint64_t Wrong() const {
    return Sum([](const CheckingDesk& desk) { return desk.wrong(); });
  }
  // How often they were welcomed, all together.
  uint64_t Sessions() const {
    return Sum([](const CheckingDesk& desk) { return desk.counters().sessions; });
  }
  uint64_t Told() const {
    return Sum([](const CheckingDesk& desk) { return desk.lost() > 0 ? 1u : 0u; });
  }

 private:
  // A desk whose newest tick is so old shows what is.
  static constexpr Nanos kFresh = std::chrono::milliseconds(200);

  net::Context context_;
  net::Poller poller_;
  std::vector<std::unique_ptr<CheckingDesk>> all_;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_DESKS_H_
