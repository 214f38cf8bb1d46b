// Lines over real nodes: one publisher, two gateways beside each other, and consumers with a line
// to each, over connections that can be slow, silent or broken.
#include "fantail/feed/lines.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "fantail/base/random.h"
#include "fantail/feed/forwarder.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::milliseconds;
using std::chrono::seconds;

// A connection of one client; messages keep their order and take `delay`.
struct Link final : public ClientLink {
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
  Nanos delay = milliseconds(1);
  bool open = true;
  bool silent = false;
  std::deque<InFlight> up;
  std::deque<InFlight> down;
};

class Links final : public SessionLinks {
 public:
  SendResult Send(std::string_view address, const wire::Message& message) override {
    Link* link = by_address.at(std::string(address));
    if (!link->open) return SendResult::kPeerGone;
    if (!link->silent) link->down.push_back({*link->now + link->delay, message});
    return SendResult::kSent;
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
    (void)have;
    for (auto& [id, image] : images) {
      // Nothing is promised of it: it may go on, or begin anew.
      if (!lines->complete().Matches(names[id])) lost.insert(id);
    }
  }
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
  bool ended = false;
};

// hq -> left, right -> desk (two lines), branch (a gateway with two lines) -> below.
class LinesTest : public ::testing::Test {
 protected:
  LinesTest() {
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
    Nanos delay = milliseconds(1);
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
  void AddDesk(std::initializer_list<const char*> patterns) {
    Add("desk>left", &desk_lines.line(0), "left");
    Add("desk>right", &desk_lines.line(1), "right");
    desk_lines.SetInterest(P(patterns), now);
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
    up.connect_at = now + milliseconds(random.Between(100, 400));
    up.client->Disconnected("gone", now);
  }
  void Connect(Upstream& up) {
    up.connect_at = now + milliseconds(200);
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

  void Publish(const std::string& symbol) {
    const auto [it, fresh] = ids.try_emplace(symbol, static_cast<uint32_t>(ids.size()));
    if (fresh) hq->AddTopic(TopicId{it->second}, symbol);
    wire::Tick tick = Trade(it->second, ++sequences[it->second], 100);
    ++head;
    const wire::Record record{head, tick};
    hq->AddRecords({&record, 1});
    ApplyTick(tick, &truth[it->second]);
  }

  // One millisecond: what has arrived is taken in, and every loop turns once.
  void Step() {
    now += milliseconds(1);
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
  MonotonicTime now{seconds(100)};
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

TEST_F(LinesTest, AReplayIsOneToEverybodyBelow) {
  AddDesk({"*"});
  StartGateway("branch", 2);
  Run(seconds(1), /*ticks=*/false);
  EXPECT_FALSE(desk_lines.replay() || gateways["branch"]->upstream().replay());
  hq->set_replay(true);
  hq->BeginEpoch(Epoch{8}, /*paced=*/false, /*covers_everything=*/true);
  Run(seconds(1), /*ticks=*/false);
  EXPECT_EQ(desk_lines.epoch(), Epoch{8});
  EXPECT_TRUE(desk_lines.replay() && gateways["branch"]->upstream().replay());
}

TEST_F(LinesTest, GiveTheFirstCopyOfEveryRecordOnce) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(3));
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  EXPECT_EQ(desk.image_count + desk.gap_count, 0u);
  EXPECT_EQ(desk_lines.state().state, State::kLive);
  EXPECT_GT(desk_lines.line(0).counters().records, 2900u);
  EXPECT_GT(desk_lines.line(1).counters().records, 2900u);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, AGatewayKilledUnderLoadCostsNothingAndShowsNothing) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(2));
  for (const std::string name : {"left", "right"}) {
    desk.states.clear();
    Kill(name);
    Run(seconds(6));
    StartGateway(name, 1);
    Run(seconds(4));
    EXPECT_TRUE(desk.states.empty() ||
                desk.states == std::vector<State>(desk.states.size(), State::kLive))
        << name;
  }
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  EXPECT_EQ(desk.image_count + desk.gap_count, 0u);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, ALineThatIsAlwaysFasterJoinsAsWell) {
  AddDesk({"*"});
  upstreams.at("desk>left").delay = milliseconds(30);
  Run(seconds(5));
  // The first line was the left one; without the right one the owner would be 30 ms behind.
  EXPECT_GT(desk.through.value + 15, head.value);
  Run(seconds(2), false);
  ExpectEqual(desk, desk_lines);
  EXPECT_EQ(desk.gap_count, 0u);
}

TEST_F(LinesTest, AGapOfOneLineIsFilledByTheOther) {
  AddDesk({"*"});
  Run(seconds(1), false);
  Run(seconds(2));
  gateways.at("left")->server().AddGap({.from = {10},
                                        .to = {head.value + 5},
                                        .patterns = P({"A*"}),
                                        .reason = GapReason::kUpstream});
  Run(seconds(3));
  EXPECT_EQ(desk.gap_count, 0u);
  EXPECT_EQ(desk_lines.gaps_filled(), 1u);
  Run(seconds(2), false);
  EXPECT_EQ(desk.record_count, head.value);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, AChangeOfInterestIsPromisedOnceAndCostsWhatStaysNothing) {
  AddDesk({"AAPL"});
  upstreams.at("desk>right").delay = milliseconds(20);
  Run(seconds(2));
  for (int i = 0; i < 10; ++i) {
    desk_lines.SetInterest(P({"A*", "SPY"}), now);
    Run(milliseconds(130));
    desk_lines.SetInterest(P({"AAPL"}), now);
    Run(milliseconds(70));
  }
  Run(seconds(2));
  Run(seconds(2), false);
  EXPECT_EQ(desk.gap_count, 0u);
  ExpectEqual(desk, desk_lines);
}

TEST_F(LinesTest, OnlyTheLastLineMakesTheFeedStale) {
  AddDesk({"*"});
  Run(seconds(2));
  desk.states.clear();
  for (const char* who : {"desk>left", "desk>right"}) {
    Upstream& up = upstreams.at(who);
    up.cut = true;
    up.link->silent = true;
    Run(milliseconds(3200));
    EXPECT_EQ(desk_lines.state().state,
              std::string(who) == "desk>left" ? State::kLive : State::kStale);
  }
  upstreams.at("desk>right").cut = false;
  Run(seconds(5));
  EXPECT_EQ(desk_lines.state().state, State::kLive);
  Run(seconds(1), false);
  ExpectEqual(desk, desk_lines);
  EXPECT_EQ(desk.gap_count, 0u);
}

TEST_F(LinesTest, AGatewayWithTwoLinesPassesOnEveryRecordInOrder) {
  StartGateway("branch", 2);
  Add("below>branch", &below_lines.line(0), "branch");
  below_lines.SetInterest(P({"*"}), now);
  Run(seconds(1), false);
  Run(seconds(2));
  Kill("left");
  Run(seconds(5));
  StartGateway("left", 1);
  Run(seconds(3));
  Kill("right");
  Run(seconds(5));
  Run(seconds(2), false);
  EXPECT_EQ(below.record_count, head.value);
  EXPECT_EQ(below.gap_count + below.image_count, 0u);
  EXPECT_EQ(below_lines.counters().wrong_digests, 0u);
  ExpectEqual(below, below_lines);
}

// Random disasters: what the two consumers are given has no hole that was not announced.
class LinesDisasterTest : public LinesTest, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(LinesDisasterTest, NothingIsLostDoubledOrReorderedUnannounced) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  random = Random(GetParam());
  StartGateway("branch", 2);
  Add("below>branch", &below_lines.line(0), "branch");
  const std::vector<std::vector<Pattern>> wishes = {P({"*"}), P({"A*"}), P({"AAPL", "B*"}),
                                                    P({"SPY"}), P({"AA*", "IBM"})};
  below_lines.SetInterest(wishes[random.Below(wishes.size())], now);
  AddDesk({"A*"});
  const std::vector<std::string> clients = {"desk>left",    "desk>right",   "branch>left",
                                            "branch>right", "below>branch", "left>hq",
                                            "right>hq"};
  for (int i = 0; i < 40; ++i) {
    Run(milliseconds(random.Below(600)));
    const std::string who = clients[random.Below(clients.size())];
    const std::string node = random.OneIn(2) ? "left" : "right";
    switch (random.Below(6)) {
      case 0:
        if (upstreams.contains(who)) Break(who);
        break;
      case 1:
        if (upstreams.contains(who)) {
          upstreams.at(who).cut = !upstreams.at(who).cut;
          if (upstreams.at(who).link != nullptr) upstreams.at(who).link->silent = true;
        }
        break;
      case 2:
        if (gateways.contains(node)) {
          Kill(node);
        } else {
          StartGateway(node, 1);
        }
        break;
      case 3:
        if (upstreams.contains(who)) upstreams.at(who).delay = milliseconds(random.Between(1, 80));
        break;
      case 4:
        desk_lines.SetInterest(wishes[random.Below(wishes.size())], now);
        break;
      default:
        below_lines.SetInterest(wishes[random.Below(wishes.size())], now);
    }
  }
  for (const std::string name : {"left", "right"}) {
    if (!gateways.contains(name)) StartGateway(name, 1);
  }
  for (auto& [who, up] : upstreams) up.cut = false;
  Run(seconds(12));
  Run(seconds(2), false);
  EXPECT_EQ(desk_lines.state().state, State::kLive) << desk_lines.state().cause;
  EXPECT_EQ(below_lines.state().state, State::kLive) << below_lines.state().cause;
  ExpectEqual(desk, desk_lines);
  ExpectEqual(below, below_lines);
  EXPECT_EQ(desk_lines.counters().wrong_digests + below_lines.counters().wrong_digests, 0u);
  EXPECT_EQ(desk_lines.counters().holes + below_lines.counters().holes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LinesDisasterTest, ::testing::Range<uint64_t>(1, 61));

}  // namespace
}  // namespace fantail::feed
