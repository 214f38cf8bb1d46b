#include "fantail/tape/segment_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "fantail/base/check.h"

namespace fantail::tape {
namespace {

// How far a search for the next block looks at once.
constexpr size_t kSearchBytes = 1 << 20;

std::string Range(Position after, Position through) {
  return std::to_string(after.value + 1) + " to " + std::to_string(through.value);
}

}  // namespace

std::string Damage::Describe() const {
  std::string text = path + ": at byte " + std::to_string(offset) + ": ";
  text += what;
  if (bytes > 0) text += "; " + std::to_string(bytes) + " bytes are lost";
  if (!through) {
    text += "; nothing after position " + std::to_string(after.value) + " can be read";
  } else if (*through > after) {
    text += "; positions " + Range(after, *through) + " are missing";
  } else {
    text += "; no position is missing";
  }
  return text;
}

SegmentReader::SegmentReader(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}

SegmentReader::~SegmentReader() = default;

absl::StatusOr<std::unique_ptr<SegmentReader>> SegmentReader::Open(const std::string& path) {
  auto file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  std::unique_ptr<SegmentReader> reader(new SegmentReader(*std::move(file)));
  if (absl::Status s = reader->Begin(); !s.ok()) return s;
  return reader;
}

absl::Status SegmentReader::Begin() {
  if (file_->size() == 0) return absl::DataLossError(path() + ": the file is empty");
  auto first = file_->Read(0, kPreambleBytes);
  if (!first.ok()) return first.status();
  uint32_t version = 0;
  preamble_told_ =
      first->size() == kPreambleBytes && ParsePreamble(first->first<kPreambleBytes>(), &version);
  if (preamble_told_ && version != kFormatVersion) {
    return absl::DataLossError(path() + ": tape format " + std::to_string(version) +
                               "; this program reads format " + std::to_string(kFormatVersion) +
                               ": use a newer one");
  }
  // The first whole block says which tape this is.
  BlockHeader header;
  const bool at_once = ReadHeader(kPreambleBytes, &header);
  const uint64_t offset = at_once ? kPreambleBytes : FindHeader(kPreambleBytes, &header);
  if (offset == file_->size()) {
    return absl::DataLossError(path() +
                               (preamble_told_ ? ": no block of it is whole" : ": not a tape"));
  }
  tape_ = header.tape;
  head_.feed.clear();
  head_.patterns.clear();
  head_.epoch = header.epoch;
  head_.after = header.after;
  std::span<const std::byte> payload;
  const bool has_head = header.kind == BlockKind::kHead &&
                        ReadPayload(offset, header, &payload) == nullptr &&
                        DecodeHead(payload, &head_) == nullptr;
  if (!has_head) Index();  // has it again
  through_ = head_.after;
  return absl::OkStatus();
}

bool SegmentReader::ReadHeader(uint64_t offset, BlockHeader* header) {
  const auto bytes = file_->Read(offset, kBlockHeaderBytes);
  return bytes.ok() && ParseHeader(*bytes, header) && (!tape_ || header->tape == *tape_);
}

// The offset of the first header at or behind `from`; the file's size if there is none.
uint64_t SegmentReader::FindHeader(uint64_t from, BlockHeader* header) {
  from = PaddedBytes(from);
  while (from + kBlockHeaderBytes <= file_->size()) {
    const auto bytes = file_->Read(from, kSearchBytes);
    if (!bytes.ok() || bytes->size() < kBlockHeaderBytes) break;
    size_t at = 0;
    for (; at + kBlockHeaderBytes <= bytes->size(); at += kAlignment) {
      uint32_t magic;
      std::memcpy(&magic, bytes->data() + at, sizeof magic);
      if (magic != kBlockMagic) continue;
      if (ParseHeader(bytes->subspan(at), header) && (!tape_ || header->tape == *tape_)) {
        return from + at;
      }
    }
    from += at;
  }
  return file_->size();
}

bool SegmentReader::ReadTrailer(uint64_t* index_offset) {
  if (file_->size() < kTrailerBytes) return false;
  const auto bytes = file_->Read(file_->size() - kTrailerBytes, kTrailerBytes);
  return bytes.ok() && bytes->size() == kTrailerBytes &&
         ParseTrailer(bytes->first<kTrailerBytes>(), index_offset);
}

// nullptr, or what is wrong with the block.
const char* SegmentReader::ReadPayload(uint64_t offset, const BlockHeader& header,
                                       std::span<const std::byte>* payload) {
  const auto block = file_->Read(offset, BlockBytes(header));
  if (!block.ok()) return "it cannot be read";
  if (block->size() < BlockBytes(header)) return "the file ends within a block";
  const std::span<const std::byte> stored = block->subspan(kBlockHeaderBytes);
  if (!PayloadIsWhole(header, stored)) return "a block is damaged";
  if (header.compression == Compression::kNone) {
    if (header.plain_bytes != header.stored_bytes) return "a block has a wrong length";
    *payload = stored.first(header.stored_bytes);
    return nullptr;
  }
  if (plain_bytes_ < header.plain_bytes) {
    // Not filled with zeros: a block that only claims to be long touches none of it.
    plain_ = std::make_unique_for_overwrite<std::byte[]>(header.plain_bytes);
    plain_bytes_ = header.plain_bytes;
  }
  const std::span<std::byte> plain(plain_.get(), header.plain_bytes);
  const auto bytes = decompressor_.Frame(stored.first(header.stored_bytes), plain);
  if (bytes != header.plain_bytes) return "a block does not decompress";
  *payload = plain;
  return nullptr;
}

SegmentReader::Result SegmentReader::Report(uint64_t end, std::optional<Position> through,
                                            std::string what) {
  damage_ = {.path = path(),
             .offset = at_,
             .bytes = end - at_,
             .after = through_,
             .through = through,
             .what = std::move(what)};
  at_ = end;
  if (through) through_ = std::max(through_, *through);
  return Result::kDamage;
}

SegmentReader::Result SegmentReader::Next() {
  if (!std::exchange(preamble_told_, true)) {
    at_ = 0;
    return Report(kPreambleBytes, through_, "the first bytes are damaged");
  }
  while (true) {
    if (at_ + kTrailerBytes >= file_->size()) return AtEnd();
    if (!ReadHeader(at_, &header_)) {
      BlockHeader next;
      const uint64_t end = FindHeader(at_ + kAlignment, &next);
      if (end < file_->size()) {
        return Report(end, std::max(through_, next.after), "a block's header is damaged");
      }
      uint64_t index_offset;
      if (ReadTrailer(&index_offset)) {
        // Only the index was there to be lost, unless data was: its last position is not known.
        return Report(file_->size() - kTrailerBytes,
                      index_offset == at_ ? std::optional(through_) : std::nullopt,
                      "a block's header is damaged");
      }
      return AtEnd();
    }
    if (header_.after > through_ && header_.kind != BlockKind::kHead) {
      const Position missing_through = header_.after;
      return Report(at_, missing_through, "blocks are missing here");
    }
    std::span<const std::byte> payload;
    const char* problem = ReadPayload(at_, header_, &payload);
    const uint64_t end = at_ + BlockBytes(header_);
    if (problem != nullptr && end > file_->size()) return AtEnd();
    if (problem == nullptr) {
      switch (header_.kind) {
        case BlockKind::kHead: {
          Head head;
          problem = DecodeHead(payload, &head);
          break;
        }
        case BlockKind::kIndex: {
          Head head;
          std::vector<IndexEntry> entries;
          problem = DecodeIndex(payload, &head, &entries);
          index_seen_ = true;
          break;
        }
        case BlockKind::kCheckpoint:
        case BlockKind::kData:
          problem = content_.Decode(payload);
          break;
      }
    }
    if (problem != nullptr) return Report(end, header_.through, problem);
    block_offset_ = std::exchange(at_, end);
    through_ = std::max(through_, header_.through);
    if (header_.kind == BlockKind::kCheckpoint || header_.kind == BlockKind::kData) {
      return Result::kBlock;
    }
  }
}

// Behind the last whole block.
SegmentReader::Result SegmentReader::AtEnd() {
  uint64_t index_offset;
  at_end_ = std::exchange(end_seen_, true) ||
            (at_ + kTrailerBytes == file_->size() && ReadTrailer(&index_offset)) ||
            (at_ == file_->size() && !head_.sealed);
  if (at_end_) return Result::kEnd;
  BlockHeader cut;
  std::optional<Position> through;
  if (ReadHeader(at_, &cut)) through = cut.through;
  if (head_.sealed) through.reset();
  if (index_seen_) return Report(file_->size(), through_, "the last bytes are damaged");
  const bool within = at_ < file_->size();
  const Result result =
      Report(file_->size(), through,
             within ? "the file ends within a block" : "the file was cut off: its end is missing");
  damage_.cut_off = true;
  return result;
}

const std::vector<IndexEntry>& SegmentReader::Index() {
  if (!std::exchange(indexed_, true) && !ReadIndex()) RebuildIndex();
  return index_;
}

bool SegmentReader::ReadIndex() {
  uint64_t offset;
  BlockHeader header;
  std::span<const std::byte> payload;
  Head head;
  if (!ReadTrailer(&offset) || offset > file_->size() || offset % kAlignment != 0 ||
      !ReadHeader(offset, &header) || header.kind != BlockKind::kIndex ||
      ReadPayload(offset, header, &payload) != nullptr ||
      DecodeIndex(payload, &head, &index_) != nullptr) {
    return false;
  }
  head_ = std::move(head);
  return true;
}

void SegmentReader::RebuildIndex() {
  index_rebuilt_ = true;
  index_.clear();
  BlockHeader header;
  uint64_t at = kPreambleBytes;
  while (true) {
    if (!ReadHeader(at, &header)) at = FindHeader(at, &header);
    if (at + BlockBytes(header) > file_->size() || at >= file_->size()) return;
    if (header.kind == BlockKind::kCheckpoint || header.kind == BlockKind::kData) {
      index_.push_back({.offset = at,
                        .kind = header.kind,
                        .after = header.after,
                        .through = header.through,
                        .first_time_ns = header.first_time_ns,
                        .last_time_ns = header.last_time_ns,
                        .records = header.records});
    }
    at += BlockBytes(header);
  }
}

void SegmentReader::Seek(const IndexEntry& entry) {
  at_ = entry.offset;
  through_ = entry.after;
  preamble_told_ = true;
  index_seen_ = false;
  at_end_ = false;
  end_seen_ = false;
}

}  // namespace fantail::tape
