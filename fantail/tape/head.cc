#include "fantail/tape/head.h"

#include "fantail/wire/limits.h"
#include "fantail/wire/text_list.h"
#include "tape_generated.h"

namespace fantail::tape {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

constexpr char kHeadIdentifier[] = "FTHD";
constexpr char kIndexIdentifier[] = "FTIX";

flatbuffers::Offset<fbs::Head> Put(Builder& b, const Head& head) {
  wire::TextListBuilder patterns;
  for (const Pattern& pattern : head.patterns) patterns.Add(pattern.text());
  const std::string_view texts = patterns.list().bytes();
  const auto feed = b.CreateString(head.feed);
  const auto writer = b.CreateString(head.writer);
  const auto pattern_texts =
      b.CreateVector(reinterpret_cast<const uint8_t*>(texts.data()), texts.size());
  const auto source = b.CreateString(head.source);
  return fbs::CreateHead(b, feed, writer, head.epoch.value, head.paced, head.after.value,
                         pattern_texts, head.created.time_since_epoch().count(), source,
                         head.source_rows, head.sealed);
}

std::vector<std::byte> Take(const Builder& b) {
  const auto* data = reinterpret_cast<const std::byte*>(b.GetBufferPointer());
  return {data, data + b.GetSize()};
}

std::string Text(const flatbuffers::String* text) {
  return text == nullptr ? std::string() : text->str();
}

const char* Read(const fbs::Head& t, Head* head) {
  head->feed = Text(t.feed());
  head->writer = Text(t.writer());
  head->epoch = {t.epoch()};
  head->paced = t.paced();
  head->after = {t.after()};
  head->created = WallTime(Nanos(t.created()));
  head->source = Text(t.source());
  head->source_rows = t.source_rows();
  head->sealed = t.sealed();
  head->patterns.clear();
  if (head->feed.size() > wire::kMaxNameBytes) return "the feed's name is too long";
  if (t.patterns() == nullptr || t.patterns()->size() == 0) return nullptr;
  const std::string_view texts(reinterpret_cast<const char*>(t.patterns()->Data()),
                               t.patterns()->size());
  if (texts.back() != '\0') return "a list of texts does not end with a NUL";
  for (std::string_view text : wire::TextList(texts)) {
    if (PatternProblem(text) != nullptr) return "a text is not a pattern";
    head->patterns.emplace_back(text);
  }
  return nullptr;
}

void PutVarint(uint64_t value, std::vector<uint8_t>* out) {
  for (; value >= 128; value >>= 7) out->push_back(static_cast<uint8_t>(value | 128));
  out->push_back(static_cast<uint8_t>(value));
}

// False past the end.
bool TakeVarint(const flatbuffers::Vector<uint8_t>& bytes, size_t* at, uint32_t* value) {
  *value = 0;
  for (int shift = 0; shift < 32; shift += 7) {
    if (*at >= bytes.size()) return false;
    const uint8_t byte = bytes[static_cast<flatbuffers::uoffset_t>((*at)++)];
    *value |= static_cast<uint32_t>(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

template <class Table>
bool Verify(std::span<const std::byte> bytes, const char* identifier) {
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
                                 /*max_depth=*/4, /*max_tables=*/4);
  return verifier.VerifyBuffer<Table>(identifier);
}

}  // namespace

std::vector<std::byte> EncodeHead(const Head& head) {
  Builder b;
  b.Finish(Put(b, head), kHeadIdentifier);
  return Take(b);
}

std::vector<std::byte> EncodeIndex(const Head& head, std::span<const IndexEntry> entries) {
  Builder b;
  std::vector<fbs::Entry> rows;
  std::vector<uint8_t> topics;
  for (const IndexEntry& e : entries) {
    rows.emplace_back(e.offset, e.after.value, e.through.value, e.first_time_ns, e.last_time_ns,
                      e.records, static_cast<uint32_t>(e.topics.size()),
                      static_cast<uint8_t>(e.kind));
    uint32_t last = 0;
    for (TopicId id : e.topics) {
      PutVarint(id.value - last, &topics);
      last = id.value;
    }
  }
  const auto head_table = Put(b, head);
  const auto row_vector = b.CreateVectorOfStructs(rows);
  const auto topic_vector = b.CreateVector(topics);
  b.Finish(fbs::CreateIndex(b, head_table, row_vector, topic_vector), kIndexIdentifier);
  return Take(b);
}

const char* DecodeHead(std::span<const std::byte> bytes, Head* head) {
  if (!Verify<fbs::Head>(bytes, kHeadIdentifier)) return "not a well-formed head";
  return Read(*flatbuffers::GetRoot<fbs::Head>(bytes.data()), head);
}

const char* DecodeIndex(std::span<const std::byte> bytes, Head* head,
                        std::vector<IndexEntry>* entries) {
  if (!Verify<fbs::Index>(bytes, kIndexIdentifier)) return "not a well-formed index";
  const fbs::Index& index = *flatbuffers::GetRoot<fbs::Index>(bytes.data());
  if (index.head() == nullptr) return "an index without a head";
  if (const char* problem = Read(*index.head(), head)) return problem;
  entries->clear();
  if (index.entries() == nullptr) return nullptr;
  size_t at = 0;
  for (const fbs::Entry* e : *index.entries()) {
    IndexEntry entry{.offset = e->offset(),
                     .kind = static_cast<BlockKind>(e->kind()),
                     .after = {e->after()},
                     .through = {e->through()},
                     .first_time_ns = e->first_time(),
                     .last_time_ns = e->last_time(),
                     .records = e->records()};
    if (entry.through < entry.after) return "a block ends before it begins";
    if (!entries->empty() && entry.offset <= entries->back().offset) return "blocks do not rise";
    uint32_t last = 0;
    for (uint32_t i = 0; i < e->topics(); ++i) {
      uint32_t step;
      if (index.topics() == nullptr || !TakeVarint(*index.topics(), &at, &step)) {
        return "topics are missing";
      }
      last += step;
      entry.topics.push_back({last});
    }
    entries->push_back(std::move(entry));
  }
  return nullptr;
}

}  // namespace fantail::tape
