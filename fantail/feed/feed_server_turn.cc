// The half of FeedServer that sends: what Turn does.
#include <algorithm>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/feed/digest.h"
#include "fantail/feed/feed_server.h"
#include "fantail/feed/splice.h"
#include "fantail/wire/encode.h"

namespace fantail::feed {
namespace {

// Messages of a splice that one session gets a turn: a long replay leaves the others their turns.
constexpr int kSpliceStepsPerTurn = 16;
// How often it is asked whether a session that lags catches up.
constexpr Nanos kMeasureLagEvery = std::chrono::milliseconds(500);
// A link that brings acks brings one so often; one that does not is not slow, but silent.
constexpr Nanos kSilent = std::chrono::seconds(1);
// Newest-only goes out this often: at once for a person, and one message for many topics.
constexpr Nanos kTakeNewestEvery = std::chrono::milliseconds(5);
// For how long a link must have carried all newest values before it is tried with every record; it
// doubles with each try that fails soon.
constexpr Nanos kFirstClimb = std::chrono::milliseconds(500);
constexpr Nanos kSoon = std::chrono::seconds(10);

}  // namespace

bool FeedServer::Turn(MonotonicTime now) {
  now_ = now;
  digests_.reset();
  if (state_ != nullptr) state_->SealGroups(now);
  // Sessions end while they are served, so the list is made first.
  std::vector<Session*> serving;
  serving.reserve(sessions_.size());
  for (const auto& [address, session] : sessions_) serving.push_back(session.get());
  bool more = false;
  for (Session* session : serving) Advance(session, &more);
  if (state_ == nullptr) return more;
  backlog_bytes_ = 0;
  uint64_t ticks = 0;
  uint64_t room = 0;
  for (const auto& [key, group] : state_->groups()) {
    group->Trim();
    backlog_bytes_ += group->log_bytes();
    ticks += group->sealed_ticks();
    room += group->sealed_room();
  }
  // Unless a group has left.
  if (ticks > sealed_ticks_ && room > sealed_room_) {
    const auto more_ticks = static_cast<double>(ticks - sealed_ticks_);
    fullness_ = std::min(more_ticks / static_cast<double>(room - sealed_room_), 1.0);
  }
  sealed_ticks_ = ticks;
  sealed_room_ = room;
  return more;
}

bool FeedServer::Advance(Session* session, bool* more) {
  if (session->rate) session->rate->Refill(now_);
  if (!Flush(session) || !CheckTimes(session)) return false;
  if (state_ == nullptr || !session->InStep()) return true;
  if (session->newest != nullptr && !AdvanceNewest(session)) return false;
  if (!session->InStep()) return true;
  if (session->splice == nullptr && !session->wants.empty()) {
    session->splice = std::make_unique<Splice>(std::move(session->wants.front()));
    session->wants.pop_front();
  }
  if (session->splice != nullptr) return AdvanceSplice(session, more);
  SendProofAndEnd(session);
  return Flush(session);
}

bool FeedServer::AdvanceSplice(Session* session, bool* more) {
  std::function<void(Backfill)> ask;
  if (!covers_everything_) {
    ask = [this](Backfill backfill) {
      if (std::find(backfills_.begin(), backfills_.end(), backfill) != backfills_.end()) return;
      backfills_.push_back(std::move(backfill));
      cover_dirty_ = true;
    };
  }
  for (int step = 0; step < kSpliceStepsPerTurn; ++step) {
    switch (session->splice->Step(*state_, session, now_, ask)) {
      case Splice::Progress::kWaiting:
        return true;
      case Splice::Progress::kMore:
        break;
      case Splice::Progress::kLater:
        *more = true;
        return Flush(session);
      case Splice::Progress::kDone:
        Complete(session);
        *more = true;
        return Flush(session);
    }
    if (!Flush(session)) return false;
    if (!session->InStep()) return true;  // its window is full; an ack brings it back
  }
  *more = true;
  return true;
}

// The splice has brought everything up to the head: the session joins the group of its new
// interest, or gets the newest of that too.
void FeedServer::Complete(Session* session) {
  const std::unique_ptr<Splice> splice = std::move(session->splice);
  const WantChange& change = splice->change();
  session->known = {session->version, session->patterns};
  for (const Pattern& pattern : change.remove) session->patterns.erase(pattern);
  std::vector<Pattern> all(session->patterns.begin(), session->patterns.end());
  for (const auto& [pattern, start] : change.add) {
    if (start.kind != wire::StartKind::kBackfill) session->patterns.insert(pattern);
    all.push_back(pattern);
  }
  // Nor does one of what is refused as a part of more.
  all.insert(all.end(), change.refused.begin(), change.refused.end());
  const Interest wanted(std::vector<Pattern>(session->patterns.begin(), session->patterns.end()));
  const std::vector<Pattern> widest = Interest(std::move(all)).patterns();
  for (const auto& [pattern, start] : change.add) {
    // A backfill of what is wanted anyway, within this change too, adds nothing to the interest.
    const bool only_older =
        wanted.Covers(pattern) || std::find(widest.begin(), widest.end(), pattern) == widest.end();
    if (!only_older) session->patterns.insert(pattern);
  }
  const std::unique_ptr<Newest> before = std::move(session->newest);
  if (before != nullptr) state_->Unwatch(before.get());
  state_->Leave(session);
  session->interest =
      Interest(std::vector<Pattern>(session->patterns.begin(), session->patterns.end()));
  session->version = change.version;
  if (session->asked_interval || before != nullptr) {
    BeginNewest(
        session,
        {.behind = splice->resumed(), .has = splice->resumed_after(), .before = before.get()},
        now_);
    // What it is about to be said to have, it has.
    if (session->asked_interval) {
      session->taken_since = session->newest->WaitsSince().value_or(now_);
      session->newest->TakeAll(*state_, now_, &session->outbox);
    }
  } else {
    state_->Join(session);
  }
  observer_->OnWanted(*session, change);
  session->refused_above = session->refused_above || splice->refused_above();
  HaveNotice have{change.version, state_->head(), {}, change.reason};
  if (!change.takes_away) have.refused = change.refused;  // else it has been told
  if (session->newest != nullptr && !session->newest->asked()) {
    session->owed = std::move(have);
  } else {
    session->through = state_->head();
    for (wire::Message& message : EncodeHave(have)) session->outbox.push_back(std::move(message));
  }
  session->end_sent = false;
  cover_dirty_ = true;
}

void FeedServer::BeginNewest(Session* session, const Newest::Start& start, MonotonicTime since) {
  session->newest = std::make_unique<Newest>(session->interest, session->asked_interval);
  session->newest->Begin(*state_, start, since);
  state_->Watch(session->newest.get());
}

void FeedServer::LeaveFeed(Session* session) {
  state_->Leave(session);
  if (session->newest == nullptr) return;
  state_->Unwatch(session->newest.get());
  session->newest.reset();
}

// Sends what is newest, as much as the window has room for. False if the session is gone.
bool FeedServer::AdvanceNewest(Session* session) {
  Newest& newest = *session->newest;
  newest.Cool(*state_, now_);
  newest.TakeNames(&session->outbox);
  const size_t window = session->pace.window();
  const uint64_t flight = session->sent_bytes - session->acked_bytes;
  size_t room = flight < window ? window - flight : 0;
  const bool cramped =
      (flight != 0 && room < window / 4) || !session->HasRoom(1, options_.window_messages);
  if (session->rate)
    room = std::min(room, static_cast<size_t>(std::max(session->rate->room(), 0.0)));
  // A change of interest gets its share.
  if (session->splice != nullptr) room /= 2;
  const bool due = now_ - session->newest_taken_at >= kTakeNewestEvery || state_->ended();
  if (due && !cramped) {
    session->newest_taken_at = now_;
    session->taken_since = newest.WaitsSince().value_or(now_);
    if (state_->ended()) {
      newest.TakeAll(*state_, now_, &session->outbox);
    } else {
      newest.Take(*state_, room, now_, &session->outbox);
    }
    if (!Flush(session)) return false;
  } else if (cramped && newest.WaitsSince()) {
    session->pace.Full();
  }
  if (newest.asked()) return true;
  const bool strained =
      !session->InStep() || newest.WaitsSince().value_or(now_) + 4 * kTakeNewestEvery < now_;
  if (strained) session->strained_at = now_;
  const bool bears = now_ - session->strained_at >= session->climb_after || state_->ended();
  if (bears && session->InStep() && session->splice == nullptr && session->wants.empty() &&
      (newest.IsComplete(*state_) || planted::On(planted::Bug::kClimbEarly))) {
    Climb(session);
    return Flush(session);
  }
  return true;
}

// Every record again, from the head on: all before it has come, or was told to be merged.
void FeedServer::Climb(Session* session) {
  ++counters_.climbed;
  session->climbed_at = now_;
  LeaveFeed(session);
  state_->Join(session);
  HaveNotice have = std::exchange(session->owed, std::nullopt).value_or(HaveNotice());
  have.version = session->version;
  have.at = state_->head();
  for (wire::Message& message : EncodeHave(have)) session->outbox.push_back(std::move(message));
}

void FeedServer::SendProofAndEnd(Session* session) {
  const Newest* newest = session->newest.get();
  if (session->interest.empty() || (session->group == nullptr && newest == nullptr)) return;
  const bool all = newest == nullptr || (newest->asked() && newest->IsComplete(*state_));
  const bool end = state_->ended() && !session->end_sent && all;
  if (!end && now_ - session->last_proof < options_.proof_every) return;
  if (newest == nullptr && digests_ == nullptr) {
    digests_ = std::make_unique<DigestIndex>(state_->topics(), state_->image());
  }
  const std::optional<uint64_t> digest =
      newest == nullptr ? digests_->Of(session->interest) : newest->Digest();
  session->last_proof = now_;
  if (digest) {
    session->outbox.push_back(wire::Encode(
        wire::Proof{.version = session->version, .at = state_->head(), .digest = *digest}));
  }
  if (!end) return;
  session->outbox.push_back(wire::Encode(wire::End{*state_->ended()}));
  session->end_sent = true;
}

// Everything that waits for the session, as far as its window has room. What is encoded must go
// out, so nothing is while the window has no room; it may turn out longer than the room, and then
// waits for more.
bool FeedServer::Flush(Session* session) {
  bool sent = true;
  while (true) {
    if (session->packing != nullptr && !session->packing->empty()) {
      if (!FlushEncoded(session, &sent)) return false;
    } else if (!session->outbox.empty()) {
      if (!FlushOutbox(session, &sent)) return false;
    } else {
      session->new_epoch_since.reset();
      if (!session->owed) session->known.reset();
      if (session->group == nullptr || session->next == session->group->log_end()) return true;
      if (!FlushLog(session, &sent)) return false;
    }
    if (!sent) return FallBehind(session);
  }
}

bool FeedServer::FlushEncoded(Session* session, bool* sent) {
  Packing& packing = *session->packing;
  if (!SendOne(session, packing.front().message, sent)) return false;
  if (*sent) {
    CountTicks(session, packing.front().ticks);
    if (packing.front().sealed) SentBatch(session, *packing.front().sealed);
  }
  if (*sent || planted::On(planted::Bug::kDropEncoded)) packing.PopFront();
  return true;
}

bool FeedServer::FlushOutbox(Session* session, bool* sent) {
  const wire::Message& message = session->outbox.front();
  if (session->packing != nullptr && Packing::Takes(message)) {
    *sent = RoomToEncode(session);
    if (!*sent) return true;
    session->packing->Encode(message);
  } else {
    if (!SendOne(session, message, sent)) return false;
    if (!*sent) return true;
    const bool welcome = static_cast<wire::Kind>(message.bytes()[0]) == wire::Kind::kWelcome;
    if (welcome) session->shares = false;
    if (welcome && session->packing != nullptr && !planted::On(planted::Bug::kKeepStream)) {
      session->packing->Reset();
    }
  }
  session->outbox.pop_front();
  return true;
}

bool FeedServer::FlushLog(Session* session, bool* sent) {
  const Group::Entry& entry = session->group->entry(session->next);
  const wire::Message& message = Logged(*session, entry);
  if (session->packing != nullptr && Packing::Takes(message)) {
    *sent = RoomToEncode(session);
    if (!*sent) return true;
    session->next = session->packing->EncodeLog(*session->group, session->next);
  } else {
    if (!SendOne(session, message, sent)) return false;
    if (!*sent && !planted::On(planted::Bug::kSkipFlush)) return true;
    *sent = true;
    CountTicks(session, entry.ticks);
    if (entry.ticks > 0) SentBatch(session, entry.sealed);
    TookLogged(session, entry);
    ++session->next;
  }
  session->through = session->group->entry(session->next - 1).through;
  return true;
}

bool FeedServer::RoomToEncode(Session* session) const {
  if (session->HasRoom(1, options_.window_messages)) return true;
  session->pace.Full();
  return false;
}

void FeedServer::CountTicks(Session* session, uint32_t ticks) {
  session->sent_ticks += ticks;
  counters_.ticks_sent += ticks;
}

// Whether the session gets this of its group's stream: it is in it, or can begin with it there.
bool FeedServer::TakesPacked(const Session& session, const Group::Entry& entry) {
  return !entry.packed.empty() && session.encoding == wire::Encoding::kShared &&
         (session.shares || entry.begins || planted::On(planted::Bug::kJoinMidStream));
}

const wire::Message& FeedServer::Logged(const Session& session, const Group::Entry& entry) {
  const wire::Message& message = TakesPacked(session, entry) ? entry.packed : entry.plain;
  FANTAIL_CHECK(!message.empty());
  return message;
}

void FeedServer::TookLogged(Session* session, const Group::Entry& entry) {
  if (entry.ticks != 0 && !entry.part) session->shares = TakesPacked(*session, entry);
}

// Since when the oldest has waited that the session's group has for it; nothing if it has all.
std::optional<MonotonicTime> FeedServer::OldestUnsent(const Session& session) const {
  if (session.packing != nullptr && !session.packing->empty()) {
    if (const auto sealed = session.packing->front().sealed) return sealed;
  }
  if (session.group == nullptr || session.next == session.group->log_end()) return std::nullopt;
  return session.group->entry(session.next).sealed;
}

bool FeedServer::SendOne(Session* session, const wire::Message& message, bool* sent) {
  *sent = session->HasRoom(message.size(), options_.window_messages);
  if (!*sent) {
    session->pace.Full();
    return true;
  }
  switch (links_->Send(session->address, message)) {
    case wire::SendResult::kSent:
      break;
    case wire::SendResult::kWouldBlock:
      if (planted::On(planted::Bug::kDropOnWouldBlock)) break;
      ++counters_.would_block;
      *sent = false;
      return true;
    case wire::SendResult::kPeerGone:
      Forget(session, "its connection is gone");
      return false;
  }
  if (session->AllAcknowledged()) session->last_progress = now_;
  session->sent_bytes += message.size();
  if (session->rate) session->rate->Take(static_cast<double>(message.size()));
  ++session->sent_messages;
  session->pace.Sent(session->sent_bytes, session->acked_bytes, now_);
  ++counters_.messages_sent;
  counters_.bytes_sent += message.size();
  return true;
}

// Whether the session's link carries less than the feed brings: what it gets is too old, and not
// getting younger although acks come. While none come, as in a black hole, nothing is decided: the
// link may be fast enough to make up for it.
bool FeedServer::LosesGround(Session* session) const {
  const std::optional<MonotonicTime> oldest = OldestUnsent(*session);
  if (!oldest) return false;  // only its own messages wait
  const Nanos lag = now_ - *oldest;
  if (lag <= options_.max_lag || now_ - session->last_progress > kSilent || session->held) {
    session->lag_measured_at = now_;
    session->lag = lag;
    return false;
  }
  if (now_ - session->lag_measured_at < kMeasureLagEvery) return false;
  session->lag_measured_at = now_;
  return lag >= std::exchange(session->lag, lag);
}

// On a live feed, a session that lags too far gives up every tick.
bool FeedServer::FallBehind(Session* session) {
  if (session->group == nullptr || planted::On(planted::Bug::kNeverFallBehind)) return true;
  if (state_->paced() || state_->ended()) return true;
  if (TooMuchWaits(*session) || LosesGround(session)) Conflate(session);
  return true;
}

// Whether more waits for the session than it may have; or whether it is of the slower half of a
// group for which too much waits: in that group, or in all, of which this one has more than its
// share.
bool FeedServer::TooMuchWaits(const Session& session) const {
  const Group& group = *session.group;
  const size_t bytes = group.log_bytes();
  if (bytes > session.limits.waiting_bytes &&
      group.BytesFrom(session.next) > session.limits.waiting_bytes) {
    return true;
  }
  const bool too_much = bytes > options_.max_backlog_bytes ||
                        (backlog_bytes_ > options_.max_total_backlog_bytes &&
                         bytes > options_.max_total_backlog_bytes / state_->groups().size());
  return too_much && session.next <= group.log_begin() + (group.log_end() - group.log_begin()) / 2;
}

// A step down the ladder: from here on the newest of each topic, of all that has not been sent.
void FeedServer::Conflate(Session* session) {
  ++counters_.fell_behind;
  const MonotonicTime since = OldestUnsent(*session).value_or(now_);
  // What the log has besides records and images, the session still has to know.
  session->group->Seal(state_->head(), now_);
  std::vector<GapNotice> gaps;
  for (; session->next < session->group->log_end(); ++session->next) {
    const wire::Message& message = session->group->entry(session->next).plain;
    if (message.empty()) continue;  // records
    const auto kind = static_cast<wire::Kind>(message.bytes()[0]);
    if (kind == wire::Kind::kNames) session->outbox.push_back(message);
    if (kind == wire::Kind::kGap) gaps.push_back(DecodeGap(message));
  }
  if (session->splice != nullptr) {
    session->wants.push_front(session->splice->change());
    session->splice.reset();
  }
  const bool relapse = now_ - session->climbed_at < kSoon && session->climb_after != Nanos{0};
  session->climb_after =
      relapse ? std::min(2 * session->climb_after, options_.climb_within) : kFirstClimb;
  session->strained_at = now_;
  state_->Leave(session);
  BeginNewest(session, {.behind = session->interest, .has = session->through}, since);
  for (const GapNotice& gap : gaps) state_->TellGap(gap, session->newest.get());
}

bool FeedServer::CheckTimes(Session* session) {
  if (now_ - session->last_heard > options_.silent_after &&
      !planted::On(planted::Bug::kKeepSilentSessions)) {
    Forget(session, "it has been silent for too long");
    return false;
  }
  const bool waits = !session->InStep() ||
                     (session->newest != nullptr && session->newest->WaitsSince().has_value());
  const bool owes = !session->AllAcknowledged() && waits && !session->held;
  if (!owes) {
    if (session->AllAcknowledged()) session->last_progress = now_;
    return true;
  }
  if (now_ - session->last_progress <= options_.stalled_after) return true;
  SayGoodbye(session, wire::GoodbyeCode::kStalled, "stalled: it has acknowledged nothing for 10 s");
  return false;
}

}  // namespace fantail::feed
