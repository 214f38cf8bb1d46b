// When a player tells what: pace, pause, steps, idle stretches, the end and the loop.
#include "tests/unit/tools/fantail-replay/player_fixture.h"

namespace fantail::replay {
namespace {

class PaceTest : public PlayerTest {
 protected:
  PaceTest() { Tape().Tick("A", 0).Tick("B", 10).Tick("A", 30).Tick("A", 30); }
};

TEST_F(PaceTest, TellsEachRecordWhenItIsDue) {
  Start();
  EXPECT_FALSE(player->Turn(now, true));
  EXPECT_EQ(Ticks(), "A1");
  EXPECT_EQ(player->next_due(), now + milliseconds(10));
  player->Turn(now + milliseconds(10) - Nanos(1), true);
  EXPECT_EQ(Ticks(), "A1");
  player->Turn(now + milliseconds(10), true);
  EXPECT_EQ(Ticks(), "A1 B1");
  player->Turn(now + milliseconds(30), true);
  EXPECT_EQ(Ticks(), "A1 B1 A2 A3");
}

TEST_F(PaceTest, IsAsFastAsItIsTold) {
  options.speed = 10;
  Start();
  Pass(Nanos(0));
  EXPECT_EQ(player->next_due(), now + milliseconds(1));
  Pass(milliseconds(3));
  EXPECT_EQ(Ticks(), "A1 B1 A2 A3");
}

TEST_F(PaceTest, AtMaxEverythingIsDueAtOnce) {
  options.speed = 0;
  Start();
  EXPECT_FALSE(player->Turn(now, true));
  EXPECT_EQ(Ticks(), "A1 B1 A2 A3");
}

TEST_F(PaceTest, PositionsAreConsecutiveFromOneAndIdsTheTapesOwn) {
  Start();
  PlayAll();
  EXPECT_EQ(Positions(), "1 2 3 4");
  EXPECT_EQ(told.through, Position{4});
  EXPECT_EQ(told.topics[TopicId{3}], "A");
  EXPECT_EQ(told.topics[TopicId{4}], "B");
  EXPECT_EQ(told.venues[VenueId{1}], "XNAS");
}

TEST_F(PaceTest, ChangesOfSpeedCountFromThatMomentOn) {
  Start();
  Pass(milliseconds(5));
  player->Faster(now);
  player->Turn(now, true);
  EXPECT_EQ(player->next_due(), now + Nanos(2'500'000));
  player->Slower(now);
  player->Slower(now);
  player->Turn(now, true);
  EXPECT_EQ(player->next_due(), now + milliseconds(10));
  for (int i = 0; i < 20; ++i) player->Faster(now);
  EXPECT_EQ(player->speed(), kFastest);
  for (int i = 0; i < 40; ++i) player->Slower(now);
  EXPECT_EQ(player->speed(), kSlowest);
}

TEST_F(PaceTest, StandsStillWhilePausedAndGoesOnWhereItWas) {
  Start();
  Pass(milliseconds(4));
  player->SetPaused(true, now);
  Pass(seconds(3600));
  EXPECT_EQ(Ticks(), "A1");
  EXPECT_EQ(player->tape_time_ns(now), kOpen + 4 * kMs);
  player->SetPaused(false, now);
  player->Turn(now, true);
  EXPECT_EQ(player->next_due(), now + milliseconds(6));
}

TEST_F(PaceTest, AStepTellsOneRecordAndPauses) {
  Start();
  Pass(Nanos(0));
  player->Step(now);
  Pass(seconds(10));
  EXPECT_EQ(Ticks(), "A1 B1");
  EXPECT_TRUE(player->paused());
  player->Step(now);
  player->Step(now);
  Pass(seconds(10));
  EXPECT_EQ(Ticks(), "A1 B1 A2 A3");
}

TEST_F(PaceTest, ToldToStartPausedItWaits) {
  options.paused = true;
  Start();
  Pass(seconds(10));
  EXPECT_EQ(Ticks(), "");
  EXPECT_EQ(told.epochs.size(), 1u);
  player->SetPaused(false, now);
  Pass(milliseconds(30));
  EXPECT_EQ(Ticks(), "A1 B1 A2 A3");
}

TEST_F(PaceTest, ItsClockStartsWhenItIsReleased) {
  ASSERT_TRUE(TryStart().ok());
  Pass(seconds(10));
  EXPECT_EQ(Ticks(), "");
  player->Release(now);
  Pass(milliseconds(9));
  EXPECT_EQ(Ticks(), "A1");
}

TEST_F(PaceTest, AfterTheProcessStoodStillNothingComesInABurst) {
  Start();
  Pass(milliseconds(4));
  now += seconds(60);
  player->StoodStill(seconds(60), now);
  player->Turn(now, true);
  EXPECT_EQ(Ticks(), "A1");
  EXPECT_EQ(player->next_due(), now + milliseconds(6));
}

TEST_F(PaceTest, SaysHowLateEachRecordWas) {
  Start();
  player->Turn(now, true);
  player->Turn(now + milliseconds(17), true);
  EXPECT_EQ(player->lateness().count(), 2u);
  EXPECT_EQ(player->lateness().max(), milliseconds(7));
}

TEST_F(PaceTest, TellsTheEndOnceWithTheLastPosition) {
  Start();
  Pass(seconds(1));
  EXPECT_EQ(player->state(), Player::State::kEnded);
  EXPECT_EQ(told.ended, Position{4});
  EXPECT_EQ(player->share(now), 1.0);
  EXPECT_EQ(player->records_left(), 0u);
}

TEST_F(PaceTest, ALoopBeginsAgainAsANewEpochWhenEverybodyHasEverything) {
  options.loop = true;
  Start();
  Pass(milliseconds(50), /*drained=*/false);
  EXPECT_EQ(Ticks(), "A1 B1 A2 A3");
  EXPECT_EQ(told.epochs.size(), 1u);
  EXPECT_TRUE(player->waits_for_sessions());
  Forget();
  Pass(milliseconds(1));
  ASSERT_EQ(told.epochs.size(), 2u);
  EXPECT_GT(told.epochs[1], told.epochs[0]);
  EXPECT_EQ(Ticks(), "A1");
  EXPECT_EQ(Positions(), "1");
  EXPECT_FALSE(told.ended.has_value());
  Pass(milliseconds(100));
  EXPECT_GE(told.epochs.size(), 4u);
}

TEST_F(PlayerTest, ALoopOverNothingEnds) {
  { TapeText empty(Path()); }
  options.loop = true;
  Start();
  Pass(seconds(1));
  EXPECT_EQ(player->state(), Player::State::kEnded);
  EXPECT_EQ(told.ended, Position{0});
}

TEST_F(PlayerTest, ShortensWhatIsIdleOnTheTape) {
  Tape().Tick("A", 0).Tick("A", 3'600'000).Tick("A", 3'600'500);
  options.max_gap = seconds(2);
  Start();
  Pass(seconds(2) - Nanos(1));
  EXPECT_EQ(Ticks(), "A1");
  Pass(Nanos(1));
  EXPECT_EQ(Ticks(), "A1 A2");
  EXPECT_EQ(player->next_due(), now + milliseconds(500));
}

TEST_F(PlayerTest, ARecordOlderThanTheOneBeforeIsDueAtOnce) {
  Tape().Tick("A", 100).Tick("A", 50).Tick("A", 110);
  Start();
  Pass(Nanos(0));
  EXPECT_EQ(Ticks(), "A1 A2");
  EXPECT_EQ(player->next_due(), now + milliseconds(10));
  EXPECT_EQ(player->lateness().max(), Nanos(0));
}

TEST_F(PlayerTest, TimesThatAreCenturiesApartAreWaitedForWithoutHarm) {
  Tape().Tick("A", 0).Tick("A", 7'000'000'000'000);
  options.speed = 0.1;
  Start();
  Pass(seconds(10));
  EXPECT_EQ(Ticks(), "A1");
  EXPECT_GT(*player->next_due(), now + std::chrono::hours(200'000));
}

// What the records are, wherever and whenever they come.
std::vector<wire::Tick> TicksOf(const std::string& path) {
  std::vector<wire::Tick> ticks;
  for (const wire::Record& record : tape::Read(path).told.records) ticks.push_back(record.tick);
  return ticks;
}

TEST_F(PlayerTest, RecordedAgainItIsTheSameAtEverySpeed) {
  {
    tape::MadeUpFeed feed(11);
    tape::SealedWriter writer(Path(), {}, 42);
    writer.OnNewEpoch({5}, false);
    feed.TellNames(&writer);
    writer.OnRecords(feed.Next(50'000));
    ASSERT_TRUE(writer.Finish().ok());
  }
  const std::vector<wire::Tick> original = TicksOf(Path());
  ASSERT_EQ(original.size(), 50'000u);
  for (const double speed : {1.0, 10.0, 0.0}) {
    options.speed = speed;
    tape::SealedWriter again(Path("again.tape"), {}, 43);
    sink = &again;
    Start();
    PlayAll();
    ASSERT_TRUE(again.Finish().ok());
    EXPECT_TRUE(TicksOf(Path("again.tape")) == original) << speed;
  }
}

}  // namespace
}  // namespace fantail::replay
