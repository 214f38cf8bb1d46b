// A sealed tape gives back what it was told, and can be entered anywhere.
#include <gtest/gtest.h>

#include "fantail/tape/sealed_writer.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

constexpr uint64_t kSeed = 7;

std::vector<wire::Record> WriteSealed(const std::string& path, size_t records,
                                      uint32_t topics = 20) {
  MadeUpFeed feed(kSeed, topics);
  SealedWriter writer(path, {.feed = "equities", .writer = "a test"}, 42);
  writer.OnNewEpoch({5}, true);
  feed.TellNames(&writer);
  std::vector<wire::Record> all = feed.Next(records);
  for (size_t i = 0; i < all.size(); i += 1000) {
    writer.OnRecords(std::span(all).subspan(i, std::min<size_t>(1000, all.size() - i)));
  }
  writer.OnEnd({records});
  EXPECT_TRUE(writer.Finish().ok()) << writer.status();
  return all;
}

TEST(SealedTape, GivesBackEveryRecordWithItsNameAndTheEnd) {
  TempFolder folder;
  const auto records = WriteSealed(folder / "a.tape", 50'000);
  const ReadAll all = Read(folder / "a.tape");
  EXPECT_TRUE(all.damage.empty());
  EXPECT_TRUE(all.told.records == records);
  EXPECT_EQ(all.told.epochs, std::vector<Epoch>{{5}});
  EXPECT_EQ(all.told.ended, Position{50'000});
  EXPECT_EQ(all.told.venues.size(), 2u);
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(all.told.names[i], MadeUpFeed::Name(records[i].tick.topic));
  }
}

TEST(SealedTape, OfNothingIsAWholeTape) {
  TempFolder folder;
  SealedWriter writer(folder / "a.tape", {}, 1);
  writer.OnNewEpoch({5}, false);
  ASSERT_TRUE(writer.Finish().ok());
  const ReadAll all = Read(folder / "a.tape");
  EXPECT_TRUE(all.damage.empty());
  EXPECT_TRUE(all.told.records.empty());
}

TEST(SealedTape, ThatIsNotFinishedLeavesNothingBehind) {
  TempFolder folder;
  {
    SealedWriter writer(folder / "a.tape", {}, 1);
    writer.OnNewEpoch({5}, false);
    MadeUpFeed feed(kSeed);
    feed.TellNames(&writer);
    writer.OnRecords(feed.Next(20'000));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SealedTape, IsEnteredAtAnyRecordWithTheImageOfThatMoment) {
  TempFolder folder;
  const size_t kRecords = 2 * kCheckpointRecords + 1234;
  const auto records = WriteSealed(folder / "a.tape", kRecords, 50);
  auto reader = TapeReader::Open(folder / "a.tape");
  ASSERT_TRUE(reader.ok());
  Random random(kSeed);
  for (int i = 0; i < 20; ++i) {
    const size_t at = i == 0 ? 0 : i == 1 ? kRecords - 1 : random.Below(kRecords);
    TapeState state;
    if (i % 3 == 0) {
      ASSERT_TRUE((*reader)->SeekRecord(at, &state).ok());
    } else if (i % 3 == 1) {
      ASSERT_TRUE((*reader)->SeekPosition({5}, {at + 1}, &state).ok());
    } else {
      ASSERT_TRUE((*reader)->SeekTime(records[at].tick.time_ns, &state).ok());
    }
    Told told;
    ASSERT_EQ((*reader)->Next(&told), TapeReader::Result::kBlock);
    ASSERT_FALSE(told.records.empty());
    size_t first = at;
    if (i % 3 == 2) {
      while (first > 0 && records[first - 1].tick.time_ns == records[at].tick.time_ns) --first;
    }
    EXPECT_EQ((*reader)->first_record(), first);
    EXPECT_EQ(told.records.front().position, records[first].position) << "seek number " << i;
    feed::ImageTable expected;
    for (size_t r = 0; r < first; ++r) expected.Apply(records[r].tick);
    for (uint32_t topic = 0; topic < 50; ++topic) {
      const feed::TopicImage* mine = state.image().Find({topic});
      const feed::TopicImage* right = expected.Find({topic});
      ASSERT_EQ(mine == nullptr, right == nullptr);
      if (right != nullptr) {
        EXPECT_TRUE(*mine == *right) << topic;
      }
    }
  }
}

TEST(SealedTape, EnteredBehindItsLastRecordGivesTheEndState) {
  TempFolder folder;
  const auto records = WriteSealed(folder / "a.tape", 30'000);
  auto reader = TapeReader::Open(folder / "a.tape");
  TapeState state;
  ASSERT_TRUE((*reader)->SeekTime(records.back().tick.time_ns + 1, &state).ok());
  EXPECT_EQ(state.through(), Position{30'000});
  EXPECT_EQ(state.topics().size(), 20u);
  Told told;
  EXPECT_EQ((*reader)->Next(&told), TapeReader::Result::kEnd);
}

TEST(SealedTape, SaysHowMuchItHoldsWithoutReadingIt) {
  TempFolder folder;
  const auto records = WriteSealed(folder / "a.tape", 30'000);
  auto reader = TapeReader::Open(folder / "a.tape");
  const auto span = (*reader)->Measure();
  ASSERT_TRUE(span.ok());
  EXPECT_EQ(span->records, 30'000u);
  EXPECT_EQ(span->first_time_ns, records.front().tick.time_ns);
  EXPECT_EQ(span->last_time_ns, records.back().tick.time_ns);
}

TEST(SealedTape, KeepsGapsAndImagesWhereTheyWere) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  SealedWriter writer(folder / "a.tape", {}, 1);
  writer.OnNewEpoch({5}, false);
  feed.TellNames(&writer);
  writer.OnRecords(feed.Next(10));
  const feed::GapNotice gap{.from = {10},
                            .to = {20},
                            .patterns = {Pattern("SYM1*"), Pattern("X")},
                            .reason = feed::GapReason::kTooSlow};
  (void)feed.Next(10);
  writer.OnGap(gap);
  writer.OnImage({.topic = {3}, .sequence = {9}});
  writer.OnRecords(feed.Next(10));
  ASSERT_TRUE(writer.Finish().ok());
  const ReadAll all = Read(folder / "a.tape");
  EXPECT_TRUE(all.damage.empty());
  EXPECT_EQ(all.told.records.size(), 20u);
  ASSERT_EQ(all.told.gaps.size(), 1u);
  EXPECT_EQ(all.told.gaps[0].from, gap.from);
  EXPECT_EQ(all.told.gaps[0].to, gap.to);
  EXPECT_EQ(all.told.gaps[0].patterns, gap.patterns);
  EXPECT_EQ(all.told.gaps[0].reason, gap.reason);
  ASSERT_EQ(all.told.images.size(), 1u);
  EXPECT_EQ(all.told.images[0].sequence, Sequence{9});
}

}  // namespace
}  // namespace fantail::tape
