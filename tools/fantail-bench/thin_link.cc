#include "tools/fantail-bench/thin_link.h"

#include <algorithm>
#include <cstdio>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/histogram.h"
#include "fantail/net/clock.h"
#include "tools/fantail-bench/branch.h"

namespace fantail::bench {
namespace {

// What is promised: nothing older is shown as live.
constexpr double kLiveNoOlderThan = 3.2;
constexpr Nanos kSampleEvery = std::chrono::milliseconds(50);
// Until the desk has everything for the first time, nothing is judged.
constexpr Nanos kStartWithin = std::chrono::seconds(30);

struct Options {
  uint64_t seconds = 300;
  uint64_t link = 1'000'000;
  uint64_t feed = 2'000'000;
  uint64_t topics = 500;
  std::string where = "above";
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--seconds S", &o->seconds, "how long", {1, 86'400});
  line->Option("--link BITS", &o->link, "what the link carries, bits a second",
               {8'000, 1'000'000'000});
  line->Option("--feed BITS", &o->feed, "what the feed brings: 56 bytes a tick",
               {448, 1'000'000'000});
  line->Option("--topics N", &o->topics, "among which the ticks are spread evenly", {1, 99'999});
  line->Choice("--where LINK", &o->where, {"above", "below"},
               "which link is thin: publisher to gateway, or gateway to desk");
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench thin-link --seconds 300", "a link at half the feed's rate");
}

double InSeconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}

// What was seen, a sample every 50 ms.
struct Seen {
  LatencyHistogram age;       // of what the desk shows
  LatencyHistogram live_age;  // the same, while it claims to be live
  LatencyHistogram control;   // age of the newest proofs of life, all hops together
  Nanos silence{0};           // the longest time in which no tick and no image came
  uint64_t values = 0;
  MonotonicTime newest;

  void Take(const CheckingDesk& desk, MonotonicTime now) {
    const Nanos old = desk.DataAge(now);
    age.Record(old);
    if (desk.live()) live_age.Record(old);
    control.Record(desk.state().age);
    const uint64_t so_far = desk.counters().records + desk.counters().images;
    if (so_far != values || newest == MonotonicTime()) newest = now;
    values = so_far;
    silence = std::max(silence, now - newest);
  }
};

void PrintLine(double at, const CheckingDesk& desk, MonotonicTime now) {
  const feed::ClientCounters& c = desk.counters();
  std::printf("%7.0f  %-10s %6.2f %6.2f %10lu %9lu %6lu %9lu  %s\n", at,
              feed::StateName(desk.state().state), InSeconds(desk.DataAge(now)),
              InSeconds(desk.state().age), c.records, c.images, c.gaps, c.sessions,
              desk.state().cause.c_str());
  std::fflush(stdout);
}

// Turns the desk until `done`; `each` is called every 50 ms.
void TurnUntil(Branch* branch, const std::function<bool(MonotonicTime)>& done,
               const std::function<void(MonotonicTime)>& each) {
  net::Poller poller;
  MonotonicTime sampled;
  while (true) {
    const MonotonicTime now = net::ReadMonotonicClock();
    branch->desk().Turn(now, poller);
    if (done(now)) return;
    if (now - sampled >= kSampleEvery) {
      sampled = now;
      each(now);
    }
    poller.Clear();
    branch->desk().AddTo(&poller);
    poller.Wait(std::chrono::milliseconds(2));
  }
}

void Watch(const Options& o, Branch* branch, Seen* seen) {
  std::printf("%7s  %-10s %6s %6s %10s %9s %6s %9s  %s\n", "seconds", "state", "age", "proof",
              "ticks", "images", "gaps", "sessions", "cause");
  const MonotonicTime begin = net::ReadMonotonicClock();
  const double every = std::max(1.0, static_cast<double>(o.seconds) / 60);
  double printed = 0;
  TurnUntil(
      branch, [&](MonotonicTime now) { return now - begin >= std::chrono::seconds(o.seconds); },
      [&](MonotonicTime now) {
        seen->Take(branch->desk(), now);
        const double at = InSeconds(now - begin);
        if (at < printed) return;
        PrintLine(at, branch->desk(), now);
        printed += every;
      });
}

void Report(const Seen& seen, const CheckingDesk& desk, bool whole) {
  const double live = static_cast<double>(seen.live_age.count()) /
                      static_cast<double>(std::max<uint64_t>(1, seen.age.count()));
  std::printf("\nlive %.0f %% of the time; sessions %lu, gaps %lu, ticks lost in them %lu\n",
              100 * live, desk.counters().sessions, desk.counters().gaps, desk.lost());
  std::printf(
      "seconds: age of what is shown p50 %.2f, max %.2f; proof of life p50 %.2f, max %.2f; longest "
      "without a new value %.2f\n",
      InSeconds(seen.age.Percentile(50)), InSeconds(seen.age.max()),
      InSeconds(seen.control.Percentile(50)), InSeconds(seen.control.max()),
      InSeconds(seen.silence));
  std::printf("wrong %lu; everything is there once the feed is quiet: %s\n", desk.wrong(),
              whole ? "yes" : "no");
  std::printf("live_age_max %.2f (promised %.1f)\n", InSeconds(seen.live_age.max()),
              kLiveNoOlderThan);
}

}  // namespace

int ThinLink(int argc, char** argv) {
  Options o;
  app::CommandLine line("fantail-bench thin-link",
                        "watches a desk behind a link that carries less than the feed brings");
  Declare(&o, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  app::SeedLibcRandom();
  KnownPublisher publisher({.topics = o.topics, .rate = o.feed / 8 / sizeof(wire::Tick)});
  net::Context context;
  Branch branch(&context, &publisher);
  if (const absl::Status s = branch.Start(o.gateway, 0); !s.ok()) return line.Fail(s);
  const MonotonicTime begin = net::ReadMonotonicClock();
  TurnUntil(
      &branch,
      [&](MonotonicTime now) { return branch.desk().live() || now - begin > kStartWithin; },
      [](MonotonicTime) {});
  fault::FaultRelay& thin = o.where == "above" ? branch.above() : branch.below();
  thin.SetRate(fault::Way::kDown, o.link / 8);
  thin.SetRate(fault::Way::kUp, o.link / 8);
  Seen seen;
  Watch(o, &branch, &seen);
  publisher.Pause();
  const MonotonicTime paused = net::ReadMonotonicClock();
  bool whole = false;
  TurnUntil(
      &branch, [&](MonotonicTime now) { return whole || now - paused > kStartWithin; },
      [&](MonotonicTime) { whole = branch.desk().HasAll(); });
  Report(seen, branch.desk(), whole);
  if (branch.desk().wrong() != 0 || !whole) {
    return line.Fail(absl::DataLossError("what the desk has is not what was published"));
  }
  if (InSeconds(seen.live_age.max()) > kLiveNoOlderThan) {
    return line.Fail(absl::DataLossError("data too old was shown as live"));
  }
  return app::kExitDone;
}

}  // namespace fantail::bench
