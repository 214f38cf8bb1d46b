#include "fantail/history/messages.h"

#include <cstring>

#include "fantail/base/check.h"
#include "fantail/wire/flat.h"
#include "history_generated.h"

namespace fantail::history {
namespace {

using wire::flat::Builder;
using wire::flat::Items;
using wire::flat::Problem;
using wire::flat::ReadTexts;
using wire::flat::Text;
using wire::flat::Texts;
using wire::flat::View;

constexpr wire::flat::Identifier kQuestion = {"FH0a"};
constexpr wire::flat::Identifier kPart = {"FH0b"};
constexpr wire::flat::Identifier kDirectoryQuestion = {"FH0c"};
constexpr wire::flat::Identifier kDirectoryPart = {"FH0d"};

// A place or a time zone.
constexpr size_t kMaxPlaceBytes = 64;
// Patterns of one question.
constexpr size_t kMaxPatterns = 4096;
// Ticks are packed in runs of so many, and a part is full with so many bytes: what a run adds, in
// the worst case 100 bytes a tick and two names of 64, still fits a body.
constexpr size_t kRun = 128;
constexpr size_t kFullBytes = 24 * 1024;
// The most that a part holds before it is compressed.
constexpr size_t kMaxPlainBytes = 64 * 1024;
constexpr int kLevel = 3;

// Patterns in one part that need more are not named: all that was asked for is said to be lost.
constexpr size_t kMostLostBytes = 12 * 1024;

size_t TextBytes(const std::vector<Pattern>& patterns) {
  size_t bytes = 0;
  for (const Pattern& pattern : patterns) bytes += pattern.text().size() + 1;
  return bytes;
}

std::string Take(const Builder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

wire::flat::Bytes Put(Builder& builder, std::span<const std::byte> bytes) {
  return builder.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

wire::flat::Bytes Put(Builder& builder, const std::vector<Pattern>& patterns) {
  wire::TextListBuilder texts;
  for (const Pattern& pattern : patterns) texts.Add(pattern.text());
  return Texts(builder, texts.list());
}

Problem ReadPatterns(const flatbuffers::Vector<uint8_t>* bytes, std::vector<Pattern>* out) {
  wire::TextList texts;
  out->clear();
  if (Problem problem = ReadTexts(bytes, &texts)) return problem;
  for (const std::string_view text : texts) {
    if (PatternProblem(text) != nullptr) return "a text is not a pattern";
    if (out->size() == kMaxPatterns) return "too many patterns";
    out->emplace_back(text);
  }
  return nullptr;
}

// The root of `body`, copied to where numbers are aligned.
template <class Table>
const Table* Root(bus::Body body, wire::flat::Identifier identifier,
                  std::vector<uint64_t>* aligned) {
  aligned->resize((body.size() + 7) / 8);
  if (!body.empty()) std::memcpy(aligned->data(), body.data(), body.size());
  const auto* data = reinterpret_cast<const uint8_t*>(aligned->data());
  flatbuffers::Verifier verifier(data, body.size(), /*max_depth=*/4, /*max_tables=*/4);
  if (!verifier.VerifyBuffer<Table>(identifier.text)) return nullptr;
  return flatbuffers::GetRoot<Table>(data);
}
constexpr char kNotWellFormed[] = "not a well-formed message of its kind";

template <class Id>
void Mark(Id id, std::vector<bool>* known) {
  if (id.value >= known->size()) known->resize(id.value + size_t{1});
  (*known)[id.value] = true;
}

template <class Id>
bool Marked(Id id, const std::vector<bool>& known) {
  return id.value < known.size() && known[id.value];
}

}  // namespace

std::string HistoryService(std::string_view feed) {
  return "history/" + std::string(feed);
}

std::string DirectoryService(std::string_view feed) {
  return "directory/" + std::string(feed);
}

const char* FeedNameProblem(std::string_view feed) {
  const std::string longest = DirectoryService(feed);
  if (longest.size() > bus::kMaxServiceBytes) return "its name is too long for a service's";
  return TopicProblem(longest) == nullptr ? nullptr : "its name cannot be part of a service's";
}

std::string Encode(const Question& question) {
  Builder builder(512);
  const auto from = Text(builder, question.from);
  const auto to = Text(builder, question.to);
  const auto zone = Text(builder, question.zone);
  const auto patterns = Put(builder, question.patterns);
  builder.Finish(fbs::CreateQuestion(builder, question.epoch.value, question.after.value,
                                     question.through.value, from, to, zone, patterns),
                 kQuestion.text);
  return Take(builder);
}

const char* Decode(bus::Body body, Question* question) {
  std::vector<uint64_t> aligned;
  const auto* t = Root<fbs::Question>(body, kQuestion, &aligned);
  if (t == nullptr) return kNotWellFormed;
  question->epoch = {t->epoch()};
  question->after = {t->after()};
  question->through = {t->through()};
  question->from = View(t->from());
  question->to = View(t->to());
  question->zone = View(t->zone());
  for (const std::string* text : {&question->from, &question->to, &question->zone}) {
    if (text->size() > kMaxPlaceBytes) return "a place or a time zone is too long";
  }
  if (question->through.value != 0 && question->through < question->after) {
    return "it ends before it begins";
  }
  if (Problem problem = ReadPatterns(t->patterns(), &question->patterns)) return problem;
  return question->patterns.empty() ? "no pattern" : nullptr;
}

PartWriter::PartWriter() : compressor_(kLevel) {}
PartWriter::~PartWriter() = default;

void PartWriter::BeginEpoch(Epoch epoch, bool paced, Position after) {
  FANTAIL_CHECK(empty());
  epoch_ = epoch;
  paced_ = paced;
  after_ = through_ = after;
  topics_.clear();
  venues_.clear();
  packer_.Reset();
}

void PartWriter::AddLost(Lost lost) {
  FANTAIL_CHECK(empty() && lost.to >= through_);
  if (TextBytes(lost.patterns) > kMostLostBytes) lost.patterns.clear();
  through_ = std::max(through_, lost.to);
  lost_ = std::move(lost);
}

void PartWriter::AddTopic(TopicId id, std::string_view name) {
  Mark(id, &topics_);
  new_topics_.push_back(id);
  topic_texts_.Add(name);
}

void PartWriter::AddVenue(VenueId id, std::string_view name) {
  Mark(id, &venues_);
  new_venues_.push_back(id);
  venue_texts_.Add(name);
}

void PartWriter::Add(const wire::Record& record) {
  run_.push_back(record);
  through_ = record.position;
  ++part_records_;
  if (run_.size() == kRun) PackRun();
}

void PartWriter::PackRun() {
  if (run_.empty()) return;
  const size_t at = ticks_.size();
  ticks_.resize(at + sizeof(uint32_t));
  packer_.Pack(run_, &ticks_);
  const auto bytes = static_cast<uint32_t>(ticks_.size() - at - sizeof(uint32_t));
  std::memcpy(ticks_.data() + at, &bytes, sizeof bytes);
  run_.clear();
}

bool PartWriter::full() const {
  return lost_.has_value() || ticks_.size() + topic_texts_.size_bytes() +
                                      venue_texts_.size_bytes() + 4 * new_topics_.size() >=
                                  kFullBytes;
}

std::string PartWriter::Finish(Position through) {
  FANTAIL_CHECK(through >= through_, through.value, through_.value);
  PackRun();
  if (!unknown_.empty() && through > after_) {
    const bool all = lost_ || TextBytes(unknown_) > kMostLostBytes;
    lost_ = Lost{.from = after_, .to = through, .patterns = {}};
    if (!all) lost_->patterns = unknown_;
  }
  thread_local Builder builder(kMaxPlainBytes);
  builder.Clear();
  const auto* topic_ids = reinterpret_cast<const uint32_t*>(new_topics_.data());
  const auto* venue_ids = reinterpret_cast<const uint16_t*>(new_venues_.data());
  const auto gap_patterns = Put(builder, lost_ ? lost_->patterns : std::vector<Pattern>());
  const auto topics = builder.CreateVector(topic_ids, new_topics_.size());
  const auto topic_texts = Texts(builder, topic_texts_.list());
  const auto venues = builder.CreateVector(venue_ids, new_venues_.size());
  const auto venue_texts = Texts(builder, venue_texts_.list());
  const auto ticks = Put(builder, ticks_);
  builder.Finish(fbs::CreatePart(builder, epoch_.value, paced_, after_.value, through.value,
                                 lost_ ? lost_->from.value : 0, lost_ ? lost_->to.value : 0,
                                 gap_patterns, topics, topic_texts, venues, venue_texts, ticks),
                 kPart.text);
  after_ = through_ = through;
  lost_.reset();
  part_records_ = 0;
  new_topics_.clear();
  topic_texts_.Clear();
  new_venues_.clear();
  venue_texts_.Clear();
  ticks_.clear();

  std::string body(wire::CompressedBound(builder.GetSize()), '\0');
  const size_t bytes =
      compressor_.Frame(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())),
                        std::as_writable_bytes(std::span(body)));
  FANTAIL_CHECK(bytes <= bus::kMaxBodyBytes, bytes, builder.GetSize());
  body.resize(bytes);
  return body;
}

PartReader::PartReader() = default;
PartReader::~PartReader() = default;

void PartReader::Reset() {
  epoch_ = {};
  through_ = {};
  topics_.clear();
  venues_.clear();
  unpacker_.Reset();
}

const char* PartReader::Decode(bus::Body body, Part* part) {
  plain_.resize(kMaxPlainBytes);
  const auto bytes = decompressor_.Frame(body, plain_);
  if (!bytes) return "it does not decompress";
  const auto* t = Root<fbs::Part>({plain_.data(), *bytes}, kPart, &aligned_);
  if (t == nullptr) return kNotWellFormed;
  *part = Part{
      .epoch = {t->epoch()}, .paced = t->paced(), .after = {t->after()}, .through = {t->through()}};
  if (part->epoch.value == 0 || part->epoch < epoch_) return "an epoch that cannot be";
  if (part->epoch != epoch_) {
    Reset();
    epoch_ = part->epoch;
  } else if (part->after != through_) {
    return "a part that does not join on to the one before";
  }
  if (part->through < part->after) return "it ends before it begins";
  through_ = part->through;
  if (t->gap_to() != 0) {
    Lost lost{.from = {t->gap_from()}, .to = {t->gap_to()}, .patterns = {}};
    if (lost.from >= lost.to || lost.from < part->after || lost.to > part->through) {
      return "a gap beyond its part";
    }
    if (Problem problem = ReadPatterns(t->gap_patterns(), &lost.patterns)) return problem;
    part->lost = std::move(lost);
  }
  wire::TextList topic_texts;
  wire::TextList venue_texts;
  if (Problem problem = ReadTexts(t->topic_texts(), &topic_texts)) return problem;
  if (Problem problem = ReadTexts(t->venue_texts(), &venue_texts)) return problem;
  std::span<const TopicId> topics;
  std::span<const VenueId> venues;
  if (!Items(t->topics(), &topics) || !Items(t->venues(), &venues)) return "misaligned ids";
  if (topics.size() != topic_texts.Count() || venues.size() != venue_texts.Count()) {
    return "not one text for each id";
  }
  auto topic = topics.begin();
  for (const std::string_view text : topic_texts) {
    if (topic->value >= wire::kMaxTopics) return "a topic id is out of range";
    if (TopicProblem(text) != nullptr) return "a text is not a topic";
    Mark(*topic, &topics_);
    part->topics.emplace_back(*topic++, text);
  }
  auto venue = venues.begin();
  for (const std::string_view text : venue_texts) {
    if (venue->value == 0) return "a venue has id 0";
    if (text.empty() || text.size() > wire::kMaxNameBytes) return "a venue without a good name";
    Mark(*venue, &venues_);
    part->venues.emplace_back(*venue++, text);
  }
  if (t->ticks() == nullptr) return nullptr;
  return DecodeTicks({reinterpret_cast<const std::byte*>(t->ticks()->Data()), t->ticks()->size()},
                     part);
}

const char* PartReader::DecodeTicks(bus::Body ticks, Part* part) {
  while (!ticks.empty()) {
    uint32_t bytes = 0;
    if (ticks.size() < sizeof bytes) return "a batch without its length";
    std::memcpy(&bytes, ticks.data(), sizeof bytes);
    ticks = ticks.subspan(sizeof bytes);
    if (bytes > ticks.size()) return "a batch that is longer than its part";
    if (Problem problem = unpacker_.Unpack(ticks.first(bytes), &part->records)) return problem;
    if (part->records.size() > kMaxPlainBytes) return "too many ticks in one part";
    ticks = ticks.subspan(bytes);
  }
  Position last = part->lost ? part->lost->from : part->after;
  for (const wire::Record& record : part->records) {
    if (record.position <= last || record.position > part->through) {
      return "a position out of order";
    }
    last = record.position;
    if (!Marked(record.tick.topic, topics_)) return "a record without a name";
    if (record.tick.venue.value != 0 && !Marked(record.tick.venue, venues_)) {
      return "a venue without a name";
    }
  }
  return nullptr;
}

std::string EncodeDirectoryQuestion(const std::vector<Pattern>& patterns) {
  Builder builder(512);
  const auto texts = Put(builder, patterns);
  builder.Finish(fbs::CreateDirectoryQuestion(builder, texts), kDirectoryQuestion.text);
  return Take(builder);
}

const char* DecodeDirectoryQuestion(bus::Body body, std::vector<Pattern>* patterns) {
  std::vector<uint64_t> aligned;
  const auto* t = Root<fbs::DirectoryQuestion>(body, kDirectoryQuestion, &aligned);
  if (t == nullptr) return kNotWellFormed;
  if (Problem problem = ReadPatterns(t->patterns(), patterns)) return problem;
  return patterns->empty() ? "no pattern" : nullptr;
}

std::string EncodeDirectoryPart(const std::vector<DirectoryEntry>& entries, size_t* next) {
  wire::TextListBuilder texts;
  std::vector<fbs::TopicSpan> spans;
  Epoch epoch;
  for (; *next < entries.size(); ++*next) {
    const DirectoryEntry& entry = entries[*next];
    if (spans.empty()) epoch = entry.epoch;
    const size_t bytes = texts.size_bytes() + spans.size() * sizeof(fbs::TopicSpan);
    if (entry.epoch != epoch || bytes >= kFullBytes) break;
    texts.Add(entry.topic);
    spans.emplace_back(entry.first.value, entry.last.value, entry.first_time_ns,
                       entry.last_time_ns);
  }
  Builder builder(2 * kFullBytes);
  const auto texts_at = Texts(builder, texts.list());
  const auto spans_at = builder.CreateVectorOfStructs(spans);
  builder.Finish(fbs::CreateDirectoryPart(builder, epoch.value, texts_at, spans_at),
                 kDirectoryPart.text);
  return Take(builder);
}

const char* DecodeDirectoryPart(bus::Body body, std::vector<DirectoryEntry>* entries) {
  std::vector<uint64_t> aligned;
  const auto* t = Root<fbs::DirectoryPart>(body, kDirectoryPart, &aligned);
  if (t == nullptr) return kNotWellFormed;
  wire::TextList texts;
  std::span<const fbs::TopicSpan> spans;
  if (Problem problem = ReadTexts(t->texts(), &texts)) return problem;
  if (!Items(t->spans(), &spans)) return "misaligned spans";
  if (spans.size() != texts.Count()) return "not one text for each span";
  auto span = spans.begin();
  for (const std::string_view text : texts) {
    if (TopicProblem(text) != nullptr) return "a text is not a topic";
    entries->push_back({.epoch = {t->epoch()},
                        .topic = std::string(text),
                        .first = {span->first()},
                        .last = {span->last()},
                        .first_time_ns = span->first_time(),
                        .last_time_ns = span->last_time()});
    ++span;
  }
  return nullptr;
}

}  // namespace fantail::history
