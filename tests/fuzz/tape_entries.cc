#include "tests/fuzz/tape_entries.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "fantail/base/check.h"
#include "fantail/tape/content.h"
#include "fantail/tape/tape_reader.h"
#include "fantail/wire/columns.h"
#include "tests/fuzz/memory_file.h"

namespace fantail::fuzz {
namespace {

// Aligned to 8 bytes, as blocks are.
std::vector<uint64_t> Aligned(std::span<const std::byte> bytes) {
  std::vector<uint64_t> words((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

// Aborts at a record without a name, and at a gap that ends before it begins.
class Named final : public feed::FeedContent {
 public:
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId id, std::string_view) override { names_.insert(id); }
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> records) override {
    for (const wire::Record& record : records) {
      FANTAIL_CHECK(names_.contains(record.tick.topic), record.tick.topic.value);
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice& gap) override {
    FANTAIL_CHECK(gap.to >= gap.from, gap.from.value, gap.to.value);
  }
  void OnEnd(Position) override {}

 private:
  std::set<TopicId> names_;
};

void ReadFile(std::span<const std::byte> bytes) {
  const MemoryFile file(bytes);
  auto reader = tape::TapeReader::Open(file.path());
  if (!reader.ok()) return;
  Named named;
  // Each turn moves on by a block or by damage, which is 8 bytes at least; or says how it ends.
  size_t turns = 0;
  for (auto result = (*reader)->Next(&named); result != tape::TapeReader::Result::kEnd;
       result = (*reader)->Next(&named)) {
    if (result == tape::TapeReader::Result::kDamage) (void)(*reader)->damage().Describe();
    FANTAIL_CHECK(++turns <= bytes.size() / 4 + 16, turns);
  }
  (void)(*reader)->Measure();
}

// Makes the checksums right of whatever stands where blocks should.
void Repair(std::span<std::byte> bytes) {
  size_t at = tape::kPreambleBytes;
  while (at + tape::kBlockHeaderBytes <= bytes.size()) {
    tape::BlockHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    const std::span<std::byte> behind = bytes.subspan(at + tape::kBlockHeaderBytes);
    const size_t stored = tape::PaddedBytes(header.stored_bytes);
    tape::SealHeader(behind.first(std::min(stored, behind.size())), &header);
    std::memcpy(bytes.data() + at, &header, sizeof header);
    if (stored > behind.size()) return;
    at += tape::BlockBytes(header);
  }
}

}  // namespace

void FuzzColumns(std::span<const std::byte> bytes) {
  wire::TickUnpacker unpacker;
  std::vector<wire::Record> records;
  const char* problem = unpacker.Unpack(bytes, &records);
  if (problem != nullptr) return;
  wire::TickPacker packer;
  std::vector<std::byte> packed;
  packer.Pack(records, &packed);
  wire::TickUnpacker again;
  std::vector<wire::Record> same;
  FANTAIL_CHECK(again.Unpack(packed, &same) == nullptr && same == records);
  records.clear();
  (void)unpacker.Unpack(bytes, &records);
}

void FuzzTapeContent(std::span<const std::byte> bytes) {
  const std::vector<uint64_t> words = Aligned(bytes);
  tape::Content content;
  if (content.Decode(std::as_bytes(std::span(words)).first(bytes.size())) != nullptr) return;
  Named named;
  content.Deliver(&named);
  tape::TapeState state;
  for (TopicId id : content.topics()) state.OnTopic(id, "T" + std::to_string(id.value));
  std::vector<wire::Record> records = content.records();
  for (const auto form : {tape::Content::Form::kPlain, tape::Content::Form::kPacked}) {
    std::vector<std::byte> payload;
    content.Encode(state, form, &payload);
    tape::Content again;
    const char* problem = again.Decode(payload);
    FANTAIL_CHECK(problem == nullptr, problem == nullptr ? "" : problem);
    FANTAIL_CHECK(again.records() == records);
  }
}

void FuzzTapeFile(std::span<const std::byte> bytes) {
  ReadFile(bytes);
  std::vector<std::byte> repaired(bytes.begin(), bytes.end());
  Repair(repaired);
  ReadFile(repaired);
}

}  // namespace fantail::fuzz
