// A FeedClient with a scripted node above it, and one line of text for each of its events.
#ifndef FANTAIL_TESTS_UNIT_FEED_CLIENT_FIXTURE_H_
#define FANTAIL_TESTS_UNIT_FEED_CLIENT_FIXTURE_H_

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "fantail/feed/feed_client.h"
#include "fantail/wire/encode.h"
#include "tests/unit/feed/inbox.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {

inline constexpr Epoch kEpoch{uint64_t{1000} << 32};

class FakeLink final : public wire::Link {
 public:
  bool Send(const wire::Message& message) override {
    if (!full) inbox.Add(message);
    return !full;
  }
  testing::Inbox inbox;
  bool full = false;
};

// One line for each event.
class Events final : public FeedEvents {
 public:
  void OnNewEpoch(Epoch, bool paced) override { Say(paced ? "epoch, paced" : "epoch"); }
  void OnTopic(TopicId id, std::string_view name) override {
    Say("topic " + std::to_string(id.value) + " " + std::string(name));
  }
  void OnVenue(VenueId, std::string_view name) override { Say("venue " + std::string(name)); }
  void OnImage(const TopicImage& image) override { Say("image at " + Number(image.sequence)); }
  void OnRecords(std::span<const wire::Record> records) override { Say("records", records); }
  void OnBackfill(std::span<const wire::Record> records) override { Say("backfill", records); }
  void OnThrough(Position through) override { Say("through " + Number(through)); }
  void OnGap(const GapNotice& gap) override {
    Say("gap " + Number(gap.from) + "-" + Number(gap.to) + " " + DescribePatterns(gap.patterns) +
        ": " + GapReasonName(gap.reason));
  }
  void OnHave(const HaveNotice& have) override {
    Say("have " + std::to_string(have.version) + " refused " + DescribePatterns(have.refused));
  }
  void OnState(const FeedState&) override {}
  void OnEnd(Position at) override { Say("end " + Number(at)); }

  std::vector<std::string> Take() { return std::exchange(said_, {}); }

 private:
  template <class N>
  static std::string Number(N n) {
    return std::to_string(n.value);
  }
  void Say(std::string line) { said_.push_back(std::move(line)); }
  void Say(std::string line, std::span<const wire::Record> records) {
    for (const wire::Record& r : records) line += " " + Number(r.tick.sequence);
    Say(std::move(line));
  }

  std::vector<std::string> said_;
};

class ClientFixture : public ::testing::Test {
 protected:
  template <class M>
  void Gets(const M& message) {
    client.Receive(wire::Encode(message).bytes(), now);
  }
  void Connect() { client.Connected(&link, "tcp://10.0.0.1:5555", now); }
  void Welcome(Epoch epoch = kEpoch, uint32_t window_messages = 1024) {
    Gets(wire::Welcome{.feed = "ticks",
                       .name = "branch",
                       .node = {9},
                       .epoch = epoch,
                       .window_bytes = 1 << 20,
                       .window_messages = window_messages});
  }
  void Pong(State state = State::kLive, Role role = Role::kPublisher) {
    Gets(wire::Pong{.nonce = link.inbox.Last<wire::Ping>().nonce,
                    .hops = {{.node = {9},
                              .name = "branch",
                              .role = static_cast<uint8_t>(role),
                              .state = static_cast<uint8_t>(state)}},
                    .state = static_cast<uint8_t>(state)});
  }
  void Have(Position at = {}) {
    Gets(wire::Have{.version = link.inbox.Last<wire::Want>().version, .at = at});
  }
  void Name(uint32_t id, std::string_view name) {
    TextOf(name);
    const std::array<TopicId, 1> ids = {TopicId{id}};
    Gets(wire::Names{.topics = ids, .topic_texts = texts.list()});
  }
  void Batch(Position after, Position through, std::vector<wire::Record> records,
             wire::Replay replay = wire::Replay::kLive) {
    client.Receive(wire::EncodeBatch(after, through, records, replay).bytes(), now);
  }
  void Image(uint32_t id, uint32_t sequence, Position at) {
    const std::array<wire::TopicHead, 1> heads = {wire::TopicHead{{id}, {sequence}}};
    Gets(wire::Image{.at = at, .heads = heads});
  }
  wire::TextList TextOf(std::string_view text) {
    texts.Clear();
    texts.Add(text);
    return texts.list();
  }
  // Live on `A*`, with nothing known yet.
  void GoLive() {
    client.SetInterest(testing::P({"A*"}), now);
    Connect();
    Welcome();
    Have();
    Pong();
    events.Take();
  }
  void Reconnect() {
    client.Disconnected("gone", now);
    link.inbox.Clear();
    Connect();
  }
  std::string Dropped() const { return client.drop() ? client.drop()->reason : "not dropped"; }

  FakeLink link;
  Events events;
  FeedClient client{{.name = "desk", .node = {5}}, &events};
  MonotonicTime now{std::chrono::seconds(100)};
  wire::TextListBuilder texts;
};

}  // namespace fantail::feed

#endif  // FANTAIL_TESTS_UNIT_FEED_CLIENT_FIXTURE_H_
