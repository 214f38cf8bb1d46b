// Lines over real nodes: one publisher, two gateways beside each other, and consumers with a line
// to each, over connections that can be slow, silent or broken.
#ifndef FANTAIL_TESTS_UNIT_FEED_LINES_FIXTURE_H_
#define FANTAIL_TESTS_UNIT_FEED_LINES_FIXTURE_H_

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/forwarder.h"
#include "fantail/feed/lines.h"
#include "fantail/wire/part.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {

// A connection of one client; messages keep their order and take `delay`.
struct Link final : public wire::Link {
  bool Send(const wire::Message& message) override {
    if (open && !silent) up.push_back({*now + delay, message});
    return true;
  }
  struct InFlight {
    MonotonicTime at;
    wire::Message message;
  };
  const MonotonicTime* now = nullptr;
  FeedClient* client = nullptr;
  FeedServer* server = nullptr;
  std::string address;
  Nanos delay = std::chrono::milliseconds(1);
  bool open = true;
  bool silent = false;
  std::deque<InFlight> up;
  std::deque<InFlight> down;
};

class Links final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view address, const wire::Message& message) override {
    Link* link = by_address.at(std::string(address));
    if (!link->open) return wire::SendResult::kPeerGone;
    if (!link->silent) link->down.push_back({*link->now + link->delay, message});
    return wire::SendResult::kSent;
  }
  std::map<std::string, Link*> by_address;
};

// Checks that every topic's sequences come without a hole or a repetition, but for gaps.
class Consumer final : public FeedEvents {
 public:
  void OnNewEpoch(Epoch, bool) override { images.clear(); }
  void OnTopic(TopicId id, std::string_view name) override { names[id] = name; }
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const TopicImage& image) override {
    const uint32_t last = images[image.topic].sequence.value;
    const bool promised = lines->complete().Matches(names[image.topic]);
    if (promised && last != 0 && !lost.contains(image.topic))
      ADD_FAILURE() << "an image without a gap: " << names[image.topic] << " "
                    << image.sequence.value << " after " << last;
    lost.erase(image.topic);
    images[image.topic] = image;
    ++image_count;
  }
  void OnRecords(std::span<const wire::Record> records) override {
    for (const wire::Record& r : records) {
      TopicImage& image = images[r.tick.topic];
      if (r.tick.sequence.value == 1 && lost.erase(r.tick.topic) > 0) image = TopicImage();
      if (r.tick.sequence.value != image.sequence.value + 1) {
        ADD_FAILURE() << (lines && lines->size() == 1 ? "below " : "desk ")
                      << now->time_since_epoch().count() / 1000000 << " " << names[r.tick.topic]
                      << ": " << r.tick.sequence.value << " after " << image.sequence.value;
      }
      ApplyTick(r.tick, &image);
      ++record_count;
    }
  }
  void OnThrough(Position p) override {
    if (p < through) ADD_FAILURE() << "through goes back";
    through = p;
  }
  void OnGap(const GapNotice& gap) override {
    ++gap_count;
    for (const auto& [id, image] : images) {
      for (const Pattern& pattern : gap.patterns) {
        if (pattern.Matches(names[id])) lost.insert(id);
      }
    }
  }
  void OnHave(const HaveNotice& have) override {
    ++have_count;
    if (lines == nullptr) return;
    for (const BackfillAnswer& answer : lines->backfilled()) answers.push_back(answer.request);
    (void)have;
    for (auto& [id, image] : images) {
      // Nothing is promised of it: it may go on, or begin anew.
      if (!lines->complete().Matches(names[id])) lost.insert(id);
    }
  }
  void OnRefused(const std::vector<Pattern>&, std::string_view) override { ++refused_count; }
  void OnState(const FeedState& state) override { states.push_back(state.state); }
  void OnEnd(Position) override { ended = true; }

  Lines* lines = nullptr;
  MonotonicTime* now = nullptr;
  std::map<TopicId, std::string> names;
  std::map<TopicId, TopicImage> images;
  std::set<TopicId> lost;
  std::vector<State> states;
  Position through;
  size_t record_count = 0;
  size_t image_count = 0;
  size_t gap_count = 0;
  size_t have_count = 0;
  size_t refused_count = 0;
  std::vector<Backfill> answers;  // so far
  bool ended = false;
};

// hq -> left, right -> desk (two lines), branch (a gateway with two lines) -> below.
class LinesFixture : public ::testing::Test {
 protected:
  LinesFixture() {
    hq = std::make_unique<FeedServer>(ServerOptions{.name = "hq", .node = {1}}, &links, &observer);
    hq->BeginEpoch(Epoch{7}, /*paced=*/false, /*covers_everything=*/true);
    StartGateway("left", 1);
    StartGateway("right", 1);
    desk.lines = &desk_lines;
    desk.now = below.now = &now;
    below.lines = &below_lines;
  }

  struct Upstream {
    FeedClient* client;
    std::string to;
    std::unique_ptr<Link> link;
    MonotonicTime connect_at;
    Nanos delay = std::chrono::milliseconds(1);
    bool cut = false;  // connections are silent from the start
  };

  void StartGateway(const std::string& name, size_t lines) {
    ++node_id;
    gateways[name] = std::make_unique<Forwarder>(
        ClientOptions{.name = name, .node = {node_id}, .role = Role::kGateway}, lines,
        ServerOptions{.name = name, .node = {node_id}, .role = Role::kGateway}, &links, &observer);
    if (lines == 1) {
      Add(name + ">hq", &gateways[name]->upstream().line(0), "hq");
    } else {
      Add(name + ">left", &gateways[name]->upstream().line(0), "left");
      Add(name + ">right", &gateways[name]->upstream().line(1), "right");
    }
  }
  void Add(const std::string& name, FeedClient* client, const std::string& to) {
    upstreams[name] = {.client = client, .to = to, .link = nullptr, .connect_at = now};
  }
  // What everybody below that node may see.
  void LetSee(const std::string& node, std::initializer_list<const char*> patterns) {
    Access access{.users = {}, .others = Rights{.see = testing::P(patterns)}};
    Server(node)->SetAccess(std::make_shared<const Access>(std::move(access)));
  }
  void AddDesk(std::initializer_list<const char*> patterns) {
    Add("desk>left", &desk_lines.line(0), "left");
    Add("desk>right", &desk_lines.line(1), "right");
    desk_lines.SetInterest(testing::P(patterns), now);
  }
  FeedServer* Server(const std::string& name) {
    if (name == "hq") return hq.get();
    return gateways.contains(name) ? &gateways.at(name)->server() : nullptr;
  }
  void Kill(const std::string& name) {
    for (auto it = upstreams.begin(); it != upstreams.end();) {
      if (it->first.starts_with(name + ">")) {
        Bury(it->second);
        it = upstreams.erase(it);
      } else {
        ++it;
      }
    }
    gateways.erase(name);
    for (auto& [who, up] : upstreams) {
      if (up.to == name) Break(who);
    }
  }
  // Whoever still sends there is told that nobody is left.
  void Bury(Upstream& up) {
    if (up.link == nullptr) return;
    up.link->open = false;
    graveyard.push_back(std::move(up.link));
  }
  void Break(const std::string& who) {
    Upstream& up = upstreams.at(who);
    if (up.link == nullptr) return;
    Bury(up);
    up.connect_at = now + std::chrono::milliseconds(random.Between(100, 400));
    up.client->Disconnected("gone", now);
  }
  void Connect(Upstream& up) {
    up.connect_at = now + std::chrono::milliseconds(200);
    FeedServer* server = Server(up.to);
    if (server == nullptr && !up.cut) return;
    up.link = std::make_unique<Link>();
    up.link->now = &now;
    up.link->client = up.client;
    up.link->server = server;
    up.link->address = "c" + std::to_string(++link_count);
    up.link->delay = up.delay;
    up.link->silent = up.cut;
    links.by_address[up.link->address] = up.link.get();
    up.client->Connected(up.link.get(), up.to, now);
  }

  void Publish(const std::string& symbol) { Publish(symbol, testing::Trade(0, 0, 100)); }
  // The next part of an object.
  void PublishPart(const std::string& symbol, bool first) {
    Publish(symbol, wire::TickOf({.first = first}));
  }
  void Publish(const std::string& symbol, wire::Tick tick) {
    const auto [it, fresh] = ids.try_emplace(symbol, static_cast<uint32_t>(ids.size()));
    if (fresh) hq->AddTopic(TopicId{it->second}, symbol);
    tick.topic = TopicId{it->second};
    tick.sequence = Sequence{++sequences[it->second]};
    ++head;
    const wire::Record record{head, tick};
    hq->AddRecords({&record, 1});
    ApplyTick(tick, &truth[it->second]);
  }

  // One millisecond: what has arrived is taken in, and every loop turns once.
  void Step() {
    now += std::chrono::milliseconds(1);
    for (auto& [who, up] : upstreams) {
      if (up.link == nullptr && now >= up.connect_at) Connect(up);
      if (up.link == nullptr) continue;
      Link* link = up.link.get();
      for (; !link->up.empty() && link->up.front().at <= now; link->up.pop_front()) {
        if (Server(up.to) != nullptr && Server(up.to) == link->server) {
          link->server->Receive(link->address, link->up.front().message.bytes(), now);
        }
      }
      for (; !link->down.empty() && link->down.front().at <= now; link->down.pop_front()) {
        up.client->Receive(link->down.front().message.bytes(), now);
      }
    }
    hq->Turn(now);
    for (auto& [name, gateway] : gateways) gateway->Turn(now);
    desk_lines.Turn(now);
    below_lines.Turn(now);
    for (auto& [who, up] : upstreams) {
      if (up.link == nullptr || !up.client->drop()) continue;
      const bool at_once = up.client->drop()->at_once;
      Break(who);
      if (at_once) up.connect_at = now;
    }
  }
  void Run(Nanos span, bool ticks = true) {
    for (const MonotonicTime until = now + span; now < until;) {
      if (ticks) Publish(symbols[random.Below(symbols.size())]);
      Step();
    }
  }
  void ExpectEqual(const Consumer& consumer, const Lines& lines) {
    for (const auto& [symbol, id] : ids) {
      if (!lines.complete().Matches(symbol)) continue;
      const auto it = consumer.images.find(TopicId{id});
      ASSERT_TRUE(it != consumer.images.end()) << symbol;
      EXPECT_EQ(it->second, truth[id]) << symbol;
    }
  }

  Random random{7};
  MonotonicTime now{std::chrono::seconds(100)};
  Links links;
  ServerObserver observer;
  std::unique_ptr<FeedServer> hq;
  std::map<std::string, std::unique_ptr<Forwarder>> gateways;
  Consumer desk;
  Consumer below;
  Lines desk_lines{{.name = "desk", .node = {100}}, 2, &desk};
  Lines below_lines{{.name = "below", .node = {101}}, 1, &below};
  std::map<std::string, Upstream> upstreams;
  std::vector<std::unique_ptr<Link>> graveyard;
  uint64_t node_id = 10;
  size_t link_count = 0;
  std::vector<std::string> symbols = {"AAPL", "AAP", "ABC", "AIG", "BAC", "B", "IBM", "SPY"};
  std::map<std::string, uint32_t> ids;
  std::map<uint32_t, uint32_t> sequences;
  std::map<uint32_t, TopicImage> truth;
  Position head;
};

}  // namespace fantail::feed

#endif  // FANTAIL_TESTS_UNIT_FEED_LINES_FIXTURE_H_
