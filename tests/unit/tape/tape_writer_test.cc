// A folder of segments: written as it comes, sealed on the way, continued after any end.
#include "fantail/tape/tape_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

constexpr uint64_t kSeed = 11;
constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

std::unique_ptr<TapeWriter> MustOpen(TapeWriter::Options options) {
  auto writer = TapeWriter::Open(std::move(options));
  EXPECT_TRUE(writer.ok()) << writer.status();
  return writer.ok() ? *std::move(writer) : nullptr;
}

size_t CountFiles(const std::string& folder, const std::string& suffix) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    count += entry.path().extension() == suffix;
  }
  return count;
}

TEST(TapeWriter, WhatIsCommittedCanBeReadWhileTheWriterIsAtWork) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  auto writer = MustOpen({.folder = folder.path()});
  writer->OnNewEpoch({5}, false);
  feed.TellNames(writer.get());
  std::vector<wire::Record> all;
  for (int i = 0; i < 100; ++i) {
    const auto records = feed.Next(7);
    all.insert(all.end(), records.begin(), records.end());
    writer->OnRecords(records);
    ASSERT_TRUE(writer->Commit(kNow).ok());
  }
  EXPECT_TRUE(Read(folder.path()).told.records == all);
}

TEST(TapeWriter, SealsFullSegmentsAndTheTapeReadsAsOne) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  std::vector<wire::Record> all;
  {
    auto writer = MustOpen({.folder = folder.path(), .segment_bytes = 300'000});
    writer->OnNewEpoch({5}, true);
    feed.TellNames(writer.get());
    for (int i = 0; i < 50; ++i) {
      const auto records = feed.Next(1000);
      all.insert(all.end(), records.begin(), records.end());
      writer->OnRecords(records);
      ASSERT_TRUE(writer->Commit(kNow).ok());
    }
    ASSERT_TRUE(writer->Close().ok());
    EXPECT_TRUE(writer->TakeProblems().empty());
  }
  EXPECT_EQ(CountFiles(folder.path(), ".active"), 1u);
  EXPECT_GE(CountFiles(folder.path(), ".tape"), 5u);
  const ReadAll read = Read(folder.path());
  EXPECT_TRUE(read.damage.empty());
  EXPECT_TRUE(read.told.gaps.empty());
  EXPECT_TRUE(read.told.records == all);
  EXPECT_EQ(read.told.epochs.size(), 1u);
}

TEST(TapeWriter, ContinuesWhereTheLastOneEndedHoweverOften) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  std::vector<wire::Record> all;
  for (int run = 0; run < 6; ++run) {
    auto writer = MustOpen({.folder = folder.path(), .seal_at_close = run % 2 == 0});
    EXPECT_EQ(writer->state().through(), Position{all.size()});
    EXPECT_EQ(writer->last_run().known, run > 0);
    EXPECT_EQ(writer->last_run().closed, run > 0);
    if (run == 0) {
      writer->OnNewEpoch({5}, false);
      feed.TellNames(writer.get());
    }
    EXPECT_EQ(writer->state().topics().size(), 20u);
    if (run == 3) continue;  // a run in which nothing came
    const auto records = feed.Next(500);
    all.insert(all.end(), records.begin(), records.end());
    writer->OnRecords(records);
    ASSERT_TRUE(writer->Commit(kNow).ok());
  }
  const ReadAll read = Read(folder.path());
  EXPECT_TRUE(read.damage.empty());
  EXPECT_TRUE(read.told.records == all);
}

TEST(TapeWriter, WhoeverReadsTheTapeMissesNothingOfWhatIsSealedMeanwhile) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  std::vector<wire::Record> all = feed.Next(500);
  {
    auto writer = MustOpen({.folder = folder.path()});
    writer->OnNewEpoch({5}, false);
    feed.TellNames(writer.get());
    writer->OnRecords(all);
  }
  auto reader = TapeReader::Open(folder.path());
  ASSERT_TRUE(reader.ok()) << reader.status();
  TapeState state;
  ASSERT_TRUE((*reader)->SeekRecord(400, &state).ok());
  {
    // The next writer seals what the last one left once it writes itself.
    auto writer = MustOpen({.folder = folder.path()});
    EXPECT_EQ(CountFiles(folder.path(), ".active"), 1u);
    const auto more = feed.Next(10);
    writer->OnRecords(more);
    ASSERT_TRUE(writer->Commit(kNow).ok());
    ASSERT_TRUE(writer->Close().ok());
  }
  ASSERT_EQ((*reader)->segments().front().path.substr(folder.path().size()),
            "/0000000000000005-00000000000000000000.active");
  EXPECT_FALSE(std::filesystem::exists((*reader)->segments().front().path));
  for (const size_t number : {300, 100}) {
    ASSERT_TRUE((*reader)->SeekRecord(number, &state).ok());
    EXPECT_EQ(state.through(), Position{number});
  }
  (*reader)->Rewind();
  Told told;
  while ((*reader)->Next(&told) == TapeReader::Result::kBlock) continue;
  EXPECT_TRUE(told.records == all);
}

TEST(TapeWriter, ATornLastBlockIsLeftOutAndWrittenOver) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  const auto first = feed.Next(100);
  {
    auto writer = MustOpen({.folder = folder.path()});
    writer->OnNewEpoch({5}, false);
    feed.TellNames(writer.get());
    writer->OnRecords(std::span(first).first(60));
    ASSERT_TRUE(writer->Commit(kNow).ok());
    writer->OnRecords(std::span(first).subspan(60));
    ASSERT_TRUE(writer->Commit(kNow).ok());
  }
  const std::string path = (*TapeReader::Open(folder.path()))->segments().back().path;
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5);
  {
    auto writer = MustOpen({.folder = folder.path()});
    EXPECT_EQ(writer->state().through(), Position{60});
    writer->OnRecords(std::span(first).subspan(60));
    ASSERT_TRUE(writer->Commit(kNow).ok());
    ASSERT_TRUE(writer->Close().ok());
  }
  const ReadAll read = Read(folder.path());
  for (const Damage& damage : read.damage) ADD_FAILURE() << damage.Describe();
  EXPECT_TRUE(read.told.records == first);
}

TEST(TapeWriter, ASegmentThatNothingWasCommittedToIsLeftForTheNextRunToReplace) {
  TempFolder folder;
  const std::string killed = folder / "killed";
  const std::string writing = folder / "writing";
  MadeUpFeed feed(kSeed);
  const auto records = feed.Next(10);
  {
    auto writer = MustOpen({.folder = writing});
    writer->OnNewEpoch({5}, false);
    feed.TellNames(writer.get());
    writer->OnRecords(records);
    std::filesystem::copy(writing, killed);  // as kill -9 leaves it
  }
  // To seal it would be to delete, by its name, the segment that takes its place meanwhile.
  ASSERT_TRUE(MustOpen({.folder = killed})->Close().ok());
  EXPECT_EQ(CountFiles(killed, ".active"), 1u);
  EXPECT_EQ(CountFiles(killed, ".tape"), 0u);
  auto writer = MustOpen({.folder = killed});
  writer->OnRecords(records);
  ASSERT_TRUE(writer->Commit(kNow).ok());
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_TRUE(Read(killed).told.records == records);
}

TEST(TapeWriter, ANewEpochIsASegmentOfItsOwn) {
  TempFolder folder;
  {
    auto writer = MustOpen({.folder = folder.path()});
    for (uint64_t epoch : {5, 9}) {
      MadeUpFeed feed(epoch);
      writer->OnNewEpoch({epoch}, false);
      feed.TellNames(writer.get());
      writer->OnRecords(feed.Next(100));
      ASSERT_TRUE(writer->Commit(kNow).ok());
    }
  }
  const ReadAll read = Read(folder.path());
  EXPECT_EQ(read.told.epochs, (std::vector<Epoch>{{5}, {9}}));
  EXPECT_EQ(read.told.records.size(), 200u);
}

TEST(TapeWriter, ASecondWriterIsKeptOut) {
  TempFolder folder;
  auto writer = MustOpen({.folder = folder.path()});
  const auto second = TapeWriter::Open({.folder = folder.path()});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find("another program is writing"), std::string::npos);
}

TEST(TapeWriter, AnAbandonedTapeSaysSoToTheNextWriter) {
  TempFolder folder;
  {
    auto writer = MustOpen({.folder = folder.path()});
    writer->OnNewEpoch({5}, false);
    ASSERT_TRUE(writer->Abandon().ok());
  }
  EXPECT_TRUE(MustOpen({.folder = folder.path()})->last_run().incomplete);
}

TEST(TapeWriter, KeepsNoMoreThanItWasTold) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  {
    auto writer =
        MustOpen({.folder = folder.path(), .segment_bytes = 100'000, .keep_bytes = 60'000});
    writer->OnNewEpoch({5}, true);
    feed.TellNames(writer.get());
    for (int i = 0; i < 100; ++i) {
      writer->OnRecords(feed.Next(1000));
      ASSERT_TRUE(writer->Commit(kNow).ok());
    }
    ASSERT_TRUE(writer->Close().ok());
  }
  const ReadAll read = Read(folder.path());
  ASSERT_FALSE(read.told.records.empty());
  EXPECT_EQ(read.told.records.back().position, Position{100'000});
  EXPECT_LT(read.told.records.size(), 50'000u);
  // The oldest that is left stands alone.
  EXPECT_EQ(read.told.images.size(), 20u);
  EXPECT_TRUE(read.told.gaps.empty());
}

}  // namespace
}  // namespace fantail::tape
