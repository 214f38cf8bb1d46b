// The image of a topic: the newest tick of each kind, and totals that are exact while they fit.
#include "fantail/feed/image.h"

#include <gtest/gtest.h>

#include <limits>

#include "fantail/base/random.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks

// One topic that trades.
class TotalsTest : public ::testing::Test {
 protected:
  void Trades(int64_t price, int price_exponent, uint64_t size = 1, int size_exponent = 0) {
    wire::Tick tick = Trade(5, image.sequence.value + 1, price, size);
    tick.price_exponent = static_cast<int8_t>(price_exponent);
    tick.size_exponent = static_cast<int8_t>(size_exponent);
    tick.flags = flags;
    ApplyTick(tick, &image);
  }

  TopicImage image;
  const wire::Totals& totals = image.totals;
  uint8_t flags = 0;
};

TEST_F(TotalsTest, TheFirstTradeIsOpenHighAndLow) {
  Trades(18925, -2, 300);
  EXPECT_EQ(totals, (wire::Totals{18925, 18925, 18925, 300, 1, {5}, -2, 0, 0}));
}

TEST_F(TotalsTest, HighAndLowFollowAndTheOpenStays) {
  Trades(100, -2);
  Trades(150, -2);
  Trades(50, -2);
  EXPECT_EQ(totals, (wire::Totals{100, 150, 50, 3, 3, {5}, -2, 0, 0}));
}

TEST_F(TotalsTest, PricesOfDifferentExponentsMeetAtTheFiner) {
  Trades(2, 0);      // 2
  Trades(1999, -3);  // 1.999
  Trades(3, 0);      // 3
  EXPECT_EQ(totals, (wire::Totals{2000, 3000, 1999, 3, 3, {5}, -3, 0, 0}));
}

TEST_F(TotalsTest, PricesThatFitNoFinerExponentMeetAtTheCoarser) {
  Trades(std::numeric_limits<int64_t>::max(), 0);
  Trades(15, -1);  // 1.5
  EXPECT_EQ(totals.price_exponent, 0);
  EXPECT_EQ(totals.high, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(totals.low, 1);
}

TEST_F(TotalsTest, PricesMayBeNegative) {
  Trades(-5, 0);
  Trades(-51, -1);
  EXPECT_EQ(totals, (wire::Totals{-50, -50, -51, 2, 2, {5}, -1, 0, 0}));
}

TEST_F(TotalsTest, VolumesOfDifferentExponentsAddUpExactly) {
  Trades(1, 0, 3, 2);    // 300
  Trades(1, 0, 25, -1);  // 2.5
  EXPECT_EQ(totals.volume, 3025u);
  EXPECT_EQ(totals.volume_exponent, -1);
  EXPECT_EQ(totals.flags, 0);
}

TEST_F(TotalsTest, AVolumeThatFitsNoMoreIsRoundedAndSaysSo) {
  Trades(1, 0, UINT64_MAX, 0);
  EXPECT_EQ(totals.flags, 0);
  Trades(1, 0, 9, 0);
  EXPECT_EQ(totals.volume, UINT64_MAX / 10);
  EXPECT_EQ(totals.volume_exponent, 1);
  EXPECT_EQ(totals.flags, wire::kVolumeRounded);
}

TEST_F(TotalsTest, TheWidestExponentsNeitherOverflowNorHang) {
  Trades(std::numeric_limits<int64_t>::max(), 30, UINT64_MAX, 30);
  Trades(std::numeric_limits<int64_t>::min(), -30, UINT64_MAX, -30);
  Trades(std::numeric_limits<int64_t>::max(), 30, UINT64_MAX, 30);
  EXPECT_EQ(totals.count, 3u);
  EXPECT_EQ(totals.flags, wire::kVolumeRounded);
}

TEST_F(TotalsTest, ATradeWithoutAPriceCountsNothing) {
  flags = wire::kNoPrice;
  Trades(7, 0, 100);
  EXPECT_EQ(totals.count, 0u);
  EXPECT_EQ(image.sequence, Sequence{1});
}

TEST_F(TotalsTest, ATradeWithoutASizeAddsNoVolume) {
  flags = wire::kNoSize;
  Trades(7, 0, 100);
  EXPECT_EQ(totals.count, 1u);
  EXPECT_EQ(totals.volume, 0u);
}

// In 128 bits, at the finest exponent that is used.
TEST_F(TotalsTest, AgreeWithASlowSumOverManySeededTrades) {
  const uint64_t seed = 11;
  SCOPED_TRACE("seed 11");
  Random random(seed);
  __int128 volume = 0;
  int64_t high = INT64_MIN;
  int64_t low = INT64_MAX;
  const int64_t powers[] = {1, 10, 100, 1000, 10000};
  for (int i = 0; i < 5000; ++i) {
    const int64_t price = random.Between(-100000, 100000);
    const auto size = static_cast<uint64_t>(random.Between(0, 100000));
    const int pe = static_cast<int>(random.Between(-4, 0));
    const int se = static_cast<int>(random.Between(-4, 0));
    Trades(price, pe, size, se);
    high = std::max(high, price * powers[pe + 4]);
    low = std::min(low, price * powers[pe + 4]);
    volume += static_cast<__int128>(size) * powers[se + 4];
  }
  EXPECT_EQ(totals.price_exponent, -4);
  EXPECT_EQ(totals.high, high);
  EXPECT_EQ(totals.low, low);
  EXPECT_EQ(totals.volume_exponent, -4);
  EXPECT_TRUE(static_cast<__int128>(totals.volume) == volume);
}

TEST(ImageTableTest, KeepsTheNewestOfEachKind) {
  ImageTable table;
  EXPECT_EQ(table.Find({3}), nullptr);
  EXPECT_EQ(table.LastSequence({3}), Sequence{0});
  table.Apply(Trade(3, 1, 10));
  table.Apply(Quote(3, 2));
  table.Apply(Trade(3, 3, 30));
  ASSERT_NE(table.Find({3}), nullptr);
  EXPECT_EQ(table.Find({3})->sequence, Sequence{3});
  EXPECT_EQ(table.Find({3})->trade, Trade(3, 3, 30));
  EXPECT_EQ(table.Find({3})->quote, Quote(3, 2));
  EXPECT_FALSE(Present(table.Find({3})->status));
  EXPECT_EQ(table.Find({2}), nullptr);
}

TEST(ImageTableTest, AKindThatIsNotYetKnownCountsAsARecordOnly) {
  ImageTable table;
  wire::Tick tick = Trade(3, 1);
  tick.kind = static_cast<wire::TickKind>(9);
  table.Apply(tick);
  EXPECT_EQ(table.LastSequence({3}), Sequence{1});
  EXPECT_FALSE(Present(table.Find({3})->trade));
}

TEST(ImageTableTest, ReplaceTakesTheWholeState) {
  ImageTable table;
  table.Apply(Trade(3, 7));
  const TopicImage image{.topic = {3}, .sequence = {5}, .quote = Quote(3, 5)};
  table.Replace(image);
  EXPECT_EQ(*table.Find({3}), image);
}

TEST(ImageChunkTest, ComesOutAsItWentInByRisingTopic) {
  ImageTable table;
  for (const uint32_t id : {9, 2, 5}) {
    table.Apply(Trade(id, 1));
    table.Apply(Quote(id, 2));
  }
  table.Apply(Quote(4, 1));  // has never traded
  ImageChunk chunk;
  for (const uint32_t id : {9, 4, 2, 5}) chunk.Add(*table.Find({id}));
  const wire::Message message = wire::Encode(chunk.Take({77}));
  EXPECT_TRUE(chunk.empty());
  wire::Decoder decoder;
  wire::AnyMessage any;
  ASSERT_EQ(decoder.Decode(message.bytes(), &any), wire::DecodeError::kNone) << decoder.detail();
  EXPECT_EQ(std::get<wire::Image>(any).at, Position{77});
  std::vector<uint32_t> ids;
  ForEachImage(std::get<wire::Image>(any),
               [&](const TopicImage& image, std::span<const wire::Tick>) {
                 ids.push_back(image.topic.value);
                 EXPECT_EQ(image, *table.Find(image.topic));
               });
  EXPECT_EQ(ids, (std::vector<uint32_t>{2, 4, 5, 9}));
}

TEST(ImageChunkTest, AFullChunkFitsAMessage) {
  ImageChunk chunk;
  for (uint32_t id = 0; !chunk.full(); ++id) {
    TopicImage image;
    ApplyTick(Trade(id, 1), &image);
    ApplyTick(Quote(id, 2), &image);
    wire::Tick status = Trade(id, 3);
    status.kind = wire::TickKind::kStatus;
    ApplyTick(status, &image);
    chunk.Add(image);
  }
  EXPECT_LE(wire::Encode(chunk.Take({1})).size(), wire::kMaxMessageBytes);
}

}  // namespace
}  // namespace fantail::feed
