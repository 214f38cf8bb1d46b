#include "tools/fantail-history/answer.h"

#include <algorithm>
#include <utility>

namespace fantail::history {
namespace {

// A part is sent at least this often, so that who waits sees that the answer goes on.
constexpr uint64_t kSilentPositions = 200'000;

}  // namespace

void Answer::Piece::OnNewEpoch(Epoch epoch, bool paced) {
  items.emplace_back(NewEpoch{epoch, paced});
  topics.clear();
  venues.clear();
}

void Answer::Piece::OnTopic(TopicId id, std::string_view name) {
  if (id.value >= topics.size()) topics.resize(id.value + size_t{1});
  Topic& topic = topics[id.value];
  if (topic.name == name) return;  // every block says its names again
  topic = {.name = std::string(name), .wanted = wanted_->Matches(name)};
}

void Answer::Piece::OnRecords(std::span<const wire::Record> records) {
  std::vector<wire::Record> wanted;
  for (const wire::Record& record : records) {
    if (topics[record.tick.topic.value].wanted) wanted.push_back(record);
  }
  if (!wanted.empty()) items.emplace_back(std::move(wanted));
}

Answer::Answer(Library* library, Question question)
    : library_(library),
      question_(std::move(question)),
      wanted_(question_.patterns),
      at_(question_.after),
      piece_(&wanted_) {}

Answer::~Answer() {
  Leave();
}

void Answer::Leave() {
  if (reader_ != nullptr) library_->GiveBack(tape_, std::move(reader_));
}

absl::Status Answer::Begin() {
  if (by_position()) {
    epoch_ = question_.epoch;
    writer_.BeginEpoch(epoch_, false, at_);
    return absl::OkStatus();
  }
  const auto zone = tape::ParseTimeZone(question_.zone);
  if (!zone.ok()) return zone.status();
  range_.zone = *zone;
  range_.newest_day = true;
  for (const auto& [text, place] :
       {std::pair(&question_.from, &range_.from), std::pair(&question_.to, &range_.to)}) {
    if (text->empty()) continue;
    const auto parsed = tape::ParsePlace(*text, *zone);
    if (!parsed.ok()) return parsed.status();
    *place = *parsed;
  }
  return absl::OkStatus();
}

void Answer::Enter(size_t tape, std::unique_ptr<tape::TapeReader> reader, Epoch epoch) {
  tape_ = tape;
  reader_ = std::move(reader);
  for (const tape::SegmentInfo& segment : reader_->segments()) {
    if (segment.head.epoch != epoch) continue;
    const feed::Interest held(segment.head.patterns);
    std::vector<Pattern> unknown = question_.patterns;
    std::erase_if(unknown, [&](const Pattern& pattern) { return held.Covers(pattern); });
    writer_.SetUnknown(std::move(unknown));
    return;
  }
}

// The tape that has what comes next: as it was when it was last looked at, or as it is now.
bool Answer::FindPosition(std::optional<size_t> but) {
  std::optional<Position> later;
  for (const bool now : {false, true}) {
    for (size_t tape = 0; tape < library_->size(); ++tape) {
      if (tape == but) continue;
      auto reader = library_->Take(tape, now);
      if (!reader.ok()) continue;
      if ((*reader)->SeekBlock(epoch_, at_ + 1).ok()) {
        Enter(tape, *std::move(reader), epoch_);
        return true;
      }
      for (const tape::SegmentInfo& segment : (*reader)->segments()) {
        if (segment.head.epoch != epoch_ || segment.head.after <= at_) continue;
        later = later ? std::min(*later, segment.head.after) : segment.head.after;
      }
      library_->GiveBack(tape, *std::move(reader));
    }
  }
  if (!later || but) return false;
  if (question_.through.value != 0) later = std::min(*later, question_.through);
  lost_ = feed::GapNotice{.from = at_, .to = *later, .patterns = {}};
  return false;
}

bool Answer::EnterTape(size_t tape) {
  auto reader = library_->Take(tape, /*now=*/true);
  if (!reader.ok()) {
    problem_ = std::string(reader.status().message());
    return false;
  }
  tape::TapeState state;
  const auto end = tape::EnterRange(range_, reader->get(), &state);
  if (!end.ok()) {
    problem_ = std::string(end.status().message());
    return false;
  }
  end_ = *end;
  piece_.items.clear();
  next_item_ = next_record_ = 0;
  if (range_.from) {
    state.Tell(&piece_);
    // Of what was there before only the names matter, and where it ended.
    std::erase_if(piece_.items, [](const Piece::Item& item) {
      return std::holds_alternative<std::vector<wire::Record>>(item);
    });
  }
  Enter(tape, *std::move(reader), state.epoch());
  return true;
}

bool Answer::Read() {
  piece_.items.clear();
  next_item_ = next_record_ = 0;
  if (reader_ == nullptr) {
    if (by_position()) {
      if (!FindPosition({})) {
        if (!lost_) return false;
        piece_.items.emplace_back(*std::exchange(lost_, {}));
        return true;
      }
    } else {
      if (next_tape_ == library_->size()) return false;
      return EnterTape(next_tape_++);
    }
  }
  switch (reader_->Next(&piece_)) {
    case tape::TapeReader::Result::kBlock:
    case tape::TapeReader::Result::kDamage:  // a gap says what is missing
      return true;
    case tape::TapeReader::Result::kEnd:
    case tape::TapeReader::Result::kFailed:
      break;
  }
  const bool some = !piece_.items.empty();
  const Position was = at_;
  Leave();
  if (!by_position()) return true;
  // Somebody else may have more, or the tape has grown.
  if (some) return true;
  return FindPosition({}) && at_ == was ? Read() : lost_.has_value();
}

Answer::Step Answer::Next(std::string* part) {
  part->clear();
  if (!std::exchange(begun_, true)) {
    if (absl::Status s = Begin(); !s.ok()) {
      problem_ = std::string(s.message());
      return Step::kFailed;
    }
  }
  if (next_item_ == piece_.items.size() && !over_) over_ = !Read();
  if (!problem_.empty()) return Step::kFailed;
  const bool full = Write();
  if (full) {
    *part = writer_.Finish(writer_.through());
    return Step::kPart;
  }
  if (!over_) {
    if (writer_.epoch().value == 0 || at_ < writer_.part_after() + kSilentPositions) {
      return Step::kNothing;
    }
    *part = writer_.Finish(std::max(writer_.through(), at_));
    return Step::kPart;
  }
  if (writer_.epoch().value != 0) *part = writer_.Finish(std::max(writer_.through(), at_));
  return Step::kEnd;
}

bool Answer::Write() {
  while (next_item_ < piece_.items.size() && !over_) {
    if (WriteItem(&piece_.items[next_item_])) return true;
    // A tape that was left for another has nothing more to say.
    if (next_item_ < piece_.items.size()) ++next_item_;
    next_record_ = 0;
  }
  return writer_.full();
}

bool Answer::WriteItem(Piece::Item* item) {
  if (const auto* begin = std::get_if<Piece::NewEpoch>(item)) {
    if (by_position()) {
      if (begin->epoch == epoch_) return false;
      over_ = begin->epoch > epoch_;
      next_item_ = piece_.items.size();
      return false;
    }
    if (begin->epoch > writer_.epoch() && !writer_.empty()) return true;  // that part first
    epoch_ = begin->epoch;
    if (epoch_ <= writer_.epoch()) return false;  // another tape has come as far, or further
    at_ = {};
    writer_.BeginEpoch(epoch_, begin->paced, {});
    return false;
  }
  if (!by_position() && epoch_ != writer_.epoch()) return false;
  if (const auto* records = std::get_if<std::vector<wire::Record>>(item)) {
    return WriteRecords(*records);
  }
  if (const auto* gap = std::get_if<feed::GapNotice>(item)) return WriteGap(*gap);
  Position through = std::get<Position>(*item);
  if (question_.through.value != 0) through = std::min(through, question_.through);
  // Before its first record the part may begin anywhere.
  if (!by_position() && at_.value == 0 && writer_.empty()) {
    writer_.BeginEpoch(epoch_, writer_.paced(), through);
  }
  at_ = std::max(at_, through);
  over_ = by_position() && Past(at_);
  return false;
}

bool Answer::WriteRecords(const std::vector<wire::Record>& records) {
  for (; next_record_ < records.size(); ++next_record_) {
    const wire::Record& record = records[next_record_];
    if (record.position <= at_ || record.position <= writer_.through()) continue;
    if (by_position() ? question_.through.value != 0 && record.position > question_.through
                      : end_.IsReachedBy(epoch_, record)) {
      if (by_position()) {
        at_ = question_.through;
        over_ = true;
      } else {
        Leave();
      }
      next_item_ = piece_.items.size();
      return false;
    }
    if (writer_.full()) return true;
    const wire::Tick& tick = record.tick;
    if (!writer_.Knows(tick.topic)) {
      writer_.AddTopic(tick.topic, piece_.topics[tick.topic.value].name);
    }
    if (tick.venue.value != 0 && !writer_.Knows(tick.venue)) {
      writer_.AddVenue(tick.venue, piece_.venues[tick.venue]);
    }
    writer_.Add(record);
  }
  return false;
}

bool Answer::WriteGap(const feed::GapNotice& gap) {
  const Position from = std::max({gap.from, at_, writer_.through()});
  Position to = gap.to;
  if (question_.through.value != 0) to = std::min(to, question_.through);
  std::vector<Pattern> patterns = gap.patterns;
  if (!patterns.empty()) {
    patterns = feed::Clip(patterns, wanted_);
    if (patterns.empty()) return false;
  }
  if (from >= to) return false;
  if (!writer_.empty()) return true;
  // Another tape may have it.
  if (by_position() && reader_ != nullptr && left_ != from) {
    left_ = at_ = from;
    const size_t this_one = tape_;
    std::unique_ptr<tape::TapeReader> reader = std::move(reader_);
    if (FindPosition(this_one)) {
      library_->GiveBack(this_one, std::move(reader));
      next_item_ = piece_.items.size();
      return false;
    }
    reader_ = std::move(reader);
    tape_ = this_one;
  }
  writer_.AddLost({.from = from, .to = to, .patterns = std::move(patterns)});
  at_ = to;
  over_ = by_position() && Past(at_);
  return false;
}

}  // namespace fantail::history
