// A tape that is cut at every byte of its end, and in which bits flip anywhere: all damage is
// found, no record is invented, and every block that is whole is read.
//
// In the suite on a made-up tape, a sample of the places. With the name of a recorded file in
// FANTAIL_TAPE_DAMAGE (us_eq_20131008.csv.gz) on a tape of that day, every byte of the last 64 KiB
// and 10,000 flips: some minutes of `fantail_system_test --gtest_filter='TapeDamage*'`.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "fantail/base/random.h"
#include "fantail/tape/segment_reader.h"
#include "tests/support/recorded_data.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

using tape::SegmentReader;

constexpr uint64_t kSeed = 5;
constexpr Seconds kLong{100};
constexpr size_t kCutBytes = 65536;
// How many places are tried: of all bytes of the end one in so many, and so many flips. The real
// program looks at one in so many of them.
struct Effort {
  size_t cut_step;
  size_t flips;
  size_t program_every;
};
constexpr Effort kShort = {997, 60, 20};
constexpr Effort kFull = {1, 10'000, 200};

class TapeDamageTest : public Lab {
 protected:
  void SetUp() override {
    const char* file = std::getenv("FANTAIL_TAPE_DAMAGE");
    effort_ = file == nullptr ? kShort : kFull;
    std::string in = folder() / "ticks.csv";
    if (file == nullptr) {
      WriteFile(in, MadeUpTicks(80'000, 7));
    } else {
      FANTAIL_NEEDS_RECORDED_DATA(file, &in);
    }
    path_ = folder() / "a.tape";
    Program& import = Run({TapePath(), "import", in, path_});
    ASSERT_EQ(import.Wait(kLong), 0) << import.err();
    Learn();
    fd_ = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(fd_, 0);
  }
  void TearDown() override { close(fd_); }

  // What the whole tape holds.
  void Learn() {
    auto reader = *SegmentReader::Open(path_);
    index_ = reader->Index();
    size_ = reader->size_bytes();
    const std::string bytes = ReadFile(path_);
    std::memcpy(&blocks_end_, bytes.data() + size_ - tape::kTrailerBytes, sizeof blocks_end_);
    for (auto result = reader->Next(); result != SegmentReader::Result::kEnd;
         result = reader->Next()) {
      ASSERT_EQ(result, SegmentReader::Result::kBlock) << reader->damage().Describe();
      const auto& records = reader->content().records();
      records_.insert(records_.end(), records.begin(), records.end());
    }
    std::printf("%zu records in %zu blocks, %lu bytes\n", records_.size(), index_.size(), size_);
  }

  // The first byte behind block number i.
  uint64_t EndOf(size_t i) const {
    return i + 1 < index_.size() ? index_[i + 1].offset : blocks_end_;
  }
  // The block with this byte; index_.size() if it is in none.
  size_t BlockAt(uint64_t offset) const {
    for (size_t i = index_.size(); i-- > 0;) {
      if (offset >= index_[i].offset) return i;
    }
    return index_.size();
  }

  struct Seen {
    std::vector<bool> given;  // by position, behind `after`
    std::vector<tape::Damage> damage;
  };

  // Reads from block `from` to where block `until` ends, or to the end. Every record must be one
  // that is on the whole tape.
  void ReadOn(size_t from, size_t until, Seen* seen) {
    auto opened = SegmentReader::Open(path_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    SegmentReader& reader = **opened;
    if (from > 0) reader.Seek(index_[from]);
    const Position after = index_[from].after;
    const Position through = until < index_.size() ? index_[until].through : Position{UINT64_MAX};
    seen->given.assign(records_.size() - after.value + 1, false);
    seen->damage.clear();
    for (auto result = reader.Next(); result != SegmentReader::Result::kEnd;
         result = reader.Next()) {
      if (result == SegmentReader::Result::kDamage) {
        seen->damage.push_back(reader.damage());
        continue;
      }
      for (const wire::Record& record : reader.content().records()) {
        ASSERT_TRUE(record.position > after && record.position.value <= records_.size());
        ASSERT_TRUE(record == records_[record.position.value - 1]) << record.position.value;
        ASSERT_FALSE(seen->given[record.position - after]) << "twice: " << record.position.value;
        seen->given[record.position - after] = true;
      }
      if (reader.header().through >= through && reader.header().kind == tape::BlockKind::kData) {
        return;
      }
    }
  }

  // All records of block i came, or none, as `wanted` says.
  void ExpectBlock(const Seen& seen, Position after, size_t i, bool wanted) {
    if (index_[i].kind != tape::BlockKind::kData) return;
    for (Position p = index_[i].after + 1; p <= index_[i].through; ++p) {
      ASSERT_EQ(seen.given[p - after], wanted) << "position " << p.value << " of block " << i;
    }
  }

  // What the real program says of the tape as it is now: 2, and at least one line of damage.
  void ExpectProgramFindsIt() {
    Program& verify = Run({TapePath(), "verify", path_});
    EXPECT_EQ(verify.Wait(kLong), 2) << verify.out() << verify.err();
    EXPECT_NE(verify.out().find("at byte "), std::string::npos) << verify.out();
    EXPECT_NE(verify.out().find(": damaged in "), std::string::npos) << verify.out();
  }

  void FlipBit(uint64_t offset, uint64_t bit) {
    char byte = 0;
    ASSERT_EQ(pread(fd_, &byte, 1, static_cast<off_t>(offset)), 1);
    byte = static_cast<char>(byte ^ (1 << bit));
    ASSERT_EQ(pwrite(fd_, &byte, 1, static_cast<off_t>(offset)), 1);
  }

  // The tape with one bit flipped. What is far behind the damage is read as ever: a reader that
  // stands at a whole block has no memory of what was before.
  void CheckFlip(uint64_t offset) {
    const size_t block = BlockAt(offset);
    const bool in_block = block < index_.size() && offset < EndOf(block);
    const size_t from = block == index_.size() ? 0 : block - std::min<size_t>(block, 1);
    size_t until = in_block ? block + 2 : index_.size();
    if (block == index_.size()) until = 2;  // before the first block
    Seen seen;
    ASSERT_NO_FATAL_FAILURE(ReadOn(from, until, &seen));
    ASSERT_EQ(seen.damage.size(), 1u);
    EXPECT_FALSE(seen.damage[0].cut_off);
    for (size_t i = from; i < std::min(until + 1, index_.size()); ++i) {
      ASSERT_NO_FATAL_FAILURE(ExpectBlock(seen, index_[from].after, i, !(in_block && i == block)));
    }
    const Position missing = seen.damage[0].through.value_or(Position{records_.size()});
    const bool data = in_block && index_[block].kind == tape::BlockKind::kData;
    EXPECT_EQ(seen.damage[0].after, data ? index_[block].after : missing);
    EXPECT_EQ(missing, data ? index_[block].through : seen.damage[0].after);
  }

  void CheckCut(uint64_t length) {
    size_t from = BlockAt(size_ - kCutBytes - 1);
    if (from == index_.size()) from = 0;
    Seen seen;
    ASSERT_NO_FATAL_FAILURE(ReadOn(from, index_.size(), &seen));
    ASSERT_EQ(seen.damage.size(), 1u);
    for (size_t i = from; i < index_.size(); ++i) {
      ASSERT_NO_FATAL_FAILURE(ExpectBlock(seen, index_[from].after, i, EndOf(i) <= length));
    }
  }

  Effort effort_;
  std::string path_;
  int fd_ = -1;
  uint64_t size_ = 0;
  uint64_t blocks_end_ = 0;  // where the index begins
  std::vector<tape::IndexEntry> index_;
  std::vector<wire::Record> records_;
};

TEST_F(TapeDamageTest, IsFoundWhereverABitFlips) {
  Random random(kSeed);
  const double begin = Now();
  for (size_t i = 0; i < effort_.flips; ++i) {
    const uint64_t offset = random.Below(size_);
    SCOPED_TRACE("byte " + std::to_string(offset));
    const uint64_t bit = random.Below(8);
    ASSERT_NO_FATAL_FAILURE(FlipBit(offset, bit));
    ASSERT_NO_FATAL_FAILURE(CheckFlip(offset));
    if (i % effort_.program_every == 0) ExpectProgramFindsIt();
    ASSERT_NO_FATAL_FAILURE(FlipBit(offset, bit));
  }
  std::printf("%zu flipped bits, each found: %.0f s\n", effort_.flips, Now() - begin);
}

TEST_F(TapeDamageTest, IsFoundWhereverTheEndIsCutOff) {
  const double begin = Now();
  size_t cuts = 0;
  const uint64_t least = size_ - std::min<uint64_t>(size_, kCutBytes);
  for (uint64_t length = size_ - 1; length > least; length -= std::min(length, effort_.cut_step)) {
    SCOPED_TRACE("cut to " + std::to_string(length));
    ASSERT_EQ(ftruncate(fd_, static_cast<off_t>(length)), 0);
    ASSERT_NO_FATAL_FAILURE(CheckCut(length));
    if (cuts++ % effort_.program_every == 0) ExpectProgramFindsIt();
  }
  std::printf("%zu cuts, each found: %.0f s\n", cuts, Now() - begin);
}

}  // namespace
}  // namespace fantail::testing
