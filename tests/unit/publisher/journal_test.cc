// The journal: what is published is on it, and a publisher goes on only where that is right.
#include "publisher/journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fantail/tape/tape_reader.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::publisher {
namespace {

class NoLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view, const wire::Message&) override {
    return wire::SendResult::kSent;
  }
};

class JournalTest : public ::testing::Test {
 protected:
  JournalOptions Options(const std::string& path) const {
    return {.folder = path, .feed = "ticks", .source = "csv:a.csv", .repeatable = true};
  }
  std::unique_ptr<Journal> Open(JournalOptions options) {
    auto journal = Journal::Open(std::move(options), &published);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }
  static void AddRows(source::Sequencer* sequencer, int count) {
    for (int i = 0; i < count; ++i) {
      const std::string symbol(1, static_cast<char>('A' + i % 5));
      text::Row row{.symbol = symbol, .venue = "X", .tick = {}};
      row.tick.kind = wire::TickKind::kTrade;
      row.tick.price = 100 + i;
      ASSERT_EQ(sequencer->Add(row), nullptr);
    }
    sequencer->Flush();
  }
  // A journal with `rows` rows in it, as kill -9 leaves it.
  std::string Killed(int rows, JournalOptions options) {
    auto journal = Open(options);
    journal->BeginEpoch({7}, false);
    source::Sequencer sequencer(journal.get());
    AddRows(&sequencer, rows);
    const std::string copy = folder / "killed";
    std::filesystem::copy(options.folder, copy);
    return copy;
  }
  // As if the machine had been started again since.
  static void Reboot(const std::string& journal) {
    const std::string path = journal + "/writer.lock";
    std::string text = tape::FileBytes(path);
    const size_t at = text.find("boot ") + 5;
    text.replace(at, 8, "00000000");
    tape::WriteBytes(path, text);
  }

  tape::TempFolder folder;
  tape::Told published;
};

TEST_F(JournalTest, HasEveryRecordBeforeItIsPublished) {
  const std::string path = folder / "j";
  class Checks final : public feed::RecordSink {
   public:
    explicit Checks(std::string journal) : path_(std::move(journal)) {}
    void OnTopic(TopicId, std::string_view) override {}
    void OnVenue(VenueId, std::string_view) override {}
    void OnRecords(std::span<const wire::Record> records) override {
      const auto on_tape = tape::Read(path_).told.records;
      ASSERT_FALSE(on_tape.empty());
      EXPECT_TRUE(on_tape.back() == records.back());
      ++calls;
    }
    int calls = 0;

   private:
    const std::string path_;
  } checks(path);
  auto journal = Journal::Open(Options(path), &checks);
  ASSERT_TRUE(journal.ok());
  (*journal)->BeginEpoch({7}, false);
  source::Sequencer sequencer(journal->get());
  for (int i = 1; i <= 5; ++i) AddRows(&sequencer, i);
  EXPECT_EQ(checks.calls, 5);
}

TEST_F(JournalTest, ThatIsEmptyBeginsAnEpoch) {
  EXPECT_FALSE(Open(Options(folder / "j"))->continues());
}

TEST_F(JournalTest, GoesOnAfterAKillAtTheNextPositionSequenceAndRow) {
  auto journal = Open(Options(Killed(103, Options(folder / "j"))));
  ASSERT_TRUE(journal->continues()) << journal->why_not();
  EXPECT_EQ(journal->epoch(), Epoch{7});
  EXPECT_EQ(journal->head(), Position{103});
  EXPECT_EQ(journal->rows_to_skip(), 103u);

  NoLinks links;
  feed::ServerObserver observer;
  feed::FeedServer server({.name = "hq", .ring_bytes = 1 << 20}, &links, &observer);
  server.BeginEpoch(journal->epoch(), false, true);
  source::Sequencer sequencer(journal.get());
  ASSERT_TRUE(journal->Restore(1 << 20, &server, &sequencer).ok());
  size_t in_ring = 0;
  server.state()->ring().Scan({}, [&](const wire::Record&) { return ++in_ring > 0; });
  EXPECT_EQ(in_ring, 103u);
  EXPECT_EQ(server.state()->head(), Position{103});
  published = {};
  AddRows(&sequencer, 1);
  ASSERT_EQ(published.records.size(), 1u);
  EXPECT_EQ(published.records[0].position, Position{104});
  EXPECT_EQ(published.records[0].tick.sequence, Sequence{22});  // of A: rows 0, 5, ... 100 were its
}

TEST_F(JournalTest, TheRingOfASmallerPublisherHoldsTheNewestAndTheImageTheRest) {
  auto journal = Open(Options(Killed(5000, Options(folder / "j"))));
  NoLinks links;
  feed::ServerObserver observer;
  feed::FeedServer server({.name = "hq", .ring_bytes = 200 * 1024}, &links, &observer);
  server.BeginEpoch(journal->epoch(), false, true);
  source::Sequencer sequencer(journal.get());
  ASSERT_TRUE(journal->Restore(200 * 1024, &server, &sequencer).ok());
  const feed::Ring& ring = server.state()->ring();
  EXPECT_GT(ring.dropped_through(), Position{1000});
  EXPECT_EQ(ring.newest(), Position{5000});
  EXPECT_EQ(server.state()->image().Find({0})->totals.count, 1000u);
}

TEST_F(JournalTest, AfterAPowerCutANewEpochBegins) {
  const std::string killed = Killed(10, Options(folder / "j"));
  Reboot(killed);
  auto journal = Open(Options(killed));
  EXPECT_FALSE(journal->continues());
  EXPECT_NE(journal->why_not().find("restarted"), std::string::npos) << journal->why_not();
  EXPECT_EQ(journal->rows_to_skip(), 0u);
}

TEST_F(JournalTest, AfterAPowerCutAnAbortedStartDoesNotMakeItCertain) {
  const std::string killed = Killed(10, Options(folder / "j"));
  Reboot(killed);
  (void)Open(Options(killed));  // and gone again: the port was in use, say
  EXPECT_FALSE(Open(Options(killed))->continues());
}

TEST_F(JournalTest, AfterAPowerCutItGoesOnIfEveryRecordHadBeenSynced) {
  JournalOptions options = Options(folder / "j");
  options.sync = tape::SyncMode::kAlways;
  const std::string killed = Killed(10, options);
  Reboot(killed);
  EXPECT_TRUE(Open(Options(killed))->continues());
}

TEST_F(JournalTest, AfterATidyEndItGoesOnEvenWhenTheMachineWasRestarted) {
  {
    auto journal = Open(Options(folder / "j"));
    journal->BeginEpoch({7}, false);
    source::Sequencer sequencer(journal.get());
    AddRows(&sequencer, 10);
    ASSERT_TRUE(journal->Close().ok());
  }
  Reboot(folder / "j");
  EXPECT_TRUE(Open(Options(folder / "j"))->continues());
}

TEST_F(JournalTest, ANewSourceBehindTheEndOfTheFeedIsANewEpochAndTheSameOneIsNot) {
  {
    auto journal = Open(Options(folder / "j"));
    journal->BeginEpoch({7}, false);
    source::Sequencer sequencer(journal.get());
    AddRows(&sequencer, 10);
    EXPECT_TRUE(journal->OnEnd({10}));
  }
  {
    JournalOptions tomorrow = Options(folder / "j");
    tomorrow.source = "csv:b.csv";
    EXPECT_FALSE(Open(tomorrow)->continues());
  }
  EXPECT_TRUE(Open(Options(folder / "j"))->continues());
}

TEST_F(JournalTest, APipeGivesNewRowsAndNoneIsSkipped) {
  JournalOptions pipe = Options(Killed(10, Options(folder / "j")));
  pipe.repeatable = false;
  auto journal = Open(pipe);
  EXPECT_TRUE(journal->continues());
  EXPECT_EQ(journal->rows_to_skip(), 0u);
}

TEST_F(JournalTest, OfAnotherFeedIsRefused) {
  JournalOptions other = Options(Killed(10, Options(folder / "j")));
  other.feed = "bonds";
  const auto journal = Journal::Open(other, &published);
  ASSERT_FALSE(journal.ok());
  EXPECT_NE(journal.status().message().find("bonds"), std::string::npos);
}

}  // namespace
}  // namespace fantail::publisher
