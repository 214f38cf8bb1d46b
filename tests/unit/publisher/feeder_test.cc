// From rows to records: the sequencer numbers them, the feeder lets them go when they are due.
#include "publisher/feeder.h"

#include <gtest/gtest.h>

#include <deque>

namespace fantail::publisher {
namespace {

using std::chrono::milliseconds;

// Keeps what it is given.
class Published final : public feed::RecordSink {
 public:
  void OnTopic(TopicId, std::string_view name) override { topics.emplace_back(name); }
  void OnVenue(VenueId, std::string_view name) override { venues.emplace_back(name); }
  void OnRecords(std::span<const wire::Record> more) override {
    records.insert(records.end(), more.begin(), more.end());
  }

  std::vector<std::string> topics;
  std::vector<std::string> venues;
  std::vector<wire::Record> records;
};

// What a test puts into it.
class ScriptedSource final : public source::Source {
 public:
  Result Next(text::Row* row) override {
    if (script.empty()) return Result::kEnd;
    const Result result = script.front().first;
    if (result == Result::kRow) *row = script.front().second;
    script.pop_front();
    return result;
  }
  std::string_view problem() const override { return "row 7 is bad"; }

  std::deque<std::pair<Result, text::Row>> script;
};

class FeederTest : public ::testing::Test {
 protected:
  void Row(const char* symbol, int64_t time_ns = 0, const char* venue = "") {
    text::Row row{.symbol = symbol, .venue = venue, .tick = {}};
    row.tick.kind = wire::TickKind::kTrade;
    row.tick.time_ns = time_ns;
    source.script.emplace_back(source::Source::Result::kRow, row);
  }
  void Result(source::Source::Result result) { source.script.emplace_back(result, text::Row{}); }
  Feeder Make(Feeder::Options options) {
    return Feeder(options, &source, &sequencer, [this](std::string_view) { ++reported; });
  }

  Published published;
  source::Sequencer sequencer{&published};
  ScriptedSource source;
  MonotonicTime now{std::chrono::seconds(100)};
  WallTime wall{std::chrono::seconds(1700000000)};
  int reported = 0;
};

TEST_F(FeederTest, SkipsTheRowsThatHaveBeenPublishedBeforeAndSaysNothingOfBadOnesAmongThem) {
  Row("A", 1);
  Result(source::Source::Result::kBadRow);
  Row("A", 2);
  Row("A", 3);
  Feeder feeder = Make({.speed = 0, .skip_rows = 2});
  while (feeder.Turn(now, wall)) {
  }
  ASSERT_EQ(published.records.size(), 1u);
  EXPECT_EQ(published.records[0].tick.time_ns, 3);
  EXPECT_EQ(reported, 0);
}

TEST_F(FeederTest, SaysThatASourceHasBecomeShorter) {
  Row("A", 1);
  Feeder feeder = Make({.speed = 0, .skip_rows = 2});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.state(), Feeder::State::kEnded);
  EXPECT_EQ(reported, 1);
}

TEST_F(FeederTest, NumbersTopicsVenuesSequencesAndPositionsFromTheFirst) {
  Row("A", 1, "X");
  Row("B", 2);
  Row("A", 3, "Y");
  Feeder feeder = Make({.speed = 0});
  feeder.Turn(now, wall);
  const auto records = published.records;
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[2].position, Position{3});
  EXPECT_EQ(records[2].tick.topic, TopicId{0});
  EXPECT_EQ(records[2].tick.sequence, Sequence{2});
  EXPECT_EQ(records[2].tick.venue, VenueId{2});
  EXPECT_EQ(records[1].tick.topic, TopicId{1});
  EXPECT_EQ(records[1].tick.venue, VenueId{0});
}

TEST_F(FeederTest, AtSpeedOneARowComesWhenItsTimeHasComeByTheFirst) {
  Row("A", 1'000'000'000);
  Row("A", 1'050'000'000);
  Feeder feeder = Make({.speed = 1});
  EXPECT_FALSE(feeder.Turn(now, wall));
  EXPECT_EQ(feeder.counters().published, 1u);
  EXPECT_EQ(feeder.next_due(), now + milliseconds(50));
  feeder.Turn(now + milliseconds(49), wall);
  EXPECT_EQ(feeder.counters().published, 1u);
  feeder.Turn(now + milliseconds(50), wall);
  EXPECT_EQ(feeder.counters().published, 2u);
}

TEST_F(FeederTest, AtSpeedTwentyItComesTwentyTimesSooner) {
  Row("A", 0);
  Row("A", 1'000'000'000);
  Feeder feeder = Make({.speed = 20});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.next_due(), now + milliseconds(50));
}

TEST_F(FeederTest, AtFullSpeedAllComeATurnAtATime) {
  for (int i = 0; i < 1500; ++i) Row("A", i * int64_t{1'000'000'000});
  Feeder feeder = Make({.speed = 0});
  EXPECT_TRUE(feeder.Turn(now, wall));
  EXPECT_EQ(feeder.counters().published, 1024u);
  EXPECT_FALSE(feeder.Turn(now, wall));
  EXPECT_EQ(feeder.state(), Feeder::State::kEnded);
}

TEST_F(FeederTest, ARowWhoseTimeGoesBackComesAtOnce) {
  Row("A", 5'000'000'000);
  Row("A", 1);
  Feeder feeder = Make({.speed = 1});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.counters().published, 2u);
}

TEST_F(FeederTest, ARowCenturiesAheadWaits) {
  Row("A", INT64_MIN);
  Row("A", INT64_MAX);
  Feeder feeder = Make({.speed = 0.001});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.counters().published, 1u);
  ASSERT_TRUE(feeder.next_due().has_value());
  EXPECT_GT(*feeder.next_due(), now);
}

TEST_F(FeederTest, ABadRowIsReportedCountedAndSkipped) {
  Result(source::Source::Result::kBadRow);
  Row("A");
  Feeder feeder = Make({.speed = 0});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.counters().bad_rows, 1u);
  EXPECT_EQ(reported, 1);
  EXPECT_EQ(feeder.counters().published, 1u);
}

TEST_F(FeederTest, InStrictModeABadRowIsTheEnd) {
  Row("A");
  Result(source::Source::Result::kBadRow);
  Row("A");
  Feeder feeder = Make({.speed = 0, .strict = true});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.state(), Feeder::State::kFailed);
  EXPECT_EQ(feeder.counters().published, 1u);
}

TEST_F(FeederTest, ASourceThatBreaksOffSaysWhyAndKeepsWhatCame) {
  Row("A");
  Result(source::Source::Result::kFailed);
  Feeder feeder = Make({.speed = 0});
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.state(), Feeder::State::kFailed);
  EXPECT_EQ(feeder.problem(), "row 7 is bad");
  EXPECT_EQ(published.records.size(), 1u);
}

TEST_F(FeederTest, ASourceThatWaitsIsAskedAgain) {
  Result(source::Source::Result::kWait);
  Row("A");
  Feeder feeder = Make({.speed = 0});
  EXPECT_FALSE(feeder.Turn(now, wall));
  EXPECT_EQ(feeder.state(), Feeder::State::kRunning);
  feeder.Turn(now, wall);
  EXPECT_EQ(feeder.counters().published, 1u);
}

TEST_F(FeederTest, StampNowGivesTheTimeOfPublication) {
  Row("A", 5);
  Feeder feeder = Make({.speed = 0, .stamp_now = true});
  feeder.Turn(now, wall);
  EXPECT_EQ(published.records[0].tick.time_ns, wall.time_since_epoch().count());
}

TEST_F(FeederTest, ARowWithoutATimeComesAtOnceAndHasTheTimeOfItsPublication) {
  Row("A", 1'000'000'000);
  Row("A");
  source.script.back().second.no_time = true;
  Row("A", 2'000'000'000);
  Feeder feeder = Make({.speed = 1});
  feeder.Turn(now, wall);
  ASSERT_EQ(published.records.size(), 2u);
  EXPECT_EQ(published.records[0].tick.time_ns, 1'000'000'000);
  EXPECT_EQ(published.records[1].tick.time_ns, wall.time_since_epoch().count());
  EXPECT_EQ(feeder.next_due(), now + std::chrono::seconds(1));
}

TEST_F(FeederTest, PayloadsLeaveAtTheirRateAndWhatWasLateIsMadeUpForBriefly) {
  const std::string bytes(1000, 'x');
  for (int i = 0; i < 100; ++i) {
    text::Row row{.symbol = "film", .venue = "", .tick = {}, .no_time = true};
    row.tick.kind = wire::TickKind::kPart;
    row.payload = std::as_bytes(std::span(bytes));
    source.script.emplace_back(source::Source::Result::kRow, row);
  }
  Feeder feeder = Make({.speed = 0, .bytes_per_second = 1'000'000});
  feeder.Turn(now, wall);
  const size_t at_once = published.records.size();
  EXPECT_LE(at_once, 22u);
  EXPECT_TRUE(feeder.next_due());
  feeder.Turn(now += milliseconds(10), wall);
  EXPECT_EQ(published.records.size(), at_once + 10);
  feeder.Turn(now += milliseconds(500), wall);
  EXPECT_LE(published.records.size(), at_once + 10 + 21);
}

}  // namespace
}  // namespace fantail::publisher
