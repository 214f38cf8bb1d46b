// The half of FeedServer that sends: what Turn does, and the cover that it asks for above.
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
  for (const auto& [key, group] : state_->groups()) group->Trim();
  return more;
}

bool FeedServer::Advance(Session* session, bool* more) {
  if (!Flush(session) || !CheckTimes(session)) return false;
  if (state_ == nullptr || !session->InStep()) return true;
  if (session->splice == nullptr && !session->wants.empty()) {
    WantChange change = std::move(session->wants.front());
    session->wants.pop_front();
    session->splice =
        std::make_unique<Splice>(std::move(change), std::vector<Pattern>(), Position{});
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
  // Half a window: else images would fill the last of it, and the session fall behind again at
  // once.
  const bool cramped = session->sent_bytes - session->acked_bytes > session->pace.window() / 2;
  if (session->splice->fell_behind() && !session->splice->resolved() && cramped) return true;
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
// interest.
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
  const Interest wanted(std::vector<Pattern>(session->patterns.begin(), session->patterns.end()));
  const std::vector<Pattern> widest = Interest(std::move(all)).patterns();
  for (const auto& [pattern, start] : change.add) {
    // A backfill of what is wanted anyway, within this change too, adds nothing to the interest.
    const bool only_older =
        wanted.Covers(pattern) || std::find(widest.begin(), widest.end(), pattern) == widest.end();
    if (!only_older) session->patterns.insert(pattern);
  }
  state_->Leave(session);
  session->interest =
      Interest(std::vector<Pattern>(session->patterns.begin(), session->patterns.end()));
  session->version = change.version;
  state_->Join(session);
  const HaveNotice have{change.version, state_->head(), change.refused, change.reason};
  for (wire::Message& message : EncodeHave(have)) session->outbox.push_back(std::move(message));
  session->end_sent = false;
  cover_dirty_ = true;
}

void FeedServer::SendProofAndEnd(Session* session) {
  if (session->interest.empty() || session->group == nullptr) return;
  const bool end = state_->ended() && !session->end_sent;
  if (!end && now_ - session->last_proof < options_.proof_every) return;
  session->last_proof = now_;
  if (digests_ == nullptr) {
    digests_ = std::make_unique<DigestIndex>(state_->topics(), state_->image());
  }
  session->outbox.push_back(wire::Encode(wire::Proof{.version = session->version,
                                                     .at = state_->head(),
                                                     .digest = digests_->Of(session->interest)}));
  if (!end) return;
  session->outbox.push_back(wire::Encode(wire::End{*state_->ended()}));
  session->end_sent = true;
}

bool FeedServer::Flush(Session* session) {
  bool sent = true;
  while (!session->outbox.empty()) {
    if (!SendOne(session, session->outbox.front(), &sent)) return false;
    if (!sent) return FallBehind(session);
    session->outbox.pop_front();
  }
  session->new_epoch_since.reset();
  session->known.reset();
  if (session->group == nullptr) return true;
  while (session->next < session->group->log_end()) {
    const Group::Entry& entry = session->group->entry(session->next);
    if (!SendOne(session, entry.message, &sent)) return false;
    if (!sent && !planted::On(planted::Bug::kSkipFlush)) return FallBehind(session);
    ++session->next;
    session->through = entry.through;
    session->sent_ticks += entry.ticks;
    counters_.ticks_sent += entry.ticks;
  }
  return true;
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
  if (session->next == session->group->log_end()) return false;  // only its own messages wait
  const Nanos lag = now_ - session->group->entry(session->next).sealed;
  if (lag <= options_.max_lag || now_ - session->last_progress > kSilent || session->held) {
    session->lag_measured_at = now_;
    session->lag = lag;
    return false;
  }
  if (now_ - session->lag_measured_at < kMeasureLagEvery) return false;
  session->lag_measured_at = now_;
  return lag >= std::exchange(session->lag, lag);
}

// On a live feed, a session that lags too far gives up every tick: it gets a notice of what it
// misses, and images once its window has room again.
bool FeedServer::FallBehind(Session* session) {
  if (session->group == nullptr || planted::On(planted::Bug::kNeverFallBehind)) return true;
  const Group& group = *session->group;
  if (state_->paced()) return true;
  const bool slower_half =
      session->next <= group.log_begin() + (group.log_end() - group.log_begin()) / 2;
  const bool too_much = group.log_bytes() > options_.max_backlog_bytes && slower_half;
  if (!too_much && !LosesGround(session)) return true;
  ++counters_.fell_behind;
  session->behind_since =
      session->next < group.log_end() ? group.entry(session->next).sealed : now_;
  state_->Leave(session);
  WantChange change{.version = session->version};
  if (session->splice != nullptr) change = session->splice->change();
  session->splice =
      std::make_unique<Splice>(std::move(change), session->interest.patterns(), session->through);
  return true;
}

bool FeedServer::CheckTimes(Session* session) {
  if (now_ - session->last_heard > options_.silent_after &&
      !planted::On(planted::Bug::kKeepSilentSessions)) {
    Forget(session, "it has been silent for too long");
    return false;
  }
  const bool owes = !session->AllAcknowledged() && !session->InStep() && !session->held;
  if (!owes) {
    if (session->AllAcknowledged()) session->last_progress = now_;
    return true;
  }
  if (now_ - session->last_progress <= options_.stalled_after) return true;
  SayGoodbye(session, wire::GoodbyeCode::kStalled, "stalled: it has acknowledged nothing for 10 s");
  return false;
}

// -------------------------------------------------------------------------------------------------
// The cover.

void FeedServer::RefreshCover() {
  absl::flat_hash_set<Pattern> wanted;
  const auto add = [&](const WantChange& change) {
    for (const auto& [pattern, start] : change.add) wanted.insert(pattern);
  };
  for (const auto& [address, session] : sessions_) {
    wanted.insert(session->patterns.begin(), session->patterns.end());
    for (const WantChange& change : session->wants) add(change);
    if (planted::On(planted::Bug::kCoverForgetsSplices)) continue;
    if (session->splice != nullptr) add(session->splice->change());
  }
  for (const Pattern& pattern : wanted_) {
    if (!wanted.contains(pattern)) lingering_[pattern] = now_ + options_.linger;
  }
  for (const Pattern& pattern : wanted) lingering_.erase(pattern);
  wanted_ = std::move(wanted);
  cover_dirty_ = false;
}

std::optional<FeedServer::Cover> FeedServer::TakeCover(MonotonicTime now) {
  now_ = now;
  const bool expired = std::any_of(lingering_.begin(), lingering_.end(),
                                   [&](const auto& entry) { return entry.second <= now; });
  if (!cover_dirty_ && !expired) return std::nullopt;
  RefreshCover();
  absl::erase_if(lingering_, [&](const auto& entry) {
    return entry.second <= now && !planted::On(planted::Bug::kLingerForever);
  });
  std::vector<Pattern> patterns;
  const auto add = [&](const Pattern& pattern) {
    if (state_ == nullptr || state_->coverage().Refused(pattern) == nullptr) {
      patterns.push_back(pattern);
    }
  };
  for (const Pattern& pattern : wanted_) add(pattern);
  for (const auto& [pattern, until] : lingering_) add(pattern);
  Cover cover{Interest(std::move(patterns)).patterns(), std::exchange(backfills_, {})};
  if (cover.interest == cover_ && cover.backfills.empty()) return std::nullopt;
  cover_ = cover.interest;
  return cover;
}

}  // namespace fantail::feed
