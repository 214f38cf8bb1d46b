// Where a player begins and ends, where it jumps, and what is damaged on the way.
#include "tests/unit/tools/fantail-replay/player_fixture.h"

namespace fantail::replay {
namespace {

// Ten ticks of A, one a second, and one of B in the middle.
class SeekTest : public PlayerTest {
 protected:
  SeekTest() {
    TapeText tape = Tape();
    for (int i = 0; i < 10; ++i) {
      tape.Tick("A", i * 1000);
      if (i == 4) tape.Tick("B", i * 1000 + 500);
    }
  }
  Place At(const std::string& text) { return *ParsePlace(text, options.zone); }
};

TEST_F(SeekTest, ASeekForthIsANewEpochWithTheImagesOfThatMoment) {
  Start();
  Pass(milliseconds(500));
  Forget();
  player->SeekBy(seconds(5), now);  // to 5.5 s
  ASSERT_EQ(told.epochs.size(), 2u);
  EXPECT_GT(told.epochs[1], told.epochs[0]);
  ASSERT_EQ(told.images.size(), 2u);
  EXPECT_EQ(told.images[0].sequence, Sequence{6});
  EXPECT_EQ(told.images[1].sequence, Sequence{1});
  Pass(milliseconds(500));
  EXPECT_EQ(Ticks(), "A7");
  EXPECT_EQ(Positions(), "1");
}

TEST_F(SeekTest, ASeekBackGoesToThatTimeAndNotToTheNextRecord) {
  Start();
  Pass(milliseconds(8200));
  Forget();
  player->SeekBy(-seconds(5), now);  // to 3.2 s
  EXPECT_EQ(player->tape_time_ns(now), kOpen + 3200 * kMs);
  Pass(milliseconds(799));
  EXPECT_EQ(Ticks(), "");
  Pass(milliseconds(1));
  EXPECT_EQ(Ticks(), "A5");
  player->SeekBy(-seconds(3600), now);
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "A5 A1");
}

TEST_F(SeekTest, ASeekBehindTheEndEndsAndOneBackGoesOn) {
  Start();
  player->SeekBy(seconds(3600), now);
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "A10");
  EXPECT_EQ(player->state(), Player::State::kEnded);
  Forget();
  player->SeekBy(-seconds(1), now);
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "A9");
  EXPECT_EQ(player->state(), Player::State::kPlaying);
}

TEST_F(SeekTest, AShareIsOneOfTheRecordsThatArePlayed) {
  Start();
  player->SeekShare(0.5, now);
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "B1");  // the sixth of eleven
  EXPECT_NEAR(player->share(now), 6.0 / 11, 1e-9);
}

TEST_F(SeekTest, PausedItStaysPaused) {
  Start();
  player->SetPaused(true, now);
  player->SeekShare(0.5, now);
  Pass(seconds(10));
  EXPECT_EQ(Ticks(), "");
  player->Step(now);
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "B1");
}

TEST_F(SeekTest, PlaysFromATimeOfDayAndUpToAnother) {
  options.zone = absl::FixedTimeZone(-4 * 3600);
  options.from = At("09:30:03");
  options.to = At("09:30:06");
  Start();
  EXPECT_EQ(player->left(now), seconds(3));
  PlayAll();
  EXPECT_EQ(Ticks(), "A4 A5 B1 A6");
  EXPECT_EQ(told.images.at(0).sequence, Sequence{3});
}

TEST_F(SeekTest, PlaysFromAPositionAndUpToAnother) {
  options.from = At("#3");
  options.to = At("#5");
  Start();
  PlayAll();
  EXPECT_EQ(Ticks(), "A3 A4");
  EXPECT_EQ(Positions(), "1 2");
}

TEST_F(SeekTest, PlaysAShareAndItsKeysMeanThatShare) {
  options.from = At("50%");
  options.to = At("100%");
  Start();
  PlayAll();
  EXPECT_EQ(Ticks(), "B1 A6 A7 A8 A9 A10");
  Forget();
  player->SeekShare(0, now);
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "B1");
}

TEST_F(SeekTest, ALoopGoesRoundWithinFromAndTo) {
  options.from = At("#3");
  options.to = At("#5");
  options.loop = true;
  options.speed = 0;
  Start();
  for (int i = 0; i < 4; ++i) player->Turn(now, true);
  EXPECT_EQ(Ticks().substr(0, 11), "A3 A4 A3 A4");
}

TEST_F(SeekTest, NothingBetweenFromAndToIsAnError) {
  options.from = At("2030-01-01 00:00");
  const absl::Status status = TryStart();
  EXPECT_EQ(status.message(),
            "there is nothing to play: no wanted record lies between --from and --to");
}

TEST_F(SeekTest, PlaysOnlyTheTopicsThatAreWanted) {
  topics = {Pattern("B*")};
  Start();
  PlayAll();
  EXPECT_EQ(Ticks(), "B1");
  EXPECT_EQ(Positions(), "1");
  EXPECT_EQ(told.topics.size(), 1u);
}

TEST_F(PlayerTest, ARecordedGapIsPassedOnWithItsPositions) {
  Tape().Tick("A", 0).Gap("A", 4).Tick("A", 1000).Tick("B", 2000);
  Start();
  Pass(milliseconds(999));
  // It is told when it begins, not when the next record comes.
  ASSERT_EQ(told.gaps.size(), 1u);
  EXPECT_EQ(told.gaps[0].from, Position{1});
  EXPECT_EQ(told.gaps[0].to, Position{5});
  EXPECT_EQ(told.gaps[0].patterns, std::vector{Pattern("A")});
  PlayAll();
  EXPECT_EQ(Ticks(), "A1 A6 B1");
  EXPECT_EQ(Positions(), "1 6 7");
  EXPECT_EQ(player->gaps(), 1u);
  // The newest that is known, at the sequence that makes the next record its next.
  ASSERT_EQ(told.images.size(), 1u);
  EXPECT_EQ(told.images[0].sequence, Sequence{5});
  EXPECT_EQ(told.images[0].trade.price, 101);
}

TEST_F(PlayerTest, AnImageBehindAGapComesWithTheNextRecord) {
  Tape().Tick("A", 0).Gap("A", 4).Image("A").Tick("A", 1000);
  Start();
  Pass(milliseconds(999));
  EXPECT_EQ(told.gaps.size(), 1u);
  EXPECT_TRUE(told.images.empty());
  PlayAll();
  ASSERT_EQ(told.images.size(), 1u);
  EXPECT_EQ(told.images[0].trade.price, 7777);
  EXPECT_EQ(Ticks(), "A1 A6");
}

TEST_F(PlayerTest, AHoleThatNothingOnTheTapeSaysIsToldAsAGap) {
  Tape().Tick("A", 0).Skip("A", 4).Tick("A", 1000).Tick("B", 2000);
  Start();
  PlayAll();
  ASSERT_EQ(told.gaps.size(), 1u);
  EXPECT_EQ(told.gaps[0].patterns, std::vector{Pattern("A")});
  EXPECT_EQ(Ticks(), "A1 A6 B1");
  EXPECT_EQ(told.images.at(0).sequence, Sequence{5});
}

TEST_F(PlayerTest, ATopicThatBeginsInItsMiddleBeginsWithAnImage) {
  Tape().Skip("A", 4).Tick("A", 0);
  Start();
  PlayAll();
  EXPECT_EQ(Ticks(), "A5");
  EXPECT_TRUE(told.gaps.empty());
  EXPECT_EQ(told.images.at(0).sequence, Sequence{4});
}

TEST_F(PlayerTest, DamageIsToldOnceAsALineAndEachTimeAsAGap) {
  {
    tape::MadeUpFeed feed(11);
    tape::SealedWriter writer(Path(), {}, 42);
    writer.OnNewEpoch({5}, false);
    feed.TellNames(&writer);
    writer.OnRecords(feed.Next(3 * tape::kSealedRecords));
    ASSERT_TRUE(writer.Finish().ok());
  }
  std::string bytes = tape::FileBytes(Path());
  const auto index = (*tape::SegmentReader::Open(Path()))->Index();
  bytes[index[2].offset + tape::kBlockHeaderBytes + 100] ^= 1;
  tape::WriteBytes(Path(), bytes);
  options.speed = 0;
  Start();
  PlayAll();
  EXPECT_EQ(told.records.size(), 2 * tape::kSealedRecords);
  EXPECT_EQ(told.records.back().position, Position{3 * tape::kSealedRecords});
  ASSERT_EQ(told.gaps.size(), 1u);
  EXPECT_EQ(told.gaps[0].to - told.gaps[0].from, tape::kSealedRecords);
  const std::vector<std::string> problems = player->TakeProblems();
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("positions 16385 to 32768 are missing"), std::string::npos);
  EXPECT_EQ(told.ended, Position{3 * tape::kSealedRecords});
  Forget();
  player->SeekShare(0, now);
  PlayAll();
  EXPECT_EQ(told.gaps.size(), 1u);
  EXPECT_TRUE(player->TakeProblems().empty());
}

TEST_F(PlayerTest, AnEpochOfTheTapeIsOneOfTheFeedAndWaitsForItsFirstRecord) {
  std::filesystem::create_directory(Path("folder"));
  { TapeText(Path("folder/1.tape"), {5}).Tick("A", 0).Tick("A", 1); }
  { TapeText(Path("folder/2.tape"), {6}).Tick("B", 1000).Tick("A", 1000); }
  Start({"folder"});
  Pass(milliseconds(999));
  EXPECT_EQ(Ticks(), "A1 A2");
  EXPECT_EQ(told.epochs.size(), 1u);
  Pass(milliseconds(10), /*drained=*/false);
  EXPECT_EQ(told.epochs.size(), 1u);
  PlayAll();
  EXPECT_EQ(told.epochs.size(), 2u);
  EXPECT_EQ(Ticks(), "A1 A2 B1 A1");
  EXPECT_EQ(Positions(), "1 2 1 2");
}

}  // namespace
}  // namespace fantail::replay
