// A group: what is new waits, is encoded once, in an order that can be read, and goes when all have
// it.
#include "fantail/feed/group.h"

#include <gtest/gtest.h>

#include "fantail/feed/session.h"
#include "tests/unit/feed/inbox.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks

class GroupTest : public ::testing::Test {
 protected:
  Inbox Log() const {
    Inbox inbox;
    for (uint64_t i = group.log_begin(); i < group.log_end(); ++i) {
      inbox.Add(group.entry(i).plain);
    }
    return inbox;
  }
  void AddImage(uint32_t id) { group.AddImage({.topic = {id}, .sequence = {9}}, {}, now); }

  MonotonicTime now;
  Payloads payloads{0};
  Group group{Interest(P({"A*"})), {10}, 8, &payloads};
};

TEST_F(GroupTest, NamesComeBeforeImagesAndImagesBeforeRecords) {
  group.AddRecord(At(11, Trade(1, 1)), now);
  group.AddTopic({1}, "A");
  group.AddVenue({1}, "XNAS");
  group.Seal({11}, now);
  EXPECT_EQ(Log().Kinds(), "names names batch");
}

TEST_F(GroupTest, RecordsBeforeAnImageStayBeforeIt) {
  group.AddRecord(At(11, Trade(1, 1)), now);
  AddImage(2);
  group.AddRecord(At(12, Trade(2, 10)), now);
  group.Seal({12}, now);
  EXPECT_EQ(Log().Kinds(), "batch image batch");
  EXPECT_EQ(Log().Last<wire::Image>().at, Position{11});
}

TEST_F(GroupTest, BatchesFollowEachOtherWithoutAHole) {
  group.AddRecord(At(12, Trade(1, 1)), now);
  group.Seal({15}, now);
  group.AddRecord(At(20, Trade(1, 2)), now);
  group.Seal({20}, now);
  const auto batches = Log().All<wire::Batch>();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].after, Position{10});
  EXPECT_EQ(batches[0].through, Position{15});
  EXPECT_EQ(batches[1].after, Position{15});
  EXPECT_EQ(batches[1].through, Position{20});
}

TEST_F(GroupTest, AFullBatchIsSealedAtOnce) {
  for (uint64_t i = 0; i < wire::kMaxBatchTicks; ++i) {
    group.AddRecord(At(11 + i, Trade(1, static_cast<uint32_t>(i + 1))), now);
  }
  EXPECT_FALSE(group.HasPending());
  EXPECT_EQ(Log().Kinds(), "batch");
}

TEST_F(GroupTest, RecordsFartherApartThanAnOffsetReachesGoIntoTwoBatches) {
  group.AddRecord(At(11, Trade(1, 1)), now);
  group.AddRecord(At(12 + uint64_t{UINT32_MAX}, Trade(1, 2)), now);
  group.Seal({12 + uint64_t{UINT32_MAX}}, now);
  EXPECT_EQ(Log().Kinds(), "batch batch");
}

TEST_F(GroupTest, AGapComesAfterWhatCameBeforeItAndSpeaksOfTheGroupsInterestOnly) {
  group.AddRecord(At(11, Trade(1, 1)), now);
  group.AddGap({.from = {11}, .to = {20}, .patterns = P({"*"})}, now);
  EXPECT_EQ(Log().Kinds(), "batch gap");
  const wire::Gap gap = Log().Last<wire::Gap>();
  EXPECT_EQ(gap.patterns.bytes(), std::string_view("A*\0", 3));
  EXPECT_EQ(gap.from, Position{11});
  EXPECT_EQ(gap.to, Position{20});
}

TEST_F(GroupTest, AGapOfOthersLeavesNoTrace) {
  group.AddGap({.from = {11}, .to = {20}, .patterns = P({"B*"})}, now);
  EXPECT_EQ(Log().Kinds(), "");
}

TEST_F(GroupTest, SealingNothingSaysNothing) {
  group.Seal({50}, now);
  EXPECT_EQ(group.log_begin(), group.log_end());
  EXPECT_FALSE(group.HasPending());
}

TEST_F(GroupTest, TheLogGoesWhenItsSlowestMemberHasSentIt) {
  Session fast;
  Session slow;
  group.members = {&fast, &slow};
  for (uint32_t i = 1; i <= 3; ++i) {
    group.AddRecord(At(10 + i, Trade(1, i)), now);
    group.Seal({10 + i}, now);
  }
  fast.next = 3;
  slow.next = 1;
  const size_t before = group.log_bytes();
  group.Trim();
  EXPECT_EQ(group.log_begin(), 1u);
  EXPECT_EQ(group.log_end(), 3u);
  EXPECT_EQ(group.entry(1).through, Position{12});
  EXPECT_LT(group.log_bytes(), before);
  slow.next = 3;
  group.Trim();
  EXPECT_EQ(group.log_begin(), 3u);
  EXPECT_EQ(group.log_bytes(), 0u);
}

TEST(EncodeNamesTest, SplitsListsOfAnyLengthIntoMessagesThatFit) {
  std::vector<TopicId> ids;
  wire::TextListBuilder texts;
  for (uint32_t i = 0; i < 20000; ++i) {
    ids.push_back({i});
    texts.Add("T" + std::to_string(i));
  }
  Inbox inbox;
  for (const wire::Message& message : EncodeNames(ids, texts.list(), {}, {})) inbox.Add(message);
  size_t next = 0;
  for (const wire::Names& names : inbox.All<wire::Names>()) {
    auto text = names.topic_texts.begin();
    for (const TopicId id : names.topics) {
      ASSERT_EQ(id, ids[next]);
      ASSERT_EQ(*text, "T" + std::to_string(next));
      ++text;
      ++next;
    }
  }
  EXPECT_EQ(next, ids.size());
}

TEST(EncodeGapTest, SplitsManyLongPatternsIntoMessagesThatFit) {
  GapNotice gap{.from = {1}, .to = {2}};
  for (int i = 0; i < 5000; ++i)
    gap.patterns.emplace_back(std::string(55, 'x') + std::to_string(i));
  Inbox inbox;
  for (const wire::Message& message : EncodeGap(gap)) inbox.Add(message);
  size_t patterns = 0;
  for (const wire::Gap& part : inbox.All<wire::Gap>()) patterns += part.patterns.Count();
  EXPECT_EQ(patterns, gap.patterns.size());
}

TEST(ClipTest, GivesThePartsThatLieWithinAnInterest) {
  EXPECT_EQ(Clip(P({"*"}), Interest(P({"A*", "B"}))), P({"A*", "B"}));
  EXPECT_EQ(Clip(P({"AAPL"}), Interest(P({"A*"}))), P({"AAPL"}));
  EXPECT_EQ(Clip(P({"C*"}), Interest(P({"A*", "B"}))), P({}));
}

}  // namespace
}  // namespace fantail::feed
