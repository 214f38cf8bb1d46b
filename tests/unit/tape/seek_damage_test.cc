// Seeks on a tape that is damaged before the place or at it: the state there is what it was, and
// what is missing is told.
#include <gtest/gtest.h>

#include "fantail/tape/sealed_writer.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

constexpr uint64_t kSeed = 9;
constexpr uint32_t kTopics = 50;
constexpr size_t kRecords = 2 * kCheckpointRecords;

class SeekDamageTest : public ::testing::Test {
 protected:
  SeekDamageTest() {
    MadeUpFeed feed(kSeed, kTopics);
    SealedWriter writer(path_, {}, 42);
    writer.OnNewEpoch({5}, false);
    feed.TellNames(&writer);
    records_ = feed.Next(kRecords);
    writer.OnRecords(records_);
    EXPECT_TRUE(writer.Finish().ok());
    index_ = (*SegmentReader::Open(path_))->Index();
  }

  // Flips a bit in the payload of the block.
  void Damage(const IndexEntry& entry) {
    std::string bytes = FileBytes(path_);
    bytes[entry.offset + kBlockHeaderBytes + 8] ^= 0x10;
    WriteBytes(path_, bytes);
  }
  // The last of its kind that begins at or before this record.
  const IndexEntry& Last(BlockKind kind, uint64_t record) const {
    for (size_t i = index_.size(); i-- > 0;) {
      if (index_[i].kind == kind && index_[i].after.value <= record) return index_[i];
    }
    return index_.front();
  }

  TempFolder folder_;
  const std::string path_ = folder_ / "a.tape";
  std::vector<wire::Record> records_;
  std::vector<IndexEntry> index_;
};

TEST_F(SeekDamageTest, ADamagedCheckpointIsMadeUpForByTheOneBefore) {
  const uint64_t at = kCheckpointRecords + 1000;
  Damage(Last(BlockKind::kCheckpoint, at));
  auto reader = *TapeReader::Open(path_);
  TapeState state;
  ASSERT_TRUE(reader->SeekRecord(at, &state).ok());
  feed::ImageTable expected;
  for (size_t i = 0; i < at; ++i) expected.Apply(records_[i].tick);
  for (uint32_t topic = 0; topic < kTopics; ++topic) {
    ASSERT_NE(state.image().Find({topic}), nullptr) << topic;
    EXPECT_TRUE(*state.image().Find({topic}) == *expected.Find({topic})) << topic;
  }
  const ReadAll all = Read(reader.get());
  EXPECT_TRUE(all.damage.empty());
  EXPECT_EQ(all.told.records.front().position, Position{at + 1});
}

class DamagedTargetTest : public SeekDamageTest, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(DamagedTargetTest, IsTold) {
  const uint64_t at = GetParam();
  const IndexEntry& target = Last(BlockKind::kData, at);
  Damage(target);
  for (const bool by_record : {true, false}) {
    auto reader = *TapeReader::Open(path_);
    TapeState state;
    ASSERT_TRUE(
        (by_record ? reader->SeekRecord(at, &state) : reader->SeekPosition({5}, {at + 1}, &state))
            .ok());
    EXPECT_EQ(state.through(), target.after);
    const ReadAll all = Read(reader.get());
    ASSERT_EQ(all.damage.size(), 1u);
    ASSERT_EQ(all.told.gaps.size(), 1u);
    EXPECT_EQ(all.told.gaps[0].from, target.after);
    EXPECT_EQ(all.told.gaps[0].to, target.through);
    EXPECT_EQ(all.told.records.front().position, target.through + 1);
  }
}

// The first block of all, the one behind it, and the first behind the second checkpoint.
INSTANTIATE_TEST_SUITE_P(Places, DamagedTargetTest,
                         ::testing::Values(5000, kSealedRecords + 5000, kCheckpointRecords + 5000));

}  // namespace
}  // namespace fantail::tape
