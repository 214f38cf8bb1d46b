#include "tools/fantail-bench/stopped.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <vector>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/histogram.h"
#include "fantail/net/clock.h"
#include "tools/fantail-bench/branch.h"
#include "tools/fantail-bench/desks.h"

namespace fantail::bench {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(30);
// Full after a few seconds: what the gateway's memory grows by later is not its ring.
constexpr uint64_t kRingRecords = 128 * 1024;
// For how long latency is measured before, at the most.
constexpr Nanos kBefore = std::chrono::seconds(15);
constexpr Nanos kLookEvery = std::chrono::milliseconds(100);

struct Options {
  uint64_t desks = 64;
  uint64_t stopped = 0;  // 0: one, and then all but one
  uint64_t topics = 500;
  uint64_t rate = 20'000;
  uint64_t seconds = 60;
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--desks N", &o->desks, "desks of one gateway; all want everything", {2, 512});
  line->Option("--stopped N", &o->stopped,
               "how many of them are stopped with SIGSTOP; 0 is one, and then all but one",
               {0, 511});
  line->Option("--topics N", &o->topics, "topics of the feed", {1, 99'999});
  line->Option("--rate R", &o->rate, "ticks a second, of a live feed", {1000, 1'000'000});
  line->Option("--seconds S", &o->seconds, "for how long they are stopped", {1, 3600});
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench stopped", "1 and 63 of 64 desks, a minute each");
}

double Seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}
double Milliseconds(Nanos time) {
  return 1e3 * Seconds(time);
}
double Mebibytes(size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

struct Figures {
  Nanos p99_before{0};
  Nanos p99_during{0};
  size_t bytes_before = 0;
  size_t most_bytes = 0;
  uint64_t lost = 0;   // by desks that were not stopped
  uint64_t wrong = 0;  // by anybody
  uint64_t told = 0;   // of the stopped: how many know that they missed something
  double live_after = 0;
};

// One gateway, some desks in this process, and some in one that is stopped.
class SlowBranch {
 public:
  SlowBranch(const Options& o, uint64_t stopped, const std::string& self,
             const KnownPublisher* publisher)
      : options_(o), stopped_(stopped), self_(self), publisher_(publisher) {}

  absl::Status Measure(Figures* f) {
    const absl::StatusOr<std::string> listens = StartGateway();
    if (!listens.ok()) return listens.status();
    Desks desks("desk", options_.desks - stopped_, *listens, publisher_);
    if (!TurnUntil(&desks, [&] { return desks.AllAreLive(); })) {
      return absl::DeadlineExceededError("not all desks became live");
    }
    RelayProcess others;
    if (const auto s = StartOthers(*listens, &others); !s.ok()) return s;
    const uint64_t until = publisher_->published() + kRingRecords;
    if (!TurnUntil(&desks, [&] { return publisher_->published() > until; })) {
      return absl::DeadlineExceededError("the gateway's ring did not fill; raise --rate");
    }
    LatencyHistogram before;
    const Nanos stopped_for = std::chrono::seconds(options_.seconds);
    TurnFor(std::min(kBefore, stopped_for), &desks, &before, nullptr);
    f->p99_before = before.Percentile(99);
    f->bytes_before = f->most_bytes = gateway_.MemoryBytes();

    LatencyHistogram during;
    others.Signal(SIGSTOP);
    TurnFor(stopped_for, &desks, &during, &f->most_bytes);
    f->p99_during = during.Percentile(99);
    others.Signal(SIGCONT);
    const bool back = TurnUntil(&desks, [&] {
      f->most_bytes = std::max(f->most_bytes, gateway_.MemoryBytes());
      return std::ifstream(Result()).good();
    });
    if (!back) return absl::DeadlineExceededError("the stopped desks did not become live again");
    std::ifstream result(Result());
    uint64_t wrong = 0;
    result >> f->live_after >> f->told >> wrong;
    f->lost = desks.Lost();
    f->wrong = desks.Wrong() + wrong;
    return absl::OkStatus();
  }

 private:
  std::string Result() const { return folder_.path() + "/result"; }

  absl::StatusOr<std::string> StartGateway() {
    const std::string ready = folder_.path() + "/gateway";
    return gateway_.Start({options_.gateway, "--upstream", publisher_->endpoint(), "--listen",
                           "tcp://127.0.0.1:*", "--ready-file", ready, "--log-level", "error",
                           "--ring", std::to_string(kRingRecords * sizeof(wire::Record))},
                          ready);
  }
  absl::Status StartOthers(const std::string& endpoint, RelayProcess* others) {
    const std::string ready = folder_.path() + "/others";
    return others
        ->Start({self_, "stopped-desks", endpoint, std::to_string(stopped_),
                 std::to_string(options_.topics), ready, Result()},
                ready)
        .status();
  }
  bool TurnUntil(Desks* desks, const std::function<bool()>& done) {
    const MonotonicTime until = net::ReadMonotonicClock() + kPatience;
    while (gateway_.Running()) {
      const MonotonicTime now = net::ReadMonotonicClock();
      desks->Turn(now);
      if (done()) return true;
      if (now > until) return false;
    }
    return false;
  }
  void TurnFor(Nanos time, Desks* desks, LatencyHistogram* latency, size_t* most_bytes) {
    desks->MeasureLatency(latency);
    const MonotonicTime begin = net::ReadMonotonicClock();
    MonotonicTime looked = begin;
    for (MonotonicTime now = begin; now - begin < time && gateway_.Running();
         now = net::ReadMonotonicClock()) {
      desks->Turn(now);
      if (most_bytes == nullptr || now - looked < kLookEvery) continue;
      looked = now;
      *most_bytes = std::max(*most_bytes, gateway_.MemoryBytes());
    }
    desks->MeasureLatency(nullptr);
  }

  const Options& options_;
  const uint64_t stopped_;
  const std::string& self_;
  const KnownPublisher* const publisher_;
  const TemporaryFolder folder_;
  RelayProcess gateway_;
};

void Print(uint64_t stopped, const Figures& f) {
  std::printf("%8lu %9.2f %9.2f %9.2f %9.1f %9.1f %9.1f %6lu %6lu %8lu %9.2f\n", stopped,
              Milliseconds(f.p99_before), Milliseconds(f.p99_during),
              Seconds(f.p99_during) / Seconds(f.p99_before), Mebibytes(f.bytes_before),
              Mebibytes(f.most_bytes), Mebibytes(f.most_bytes - f.bytes_before), f.lost, f.wrong,
              f.told, f.live_after);
  std::fflush(stdout);
}

}  // namespace

int RunStoppedDesks(const std::string& endpoint, size_t desks, size_t topics,
                    const std::string& ready_file, const std::string& result_file) {
  constexpr Nanos kNoPause = std::chrono::seconds(1);
  app::SeedLibcRandom();
  const KnownPublisher names({.topics = topics, .rate = 0});  // nobody connects to it
  Desks all("stopped", desks, endpoint, &names);
  bool ready = false;
  bool told = false;
  MonotonicTime woken;
  for (MonotonicTime last = net::ReadMonotonicClock(); true;) {
    const MonotonicTime now = net::ReadMonotonicClock();
    if (ready && now - last > kNoPause) woken = now;
    last = now;
    all.Turn(now);
    if (!all.AllAreLive()) continue;
    if (!ready) {
      ready = true;
      std::ofstream(ready_file) << "listen nowhere\n";
    } else if (woken != MonotonicTime{} && !told) {
      told = true;
      const std::string unfinished = result_file + ".new";
      std::ofstream(unfinished) << Seconds(net::ReadMonotonicClock() - woken) << ' ' << all.Told()
                                << ' ' << all.Wrong() << '\n';
      rename(unfinished.c_str(), result_file.c_str());
    }
  }
}

int Stopped(int argc, char** argv, const std::string& self) {
  Options o;
  app::CommandLine line("fantail-bench stopped",
                        "measures what desks that stand still cost the others");
  Declare(&o, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (o.stopped >= o.desks) {
    return line.Fail(absl::InvalidArgumentError("--stopped " + std::to_string(o.stopped) +
                                                ": one desk must go on, of --desks " +
                                                std::to_string(o.desks)));
  }
  if (access(o.gateway.c_str(), X_OK) != 0) {
    return line.Fail(absl::NotFoundError("--gateway \"" + o.gateway +
                                         "\": no such program; build fantail-gateway"));
  }
  app::SeedLibcRandom();
  const KnownPublisher publisher({.topics = o.topics, .rate = o.rate});
  std::printf("%8s %9s %9s %9s %9s %9s %9s %6s %6s %8s %9s\n", "stopped", "p99 ms", "meanwhile",
              "ratio", "MiB", "most MiB", "grown", "lost", "wrong", "told", "live in s");
  bool good = true;
  const std::vector<uint64_t> cases =
      o.stopped == 0 ? std::vector<uint64_t>{1, o.desks - 1} : std::vector<uint64_t>{o.stopped};
  for (const uint64_t stopped : cases) {
    Figures figures;
    SlowBranch branch(o, stopped, self, &publisher);
    if (const absl::Status s = branch.Measure(&figures); !s.ok()) return line.Fail(s);
    Print(stopped, figures);
    good = good && figures.lost == 0 && figures.wrong == 0;
  }
  if (good) return app::kExitDone;
  return line.Fail(absl::DataLossError("a desk was not given what was published; see the table"));
}

}  // namespace fantail::bench
