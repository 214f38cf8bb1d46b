#include "fantail/feed/splice.h"

#include <algorithm>

#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {
namespace {

// How many records of the ring one step looks at: some 100 us, so that a replay of a quiet topic
// never holds up the ticks of the others.
constexpr size_t kScanLimit = 64 * 1024;
// How often it is asked whether a replay catches up: time for a few batches over 1 Mbit/s.
constexpr Nanos kMeasureEvery = std::chrono::seconds(2);
// Of images that are sent in one go to a session that fell behind: some 12,000 topics.
constexpr size_t kBurstBytes = size_t{2} << 20;

// The records in (after, through] that `wanted` accepts, as one message; `*reached` is how far it
// goes.
template <class Wanted>
std::vector<wire::Record> Slice(const Ring& ring, Position after, Position through, Wanted wanted,
                                Position* reached) {
  std::vector<wire::Record> records;
  size_t scanned = 0;
  *reached = through;
  ring.Scan(after, [&](const wire::Record& record) {
    if (record.position > through) return false;
    const bool far = !records.empty() && record.position - records.front().position > UINT32_MAX;
    if (records.size() == wire::kMaxBatchTicks || ++scanned > kScanLimit || far) {
      *reached = Position{record.position.value - 1};
      return false;
    }
    if (wanted(record.tick.topic)) records.push_back(record);
    return true;
  });
  return records;
}

}  // namespace

Splice::Splice(WantChange change, std::vector<Pattern> again, Position fell_at)
    : change_(std::move(change)),
      again_(std::move(again)),
      fell_at_(fell_at),
      hurry_(!again_.empty()) {}

Splice::Progress Splice::Step(const EpochState& state, Session* session, MonotonicTime now,
                              const std::function<void(Backfill)>& ask) {
  if (!resolved_) {
    if (seen_generation_ == state.coverage().generation()) return Progress::kWaiting;
    seen_generation_ = state.coverage().generation();
    if (!Resolve(state, *session, ask)) return Progress::kWaiting;
    resolved_ = true;
    Begin(state, session);
    if (!session->outbox.empty()) return Progress::kMore;
  }
  if (cursor_ < state.ring().dropped_through() && cursor_ < state.head()) {
    StartOver(state, session, GapReason::kNotHeld);
  } else if (LosesGround(state, now)) {
    hurry_ = true;
    StartOver(state, session, GapReason::kTooSlow);
  } else if (cursor_ < state.head()) {
    ReplayIncluded(state, session);
  } else if (imaged_ < to_image_.size()) {
    size_t bytes = SendImages(state, session);
    // A replay between two chunks would take longer than the feed takes to bring more of it. All
    // chunks at one position need none.
    while (hurry_ && imaged_ < to_image_.size() && bytes < kBurstBytes) {
      bytes += SendImages(state, session);
    }
    if (imaged_ == to_image_.size() && backfills_.empty()) return Progress::kDone;
  } else if (!backfills_.empty()) {
    SendBackfill(state, session);
  } else {
    return Progress::kDone;
  }
  return Progress::kMore;
}

// Whether the replay falls further behind a live feed while it is sent: its link carries less than
// the feed brings, and it would bring ever older ticks and never end. A pause, as in a black hole,
// says nothing: the measure begins anew after it.
bool Splice::LosesGround(const EpochState& state, MonotonicTime now) {
  const uint64_t behind = state.head() - cursor_;
  const bool pause = now - stepped_at_ > kMeasureEvery;
  stepped_at_ = now;
  if (state.paced() || behind == 0 || behind_ == 0 || pause) {
    behind_ = behind;
    measured_at_ = now;
    return false;
  }
  if (now - measured_at_ < kMeasureEvery) return false;
  measured_at_ = now;
  return behind >= std::exchange(behind_, behind);
}

bool Splice::Resolve(const EpochState& state, const Session& session,
                     const std::function<void(Backfill)>& ask) {
  bool ready = true;
  for (const Pattern& pattern : again_) {
    ready = ready && state.coverage().CompleteFrom(pattern).has_value();
  }
  for (const auto& [pattern, start] : change_.add) {
    const bool had = again_.empty() && start.kind != wire::StartKind::kBackfill &&
                     session.interest.Covers(pattern);
    if (!had) ready = ResolveOne(state, pattern, start, ask) && ready;
  }
  if (!ready) return false;
  std::erase_if(change_.add, [&](const auto& entry) {
    const std::string* why = state.coverage().Refused(entry.first);
    if (why == nullptr) return false;
    change_.refused.push_back(entry.first);
    change_.reason = *why;
    return true;
  });
  return true;
}

// True if the pattern can be begun now: as it was asked for, or, where neither this node nor the
// one above holds enough, with a gap.
bool Splice::ResolveOne(const EpochState& state, const Pattern& pattern, const wire::Start& start,
                        const std::function<void(Backfill)>& ask) {
  const Coverage& coverage = state.coverage();
  if (coverage.Refused(pattern) != nullptr) return true;
  const auto from = coverage.CompleteFrom(pattern);
  const Position floor = from ? std::max(*from, state.ring().dropped_through()) : Position{};
  const bool enough = start.kind == wire::StartKind::kFresh || floor <= start.after;
  if (from && enough) return true;
  if (!ask || start.kind == wire::StartKind::kFresh) return from.has_value();
  const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& earlier) {
    return earlier.pattern == pattern && earlier.after <= start.after;
  });
  if (asked == asked_.end()) {
    asked_.push_back({pattern, start.after, coverage.answer_count()});
    ask({pattern, start.after, floor});
    return false;
  }
  return from && coverage.IsAnswered(pattern, start.after, asked->count);
}

void Splice::Begin(const EpochState& state, Session* session) {
  std::vector<Pattern> patterns = again_;
  for (const auto& [pattern, start] : change_.add) patterns.push_back(pattern);
  interest_ = Interest(std::move(patterns));
  cursor_ = state.head();
  const auto begin_all = [&](const Pattern& pattern, wire::StartKind kind) {
    state.topics().ForEachMatch(pattern, [&](TopicId id) {
      const bool had = again_.empty() && session->interest.Matches(state.topics().Name(id));
      if (!had) BeginTopic(state, id, kind);
    });
  };
  SendGap(state, session, fell_at_, again_, GapReason::kTooSlow);
  for (const Pattern& pattern : again_) begin_all(pattern, wire::StartKind::kFresh);
  std::vector<Pattern> lost;
  Position lost_after = state.head();
  bool resumes = false;
  for (auto& [pattern, start] : change_.add) {
    const Position floor = std::max(state.coverage().CompleteFrom(pattern).value_or(Position{}),
                                    state.ring().dropped_through());
    if (start.kind == wire::StartKind::kResume && floor > start.after) {
      lost.push_back(pattern);
      lost_after = std::min(lost_after, start.after);
      start.kind = wire::StartKind::kFresh;
    }
    if (start.kind == wire::StartKind::kResume) {
      cursor_ = resumes ? std::min(cursor_, start.after) : start.after;
      resumes = true;
    }
    if (start.kind == wire::StartKind::kBackfill) {
      if (floor > start.after) SendShortfall({pattern, start.after, floor}, session);
      backfills_.push_back({pattern, std::max(start.after, floor), start.through});
    }
    begin_all(pattern, start.kind);
  }
  SendGap(state, session, lost_after, std::move(lost), GapReason::kNotHeld);
  SendNames(state, session);
}

void Splice::BeginTopic(const EpochState& state, TopicId id, wire::StartKind kind) {
  if (id.value >= begun_.size()) begun_.resize(state.topics().bound());
  if (begun_[id.value]) return;
  begun_[id.value] = true;
  names_.push_back(id);
  if (kind == wire::StartKind::kResume || state.image().Find(id) == nullptr) {
    Include(id);
  } else {
    to_image_.push_back(id);
  }
}

void Splice::SendNames(const EpochState& state, Session* session) {
  wire::TextListBuilder texts;
  for (TopicId id : names_) texts.Add(state.topics().Name(id));
  for (wire::Message& message :
       EncodeNames(names_, texts.list(), state.venue_ids(), state.venue_texts())) {
    session->outbox.push_back(std::move(message));
  }
  names_ = {};
}

void Splice::SendGap(const EpochState& state, Session* session, Position after,
                     std::vector<Pattern> patterns, GapReason reason) {
  if (patterns.empty()) return;
  std::vector<Pattern> lost = lost_.patterns();
  lost.insert(lost.end(), patterns.begin(), patterns.end());
  lost_ = Interest(std::move(lost));
  gap_to_ = state.head();
  gap_reason_ = reason;
  if (after >= state.head()) return;
  for (wire::Message& message : EncodeGap({after, state.head(), std::move(patterns), reason})) {
    session->outbox.push_back(std::move(message));
  }
}

// Of a backfill's positions, these are not held here.
void Splice::SendShortfall(const Backfill& backfill, Session* session) {
  GapNotice gap{backfill.after, backfill.through, {backfill.pattern}, GapReason::kNotHeld, true};
  for (wire::Message& message : EncodeGap(gap)) session->outbox.push_back(std::move(message));
}

void Splice::AddBornTopic(const EpochState& state, TopicId id, Session* session) {
  if (!resolved_ || Includes(id) || !interest_.Matches(state.topics().Name(id))) return;
  Include(id);
  names_.push_back(id);
  SendNames(state, session);
}

// The ring has dropped what the replay still needed, or its link cannot carry it: what was resumed
// gets a gap and images instead.
void Splice::StartOver(const EpochState& state, Session* session, GapReason reason) {
  SendGap(state, session, cursor_, interest_.patterns(), reason);
  for (size_t i = 0; i < included_.size(); ++i) {
    const TopicId id{static_cast<uint32_t>(i)};
    if (!included_[i] || state.image().Find(id) == nullptr) continue;
    included_[i] = false;
    to_image_.push_back(id);
  }
  cursor_ = state.head();
  behind_ = 0;
}

void Splice::ReplayIncluded(const EpochState& state, Session* session) {
  const Position after = cursor_;
  const auto records = Slice(
      state.ring(), after, state.head(), [this](TopicId id) { return Includes(id); }, &cursor_);
  if (records.empty()) return;
  session->outbox.push_back(wire::EncodeBatch(after, cursor_, records, wire::Replay::kResumed));
}

// One chunk; how many bytes it has.
size_t Splice::SendImages(const EpochState& state, Session* session) {
  ImageChunk chunk;
  // What has been published since the gap was announced will not come either.
  GapNotice since{.from = gap_to_, .to = state.head(), .patterns = {}, .reason = gap_reason_};
  for (; imaged_ < to_image_.size() && !chunk.full(); ++imaged_) {
    const TopicId id = to_image_[imaged_];
    const std::string_view name = state.topics().Name(id);
    if (since.from < since.to && lost_.Matches(name)) since.patterns.emplace_back(name);
    chunk.Add(*state.image().Find(id));
    Include(id);
  }
  for (wire::Message& message : EncodeGap(since)) session->outbox.push_back(std::move(message));
  session->outbox.push_back(wire::Encode(chunk.Take(state.head())));
  return session->outbox.back().size();
}

void Splice::SendBackfill(const EpochState& state, Session* session) {
  Backfill& backfill = backfills_.back();
  if (backfill.through.value == 0) backfill.through = state.head();
  const Position after = backfill.after;
  const auto wanted = [&](TopicId id) { return backfill.pattern.Matches(state.topics().Name(id)); };
  if (after < backfill.through) {
    const auto records = Slice(state.ring(), after, backfill.through, wanted, &backfill.after);
    if (!records.empty()) {
      session->outbox.push_back(
          wire::EncodeBatch(after, backfill.after, records, wire::Replay::kBackfill));
    }
  }
  if (backfill.after >= backfill.through) backfills_.pop_back();
}

}  // namespace fantail::feed
