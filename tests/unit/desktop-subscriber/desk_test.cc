#include "desktop-subscriber/desk.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>

#include "desktop-subscriber/ndjson_format.h"
#include "tests/unit/desktop-subscriber/ticks.h"

namespace fantail::desk {
namespace {

using std::chrono::seconds;

// Keeps what is written; can be told to fail, or to hold every write back.
class TestSink : public ByteSink {
 public:
  int Write(Stream stream, std::string_view bytes) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_ || stopped_; });
    if (stopped_) return ECANCELED;
    (stream == Stream::kOut ? out_ : err_) += bytes;
    return stream == Stream::kOut ? answer_ : 0;
  }
  void RequestStop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  void Hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void FailWith(int error) {
    const std::lock_guard lock(mutex_);
    answer_ = error;
  }
  std::string out() const {
    const std::lock_guard lock(mutex_);
    return out_;
  }
  std::string err() const {
    const std::lock_guard lock(mutex_);
    return err_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool stopped_ = false;
  int answer_ = 0;
  std::string out_, err_;
};

class Owner : public DeskOwner {
 public:
  void OnInterestChange(const InterestChange&) override {}
};

class DeskTest : public testing::Test {
 protected:
  Desk& Start() {
    if (options_.rows == nullptr) options_.rows = std::make_shared<TestFormat>();
    desk_ = std::make_unique<Desk>(options_, &owner_, &sink_);
    EXPECT_TRUE(desk_->Start(At(seconds(0)), {Pattern("*")}).ok());
    desk_->OnNewEpoch(Epoch{1}, true);
    desk_->OnTopic(TopicId{0}, "AAPL");
    desk_->OnTopic(TopicId{1}, "MSFT");
    desk_->OnVenue(VenueId{1}, "Q");
    return *desk_;
  }

  static Instant At(Nanos elapsed) {
    return {MonotonicTime(seconds(100) + elapsed), WallTime(seconds(1381219200) + elapsed)};
  }

  void Tick(uint64_t position, uint32_t topic, uint32_t sequence) {
    const wire::Record record = TradeRecord(position, topic, sequence, 293, -1);
    desk_->OnRecords({&record, 1});
  }

  void State(feed::State state, std::string cause = "", std::string hop = "") {
    feed::FeedState s;
    s.state = state;
    s.cause = std::move(cause);
    s.hop = std::move(hop);
    desk_->OnState(s);
  }

  // The exit code, once everything is out.
  int Finished() {
    EXPECT_TRUE(desk_->WaitUntilDone(seconds(30)));
    return desk_->exit_code();
  }

  const std::string header_{TestFormat::kHeader};
  DeskOptions options_;
  Owner owner_;
  TestSink sink_;
  std::unique_ptr<Desk> desk_;
};

TEST_F(DeskTest, PrintsEverythingAndExitsZeroAtTheEndOfTheFeed) {
  options_.until_end = true;
  Desk& desk = Start();
  Tick(1, 0, 1);
  Tick(2, 1, 1);
  desk.OnEnd(Position{2});
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(sink_.out(), header_ + "AAPL,Q,1,293\nMSFT,Q,1,293\n");
}

TEST_F(DeskTest, PrintsOnlyTheHeaderOfAFeedThatHasAlreadyEnded) {
  options_.until_end = true;
  Start().OnEnd(Position{0});
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(sink_.out(), header_);
}

TEST_F(DeskTest, GoesOnAfterTheEndOfTheFeedUnlessToldOtherwise) {
  Start().OnEnd(Position{0});
  EXPECT_FALSE(desk_->done());
  desk_->Stop(0, /*flush=*/true);
  EXPECT_EQ(Finished(), 0);
}

TEST_F(DeskTest, StopsAfterExactlyTheCountInTheMiddleOfABatch) {
  options_.count = 3;
  Desk& desk = Start();
  const wire::Record records[] = {TradeRecord(1, 0, 1, 1, 0), TradeRecord(2, 0, 2, 2, 0)};
  desk.OnRecords(records);
  desk.OnRecords(records);
  desk.OnRecords(records);
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(desk.totals().ticks(), 3u);
  EXPECT_EQ(sink_.out(), header_ + "AAPL,Q,1,1\nAAPL,Q,2,2\nAAPL,Q,1,1\n");
}

TEST_F(DeskTest, PrintsNoImageRowsUnlessAskedTo) {
  feed::TopicImage image{};
  image.sequence = Sequence{9};
  image.trade = TradeRecord(0, 0, 9, 5, 0).tick;
  Start().OnImage(image);
  desk_->Stop(0, true);
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(sink_.out(), header_);
}

TEST_F(DeskTest, PrintsImageRowsWhenAskedToWithoutCountingThemAsTicks) {
  options_.with_images = true;
  options_.count = 1;
  feed::TopicImage image{};
  image.sequence = Sequence{9};
  image.trade = TradeRecord(0, 0, 9, 5, 0).tick;
  Start().OnImage(image);
  Tick(1, 0, 10);
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(sink_.out(), header_ + "AAPL,Q,9,5\nAAPL,Q,10,293\n");
}

TEST_F(DeskTest, ReportsGapsAndExitsWithTwo) {
  options_.until_end = true;
  Desk& desk = Start();
  Tick(1, 0, 1);
  desk.OnGap({Position{100}, Position{250}, {Pattern("A*")}, feed::GapReason::kNotHeld});
  desk.OnEnd(Position{250});
  EXPECT_EQ(Finished(), 2);
  EXPECT_TRUE(sink_.err().starts_with("fantail-desk: gap: positions 101 to 250 of A*: "));
}

TEST_F(DeskTest, SaysEachChangeOfStateOnce) {
  Start();
  State(feed::State::kLive);
  State(feed::State::kStale, "link to gateway b is silent for 3.0 s", "b");
  State(feed::State::kStale, "link to gateway b is silent for 4.0 s", "b");
  State(feed::State::kLive);
  desk_->Stop(0, true);
  Finished();
  EXPECT_EQ(sink_.err(),
            "fantail-desk: live\n"
            "fantail-desk: stale: link to gateway b is silent for 3.0 s\n"
            "fantail-desk: live\n");
}

TEST_F(DeskTest, StopsWhenItsTimeIsOver) {
  options_.run_for = seconds(10);
  Desk& desk = Start();
  State(feed::State::kLive);
  EXPECT_EQ(desk.deadline(), At(seconds(10)).now);
  desk.BeginTurn(At(seconds(9)));
  desk.EndTurn();
  EXPECT_EQ(desk.deadline(), At(seconds(10)).now);
  desk.BeginTurn(At(seconds(10)));
  desk.EndTurn();
  EXPECT_EQ(Finished(), 0);
}

TEST_F(DeskTest, ExitsTimedOutWhenTheTimeIsOverBeforeTheCount) {
  options_.run_for = seconds(10);
  options_.count = 5;
  Desk& desk = Start();
  State(feed::State::kLive);
  desk.BeginTurn(At(seconds(10)));
  desk.EndTurn();
  EXPECT_EQ(Finished(), 75);
}

TEST_F(DeskTest, ExitsUnreachableWhenTheTimeIsOverBeforeAnybodyAnswered) {
  options_.run_for = seconds(10);
  Desk& desk = Start();
  State(feed::State::kConnecting, "tcp://a: nothing answers there");
  desk.EndTurn();
  EXPECT_EQ(sink_.err(), "");
  desk.BeginTurn(At(seconds(10)));
  desk.EndTurn();
  EXPECT_EQ(Finished(), 69);
  EXPECT_EQ(sink_.err(), "fantail-desk: connecting: tcp://a: nothing answers there\n");
}

TEST_F(DeskTest, SaysNothingOfConnectingWhenItTookButAMoment) {
  Desk& desk = Start();
  State(feed::State::kConnecting, "tcp://a: connecting");
  desk.EndTurn();
  State(feed::State::kLive);
  desk.BeginTurn(At(seconds(10)));
  desk.EndTurn();
  desk.Stop(0, /*flush=*/true);
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(sink_.err().find("connecting"), std::string::npos) << sink_.err();
}

TEST_F(DeskTest, EndsQuietlyWithZeroWhenTheReaderHasGone) {
  sink_.FailWith(EPIPE);
  Start();
  EXPECT_EQ(Finished(), 0);
  EXPECT_EQ(sink_.err(), "");
}

TEST_F(DeskTest, EndsWithOneLineAnd74WhenTheDiskIsFull) {
  sink_.FailWith(ENOSPC);
  Start();
  EXPECT_EQ(Finished(), 74);
  EXPECT_EQ(sink_.err(), "fantail-desk: standard output: cannot write: No space left on device\n");
}

TEST_F(DeskTest, IsFullWhileTheReaderIsBlockedAndWakesWhenItReadsAgain) {
  options_.queue_bytes = 1 << 20;
  sink_.Hold(true);
  Desk& desk = Start();
  uint32_t sequence = 0;
  while (!desk.full()) {
    ++sequence;
    Tick(sequence, 0, sequence);
  }
  sink_.Hold(false);
  while (desk.full()) {
    pollfd room{desk.wake_fd(), POLLIN, 0};
    ASSERT_EQ(poll(&room, 1, 30'000), 1);
    desk.OnWake();
  }
  desk.Stop(0, true);
  EXPECT_EQ(Finished(), 0);
  EXPECT_TRUE(sink_.out().ends_with("AAPL,Q," + std::to_string(sequence) + ",293\n"));
}

TEST_F(DeskTest, CanBeStoppedWhileTheReaderIsBlocked) {
  sink_.Hold(true);
  Start();
  Tick(1, 0, 1);
  desk_->Stop(130, /*flush=*/false);
  EXPECT_EQ(Finished(), 130);
}

TEST_F(DeskTest, SumsTheRunUpInAFile) {
  Desk& desk = Start();
  State(feed::State::kLive);
  desk.BeginTurn(At(seconds(5)));
  wire::Record record = TradeRecord(7, 0, 1, 293, -1);
  record.tick.time_ns = (At(seconds(5)).wall.time_since_epoch() - Nanos{1'500'000}).count();
  desk.OnRecords({&record, 1});
  desk.OnGap({Position{7}, Position{20}, {Pattern("A*")}, feed::GapReason::kNotHeld});
  feed::TopicImage image{};
  image.sequence = Sequence{6};  // 2 to 6 are missing
  desk.OnImage(image);
  record.position = Position{21};
  record.tick.sequence = Sequence{7};
  desk.OnRecords({&record, 1});
  std::string text;
  for (const auto& [key, value] : desk.totals().Summary(4711)) text += key + " " + value + "\n";
  EXPECT_EQ(text,
            "ticks 2\nimages 1\ngaps 1\nlost 5\nbytes_received 4711\nlatency_p50_us 1500.0\n"
            "latency_p99_us 1500.0\nfirst_position 7\nlast_position 21\n");
}

TEST_F(DeskTest, LeavesTheLatencyOfAReplayOut) {
  Desk& desk = Start();
  State(feed::State::kLive);
  Tick(1, 0, 1);  // of 1970
  for (const auto& [key, value] : desk.totals().Summary(0)) {
    EXPECT_EQ(key.find("latency"), std::string::npos) << key;
  }
}

TEST_F(DeskTest, TellsEverythingThatHappensAsNdjson) {
  options_.rows = std::make_shared<NdjsonFormat>();
  options_.until_end = true;
  options_.with_images = true;
  Desk& desk = Start();
  State(feed::State::kStale, "link to \"branch\" is silent", "branch-1");
  feed::FeedState live;
  live.state = feed::State::kLive;
  live.hops = {{NodeId{1}, "branch-1", feed::Role::kGateway, feed::State::kLive, Nanos{0}},
               {NodeId{2}, "hq", feed::Role::kPublisher, feed::State::kLive, Nanos{0}}};
  desk.OnState(live);
  feed::TopicImage image{};
  image.topic = TopicId{1};
  image.sequence = Sequence{4};
  image.trade = TradeRecord(1, 1, 3, 293, -1).tick;
  image.totals = {.open = 290,
                  .high = 300,
                  .low = 280,
                  .volume = 500,
                  .count = 2,
                  .topic = TopicId{1},
                  .price_exponent = -1};
  desk.OnImage(image);
  Tick(1, 0, 1);
  feed::GapNotice gap{Position{1}, Position{250}, {}, feed::GapReason::kNotHeld};
  desk.OnGap(gap);
  for (const char* text : {"A", "B", "C", "D", "E*"}) gap.patterns.emplace_back(text);
  desk.OnGap(gap);
  desk.OnEnd(Position{250});
  EXPECT_EQ(Finished(), 2);
  const std::string at = R"("ts":"2013-10-08T08:00:00.000000000Z","ts_ns":1381219200000000000,)";
  const std::string zero = R"("ts":"1970-01-01T00:00:00.000000000Z","ts_ns":0,)";
  const std::string reason = feed::GapReasonName(feed::GapReason::kNotHeld);
  EXPECT_EQ(
      sink_.out(),
      R"({"type":"epoch",)" + at + R"("epoch":"1","paced":true})" + "\n" + R"({"type":"state",)" +
          at +
          R"("state":"stale","cause":"link to \"branch\" is silent","hop":"branch-1","path":[]})" +
          "\n" + R"({"type":"state",)" + at + R"("state":"live","cause":null,"hop":null,"path":[)" +
          R"({"role":"gateway","name":"branch-1"},{"role":"publisher","name":"hq"}]})" + "\n" +
          R"({"type":"image","symbol":"MSFT","trade":{"type":"trade",)" + zero +
          R"("symbol":"MSFT","price":"29.3","size":"100","venue":"Q"},"quote":null,)" +
          R"("status":null,"totals":{"open":"29","high":"30","low":"28","volume":"500",)" +
          R"("volume_rounded":false,"count":2},"epoch":"1","sequence":4})" + "\n" +
          R"({"type":"trade",)" + zero +
          R"("symbol":"AAPL","price":"29.3","size":"100","venue":"Q","epoch":"1","position":1,)" +
          R"("sequence":1})" + "\n" + R"({"type":"gap",)" + at +
          R"("epoch":"1","from":2,"to":250,"patterns":["*"],"reason":")" + reason + "\"}\n" +
          R"({"type":"gap",)" + at +
          R"("epoch":"1","from":2,"to":250,"patterns":["A","B","C","D","E*"],"reason":")" + reason +
          "\"}\n" + R"({"type":"end",)" + at + R"("epoch":"1","position":250})" + "\n");
  EXPECT_NE(sink_.err().find("gap: positions 2 to 250 of everything"), std::string::npos);
}

}  // namespace
}  // namespace fantail::desk
