#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace fantail::simulation {

using std::chrono::milliseconds;

namespace {

constexpr Nanos kTurnAtLeastEvery = milliseconds(20);

NodeId IdOf(const std::string& name) {
  return NodeId{std::hash<std::string>()(name) | 1};
}

feed::ServerObserver* Quiet() {
  static feed::ServerObserver observer;
  return &observer;
}

feed::ClientOptions ClientNamed(const std::string& name, feed::Role role) {
  return {.name = name, .node = IdOf(name), .role = role};
}

}  // namespace

// -------------------------------------------------------------------------------------------------

feed::SendResult Node::Send(std::string_view address, const wire::Message& message) {
  return world_->Transmit(name_, address, message);
}

bool Node::Send(const wire::Message& message) {
  if (link == nullptr) return false;
  world_->TransmitUp(link, message);
  return true;
}

void World::At(Nanos after, std::function<void()> action) {
  events_.push({now_ + after, order_++, std::move(action)});
}

void World::Run(Nanos span) {
  const MonotonicTime until = now_ + span;
  while (!events_.empty() && events_.top().time <= until) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.time;
    event.action();
  }
  now_ = until;
}

void World::ScheduleTurn(Node* node, Nanos after) {
  if (after == Nanos{0}) {
    if (node->turn_scheduled) return;
    node->turn_scheduled = true;
    At(after, [this, node] {
      node->turn_scheduled = false;
      TurnOf(node);
    });
  } else {
    At(after, [this, node] { ScheduleTurn(node, Nanos{0}); });
  }
}

void World::TurnOf(Node* node) {
  if (!node->alive) return;
  const bool more = node->Turn(now_);
  if (feed::FeedClient* client = node->client()) {
    if (node->link != nullptr && client->drop()) {
      const auto drop = *client->drop();
      node->connect_at =
          now_ + std::max<Nanos>(drop.retry_after, milliseconds(random_.Between(100, 400)));
      CloseLink(node->link, drop.reason, /*tell_server=*/random_.OneIn(2));
    }
    if (node->link == nullptr && now_ >= node->connect_at) Connect(node);
  }
  ScheduleTurn(node, more ? Nanos{1000} : kTurnAtLeastEvery);
}

void World::Connect(Node* node) {
  auto connection = std::make_unique<Connection>();
  connection->id = connections_.size() + 1;
  connection->client = node->name();
  connection->server = node->upstream;
  connection->delay = delay;
  const auto found = nodes_.find(node->upstream);
  const bool listening = found != nodes_.end() && found->second->alive;
  connection->cut = isolated_.contains(node->name());
  node->connect_at = now_ + milliseconds(random_.Between(100, 400));
  if (!listening && !connection->cut) return;  // refused
  node->link = connection.get();
  connections_.push_back(std::move(connection));
  node->client()->Connected(node, "sim://" + node->upstream, now_);
}

void World::CloseLink(Connection* connection, std::string_view why, bool tell_server) {
  if (!connection->open) return;
  connection->open = false;
  Node* client = Find(connection->client);
  if (client->link == connection) {
    client->link = nullptr;
    client->connect_at =
        std::max(client->connect_at, now_ + milliseconds(random_.Between(100, 400)));
    if (client->alive) client->client()->Disconnected(why, now_);
  }
  (void)tell_server;  // a ROUTER is never told; it finds out when it sends
}

feed::SendResult World::Transmit(const std::string& from, std::string_view address,
                                 const wire::Message& message) {
  const uint64_t id = std::stoull(std::string(address.substr(1)));
  Connection* c = connections_.at(id - 1).get();
  if (!c->open) return feed::SendResult::kPeerGone;
  bytes_down += message.size();
  bytes_to[c->client] += message.size();
  if (c->cut) return feed::SendResult::kSent;
  At(c->delay, [this, c, message] {
    Node* client = Find(c->client);
    if (!c->open || c->cut || !client->alive || client->link != c) return;
    client->client()->Receive(message.bytes(), now_);
    ScheduleTurn(client, Nanos{0});
  });
  ScheduleTurn(Find(from), milliseconds(1));
  return feed::SendResult::kSent;
}

void World::TransmitUp(Connection* c, const wire::Message& message) {
  if (!c->open || c->cut) return;
  At(c->delay, [this, c, message] {
    Node* server = Find(c->server);
    if (!c->open || c->cut || !server->alive) return;
    server->server()->Receive(c->address(), message.bytes(), now_);
    ScheduleTurn(server, Nanos{0});
  });
}

void World::Kill(const std::string& name, bool tell_peers) {
  Node* node = Find(name);
  node->alive = false;
  if (node->link != nullptr) {
    node->link->open = false;
    node->link = nullptr;
  }
  for (const auto& connection : connections_) {
    if (connection->server != name || !connection->open) continue;
    connection->cut = true;
    if (tell_peers) CloseLink(connection.get(), "the connection was lost", true);
  }
}

void World::Restart(const std::string& name) {
  Node* node = Find(name);
  node->alive = true;
  node->connect_at = now_;
  for (const auto& connection : connections_) {
    if (connection->server == name && connection->open) {
      CloseLink(connection.get(), "the connection was lost", true);
    }
  }
  node->Start(now_);
  ScheduleTurn(node, Nanos{0});
}

void World::Trace(const std::string& line) const {
  if (std::getenv("FANTAIL_TRACE") == nullptr) return;
  std::fprintf(stderr, "%.6f s %s\n", static_cast<double>(now_.time_since_epoch().count()) * 1e-9,
               line.c_str());
}

void World::CutLink(const std::string& client) {
  if (Connection* c = Find(client)->link) c->cut = true;
}

void World::BreakLink(const std::string& client) {
  if (Connection* c = Find(client)->link) CloseLink(c, "the connection was lost", true);
}

// -------------------------------------------------------------------------------------------------

SimPublisher::SimPublisher(World* world, std::string name, bool paced)
    : Node(world, name),
      server_({.name = name, .node = IdOf(name), .role = feed::Role::kPublisher}, this, Quiet()),
      sequencer_(&server_) {
  server_.BeginEpoch(Epoch{uint64_t{1} << 32}, paced, /*covers_everything=*/true);
}

bool SimPublisher::Turn(MonotonicTime now) {
  sequencer_.Flush();
  return server_.Turn(now);
}

void SimPublisher::Publish(const std::string& symbol) {
  Random& random = world_->random();
  text::Row row{.symbol = symbol, .venue = random.OneIn(2) ? "XNYS" : "", .tick = {}};
  row.tick.kind = random.OneIn(3) ? wire::TickKind::kTrade : wire::TickKind::kQuote;
  row.tick.time_ns = static_cast<int64_t>(symbols_.size());
  row.tick.price = random.Between(100, 10000);
  row.tick.size = random.Below(1000) + 1;
  row.tick.price_exponent = -2;
  sequencer_.Add(row);
  symbols_.push_back(symbol);
  std::vector<wire::Tick>& ticks = truth_[symbol];
  row.tick.sequence = Sequence{static_cast<uint32_t>(ticks.size() + 1)};
  ticks.push_back(row.tick);
  world_->ScheduleTurn(this, Nanos{0});
}

feed::TopicImage SimPublisher::TrueImage(const std::string& symbol) const {
  feed::TopicImage image{};
  for (const wire::Tick& tick : truth_.at(symbol)) feed::ApplyTick(tick, &image);
  return image;
}

// -------------------------------------------------------------------------------------------------

SimGateway::SimGateway(World* world, std::string name, std::string upstream_name,
                       std::vector<Pattern> allow)
    : Node(world, std::move(name)), allow_(std::move(allow)) {
  upstream = std::move(upstream_name);
}

void SimGateway::Start(MonotonicTime now) {
  (void)now;
  server_options.name = name_;
  server_options.node = IdOf(name_);
  server_options.role = feed::Role::kGateway;
  server_options.allow = allow_;
  forwarder_ = std::make_unique<feed::Forwarder>(ClientNamed(name_, feed::Role::kGateway), 1,
                                                 server_options, this, Quiet());
}

// -------------------------------------------------------------------------------------------------

SimDesk::SimDesk(World* world, std::string name, std::string upstream_name,
                 std::vector<Pattern> patterns, const SimPublisher* publisher)
    : Node(world, name),
      publisher_(publisher),
      client_(ClientNamed(name, feed::Role::kSubscriber), this) {
  upstream = std::move(upstream_name);
  Want(std::move(patterns));
}

bool SimDesk::Turn(MonotonicTime now) {
  client_.Turn(now);
  return false;
}

void SimDesk::Want(std::vector<Pattern> patterns) {
  patterns_ = patterns;
  client_.SetInterest(std::move(patterns), world_->now());
}

void SimDesk::Violate(std::string what) {
  if (violations_.size() < 5) {
    violations_.push_back(name_ + " at " +
                          std::to_string(world_->now().time_since_epoch().count() / 1000) +
                          " us: " + std::move(what));
  }
}

void SimDesk::OnNewEpoch(Epoch, bool) {
  seen_.clear();
  through_ = Position{};
}

void SimDesk::OnTopic(TopicId id, std::string_view name) {
  seen_[id].symbol = name;
}

void SimDesk::OnImage(const feed::TopicImage& image) {
  Seen& seen = seen_[image.topic];
  if (seen.symbol.empty()) return Violate("an image without a name");
  seen.image = image;
}

void SimDesk::OnRecords(std::span<const wire::Record> records) {
  for (const wire::Record& record : records) {
    Seen& seen = seen_[record.tick.topic];
    const auto truth = publisher_->truth().find(seen.symbol);
    if (truth == publisher_->truth().end()) return Violate("a record of no topic");
    const uint32_t sequence = record.tick.sequence.value;
    if (sequence == 0 || sequence > truth->second.size())
      return Violate("a record never published");
    wire::Tick tick = record.tick;
    tick.topic = TopicId{};
    tick.venue = VenueId{};
    if (!(tick == truth->second[sequence - 1]))
      Violate("a record of other content: " + seen.symbol);
    if (publisher_->symbols()[record.position.value - 1] != seen.symbol) {
      Violate("a record at another position");
    }
    if (sequence != seen.image.sequence.value + 1) {
      Violate(seen.symbol + ": sequence " + std::to_string(sequence) + " after " +
              std::to_string(seen.image.sequence.value));
    }
    feed::ApplyTick(record.tick, &seen.image);
    ++seen.records;
    ++records_;
  }
}

void SimDesk::OnThrough(Position through) {
  if (through < through_) Violate("through goes back");
  through_ = through;
}

void SimDesk::OnGap(const feed::GapNotice& gap) {
  ++gaps_;
  world_->Trace(name_ + ": gap (" + std::to_string(gap.from.value) + ", " +
                std::to_string(gap.to.value) + "] of " + feed::DescribePatterns(gap.patterns) +
                ", " + feed::GapReasonName(gap.reason) + "; wants " +
                feed::DescribePatterns(patterns_) + ", has " +
                feed::DescribePatterns(client_.complete().patterns()) + " through " +
                std::to_string(client_.through().value));
  if (gap.reason == feed::GapReason::kHole) Violate("a hole that no node announced");
}

void SimDesk::OnHave(const feed::HaveNotice& have) {
  for (const Pattern& pattern : have.refused) refused_.push_back(pattern.text());
  // What is no longer wanted starts anew when it is wanted again.
  for (auto& [id, seen] : seen_) {
    if (!client_.complete().Matches(seen.symbol)) seen.image = {};
  }
}

bool SimDesk::Converged() const {
  const feed::Interest interest(patterns_);
  std::map<std::string, const Seen*> mine;
  for (const auto& [id, seen] : seen_) mine[seen.symbol] = &seen;
  for (const auto& [symbol, ticks] : publisher_->truth()) {
    if (!interest.Matches(symbol)) continue;
    const auto it = mine.find(symbol);
    if (it == mine.end()) return false;
    feed::TopicImage image = it->second->image;
    const feed::TopicImage truth = publisher_->TrueImage(symbol);
    image.topic = TopicId{};
    image.totals.topic = TopicId{};
    for (wire::Tick* tick : {&image.trade, &image.quote, &image.status}) {
      tick->topic = TopicId{};
      tick->venue = VenueId{};
    }
    if (!(image == truth)) return false;
  }
  return true;
}

bool SimDesk::SawAll(const std::string& symbol) const {
  for (const auto& [id, seen] : seen_) {
    if (seen.symbol == symbol) return seen.records == publisher_->truth().at(symbol).size();
  }
  return false;
}

}  // namespace fantail::simulation
