#include "tests/simulation/scenario.h"

#include <algorithm>
#include <cstdlib>

#include "tests/simulation/desk.h"
#include "tests/simulation/end_checks.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/nodes.h"
#include "tests/simulation/world.h"

namespace fantail::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// After the last fault: a client retries 5 s after a refusal, a node forgets one after 5 s of
// silence, and then the covers of two gateways narrow one after the other, each after its linger of
// 5 s.
constexpr Nanos kHeal = seconds(17);
// After that long, who is live stays so.
constexpr Nanos kSettle = milliseconds(6500);
// The last of that without ticks, so that all that was published has come.
constexpr Nanos kQuiet = seconds(2);
// The last of the ticks without storms: who loses ground in one may take a line anew a second
// later, and the cover of the node that it had narrows after its linger.
constexpr Nanos kCalm = seconds(6);
// Batches that all desks of a world together are given in a second: what a seed may cost.
constexpr uint64_t kBatchesPerSecond = 600;
// A world that does more than this never comes to rest.
constexpr uint64_t kMostEvents = 2'000'000;

class Scenario {
 public:
  Scenario(uint64_t seed, bool log) : seed_(seed), world_(seed), random_(world_.random()) {
    world_.tracing = log;
  }

  Outcome Run();

 private:
  void DrawOptions();
  void DrawSymbols();
  void DrawNodes();
  // A second line of `node`; none if `beside` is empty.
  template <class T>
  void AddLine(T* node, const std::string& beside);
  void DrawTicks();
  void DrawFaults();
  void ChangeWish(SimDesk* desk);
  void PublishLoop(MonotonicTime until);
  std::vector<Pattern> Wish();
  feed::ServerOptions ServerOptionsOf() { return options_; }
  void HealAll();
  void MoveInPeace();
  void CheckEnd();

  const uint64_t seed_;
  World world_;
  Random& random_;
  feed::ServerOptions options_;
  bool tight_ = false;  // small windows, backlogs and rings
  bool paced_ = false;
  bool ends_ = false;  // the publisher ends the feed
  Nanos faulty_{0};    // how long faults go on
  Nanos tick_every_{0};
  uint64_t burst_ = 1;
  std::vector<std::string> symbols_;
  std::vector<MonotonicTime> born_;  // by symbol: not published before
  SimPublisher* hq_ = nullptr;
  SimPublisher* older_ = nullptr;  // was replaced by hq_, and still runs
  std::vector<SimDesk*> desks_;
  Cast cast_;
};

Outcome Scenario::Run() {
  DrawOptions();
  DrawSymbols();
  DrawNodes();
  DrawTicks();
  const bool after_start = random_.OneIn(3);  // the rest come into a feed that flows
  if (after_start) world_.Run(seconds(1));
  DrawFaults();
  world_.At(faulty_, [this] { HealAll(); });
  if (random_.OneIn(2)) world_.At(faulty_ + kSettle, [this] { MoveInPeace(); });
  const Nanos span = faulty_ + kHeal;
  for (Nanos done{0}; done < span && world_.events_run() < kMostEvents; done += seconds(1)) {
    world_.Run(seconds(1));
  }
  if (world_.events_run() >= kMostEvents) world_.Violate("the world does not come to rest");
  CheckEnd();
  Outcome outcome{.seed = seed_, .hash = world_.hash(), .violations = world_.violations()};
  outcome.span = world_.now() - MonotonicTime(seconds(1));
  outcome.events = world_.events_run();
  for (const SimDesk* desk : desks_) {
    outcome.records += desk->all_records();
    outcome.gaps += desk->gaps();
  }
  return outcome;
}

void Scenario::DrawOptions() {
  tight_ = random_.OneIn(2);
  paced_ = random_.OneIn(8);
  ends_ = random_.OneIn(6);
  faulty_ = milliseconds(random_.Between(6000, 16000));
  world_.delay = std::chrono::microseconds(random_.Between(50, 5000));
  options_.proof_every = milliseconds(random_.Between(500, 5000));
  if (world_.FewPacked()) options_.max_packed_sessions = 1;
  options_.share_from = world_.DrawShareFrom();
  if (random_.OneIn(2)) options_.linger = milliseconds(random_.Between(100, 5000));
  if (!tight_) {
    // Then whoever lags is waited for, and nothing is lost.
    options_.max_lag = seconds(60);
    return;
  }
  options_.ring_bytes = size_t{64} << (10 + random_.Below(3));
  // A message of 64 KiB must fit.
  options_.window_bytes = static_cast<uint32_t>(random_.Between(64, 256) * 1024);
  options_.window_messages = static_cast<uint32_t>(random_.Between(4, 128));
  // Each part is a message: with a few at a time, older ones would be on their way for longer than
  // a world has to heal.
  if (world_.HasObjects()) options_.window_messages = std::max(options_.window_messages, 64u);
  options_.max_backlog_bytes = size_t{1} << (10 + random_.Below(8));
  options_.max_total_backlog_bytes = options_.max_backlog_bytes * (1 + random_.Below(4));
  options_.climb_within = seconds(2);
}

void Scenario::DrawSymbols() {
  // Names that are beginnings of each other, from a small alphabet.
  const size_t count = static_cast<size_t>(random_.Between(4, 30));
  while (symbols_.size() < count) {
    std::string name;
    for (int64_t n = random_.Between(1, 4); n > 0; --n) {
      name.push_back("ABC"[random_.Below(3)]);
    }
    if (std::find(symbols_.begin(), symbols_.end(), name) != symbols_.end()) continue;
    symbols_.push_back(name);
    const bool late = random_.OneIn(3);
    born_.push_back(world_.now() + milliseconds(late ? random_.Between(0, 20000) : 0));
  }
}

std::vector<Pattern> Scenario::Wish() {
  std::vector<Pattern> patterns;
  if (random_.OneIn(12)) return {Pattern("*")};
  for (int64_t n = random_.Between(1, 4); n > 0; --n) {
    const std::string& symbol = symbols_[random_.Below(symbols_.size())];
    switch (random_.Below(3)) {
      case 0:
        patterns.emplace_back(symbol.substr(0, 1) + "*");
        break;
      case 1:
        patterns.emplace_back(symbol.substr(0, 2) + "*");
        break;
      default:
        patterns.emplace_back(symbol);
    }
  }
  return feed::Interest(std::move(patterns)).patterns();
}

void Scenario::DrawNodes() {
  hq_ = world_.Add<SimPublisher>("hq", paced_, options_, /*epochs=*/1);
  cast_.publisher = "hq";
  if (random_.OneIn(4)) {
    older_ = world_.Add<SimPublisher>("old", paced_, options_, /*epochs=*/0);
    hq_->older = older_;
    cast_.older = "old";
  }
  const int64_t gateways = random_.Between(1, 3);
  for (int64_t i = 0; i < gateways; ++i) {
    // At most two deep.
    std::string above = "hq";
    if (i == 1 && random_.OneIn(2)) above = "g0";
    if (i == 2) above = cast_.gateways[random_.Below(2)];
    if (i == 2 && world_.Find(above)->upstream != "hq") above = "g0";
    // Beside it, at times, another line: upwards of where the first one goes, or beside that.
    std::string beside;
    if (i > 0 && random_.OneIn(3)) beside = above != "hq" ? "hq" : i == 2 ? "g0" : "";
    auto* gateway = world_.Add<SimGateway>("g" + std::to_string(i), above, std::vector<Pattern>(),
                                           hq_, options_, beside.empty() ? 1 : 2);
    AddLine(gateway, beside);
    cast_.gateways.push_back(gateway->name());
  }
  const int64_t desks = random_.OneIn(3) ? random_.Between(12, 36) : random_.Between(6, 12);
  for (int64_t i = 0; i < desks; ++i) {
    const std::string above =
        random_.OneIn(10) ? "hq" : cast_.gateways[random_.Below(cast_.gateways.size())];
    std::string beside;
    if (random_.OneIn(4)) beside = cast_.gateways[random_.Below(cast_.gateways.size())];
    if (beside == above) beside = above == "hq" ? "" : "hq";
    std::optional<Nanos> newest;
    if (beside.empty() && random_.OneIn(5)) {
      newest = random_.OneIn(3) ? Nanos(1) : Nanos(milliseconds(random_.Between(1, 1000)));
    }
    desks_.push_back(world_.Add<SimDesk>("d" + std::to_string(i), above, Wish(), hq_,
                                         beside.empty() ? 1 : 2, newest));
    AddLine(desks_.back(), beside);
    cast_.desks.push_back(desks_.back()->name());
  }
}

template <class T>
void Scenario::AddLine(T* node, const std::string& beside) {
  if (beside.empty()) return;
  world_.Add<SimLine>(node, 1, beside, [node] { return node->lines(); });
}

void Scenario::DrawTicks() {
  tick_every_ = Nanos(seconds(1)) * static_cast<int64_t>(desks_.size()) / kBatchesPerSecond;
  burst_ = random_.OneIn(2) ? 1 : static_cast<uint64_t>(random_.Between(2, 12));
  PublishLoop(world_.now() + faulty_ + kHeal - kQuiet);
}

void Scenario::PublishLoop(MonotonicTime until) {
  if (world_.now() >= until) {
    if (ends_ && hq_->alive) world_.Trace("hq ends the feed"), hq_->End();
    return;
  }
  uint64_t records = random_.Below(2 * burst_) + 1;
  // A storm now and then turns over small rings and fills small backlogs.
  const bool storm = tight_ && random_.OneIn(400);
  if (storm && world_.now() + kCalm < until) records = 1500;
  for (; records > 0 && hq_->alive && !hq_->stopped; --records) {
    if (paced_ && hq_->server()->Congested()) break;
    const size_t symbol = random_.Below(symbols_.size());
    if (world_.now() >= born_[symbol]) hq_->Publish(symbols_[symbol]);
  }
  if (older_ != nullptr && !older_->server()->Congested()) {
    older_->Publish(symbols_[random_.Below(symbols_.size())]);
  }
  const Nanos wait(random_.Between(tick_every_.count() / 2, tick_every_.count() * 3 / 2));
  world_.At(wait, [this, until] { PublishLoop(until); });
}

void Scenario::DrawFaults() {
  const int64_t faults = random_.Between(3, 30);
  cast_.paced = paced_;
  cast_.tight = tight_;
  for (int64_t i = 0; i < faults; ++i) {
    world_.At(Nanos(random_.Below(static_cast<uint64_t>(faulty_.count()))), [this] {
      const Nanos left = faulty_ - (world_.now() - MonotonicTime(seconds(1)));
      const Nanos most = std::max<Nanos>(left, milliseconds(1));
      if (random_.OneIn(4)) {
        ChangeWish(desks_[random_.Below(desks_.size())]);
      } else {
        InjectFault(&world_, cast_, most);
      }
    });
  }
}

void Scenario::ChangeWish(SimDesk* desk) {
  const std::vector<Pattern> before = desk->patterns();
  desk->Want(random_.OneIn(12) ? std::vector<Pattern>() : Wish());
  if (!random_.OneIn(3)) return;
  // And back, about when the nodes above give up what it had.
  const Nanos wait = options_.linger + milliseconds(random_.Between(-50, 1000));
  const Nanos left = faulty_ - (world_.now() - MonotonicTime(seconds(1)));
  if (wait > left) return;
  world_.At(wait, [desk, before] { desk->Want(before); });
}

// -------------------------------------------------------------------------------------------------
// After the faults.

void Scenario::HealAll() {
  world_.Trace("everything heals");
  world_.ForEachNode([this](Node* node) { world_.SetLine(node->name(), Line()); });
}

// Nothing of it shows at a desk that is live.
void Scenario::MoveInPeace() {
  for (SimDesk* desk : desks_) desk->StayLive();
  AskForMove(&world_, cast_);
}

void Scenario::CheckEnd() {
  world_.ForEachNode([this](Node* node) { CheckNodeAtEnd(&world_, node); });
  const feed::State expected = ends_ ? feed::State::kEnded : feed::State::kLive;
  for (const SimDesk* desk : desks_) CheckDeskAtEnd(&world_, *desk, expected, /*gaps=*/tight_);
}

}  // namespace

Outcome RunSeed(uint64_t seed, bool log) {
  return Scenario(seed, log).Run();
}

uint64_t SeedToReplay() {
  const char* text = std::getenv("FANTAIL_SEED");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

}  // namespace fantail::simulation
