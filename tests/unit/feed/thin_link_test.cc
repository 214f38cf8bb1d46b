// FeedClient behind a link that carries less than the feed brings: what it acknowledges, and what
// it dares to call live.
#include <gtest/gtest.h>

#include <array>

#include "fantail/feed/feed_client.h"
#include "fantail/wire/encode.h"
#include "tests/unit/feed/inbox.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::milliseconds;
using std::chrono::seconds;

class InboxLink final : public wire::Link {
 public:
  bool Send(const wire::Message& message) override {
    inbox.Add(message);
    return true;
  }
  Inbox inbox;
};

class NoEvents final : public FeedEvents {
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const TopicImage&) override {}
  void OnRecords(std::span<const wire::Record>) override {}
  void OnThrough(Position) override {}
  void OnGap(const GapNotice&) override {}
  void OnHave(const HaveNotice&) override {}
  void OnState(const FeedState&) override {}
  void OnEnd(Position) override {}
};

class ThinLinkTest : public ::testing::Test {
 protected:
  template <class M>
  void Gets(const M& message) {
    client.Receive(wire::Encode(message).bytes(), now);
  }
  void Batch(Position after, Position through, std::span<const wire::Record> records) {
    client.Receive(wire::EncodeBatch(after, through, records, wire::Replay::kLive).bytes(), now);
  }
  void Pong(Nanos waiting) {
    const std::array<wire::HopView, 1> hops = {
        wire::HopView{.node = {9},
                      .name = "branch",
                      .role = static_cast<uint8_t>(Role::kPublisher),
                      .state = static_cast<uint8_t>(State::kLive)}};
    wire::Pong pong{.nonce = link.inbox.Last<wire::Ping>().nonce,
                    .state = static_cast<uint8_t>(State::kLive)};
    pong.waiting_ns = static_cast<uint64_t>(waiting.count());
    pong.hops.assign(hops.begin(), hops.end());
    Gets(pong);
  }
  // Live on `A*`, with AAPL known.
  void GoLive() {
    client.SetInterest({Pattern("A*")}, now);
    client.Connected(&link, "tcp://10.0.0.1:5555", now);
    Gets(wire::Welcome{.feed = "ticks",
                       .name = "branch",
                       .node = {9},
                       .epoch = kEpoch,
                       .window_bytes = 1 << 20,
                       .window_messages = 1024});
    Gets(wire::Have{.version = 1});
    Pong(Nanos{0});
    wire::TextListBuilder names;
    names.Add("AAPL");
    const std::array<TopicId, 1> ids = {TopicId{1}};
    Gets(wire::Names{.topics = ids, .topic_texts = names.list()});
  }

  static constexpr Epoch kEpoch{uint64_t{1000} << 32};
  InboxLink link;
  NoEvents events;
  FeedClient client{{.name = "desk", .node = {5}}, &events};
  MonotonicTime now{seconds(100)};
  wire::TextListBuilder texts;
};

TEST_F(ThinLinkTest, AcknowledgesSoonWhileDataFlowsAndNotEveryLittleOfIt) {
  GoLive();
  client.Turn(now += seconds(1));
  link.inbox.Clear();
  std::vector<wire::Record> many;
  for (uint32_t i = 1; i <= 200; ++i) many.push_back(At(i, Trade(1, i)));
  Batch({0}, {200}, many);
  EXPECT_EQ(link.inbox.Count<wire::Ack>(), 0u);
  client.Turn(now += milliseconds(20));
  EXPECT_EQ(link.inbox.Count<wire::Ack>(), 1u);
  const std::array<wire::Record, 1> one = {At(201, Trade(1, 201))};
  Batch({200}, {201}, one);
  client.Turn(now += milliseconds(100));
  EXPECT_EQ(link.inbox.Count<wire::Ack>(), 1u);
}

TEST_F(ThinLinkTest, IsRecoveringAfterItFellBehindUntilTheHaveComes) {
  GoLive();
  ASSERT_EQ(client.state().state, State::kLive);
  texts.Add("A*");
  Gets(wire::Gap{.from = {5},
                 .to = {9},
                 .patterns = texts.list(),
                 .reason = static_cast<uint8_t>(GapReason::kTooSlow)});
  EXPECT_EQ(client.state().state, State::kLive) << "told with the image that stands for it";
  Gets(wire::Image{.at = {9}});
  EXPECT_EQ(client.state().state, State::kRecovering);
  Gets(wire::Have{.version = 1, .at = {9}});
  EXPECT_EQ(client.state().state, State::kLive);
}

TEST_F(ThinLinkTest, IsStaleIfWhatWaitedAndTheAgeOfTheProofExceedThreeSeconds) {
  GoLive();
  client.Turn(now += seconds(1));
  Pong(milliseconds(2500));
  EXPECT_EQ(client.state().state, State::kLive);
  client.Turn(now += milliseconds(600));
  EXPECT_EQ(client.state().state, State::kStale);
  EXPECT_EQ(client.state().hop, "branch");
  EXPECT_FALSE(client.drop());
}

}  // namespace
}  // namespace fantail::feed
