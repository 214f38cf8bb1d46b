#include "tools/fantail-replay/track.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>

namespace fantail::replay {
namespace {

// Grows `flags` if need be.
std::vector<bool>::reference At(std::vector<bool>* flags, size_t i) {
  if (i >= flags->size()) flags->resize(i + 1);
  return (*flags)[i];
}

// This thread takes only what nobody else wants: who paces ticks, in this process and in its
// sessions, must not wait for it, and a thread that has just begun is not interrupted for some
// milliseconds.
void MakeWay() {
  const sched_param none{};
  (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

}  // namespace

// Puts what a block gives into a chunk.
class Track::Filler final : public feed::FeedContent {
 public:
  Filler(Track* track, Chunk* chunk) : track_(track), chunk_(chunk) {}

  void OnNewEpoch(Epoch, bool) override {
    track_->knows_.clear();
    track_->wants_.clear();
    track_->knows_venues_.clear();
    Put(EpochMark{});
  }
  void OnTopic(TopicId id, std::string_view name) override {
    if (At(&track_->knows_, id.value)) return;
    track_->Learn(id, name);
    if (track_->Wanted(id)) Put(TopicMark{id, std::string(name)});
  }
  void OnVenue(VenueId id, std::string_view name) override {
    auto known = At(&track_->knows_venues_, id.value);
    if (known) return;
    known = true;
    Put(VenueMark{id, std::string(name)});
  }
  void OnImage(const feed::TopicImage& image) override {
    if (track_->Wanted(image.topic)) Put(image);
  }
  void OnRecords(std::span<const wire::Record> records) override {
    for (const wire::Record& record : records) {
      if (track_->Wanted(record.tick.topic)) {
        chunk_->records.push_back(record);
        chunk_->offsets.push_back(seen_);
      }
      ++seen_;
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice& gap) override {
    feed::GapNotice mine = gap;
    if (!track_->topics_.empty()) mine.patterns = feed::Clip(gap.patterns, track_->topics_);
    if (!mine.patterns.empty()) Put(std::move(mine));
  }
  void OnEnd(Position) override {}  // the player knows where the end is

  // How many records a block has given, unwanted ones too.
  uint32_t TakeSeen() { return std::exchange(seen_, 0); }

 private:
  void Put(Mark mark) { chunk_->marks.push_back({chunk_->records.size(), std::move(mark)}); }

  Track* const track_;
  Chunk* const chunk_;
  uint32_t seen_ = 0;
};

void Track::Chunk::Clear() {
  records.clear();
  offsets.clear();
  marks.clear();
  at = mark = 0;
  last = false;
  problems.clear();
  failure.clear();
}

absl::StatusOr<std::unique_ptr<Track>> Track::Open(const std::string& path,
                                                   const std::vector<Pattern>& topics) {
  auto reader = tape::TapeReader::Open(path);
  if (!reader.ok()) return reader.status();
  std::unique_ptr<Track> track(new Track(*std::move(reader), topics));
  const auto span = track->reader_->Measure();
  if (!span.ok()) return span.status();
  track->span_ = *span;
  return track;
}

Track::Track(std::unique_ptr<tape::TapeReader> reader, const std::vector<Pattern>& topics)
    : reader_(std::move(reader)), topics_(topics) {
  for (const std::string& problem : reader_->problems()) AddProblem(problem);
}

void Track::AddProblem(const std::string& line) {
  if (told_.insert(line).second) problems_.push_back(line);
}

void Track::Learn(TopicId id, std::string_view name) {
  At(&knows_, id.value) = true;
  At(&wants_, id.value) = Wants(name);
}

absl::Status Track::Seek(const Place& place, tape::TapeState* state) {
  FinishReading();
  absl::Status status;
  switch (place.kind) {
    case Place::Kind::kTime:
      status = reader_->SeekTime(place.time_ns, state);
      break;
    case Place::Kind::kPosition:
      status = reader_->SeekPosition({}, place.position, state);
      break;
    default:
      status = reader_->SeekRecord(place.record, state);
      break;
  }
  if (!status.ok()) return status;
  now_.Clear();
  next_.Clear();
  now_.first = now_.end = 0;
  knows_.clear();
  wants_.clear();
  knows_venues_.clear();
  for (const auto& [name, id] : state->topics().by_name()) Learn(id, name);
  for (const auto& [id, name] : state->venues()) At(&knows_venues_, id.value) = true;
  Load();
  return absl::OkStatus();
}

std::span<const wire::Record> Track::records() const {
  const size_t until =
      now_.mark < now_.marks.size() ? now_.marks[now_.mark].before : now_.records.size();
  return std::span(now_.records).subspan(now_.at, until - now_.at);
}

uint64_t Track::number() const {
  return at_end() ? now_.end : now_.first + now_.offsets[now_.at];
}

void Track::Load() {
  if (!at_end() || HasMark() || now_.last) return;
  if (reading_.valid()) {
    FinishReading();
    std::swap(now_, next_);
  } else {
    Fill(&now_);
  }
  for (const std::string& problem : std::exchange(now_.problems, {})) AddProblem(problem);
}

void Track::ReadAhead() {
  if (reading_.valid() || now_.last || now_.records.size() < kWorthAThread) return;
  next_.first = now_.first;
  next_.end = now_.end;
  reading_ = std::async(std::launch::async, [this] {
    if (!awaited_) MakeWay();
    Fill(&next_);
  });
}

void Track::FinishReading() {
  if (!reading_.valid()) return;
  awaited_ = reading_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  reading_.get();
}

// Until there is a wanted record, or nothing more.
void Track::Fill(Chunk* chunk) {
  chunk->Clear();
  Filler filler(this, chunk);
  while (chunk->records.empty() && !chunk->last) {
    switch (reader_->Next(&filler)) {
      case tape::TapeReader::Result::kBlock:
        chunk->first = reader_->first_record();
        chunk->end = chunk->first + filler.TakeSeen();
        CutOff(chunk);
        break;
      case tape::TapeReader::Result::kDamage:
        chunk->problems.push_back(reader_->damage().Describe());
        break;
      case tape::TapeReader::Result::kEnd:
        chunk->last = true;
        chunk->end = std::min(end_, std::max(chunk->end, span_.records));
        break;
      case tape::TapeReader::Result::kFailed:
        chunk->failure = reader_->problem();
        chunk->last = true;
        break;
    }
  }
}

// What lies at and behind end_ is left out.
void Track::CutOff(Chunk* chunk) const {
  if (chunk->end < end_) return;
  chunk->last = true;
  chunk->end = end_;
  size_t count = 0;
  while (count < chunk->records.size() && chunk->first + chunk->offsets[count] < end_) ++count;
  chunk->records.resize(count);
  chunk->offsets.resize(count);
  std::erase_if(chunk->marks, [&](const PlacedMark& mark) { return mark.before > count; });
}

}  // namespace fantail::replay
