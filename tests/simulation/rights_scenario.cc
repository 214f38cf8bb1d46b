// Worlds in which every user has rights of its own at every node, and they change while ticks flow:
// a publisher, gateways two deep, desks at each level that want more than they may have.
//
// Of a topic that a user may not see, at some node on the way up to the publisher, nothing may come
// to it: no record, no image, no name, no byte. What it may see comes as ever.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulation/desk.h"
#include "tests/simulation/nodes.h"
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
// How long what was taken away may still come, at most: it is on its way, or a hop further up has
// not ended its session yet.
constexpr Nanos kGrace = seconds(5);

class RightsScenario {
 public:
  RightsScenario(uint64_t seed, bool log) : seed_(seed), world_(seed), random_(world_.random()) {
    world_.tracing = log;
  }

  Outcome Run();

 private:
  // What a user might see at a node, and since when.
  struct Version {
    MonotonicTime since;
    feed::Interest see;
    bool known = true;  // else the node does not let it in
  };

  void DrawTopics();
  void DrawNodes();
  std::vector<Pattern> DrawPatterns();
  void Give(const std::string& node, const std::string& user);
  void Publish(MonotonicTime until);
  void Disturb();
  // Whether it was so at any time in the last kGrace, at each hop.
  bool MayCome(const Node& client, std::string_view topic);
  // Whether a node grants it now, each hop on the way.
  bool Granted(const Node& client, const Pattern& pattern);
  void CheckBytes(const Node& client, const wire::Message& message);
  void CheckEnd();

  const uint64_t seed_;
  World world_;
  Random& random_;
  SimPublisher* hq_ = nullptr;
  std::vector<std::string> topics_;
  std::vector<SimGateway*> gateways_;
  std::vector<SimDesk*> desks_;
  std::map<std::string, std::map<std::string, std::vector<Version>>> given_;  // by node, by user
};

Outcome RightsScenario::Run() {
  world_.delay = std::chrono::microseconds(random_.Between(50, 3000));
  world_.rights = [this](const std::string& node) {
    auto access = std::make_shared<Access>();
    for (const auto& [user, versions] : given_[node]) {
      if (versions.back().known) access->users[user] = {.see = versions.back().see.patterns()};
    }
    return access;
  };
  world_.on_down = [this](const Node& client, const wire::Message& message) {
    CheckBytes(client, message);
  };
  world_.on_topic = [this](const Node& client, const std::string& topic) {
    if (!MayCome(client, topic)) {
      world_.Violate(client.name() + " is given " + topic + ", which it may not see");
    }
  };
  DrawTopics();
  DrawNodes();
  world_.ForEachNode([this](Node* node) {
    if (node->server() != nullptr) node->server()->SetAccess(world_.rights(node->name()));
  });
  Publish(world_.now() + kChanges + kHeal - kQuiet);
  for (int64_t n = random_.Between(10, 40); n > 0; --n) {
    world_.At(Nanos(random_.Below(static_cast<uint64_t>(kChanges.count()))), [this] { Disturb(); });
  }
  world_.Run(kChanges + kHeal);
  CheckEnd();
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
  given_[node][user].push_back({world_.now(), feed::Interest(std::move(see)), known});
}

void RightsScenario::DrawNodes() {
  feed::ServerOptions options;
  options.linger = milliseconds(500);
  options.max_lag = seconds(60);
  options.proof_every = seconds(2);
  options.share_from = world_.DrawShareFrom();
  if (world_.FewPacked()) options.max_packed_sessions = 1;
  if (random_.OneIn(3)) options.ring_bytes = size_t{64} << 10;
  hq_ = world_.Add<SimPublisher>("hq", /*paced=*/false, options);
  const auto add = [&](const std::string& name, const std::string& above, auto make) {
    Give(above, name);
    make();
  };
  for (size_t i = 0; i < 3; ++i) {
    const std::string name = "g" + std::to_string(i);
    // At most two deep.
    const std::string above = i == 0 || random_.OneIn(3) ? "hq" : "g0";
    add(name, above, [&] {
      gateways_.push_back(
          world_.Add<SimGateway>(name, above, std::vector<Pattern>(), nullptr, options));
    });
  }
  for (int64_t i = random_.Between(4, 9); i > 0; --i) {
    const std::string name = "d" + std::to_string(i);
    const std::string above = random_.OneIn(6) ? "hq" : gateways_[random_.Below(3)]->name();
    std::optional<Nanos> newest;
    if (random_.OneIn(5)) newest = Nanos(milliseconds(random_.Between(1, 500)));
    add(name, above, [&] {
      desks_.push_back(world_.Add<SimDesk>(name, above, DrawPatterns(), hq_, 1, newest));
    });
  }
}

void RightsScenario::Publish(MonotonicTime until) {
  if (world_.now() >= until) return;
  for (uint64_t n = random_.Below(6); n > 0 && hq_->alive; --n) {
    hq_->Publish(topics_[random_.Below(topics_.size())]);
  }
  world_.At(milliseconds(random_.Between(5, 60)), [this, until] { Publish(until); });
}

void RightsScenario::Disturb() {
  std::vector<Node*> clients(gateways_.begin(), gateways_.end());
  clients.insert(clients.end(), desks_.begin(), desks_.end());
  Node* client = clients[random_.Below(clients.size())];
  switch (random_.Below(8)) {
    case 0: {
      SimDesk* desk = desks_[random_.Below(desks_.size())];
      return desk->Want(DrawPatterns());
    }
    case 1:
      return world_.BreakLink(client->name());
    case 2:
      if (!client->alive) return;
      world_.Kill(client->name(), /*tell_peers=*/true);
      world_.At(milliseconds(random_.Between(1, 800)),
                [this, client] { world_.Restart(client->name()); });
      return;
    default:
      Give(client->home, client->name());
      Node* node = world_.Find(client->home);
      if (node->alive) node->server()->SetAccess(world_.rights(node->name()));
  }
}

bool RightsScenario::MayCome(const Node& client, std::string_view topic) {
  for (const Node* at = &client; at != hq_; at = world_.Find(at->home)) {
    const std::vector<Version>& versions = given_[at->home][at->name()];
    bool may = false;
    for (size_t i = 0; i < versions.size(); ++i) {
      const bool lately =
          i + 1 == versions.size() || world_.now() - versions[i + 1].since <= kGrace;
      may = may || (lately && versions[i].see.Matches(topic));
    }
    if (!may) return false;
  }
  return true;
}

bool RightsScenario::Granted(const Node& client, const Pattern& pattern) {
  for (const Node* at = &client; at != hq_; at = world_.Find(at->home)) {
    const Version& now = given_[at->home][at->name()].back();
    if (!now.known || !now.see.Covers(pattern)) return false;
  }
  return true;
}

void RightsScenario::CheckBytes(const Node& client, const wire::Message& message) {
  const std::string_view bytes(reinterpret_cast<const char*>(message.bytes().data()),
                               message.size());
  for (const std::string& topic : topics_) {
    if (bytes.find(topic) == bytes.npos || MayCome(client, topic)) continue;
    // What it asked for itself, a refusal names.
    const auto* desk = dynamic_cast<const SimDesk*>(&client);
    if (desk == nullptr || desk->Asked(Pattern(topic))) continue;
    world_.Violate(client.name() + " is sent the name of " + topic + ", which it may not see");
  }
}

void RightsScenario::CheckEnd() {
  for (const SimDesk* desk : desks_) {
    const auto violate = [&](const std::string& what) {
      world_.Violate(desk->name() + " at the end: " + what);
    };
    std::vector<Pattern> granted;
    for (const Pattern& pattern : desk->patterns()) {
      if (Granted(*desk, pattern)) granted.push_back(pattern);
    }
    const feed::State expected = granted.empty() ? feed::State::kRefused : feed::State::kLive;
    const feed::Interest has(std::move(granted));
    const bool known = given_[desk->home][desk->name()].back().known;
    const feed::FeedState& state = desk->client().state();
    if (state.state != expected) {
      violate(std::string("it is ") + feed::StateName(state.state) + ": " + state.cause);
    }
    // Who gets nothing keeps what it had, as over any link that is down.
    if (!known || has.empty()) continue;
    if (!(desk->client().complete() == has)) {
      violate("it has " + feed::DescribePatterns(desk->client().complete().patterns()) +
              " and may have " + feed::DescribePatterns(has.patterns()));
    }
    if (!has.empty() && !desk->HasNewestOf(has))
      violate("its image of that is not the publisher's");
  }
}

}  // namespace

Outcome RunRightsSeed(uint64_t seed, bool log) {
  return RightsScenario(seed, log).Run();
}

}  // namespace fantail::simulation
