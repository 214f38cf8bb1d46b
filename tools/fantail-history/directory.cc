#include "tools/fantail-history/directory.h"

#include <algorithm>
#include <optional>

namespace fantail::history {
namespace {

// `more` belongs to the same topic and epoch.
void Widen(const DirectoryEntry& more, DirectoryEntry* entry) {
  if (more.first < entry->first) {
    entry->first = more.first;
    entry->first_time_ns = more.first_time_ns;
  }
  if (more.last > entry->last) {
    entry->last = more.last;
    entry->last_time_ns = more.last_time_ns;
  }
}

}  // namespace

std::shared_ptr<const Spans> DirectoryCache::Find(const std::string& path,
                                                  uint64_t size_bytes) const {
  const auto it = entries_.find(path);
  return it != entries_.end() && it->second.size_bytes == size_bytes ? it->second.spans : nullptr;
}

void DirectoryCache::Put(const std::string& path, uint64_t size_bytes,
                         std::shared_ptr<const Spans> spans) {
  entries_[path] = {size_bytes, std::move(spans)};
}

// Reads one segment.
class DirectoryAnswer::Scan final : public feed::FeedContent {
 public:
  explicit Scan(std::unique_ptr<tape::SegmentReader> reader)
      : reader_(std::move(reader)), epoch_(reader_->head().epoch) {}

  const tape::SegmentReader& reader() const { return *reader_; }
  // False at the end.
  bool Turn() {
    const auto result = reader_->Next();
    if (result == tape::SegmentReader::Result::kEnd) return false;
    if (result == tape::SegmentReader::Result::kBlock) reader_->content().Deliver(this);
    return true;
  }
  std::shared_ptr<const Spans> TakeSpans() {
    auto spans = std::make_shared<Spans>();
    for (size_t id = 0; id < entries_.size(); ++id) {
      if (!entries_[id]) continue;
      entries_[id]->topic = names_[id];
      spans->emplace(names_[id], *std::move(entries_[id]));
    }
    return spans;
  }

 private:
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId id, std::string_view name) override {
    if (id.value >= names_.size()) names_.resize(id.value + size_t{1});
    if (names_[id.value].empty()) names_[id.value] = name;
  }
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> records) override {
    entries_.resize(names_.size());
    for (const wire::Record& record : records) {
      std::optional<DirectoryEntry>& entry = entries_[record.tick.topic.value];
      const int64_t time = record.tick.time_ns;
      if (!entry) {
        entry = DirectoryEntry{.epoch = epoch_,
                               .topic = {},
                               .first = record.position,
                               .last = record.position,
                               .first_time_ns = time};
      }
      entry->last = record.position;
      entry->last_time_ns = time;
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override {}
  void OnEnd(Position) override {}

  std::unique_ptr<tape::SegmentReader> reader_;
  const Epoch epoch_;
  std::vector<std::string> names_;  // by topic id
  std::vector<std::optional<DirectoryEntry>> entries_;
};

DirectoryAnswer::DirectoryAnswer(Library* library, DirectoryCache* cache,
                                 const std::vector<Pattern>& patterns)
    : cache_(cache), wanted_(patterns) {
  for (size_t tape = 0; tape < library->size(); ++tape) {
    std::vector<std::string> problems;
    auto segments = tape::ListSegments(library->path(tape), &problems);
    if (!segments.ok()) continue;  // a journal that has not begun
    for (tape::SegmentInfo& segment : *segments) segments_.push_back(std::move(segment));
  }
}

DirectoryAnswer::~DirectoryAnswer() = default;

bool DirectoryAnswer::Turn() {
  if (scan_ != nullptr) {
    if (scan_->Turn()) return false;
    const auto spans = scan_->TakeSpans();
    cache_->Put(scan_->reader().path(), scan_->reader().size_bytes(), spans);
    Add(*spans);
    scan_.reset();
    return false;
  }
  if (segments_.empty()) {
    MakeParts();
    return true;
  }
  const tape::SegmentInfo segment = std::move(segments_.back());
  segments_.pop_back();
  if (const auto known = cache_->Find(segment.path, segment.size_bytes)) {
    Add(*known);
    return false;
  }
  auto reader = tape::SegmentReader::Open(segment.path);
  if (reader.ok()) scan_ = std::make_unique<Scan>(*std::move(reader));  // else it has been deleted
  return false;
}

void DirectoryAnswer::Add(const Spans& spans) {
  for (const auto& [topic, entry] : spans) {
    if (!wanted_.Matches(topic)) continue;
    const auto [it, fresh] = found_.try_emplace({entry.epoch, topic}, entry);
    if (!fresh) Widen(entry, &it->second);
  }
}

void DirectoryAnswer::MakeParts() {
  std::vector<DirectoryEntry> all;
  all.reserve(found_.size());
  for (auto& [key, entry] : found_) all.push_back(std::move(entry));
  for (size_t next = 0; next < all.size();) parts_.push_back(EncodeDirectoryPart(all, &next));
  if (parts_.empty()) parts_.emplace_back();
}

}  // namespace fantail::history
