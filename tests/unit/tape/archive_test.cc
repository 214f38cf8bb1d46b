// A journal as its publisher's archive: what has left the ring is read from it while it is written.
#include <gtest/gtest.h>

#include "fantail/tape/tape_archive.h"
#include "fantail/tape/tape_writer.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

constexpr uint64_t kSeed = 12;
constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};
constexpr Epoch kEpoch{5};

class ArchiveTest : public ::testing::Test {
 protected:
  ArchiveTest() : feed(kSeed) {
    writer = *TapeWriter::Open({.folder = folder.path(), .segment_bytes = 300'000});
    writer->OnNewEpoch(kEpoch, false);
    feed.TellNames(writer.get());
  }
  // In blocks of 7.
  void Write(size_t count) {
    for (const size_t end = all.size() + count; all.size() < end;) {
      const auto records = feed.Next(7);
      all.insert(all.end(), records.begin(), records.end());
      writer->OnRecords(records);
      ASSERT_TRUE(writer->Commit(kNow).ok());
    }
  }
  // Reads up to `through`, never more than 1,000 records at a time.
  void ExpectAll(feed::ArchiveReader* reader, Position after, Position through) {
    while (after < through) {
      size_t taken = 0;
      std::optional<Position> stopped;
      const auto read = reader->Scan(after, [&](const wire::Record& record) {
        if (taken == 1000) {
          stopped = Position{record.position.value - 1};
          return false;
        }
        EXPECT_TRUE(record == all[after.value + taken]) << record.position.value;
        ++taken;
        return true;
      });
      ASSERT_TRUE(read.has_value()) << after.value;
      after = stopped.value_or(*read);
    }
  }

  TempFolder folder;
  MadeUpFeed feed;
  std::unique_ptr<TapeWriter> writer;
  std::vector<wire::Record> all;  // at positions 1, 2, ...
};

TEST_F(ArchiveTest, GivesEveryRecordWhileTheTapeGrowsAndIsSealed) {
  TapeArchive archive(folder.path(), kEpoch);
  const auto reader = archive.Open();
  EXPECT_EQ(archive.begin(), Position{0});
  for (int i = 0; i < 10; ++i) {
    Write(7000);
    ExpectAll(reader.get(), {all.size() - 7000}, {all.size()});
    ExpectAll(archive.Open().get(), {all.size() / 3}, {all.size()});
  }
  EXPECT_FALSE(reader->Scan({all.size()}, [](const wire::Record&) { return true; }).has_value());
  Write(7);
  ExpectAll(reader.get(), {all.size() - 7}, {all.size()});
}

TEST_F(ArchiveTest, BeginsWhereTheOldestSegmentDoes) {
  Write(20'000);
  ASSERT_TRUE(writer->Close().ok());
  const auto segments = (*TapeReader::Open(folder.path()))->segments();
  ASSERT_GT(segments.size(), 2u);
  std::filesystem::remove(segments[0].path);
  TapeArchive archive(folder.path(), kEpoch);
  EXPECT_EQ(archive.begin(), segments[1].head.after);
  ExpectAll(archive.Open().get(), archive.begin(), {all.size()});
}

TEST_F(ArchiveTest, NeverStepsOverWhatIsMissing) {
  Write(20'000);
  ASSERT_TRUE(writer->Close().ok());
  const auto segments = (*TapeReader::Open(folder.path()))->segments();
  ASSERT_GT(segments.size(), 2u);
  const Position from = segments[1].head.after;
  const Position to = segments[2].head.after;
  TapeArchive archive(folder.path(), kEpoch);
  std::filesystem::remove(segments[1].path);
  const auto reader = archive.Open();
  ExpectAll(reader.get(), {}, from);
  EXPECT_FALSE(reader->Scan(from, [](const wire::Record&) { return true; }).has_value());
  ExpectAll(reader.get(), to, {all.size()});
}

TEST_F(ArchiveTest, KnowsItsOwnEpochOnly) {
  Write(100);
  writer->OnNewEpoch({6}, false);
  feed.TellNames(writer.get());
  Write(7);
  TapeArchive archive(folder.path(), kEpoch);
  const auto reader = archive.Open();
  ExpectAll(reader.get(), {}, {100});
  EXPECT_FALSE(reader->Scan({105}, [](const wire::Record&) { return true; }).has_value());
}

}  // namespace
}  // namespace fantail::tape
