#include "tools/fantail-bench/sessions.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/random.h"
#include "fantail/net/clock.h"
#include "tools/fantail-bench/branch.h"

namespace fantail::bench {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(60);

struct Options {
  uint64_t sessions = 1000;
  uint64_t patterns = 50;
  uint64_t topics = 10'000;
  uint64_t rate = 20'000;
  uint64_t seconds = 5;
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--sessions N", &o->sessions, "desks, all in this process", {10, 4000});
  line->Option("--patterns N", &o->patterns, "topics in each desk's watch-list", {10, 1000});
  line->Option("--topics N", &o->topics, "among which ticks and watch-lists are spread evenly",
               {1000, 99'999});
  line->Option("--rate R", &o->rate, "ticks a second", {1, 1'000'000});
  line->Option("--seconds S", &o->seconds, "what is measured of each run", {1, 3600});
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench sessions", "1,000 desks with 50 of 10,000 topics each");
}

struct Case {
  uint64_t sessions;
  uint64_t patterns;
};

struct Figures {
  double live_seconds = 0;  // from the first connection until all are live
  double idle_mebibytes = 0;
  double mebibytes = 0;  // at the end
  double ticks = 0;      // published while it was measured
  double delivered = 0;
  double cpu_seconds = 0;
  uint64_t lost = 0;
  uint64_t wrong = 0;
};

// A gateway, and desks that are turned by this thread.
class Crowd {
 public:
  Crowd(const Options& o, const Case& size, const KnownPublisher* publisher)
      : options_(o), size_(size), publisher_(publisher) {}

  absl::Status Measure(Figures* figures) {
    const std::string ready = folder_.path() + "/ready";
    const absl::StatusOr<std::string> listens =
        gateway_.Start({options_.gateway, "--upstream", publisher_->endpoint(), "--listen",
                        "tcp://127.0.0.1:*", "--ready-file", ready, "--log-level", "error"},
                       ready);
    if (!listens.ok()) return listens.status();
    figures->idle_mebibytes = Mebibytes();
    const MonotonicTime begin = net::ReadMonotonicClock();
    Connect(*listens);
    const bool live =
        TurnUntil([&](MonotonicTime now) { return AllAreLive() || now - begin > kPatience; });
    if (!live || !AllAreLive()) return absl::DeadlineExceededError("not all desks became live");
    figures->live_seconds = Seconds(net::ReadMonotonicClock() - begin);

    const MonotonicTime from = net::ReadMonotonicClock();
    const uint64_t published = publisher_->published();
    const uint64_t received = Received();
    const Nanos cpu = gateway_.CpuTime();
    TurnUntil([&](MonotonicTime now) { return now - from >= Nanos(options_.seconds * kSecond); });
    figures->ticks = static_cast<double>(publisher_->published() - published);
    figures->delivered = static_cast<double>(Received() - received);
    figures->cpu_seconds = Seconds(gateway_.CpuTime() - cpu);
    figures->mebibytes = Mebibytes();
    for (const auto& desk : desks_) {
      figures->lost += desk->lost();
      figures->wrong += desk->wrong();
      desk->Close();
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kSecond = 1'000'000'000;
  static double Seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }
  double Mebibytes() const { return static_cast<double>(gateway_.MemoryBytes()) / (1 << 20); }

  void Connect(const std::string& endpoint) {
    Random random(1);
    for (uint64_t i = 0; i < size_.sessions; ++i) {
      std::set<size_t> topics;
      while (topics.size() < size_.patterns) topics.insert(random.Below(options_.topics));
      std::vector<Pattern> interest;
      for (const size_t topic : topics) interest.emplace_back(KnownPublisher::NameOf(topic));
      desks_.push_back(std::make_unique<CheckingDesk>("desk" + std::to_string(i), endpoint,
                                                      &context_, publisher_, std::move(interest)));
    }
  }
  bool TurnUntil(const std::function<bool(MonotonicTime)>& done) {
    while (gateway_.Running()) {
      const MonotonicTime now = net::ReadMonotonicClock();
      for (const auto& desk : desks_) desk->Turn(now, poller_);
      if (done(now)) return true;
      poller_.Clear();
      for (const auto& desk : desks_) desk->AddTo(&poller_);
      poller_.Wait(std::chrono::milliseconds(2));
    }
    return false;
  }
  bool AllAreLive() const {
    return std::all_of(desks_.begin(), desks_.end(), [](const auto& desk) { return desk->live(); });
  }
  uint64_t Received() const {
    uint64_t records = 0;
    for (const auto& desk : desks_) records += desk->counters().records;
    return records;
  }

  const Options& options_;
  const Case size_;
  const KnownPublisher* const publisher_;
  const TemporaryFolder folder_;
  RelayProcess gateway_;
  net::Context context_{8192};
  net::Poller poller_;
  std::vector<std::unique_ptr<CheckingDesk>> desks_;
};

void Print(const Case& size, const Figures& f) {
  std::printf("%8lu %8lu %9.2f %8.1f %8.1f %9.0f %10.0f %8.2f %9.2f %9.2f %6lu %6lu\n",
              size.sessions, size.patterns, f.live_seconds, f.idle_mebibytes, f.mebibytes, f.ticks,
              f.delivered, f.cpu_seconds, 1e6 * f.cpu_seconds / f.ticks,
              1e6 * f.cpu_seconds / f.delivered, f.lost, f.wrong);
  std::fflush(stdout);
}

}  // namespace

int Sessions(int argc, char** argv) {
  Options o;
  app::CommandLine line("fantail-bench sessions",
                        "measures a gateway with many desks that want little each");
  Declare(&o, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (access(o.gateway.c_str(), X_OK) != 0) {
    return line.Fail(absl::NotFoundError("--gateway \"" + o.gateway +
                                         "\": no such program; build fantail-gateway"));
  }
  app::SeedLibcRandom();
  const KnownPublisher publisher({.topics = o.topics, .rate = o.rate});
  std::printf("%8s %8s %9s %8s %8s %9s %10s %8s %9s %9s %6s %6s\n", "sessions", "patterns",
              "live in s", "MiB idle", "MiB", "ticks", "delivered", "CPU s", "us/tick", "us/deliv",
              "lost", "wrong");
  // As asked; then as many deliveries as one desk of ten would have, to few and to many.
  const Case all{o.sessions, o.patterns};
  const Case few{o.sessions / 10, o.patterns};
  const Case many{o.sessions, o.patterns / 10};
  double cost[2] = {};
  bool good = true;
  for (const Case& size : {all, few, many}) {
    Figures figures;
    Crowd crowd(o, size, &publisher);
    if (const absl::Status s = crowd.Measure(&figures); !s.ok()) return line.Fail(s);
    Print(size, figures);
    good = good && figures.lost == 0 && figures.wrong == 0;
    if (size.sessions == few.sessions) cost[0] = figures.cpu_seconds / figures.delivered;
    if (size.patterns == many.patterns) cost[1] = figures.cpu_seconds / figures.delivered;
    if (size.sessions == all.sessions && size.patterns == all.patterns) {
      std::printf("live_seconds %.2f\nmebibytes %.1f\n", figures.live_seconds, figures.mebibytes);
    }
  }
  // What a delivery costs with ten times as many sessions that do not want the tick.
  std::printf("ratio_of_idle_sessions %.2f\n", cost[1] / cost[0]);
  if (good) return app::kExitDone;
  return line.Fail(absl::DataLossError("a desk was not given what was published; see the table"));
}

}  // namespace fantail::bench
