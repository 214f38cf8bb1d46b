#include "tools/fantail-bench/attack.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/histogram.h"
#include "fantail/net/clock.h"
#include "fantail/net/dealer.h"
#include "fantail/net/key_folder.h"
#include "tools/fantail-bench/attackers.h"
#include "tools/fantail-bench/bench_keys.h"
#include "tools/fantail-bench/branch.h"
#include "tools/fantail-bench/desks.h"

namespace fantail::bench {
namespace {

// What is promised.
constexpr double kMostRatio = 1.25;
constexpr double kLiveWithin = 3;

constexpr Nanos kPatience = std::chrono::seconds(30);
// Between the parts of a round: what was opened is over.
constexpr Nanos kSettle = std::chrono::milliseconds(500);
// What a node keeps of a peer that is gone without a word, it keeps for 5 s.
constexpr Nanos kForgotten = std::chrono::seconds(6);
// Connections under way at a time, and a second: a node puts off who comes beyond 1,000.
constexpr size_t kAtATime = 8;
constexpr double kConnectsASecond = 700;
// Full after a few seconds: what the gateway's memory grows by later is not its ring.
constexpr size_t kRingBytes = size_t{16} * 1024 * sizeof(wire::Record);
// After these, what the node needs for connections at all is there.
constexpr uint64_t kWarmUp = 500;

struct Options {
  uint64_t desks = 8;
  uint64_t topics = 500;
  uint64_t rate = 5000;
  uint64_t attacks = 200;
  uint64_t seconds = 2;
  uint64_t rounds = 20;
  uint64_t connects = 10'000;
  uint64_t reconnecting = 64;
  uint64_t reconnects = 5;
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--desks N", &o->desks, "desks with keys, which want everything", {1, 512});
  line->Option("--topics N", &o->topics, "topics of the feed", {1, 99'999});
  line->Option("--rate R", &o->rate, "ticks a second, of a live feed", {1000, 1'000'000});
  line->Option("--attacks R", &o->attacks, "hostile connections a second, of eight kinds in turn",
               {1, 10'000});
  line->Option("--seconds S", &o->seconds,
               "of each third of a round: quiet, attacks elsewhere, attacked", {1, 3600});
  line->Option("--rounds N", &o->rounds, "how many; medians are printed", {1, 1000});
  line->Option("--connects N", &o->connects, "good connections that are made and closed",
               {1, 10'000'000});
  line->Option("--reconnecting N", &o->reconnecting, "desks whose connections are reset at once",
               {1, 512});
  line->Option("--reconnects N", &o->reconnects, "how often", {1, 1000});
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench attack", "all of it, in some three minutes");
}

double Seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}
double Microseconds(Nanos time) {
  return 1e6 * Seconds(time);
}
double Mebibytes(size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}
double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Figures {
  std::vector<double> quiet;      // p99, us, by round
  std::vector<double> elsewhere;  // while the same is done to another gateway of this machine
  std::vector<double> attacked;
  uint64_t attempts = 0;
  uint64_t let_in = 0;
  uint64_t most_heard = 0;
  uint64_t cut = 0;  // sessions of desks that ended while others attacked
  double connects_seconds = 0;
  size_t bytes_before = 0;
  size_t bytes_after = 0;
  size_t descriptors_before = 0;
  size_t descriptors_after = 0;
  std::vector<double> live_again;  // seconds, by round
  uint64_t lost = 0;
  uint64_t wrong = 0;
};

// A gateway with keys, and desks that are turned by this thread.
class Fortress {
 public:
  Fortress(const Options& o, std::shared_ptr<const Keys> keys, const std::string& keys_folder)
      : options_(o),
        keys_(std::move(keys)),
        keys_folder_(keys_folder),
        publisher_({.topics = o.topics, .rate = o.rate, .keys = keys_}) {}

  absl::Status Measure(Figures* f) {
    const absl::StatusOr<std::string> listens = StartGateway("gateway", &gateway_);
    if (!listens.ok()) return listens.status();
    endpoint_ = *listens;
    for (const auto step : {&Fortress::UnderAttack, &Fortress::Connects, &Fortress::Reconnects}) {
      if (absl::Status s = (this->*step)(f); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::string> StartGateway(const std::string& name, RelayProcess* gateway) {
    const std::string ready = folder_.path() + "/" + name;
    return gateway->Start({options_.gateway, "--upstream", publisher_.endpoint(), "--listen",
                           "tcp://127.0.0.1:*", "--keys", keys_folder_, "--ready-file", ready,
                           "--log-level", "error", "--ring", std::to_string(kRingBytes)},
                          ready);
  }

  // What attacks cost the machine, and with it everybody, is seen beside: at another gateway that
  // nobody uses.
  absl::Status UnderAttack(Figures* f) {
    RelayProcess other;
    const absl::StatusOr<std::string> elsewhere = StartGateway("other", &other);
    if (!elsewhere.ok()) return elsewhere.status();
    Desks desks("desk", options_.desks, endpoint_, &publisher_, keys_);
    if (!TurnUntil(&desks, [&] { return desks.AllAreLive(); })) return NotLive();
    TurnFor(kSettle, &desks, nullptr);
    const uint64_t sessions = desks.Sessions();
    Attackers beside(
        {.endpoint = *elsewhere, .node_key = keys_->own.key, .rate = options_.attacks});
    Attackers attackers(
        {.endpoint = endpoint_, .node_key = keys_->own.key, .rate = options_.attacks});
    std::printf("%6s %14s %14s %14s %10s\n", "round", "quiet p99 us", "elsewhere", "attacked",
                "attacks");
    for (uint64_t round = 1; round <= options_.rounds; ++round) {
      const uint64_t before = attackers.attempts();
      f->quiet.push_back(PartOfRound(&desks, nullptr));
      f->elsewhere.push_back(PartOfRound(&desks, &beside));
      f->attacked.push_back(PartOfRound(&desks, &attackers));
      std::printf("%6lu %14.0f %14.0f %14.0f %10lu\n", round, f->quiet.back(), f->elsewhere.back(),
                  f->attacked.back(), attackers.attempts() - before);
      std::fflush(stdout);
    }
    f->attempts = attackers.attempts();
    f->let_in = attackers.let_in();
    f->most_heard = attackers.most_heard();
    f->cut = desks.Sessions() - sessions;
    return End(&desks, f);
  }

  // Made and closed again, with a key that is known; beside one desk that stays.
  absl::Status Connects(Figures* f) {
    Desks desks("witness", 1, endpoint_, &publisher_, keys_);
    if (!TurnUntil(&desks, [&] { return desks.AllAreLive(); })) return NotLive();
    if (absl::Status s = Connect(kWarmUp, &desks); !s.ok()) return s;
    TurnFor(kForgotten, &desks, nullptr);
    f->bytes_before = gateway_.MemoryBytes();
    f->descriptors_before = gateway_.Descriptors();
    const MonotonicTime begin = net::ReadMonotonicClock();
    if (absl::Status s = Connect(options_.connects, &desks); !s.ok()) return s;
    f->connects_seconds = Seconds(net::ReadMonotonicClock() - begin);
    TurnFor(kForgotten, &desks, nullptr);
    f->bytes_after = gateway_.MemoryBytes();
    f->descriptors_after = gateway_.Descriptors();
    return End(&desks, f);
  }
  absl::Status Connect(uint64_t count, Desks* desks) {
    net::Context context(keys_);
    std::vector<std::unique_ptr<net::Dealer>> open;
    const MonotonicTime begin = net::ReadMonotonicClock();
    MonotonicTime moved = begin;
    for (uint64_t begun = 0; begun < count || !open.empty();) {
      const MonotonicTime now = net::ReadMonotonicClock();
      const auto due = static_cast<uint64_t>(Seconds(now - begin) * kConnectsASecond);
      for (; begun < std::min(due, count) && open.size() < kAtATime; ++begun) {
        open.push_back(std::make_unique<net::Dealer>(&context, endpoint_));
      }
      desks->Turn(now);
      for (const auto& dealer : open) {
        if (dealer->Check() != net::Dealer::Link::kBroken) continue;
        return absl::UnavailableError("a good connection was refused: " + dealer->why());
      }
      const size_t gone = std::erase_if(
          open, [](const auto& dealer) { return dealer->Check() == net::Dealer::Link::kUp; });
      if (gone > 0) moved = now;
      if (now - moved > kPatience) return absl::DeadlineExceededError("a connection was not made");
    }
    return absl::OkStatus();
  }

  // All connections are reset in the same moment, again and again.
  absl::Status Reconnects(Figures* f) {
    fault::FaultRelay relay({.target = endpoint_, .buffer_bytes = 64 * 1024});
    Desks desks("desk", options_.reconnecting, relay.endpoint(), &publisher_, keys_);
    if (!TurnUntil(&desks, [&] { return desks.AllAreLive(); })) return NotLive();
    for (uint64_t i = 0; i < options_.reconnects; ++i) {
      TurnFor(kSettle, &desks, nullptr);
      const uint64_t wanted = desks.Sessions() + options_.reconnecting;
      relay.Reset();
      const MonotonicTime begin = net::ReadMonotonicClock();
      if (!TurnUntil(&desks, [&] { return desks.Sessions() >= wanted && desks.AllAreLive(); })) {
        return NotLive();
      }
      f->live_again.push_back(Seconds(net::ReadMonotonicClock() - begin));
    }
    return End(&desks, f);
  }

  static absl::Status NotLive() { return absl::DeadlineExceededError("not all desks became live"); }
  absl::Status End(Desks* desks, Figures* f) {
    f->lost += desks->Lost();
    f->wrong += desks->Wrong();
    if (gateway_.Running()) return absl::OkStatus();
    return absl::UnavailableError("the gateway has ended");
  }
  // The p99 in us, while `attackers` attack.
  double PartOfRound(Desks* desks, Attackers* attackers) {
    if (attackers != nullptr) attackers->SetOn(true);
    TurnFor(kSettle, desks, nullptr);
    LatencyHistogram latency;
    TurnFor(std::chrono::seconds(options_.seconds), desks, &latency);
    if (attackers != nullptr) attackers->SetOn(false);
    return Microseconds(latency.Percentile(99));
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
  void TurnFor(Nanos time, Desks* desks, LatencyHistogram* latency) {
    desks->MeasureLatency(latency);
    const MonotonicTime begin = net::ReadMonotonicClock();
    for (MonotonicTime now = begin; now - begin < time; now = net::ReadMonotonicClock()) {
      desks->Turn(now);
    }
    desks->MeasureLatency(nullptr);
  }

  const Options& options_;
  const std::shared_ptr<const Keys> keys_;
  const std::string keys_folder_;
  KnownPublisher publisher_;
  const TemporaryFolder folder_;
  RelayProcess gateway_;
  std::string endpoint_;
};

void Print(const Options& o, const Figures& f) {
  const double quiet = Median(f.quiet);
  const double elsewhere = Median(f.elsewhere);
  const double attacked = Median(f.attacked);
  std::printf("%6s %14.0f %14.0f %14.0f %10lu\n", "median", quiet, elsewhere, attacked, f.attempts);
  std::printf(
      "keys that nobody knows let in %lu, bytes answered at the most %lu, sessions cut %lu\n",
      f.let_in, f.most_heard, f.cut);
  std::printf(
      "%lu connections made and closed in %.1f s: %.2f MiB, then %.2f; %zu descriptors, "
      "then %zu\n",
      o.connects, f.connects_seconds, Mebibytes(f.bytes_before), Mebibytes(f.bytes_after),
      f.descriptors_before, f.descriptors_after);
  std::printf("%lu desks reset at once, %lu times: all live after %.2f s (median)\n",
              o.reconnecting, o.reconnects, Median(f.live_again));
  std::printf("ticks lost %lu, wrong %lu\n", f.lost, f.wrong);
  std::printf("ratio_p99 %.2f (promised %.2f)\n", attacked / quiet, kMostRatio);
  std::printf("ratio_p99_elsewhere %.2f\n", elsewhere / quiet);
  std::printf("grown_mebibytes %.2f\n", Mebibytes(f.bytes_after) - Mebibytes(f.bytes_before));
  std::printf("grown_descriptors %ld\n",
              static_cast<long>(f.descriptors_after) - static_cast<long>(f.descriptors_before));
  std::printf("live_again_max %.2f (promised %.1f)\n",
              *std::max_element(f.live_again.begin(), f.live_again.end()), kLiveWithin);
}

}  // namespace

int AttackBench(int argc, char** argv) {
  Options o;
  app::CommandLine line("fantail-bench attack",
                        "measures what those who do not belong cost the desks of a gateway");
  Declare(&o, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (access(o.gateway.c_str(), X_OK) != 0) {
    return line.Fail(absl::NotFoundError("--gateway \"" + o.gateway +
                                         "\": no such program; build fantail-gateway"));
  }
  app::SeedLibcRandom();
  const TemporaryFolder folder;
  WriteKeys(folder.path() + "/keys");
  absl::StatusOr<std::shared_ptr<const Keys>> keys = net::ReadKeys(folder.path() + "/keys");
  if (!keys.ok()) return line.Fail(keys.status());
  Figures figures;
  Fortress fortress(o, *std::move(keys), folder.path() + "/keys");
  if (const absl::Status s = fortress.Measure(&figures); !s.ok()) return line.Fail(s);
  Print(o, figures);
  if (figures.lost + figures.wrong + figures.cut + figures.let_in == 0) return app::kExitDone;
  return line.Fail(absl::DataLossError("somebody was harmed, or let in; see above"));
}

}  // namespace fantail::bench
