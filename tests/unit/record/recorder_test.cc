// The recorder: what a session brings is on the tape once, in order, with its gaps.
#include "tools/fantail-record/recorder.h"

#include <gtest/gtest.h>

#include "tests/unit/tape/tape_support.h"

namespace fantail::record {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    tape = *tape::TapeWriter::Open({.folder = folder.path()});
    recorder = std::make_unique<Recorder>(
        tape.get(), [this](const std::string& line) { said.push_back(line); });
    recorder->OnNewEpoch({5}, false);
    feed.TellNames(recorder.get());
  }

  tape::Told OnTape() {
    EXPECT_TRUE(tape->Commit(kNow).ok());
    return tape::Read(folder.path()).told;
  }

  tape::TempFolder folder;
  tape::MadeUpFeed feed{3};
  std::unique_ptr<tape::TapeWriter> tape;
  std::vector<std::string> said;
  std::unique_ptr<Recorder> recorder;
};

TEST_F(RecorderTest, WritesNothingBeforeTheFirstHave) {
  recorder->OnRecords(feed.Next(10));
  recorder->OnThrough({10});
  EXPECT_TRUE(tape->Commit(kNow).ok());
  EXPECT_FALSE(tape::TapeReader::Open(folder.path()).ok());
}

TEST_F(RecorderTest, BeginsWithTheImagesAndWhatCameBesideThem) {
  (void)feed.Next(100);
  recorder->OnImage({.topic = {3}, .sequence = {9}});
  const auto early = feed.Next(5);  // positions 101 to 105: live, while other images still come
  recorder->OnRecords(early);
  recorder->OnHave({.version = 1, .at = {104}, .refused = {}, .reason = {}});
  recorder->OnThrough({105});
  const tape::Told told = OnTape();
  EXPECT_EQ(told.images.size(), 1u);
  EXPECT_TRUE(told.records == early);
  EXPECT_EQ(told.through, Position{105});
}

TEST_F(RecorderTest, PutsWhatIsResumedInItsPlaceAmongWhatIsLive) {
  recorder->OnHave({.version = 1, .at = {}, .refused = {}, .reason = {}});
  const auto all = feed.Next(20);
  recorder->OnRecords(std::span(all).subspan(10));
  recorder->OnRecords(std::span(all).first(10));
  recorder->OnThrough({20});
  EXPECT_TRUE(OnTape().records == all);
}

TEST_F(RecorderTest, KeepsBackWhatIsAheadOfWhatIsComplete) {
  recorder->OnHave({.version = 1, .at = {}, .refused = {}, .reason = {}});
  const auto all = feed.Next(20);
  recorder->OnRecords(all);
  recorder->OnThrough({12});
  EXPECT_EQ(OnTape().records.size(), 12u);
  recorder->OnThrough({20});
  EXPECT_TRUE(OnTape().records == all);
}

TEST_F(RecorderTest, WritesAGapWithAllItsPatternsAndSaysSo) {
  recorder->OnHave({.version = 1, .at = {}, .refused = {}, .reason = {}});
  recorder->OnRecords(feed.Next(10));
  recorder->OnThrough({10});
  recorder->OnGap({.from = {10},
                   .to = {15},
                   .patterns = {Pattern("SYM1"), Pattern("SYM2")},
                   .reason = feed::GapReason::kNotHeld});
  (void)feed.Next(5);
  recorder->OnImage({.topic = {1}, .sequence = {9}});
  recorder->OnRecords(feed.Next(5));
  recorder->OnThrough({20});
  const tape::Told told = OnTape();
  ASSERT_EQ(told.gaps.size(), 1u);
  EXPECT_EQ(told.gaps[0].patterns.size(), 2u);
  EXPECT_EQ(told.images.size(), 1u);
  EXPECT_EQ(told.records.size(), 15u);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("positions 11 to 15"), std::string::npos) << said[0];
  EXPECT_EQ(recorder->gaps(), 1u);
}

TEST_F(RecorderTest, TheEndIsOnTheTape) {
  recorder->OnHave({.version = 1, .at = {}, .refused = {}, .reason = {}});
  recorder->OnRecords(feed.Next(10));
  recorder->OnThrough({10});
  recorder->OnEnd({10});
  EXPECT_TRUE(recorder->ended());
  EXPECT_EQ(OnTape().ended, Position{10});
}

}  // namespace
}  // namespace fantail::record
