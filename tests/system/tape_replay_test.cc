// Tapes played by the real program: gateways and desks behind it see exactly what is on them.
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "fantail/app/node_identity.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/source/csv_source.h"
#include "fantail/source/sequencer.h"
#include "fantail/tape/sealed_writer.h"
#include "fantail/tape/tape_reader.h"
#include "fantail/tape/tape_writer.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

// Brings the rows of a tick file onto a tape.
void Import(
    const std::string& csv_file, feed::FeedContent* to,
    const std::function<void()>& after_each_thousand = [] {}) {
  auto source = source::CsvSource::Open(csv_file);
  ASSERT_TRUE(source.ok()) << source.status();
  to->OnNewEpoch({5}, /*paced=*/false);
  source::Sequencer sequencer(to);
  text::Row row;
  for (size_t rows = 1; (*source)->Next(&row) == source::Source::Result::kRow; ++rows) {
    ASSERT_EQ(sequencer.Add(row), nullptr);
    if (rows % 1000 != 0) continue;
    sequencer.Flush();
    after_each_thousand();
  }
  sequencer.Flush();
}

// Takes everything of a feed onto a tape, as a recorder does: a FeedClient over a real connection.
class Recorder final : private feed::FeedEvents {
 public:
  Recorder(const std::string& endpoint, const std::string& path)
      : writer_(path, {}, 42),
        client_({.name = "recorder", .node = app::RandomNodeId()}, this),
        connector_(
            &context_, &client_, {endpoint}, [](const std::string&) { return false; }, 1) {
    client_.SetInterest({Pattern("*")}, net::ReadMonotonicClock());
  }

  // Until the end of the feed.
  void Run(Seconds patience) {
    const double until = Now() + patience.count();
    while (!ended_ && Now() < until) {
      const MonotonicTime now = net::ReadMonotonicClock();
      const bool more = connector_.Turn(now, 64, poller_);
      client_.Turn(now);
      poller_.Clear();
      connector_.AddTo(&poller_);
      poller_.Wait(more ? Nanos(0) : Nanos(std::chrono::milliseconds(10)));
    }
    EXPECT_TRUE(ended_);
    EXPECT_TRUE(writer_.Finish().ok());
    EXPECT_TRUE(client_.replay());
  }

 private:
  void OnNewEpoch(Epoch epoch, bool paced) override { writer_.OnNewEpoch(epoch, paced); }
  void OnTopic(TopicId id, std::string_view name) override { writer_.OnTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { writer_.OnVenue(id, name); }
  void OnImage(const feed::TopicImage& image) override { writer_.OnImage(image); }
  void OnRecords(std::span<const wire::Record> records) override { writer_.OnRecords(records); }
  void OnThrough(Position through) override { writer_.OnThrough(through); }
  void OnGap(const feed::GapNotice& gap) override { writer_.OnGap(gap); }
  void OnEnd(Position) override { ended_ = true; }
  void OnHave(const feed::HaveNotice&) override {}
  void OnState(const feed::FeedState&) override {}

  tape::SealedWriter writer_;
  net::Context context_;
  feed::FeedClient client_;
  net::Connector connector_;
  net::Poller poller_;
  bool ended_ = false;
};

// The ticks of a tape in order, with the names of their topics; no positions, no epoch.
class Ticks final : public feed::FeedContent {
 public:
  static Ticks Of(const std::string& path) {
    Ticks ticks;
    auto reader = tape::TapeReader::Open(path);
    if (!reader.ok()) {
      ADD_FAILURE() << reader.status();
      return ticks;
    }
    while ((*reader)->Next(&ticks) == tape::TapeReader::Result::kBlock) {
    }
    return ticks;
  }

  size_t count() const { return count_; }
  uint64_t hash() const { return hash_; }

 private:
  void OnNewEpoch(Epoch, bool) override { names_.clear(); }
  void OnTopic(TopicId id, std::string_view name) override { names_[id] = name; }
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> records) override {
    for (const wire::Record& record : records) {
      Add(names_[record.tick.topic]);
      Add(std::string_view(reinterpret_cast<const char*>(&record.tick), sizeof record.tick));
      ++count_;
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override { ++hash_; }
  void OnEnd(Position) override {}
  void Add(std::string_view bytes) {
    hash_ = (hash_ ^ std::hash<std::string_view>()(bytes)) * 0x100000001b3;
  }

  std::map<TopicId, std::string> names_;
  size_t count_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325;
};

class TapeReplayTest : public Lab {
 protected:
  // A tick file of so many thousandths of a second, and the same as one sealed tape.
  std::string MakeTape(size_t rows) {
    csv_ = MadeUpTicks(rows, 8);
    WriteFile(folder() / "ticks.csv", csv_);
    const std::string path = folder() / "a.tape";
    tape::SealedWriter writer(path, {}, 42);
    Import(folder() / "ticks.csv", &writer);
    EXPECT_TRUE(writer.Finish().ok());
    return path;
  }
  // As many segments, some of them sealed and the last one active.
  std::string MakeSegments(size_t rows) {
    csv_ = MadeUpTicks(rows, 8);
    WriteFile(folder() / "ticks.csv", csv_);
    const std::string path = folder() / "tape";
    auto writer = tape::TapeWriter::Open(
        {.folder = path, .sync = tape::SyncMode::kNever, .segment_bytes = 200'000});
    EXPECT_TRUE(writer.ok()) << writer.status();
    const auto commit = [&] {
      EXPECT_TRUE((*writer)->Commit(WallTime(std::chrono::seconds(1'700'000'000))).ok());
    };
    Import(folder() / "ticks.csv", writer->get(), commit);
    EXPECT_TRUE((*writer)->Close().ok());
    EXPECT_GE((*tape::TapeReader::Open(path))->segments().size(), 3u);
    return path;
  }
  void Damage(const std::string& path) {
    std::string bytes = ReadFile(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    WriteFile(path, bytes);
  }
  // All rows but the header.
  std::string Rows(size_t from, size_t to) const {
    std::string rows = kHeader;
    const auto lines = LinesOf(csv_);
    for (size_t i = from; i < to; ++i) rows += lines[i + 1];
    return rows;
  }

  std::string csv_;
};

TEST_F(TapeReplayTest, GivesDesksBehindGatewaysWhatIsOnTheTape) {
  const std::string tape = MakeSegments(20'000);
  for (const std::string speed : {"max", "10"}) {
    Program& replay = Replay({tape}, {"--speed", speed, "--wait-for", "*"});
    Program& gateway = Gateway(replay);
    Program& second = Gateway(gateway);
    Program& some = LiveDesk(gateway, {"--until-end", "B*"});
    Program& all = Desk(second, {"--until-end"});
    EXPECT_EQ(all.Wait(), 0) << all.err();
    EXPECT_EQ(some.Wait(), 0) << some.err();
    EXPECT_EQ(replay.Wait(), 0) << replay.err();
    EXPECT_TRUE(SameText(all.out(), csv_)) << speed;
    EXPECT_TRUE(SameText(some.out(), Filtered(csv_, {"B*"}))) << speed;
    EXPECT_TRUE(all.Said("this is a replay")) << all.err();
  }
}

TEST_F(TapeReplayTest, RecordedAgainHasTheSameTicksAtEverySpeed) {
  const std::string tape = MakeTape(2'000);
  const Ticks original = Ticks::Of(tape);
  ASSERT_EQ(original.count(), 2'000u);
  for (const std::string speed : {"1", "10", "max"}) {
    Program& replay = Replay({tape}, {"--speed", speed, "--wait-for", "*"});
    const std::string again = folder() / "again-" + speed + ".tape";
    Recorder(replay.endpoint(), again).Run(kPatience);
    EXPECT_EQ(replay.Wait(), 0) << replay.err();
    const Ticks ticks = Ticks::Of(again);
    EXPECT_EQ(ticks.count(), original.count()) << speed;
    EXPECT_EQ(ticks.hash(), original.hash()) << speed;
  }
}

TEST_F(TapeReplayTest, PlaysAPartOfATape) {
  const std::string tape = MakeSegments(10'000);
  Program& replay = Replay({tape}, {"--speed", "max", "--from", "#5001", "--to", "60%", "--topics",
                                    "A*", "--wait-for", "*"});
  Program& desk = Desk(replay, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_TRUE(SameText(desk.out(), Filtered(Rows(5000, 6000), {"A*"})));
  EXPECT_EQ(replay.Wait(), 0) << replay.err();
}

TEST_F(TapeReplayTest, MergesSeveralTapes) {
  const std::string tape = MakeTape(4'000);
  Program& replay = Replay({tape, tape}, {"--speed", "max", "--wait-for", "AAPL"});
  Program& desk = Desk(replay, {"--until-end", "AAPL"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  const auto once = BySymbol(Filtered(csv_, {"AAPL"}));
  const std::string out = desk.out();
  EXPECT_EQ(BySymbol(out)["AAPL"].size(), 2 * once.at("AAPL").size());
}

TEST_F(TapeReplayTest, ALoopIsANewEpochEachTimeAndLosesNothing) {
  const std::string tape = MakeTape(500);
  Program& replay = Replay({tape}, {"--speed", "max", "--loop", "--wait-for", "*"});
  Program& gateway = Gateway(replay);
  Program& desk = Desk(gateway, {"--count", "1250"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  std::string rows = Rows(0, 500);
  for (const std::string& more : {Rows(0, 500), Rows(0, 250)}) {
    rows += more.substr(std::string(kHeader).size());
  }
  EXPECT_TRUE(SameText(desk.out(), rows));
  EXPECT_TRUE(desk.Said("this is a replay"));
  replay.Signal(SIGTERM);
  EXPECT_EQ(replay.Wait(), 143);
}

TEST_F(TapeReplayTest, DamageIsAGapForDesksAndALineAndACodeForWhoPlaysIt) {
  const std::string tape = MakeSegments(20'000);
  auto reader = tape::TapeReader::Open(tape);
  Damage((*reader)->segments()[1].path);
  Program& replay = Replay({tape}, {"--speed", "max", "--wait-for", "*"});
  Program& desk = Desk(replay, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 2) << desk.err();
  EXPECT_TRUE(desk.Said("gap: positions"));
  EXPECT_EQ(replay.Wait(), 2) << replay.err();
  EXPECT_TRUE(replay.Said("a block is damaged")) << replay.err();
  // What is left are rows of the file, in its order; what status said in the gap comes after it.
  const std::string out = desk.out();
  const auto rows = LinesOf(out);
  EXPECT_GT(rows.size(), 10'000u);
  size_t at = 0;
  for (const std::string_view row : rows) {
    bool status = false;
    for (const char* word : {",open,", ",halt,", ",resume,", ",close,"}) {
      status = status || row.find(word) != std::string_view::npos;
    }
    const size_t next = csv_.find(row, status ? 0 : at);
    ASSERT_NE(next, std::string::npos) << row;
    if (!status) at = next + row.size();
  }
}

TEST_F(TapeReplayTest, WhatIsNoTapeGetsOneLine) {
  WriteFile(folder() / "ticks.csv", MadeUpTicks(100, 8));
  const Arguments start = {ReplayPath(), "--listen", "tcp://127.0.0.1:*"};
  const auto ends_with = [&](Arguments more, int code, const std::string& words) {
    Arguments all = start;
    all.insert(all.end(), more.begin(), more.end());
    Program& program = Run(std::move(all));
    EXPECT_EQ(program.Wait(Seconds(5)), code) << program.err();
    EXPECT_EQ(LinesOf(program.err()).size(), 1u) << program.err();
    EXPECT_NE(program.err().find(words), std::string::npos) << program.err();
  };
  ends_with({folder() / "ticks.csv"}, 2, "ticks.csv: not a tape");
  ends_with({"/nonexistent.tape"}, 74, "/nonexistent.tape");
  ends_with({}, 64, "no TAPE given");
  const std::string tape = MakeTape(100);
  ends_with({tape, "--from", "noon"}, 64, "--from \"noon\": no place on a tape; write a time");
  ends_with({tape, "--tz", "Mars"}, 64, "--tz \"Mars\": no such time zone");
  ends_with({tape, "--speed", "0.01"}, 64, "from 0.1 to 1000, or max");
  ends_with({tape, "--from", "2030-01-01 00:00"}, 64, "nothing to play");
}

}  // namespace
}  // namespace fantail::testing
