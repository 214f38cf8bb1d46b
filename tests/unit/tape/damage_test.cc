// Tapes that were cut off or damaged: every whole block is read, everything else is told, and no
// record is invented.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "fantail/base/crc32c.h"
#include "fantail/tape/sealed_writer.h"
#include "fantail/tape/tape_writer.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

constexpr uint64_t kSeed = 3;
constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

// An active segment of many small blocks.
std::string ActiveBytes(size_t blocks, std::vector<wire::Record>* records) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  auto writer = TapeWriter::Open({.folder = folder.path(), .sync = SyncMode::kNever});
  (*writer)->OnNewEpoch({5}, false);
  feed.TellNames(writer->get());
  for (size_t i = 0; i < blocks; ++i) {
    const auto more = feed.Next(1 + i % 20);
    records->insert(records->end(), more.begin(), more.end());
    (*writer)->OnRecords(more);
    EXPECT_TRUE((*writer)->Commit(kNow).ok());
  }
  EXPECT_TRUE((*writer)->Close().ok());
  return FileBytes((*TapeReader::Open(folder.path()))->segments().back().path);
}

std::string SealedBytes(size_t count, std::vector<wire::Record>* records) {
  TempFolder folder;
  MadeUpFeed feed(kSeed);
  SealedWriter writer(folder / "a.tape", {}, 42);
  writer.OnNewEpoch({5}, false);
  feed.TellNames(&writer);
  *records = feed.Next(count);
  writer.OnRecords(*records);
  EXPECT_TRUE(writer.Finish().ok());
  return FileBytes(folder / "a.tape");
}

// Every record that came is one that was written, in order.
bool InventedNothing(const std::vector<wire::Record>& got,
                     const std::vector<wire::Record>& written) {
  for (const wire::Record& record : got) {
    const uint64_t position = record.position.value;
    if (position == 0 || position > written.size() || !(written[position - 1] == record))
      return false;
  }
  return std::is_sorted(got.begin(), got.end(),
                        [](const auto& a, const auto& b) { return a.position < b.position; });
}

// Which positions are missing, by what came and by what was told.
void ExpectAllAccountedFor(const ReadAll& all, size_t written, const std::string& what) {
  std::vector<bool> there(written + 1);
  for (const wire::Record& record : all.told.records) there[record.position.value] = true;
  for (const Damage& damage : all.damage) {
    const uint64_t last = damage.through ? damage.through->value : written;
    for (uint64_t p = damage.after.value + 1; p <= last && p <= written; ++p) there[p] = true;
  }
  for (size_t p = 1; p <= written; ++p) ASSERT_TRUE(there[p]) << what << ": position " << p;
}

TEST(DamagedTape, CutAtEveryByteGivesEveryWholeBlockAndSaysWhereItEnds) {
  std::vector<wire::Record> records;
  const std::string bytes = SealedBytes(40'000, &records);
  TempFolder folder;
  const std::string path = folder / "a.tape";
  size_t last_given = 0;
  for (size_t length = bytes.size() - std::min<size_t>(bytes.size(), 65536); length < bytes.size();
       length += 1 + length % 97) {
    WriteBytes(path, std::string_view(bytes).substr(0, length));
    auto reader = TapeReader::Open(path);
    if (!reader.ok()) {
      EXPECT_LT(length, kPreambleBytes + 400u) << reader.status();
      continue;
    }
    const ReadAll all = Read(reader->get());
    ASSERT_FALSE(all.damage.empty()) << length;
    ASSERT_TRUE(InventedNothing(all.told.records, records)) << length;
    ASSERT_GE(all.told.records.size(), last_given) << length;
    last_given = all.told.records.size();
  }
  EXPECT_EQ(last_given, records.size());
}

TEST(DamagedTape, AnActiveSegmentCutAnywhereGivesWhatWasCommittedBefore) {
  std::vector<wire::Record> records;
  const std::string bytes = ActiveBytes(200, &records);
  TempFolder folder;
  const std::string path = folder / "a.active";
  for (size_t length = bytes.size() - 20'000; length < bytes.size(); length += 23) {
    WriteBytes(path, std::string_view(bytes).substr(0, length));
    const ReadAll all = Read(path);
    ASSERT_TRUE(InventedNothing(all.told.records, records)) << length;
    ASSERT_EQ(all.told.records.size(), all.told.records.back().position.value) << length;
    ASSERT_LE(all.damage.size(), 1u);
    if (!all.damage.empty()) {
      EXPECT_TRUE(all.damage[0].cut_off);
    }
  }
}

void FlipBits(const std::string& bytes, const std::vector<wire::Record>& records, int flips) {
  TempFolder folder;
  const std::string path = folder / "a.tape";
  Random random(kSeed);
  for (int i = 0; i < flips; ++i) {
    std::string damaged = bytes;
    const size_t at = random.Below(bytes.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.Below(8)));
    WriteBytes(path, damaged);
    auto reader = TapeReader::Open(path);
    if (!reader.ok()) {
      // Only where nothing tells any more that it is a tape of this format.
      EXPECT_LT(at, kPreambleBytes) << reader.status();
      continue;
    }
    const ReadAll all = Read(reader->get());
    const std::string what = "a bit of byte " + std::to_string(at);
    ASSERT_FALSE(all.damage.empty()) << what;
    ASSERT_TRUE(InventedNothing(all.told.records, records)) << what;
    ASSERT_GE(all.told.records.size() + kSealedRecords, records.size()) << what;
    ExpectAllAccountedFor(all, records.size(), what);
  }
}

TEST(DamagedTape, EveryFlippedBitOfASealedTapeIsFoundAndCostsOneBlock) {
  std::vector<wire::Record> records;
  FlipBits(SealedBytes(20'000, &records), records, 300);
}

TEST(DamagedTape, EveryFlippedBitOfAnActiveSegmentIsFound) {
  std::vector<wire::Record> records;
  const std::string bytes = ActiveBytes(100, &records);
  FlipBits(bytes, records, 500);
}

TEST(DamagedTape, ManyDamagedPlacesAreAllToldAndTheRestIsRead) {
  std::vector<wire::Record> records;
  std::string bytes = ActiveBytes(500, &records);
  Random random(kSeed);
  for (int i = 0; i < 50; ++i) bytes[1000 + random.Below(bytes.size() - 1000)] ^= 0x10;
  TempFolder folder;
  WriteBytes(folder / "a.active", bytes);
  const ReadAll all = Read(folder / "a.active");
  EXPECT_GT(all.damage.size(), 30u);
  EXPECT_TRUE(InventedNothing(all.told.records, records));
  EXPECT_GT(all.told.records.size(), records.size() / 2);
  ExpectAllAccountedFor(all, records.size(), "fifty flips");
  EXPECT_FALSE(all.told.gaps.empty());
}

TEST(DamagedTape, EnteredWhereItIsDamagedTellsThatAndGoesOnWithTheNextWholeBlock) {
  std::vector<wire::Record> records;
  std::string bytes = SealedBytes(3 * kSealedRecords, &records);
  TempFolder folder;
  WriteBytes(folder / "whole.tape", bytes);
  const auto index = (*SegmentReader::Open(folder / "whole.tape"))->Index();
  ASSERT_EQ(index.size(), 4u);  // a checkpoint, and three blocks
  bytes[index[2].offset + kBlockHeaderBytes + 100] ^= 1;
  WriteBytes(folder / "a.tape", bytes);
  auto reader = TapeReader::Open(folder / "a.tape");
  TapeState state;
  ASSERT_TRUE((*reader)->SeekRecord(kSealedRecords + 5000, &state).ok());
  EXPECT_EQ(state.through(), Position{kSealedRecords});
  const ReadAll all = Read(reader->get());
  ASSERT_EQ(all.told.gaps.size(), 1u);
  EXPECT_EQ(all.told.gaps[0].from, Position{kSealedRecords});
  EXPECT_EQ(all.told.gaps[0].to, Position{2 * kSealedRecords});
  ASSERT_EQ(all.told.records.size(), kSealedRecords);
  EXPECT_EQ(all.told.records.front().position, Position{2 * kSealedRecords + 1});
}

TEST(DamagedTape, ADeletedPieceIsMissed) {
  std::vector<wire::Record> records;
  std::string bytes = ActiveBytes(100, &records);
  TempFolder folder;
  WriteBytes(folder / "whole.active", bytes);
  auto segment = SegmentReader::Open(folder / "whole.active");
  const auto index = (*segment)->Index();
  bytes.erase(index[40].offset, index[42].offset - index[40].offset);
  WriteBytes(folder / "a.active", bytes);
  const ReadAll all = Read(folder / "a.active");
  ASSERT_EQ(all.damage.size(), 1u);
  EXPECT_EQ(all.damage[0].after, index[40].after);
  EXPECT_EQ(all.damage[0].through, index[42].after);
  ASSERT_EQ(all.told.gaps.size(), 1u);
}

TEST(DamagedTape, ATapeInsideATapeIsNotTakenForIt) {
  // A damaged header sends the reader looking for the next one: another file's do not count.
  std::vector<wire::Record> records;
  std::string bytes = ActiveBytes(10, &records);
  std::vector<wire::Record> others;
  TempFolder folder;
  WriteBytes(folder / "whole.active", bytes);
  auto segment = SegmentReader::Open(folder / "whole.active");
  const auto index = (*segment)->Index();
  std::string foreign = SealedBytes(100, &others).substr(kPreambleBytes);
  foreign.resize(foreign.size() / 8 * 8);
  bytes.insert(index.back().offset, foreign);
  WriteBytes(folder / "a.active", bytes);
  const ReadAll all = Read(folder / "a.active");
  EXPECT_EQ(all.damage.size(), 1u);
  EXPECT_TRUE(all.told.records == records);
}

TEST(DamagedTape, ARecordBeforeTheFirstPositionIsRefused) {
  TapeState state;
  state.OnTopic({3}, "AAPL");
  wire::Tick tick{};
  tick.topic = {3};
  tick.sequence = {1};
  tick.kind = wire::TickKind::kTrade;
  for (const uint64_t position : {1, 0}) {
    Content content;
    content.AddRecords(std::vector<wire::Record>{{{position}, tick}, {{7}, tick}});
    std::vector<std::byte> payload;
    content.Encode(state, Content::Form::kPacked, &payload);
    EXPECT_STREQ(content.Decode(payload), position == 1 ? nullptr : "a record at position 0");
  }
}

TEST(DamagedTape, AFewBytesThatClaimToBeAGigabyteAreNoBlock) {
  const std::vector<std::byte> stored(16);
  for (const uint32_t plain : {1u << 20, 1u << 30}) {
    BlockHeader header{.kind = BlockKind::kIndex,
                       .compression = Compression::kZstd,
                       .stored_bytes = static_cast<uint32_t>(stored.size()),
                       .plain_bytes = plain};
    SealHeader(stored, &header);
    BlockHeader again;
    EXPECT_EQ(ParseHeader(std::as_bytes(std::span(&header, 1)), &again), plain == 1u << 20);
  }
}

TEST(DamagedTape, FilesThatAreNoTapesAreSaidToBe) {
  TempFolder folder;
  WriteBytes(folder / "empty.tape", "");
  WriteBytes(folder / "text.tape",
             "ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue\n");
  std::vector<wire::Record> records;
  std::string future = SealedBytes(10, &records);
  // What a writer of format 2 would begin with.
  future[8] = 2;
  const uint32_t checksum = Crc32c(std::as_bytes(std::span<const char>(future)).first(12));
  std::memcpy(future.data() + 12, &checksum, 4);
  WriteBytes(folder / "future.tape", future);
  const auto says = [&](const char* file, const char* what) {
    const auto reader = TapeReader::Open(folder / file);
    ASSERT_FALSE(reader.ok()) << file;
    const std::string message(reader.status().message());
    EXPECT_NE(message.find(file), std::string::npos) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
  };
  says("empty.tape", "empty");
  says("text.tape", "not a tape");
  says("future.tape", "tape format 2");
  says("none.tape", "No such file");
}

}  // namespace
}  // namespace fantail::tape
