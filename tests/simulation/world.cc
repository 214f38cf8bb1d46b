#include "tests/simulation/world.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "tests/simulation/message_log.h"

namespace fantail::simulation {

using std::chrono::milliseconds;

namespace {

// Judging what no longer happens needs no more: FeedClient asks for 100 ms.
constexpr Nanos kTurnAtLeastEvery = milliseconds(40);
// A blocked peer is offered its message again.
constexpr Nanos kTryAgain = milliseconds(5);
// Why a client gives up what no node should have sent.
constexpr const char* kNonsense[] = {"a bad message", "a message", "a tick without a name",
                                     "an image without a name", "two names"};
// Enough to say what is wrong.
constexpr size_t kMostViolations = 10;
constexpr std::string_view kScheme = "sim://";

}  // namespace

// -------------------------------------------------------------------------------------------------

wire::SendResult Node::Send(std::string_view address, const wire::Message& message) {
  const wire::SendResult result = world_->Transmit(address, message);
  if (result == wire::SendResult::kWouldBlock) world_->ScheduleTurn(this, kTryAgain);
  return result;
}

bool Node::Send(const wire::Message& message) {
  return link != nullptr && world_->TransmitUp(link, message);
}

std::pair<Epoch, Position> Node::HeadAt(MonotonicTime time) const {
  const auto it = std::partition_point(heads_.begin(), heads_.end(),
                                       [&](const Head& head) { return head.time <= time; });
  if (it == heads_.begin()) return {};
  return {std::prev(it)->epoch, std::prev(it)->head};
}

SimLine::SimLine(World* world, Node* owner, size_t index, std::string upstream_name,
                 std::function<feed::Lines*()> lines)
    : Node(world, owner->name() + "+" + std::to_string(index)),
      owner_(owner),
      index_(index),
      lines_(std::move(lines)) {
  upstream = std::move(upstream_name);
  owner->more_lines.push_back(this);
}

const std::string& UserOf(const Node& client) {
  const auto* line = dynamic_cast<const SimLine*>(&client);
  return line != nullptr ? line->owner()->name() : client.name();
}

bool SimLine::Turn(MonotonicTime) {
  world_->ScheduleTurn(owner_, Nanos{0});
  return false;
}

// -------------------------------------------------------------------------------------------------
// Time.

void World::At(Nanos after, std::function<void()> action) {
  actions_.push_back(std::move(action));
  Push(now_ + after, Kind::kAction, reinterpret_cast<void*>(actions_.size() - 1));
}

void World::Run(Nanos span) {
  const MonotonicTime until = now_ + span;
  while (!events_.empty() && events_.top().time <= until) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.time;
    ++events_run_;
    Run(event);
  }
  now_ = until;
}

void World::Run(const Event& event) {
  switch (event.kind) {
    case Kind::kAction:
      // A copy: it may add others.
      std::function<void()>(std::move(actions_[reinterpret_cast<size_t>(event.target)]))();
      break;
    case Kind::kTurn: {
      Node* node = static_cast<Node*>(event.target);
      if (node->turn_at_ != event.time) return;
      node->turn_at_ = MonotonicTime::max();
      TurnOf(node);
      break;
    }
    case Kind::kDown:
    case Kind::kUp:
      Deliver(static_cast<Connection*>(event.target), event.kind == Kind::kDown);
      break;
  }
}

void World::ScheduleTurn(Node* node, Nanos after) {
  const MonotonicTime at = now_ + after;
  if (at >= node->turn_at_) return;
  node->turn_at_ = at;
  Push(at, Kind::kTurn, node);
}

void World::TurnOf(Node* node) {
  if (!node->alive || node->stopped) return;
  const bool more = node->Turn(now_);
  if (node->server() != nullptr) NoteHead(node);
  if (feed::FeedClient* client = node->client()) {
    if (node->IsLive()) node->live_at = now_;
    if (node->link != nullptr && client->drop()) {
      const auto drop = *client->drop();
      for (const char* nonsense : kNonsense) {
        if (drop.reason.starts_with(nonsense)) Violate(node->name() + " gives up: " + drop.reason);
      }
      CloseLink(node->link, drop.reason, /*tell_server=*/true);
      node->connect_at = drop.at_once ? now_ : now_ + std::max<Nanos>(drop.retry_after, Jitter());
    }
    if (node->link == nullptr && now_ >= node->connect_at) Connect(node);
    if (const auto to = client->TakeMove()) Move(node, to->substr(kScheme.size()));
  }
  ScheduleTurn(node, more ? Nanos{1000} : kTurnAtLeastEvery);
}

void World::NoteHead(Node* node) {
  const feed::EpochState* state = node->server()->state();
  if (state == nullptr) return;
  auto& heads = node->heads_;
  if (!heads.empty() && heads.back().epoch == state->epoch() && heads.back().head == state->head())
    return;
  heads.push_back({now_, state->epoch(), state->head()});
}

// -------------------------------------------------------------------------------------------------
// Connections.

void World::Connect(Node* node) {
  node->connect_at = now_ + Jitter();
  if (node->upstream != node->home) node->moved_at = now_;
  node->upstream = node->home;
  const auto found = nodes_.find(node->upstream);
  Node* above = found != nodes_.end() ? found->second.get() : nullptr;
  const bool stuck = node->line.up_stuck || node->line.down_stuck;
  if (above == nullptr || (!above->alive && !stuck)) return;  // refused
  OpenTo(node, above);
  node->client()->Connected(node, std::string(kScheme) + node->upstream, now_);
}

Connection* World::OpenTo(Node* node, Node* above) {
  auto connection = std::make_unique<Connection>();
  Connection* c = connection.get();
  connections_.push_back(std::move(connection));
  char address[16];
  std::snprintf(address, sizeof(address), "c%06zu", connections_.size());
  c->address = address;
  c->client = node;
  c->server = above;
  c->server_open = above->alive;
  node->link = c;
  if (tracing) Trace(node->name() + " connects to " + above->name() + " as " + c->address);
  return c;
}

void World::Move(Node* node, const std::string& to) {
  Node* above = Find(to);
  const bool stuck = node->line.up_stuck || node->line.down_stuck;
  Connection* before = node->link;
  if (before == nullptr || !above->alive || above->stopped || stuck) return;
  node->client()->Close();
  OpenTo(node, above);
  node->upstream = to;
  node->moved_at = now_;
  node->client()->Moved(node, std::string(kScheme) + to, now_);
  CloseLink(before, "moved", /*tell_server=*/true);
}

void World::CloseLink(Connection* c, std::string_view why, bool tell_server) {
  if (!c->client_open) return;
  c->client_open = false;
  c->down.items.clear();
  if (tell_server) {
    SayEnd(c, /*down=*/false);
  } else {
    c->up.dead = true;
  }
  Node* client = c->client;
  if (client->link != c) return;
  client->link = nullptr;
  client->connect_at = std::max(client->connect_at, now_ + Jitter());
  if (tracing) Trace(client->name() + " is disconnected: " + std::string(why));
  if (client->alive) client->client()->Disconnected(why, now_);
}

wire::SendResult World::Transmit(std::string_view address, const wire::Message& message) {
  size_t number = 0;
  std::from_chars(address.data() + 1, address.data() + address.size(), number);
  Connection* c = connections_.at(number - 1).get();
  if (c->server_told) return wire::SendResult::kPeerGone;
  if (!Put(c, /*down=*/true, message)) return wire::SendResult::kWouldBlock;
  c->client->bytes_down += message.size();
  return wire::SendResult::kSent;
}

bool World::TransmitUp(Connection* c, const wire::Message& message) {
  return !c->server_open || Put(c, /*down=*/false, message);
}

bool World::Put(Connection* c, bool down, const wire::Message& message) {
  Pipe& pipe = down ? c->down : c->up;
  if (pipe.items.size() >= (down ? c->server->capacity : kHighWaterMark)) return false;
  if (pipe.dead) return true;
  if (down && on_sent) on_sent(*c, message);
  const Line& line = c->client->line;
  pipe.items.push_back({message, now_ + std::max(line.delay, delay)});
  Kick(c, down);
  return true;
}

void World::SayEnd(Connection* c, bool down) {
  Pipe& pipe = down ? c->down : c->up;
  if (pipe.dead) return;
  pipe.items.push_back({wire::Message(), now_ + c->client->line.delay});
  pipe.dead = true;
  Kick(c, down);
}

void World::Truncate(Pipe* pipe) {
  const size_t keep = random_.Below(pipe->items.size() + 1);
  pipe->items.resize(keep);
}

void World::Kick(Connection* c, bool down) {
  Pipe& pipe = down ? c->down : c->up;
  const Line& line = c->client->line;
  if (pipe.waking || pipe.items.empty() || (down ? line.down_stuck : line.up_stuck)) return;
  const Pipe::Item& first = pipe.items.front();
  MonotonicTime at = std::max(first.ready, now_);
  if (line.bytes_per_second != 0) {
    at = std::max(at, now_ + Nanos(static_cast<int64_t>(first.message.size() * 1'000'000'000 /
                                                        line.bytes_per_second)));
  }
  pipe.waking = true;
  Push(at, down ? Kind::kDown : Kind::kUp, c);
}

void World::Deliver(Connection* c, bool down) {
  Pipe& pipe = down ? c->down : c->up;
  const Line& line = c->client->line;
  pipe.waking = false;
  if (pipe.items.empty() || (down ? line.down_stuck : line.up_stuck)) return;
  Node* to = down ? c->client : c->server;
  if (to->stopped || (down && to->deaf)) return;  // Continue and SetDeaf kick it again
  const Pipe::Item item = std::move(pipe.items.front());
  pipe.items.pop_front();
  if (down && c->client_open && to->alive) {
    if (item.message.empty()) {
      CloseLink(c, "the connection was lost", /*tell_server=*/true);
    } else {
      if (tracing) TraceMessage(*c, down, item.message);
      if (on_down) on_down(*c, item.message);
      to->client()->Receive(item.message.bytes(), now_);
    }
    ScheduleTurn(to, Nanos{0});
  } else if (!down && c->server_open) {
    if (item.message.empty()) {
      c->server_told = true;
    } else {
      if (tracing) TraceMessage(*c, down, item.message);
      if (on_up) on_up(*c, item.message);
      to->server()->Receive(c->address, item.message.bytes(), now_,
                            rights ? UserOf(*c->client) : std::string());
    }
    ScheduleTurn(to, Nanos{0});
  }
  Kick(c, down);
}

void World::KickAll(Node* node) {
  for (const auto& c : connections_) {
    if (c->client == node) Kick(c.get(), true), Kick(c.get(), false);
    if (c->server == node) Kick(c.get(), false);
  }
}

// -------------------------------------------------------------------------------------------------
// Faults.

void World::Kill(const std::string& name, bool tell_peers) {
  Node* node = Find(name);
  for (Node* more : node->more_lines) Kill(more->name(), tell_peers);
  node->alive = false;
  node->stopped = node->deaf = false;
  if (Connection* c = std::exchange(node->link, nullptr)) {
    c->client_open = false;
    c->down.items.clear();
    Truncate(&c->up);
    if (tell_peers) SayEnd(c, /*down=*/false);
    c->up.dead = true;
  }
  for (const auto& c : connections_) {
    if (c->server != node || !c->server_open) continue;
    c->server_open = false;
    c->up.items.clear();
    Truncate(&c->down);
    if (tell_peers) SayEnd(c.get(), /*down=*/true);
    // Without an end, the pipe stays silent until a restart says it.
  }
}

void World::Restart(const std::string& name) {
  Node* node = Find(name);
  node->alive = true;
  node->connect_at = now_;
  node->heads_.clear();
  // Whoever still holds a connection to the process before is told when it next sends.
  for (const auto& c : connections_) {
    if (c->server == node && c->client_open && !c->server_open) SayEnd(c.get(), /*down=*/true);
  }
  node->Start(now_);
  ScheduleTurn(node, Nanos{0});
  for (Node* more : node->more_lines) Restart(more->name());
}

void World::Stop(const std::string& name) {
  Node* node = Find(name);
  node->stopped = true;
  for (Node* more : node->more_lines) more->stopped = true;
}

void World::Continue(const std::string& name) {
  Node* node = Find(name);
  if (!node->stopped) return;
  node->stopped = false;
  KickAll(node);
  ScheduleTurn(node, Nanos{0});
  for (Node* more : node->more_lines) Continue(more->name());
}

void World::SetLine(const std::string& client, const Line& line) {
  Node* node = Find(client);
  node->line = line;
  KickAll(node);
}

void World::SetDeaf(const std::string& client, bool deaf) {
  Node* node = Find(client);
  node->deaf = deaf;
  KickAll(node);
}

void World::CutLink(const std::string& client) {
  Connection* c = Find(client)->link;
  if (c == nullptr) return;
  c->up.items.clear();
  c->down.items.clear();
  c->up.dead = c->down.dead = true;
}

void World::BreakLink(const std::string& client, bool tell_server) {
  Connection* c = Find(client)->link;
  if (c == nullptr) return;
  Truncate(&c->up);
  CloseLink(c, "the connection was lost", tell_server);
}

void World::LoseAbove(const std::string& client) {
  Connection* c = Find(client)->link;
  if (c == nullptr) return;
  c->server_told = true;
  c->up.items.clear();
  c->up.dead = true;
}

void World::Redirect(const std::string& client, const std::string& to) {
  BreakLink(client);
  Find(client)->home = to;
}

void World::AskToMove(const std::string& name, const std::string& to) {
  Node* node = Find(name);
  if (node->alive && !node->stopped) node->server()->Move(std::string(kScheme) + to);
}

void World::Isolate(const std::string& client) {
  Line line = Find(client)->line;
  line.down_stuck = line.up_stuck = true;
  SetLine(client, line);
}

void World::Heal(const std::string& client) {
  Line line = Find(client)->line;
  line.down_stuck = line.up_stuck = false;
  line.bytes_per_second = 0;
  SetLine(client, line);
}

// -------------------------------------------------------------------------------------------------

void World::Violate(std::string what) {
  if (violations_.size() >= kMostViolations) return;
  Trace("VIOLATION: " + what);
  char time[32];
  std::snprintf(time, sizeof(time),
                "%.6f s: ", static_cast<double>(now_.time_since_epoch().count()) * 1e-9);
  violations_.push_back(time + std::move(what));
}

void World::TraceMessage(const Connection& c, bool down, const wire::Message& message) const {
  const std::string text = DescribeMessage(message.bytes());
  if (text.empty()) return;
  const Node& to = down ? *c.client : *c.server;
  const Node& from = down ? *c.server : *c.client;
  Trace(to.name() + " <- " + from.name() + ": " + text);
}

void World::Trace(const std::string& line) const {
  if (!tracing) return;
  std::fprintf(stderr, "%.6f s %s\n", static_cast<double>(now_.time_since_epoch().count()) * 1e-9,
               line.c_str());
}

}  // namespace fantail::simulation
