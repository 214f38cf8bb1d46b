#include "fantail/feed/open_feed.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fantail/wire/limits.h"
#include "fantail/wire/open.h"
#include "open_generated.h"

namespace fantail::feed {
namespace {

using namespace std::chrono_literals;

// What was published, each message verified as a client of C++ would.
class Inbox final : public OpenSink {
 public:
  struct Item {
    std::string topic;
    wire::Message message;
  };
  void Publish(std::string_view topic, const wire::Message& message) override {
    EXPECT_LE(message.size(), wire::kMaxMessageBytes);
    items.push_back({std::string(topic), message});
  }
  template <class Table>
  const Table& As(size_t i) const {
    const auto* data = reinterpret_cast<const uint8_t*>(items.at(i).message.bytes().data());
    flatbuffers::Verifier verifier(data, items[i].message.size());
    EXPECT_TRUE(verifier.VerifyBuffer<Table>("FTO1"));
    return *flatbuffers::GetRoot<Table>(data);
  }
  std::string Topics() const {
    std::string all;
    for (const Item& item : items) all += item.topic.substr(0, item.topic.size() - 1) + " ";
    return all;
  }
  std::vector<Item> items;
};

class OpenFeedTest : public ::testing::Test {
 protected:
  OpenFeedTest() {
    feed_.BeginTurn(now_);
    feed_.OnNewEpoch({77}, false);
    feed_.OnTopic({0}, "AAPL");
    feed_.OnTopic({1}, "MSFT");
    feed_.OnVenue({1}, "Q");
    feed_.EndTurn(state_, false);
    inbox_.items.clear();
  }
  static wire::Record Trade(uint64_t position, uint32_t topic, uint32_t sequence) {
    return {{position},
            {.topic = {topic},
             .sequence = {sequence},
             .time_ns = 1'000'000'000,
             .price = 4870,
             .size = 100,
             .price_exponent = -1,
             .venue = {1},
             .kind = wire::TickKind::kTrade}};
  }
  void EndTurn() { feed_.EndTurn(state_, false); }

  Inbox inbox_;
  OpenFeed feed_{"ticks", &inbox_};
  MonotonicTime now_{1000s};
  FeedState state_{.state = State::kLive, .cause = {}, .hop = {}, .hops = {}, .age = 20ms};
};

TEST_F(OpenFeedTest, RecordsOfATopicInOneTurnAreOneMessageInTheirOrder) {
  feed_.OnRecords(std::vector{Trade(1, 0, 1), Trade(2, 1, 1), Trade(3, 0, 2)});
  feed_.OnRecords(std::vector{Trade(4, 0, 3)});
  EndTurn();
  ASSERT_EQ(inbox_.Topics(), "AAPL MSFT ");
  EXPECT_EQ(inbox_.items[0].topic, std::string("AAPL\0", 5));
  const auto& batch = inbox_.As<open::Batch>(0);
  EXPECT_EQ(batch.topic()->str(), "AAPL");
  EXPECT_EQ(batch.epoch(), 77u);
  ASSERT_EQ(batch.records()->size(), 3u);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(batch.records()->Get(i)->sequence(), i + 1);
  const open::Record& record = *batch.records()->Get(2);
  EXPECT_EQ(record.position(), 4u);
  EXPECT_EQ(record.kind(), open::Kind::trade);
  EXPECT_EQ(record.price(), 4870);
  EXPECT_EQ(record.price_exponent(), -1);
  EXPECT_EQ(record.venue()->str(), "Q");
  EXPECT_EQ(inbox_.As<open::Batch>(1).records()->Get(0)->position(), 2u);
}

TEST_F(OpenFeedTest, AFullBatchWithTheLongestNamesFitsAMessage) {
  std::vector<wire::Record> records;
  for (uint32_t i = 0; i <= wire::kMaxOpenRecords; ++i) {
    wire::Record record = Trade(i + 1, 2, i + 1);
    record.tick.kind = wire::TickKind::kQuote;
    record.tick.ask_price = record.tick.price = INT64_MIN;
    record.tick.ask_size = record.tick.size = UINT64_MAX;
    record.tick.size_exponent = -30;
    record.tick.flags = static_cast<uint8_t>(i);  // fields that are 0 are left out: another table
    record.tick.conditions = static_cast<uint16_t>(i % 2);
    record.tick.venue = {static_cast<uint16_t>(i + 1)};
    const std::string digits = std::to_string(i);
    feed_.OnVenue(record.tick.venue, digits + std::string(64 - digits.size(), 'v'));
    records.push_back(record);
  }
  feed_.OnTopic({2}, std::string(64, 'x'));
  feed_.OnRecords(records);
  EndTurn();
  ASSERT_EQ(inbox_.items.size(), 2u);
  EXPECT_EQ(inbox_.As<open::Batch>(0).records()->size(), wire::kMaxOpenRecords);
  EXPECT_EQ(inbox_.As<open::Batch>(1).records()->size(), 1u);
}

TEST_F(OpenFeedTest, AFeedOfObjectsIsNoticed) {
  EXPECT_FALSE(feed_.has_objects());
  feed_.OnPayload({1}, {});
  EXPECT_TRUE(feed_.has_objects());
}

TEST_F(OpenFeedTest, BlankSidesAndStatusAreTold) {
  wire::Record quote = Trade(1, 0, 1);
  quote.tick.kind = wire::TickKind::kQuote;
  quote.tick.flags = wire::kNoAskPrice | wire::kNoAskSize;
  wire::Record halt{{2}, {.topic = {0}, .sequence = {2}, .size = 2}};
  halt.tick.kind = wire::TickKind::kStatus;
  feed_.OnRecords(std::vector{quote, halt});
  EndTurn();
  const auto& records = *inbox_.As<open::Batch>(0).records();
  EXPECT_EQ(records.Get(0)->kind(), open::Kind::quote);
  EXPECT_EQ(records.Get(0)->blanks(), 4 + 8);
  EXPECT_EQ(records.Get(1)->kind(), open::Kind::status);
  EXPECT_EQ(records.Get(1)->status(), 2);
  EXPECT_EQ(records.Get(1)->size(), 0u);
  EXPECT_EQ(records.Get(1)->venue(), nullptr);
}

TEST_F(OpenFeedTest, TheStateIsToldWhenItChangesAndEachSecond) {
  EndTurn();
  EXPECT_EQ(inbox_.Topics(), "");
  feed_.BeginTurn(now_ + 1s);
  EndTurn();
  ASSERT_EQ(inbox_.Topics(), "$fantail/state ");
  const auto& live = inbox_.As<open::State>(0);
  EXPECT_EQ(live.state()->str(), "live");
  EXPECT_EQ(live.age(), 20'000'000u);
  EXPECT_EQ(live.feed()->str(), "ticks");
  EXPECT_EQ(live.epoch(), 77u);
  feed_.BeginTurn(now_ + 1500ms);
  feed_.OnRecords(std::vector{Trade(1, 0, 1)});
  feed_.OnState({.state = State::kStale, .cause = "the line is cut", .hop = "hq", .hops = {}});
  ASSERT_EQ(inbox_.Topics(), "$fantail/state AAPL $fantail/state ");
  const auto& stale = inbox_.As<open::State>(2);
  EXPECT_EQ(stale.state()->str(), "stale");
  EXPECT_EQ(stale.cause()->str(), "the line is cut");
  EXPECT_EQ(stale.hop()->str(), "hq");
  EXPECT_EQ(stale.age(), 520'000'000u);  // of what was live half a second ago
  inbox_.items.clear();
  feed_.EndTurn({.state = State::kStale}, /*replay=*/true);
  EXPECT_TRUE(inbox_.As<open::State>(0).replay());
}

TEST_F(OpenFeedTest, AGapIsToldBetweenTheRecordsBeforeAndAfterIt) {
  feed_.OnRecords(std::vector{Trade(1, 0, 1)});
  feed_.OnGap({.from = {1}, .to = {9}, .patterns = std::vector<Pattern>(1000, Pattern("A*"))});
  feed_.OnRecords(std::vector{Trade(10, 0, 10)});
  EndTurn();
  ASSERT_EQ(inbox_.Topics(), "AAPL $fantail/gap $fantail/gap AAPL ");
  const auto& gap = inbox_.As<open::Gap>(1);
  EXPECT_EQ(gap.from(), 1u);
  EXPECT_EQ(gap.to(), 9u);
  EXPECT_EQ(gap.patterns()->size(), wire::kMaxOpenPatterns);
  EXPECT_EQ(gap.patterns()->Get(0)->str(), "A*");
  EXPECT_EQ(inbox_.As<open::Gap>(2).patterns()->size(), 1000 - wire::kMaxOpenPatterns);
}

TEST_F(OpenFeedTest, OfImagesOnlyWhatStatusSaidIsPublished) {
  TopicImage image{.topic = {0}, .sequence = {5}, .trade = Trade(5, 0, 5).tick};
  feed_.OnImage(image);
  wire::Tick halt{.topic = {0}, .sequence = {4}, .size = 2};
  halt.kind = wire::TickKind::kStatus;
  feed_.OnUpdate({.image = image, .after = {3}, .statuses = std::span(&halt, 1)});
  EndTurn();
  ASSERT_EQ(inbox_.Topics(), "AAPL ");
  ASSERT_EQ(inbox_.As<open::Batch>(0).records()->size(), 1u);
  EXPECT_EQ(inbox_.As<open::Batch>(0).records()->Get(0)->sequence(), 4u);
  EXPECT_EQ(inbox_.As<open::Batch>(0).records()->Get(0)->position(), 0u);
}

TEST_F(OpenFeedTest, NoTopicOfTheFeedPassesForOneOfItsOwn) {
  feed_.OnTopic({2}, "$fantail/state");
  feed_.OnRecords(std::vector{Trade(1, 2, 1)});
  EndTurn();
  EXPECT_EQ(inbox_.Topics(), "");
  EXPECT_EQ(feed_.counters().reserved, 1u);
}

TEST_F(OpenFeedTest, ItsEndIsTold) {
  feed_.Close("the open feed stops");
  ASSERT_EQ(inbox_.Topics(), "$fantail/state ");
  EXPECT_EQ(inbox_.As<open::State>(0).state()->str(), "stale");
  EXPECT_EQ(inbox_.As<open::State>(0).cause()->str(), "the open feed stops");
}

}  // namespace
}  // namespace fantail::feed
