// Worlds in which every user has rights of its own at every node, and they change while ticks flow:
// a publisher, gateways two deep, desks at each level that want more than they may have.
//
// Of a topic that a user may not see, at some node on the way up to the publisher, nothing is sent
// to it: no record, no image, no name, no byte (rights_watch.h). What it may see comes as ever, and
// of the rest it is told why not. In a calm world, whose links and nodes are soon back, what is
// taken away at the top is over at the bottom within 5 s; in the others all faults of faults.h
// happen, and that takes as long as the news does.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/desk.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/nodes.h"
#include "tests/simulation/rights_watch.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/world.h"

namespace fantail::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanos kChanges = seconds(12);
// A client retries 5 s after a refusal, each hop takes a session to end and to come again, and the
// covers of a path narrow one after the other, each after its linger.
constexpr Nanos kHeal = seconds(25);
constexpr Nanos kQuiet = seconds(2);
// How long what was taken away may still come in a calm world: it is on its way, or a hop further
// up has not ended its session yet.
constexpr Nanos kGrace = seconds(5);
// The last of the ticks without storms, as in scenario.cc.
constexpr Nanos kCalm = seconds(6);

class RightsScenario {
 public:
  RightsScenario(uint64_t seed, bool log)
      : seed_(seed), world_(seed), random_(world_.random()), watch_(&world_, "hq", &topics_) {
    world_.tracing = log;
  }

  Outcome Run();

 private:
  void DrawTopics();
  feed::ServerOptions DrawOptions();
  void DrawNodes();
  template <class T>
  void AddLine(T* node, const std::string& beside);
  std::vector<Pattern> DrawPatterns();
  void Give(const std::string& node, const std::string& user);
  // For each user, wherever it may be moved to.
  void GiveEverywhere(const std::string& user);
  void ChangeRights();
  void ChangeRightsOf(const Node& client);
  void Publish(MonotonicTime until);
  void Disturb();
  void DisturbCalmly();
  void LoseMidway();
  // Whether a client is given that, each hop on the way there, over each line of each; `any`: or
  // over one.
  bool Granted(const Node& client, const Pattern& pattern, bool any);
  void CheckEnd(const SimDesk& desk);

  const uint64_t seed_;
  World world_;
  Random& random_;
  bool calm_ = false;
  bool tight_ = false;
  bool paced_ = false;
  SimPublisher* hq_ = nullptr;
  std::vector<std::string> topics_;
  std::vector<SimGateway*> gateways_;
  std::vector<SimDesk*> desks_;
  Cast cast_;
  RightsWatch watch_;
};

Outcome RightsScenario::Run() {
  world_.delay = std::chrono::microseconds(random_.Between(50, 3000));
  calm_ = random_.OneIn(3);
  if (calm_) watch_.set_grace(kGrace);
  DrawTopics();
  DrawNodes();
  Publish(world_.now() + kChanges + kHeal - kQuiet);
  for (int64_t n = random_.Between(10, 40); n > 0; --n) {
    world_.At(Nanos(random_.Below(static_cast<uint64_t>(kChanges.count()))), [this] { Disturb(); });
  }
  world_.At(kChanges, [this] {
    world_.Trace("everything heals");
    world_.ForEachNode([this](Node* node) { world_.SetLine(node->name(), Line()); });
  });
  world_.Run(kChanges + kHeal);
  for (const SimDesk* desk : desks_) CheckEnd(*desk);
  Outcome outcome{.seed = seed_, .hash = world_.hash(), .violations = world_.violations()};
  outcome.span = kChanges + kHeal;
  outcome.events = world_.events_run();
  for (const SimDesk* desk : desks_) {
    outcome.records += desk->all_records();
    outcome.gaps += desk->gaps();
  }
  return outcome;
}

// So long and so random that none is found by accident in what is not about it.
void RightsScenario::DrawTopics() {
  for (int64_t n = random_.Between(6, 18); n > 0; --n) {
    std::string name(1, "ABC"[random_.Below(3)]);
    name.push_back("XYZ"[random_.Below(3)]);
    for (int i = 0; i < 10; ++i) name.push_back(static_cast<char>('a' + random_.Below(26)));
    topics_.push_back(name);
  }
}

std::vector<Pattern> RightsScenario::DrawPatterns() {
  if (random_.OneIn(4)) return {Pattern("*")};
  std::vector<Pattern> patterns;
  for (int64_t n = random_.Between(1, 4); n > 0; --n) {
    const std::string& topic = topics_[random_.Below(topics_.size())];
    switch (random_.Below(3)) {
      case 0:
        patterns.emplace_back(topic.substr(0, 1) + "*");
        break;
      case 1:
        patterns.emplace_back(topic.substr(0, 2) + "*");
        break;
      default:
        patterns.emplace_back(topic);
    }
  }
  return feed::Interest(std::move(patterns)).patterns();
}

void RightsScenario::Give(const std::string& node, const std::string& user) {
  std::vector<Pattern> see;
  const bool known = !random_.OneIn(12);
  if (known && !random_.OneIn(10)) see = DrawPatterns();
  if (world_.tracing) {
    world_.Trace(node + (known ? " lets " + user + " see " + feed::DescribePatterns(see)
                               : " does not let " + user + " in"));
  }
  watch_.Give(node, user, std::move(see), known);
}

void RightsScenario::GiveEverywhere(const std::string& user) {
  Give("hq", user);
  for (const char* gateway : {"g0", "g1", "g2"}) Give(gateway, user);
}

feed::ServerOptions RightsScenario::DrawOptions() {
  feed::ServerOptions options;
  // What is taken away is given up at once; who leaves something of itself, may linger.
  options.linger = milliseconds(calm_ ? 500 : random_.Between(100, 5000));
  options.proof_every = seconds(2);
  options.share_from = world_.DrawShareFrom();
  if (world_.FewPacked()) options.max_packed_sessions = 1;
  if (random_.OneIn(2)) options.ring_bytes = size_t{64} << (10 + random_.Below(3));
  tight_ = !calm_ && random_.OneIn(3);
  paced_ = !calm_ && random_.OneIn(8);
  if (!tight_) {
    options.max_lag = seconds(60);
    return options;
  }
  options.window_bytes = static_cast<uint32_t>(random_.Between(64, 256) * 1024);
  options.window_messages =
      static_cast<uint32_t>(random_.Between(world_.HasObjects() ? 64 : 4, 128));
  options.max_backlog_bytes = size_t{1} << (10 + random_.Below(8));
  options.max_total_backlog_bytes = options.max_backlog_bytes * (1 + random_.Below(4));
  options.climb_within = seconds(2);
  return options;
}

void RightsScenario::DrawNodes() {
  const feed::ServerOptions options = DrawOptions();
  const auto allow = [&](const std::string& node) {
    const auto patterns = random_.OneIn(4) ? DrawPatterns() : std::vector<Pattern>();
    watch_.Allow(node, patterns);
    return patterns;
  };
  feed::ServerOptions at_top = options;
  at_top.allow = allow("hq");
  for (size_t i = 0; i < 3; ++i) GiveEverywhere("g" + std::to_string(i));
  hq_ = world_.Add<SimPublisher>("hq", paced_, at_top);
  cast_ = {.publisher = "hq", .gateways = {}, .desks = {}, .older = {}, .paced = paced_};
  cast_.tight = tight_;
  for (size_t i = 0; i < 3; ++i) {
    const std::string name = "g" + std::to_string(i);
    // At most two deep.
    const std::string above = i == 0 || random_.OneIn(3) ? "hq" : "g0";
    const bool second = !calm_ && above != "hq" && random_.OneIn(4);
    gateways_.push_back(
        world_.Add<SimGateway>(name, above, allow(name), hq_, options, second ? 2 : 1));
    AddLine(gateways_.back(), second ? "hq" : "");
    cast_.gateways.push_back(name);
  }
  for (int64_t i = random_.Between(4, 9); i > 0; --i) {
    const std::string name = "d" + std::to_string(i);
    GiveEverywhere(name);
    const std::string above = random_.OneIn(6) ? "hq" : gateways_[random_.Below(3)]->name();
    std::string beside;
    if (!calm_ && random_.OneIn(6)) beside = gateways_[random_.Below(3)]->name();
    if (beside == above) beside.clear();
    std::optional<Nanos> newest;
    if (beside.empty() && random_.OneIn(5)) newest = Nanos(milliseconds(random_.Between(1, 500)));
    desks_.push_back(
        world_.Add<SimDesk>(name, above, DrawPatterns(), hq_, beside.empty() ? 1 : 2, newest));
    AddLine(desks_.back(), beside);
    cast_.desks.push_back(name);
  }
  world_.ForEachNode([this](Node* node) {
    if (node->server() != nullptr) node->server()->SetAccess(watch_.AccessOf(node->name()));
  });
}

template <class T>
void RightsScenario::AddLine(T* node, const std::string& beside) {
  if (beside.empty()) return;
  world_.Add<SimLine>(node, 1, beside, [node] { return node->lines(); });
}

void RightsScenario::Publish(MonotonicTime until) {
  if (world_.now() >= until) return;
  uint64_t records = random_.Below(6);
  if (tight_ && random_.OneIn(300) && world_.now() + kCalm < until) records = 1500;
  for (; records > 0 && hq_->alive && !hq_->stopped; --records) {
    if (paced_ && hq_->server()->Congested()) break;
    hq_->Publish(topics_[random_.Below(topics_.size())]);
  }
  world_.At(milliseconds(random_.Between(5, 60)), [this, until] { Publish(until); });
}

// -------------------------------------------------------------------------------------------------
// What happens.

void RightsScenario::Disturb() {
  SimDesk* desk = desks_[random_.Below(desks_.size())];
  if (random_.OneIn(8)) return desk->Want(DrawPatterns());
  if (random_.OneIn(10)) return desk->lines()->SetTracing(random_.OneIn(2));
  if (!random_.OneIn(3)) return ChangeRights();
  if (calm_) return DisturbCalmly();
  if (random_.OneIn(3)) return LoseMidway();
  const Nanos left = kChanges - (world_.now() - MonotonicTime(seconds(1)));
  InjectFault(&world_, cast_, std::max<Nanos>(left, milliseconds(1)));
}

void RightsScenario::DisturbCalmly() {
  const auto& from = random_.OneIn(2) ? cast_.gateways : cast_.desks;
  const std::string client = from[random_.Below(from.size())];
  if (random_.OneIn(2)) return world_.BreakLink(client);
  if (!world_.Find(client)->alive) return;
  world_.Trace(client + " is killed");
  world_.Kill(client, /*tell_peers=*/true);
  world_.At(milliseconds(random_.Between(1, 800)), [this, client] { world_.Restart(client); });
}

// A desk comes back, or wants something else, over a link that takes its time, and the gateway that
// it is at is given other rights meanwhile.
void RightsScenario::LoseMidway() {
  SimDesk* desk = desks_[random_.Below(desks_.size())];
  const std::string above = desk->home;
  const Node* gateway = world_.Find(above);
  if (gateway == hq_ || !desk->alive || !gateway->alive || gateway->stopped) return;
  world_.Trace("FAULT: " + desk->name() + " is given slowly what it wants");
  Line line = desk->line;
  line.bytes_per_second = static_cast<uint64_t>(random_.Between(500, 5000));
  world_.SetLine(desk->name(), line);
  world_.SetCapacity(above, static_cast<size_t>(random_.Between(1, 3)));
  if (random_.OneIn(2)) {
    world_.BreakLink(desk->name());
  } else {
    desk->Want(DrawPatterns());
  }
  world_.At(milliseconds(random_.Between(20, 1200)), [this, gateway] { ChangeRightsOf(*gateway); });
  world_.At(seconds(2), [this, desk, above] {
    world_.Heal(desk->name());
    world_.SetCapacity(above, kHighWaterMark);
  });
}

void RightsScenario::ChangeRights() {
  const auto& from = random_.OneIn(2) ? cast_.gateways : cast_.desks;
  ChangeRightsOf(*world_.Find(from[random_.Below(from.size())]));
}

// Where it is; of a stopped node they do not change.
void RightsScenario::ChangeRightsOf(const Node& client) {
  const std::string above = client.link != nullptr ? client.link->server->name() : client.home;
  Node* node = world_.Find(above);
  if (node->stopped) return;
  Give(above, client.name());
  if (node->alive) node->server()->SetAccess(watch_.AccessOf(above));
}

// -------------------------------------------------------------------------------------------------
// After it.

bool RightsScenario::Granted(const Node& client, const Pattern& pattern, bool any) {
  std::vector<const Node*> lines = {&client};
  lines.insert(lines.end(), client.more_lines.begin(), client.more_lines.end());
  const auto granted = [&](const Node* line) {
    const Node& above = *world_.Find(line->upstream);
    return watch_.Granted(above.name(), client.name(), pattern) &&
           (&above == hq_ || Granted(above, pattern, any));
  };
  return any ? std::any_of(lines.begin(), lines.end(), granted)
             : std::all_of(lines.begin(), lines.end(), granted);
}

void RightsScenario::CheckEnd(const SimDesk& desk) {
  const auto violate = [&](const std::string& what) {
    world_.Violate(desk.name() + " at the end: " + what);
  };
  std::vector<Pattern> granted;
  std::vector<Pattern> refused;
  for (const Pattern& pattern : desk.patterns()) {
    const bool all = Granted(desk, pattern, /*any=*/false);
    // Lines that have other rights: it may get this or not.
    if (!all && Granted(desk, pattern, /*any=*/true)) return;
    (all ? granted : refused).push_back(pattern);
  }
  const feed::State expected = granted.empty() ? feed::State::kRefused : feed::State::kLive;
  const feed::FeedState& state = desk.client().state();
  if (state.state != expected) {
    violate(std::string("it is ") + feed::StateName(state.state) + ": " + state.cause);
  }
  if (granted.empty() && state.cause.empty()) violate("it is not told why it gets nothing");
  // Who gets nothing keeps what it had, as over any link that is down.
  if (granted.empty()) return;
  const feed::Interest has(std::move(granted));
  if (!(desk.client().complete() == has)) {
    violate("it has " + feed::DescribePatterns(desk.client().complete().patterns()) +
            " and may have " + feed::DescribePatterns(has.patterns()));
  }
  if (!desk.HasNewestOf(has)) violate("its image of that is not the publisher's");
  if (desk.client().counters().proofs == 0) violate("no proof has come");
  for (const Pattern& pattern : refused) {
    if (desk.WhyNot(pattern).empty()) violate("it is not told why not " + pattern.text());
  }
}

}  // namespace

Outcome RunRightsSeed(uint64_t seed, bool log) {
  return RightsScenario(seed, log).Run();
}

}  // namespace fantail::simulation
