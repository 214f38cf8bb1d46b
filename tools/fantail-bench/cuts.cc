#include "tools/fantail-bench/cuts.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/random.h"
#include "fantail/net/clock.h"
#include "fmt/format.h"
#include "tools/fantail-bench/branch.h"

namespace fantail::bench {
namespace {

// What is promised of a link that falls silent and comes back.
constexpr double kStaleWithin = 3.2;
constexpr double kLiveWithin = 2;
// A cut whose end is not seen within this is a failure, and not waited for any longer.
constexpr Nanos kGiveUp = std::chrono::seconds(30);

struct Options {
  uint64_t cuts = 64;
  uint64_t lines = 8;
  uint64_t rate = 500;
  uint64_t seed = 1;
  Nanos shortest = std::chrono::milliseconds(3500);
  Nanos longest = std::chrono::milliseconds(6000);
  Nanos delay{0};
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--cuts N", &o->cuts,
               "how many in all, half of them above the gateway and half below", {2, 100'000});
  line->Option("--lines N", &o->lines, "branches at a time, each with a gateway and a desk",
               {1, 64});
  line->Option("--rate R", &o->rate, "ticks a second of the feed", {1, 100'000});
  line->Option("--shortest TIME", &o->shortest, "a cut lasts at least this long");
  line->Option("--longest TIME", &o->longest, "and at most this long");
  line->Option("--delay TIME", &o->delay, "what the link above the gateway takes, each way");
  line->Option("--seed N", &o->seed, "of when and for how long the links are cut");
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench cuts --cuts 64 --delay 40ms", "black holes on a WAN of 80 ms");
}

// The figures of one link.
struct Figures {
  std::vector<double> stale;
  std::vector<double> live;

  static double Percentile(std::vector<double> values, double percent) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const double rank = percent / 100 * static_cast<double>(values.size());
    const size_t at = rank < 1 ? 0 : static_cast<size_t>(rank + 0.999999) - 1;
    return values[std::min(at, values.size() - 1)];
  }
};

// A branch whose links are cut in turn.
class Line {
 public:
  enum Link : size_t { kAbove = 0, kBelow = 1 };

  Line(Branch* branch, size_t first, uint64_t seed)
      : branch_(branch), link_(first), random_(seed) {}

  // Takes the next step if it is time for it; `*left` are cuts that may still be begun.
  void Turn(const Options& o, MonotonicTime now, uint64_t* left, std::array<Figures, 2>* figures) {
    const bool live = branch_->desk().live();
    switch (step_) {
      case Step::kWait:
        if (!live) until_ = now + Some(std::chrono::seconds(1), std::chrono::seconds(3));
        if (now < until_ || *left == 0) return;
        --*left;
        relay().SetHole(true);
        since_ = now;
        until_ = now + Some(o.shortest, o.longest);
        stale_.reset();
        step_ = Step::kCut;
        return;
      case Step::kCut:
        if (!live && !stale_) stale_ = now - since_;
        if (now < until_) return;
        relay().SetHole(false);
        since_ = now;
        step_ = Step::kHealed;
        return;
      case Step::kHealed:
        if (!live && now - since_ < kGiveUp) return;
        // One that was never seen to be stale counts as late.
        (*figures)[link_].stale.push_back(Seconds(stale_.value_or(kGiveUp)));
        (*figures)[link_].live.push_back(Seconds(now - since_));
        link_ = 1 - link_;
        until_ = now + Some(std::chrono::seconds(1), std::chrono::seconds(3));
        step_ = Step::kWait;
    }
  }
  bool idle() const { return step_ == Step::kWait; }

 private:
  enum class Step : uint8_t { kWait, kCut, kHealed };

  static double Seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }
  Nanos Some(Nanos least, Nanos most) {
    return Nanos(random_.Between(least.count(), std::max(least, most).count()));
  }
  fault::FaultRelay& relay() { return link_ == kAbove ? branch_->above() : branch_->below(); }

  Branch* const branch_;
  size_t link_;
  Random random_;
  Step step_ = Step::kWait;
  MonotonicTime since_;
  MonotonicTime until_;
  std::optional<Nanos> stale_;
};

struct Outcome {
  std::array<Figures, 2> figures;
  uint64_t lost = 0;
  uint64_t wrong = 0;
  bool whole = true;  // every desk had everything in the end
};

absl::StatusOr<Outcome> Measure(const Options& o) {
  KnownPublisher publisher({.rate = o.rate});
  net::Context context;
  std::vector<std::unique_ptr<Branch>> branches;
  std::vector<Line> lines;
  for (uint64_t i = 0; i < o.lines; ++i) {
    branches.push_back(std::make_unique<Branch>(&context, &publisher));
    if (absl::Status s = branches.back()->Start(o.gateway, i); !s.ok()) return s;
    branches.back()->above().SetDelay(fault::Way::kUp, o.delay);
    branches.back()->above().SetDelay(fault::Way::kDown, o.delay);
    lines.emplace_back(branches.back().get(), i % 2, o.seed * 1000 + i);
  }
  Outcome outcome;
  uint64_t left = o.cuts;
  bool done = false;
  MonotonicTime drain_until;
  net::Poller poller;
  while (!done) {
    const MonotonicTime now = net::ReadMonotonicClock();
    for (const auto& branch : branches) branch->desk().Turn(now, poller);
    for (Line& line : lines) line.Turn(o, now, &left, &outcome.figures);
    const bool over = left == 0 && std::all_of(lines.begin(), lines.end(),
                                               [](const Line& l) { return l.idle(); });
    if (over && drain_until == MonotonicTime()) {
      publisher.Pause();
      drain_until = now + std::chrono::seconds(10);
    }
    outcome.whole = std::all_of(branches.begin(), branches.end(),
                                [](const auto& branch) { return branch->desk().HasAll(); });
    done = over && (outcome.whole || now > drain_until);
    poller.Clear();
    for (const auto& branch : branches) branch->desk().AddTo(&poller);
    poller.Wait(std::chrono::milliseconds(2));
  }
  for (const auto& branch : branches) {
    outcome.lost += branch->desk().lost();
    outcome.wrong += branch->desk().wrong();
  }
  return outcome;
}

void PrintRow(const char* link, const Figures& f) {
  const auto p = Figures::Percentile;
  std::printf("%-18s %5zu %8.2f %7.2f %7.2f %8.2f %7.2f %7.2f\n", link, f.live.size(),
              p(f.stale, 50), p(f.stale, 99), p(f.stale, 100), p(f.live, 50), p(f.live, 99),
              p(f.live, 100));
}

}  // namespace

int Cuts(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-bench cuts",
                        "cuts links silently and measures how soon a desk says stale, and how soon "
                        "after the cut it is live again");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  app::SeedLibcRandom();
  const absl::StatusOr<Outcome> outcome = Measure(options);
  if (!outcome.ok()) return line.Fail(outcome.status());
  Figures all = outcome->figures[0];
  const Figures& below = outcome->figures[1];
  all.stale.insert(all.stale.end(), below.stale.begin(), below.stale.end());
  all.live.insert(all.live.end(), below.live.begin(), below.live.end());
  std::printf("%-18s %5s %24s %24s\n", "seconds", "cuts", "stale: p50     p99     max",
              "live: p50     p99     max");
  PrintRow("publisher-gateway", outcome->figures[0]);
  PrintRow("gateway-desk", below);
  PrintRow("all", all);
  const double stale = Figures::Percentile(all.stale, 100);
  const double live = Figures::Percentile(all.live, 99);
  std::printf("ticks lost %lu, wrong %lu, every desk has everything: %s\n", outcome->lost,
              outcome->wrong, outcome->whole ? "yes" : "no");
  std::printf("stale_max %.2f (promised %.1f)\nlive_p99 %.2f (promised %.1f)\n", stale,
              kStaleWithin, live, kLiveWithin);
  if (outcome->lost + outcome->wrong != 0 || !outcome->whole) {
    return line.Fail(absl::DataLossError("what the desks have is not what was published"));
  }
  return app::kExitDone;
}

}  // namespace fantail::bench
