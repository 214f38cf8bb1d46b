// A FeedServer of a publisher, with sessions that are nothing but an address and an inbox.
#ifndef FANTAIL_TESTS_UNIT_FEED_SERVER_FIXTURE_H_
#define FANTAIL_TESTS_UNIT_FEED_SERVER_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fantail/feed/feed_server.h"
#include "fantail/wire/encode.h"
#include "tests/unit/feed/inbox.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {

inline constexpr Epoch kEpoch{uint64_t{1000} << 32};

class FakeLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view address, const wire::Message& message) override {
    const auto it = results.find(std::string(address));
    const wire::SendResult result = it == results.end() ? wire::SendResult::kSent : it->second;
    if (result == wire::SendResult::kSent) inboxes[std::string(address)].Add(message);
    return result;
  }

  std::map<std::string, testing::Inbox> inboxes;
  std::map<std::string, wire::SendResult> results;  // by address, for all that follows
};

class FakeObserver final : public ServerObserver {
 public:
  void OnSessionOpened(const Session& session) override { Say("opened " + session.name); }
  void OnSessionClosed(const Session& session, std::string_view reason) override {
    Say("closed " + session.name + ": " + std::string(reason));
  }
  void OnBadMessage(std::string_view who, std::string_view what) override {
    Say("bad from " + std::string(who) + ": " + std::string(what));
  }
  void OnRefused(std::string_view who, std::string_view user, std::string_view reason) override {
    (void)user;
    Say("refused " + std::string(who) + ": " + std::string(reason));
  }
  void Say(std::string line) { said.push_back(std::move(line)); }

  std::vector<std::string> said;
};

class ServerFixture : public ::testing::Test {
 protected:
  ServerFixture() {
    options.name = "hq";
    options.node = {1};
    // Nobody here measures a link; what does so says it.
    options.first_window_bytes = options.window_bytes;
  }

  // Makes the server; options may be changed before.
  void Start(bool paced = false) {
    server = std::make_unique<FeedServer>(options, &links, &observer);
    server->Turn(now);
    server->BeginEpoch(kEpoch, paced, /*covers_everything=*/true);
  }

  testing::Inbox& To(const std::string& address) { return links.inboxes[address]; }

  template <class M>
  void From(const std::string& address, const M& message) {
    server->Receive(address, wire::Encode(message).bytes(), now);
  }
  void Hello(const std::string& address, NodeId node = {50}) {
    From(address, wire::Hello{.feed = "ticks", .name = address, .node = node});
  }
  void Want(const std::string& address, std::initializer_list<const char*> patterns,
            wire::Start start = {.kind = wire::StartKind::kFresh}, bool more = false) {
    wire::TextListBuilder texts;
    for (const char* pattern : patterns) texts.Add(pattern);
    const std::vector<wire::Start> starts(patterns.size(), start);
    From(address, wire::Want{.version = ++version,
                             .epoch = kEpoch,
                             .add = texts.list(),
                             .starts = starts,
                             .more = more});
  }
  // A session that has what it wants.
  void Join(const std::string& address, std::initializer_list<const char*> patterns) {
    Hello(address);
    Want(address, patterns);
    Turn();
  }
  // Acknowledges all that has come.
  void Ack(const std::string& address, bool held = false) {
    From(address, wire::Ack{.bytes = To(address).CountedBytes(),
                            .messages = To(address).CountedMessages(),
                            .held = held});
  }
  void Ping(const std::string& address) { From(address, wire::Ping{.nonce = 7}); }

  // Turns until there is nothing more to do.
  void Turn() {
    for (int i = 0; i < 1000 && server->Turn(now); ++i) {
    }
  }
  // Turns every 100 ms while time passes; who is in `alive` pings meanwhile.
  void Pass(Nanos span, std::initializer_list<const char*> alive = {}) {
    for (const MonotonicTime until = now + span; now < until;) {
      now += std::chrono::milliseconds(100);
      for (const char* address : alive) Ping(address);
      Turn();
    }
  }

  // Publishes `n` trades of a topic.
  void Publish(const std::string& topic, int n = 1) {
    if (!topics.contains(topic)) {
      const TopicId id{static_cast<uint32_t>(topics.size())};
      topics[topic] = {id, {}};
      server->AddTopic(id, topic);
    }
    std::vector<wire::Record> records;
    for (int i = 0; i < n; ++i) {
      auto& [id, last] = topics[topic];
      records.push_back(testing::At((++head).value, testing::Trade(id.value, (++last).value)));
    }
    server->AddRecords(records);
  }
  const Session* Find(const std::string& name) const {
    const Session* found = nullptr;
    server->ForEachSession([&](const Session& session) {
      if (session.name == name) found = &session;
    });
    return found;
  }

  ServerOptions options;
  FakeLinks links;
  FakeObserver observer;
  std::unique_ptr<FeedServer> server;
  MonotonicTime now{std::chrono::seconds(100)};
  Position head;
  uint32_t version = 0;
  std::map<std::string, std::pair<TopicId, Sequence>> topics;
};

}  // namespace fantail::feed

#endif  // FANTAIL_TESTS_UNIT_FEED_SERVER_FIXTURE_H_
