#include "tests/simulation/nodes.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace fantail::simulation {

using std::chrono::milliseconds;

namespace {

// Often enough to catch a bound that is broken for a moment, seldom enough to cost little.
constexpr Nanos kCheckEvery = milliseconds(100);
// Own messages of a session: a turn of its splice, a have, a proof; beyond that, a name each.
constexpr size_t kMostOwnMessages = 32;
// No tree of any world is deeper: what is, runs in a circle, of which nobody is live for long.
constexpr int kDeepest = 24;

size_t BytesOf(const std::deque<wire::Message>& messages) {
  size_t bytes = 0;
  for (const wire::Message& message : messages) bytes += message.size();
  return bytes;
}

feed::ServerObserver* Quiet() {
  static feed::ServerObserver observer;
  return &observer;
}

}  // namespace

NodeId IdOf(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return NodeId{hash | 1};
}

std::string WhatIsWrong(const feed::ClientCounters& counters) {
  if (counters.wrong_digests > 0) return "a proof of completeness failed";
  if (counters.holes > 0) return "a sequence was missing";
  if (counters.lost_messages > 0) return "a message was missing, and pipes lose none";
  if (counters.bad_messages > 0) return "a message made no sense";
  return "";
}

std::string NotLiveAbove(World* world, const Node& node, Nanos bound) {
  const auto over = [&](const Node& line) -> std::string {
    if (line.upstream.empty() || bound > kDeepest * kPathBound) return "";
    // What proves it to be live may be of the node that it was moved away from.
    if (world->now() - line.moved_at <= bound) return "";
    const Node* above = world->Find(line.upstream);
    if (world->now() - above->live_at > bound) return above->name();
    return NotLiveAbove(world, *above, bound + kPathBound);
  };
  std::string wrong = over(node);
  // One whole path is enough.
  for (const Node* line : node.more_lines) {
    if (!wrong.empty() && over(*line).empty()) wrong.clear();
  }
  return wrong;
}

bool MovedLately(const Node& node, MonotonicTime now) {
  const auto moved = [&](const Node& line) { return now - line.moved_at <= kPathBound; };
  return moved(node) || std::any_of(node.more_lines.begin(), node.more_lines.end(),
                                    [&](const Node* line) { return moved(*line); });
}

std::pair<Epoch, Position> HeadAbove(World* world, const Node& node, MonotonicTime time) {
  auto head = world->Find(node.upstream)->HeadAt(time);
  for (const Node* line : node.more_lines) {
    head = std::min(head, world->Find(line->upstream)->HeadAt(time));
  }
  return head;
}

// -------------------------------------------------------------------------------------------------

void ServerChecks::Check(World* world, const Node& node, const feed::FeedServer& server,
                         const feed::ServerOptions& options) {
  const uint64_t before = std::exchange(records_, server.counters().records);
  const uint64_t taken = records_ >= before ? records_ - before : records_;  // after a restart
  most_bytes_a_turn_ = std::max(most_bytes_a_turn_, taken * sizeof(wire::Record));
  if (world->now() - checked_at_ < kCheckEvery) return;
  checked_at_ = world->now();
  const auto violate = [&](const std::string& what) { world->Violate(node.name() + ": " + what); };
  if (server.counters().bad_messages > 0) violate("it was sent a message that makes no sense");
  const size_t topics = server.state() == nullptr ? 0 : server.state()->topics().size();
  // What one turn adds comes on top, and a member in the newer half of that stays.
  const bool paced = server.state() != nullptr && server.state()->paced();
  const size_t most_log = paced ? std::numeric_limits<size_t>::max()
                                : options.max_backlog_bytes + 2 * most_bytes_a_turn_ + 64 * 1024;
  server.ForEachSession([&](const feed::Session& session) {
    if (session.sent_bytes - session.acked_bytes > options.window_bytes ||
        session.sent_messages - session.acked_messages > options.window_messages) {
      violate("more than a window is on its way to " + session.name);
    }
    // Before a new epoch's welcome it holds what was left in the log of the epoch before.
    const bool too_long = session.new_epoch_since
                              ? BytesOf(session.outbox) > most_log
                              : session.outbox.size() > kMostOwnMessages + topics;
    if (too_long) violate("the outbox of " + session.name + " grows");
    if (world->now() - session.last_heard > options.silent_after + milliseconds(100)) {
      violate("it keeps the session of " + session.name + ", which has long been silent");
    }
  });
  if (server.state() == nullptr) return;
  const size_t least = size_t{3} * 1024 * sizeof(wire::Record);
  if (server.state()->ring().size_bytes() > std::max(options.ring_bytes, least)) {
    violate("its ring is larger than it may be");
  }
  for (const auto& [key, group] : server.state()->groups()) {
    if (group->log_bytes() > most_log) {
      violate("the log of a group holds " + std::to_string(group->log_bytes()) + " bytes");
    }
  }
}

// -------------------------------------------------------------------------------------------------

SimPublisher::SimPublisher(World* world, std::string name, bool paced, feed::ServerOptions options,
                           uint64_t epochs)
    : Node(world, std::move(name)),
      paced_(paced),
      options_(std::move(options)),
      epoch_number_(epochs) {
  options_.name = name_;
  options_.node = IdOf(name_);
  options_.role = feed::Role::kPublisher;
}

void SimPublisher::Start(MonotonicTime) {
  ++epoch_number_;
  ended_ = false;
  truths_[epoch()] = std::make_unique<Truth>(epoch());
  server_ = std::make_unique<feed::FeedServer>(options_, this, Quiet());
  sink_ = std::make_unique<feed::ServerSink>(server_.get());
  sequencer_ = std::make_unique<source::Sequencer>(sink_.get());
  if (world_->rights) server_->SetAccess(world_->rights(name_));
  server_->BeginEpoch(epoch(), paced_, /*covers_everything=*/true);
}

bool SimPublisher::Turn(MonotonicTime now) {
  live_at = now;
  sequencer_->Flush();
  const bool more = server_->Turn(now);
  checks_.Check(world_, *this, *server_, options_);
  return more;
}

void SimPublisher::Publish(const std::string& symbol) {
  Random& random = world_->random();
  text::Row row{.symbol = symbol, .venue = random.OneIn(2) ? "XNYS" : "", .tick = {}};
  row.tick.kind = random.OneIn(3) ? wire::TickKind::kTrade : wire::TickKind::kQuote;
  if (random.OneIn(40)) row.tick.kind = wire::TickKind::kStatus;
  row.tick.time_ns = static_cast<int64_t>(truth().head().value);
  row.tick.price = random.Between(100, 10000);
  row.tick.size = random.Below(1000) + 1;
  row.tick.price_exponent = -2;
  std::string payload;
  if (world_->IsObject(symbol)) {
    const auto sequence = static_cast<uint32_t>(Published(symbol) + 1);
    const wire::Part part{.offset = sequence,
                          .first = world_->DrawEdgeOfObject(),
                          .last = world_->DrawEdgeOfObject(),
                          .checksum = 7};
    const int64_t time = row.tick.time_ns;
    row.tick = wire::TickOf(part);
    row.tick.time_ns = time;
    payload = PayloadOf(symbol, sequence);
    row.payload = std::as_bytes(std::span(payload));
  }
  sequencer_->Add(row);
  truths_.at(epoch())->Add(symbol, row.venue.empty() ? "" : "XNYS", row.tick);
  world_->ScheduleTurn(this, Nanos{0});
}

void SimPublisher::End() {
  sequencer_->Flush();
  server_->End(sequencer_->head());
  ended_ = true;
}

size_t SimPublisher::Published(const std::string& symbol) const {
  const uint32_t index = truth().Find(symbol);
  return index == Truth::kNone ? 0 : truth().topics()[index].ticks.size();
}

// -------------------------------------------------------------------------------------------------

SimGateway::SimGateway(World* world, std::string name, std::string upstream_name,
                       std::vector<Pattern> allow, const SimPublisher* publisher,
                       feed::ServerOptions options, size_t lines)
    : Node(world, std::move(name)),
      server_options(std::move(options)),
      publisher_(publisher),
      lines_(lines) {
  upstream = std::move(upstream_name);
  server_options.name = name_;
  server_options.node = IdOf(name_);
  server_options.role = feed::Role::kGateway;
  server_options.allow = std::move(allow);
}

void SimGateway::Start(MonotonicTime) {
  epoch_ = Epoch{};
  forwarder_ =
      std::make_unique<feed::Forwarder>(feed::ClientOptions{.name = name_,
                                                            .node = IdOf(name_),
                                                            .role = feed::Role::kGateway,
                                                            .encoding = world_->DrawEncoding()},
                                        lines_, server_options, this, Quiet());
  if (world_->rights) server()->SetAccess(world_->rights(name_));
}

bool SimGateway::Turn(MonotonicTime now) {
  const bool more = forwarder_->Turn(now);
  checks_.Check(world_, *this, forwarder_->server(), server_options);
  if (const feed::EpochState* state = server()->state()) {
    if (state->epoch() < epoch_) world_->Violate(name_ + " goes back to an older epoch");
    epoch_ = state->epoch();
  }
  if (now - checked_at_ < kCheckEvery) return more;
  checked_at_ = now;
  CheckClient();
  if (publisher_ != nullptr) CheckFresh(now);
  if (publisher_ != nullptr) MendHoles();
  return more;
}

// As from a history: two holes of three, or what there is of them.
void SimGateway::MendHoles() {
  const feed::EpochState* state = server()->state();
  if (state == nullptr || !publisher_->alive || publisher_->epoch() != state->epoch()) return;
  const feed::EpochState& above = *publisher_->state();
  const Truth& truth = publisher_->truth();
  for (const feed::Hole* hole = server()->NextHole(0); hole != nullptr;) {
    const uint64_t number = hole->number;
    if (number % 3 != 0) {
      const feed::Interest wanted(hole->patterns);
      const Position from{number % 2 == 0 ? (hole->after.value + hole->through.value) / 2 : 0};
      const uint64_t to = std::min(hole->through, truth.head()).value;
      for (uint64_t at = std::max(hole->after, from).value; at < to; ++at) {
        const auto [topic, sequence] = truth.records()[at];
        const TruthTopic& published = truth.topics()[topic];
        if (!wanted.Matches(published.name)) continue;
        wire::Record record{.position = {at + 1}, .tick = published.ticks[sequence - 1]};
        record.tick.topic = above.topics().by_name().find(published.name)->second;
        const std::string_view venue = published.venues[sequence - 1];
        size_t place = 0;
        for (const std::string_view text : above.venue_texts()) {
          if (text == venue) record.tick.venue = above.venue_ids()[place];
          ++place;
        }
        server()->AddTopic(record.tick.topic, published.name);
        if (!venue.empty()) server()->AddVenue(record.tick.venue, venue);
        const std::string payload = PayloadOf(published.name, sequence);
        if (world_->IsObject(published.name)) {
          server()->AddPayload(record.position, std::as_bytes(std::span(payload)));
        }
        server()->AddBackfill({&record, 1});
      }
      server()->Mend(number, from);
    }
    hole = server()->NextHole(number);
  }
}

void SimGateway::CheckClient() {
  const std::string wrong = WhatIsWrong(forwarder_->upstream().counters());
  if (!wrong.empty()) world_->Violate(name_ + ", facing " + upstream + ": " + wrong);
  if (!IsLive()) return;
  const std::string above = NotLiveAbove(world_, *this);
  if (!above.empty()) world_->Violate(name_ + " says it is live, and " + above + " is not");
}

// If it is live, its image holds all that the node above had a while ago.
void SimGateway::CheckFresh(MonotonicTime now) {
  if (!IsLive() || MovedLately(*this, now)) return;
  const auto [epoch, head] = HeadAbove(world_, *this, now - kLinkBound);
  const feed::Lines& lines = forwarder_->upstream();
  if (epoch > lines.epoch()) return world_->Violate(name_ + " is live in an old epoch");
  const Truth* truth = publisher_->TruthOf(epoch);
  if (truth == nullptr || epoch != lines.epoch() || head <= lines.through()) return;
  const feed::EpochState& state = *server()->state();
  for (const TruthTopic& topic : truth->topics()) {
    const uint32_t sequence = topic.SequenceAt(head);
    if (sequence == 0 || !lines.complete().Matches(topic.name)) continue;
    const auto known = state.topics().by_name().find(topic.name);
    if (known == state.topics().by_name().end() ||
        state.image().LastSequence(known->second).value < sequence) {
      world_->Violate(name_ + " is live, and lacks " + topic.name + " " + std::to_string(sequence) +
                      " after " + std::to_string(kLinkBound.count() / 1'000'000) + " ms");
    }
  }
}

}  // namespace fantail::simulation
