// The pages of the admin port, and where its threads and the program's own meet: the program copies
// out what it has to tell when it is asked, at the end of a turn, and a page is made of that copy.
//
//   /healthz      200 while the main loop turns
//   /readyz       200 while what the program serves is live; else 503, and why
//   /metrics      for Prometheus
//   /status.json  everything else
//
// Thread: OnTurn and Stopping belong to the program's thread, Get to any other.
// Cost: a turn that nobody asks costs two relaxed stores and a load. Who asks waits for the turn
//   that is going on, which an idle program ends within 50 ms.
#ifndef FANTAIL_ADMIN_PAGES_H_
#define FANTAIL_ADMIN_PAGES_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "fantail/admin/report.h"
#include "fantail/base/time.h"

namespace fantail::admin {

struct Page {
  int status = 200;
  std::string_view type = "text/plain; charset=utf-8";
  std::string body;
};

// Of the loop itself.
inline constexpr MetricInfo kTurns = {"fantail_loop_turns_total", Unit::kNone,
                                      "turns of the main loop"};
inline constexpr MetricInfo kSinceTurn = {"fantail_loop_last_turn_age_seconds", Unit::kSeconds,
                                          "how long ago its newest turn began"};
inline constexpr MetricInfo kReady = {"fantail_ready", Unit::kNone,
                                      "1 while what the program serves is live, as /readyz"};

class Pages {
 public:
  // Longer than any turn: the longest encode some megabytes, or bring a journal to a slow disk.
  static constexpr Nanos kHung = std::chrono::seconds(5);
  // A copy so young is used again, so that nobody can keep the program busy with asking.
  static constexpr Nanos kFresh = std::chrono::milliseconds(250);

  // `about`: members of the status that never change; `clock` is read by the admin's threads.
  Pages(std::string program, std::string about, std::function<MonotonicTime()> clock);

  // --- The program's thread. ---

  void OnTurn(MonotonicTime now, const Subject& subject) {
    turned_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (asked_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      Tell(now, subject);
  }
  // From now on it is not ready.
  void Stopping() { stopping_.store(true, std::memory_order_relaxed); }

  // --- Any other thread. ---

  Page Get(std::string_view path);

 private:
  // What is asked for: a status costs more than the metrics.
  enum Asked : uint8_t { kNothing = 0, kMetrics = 1, kStatus = 2 };
  struct Told {
    explicit Told(bool with_status) : report(with_status) {}
    MonotonicTime at;
    Health health;
    Report report;
  };

  void Tell(MonotonicTime now, const Subject& subject);
  // What the program tells now, or did a moment ago; null if its loop does not turn.
  std::shared_ptr<const Told> Ask(Asked what);
  bool Serves(const std::shared_ptr<const Told>& told, Asked what) const;
  Health HealthOf(const Told& told) const;
  Nanos SinceTurn() const;
  std::optional<std::string> Hung() const;
  Page Healthz() const;
  Page Readyz();
  Page Metrics();
  Page StatusJson();

  const std::string program_;
  const std::string about_;
  const std::function<MonotonicTime()> clock_;
  std::atomic<int64_t> turned_at_;
  std::atomic<uint64_t> turns_{0};
  std::atomic<uint8_t> asked_{kNothing};
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  // of what follows
  std::condition_variable has_told_;
  std::shared_ptr<const Told> told_;
};

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_PAGES_H_
