// A real node and real clients with nothing but pipes between them, for tests of what is encoded
// for a session or for many.
#ifndef FANTAIL_TESTS_UNIT_FEED_PACKED_LAB_H_
#define FANTAIL_TESTS_UNIT_FEED_PACKED_LAB_H_

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/feed_client.h"
#include "fantail/feed/feed_server.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::testing {

class Desk final : public feed::FeedEvents, public wire::Link {
 public:
  explicit Desk(wire::Encoding encoding)
      : client({.name = wire::EncodingName(encoding), .node = {5}, .encoding = encoding}, this) {}

  bool Send(const wire::Message& message) override {
    up.push_back(message);
    return true;
  }
  void OnNewEpoch(Epoch, bool) override { sequences.clear(); }
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage& image) override {
    sequences[image.topic] = image.sequence;
    ++images;
  }
  void OnRecords(std::span<const wire::Record> more) override {
    for (const wire::Record& r : more) {
      EXPECT_EQ(r.tick.sequence, sequences[r.tick.topic] + 1);
      sequences[r.tick.topic] = r.tick.sequence;
      records.push_back(r);
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override { ++gaps; }
  void OnHave(const feed::HaveNotice&) override {}
  void OnState(const feed::FeedState&) override {}
  void OnEnd(Position) override {}

  feed::FeedClient client;
  std::deque<wire::Message> up;
  std::deque<wire::Message> down;
  std::map<TopicId, Sequence> sequences;
  std::vector<wire::Record> records;
  size_t images = 0;
  size_t gaps = 0;
  uint64_t bytes_down = 0;
  size_t largest_down = 0;
  size_t room = SIZE_MAX;  // of the socket, in messages
};

class PackedLab : public ::testing::Test, public wire::Links {
 protected:
  wire::SendResult Send(std::string_view address, const wire::Message& message) override {
    const auto it = desks.find(std::string(address));
    if (it == desks.end()) return wire::SendResult::kPeerGone;
    Desk& desk = *it->second;
    if (desk.down.size() >= desk.room) return wire::SendResult::kWouldBlock;
    desk.down.push_back(message);
    desk.bytes_down += message.size();
    desk.largest_down = std::max(desk.largest_down, message.size());
    return wire::SendResult::kSent;
  }

  void Start(bool paced = false) {
    options.name = "hq";
    options.node = {1};
    options.first_window_bytes = options.window_bytes;
    server = std::make_unique<feed::FeedServer>(options, this, &observer);
    server->Turn(now);
    server->BeginEpoch(Epoch{++epoch << 32}, paced, /*covers_everything=*/true);
  }
  Desk& Connect(const std::string& address, wire::Encoding encoding = wire::Encoding::kPacked) {
    desks[address] = std::make_unique<Desk>(encoding);
    Desk& desk = *desks[address];
    desk.client.SetInterest(P({"*"}), now);
    desk.client.Connected(&desk, "hq", now);
    Run();
    return desk;
  }
  // The connection breaks, and a new one takes its place, under another address.
  void Reconnect(const std::string& from, const std::string& to) {
    auto desk = std::move(desks.at(from));
    desks.erase(from);
    desk->down.clear();
    desk->up.clear();
    desk->client.Disconnected("cut", now);
    Desk& again = *(desks[to] = std::move(desk));
    again.client.Connected(&again, "hq", now);
    Run();
  }
  void Up(const std::string& address) {
    Desk& desk = *desks.at(address);
    for (; !desk.up.empty(); desk.up.pop_front()) {
      server->Receive(address, desk.up.front().bytes(), now);
    }
  }
  void Down(const std::string& address) {
    Desk& desk = *desks.at(address);
    for (; !desk.down.empty(); desk.down.pop_front()) {
      desk.client.Receive(desk.down.front().bytes(), now);
    }
  }
  void Turn() {
    for (int i = 0; i < 1000 && server->Turn(now); ++i) continue;
  }
  // Everything that there is to say, while some time passes.
  void Run(int rounds = 20) {
    for (int i = 0; i < rounds; ++i) {
      now += std::chrono::milliseconds(50);
      for (const auto& [address, desk] : desks) {
        Down(address);
        desk->client.Turn(now);
        Up(address);
      }
      Turn();
    }
  }
  void Publish(const std::string& topic, size_t count) {
    const auto [it, is_new] =
        topics.try_emplace(topic, TopicId{static_cast<uint32_t>(topics.size())}, Sequence{});
    auto& [id, last] = it->second;
    if (is_new) server->AddTopic(id, topic);
    std::vector<wire::Record> records;
    for (size_t i = 0; i < count; ++i) {
      const auto price = static_cast<int64_t>(wild ? random.Next() >> 8 : 100 + head.value % 7);
      records.push_back(At((++head).value, Trade(id.value, (++last).value, price)));
    }
    published.insert(published.end(), records.begin(), records.end());
    server->AddRecords(records);
  }
  const feed::Session* Find(const std::string& name) const {
    const feed::Session* found = nullptr;
    server->ForEachSession([&](const feed::Session& s) { found = s.name == name ? &s : found; });
    return found;
  }

  feed::ServerOptions options;
  feed::ServerObserver observer;
  std::unique_ptr<feed::FeedServer> server;
  std::map<std::string, std::unique_ptr<Desk>> desks;
  std::map<std::string, std::pair<TopicId, Sequence>> topics;
  std::vector<wire::Record> published;
  Position head;
  Random random{20261123};
  bool wild = false;  // prices that nothing makes small
  uint64_t epoch = 1000;
  MonotonicTime now{std::chrono::seconds(100)};
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_UNIT_FEED_PACKED_LAB_H_
