// FeedServer and wants: fresh, resumed, backfilled, changed, refused.
#include "fantail/feed/digest.h"
#include "tests/unit/feed/server_fixture.h"

namespace fantail::feed {
namespace {

using Positions = std::vector<uint64_t>;

wire::Start Resume(uint64_t after) {
  return {.after = {after}, .kind = wire::StartKind::kResume};
}
wire::Start BackfillOf(uint64_t after, uint64_t through) {
  return {.after = {after}, .through = {through}, .kind = wire::StartKind::kBackfill};
}

class WantTest : public ServerFixture {
 protected:
  WantTest() { options.window_messages = 4096; }

  uint64_t DigestOf(std::initializer_list<const char*> names) const {
    uint64_t digest = 0;
    for (const char* name : names) {
      digest += DigestFactor(name) * topics.at(name).second.value;
    }
    return digest;
  }
};

TEST_F(WantTest, AFreshTopicComesAsNameImageHaveAndThenEveryTick) {
  Start();
  Publish("AAPL", 3);
  Publish("MSFT", 2);
  Join("desk", {"A*"});
  EXPECT_EQ(To("desk").Kinds(), "welcome names image have");
  const wire::Image image = To("desk").Last<wire::Image>();
  ASSERT_EQ(image.heads.size(), 1u);
  EXPECT_EQ(image.heads[0].sequence, Sequence{3});
  EXPECT_EQ(image.at, Position{5});
  EXPECT_EQ(To("desk").Last<wire::Have>().at, Position{5});
  Publish("AAPL");
  Publish("MSFT");
  Turn();
  EXPECT_EQ(To("desk").Positions(), Positions{6});
}

TEST_F(WantTest, ATopicThatIsBornLaterComesFromItsFirstTick) {
  Start();
  Join("desk", {"A*"});
  Publish("AAPL", 2);
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have names batch");
  EXPECT_EQ(To("desk").Positions(), (Positions{1, 2}));
}

TEST_F(WantTest, AResumeComesFromTheRingWithoutAnImage) {
  Start();
  Publish("AAPL", 3);
  Publish("MSFT", 2);
  Publish("AAPL", 2);
  Hello("desk");
  Want("desk", {"A*"}, Resume(2));
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome names batch have");
  EXPECT_EQ(To("desk").Positions(), (Positions{3, 6, 7}));
  EXPECT_EQ(To("desk").Last<wire::Batch>().replay, wire::Replay::kResumed);
}

TEST_F(WantTest, AResumeFromBeforeTheRingGetsAGapAndTheImage) {
  options.ring_bytes = 1;  // the smallest: two chunks of 1,024 records
  Start();
  Publish("AAPL", 5000);
  Hello("desk");
  Want("desk", {"A*"}, Resume(10));
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome gap names image have");
  const wire::Gap gap = To("desk").Last<wire::Gap>();
  EXPECT_EQ(gap.from, Position{10});
  EXPECT_EQ(gap.to, Position{5000});
  EXPECT_EQ(gap.reason, static_cast<uint8_t>(GapReason::kNotHeld));
}

// A gateway takes a replay through P for all of its interest through P.
TEST_F(WantTest, TheImagesOfWhatIsLostComeBeforeAReplayOfTheRest) {
  options.ring_bytes = 1;
  Start();
  Publish("AAPL", 3000);
  Publish("BAC", 100);
  Hello("gateway");
  wire::TextListBuilder texts;
  texts.Add("A*");
  texts.Add("B*");
  const std::vector<wire::Start> starts = {Resume(10), Resume(3000)};
  From("gateway", wire::Want{.version = 1, .epoch = kEpoch, .add = texts.list(), .starts = starts});
  Turn();
  EXPECT_EQ(To("gateway").Kinds(), "welcome gap names image batch have");
}

// Every record of one topic, some at a time.
class FakeArchive final : public Archive {
 public:
  class Reader final : public ArchiveReader {
   public:
    explicit Reader(FakeArchive* archive) : archive_(archive) {}
    std::optional<Position> Scan(Position after,
                                 const std::function<bool(const wire::Record&)>& fn) override {
      if (after >= archive_->end) return std::nullopt;
      const Position until = std::min(archive_->end, Position{after.value + 700});
      for (Position at = after + 1; at <= until; at = at + 1) {
        wire::Tick tick = testing::Trade(0, static_cast<uint32_t>(at.value));
        if (!fn({at, tick})) break;
      }
      return until;
    }

   private:
    FakeArchive* const archive_;
  };
  Position begin() const override { return from; }
  std::unique_ptr<ArchiveReader> Open() override {
    return most == 0 ? nullptr : std::make_unique<Reader>(this);
  }

  int most = 16;
  Position from;
  Position end;
};

class ArchiveTest : public WantTest {
 protected:
  ArchiveTest() { options.ring_bytes = 1; }  // the smallest: two chunks of 1,024 records
  void Run(wire::Start start) {
    Start();
    server->SetArchive(&archive);
    Publish("AAPL", 5000);
    Hello("desk");
    Want("desk", {"A*"}, start);
    Turn();
  }
  FakeArchive archive;
};

TEST_F(ArchiveTest, AResumeFromBeforeTheRingComesFromTheArchive) {
  archive.end = Position{4500};
  Run(Resume(10));
  EXPECT_EQ(To("desk").Count<wire::Gap>() + To("desk").Count<wire::Image>(), 0u);
  const Positions got = To("desk").Positions();
  ASSERT_EQ(got.size(), 4990u);
  for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], 11 + i);
}

TEST_F(ArchiveTest, AResumeFromBeforeTheArchiveGetsAGapAndTheImage) {
  archive.from = Position{11};
  archive.end = Position{4500};
  Run(Resume(10));
  EXPECT_EQ(To("desk").Kinds(), "welcome gap names image have");
}

TEST_F(ArchiveTest, WhatTheArchiveLacksAfterAllIsAGap) {
  archive.end = Position{2000};
  Run(Resume(10));
  EXPECT_EQ(To("desk").Positions().back(), 2000u);
  const wire::Gap gap = To("desk").Last<wire::Gap>();
  EXPECT_EQ(gap.from, Position{2000});
  EXPECT_EQ(gap.to, Position{5000});
  EXPECT_EQ(To("desk").Count<wire::Image>(), 1u);
}

TEST_F(ArchiveTest, ABackfillReachesNoFurtherThanTheRing) {
  archive.end = Position{4500};
  Run(BackfillOf(100, 4000));
  EXPECT_TRUE(To("desk").Last<wire::Gap>().backfill);
  EXPECT_EQ(To("desk").Last<wire::Gap>().to, server->state()->ring().dropped_through());
  EXPECT_EQ(To("desk").Positions().front(), server->state()->ring().dropped_through().value + 1);
}

TEST_F(ArchiveTest, WhoeverCannotReadItYetWaitsAndMissesNothing) {
  archive.end = Position{4500};
  archive.most = 0;
  Run(Resume(10));
  EXPECT_EQ(To("desk").Count<wire::Have>(), 0u);
  archive.most = 1;
  Turn();
  EXPECT_EQ(To("desk").Positions().size(), 4990u);
  EXPECT_EQ(To("desk").Count<wire::Gap>(), 0u);
}

TEST_F(WantTest, ABookmarkBeyondThePublishersHeadIsRefused) {
  Start();
  Publish("AAPL", 3);
  Hello("desk");
  Want("desk", {"A*"}, Resume(4));
  EXPECT_EQ(To("desk").Last<wire::Refused>().code, wire::RefusedCode::kBookmark);
  EXPECT_EQ(server->session_count(), 0u);
}

TEST_F(WantTest, ABookmarkAtThePublishersHeadIsGood) {
  Start();
  Publish("AAPL", 3);
  Hello("desk");
  Want("desk", {"A*"}, Resume(3));
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome names have");
}

TEST_F(WantTest, ABackfillBringsImageLiveAndTheOlderRecordsBesides) {
  Start();
  Publish("AAPL", 6);
  Hello("gateway");
  Want("gateway", {"A*"}, BackfillOf(1, 4));
  Turn();
  EXPECT_EQ(To("gateway").Kinds(), "welcome names image batch have");
  EXPECT_EQ(To("gateway").Positions(), (Positions{2, 3, 4}));
  EXPECT_EQ(To("gateway").Last<wire::Batch>().replay, wire::Replay::kBackfill);
}

TEST_F(WantTest, ABackfillWithoutABoundReachesToTheHead) {
  Start();
  Publish("AAPL", 6);
  Hello("gateway");
  Want("gateway", {"A*"}, BackfillOf(4, 0));
  Turn();
  EXPECT_EQ(To("gateway").Positions(), (Positions{5, 6}));
}

TEST_F(WantTest, ABackfillOfWhatIsNoLongerHeldSaysHowFarItReaches) {
  options.ring_bytes = 1;
  Start();
  Publish("AAPL", 3000);
  Hello("gateway");
  Want("gateway", {"A*"}, BackfillOf(0, 0));
  Turn();
  EXPECT_EQ(To("gateway").Kinds(), "welcome gap names image batch batch have");
  const wire::Gap gap = To("gateway").Last<wire::Gap>();
  EXPECT_TRUE(gap.backfill);
  EXPECT_EQ(gap.from, Position{0});
  EXPECT_EQ(gap.to, Position{1024});
  EXPECT_EQ(To("gateway").Positions().front(), 1025u);
}

TEST_F(WantTest, ABackfillSaysWhatHasLeftTheRingSinceItBegan) {
  options.ring_bytes = 1;
  options.window_messages = 3;
  Start();
  Join("gateway", {"A*"});
  Ack("gateway");
  Publish("AAPL", 1500);
  Turn();
  Want("gateway", {"A*"}, BackfillOf(0, 1500));
  Turn();
  ASSERT_EQ(To("gateway").Kinds(), "welcome have names batch batch");
  Publish("AAPL", 2000);
  while (To("gateway").Count<wire::Have>() < 2) {
    Ack("gateway");
    Turn();
  }
  EXPECT_TRUE(To("gateway").Last<wire::Gap>().backfill);
  EXPECT_EQ(To("gateway").Last<wire::Gap>().to, server->state()->ring().dropped_through());
}

// The image that follows a gap is no place for older records to join: not all between is here.
TEST_F(WantTest, ABackfillComesToNothingIfWhatIsLiveGetsAGapMeanwhile) {
  options.window_messages = 3;
  Start();
  Publish("AAPL", 100);
  Hello("gateway");
  Want("gateway", {"A*"}, BackfillOf(0, 0));
  Turn();
  ASSERT_EQ(To("gateway").Kinds(), "welcome names image");
  server->AddGap({.from = {100}, .to = {120}, .patterns = testing::P({"*"})});
  head = Position{120};
  Publish("AAPL");
  while (To("gateway").Count<wire::Have>() == 0) {
    Ack("gateway");
    Turn();
  }
  const wire::Gap gap = To("gateway").Last<wire::Gap>();
  EXPECT_TRUE(gap.backfill);
  EXPECT_EQ(gap.from, Position{0});
  EXPECT_EQ(gap.to, Position{121});
}

TEST_F(WantTest, AResumeOfWhatTheSessionHasIsNoGapHoweverOldItIs) {
  options.ring_bytes = 1;
  Start();
  Join("desk", {"A*"});
  Publish("AAPL", 5000);
  Turn();
  To("desk").Clear();
  Want("desk", {"AAPL"}, Resume(10));
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "have");
}

TEST_F(WantTest, WideningSendsNothingAnewOfWhatTheSessionHas) {
  Start();
  Publish("AAPL", 2);
  Publish("AIG", 2);
  Join("desk", {"AAPL"});
  To("desk").Clear();
  Want("desk", {"A*"});
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "names image have");
  ASSERT_EQ(To("desk").Last<wire::Image>().heads.size(), 1u);
  EXPECT_EQ(To("desk").Last<wire::Image>().heads[0].topic, topics["AIG"].first);
}

TEST_F(WantTest, WhatIsRemovedStops) {
  Start();
  Join("desk", {"A*", "B*"});
  From("desk",
       wire::Want{
           .version = 9, .epoch = kEpoch, .remove = wire::TextList(std::string_view("B*\0", 3))});
  Turn();
  Publish("AAPL");
  Publish("BAC");
  Turn();
  EXPECT_EQ(To("desk").Positions(), Positions{1});
  EXPECT_EQ(To("desk").Last<wire::Have>().version, 9u);
}

TEST_F(WantTest, AWantInPartsIsOneChange) {
  Start();
  Hello("desk");
  Want("desk", {"A*"}, {.kind = wire::StartKind::kFresh}, /*more=*/true);
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome");
  Want("desk", {"B*"});
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have");
  EXPECT_EQ(Find("desk")->interest.patterns().size(), 2u);
}

TEST_F(WantTest, SessionsOfEqualInterestShareTheBytesOfEveryMessage) {
  Start();
  Join("a", {"A*", "AAPL"});
  Join("b", {"A*"});
  Publish("AAPL", 5);
  Turn();
  EXPECT_EQ(server->state()->groups().size(), 1u);
  EXPECT_EQ(To("a").messages().back().bytes().data(), To("b").messages().back().bytes().data());
}

TEST_F(WantTest, WhatIsNotAllowedHereIsRefusedByNameAndTheRestFlows) {
  options.allow = testing::P({"B*"});
  Start();
  Join("desk", {"AAPL", "BAC", "*"});
  const wire::Have have = To("desk").Last<wire::Have>();
  EXPECT_EQ(have.refused.bytes(), std::string_view("AAPL\0*\0", 7));
  EXPECT_EQ(have.reason, "hq allows only B*");
  Publish("AAPL");
  Publish("BAC");
  Turn();
  EXPECT_EQ(To("desk").Positions(), Positions{2});
}

TEST_F(WantTest, RefusalsOfAnyNumberAreToldInMessagesThatFit) {
  options.allow = testing::P({"B*"});
  Start();
  Hello("desk");
  const size_t count = 3000;
  for (size_t sent = 0; sent < count; sent += 500) {
    wire::TextListBuilder texts;
    for (size_t i = 0; i < 500; ++i) texts.Add(std::string(50, 'A') + std::to_string(sent + i));
    From("desk", wire::Want{.version = 1,
                            .epoch = kEpoch,
                            .add = texts.list(),
                            .starts = std::vector<wire::Start>(
                                500, wire::Start{.kind = wire::StartKind::kFresh}),
                            .more = sent + 500 < count});
  }
  Turn();
  size_t refused = 0;
  for (const wire::Have& have : To("desk").All<wire::Have>()) refused += have.refused.Count();
  EXPECT_EQ(refused, count);
  EXPECT_FALSE(To("desk").Last<wire::Have>().more);
}

TEST_F(WantTest, TooManyPatternsEndTheSession) {
  options.max_patterns = 3;
  Start();
  Join("desk", {"A", "B"});
  Want("desk", {"C", "D"});
  EXPECT_EQ(To("desk").Last<wire::Goodbye>().reason, "too many patterns");
  EXPECT_EQ(server->counters().bad_messages, 1u);
}

TEST_F(WantTest, AWantThatNeverEndsDoesNotGrowWithoutBound) {
  options.max_patterns = 3;
  options.allow = testing::P({"B*"});
  Start();
  Hello("refused");
  for (int i = 0; i < 4; ++i) {
    Want("refused", {"A"}, {.kind = wire::StartKind::kFresh}, /*more=*/true);
  }
  EXPECT_EQ(To("refused").Last<wire::Goodbye>().reason, "too many patterns");
  Hello("removed");
  for (int i = 0; i < 4; ++i) {
    From("removed", wire::Want{.version = 1,
                               .epoch = kEpoch,
                               .remove = wire::TextList(std::string_view("B*\0", 3)),
                               .more = true});
  }
  EXPECT_EQ(To("removed").Last<wire::Goodbye>().reason, "too many patterns");
}

TEST_F(WantTest, TooManyChangesAtOnceEndTheSession) {
  Start();
  Hello("desk");
  for (int i = 0; i < 17; ++i) Want("desk", {"A"});
  EXPECT_EQ(To("desk").Last<wire::Goodbye>().reason, "too many wants at once");
}

TEST_F(WantTest, AProofComesEveryFiveSecondsAndHoldsTheDigestOfWhatIsWanted) {
  Start();
  Publish("AAPL", 3);
  Publish("MSFT", 9);
  Join("desk", {"A*"});
  Publish("AIG", 2);
  Pass(std::chrono::milliseconds(5200), {"desk"});
  ASSERT_EQ(To("desk").Count<wire::Proof>(), 1u);
  EXPECT_EQ(To("desk").Last<wire::Proof>().digest, DigestOf({"AAPL", "AIG"}));
  EXPECT_EQ(To("desk").Last<wire::Proof>().version, version);
}

TEST_F(WantTest, TheEndComesBehindAProofAndIsWaitedFor) {
  Start();
  Join("desk", {"A*"});
  Publish("AAPL", 3);
  server->End(head);
  Turn();
  EXPECT_EQ(To("desk").Kinds(), "welcome have names batch proof end");
  EXPECT_EQ(To("desk").Last<wire::End>().at, Position{3});
  EXPECT_FALSE(server->EverybodyHasAcknowledged());
  Ack("desk");
  EXPECT_TRUE(server->EverybodyHasAcknowledged());
}

TEST_F(WantTest, ALatecomerToAnEndedFeedGetsItsImagesAndTheEnd) {
  Start();
  Publish("AAPL", 3);
  server->End(head);
  Turn();
  Join("late", {"A*"});
  EXPECT_EQ(To("late").Kinds(), "welcome names image have proof end");
}

TEST_F(WantTest, AQuietInterestsBookmarkMovesOnWithEachPing) {
  Start();
  Join("desk", {"A*"});
  Publish("MSFT", 5);
  Turn();
  Ping("desk");
  const wire::Batch batch = To("desk").Last<wire::Batch>();
  EXPECT_TRUE(batch.ticks.empty());
  EXPECT_EQ(batch.through, Position{5});
}

TEST_F(WantTest, SomebodyHasWhatIsAcknowledgedOnly) {
  Start();
  Hello("desk");
  Want("desk", {"A*"});
  EXPECT_FALSE(server->SomebodyHas(Pattern("AAPL")));
  Turn();
  EXPECT_TRUE(server->SomebodyHas(Pattern("AAPL")));
  EXPECT_FALSE(server->SomebodyHas(Pattern("*")));
}

TEST_F(WantTest, ABackfillWithinWhatTheSameChangeAddsIsNoInterestOfItsOwn) {
  Start();
  Publish("AAPL", 3);
  Hello("gateway");
  wire::TextListBuilder texts;
  texts.Add("A*");
  texts.Add("AAPL");
  const std::vector<wire::Start> starts = {Resume(3), BackfillOf(1, 3)};
  From("gateway", wire::Want{.version = 1, .epoch = kEpoch, .add = texts.list(), .starts = starts});
  Turn();
  EXPECT_EQ(Find("gateway")->patterns.size(), 1u);
  EXPECT_TRUE(Find("gateway")->patterns.contains(Pattern("A*")));
}

}  // namespace
}  // namespace fantail::feed
