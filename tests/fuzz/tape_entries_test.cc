// The fuzzers' entries for tapes over a seeded corpus: damaged columns, payloads and files.
#include "tests/fuzz/tape_entries.h"

#include <gtest/gtest.h>

#include "fantail/base/random.h"
#include "fantail/tape/content.h"
#include "fantail/tape/sealed_writer.h"
#include "fantail/wire/columns.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint64_t kSeed = 1;

// One to four places: a bit, a byte, or a number that a reader might trip on. From `from` on.
Bytes Damaged(Random* random, Bytes bytes, size_t from = 0) {
  for (uint64_t n = 1 + random->Below(4); n > 0; --n) {
    const size_t at = from + random->Below(bytes.size() - from);
    switch (random->Below(3)) {
      case 0:
        bytes[at] ^= std::byte{1} << random->Below(8);
        break;
      case 1:
        bytes[at] = static_cast<std::byte>(random->Next());
        break;
      default:
        bytes[at] = random->OneIn(2) ? std::byte{0xff} : std::byte{0x7f};
    }
  }
  if (random->OneIn(4)) bytes.resize(random->Below(bytes.size() + 1));
  return bytes;
}

// With FANTAIL_CORPUS=DIR the whole ones are written there, for a fuzzer to begin with.
void Keep(const Bytes& bytes, const std::string& name) {
  if (const char* folder = std::getenv("FANTAIL_CORPUS")) {
    tape::WriteBytes(std::string(folder) + "/" + name,
                     {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

TEST(FuzzTapeEntriesTest, TheUnpackerSurvivesDamagedColumns) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  wire::TickPacker packer;
  Bytes packed;
  packer.Pack(tape::MadeUpFeed(kSeed).Next(50), &packed);
  Keep(packed, "columns");
  FuzzColumns(packed);
  for (int i = 0; i < 20'000; ++i) FuzzColumns(Damaged(&random, packed));
}

TEST(FuzzTapeEntriesTest, TheDecoderOfBlocksSurvivesDamagedPayloads) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  tape::MadeUpFeed feed(kSeed);
  tape::TapeState state;
  feed.TellNames(&state);
  for (const auto form : {tape::Content::Form::kPlain, tape::Content::Form::kPacked}) {
    tape::Content content;
    content.AddRecords(feed.Next(30));
    content.AddGap({.from = {30}, .to = {40}, .patterns = {Pattern("A*")}});
    content.AddImage({.topic = {3}, .sequence = {9}});
    content.AddEnd({40});
    Bytes payload;
    content.Encode(state, form, &payload);
    Keep(payload, form == tape::Content::Form::kPlain ? "plain" : "packed");
    FuzzTapeContent(payload);
    for (int i = 0; i < 5000; ++i) FuzzTapeContent(Damaged(&random, payload));
  }
}

TEST(FuzzTapeEntriesTest, TheReaderSurvivesDamagedFilesWhoseChecksumsAreRight) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  for (const bool sealed : {false, true}) {
    tape::TempFolder folder;
    tape::MadeUpFeed feed(kSeed);
    tape::TapeState state;
    state.OnNewEpoch({5}, false);
    feed.TellNames(&state);
    auto segment =
        tape::SegmentWriter::Create(folder / "a", {.epoch = {5}, .sealed = sealed}, 42, &state);
    for (int i = 0; i < 5; ++i) {
      const auto records = feed.Next(20);
      state.OnRecords(records);
      (*segment)->content().AddRecords(records);
      ASSERT_TRUE((*segment)->Commit().ok());
    }
    ASSERT_TRUE((*segment)->Finish().ok());
    const std::string text = tape::FileBytes(folder / "a");
    const auto whole = std::as_bytes(std::span<const char>(text));
    const Bytes bytes(whole.begin(), whole.end());
    Keep(bytes, sealed ? "sealed" : "active");
    FuzzTapeFile(bytes);
    for (int i = 0; i < 3000; ++i) FuzzTapeFile(Damaged(&random, bytes));
  }
}

}  // namespace
}  // namespace fantail::fuzz
