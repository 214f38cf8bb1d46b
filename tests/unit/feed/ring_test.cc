// The ring: like a sorted map of records that forgets its oldest.
#include "fantail/feed/ring.h"

#include <gtest/gtest.h>

#include <map>

#include "fantail/base/random.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks

constexpr size_t kChunkBytes = 64 * 1024;  // 1,024 records
constexpr size_t kLarge = 64 * kChunkBytes;

std::vector<uint64_t> After(const Ring& ring, uint64_t after, size_t most = SIZE_MAX) {
  std::vector<uint64_t> positions;
  ring.Scan({after}, [&](const wire::Record& record) {
    if (positions.size() == most) return false;
    positions.push_back(record.position.value);
    return true;
  });
  return positions;
}

using Positions = std::vector<uint64_t>;

TEST(RingTest, GivesBackWhatWasAppendedAfterAPosition) {
  Ring ring(kLarge);
  for (const uint64_t position : {2, 5, 9}) ring.Append(At(position, Trade(1, 1)));
  EXPECT_EQ(After(ring, 0), (Positions{2, 5, 9}));
  EXPECT_EQ(After(ring, 2), (Positions{5, 9}));
  EXPECT_EQ(After(ring, 4), (Positions{5, 9}));
  EXPECT_EQ(After(ring, 9), Positions{});
}

TEST(RingTest, AnEmptyRingHoldsNothingAndHasDroppedNothing) {
  Ring ring(kLarge);
  EXPECT_EQ(After(ring, 0), Positions{});
  EXPECT_EQ(ring.dropped_through(), Position{0});
}

TEST(RingTest, AScanStopsWhenItIsTold) {
  Ring ring(kLarge);
  for (uint64_t position = 1; position <= 3000; ++position) ring.Append(At(position, Trade(1, 1)));
  EXPECT_EQ(After(ring, 1000, 2), (Positions{1001, 1002}));
}

TEST(RingTest, DropsItsOldestChunkWhenItIsFullAndSaysHowFar) {
  Ring ring(2 * kChunkBytes);
  for (uint64_t position = 1; position <= 2048; ++position) ring.Append(At(position, Trade(1, 1)));
  EXPECT_EQ(ring.dropped_through(), Position{0});
  ring.Append(At(2049, Trade(1, 1)));
  EXPECT_EQ(ring.dropped_through(), Position{1024});
  EXPECT_EQ(After(ring, 0).front(), 1025u);
  EXPECT_EQ(After(ring, 0).size(), 1025u);
  EXPECT_LE(ring.size_bytes(), 2 * kChunkBytes);
}

TEST(RingTest, PutsAnOlderRecordInItsPlace) {
  Ring ring(kLarge);
  for (const uint64_t position : {2, 9}) ring.Append(At(position, Trade(1, 1)));
  ring.Insert(At(5, Trade(1, 1)));
  ring.Insert(At(1, Trade(1, 1)));
  ring.Insert(At(12, Trade(1, 1)));
  EXPECT_EQ(After(ring, 0), (Positions{1, 2, 5, 9, 12}));
}

TEST(RingTest, IgnoresARecordThatItHas) {
  Ring ring(kLarge);
  ring.Append(At(2, Trade(1, 1)));
  ring.Insert(At(2, Trade(7, 7)));
  EXPECT_EQ(After(ring, 0), Positions{2});
  ring.Scan({0}, [](const wire::Record& record) {
    EXPECT_EQ(record.tick, Trade(1, 1));
    return true;
  });
}

TEST(RingTest, IgnoresARecordOlderThanWhatItHasDropped) {
  Ring ring(2 * kChunkBytes);
  for (uint64_t position = 2; position <= 6000; position += 2) {
    ring.Append(At(position, Trade(1, 1)));
  }
  const Position dropped = ring.dropped_through();
  ASSERT_GT(dropped, Position{0});
  ring.Insert(At(dropped.value - 1, Trade(1, 1)));
  EXPECT_EQ(After(ring, 0).front(), dropped.value + 2);
}

class RingModelTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RingModelTest, IsASortedMapThatForgetsItsOldest) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Random random(GetParam());
  Ring ring(6 * kChunkBytes);
  std::map<uint64_t, uint32_t> model;
  uint64_t newest = 0;
  for (uint32_t i = 0; i < 30000; ++i) {
    if (newest == 0 || random.OneIn(2)) {
      newest += 1 + random.Below(4);
      ring.Append(At(newest, Trade(i, 1)));
      model[newest] = i;
    } else {
      const uint64_t position = newest - std::min(newest - 1, random.Below(8000));
      if (Position{position} > ring.dropped_through()) model.emplace(position, i);
      ring.Insert(At(position, Trade(i, 1)));
    }
    model.erase(model.begin(), model.upper_bound(ring.dropped_through().value));
    if (i % 1000 != 0) continue;
    const uint64_t after = random.Below(newest + 1);
    auto expected = model.upper_bound(after);
    ring.Scan({after}, [&](const wire::Record& record) {
      EXPECT_TRUE(expected != model.end() && expected->first == record.position.value &&
                  expected->second == record.tick.topic.value)
          << record.position.value;
      ++expected;
      return !HasFailure();
    });
    ASSERT_TRUE(expected == model.end()) << "missing " << expected->first;
    ASSERT_LE(ring.size_bytes(), 6 * kChunkBytes);
  }
  EXPECT_GT(ring.dropped_through(), Position{0});
}

INSTANTIATE_TEST_SUITE_P(Seeds, RingModelTest, ::testing::Range<uint64_t>(1, 5));

}  // namespace
}  // namespace fantail::feed
