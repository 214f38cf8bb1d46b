// Several tapes as one feed.
#include "tests/unit/tools/fantail-replay/player_fixture.h"

namespace fantail::replay {
namespace {

TEST_F(PlayerTest, SeveralTapesAreMergedByTimeAndTheFirstComesFirst) {
  Tape("a").Tick("A", 0).Tick("A", 20).Tick("A", 40);
  Tape("b").Tick("B", 10).Tick("B", 20).Tick("C", 50);
  Start({"a", "b"});
  PlayAll();
  EXPECT_EQ(Ticks(), "A1 B1 A2 B2 A3 C1");
  EXPECT_EQ(Positions(), "1 2 3 4 5 6");
}

TEST_F(PlayerTest, TopicsOfOneNameAreOneTopicWithConsecutiveSequences) {
  Tape("a").Tick("X", 0).Tick("A", 20).Tick("A", 40);
  Tape("b").Tick("A", 10).Tick("A", 30);
  Start({"a", "b"});
  PlayAll();
  EXPECT_EQ(Ticks(), "X1 A1 A2 A3 A4");
  EXPECT_TRUE(told.gaps.empty());
}

TEST_F(PlayerTest, ATopicOfSeveralTapesBeginsWhereTheFirstStandsAndAHoleStaysAHole) {
  Tape("a").Skip("A", 100).Tick("A", 0).Tick("A", 20);
  Tape("b").Skip("A", 500).Tick("A", 10).Gap("A", 3).Tick("A", 30);
  Start({"a", "b"});
  PlayAll();
  EXPECT_EQ(Ticks(), "A101 A102 A103 A107");
  ASSERT_EQ(told.gaps.size(), 1u);
  EXPECT_EQ(told.gaps[0].to - told.gaps[0].from, 3u);
}

TEST_F(PlayerTest, AGapOfOneTapeIsNoneOfTheOthersTopics) {
  {
    TapeText tape = Tape("a");
    tape.Tick("A", 0).Tick("B", 0);
  }
  {
    TapeText tape = Tape("b");
    tape.Tick("C", 5).Gap("*", 3).Tick("C", 30);
  }
  Start({"a", "b"});
  PlayAll();
  ASSERT_EQ(told.gaps.size(), 1u);
  EXPECT_EQ(told.gaps[0].patterns, std::vector{Pattern("C")});
}

TEST_F(PlayerTest, ASeekInSeveralTapesGivesTheImagesOfAll) {
  Tape("a").Tick("A", 0).Tick("A", 1000).Tick("A", 2000);
  Tape("b").Tick("B", 500).Tick("B", 1500).Tick("B", 2500);
  Start({"a", "b"});
  Pass(Nanos(0));
  Forget();
  player->SeekBy(milliseconds(1200), now);
  EXPECT_EQ(told.images.size(), 2u);
  PlayAll();
  EXPECT_EQ(Ticks(), "B2 A3 B3");
}

TEST_F(PlayerTest, AnEpochOfOneTapeKeepsWhatTheOthersHave) {
  std::filesystem::create_directory(Path("folder"));
  { TapeText(Path("folder/1.tape"), {5}).Tick("A", 0); }
  { TapeText(Path("folder/2.tape"), {6}).Tick("C", 1000); }
  Tape("b").Tick("B", 500).Tick("B", 1500);
  Start({"folder", "b"});
  PlayAll();
  EXPECT_EQ(told.epochs.size(), 2u);
  EXPECT_EQ(Ticks(), "A1 B1 C1 B2");
  EXPECT_EQ(Positions(), "1 2 1 2");
  ASSERT_EQ(told.images.size(), 1u);
  EXPECT_EQ(told.topics[told.images[0].topic], "B");
}

TEST_F(PlayerTest, APositionOfSeveralTapesIsAnError) {
  Tape("a").Tick("A", 0);
  Tape("b").Tick("B", 0);
  options.from = *ParsePlace("#2", options.zone);
  EXPECT_EQ(TryStart({"a", "b"}).message(),
            "--from: a position is one tape's, and these are several; write a time or a "
            "percentage");
}

}  // namespace
}  // namespace fantail::replay
