#include "tools/fantail-replay/player.h"

#include <algorithm>
#include <utility>

#include "fantail/base/check.h"

namespace fantail::replay {
namespace {

// Records a turn: a fraction of a millisecond, so that acks and pings are never kept waiting, and
// few enough that the sessions' windows are looked at between them.
constexpr size_t kMostRecords = 1024;
// How soon it is asked again whether the sessions have been sent everything.
constexpr Nanos kAskAgain = std::chrono::milliseconds(1);

}  // namespace

Player::Player(Options options, Tracks tracks, feed::FeedContent* to, NewEpoch new_epoch)
    : options_(std::move(options)),
      tracks_(std::move(tracks)),
      to_(to),
      new_epoch_(std::move(new_epoch)),
      renumber_(tracks_.size(), to),
      clock_(options_.speed) {
  FANTAIL_CHECK(!tracks_.empty());
}

// -------------------------------------------------------------------------------------------------
// Places.

absl::Status Player::Start(MonotonicTime now) {
  bool any = false;
  for (const auto& track : tracks_) {
    const tape::TapeReader::Span& span = track->span();
    if (span.records == 0) continue;
    tape_begin_ns_ = any ? std::min(tape_begin_ns_, span.first_time_ns) : span.first_time_ns;
    tape_end_ns_ = any ? std::max(tape_end_ns_, span.last_time_ns) : span.last_time_ns;
    any = true;
  }
  const auto from = Resolve(options_.from, tape_begin_ns_);
  if (!from.ok()) {
    return absl::Status(from.status().code(), "--from: " + std::string(from.status().message()));
  }
  from_ = *from;
  if (absl::Status s = FindEnd(); !s.ok()) return s;
  if (absl::Status s = Begin(from_, now); !s.ok()) return s;
  if (Earliest() == kNone && any) {
    return absl::InvalidArgumentError(
        "there is nothing to play: no wanted record lies between --from and --to");
  }
  for (size_t i = 0; i < tracks_.size(); ++i) begin_.push_back(tracks_[i]->number());
  clock_.SetPaused(options_.paused, now);
  return absl::OkStatus();
}

absl::StatusOr<Place> Player::Resolve(const Place& place, int64_t not_before_ns) const {
  Place found = place;
  switch (place.kind) {
    case Place::Kind::kTimeOfDay:
      found.kind = Place::Kind::kTime;
      found.time_ns = ResolveTimeOfDay(place.time_of_day, not_before_ns, tape_begin_ns_,
                                       tape_end_ns_, options_.zone);
      break;
    case Place::Kind::kPosition:
      if (tracks_.size() == 1) break;
      return absl::InvalidArgumentError(
          "a position is one tape's, and these are several; "
          "write a time or a percentage");
    case Place::Kind::kShare:
      if (tracks_.size() == 1) {
        const auto records = static_cast<double>(tracks_[0]->span().records);
        found.kind = Place::Kind::kRecord;
        found.record = static_cast<uint64_t>(place.share * records);
      } else {
        const double span = static_cast<double>(tape_end_ns_) - static_cast<double>(tape_begin_ns_);
        found.kind = Place::Kind::kTime;
        found.time_ns = tape_begin_ns_ + static_cast<int64_t>(place.share * span);
      }
      break;
    default:
      break;
  }
  return found;
}

absl::Status Player::SeekTracks(const Place& place, std::vector<tape::TapeState>* states) {
  *states = std::vector<tape::TapeState>(tracks_.size());
  for (size_t i = 0; i < tracks_.size(); ++i) {
    if (absl::Status s = tracks_[i]->Seek(place, &(*states)[i]); !s.ok()) return s;
  }
  return absl::OkStatus();
}

// What is not played any more, as a number on each tape: so a time that comes twice ends it once.
absl::Status Player::FindEnd() {
  std::vector<tape::TapeState> ignored;
  if (absl::Status s = SeekTracks(from_, &ignored); !s.ok()) return s;
  size_t next = Earliest();
  begin_ns_ = next == kNone ? tape_end_ns_ : tracks_[next]->peek().tick.time_ns;
  end_ns_ = tape_end_ns_;
  if (!options_.to) {
    for (const auto& track : tracks_) end_.push_back(track->span().records);
    return absl::OkStatus();
  }
  const auto to = Resolve(*options_.to, begin_ns_);
  if (!to.ok()) {
    return absl::Status(to.status().code(), "--to: " + std::string(to.status().message()));
  }
  if (absl::Status s = SeekTracks(*to, &ignored); !s.ok()) return s;
  next = Earliest();
  if (next != kNone) end_ns_ = tracks_[next]->peek().tick.time_ns;
  for (const auto& track : tracks_) {
    end_.push_back(track->number());
    track->EndBefore(end_.back());
  }
  return absl::OkStatus();
}

absl::Status Player::Begin(const Place& place, MonotonicTime now) {
  std::vector<tape::TapeState> states;
  if (absl::Status s = SeekTracks(place, &states); !s.ok()) return s;
  epoch_ = new_epoch_(epoch_);
  renumber_.Begin(epoch_, paced());
  for (size_t i = 0; i < tracks_.size(); ++i) Tell(i, states[i]);
  const size_t next = Earliest();
  int64_t at = next == kNone ? end_ns_ : tracks_[next]->peek().tick.time_ns;
  // Nobody waits for a tape to begin; but a silence in the middle of it lasts as long as it did.
  if (place.kind == Place::Kind::kTime)
    at = std::clamp(place.time_ns, begin_ns_, std::max(at, begin_ns_));
  clock_.Set(at, now);
  newest_ns_ = at;
  shortened_ns_ = INT64_MIN;
  steps_ = 0;
  ran_this_round_ = false;
  state_ = State::kPlaying;
  return absl::OkStatus();
}

void Player::Tell(size_t tape, const tape::TapeState& state) {
  for (const auto& [id, name] : state.venues()) renumber_.Venue(tape, id, name);
  for (const auto& [name, id] : state.topics().by_name()) {
    if (!tracks_[tape]->Wants(name)) continue;
    renumber_.Topic(tape, id, name);
    if (const feed::TopicImage* image = state.image().Find(id)) renumber_.Image(tape, *image);
  }
}

// -------------------------------------------------------------------------------------------------
// Commands.

void Player::Release(MonotonicTime now) {
  clock_.Set(newest_ns_, now);
  running_ = true;
}

void Player::SetPaused(bool paused, MonotonicTime now) {
  clock_.SetPaused(paused, now);
}

void Player::Step(MonotonicTime now) {
  clock_.SetPaused(true, now);
  ++steps_;
}

void Player::Faster(MonotonicTime now) {
  if (!paced()) clock_.SetSpeed(std::min(clock_.speed() * 2, kFastest), now);
}

void Player::Slower(MonotonicTime now) {
  if (!paced()) clock_.SetSpeed(std::max(clock_.speed() / 2, kSlowest), now);
}

void Player::SeekBy(Nanos by, MonotonicTime now) {
  const int64_t target = tape_time_ns(now) + by.count();
  if (target <= begin_ns_) return Jump(from_, now);
  Jump({.kind = Place::Kind::kTime, .time_ns = std::min(target, end_ns_)}, now);
}

void Player::SeekShare(double share, MonotonicTime now) {
  share = std::clamp(share, 0.0, 1.0);
  if (tracks_.size() > 1) {
    const double span = static_cast<double>(end_ns_) - static_cast<double>(begin_ns_);
    const int64_t time = begin_ns_ + static_cast<int64_t>(share * span);
    return Jump({.kind = Place::Kind::kTime, .time_ns = time}, now);
  }
  const double count = static_cast<double>(end_[0] - std::min(begin_[0], end_[0]));
  Jump({.kind = Place::Kind::kRecord, .record = begin_[0] + static_cast<uint64_t>(share * count)},
       now);
}

void Player::Jump(const Place& place, MonotonicTime now) {
  if (state_ == State::kFailed) return;
  if (absl::Status s = Begin(place, now); !s.ok()) Fail(std::string(s.message()));
}

void Player::StoodStill(Nanos span, MonotonicTime now) {
  clock_.Set(clock_.At(now - span), now);
}

// -------------------------------------------------------------------------------------------------
// Playing.

bool Player::Turn(MonotonicTime now, bool drained) {
  next_due_.reset();
  waits_ = false;
  if (!running_ || state_ != State::kPlaying || (paused() && steps_ == 0)) return false;
  size_t budget = kMostRecords;
  while (budget > 0) {
    const size_t tape = NextTape();
    if (state_ == State::kFailed) return false;
    if (tape == kNone) return AtEnd(now, drained);
    const int64_t time = tracks_[tape]->peek().tick.time_ns;
    ShortenIdle(time);
    const int64_t horizon = clock_.Horizon(now);
    if (steps_ == 0 && time > horizon) {
      next_due_ = clock_.DueAt(time);
      return false;
    }
    if (!PassMarks(tape, drained)) return AskAgain(now);
    drained = false;
    if (steps_ > 0) {
      clock_.Set(time, now);
      Play(tape, 1, INT64_MAX, now);
      if (--steps_ == 0) return false;
      continue;
    }
    budget -= Play(tape, budget, horizon, now);
  }
  return true;
}

size_t Player::Earliest() const {
  size_t first = kNone;
  for (size_t i = 0; i < tracks_.size(); ++i) {
    if (tracks_[i]->at_end()) continue;
    if (first == kNone || tracks_[i]->peek().tick.time_ns < tracks_[first]->peek().tick.time_ns) {
      first = i;
    }
  }
  return first;
}

// Reads on where everything has been taken. What is missing is told at once, and not when the next
// record comes.
size_t Player::NextTape() {
  for (size_t i = 0; i < tracks_.size(); ++i) {
    Track* const track = tracks_[i].get();
    track->Load();
    while (const Mark* mark = track->mark()) {
      const auto* gap = std::get_if<feed::GapNotice>(mark);
      if (gap == nullptr) break;
      renumber_.Gap(i, *gap);
      track->TakeMark();
      track->Load();
    }
    if (track->at_end() && !track->failure().empty()) Fail(track->failure());
    track->ReadAhead();
  }
  return Earliest();
}

// What stands before the next record is told with it: an image shows what is about to come. False
// if an epoch must end first that somebody has not been sent yet.
bool Player::PassMarks(size_t tape, bool drained) {
  Track* const track = tracks_[tape].get();
  while (const Mark* mark = track->mark()) {
    if (std::holds_alternative<EpochMark>(*mark)) {
      if (!drained) return false;
      epoch_ = new_epoch_(epoch_);
      renumber_.BeginWithout(tape, epoch_, paced());
    } else if (const auto* topic = std::get_if<TopicMark>(mark)) {
      renumber_.Topic(tape, topic->id, topic->name);
    } else if (const auto* venue = std::get_if<VenueMark>(mark)) {
      renumber_.Venue(tape, venue->id, venue->name);
    } else if (const auto* image = std::get_if<feed::TopicImage>(mark)) {
      renumber_.Image(tape, *image);
    } else {
      renumber_.Gap(tape, std::get<feed::GapNotice>(*mark));
    }
    track->TakeMark();
  }
  return true;
}

// A run of one tape, up to a time and to what the next tape has; returns how many, at least one.
size_t Player::Play(size_t tape, size_t most, int64_t until_ns, MonotonicTime now) {
  for (size_t i = 0; i < tracks_.size(); ++i) {
    if (i == tape || tracks_[i]->at_end()) continue;
    until_ns = std::min(until_ns, tracks_[i]->peek().tick.time_ns);
  }
  const std::span<const wire::Record> records = tracks_[tape]->records();
  size_t count = 0;
  do {
    newest_ns_ = std::max(newest_ns_, records[count].tick.time_ns);
    if (!paced() && !paused()) lateness_.Record(now - clock_.DueAt(newest_ns_));
    ++count;
  } while (count < std::min(most, records.size()) && records[count].tick.time_ns <= until_ns);
  renumber_.Records(tape, records.first(count));
  tracks_[tape]->TakeRecords(count);
  played_ += count;
  ran_this_round_ = true;
  return count;
}

void Player::ShortenIdle(int64_t next_ns) {
  if (options_.max_gap == Nanos{0} || shortened_ns_ == next_ns) return;
  const int64_t longest = options_.max_gap.count();
  if (next_ns < newest_ns_ || next_ns - newest_ns_ <= longest) return;
  clock_.Skip(next_ns - newest_ns_ - longest);
  shortened_ns_ = next_ns;
}

bool Player::AskAgain(MonotonicTime now) {
  waits_ = true;
  next_due_ = now + kAskAgain;
  return false;
}

bool Player::AtEnd(MonotonicTime now, bool drained) {
  if (!options_.loop || !ran_this_round_) {
    state_ = State::kEnded;
    to_->OnEnd(renumber_.head());
    return false;
  }
  if (!drained) return AskAgain(now);
  Jump(from_, now);
  return true;
}

void Player::Fail(std::string problem) {
  state_ = State::kFailed;
  problem_ = std::move(problem);
}

// -------------------------------------------------------------------------------------------------
// To look at.

int64_t Player::tape_time_ns(MonotonicTime now) const {
  if (paced() || state_ != State::kPlaying) return newest_ns_;
  return std::clamp(clock_.At(now), std::min(begin_ns_, newest_ns_), std::max(end_ns_, newest_ns_));
}

double Player::share(MonotonicTime now) const {
  if (tracks_.size() == 1) {
    const uint64_t count = end_[0] - std::min(begin_[0], end_[0]);
    const uint64_t done = tracks_[0]->number() - std::min(begin_[0], tracks_[0]->number());
    return count == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(count));
  }
  const double span = static_cast<double>(end_ns_) - static_cast<double>(begin_ns_);
  const double done = static_cast<double>(tape_time_ns(now)) - static_cast<double>(begin_ns_);
  return span <= 0 ? 1 : std::clamp(done / span, 0.0, 1.0);
}

Nanos Player::left(MonotonicTime now) const {
  return Nanos(std::max<int64_t>(end_ns_ - tape_time_ns(now), 0));
}

uint64_t Player::records_left() const {
  uint64_t left = 0;
  for (size_t i = 0; i < tracks_.size(); ++i) {
    left += end_[i] - std::min(end_[i], tracks_[i]->number());
  }
  return left;
}

std::vector<std::string> Player::TakeProblems() {
  std::vector<std::string> all;
  for (const auto& track : tracks_) {
    for (std::string& problem : track->TakeProblems()) all.push_back(std::move(problem));
  }
  return all;
}

}  // namespace fantail::replay
