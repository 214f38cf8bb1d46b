#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/desk.h"
#include "tests/simulation/end_checks.h"
#include "tests/simulation/nodes.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/world.h"

namespace fantail::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kGateways = 20;
// In all, the publisher and a desk included: a path has at most wire::kMaxHops.
constexpr size_t kDeepestTree = 14;
constexpr Nanos kRewiring = seconds(20);
// A client retries 5 s after a refusal, each hop takes a ping to be told of, and the covers of a
// path narrow one after the other, each after its linger.
constexpr Nanos kHeal = seconds(40);
constexpr Nanos kQuiet = seconds(2);
constexpr Nanos kLinger = milliseconds(500);
constexpr Nanos kLookEvery = milliseconds(250);
// A circle shows at once to whoever knows the way up; else when pings have gone round it, one hop
// each.
constexpr Nanos CircleLasts(size_t hops) {
  return seconds(2 + hops);
}

class TreeScenario {
 public:
  TreeScenario(uint64_t seed, bool log) : seed_(seed), world_(seed), random_(world_.random()) {
    world_.tracing = log;
  }

  Outcome Run();

 private:
  void Grow();
  void Publish(MonotonicTime until);
  void Rewire();
  void Look(MonotonicTime until);
  // Everybody finds a place under the publisher again.
  void Settle();
  std::string AnyNode() {
    const size_t n = random_.Below(kGateways + 1);
    return n == kGateways ? "hq" : gateways_[n]->name();
  }
  // Whether `node` is `top`, or leads to it by where each connects to.
  bool IsBelow(const std::string& node, const std::string& top) {
    std::string at = node;
    for (size_t steps = 0; steps <= kGateways && at != top; ++steps) {
      if (at == "hq") return false;
      at = world_.Find(at)->home;
    }
    return at == top;
  }
  size_t Depth(const std::string& node) {
    size_t depth = 0;
    for (std::string at = node; at != "hq" && depth <= kGateways; at = world_.Find(at)->home) {
      ++depth;
    }
    return depth;
  }
  // Of the subtree, the desks included.
  size_t Height(const std::string& top) {
    size_t deepest = 0;
    for (const SimGateway* gateway : gateways_) {
      if (IsBelow(gateway->name(), top)) deepest = std::max(deepest, Depth(gateway->name()));
    }
    return deepest - Depth(top) + 2;
  }

  const uint64_t seed_;
  World world_;
  Random& random_;
  SimPublisher* hq_ = nullptr;
  std::vector<SimGateway*> gateways_;
  std::vector<SimDesk*> desks_;
  std::map<std::string, MonotonicTime> in_circle_since_;
  uint64_t circles_ = 0;
};

Outcome TreeScenario::Run() {
  world_.delay = std::chrono::microseconds(random_.Between(50, 3000));
  Grow();
  const MonotonicTime end = world_.now() + kRewiring + kHeal;
  Publish(end - kQuiet);
  Look(end);
  for (int64_t n = random_.Between(10, 60); n > 0; --n) {
    world_.At(Nanos(random_.Below(static_cast<uint64_t>(kRewiring.count()))), [this] { Rewire(); });
  }
  world_.At(kRewiring, [this] { Settle(); });
  world_.Run(kRewiring + kHeal);
  world_.ForEachNode([this](Node* node) { CheckNodeAtEnd(&world_, node); });
  for (const SimDesk* desk : desks_) {
    CheckDeskAtEnd(&world_, *desk, feed::State::kLive, /*gaps=*/false);
  }
  Outcome outcome{.seed = seed_, .hash = world_.hash(), .violations = world_.violations()};
  outcome.span = kRewiring + kHeal;
  outcome.events = world_.events_run();
  outcome.circles = circles_;
  for (const SimDesk* desk : desks_) {
    outcome.records += desk->all_records();
    outcome.gaps += desk->gaps();
  }
  return outcome;
}

void TreeScenario::Grow() {
  feed::ServerOptions options;
  options.linger = kLinger;
  options.max_lag = seconds(60);
  options.proof_every = seconds(2);
  hq_ = world_.Add<SimPublisher>("hq", /*paced=*/false, options);
  for (size_t i = 0; i < kGateways; ++i) {
    std::string above = "hq";
    if (i > 0 && !random_.OneIn(5)) above = gateways_[random_.Below(i)]->name();
    if (Depth(above) + 2 > kDeepestTree) above = "hq";
    gateways_.push_back(world_.Add<SimGateway>("g" + std::to_string(i), above,
                                               std::vector<Pattern>(), hq_, options));
  }
  for (size_t i = 0; i < kGateways; ++i) {
    const std::vector<Pattern> wish =
        random_.OneIn(2) ? std::vector<Pattern>{Pattern("*")}
                         : std::vector<Pattern>{Pattern(std::string(1, "ABC"[i % 3]) + "*")};
    desks_.push_back(world_.Add<SimDesk>("d" + std::to_string(i),
                                         gateways_[random_.Below(kGateways)]->name(), wish, hq_));
  }
}

void TreeScenario::Publish(MonotonicTime until) {
  if (world_.now() >= until) return;
  for (uint64_t n = random_.Below(4); n > 0; --n) {
    hq_->Publish(std::string(1, "ABC"[random_.Below(3)]) + "XYZ"[random_.Below(3)]);
  }
  world_.At(milliseconds(random_.Between(20, 180)), [this, until] { Publish(until); });
}

// A gateway gets another node above it, in one of the ways in which that happens; a node of its own
// subtree at times, for its owner knows no better.
void TreeScenario::Rewire() {
  SimGateway* gateway = gateways_[random_.Below(kGateways)];
  const std::string to = AnyNode();
  const bool circle = IsBelow(to, gateway->name());
  if (!circle && Depth(to) + Height(gateway->name()) > kDeepestTree) return;
  if (random_.OneIn(3)) {
    // Its sessions are asked to move; who is above `to` is refused there, and comes back.
    world_.Trace(gateway->name() + " asks its sessions to go to " + to);
    world_.AskToMove(gateway->name(), to);
    return;
  }
  if (circle) ++circles_;
  world_.Trace(gateway->name() + " is connected to " + to + (circle ? ", which is below it" : ""));
  if (random_.OneIn(3)) {
    world_.Kill(gateway->name(), /*tell_peers=*/true);
    gateway->home = to;
    world_.Restart(gateway->name());
  } else {
    world_.Redirect(gateway->name(), to);
  }
  // The owner sees the alarm.
  if (!circle) return;
  world_.At(milliseconds(random_.Between(500, 8000)), [this, gateway] {
    if (IsBelow(gateway->home, gateway->name())) world_.Redirect(gateway->name(), "hq");
  });
}

// No circle stands for long.
void TreeScenario::Look(MonotonicTime until) {
  if (world_.now() >= until) return;
  for (SimGateway* gateway : gateways_) {
    const Node* at = gateway;
    size_t steps = 0;
    do {
      const bool connected = at->link != nullptr && at->link->client_open &&
                             at->link->server_open && const_cast<Node*>(at)->client()->up();
      at = connected ? at->link->server : nullptr;
    } while (at != nullptr && at != gateway && at != hq_ && ++steps <= kGateways);
    if (at != gateway) {
      in_circle_since_.erase(gateway->name());
      continue;
    }
    const auto since = in_circle_since_.try_emplace(gateway->name(), world_.now()).first->second;
    if (world_.now() - since > CircleLasts(steps + 1)) {
      world_.Violate(gateway->name() + " has been above itself for long");
    }
    if (world_.now() - since > kPathBound && gateway->IsLive()) {
      world_.Violate(gateway->name() + " is above itself, and says that it is live");
    }
  }
  world_.At(kLookEvery, [this, until] { Look(until); });
}

void TreeScenario::Settle() {
  world_.Trace("everybody finds a place under hq");
  for (size_t i = 0; i < kGateways; ++i) {
    std::string to = "hq";
    if (i > 0 && !random_.OneIn(5)) to = gateways_[random_.Below(i)]->name();
    if (Depth(to) + 2 > kDeepestTree) to = "hq";
    world_.Redirect(gateways_[i]->name(), to);
  }
}

}  // namespace

Outcome RunTreeSeed(uint64_t seed, bool log) {
  return TreeScenario(seed, log).Run();
}

}  // namespace fantail::simulation
