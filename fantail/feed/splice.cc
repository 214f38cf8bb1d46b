#include "fantail/feed/splice.h"

#include <algorithm>

#include "fantail/base/planted.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {
namespace {

// How many records of the ring one step looks at: some 100 us, so that a replay of a quiet topic
// never holds up the ticks of the others.
constexpr size_t kScanLimit = 64 * 1024;
// How often it is asked whether a replay catches up: time for a few batches over 1 Mbit/s.
constexpr Nanos kMeasureEvery = std::chrono::seconds(2);
// Of images that are sent in one go where a replay cannot catch up: some 12,000 topics.
constexpr size_t kBurstBytes = size_t{2} << 20;

// Everything after this is held for such a start. A backfill is for somebody else's ring, and that
// holds no more than this one: the archive is not sent through the link for it.
Position HeldBy(const EpochState& state, wire::StartKind kind) {
  return kind == wire::StartKind::kBackfill ? state.ring().dropped_through() : state.held_from();
}

wire::Message Encode(const EpochState& state, Position after, Position through,
                     std::span<const wire::Record> records, wire::Replay replay) {
  std::span<const std::byte> payload;
  if (wire::IsPart(records.front().tick)) {
    payload = state.payloads().Of(records.front().position);
  }
  return wire::EncodeBatch(after, through, records, replay, payload);
}

}  // namespace

Splice::Progress Splice::Step(const EpochState& state, Session* session, MonotonicTime now,
                              const std::function<void(Backfill)>& ask) {
  if (!resolved_) {
    if (seen_generation_ == state.coverage().generation()) return Progress::kWaiting;
    if (!Resolve(state, *session, ask)) return Progress::kWaiting;
    resolved_ = true;
    if (change_.takes_away) {
      const HaveNotice refused{change_.version, {}, change_.refused, change_.reason};
      for (wire::Message& message : EncodeRefused(refused)) {
        session->outbox.push_back(std::move(message));
      }
    }
    Begin(state, session);
    if (!session->outbox.empty()) return Progress::kMore;
  }
  if (!CatchUpWithGaps(state, session)) return Progress::kWaiting;
  // A gateway takes a replay through P for all of its interest through P. Of what was announced as
  // lost that is true only when its images are there: so these come first, and what of the replay
  // they hold already is dropped by the client.
  const bool images_first = !lost_.empty() && imaged_ < to_image_.size();
  const bool replays =
      !conflated_ && std::find(included_.begin(), included_.end(), true) != included_.end();
  if (!replays) cursor_ = state.head();
  read_archive_ = false;
  if (cursor_ < state.held_from() && cursor_ < state.head()) {
    StartOver(state, session, GapReason::kNotHeld);
  } else if (!images_first && LosesGround(state, now)) {
    hurry_ = true;
    StartOver(state, session, GapReason::kTooSlow);
  } else if (cursor_ < state.head() && !images_first) {
    ReplayIncluded(state, session);
  } else if (imaged_ < to_image_.size() && !planted::On(planted::Bug::kJoinBeforeImages)) {
    size_t bytes = SendImages(state, session);
    // A replay between two chunks would take longer than the feed takes to bring more of it. All
    // chunks at one position need none.
    while (hurry_ && imaged_ < to_image_.size() && bytes < kBurstBytes) {
      bytes += SendImages(state, session);
    }
    const bool all = imaged_ == to_image_.size() && cursor_ >= state.head();
    if (all && backfills_.empty()) return Progress::kDone;
  } else if (!backfills_.empty()) {
    SendBackfill(state, session);
  } else {
    return Progress::kDone;
  }
  return read_archive_ ? Progress::kLater : Progress::kMore;
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
  seen_generation_ = state.coverage().generation();
  for (const auto& [pattern, start] : change_.add) {
    if (!Had(session, pattern, start)) ready = ResolveOne(state, pattern, start, ask) && ready;
  }
  if (!ready) return false;
  std::erase_if(change_.add, [&](const auto& entry) {
    const std::string* why = state.coverage().Refused(entry.first);
    if (why == nullptr) return false;
    change_.refused.push_back(entry.first);
    change_.AddReason(*why);
    change_.takes_away = change_.takes_away || entry.second.kind == wire::StartKind::kResume;
    refused_above_ = true;
    return true;
  });
  return true;
}

// True if the pattern can be begun now: as it was asked for, or, where neither this node nor the
// one above holds enough, with a gap.
bool Splice::ResolveOne(const EpochState& state, const Pattern& pattern, const wire::Start& start,
                        const std::function<void(Backfill)>& ask) {
  const Coverage& coverage = state.coverage();
  if (coverage.Refused(pattern) != nullptr) {
    // It is not waited for any more, nor asked for: if it may be had later, it is asked for anew.
    std::erase_if(asked_, [&](const Asked& earlier) { return earlier.pattern == pattern; });
    return true;
  }
  const auto from = coverage.CompleteFrom(pattern);
  const Position floor = from ? std::max(*from, HeldBy(state, start.kind)) : Position{};
  const bool enough = start.kind == wire::StartKind::kFresh || floor <= start.after ||
                      planted::On(planted::Bug::kIgnoreGapOnResume);
  if (from && enough) return true;
  // What is older the ring would drop again.
  const Position after = std::max(start.after, state.ring().dropped_through());
  const bool of_use = ask && start.kind != wire::StartKind::kFresh && !(from && *from <= after);
  if (!of_use) return from.has_value();
  const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& earlier) {
    return earlier.pattern == pattern && earlier.after <= after;
  });
  if (asked == asked_.end()) {
    asked_.push_back({pattern, after, coverage.answer_count()});
    ask({pattern, after, floor});
    return false;
  }
  return from && coverage.IsAnswered(pattern, after, asked->count);
}

void Splice::Begin(const EpochState& state, Session* session) {
  std::vector<Pattern> patterns;
  for (const auto& [pattern, start] : change_.add) patterns.push_back(pattern);
  interest_ = Interest(std::move(patterns));
  conflated_ = session->newest != nullptr && !session->newest->asked();
  cursor_ = state.head();
  held_from_ = HeldFrom(state);
  // What is born while the node makes up for a gap of its own has lost records too.
  start_over_ = held_from_ > state.head();
  const auto begin_all = [&](const Pattern& pattern, wire::StartKind kind) {
    state.topics().ForEachMatch(pattern, [&](TopicId id) {
      if (!session->interest.Matches(state.topics().Name(id))) BeginTopic(state, id, kind);
    });
  };
  std::vector<Pattern> resumed;
  resumed_after_ = state.head();
  const auto newest_of = [&](const Pattern& pattern, Position after) {
    begun_.resize(state.topics().bound());
    state.topics().ForEachMatch(pattern, [&](TopicId id) {
      begun_[id.value] = true;
      names_.push_back(id);
    });
    resumed.push_back(pattern);
    resumed_after_ = std::min(resumed_after_, after);
  };
  std::vector<Pattern> lost;
  Position lost_after = state.head();
  for (auto& [pattern, start] : change_.add) {
    if (Had(*session, pattern, start)) continue;
    const Position floor = std::max(state.coverage().CompleteFrom(pattern).value_or(Position{}),
                                    HeldBy(state, start.kind));
    if (start.kind == wire::StartKind::kResume && floor > start.after &&
        !planted::On(planted::Bug::kIgnoreGapOnResume)) {
      lost.push_back(pattern);
      lost_after = std::min(lost_after, start.after);
      start.kind = wire::StartKind::kFresh;
    }
    if (start.kind == wire::StartKind::kResume && (session->asked_interval || conflated_)) {
      newest_of(pattern, start.after);
      continue;
    }
    if (conflated_) resumed.push_back(pattern);
    if (start.kind == wire::StartKind::kResume) cursor_ = std::min(cursor_, start.after);
    if (start.kind == wire::StartKind::kBackfill) {
      if (floor > start.after) SendShortfall({pattern, start.after, floor}, session);
      backfills_.push_back({pattern, std::max(start.after, floor), start.through});
    }
    begin_all(pattern, start.kind);
  }
  SendGap(state, session, lost_after, std::move(lost), GapReason::kNotHeld);
  SendNames(state, session);
  if (lost_.empty() && !conflated_) BeginObjects(state, session);
  resumed_ = Interest(std::move(resumed));
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

// Who is new to a topic of objects gets all of the one that it is at: the image says where that
// begins, and the ring has the parts.
void Splice::BeginObjects(const EpochState& state, Session* session) {
  ImageChunk chunk;
  const auto begin = [&](TopicId id) {
    const auto object = state.ObjectOf(id);
    if (!object) return false;
    if (id.value >= from_.size()) from_.resize(state.topics().bound());
    from_[id.value] = object->sequence;
    cursor_ = std::min(cursor_, Position{object->position.value - 1});
    Include(id);
    if (object->sequence.value > 1) {
      chunk.Add({.topic = id, .sequence = Sequence{object->sequence.value - 1}});
    }
    if (chunk.full()) session->outbox.push_back(wire::Encode(chunk.Take(Position{})));
    return true;
  };
  to_image_.erase(std::remove_if(to_image_.begin(), to_image_.end(), begin), to_image_.end());
  if (!chunk.empty()) session->outbox.push_back(wire::Encode(chunk.Take(Position{})));
}

void Splice::SendNames(const EpochState& state, Session* session) {
  if (planted::On(planted::Bug::kNameEverything)) {
    for (const auto& [name, id] : state.topics().by_name()) names_.push_back(id);
  }
  wire::TextListBuilder texts;
  for (TopicId id : names_) texts.Add(state.topics().Name(id));
  const bool venues = !planted::On(planted::Bug::kForgetVenues);
  for (wire::Message& message :
       EncodeNames(names_, texts.list(), venues ? state.venue_ids() : std::span<const VenueId>(),
                   state.venue_texts())) {
    session->outbox.push_back(std::move(message));
  }
  names_ = {};
}

void Splice::SendGap(const EpochState& state, Session* session, Position after,
                     std::vector<Pattern> patterns, GapReason reason) {
  if (patterns.empty()) return;
  if (reason == GapReason::kTooSlow && planted::On(planted::Bug::kFallBehindSilently)) return;
  std::vector<Pattern> lost = lost_.patterns();
  lost.insert(lost.end(), patterns.begin(), patterns.end());
  lost_ = Interest(std::move(lost));
  gap_to_ = state.head();
  gap_reason_ = reason;
  if (after >= gap_to_) return;
  for (wire::Message& message : EncodeGap({after, gap_to_, std::move(patterns), reason})) {
    session->outbox.push_back(std::move(message));
  }
}

// From where on all that is brought up here is held; beyond the head while the node above makes up
// for a gap with images.
Position Splice::HeldFrom(const EpochState& state) const {
  Position from;
  for (const Pattern& pattern : interest_.patterns()) {
    from = std::max(from, state.coverage().CompleteFrom(pattern).value_or(from));
  }
  return from;
}

// A gap from above is announced to the groups, and this session is in none for what it is getting
// here: so it begins again, when the images that follow the gap are there. False until then.
bool Splice::CatchUpWithGaps(const EpochState& state, Session* session) {
  if (seen_generation_ != state.coverage().generation()) {
    seen_generation_ = state.coverage().generation();
    const Position from = HeldFrom(state);
    start_over_ |= from > held_from_;
    held_from_ = from;
  }
  if (planted::On(planted::Bug::kIgnoreGapInSplice)) return true;
  if (held_from_ > state.head()) return false;
  if (start_over_) StartOver(state, session, GapReason::kNotHeld);
  return true;
}

// Of a backfill's positions, these will not come.
void Splice::SendShortfall(const Backfill& backfill, Session* session) {
  GapNotice gap{backfill.after, backfill.through, {backfill.pattern}, GapReason::kNotHeld, true};
  for (wire::Message& message : EncodeGap(gap)) session->outbox.push_back(std::move(message));
}

void Splice::AddBornTopic(const EpochState& state, TopicId id, Session* session) {
  if (planted::On(planted::Bug::kForgetBornTopic)) return;
  if (!resolved_ || Includes(id) || !interest_.Matches(state.topics().Name(id))) return;
  Include(id);
  names_.push_back(id);
  SendNames(state, session);
}

// What has been published since the gap was announced will not come either, of the topics that
// still wait for their image.
void Splice::AnnounceSince(const EpochState& state, size_t until, Session* session) {
  GapNotice since{.from = gap_to_, .to = state.head(), .patterns = {}, .reason = gap_reason_};
  if (since.from >= since.to || planted::On(planted::Bug::kAnnounceOnce)) return;
  for (size_t i = imaged_; i < until; ++i) {
    const std::string_view name = state.topics().Name(to_image_[i]);
    if (lost_.Matches(name)) since.patterns.emplace_back(name);
  }
  for (wire::Message& message : EncodeGap(since)) session->outbox.push_back(std::move(message));
}

// What the replay still needed is gone, was never here, or is more than the link can carry: what it
// was to bring up gets a gap and images instead.
void Splice::StartOver(const EpochState& state, Session* session, GapReason reason) {
  AnnounceSince(state, to_image_.size(), session);
  std::vector<Pattern> lost;
  for (size_t i = 0; i < included_.size(); ++i) {
    const TopicId id{static_cast<uint32_t>(i)};
    if (!included_[i] || state.image().Find(id) == nullptr) continue;
    included_[i] = false;
    to_image_.push_back(id);
    lost.emplace_back(state.topics().Name(id));
  }
  SendGap(state, session, cursor_, std::move(lost), reason);
  cursor_ = state.head();
  // Older records do not join what is live any more.
  backfill_lost_ = true;
  backfills_.clear();
  for (const auto& [pattern, start] : change_.add) {
    if (start.kind != wire::StartKind::kBackfill) continue;
    backfills_.push_back({pattern, start.after, start.through});
  }
  start_over_ = false;
  behind_ = 0;
}

template <class Wanted>
std::optional<std::vector<wire::Record>> Splice::Slice(const EpochState& state, Position through,
                                                       Wanted wanted, Position* cursor) {
  std::vector<wire::Record> records;
  size_t scanned = 0;
  Position reached = through;
  bool enough = false;
  const auto take = [&](const wire::Record& record) {
    const bool far = !records.empty() && record.position - records.front().position > UINT32_MAX;
    enough = record.position > through;
    if (enough) return false;
    // A part goes in a message of its own.
    const bool part = wire::IsPart(record.tick) && wanted(record);
    const bool apart = !records.empty() && (part || wire::IsPart(records.front().tick));
    enough = records.size() == wire::kMaxBatchTicks || ++scanned > kScanLimit || far || apart;
    if (enough) {
      reached = Position{record.position.value - 1};
      if (planted::On(planted::Bug::kSliceSkipsOne)) reached = record.position;
      return false;
    }
    if (wanted(record)) records.push_back(record);
    return true;
  };
  if (*cursor >= state.ring().dropped_through()) {
    archive_.reset();
    state.ring().Scan(*cursor, take);
  } else {
    read_archive_ = true;
    if (archive_ == nullptr) archive_ = state.archive()->Open();
    if (archive_ == nullptr) return records;  // others have their turn first
    const std::optional<Position> read = archive_->Scan(*cursor, take);
    if (!read) return std::nullopt;
    if (!enough) reached = std::min(*read, through);
  }
  *cursor = reached;
  return records;
}

void Splice::ReplayIncluded(const EpochState& state, Session* session) {
  const Position after = cursor_;
  const auto wanted = [this](const wire::Record& record) {
    const TopicId id = record.tick.topic;
    return Includes(id) && (id.value >= from_.size() || record.tick.sequence >= from_[id.value]);
  };
  const auto records = Slice(state, state.head(), wanted, &cursor_);
  if (!records) return StartOver(state, session, GapReason::kNotHeld);
  if (records->empty()) return;
  session->outbox.push_back(Encode(state, after, cursor_, *records, wire::Replay::kResumed));
}

// One chunk; how many bytes it has.
size_t Splice::SendImages(const EpochState& state, Session* session) {
  ImageChunk chunk;
  size_t until = imaged_;
  for (; until < to_image_.size() && !chunk.full(); ++until) {
    chunk.Add(*state.image().Find(to_image_[until]));
    Include(to_image_[until]);
  }
  AnnounceSince(state, until, session);
  imaged_ = until;
  session->outbox.push_back(wire::Encode(chunk.Take(state.head())));
  return session->outbox.back().size();
}

void Splice::SendBackfill(const EpochState& state, Session* session) {
  Backfill& backfill = backfills_.back();
  if (backfill_lost_) {
    SendShortfall({backfill.pattern, backfill.after, state.head()}, session);
    return backfills_.pop_back();
  }
  if (backfill.through.value == 0) backfill.through = state.head();
  const Position gone = state.ring().dropped_through();  // some since this splice began
  if (backfill.after < std::min(gone, backfill.through)) {
    SendShortfall({backfill.pattern, backfill.after, gone}, session);
    backfill.after = gone;
  }
  const Position after = backfill.after;
  const auto wanted = [&](const wire::Record& record) {
    return backfill.pattern.Matches(state.topics().Name(record.tick.topic));
  };
  if (after < backfill.through) {
    const auto records = Slice(state, backfill.through, wanted, &backfill.after);
    if (records && !records->empty()) {
      session->outbox.push_back(
          Encode(state, after, backfill.after, *records, wire::Replay::kBackfill));
    }
  }
  if (backfill.after >= backfill.through) backfills_.pop_back();
}

}  // namespace fantail::feed
