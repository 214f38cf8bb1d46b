// Where the latency comes from: nodes whose clocks are far apart, links of known length, and what a
// desk is told of them.
#include "fantail/feed/trace.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "fantail/feed/forwarder.h"
#include "tests/unit/feed/client_fixture.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

MonotonicTime Time(Nanos t) {
  return MonotonicTime(t);
}

TEST(ClockOffsetTest, LiesInTheMiddleOfAnExchangeGiveOrTakeHalfOfIt) {
  ClockOffset clock;
  EXPECT_EQ(clock.At(Time(seconds(1))), std::nullopt);
  clock.Add(Time(seconds(10)), Time(seconds(70)), Time(seconds(10) + milliseconds(4)));
  const auto estimate = clock.At(Time(seconds(10) + milliseconds(4)));
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->ahead, seconds(60) - milliseconds(2));
  EXPECT_EQ(estimate->error, milliseconds(2));
}

TEST(ClockOffsetTest, KeepsTheShortestExchangeUntilDriftHasMadeItTheWorseOne) {
  ClockOffset clock;
  clock.Add(Time(seconds(1)), Time(seconds(1)), Time(seconds(1) + milliseconds(1)));
  clock.Add(Time(seconds(2)), Time(seconds(2)), Time(seconds(2) + milliseconds(8)));
  EXPECT_EQ(clock.At(Time(seconds(2)))->ahead, -microseconds(500));
  // 50 us each second: after 100 s an exchange of 8 ms is the better one.
  EXPECT_GT(clock.At(Time(seconds(101)))->error, milliseconds(5));
  clock.Add(Time(seconds(101)), Time(seconds(101)), Time(seconds(101) + milliseconds(8)));
  EXPECT_EQ(clock.At(Time(seconds(101)))->ahead, -milliseconds(4));
}

TEST(ClockOffsetTest, BelievesTheNewerOfTwoThatExcludeEachOther) {
  ClockOffset clock;
  clock.Add(Time(seconds(1)), Time(seconds(1)), Time(seconds(1) + milliseconds(1)));
  // The other machine was suspended for a minute.
  clock.Add(Time(seconds(90)), Time(seconds(30)), Time(seconds(90) + milliseconds(20)));
  EXPECT_EQ(clock.At(Time(seconds(90)))->ahead, -seconds(60) - milliseconds(10));
}

TEST(ClockOffsetTest, ErrsByNoMoreThanItSaysHoweverUnevenTheWays) {
  for (int out_ms = 0; out_ms <= 20; out_ms += 5) {
    for (int back_ms = 0; back_ms <= 20; back_ms += 5) {
      ClockOffset clock;
      const Nanos ahead = seconds(-40);
      const Nanos asked = seconds(100);
      const Nanos there = asked + milliseconds(out_ms);
      clock.Add(Time(asked), Time(there + ahead), Time(there + milliseconds(back_ms)));
      const auto estimate = clock.At(Time(there + milliseconds(back_ms)));
      EXPECT_LE(std::abs((estimate->ahead - ahead).count()), estimate->error.count());
    }
  }
}

MonotonicTime right_now{seconds(100)};

class FreshClockTest : public ::testing::Test, public wire::Link {
 protected:
  bool Send(const wire::Message& message) override {
    sent.Add(message);
    return true;
  }
  void Gets(const wire::Message& message) { client.Receive(message.bytes(), turn); }

  testing::Inbox sent;
  Events events;
  FeedClient client{{.name = "desk", .node = {5}, .clock = [] { return right_now; }}, &events};
  const MonotonicTime turn{seconds(100)};
};

TEST_F(FreshClockTest, APingThatIsAnsweredWithinTheTurnInWhichItWasSentProvesLife) {
  client.SetInterest({Pattern("*")}, turn);
  client.Connected(this, "hq", turn);
  right_now = turn + microseconds(300);
  Gets(wire::Encode(wire::Welcome{.feed = "ticks",
                                  .name = "hq",
                                  .epoch = kEpoch,
                                  .window_bytes = 1 << 20,
                                  .window_messages = 1024}));
  right_now = turn + microseconds(500);
  Gets(wire::Encode(wire::Pong{.nonce = sent.Last<wire::Ping>().nonce,
                               .hops = {{.node = {9}, .name = "hq", .role = 3, .state = 3}},
                               .state = 3}));
  Gets(wire::Encode(wire::Have{.version = sent.Last<wire::Want>().version}));
  EXPECT_EQ(client.state().state, State::kLive);
  // What it says below of its age is never less than nothing.
  EXPECT_LE(client.proved_at(), turn);
}

// hq -> branch -> desk. Each node's clock is its own; a message is there when its link says.
class TraceTest : public ::testing::Test {
 protected:
  static constexpr Nanos kBranchAhead = std::chrono::hours(5);
  static constexpr Nanos kDeskAhead = -seconds(70);

  struct Pipe : wire::Link, wire::Links {
    bool Send(const wire::Message& message) override {
      to_above.push_back({test->now + way, message});
      return true;
    }
    wire::SendResult Send(std::string_view, const wire::Message& message) override {
      to_below.push_back({test->now + way, message});
      if (static_cast<wire::Kind>(message.bytes()[0]) == wire::Kind::kTrace) ++traces;
      return wire::SendResult::kSent;
    }
    // What has arrived by now.
    template <class Fn>
    void Deliver(std::deque<std::pair<Nanos, wire::Message>>* pipe, Fn receive) {
      for (; !pipe->empty() && pipe->front().first <= test->now; pipe->pop_front()) {
        receive(pipe->front().second.bytes());
      }
    }

    TraceTest* test = nullptr;
    Nanos way{0};
    std::deque<std::pair<Nanos, wire::Message>> to_above;
    std::deque<std::pair<Nanos, wire::Message>> to_below;
    int traces = 0;
  };

  class DeskEvents : public FeedEvents {
   public:
    void OnNewEpoch(Epoch, bool) override {}
    void OnTopic(TopicId, std::string_view) override {}
    void OnVenue(VenueId, std::string_view) override {}
    void OnImage(const TopicImage&) override {}
    void OnRecords(std::span<const wire::Record> more) override { records += more.size(); }
    void OnThrough(Position) override {}
    void OnGap(const GapNotice&) override {}
    void OnHave(const HaveNotice&) override {}
    void OnState(const FeedState& s) override { state = s.state; }
    void OnEnd(Position) override {}
    void OnTrace(const Trace& trace) override { traces.push_back(trace); }

    std::vector<Trace> traces;
    State state = State::kConnecting;
    size_t records = 0;
  };

  TraceTest() {
    wan.test = lan.test = this;
    wan.way = milliseconds(20);
    lan.way = microseconds(200);
    hq.BeginEpoch(Epoch{uint64_t{7} << 32}, false, /*covers_everything=*/true);
    hq.AddTopic({0}, "AAPL");
    hq.AddTopic({1}, "BAC");
    branch.upstream().line(0).Connected(&wan, "hq", BranchTime());
    desk.SetInterest({Pattern("A*")}, DeskTime());
    desk.Connected(&lan, "branch", DeskTime());
  }

  MonotonicTime HqTime() const { return Time(now); }
  MonotonicTime BranchTime() const { return Time(now + kBranchAhead); }
  MonotonicTime DeskTime() const { return Time(now + kDeskAhead); }

  void Pass(Nanos span, bool ticks) {
    for (const Nanos until = now + span; now < until; now += microseconds(100)) {
      wan.Deliver(&wan.to_above, [&](auto bytes) { hq.Receive("branch", bytes, HqTime()); });
      if (ticks && now % milliseconds(5) == Nanos{0}) {
        const uint32_t topic = head.value % 2;
        hq.AddRecords(std::vector{At((++head).value, Trade(topic, ++sequences[topic]))});
      }
      hq.Turn(HqTime());
      wan.Deliver(&wan.to_below,
                  [&](auto bytes) { branch.upstream().line(0).Receive(bytes, BranchTime()); });
      lan.Deliver(&lan.to_above,
                  [&](auto bytes) { branch.server().Receive("desk", bytes, BranchTime()); });
      // The branch takes its time now and then.
      if (now >= busy_until) branch.Turn(BranchTime());
      lan.Deliver(&lan.to_below, [&](auto bytes) { desk.Receive(bytes, DeskTime()); });
      desk.Turn(DeskTime());
    }
  }

  Nanos now = seconds(1000);
  Nanos busy_until{0};
  Pipe wan;
  Pipe lan;
  ServerObserver observer;
  DeskEvents events;
  FeedServer hq{{.name = "hq", .node = {1}}, &wan, &observer};
  Forwarder branch{{.name = "branch", .node = {2}, .role = Role::kGateway},
                   1,
                   {.name = "branch", .node = {2}, .role = Role::kGateway},
                   &lan,
                   &observer};
  FeedClient desk{{.name = "desk", .node = {3}}, &events};
  Position head;
  uint32_t sequences[2] = {};
};

TEST_F(TraceTest, TellsEachWayAndEachNodesShareThoughNoTwoClocksAgree) {
  desk.SetTracing(true);
  Pass(seconds(3), true);
  ASSERT_EQ(events.state, State::kLive);
  // Ten a second, as soon as the nodes above have heard that somebody asks.
  EXPECT_GE(events.traces.size(), 25u);
  EXPECT_LE(events.traces.size(), 31u);
  const Trace& last = events.traces.back();
  ASSERT_EQ(last.hops.size(), 3u);
  EXPECT_EQ(last.hops[0].node, NodeId{1});
  EXPECT_EQ(last.hops[1].node, NodeId{2});
  EXPECT_EQ(last.hops[2].node, NodeId{3});
  EXPECT_FALSE(last.hops[0].way);
  ASSERT_TRUE(last.hops[1].way);
  ASSERT_TRUE(last.hops[2].way);
  const auto near = [](const TraceHop::Way& way, Nanos expected) {
    EXPECT_LE(std::abs((way.took - expected).count()), way.error.count());
    // A turn of 100 us at either end is in it.
    EXPECT_NEAR(static_cast<double>(way.took.count()), static_cast<double>(expected.count()), 3e5);
  };
  near(*last.hops[1].way, milliseconds(20));
  near(*last.hops[2].way, microseconds(200));
}

TEST_F(TraceTest, BlamesTheNodeThatHeldATickAndNotTheWay) {
  desk.SetTracing(true);
  Pass(seconds(2), true);
  const size_t before = events.traces.size();
  for (int i = 0; i < 40; ++i) {
    Pass(milliseconds(3), true);
    busy_until = now + milliseconds(30);  // it takes in, and does not get to send
    Pass(milliseconds(30), true);
  }
  Nanos most{0};
  for (size_t i = before; i < events.traces.size(); ++i) {
    const Trace& trace = events.traces[i];
    most = std::max(most, trace.hops[1].held);
    EXPECT_LT(trace.hops[2].way->took, milliseconds(1));
    EXPECT_LT(trace.hops[1].way->took, milliseconds(21));
  }
  EXPECT_GT(events.traces.size(), before);
  EXPECT_LE(most, milliseconds(31));
}

TEST_F(TraceTest, AsksNothingOfAnybodyWhileNobodyTraces) {
  Pass(seconds(3), true);
  ASSERT_GT(events.records, 0u);
  EXPECT_FALSE(hq.traced());
  EXPECT_EQ(wan.traces + lan.traces, 0);
}

TEST_F(TraceTest, EndsOnTheWholePathWithTheLastSessionThatTraces) {
  desk.SetTracing(true);
  Pass(seconds(2), true);
  EXPECT_TRUE(hq.traced());
  desk.SetTracing(false);
  Pass(seconds(1), true);
  EXPECT_FALSE(branch.server().traced());
  EXPECT_FALSE(hq.traced());
  const int sent = wan.traces + lan.traces;
  desk.SetTracing(true);
  Pass(seconds(1), true);
  EXPECT_GT(wan.traces + lan.traces, sent);
  desk.Close();
  Pass(seconds(1), true);
  EXPECT_FALSE(hq.traced());
}

TEST_F(TraceTest, ComesWithTicksAndCostsNothingWithoutThem) {
  desk.SetTracing(true);
  Pass(seconds(3), false);
  EXPECT_EQ(wan.traces + lan.traces, 0);
}

}  // namespace
}  // namespace fantail::feed
