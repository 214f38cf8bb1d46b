// The part of Broker that brings answers back, and ends requests.
#include <algorithm>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/bus/upstream.h"
#include "fantail/wire/limits.h"

namespace fantail::bus {

void Broker::OnAnswer(Provider* from, const Answer& answer, wire::Message came) {
  const auto it = calls_.find(answer.id);
  if (it == calls_.end()) {
    ++counters_.late;
    return;
  }
  Job* job = it->second;
  if (job->provider != from && !planted::On(planted::Bug::kBelieveAnybody)) {
    ++counters_.strays;
    return;
  }
  if (answer.attempt < job->source_attempt) {
    ++counters_.late;
    return;
  }
  if (answer.attempt > job->source_attempt) {
    Restart(job);
    job->source_attempt = answer.attempt;
    job->granted = job->window;
  }
  // A source that sends more than it was given room for, or leaves parts out, is no server.
  const size_t most = options_.shared_bytes + 2 * size_t{kMaxWindowBytes};
  if (answer.part != job->next_part() || job->held_bytes + answer.body.size() > most) {
    ++counters_.bad_messages;
    Tell(from, Cancel{.id = job->call});
    return FailAll(job, FailureCode::kServerError, "the server broke the rules of the bus");
  }
  if (answer.last) {
    job->whole = true;
    ++from->served;
    Release(job);
  }
  if (PassOn(job, answer, &came)) return;
  job->parts.emplace_back(TextOf(answer.body));
  job->held_bytes += answer.body.size();
  held_bytes_ += answer.body.size();
  Pump(job);
}

// True if it could be sent on as it came: to the only one who needs it, and who has room. Else
// `came`, where the body is, is left alone.
bool Broker::PassOn(Job* job, const Answer& answer, wire::Message* came) {
  if (job->askers.size() != 1 || job->joinable || !job->parts.empty()) return false;
  Asker& asker = job->askers.front();
  if (answer.body.size() > asker.room || asker.peer->blocked) return false;
  asker.room -= answer.body.size();
  asker.sent += answer.body.size();
  const Answer passed{.id = asker.id,
                      .attempt = asker.attempt,
                      .part = asker.next_part++,
                      .last = answer.last,
                      .body = answer.body};
  Post(asker.peer, Rewrite(std::move(*came), passed));
  ++job->first_part;
  if (answer.last) {
    ++counters_.answered;
    RemoveAsker(job, 0);
    Erase(job);
  }
  return true;
}

void Broker::OnFailure(Provider* from, const Failure& failure) {
  const auto it = calls_.find(failure.id);
  if (it == calls_.end()) {
    ++counters_.late;
    return;
  }
  if (it->second->provider != from) {
    ++counters_.strays;
    return;
  }
  Job* job = it->second;
  Release(job);
  const bool above = from->peer == nullptr;
  // There it had the time of those who asked first; somebody who joined them has more.
  const auto has_time = [this](const Asker& asker) { return asker.deadline > now_; };
  if (above && failure.code == FailureCode::kDeadline && job->idempotent &&
      std::any_of(job->askers.begin(), job->askers.end(), has_time)) {
    return Again(job, failure.reason);
  }
  // A server can only speak of itself.
  FailAll(job, above ? failure.code : FailureCode::kServerError, failure.reason);
}

// What came is void: another server begins anew, or the source itself.
void Broker::Restart(Job* job) {
  held_bytes_ -= job->held_bytes;
  job->held_bytes = 0;
  job->parts.clear();
  job->first_part = 0;
  for (Asker& asker : job->askers) {
    if (!planted::On(planted::Bug::kSameAttempt)) ++asker.attempt;
    asker.next_part = 0;
    asker.room = asker.window;
    asker.sent = 0;
  }
}

// Sends every asker what it has room for. The job may be over after it.
void Broker::Pump(Job* job) {
  for (size_t i = 0; i < job->askers.size();) {
    if (!PumpOne(job, &job->askers[i])) {
      ++i;
      continue;
    }
    ++counters_.answered;
    RemoveAsker(job, i);
  }
  Grant(job);
  Trim(job);
  if (job->whole && job->askers.empty()) Finished(job);
}

// Gives the source the room that the fastest asker has.
void Broker::Grant(Job* job) {
  if (job->provider == nullptr) return;
  uint64_t most = 0;
  for (const Asker& asker : job->askers) most = std::max(most, asker.sent + asker.room);
  if (most <= job->granted) return;
  Tell(job->provider, Credit{.id = job->call,
                             .attempt = job->source_attempt,
                             .bytes = static_cast<uint32_t>(most - job->granted)});
  job->granted = most;
}

// True if it has all.
bool Broker::PumpOne(Job* job, Asker* asker) {
  while (asker->next_part < job->next_part() && !asker->peer->blocked) {
    const std::string& part = job->parts[asker->next_part - job->first_part];
    if (part.size() > asker->room && !planted::On(planted::Bug::kIgnoreRoom)) return false;
    asker->room -= std::min<uint64_t>(part.size(), asker->room);
    asker->sent += part.size();
    const bool last = job->whole && asker->next_part + 1 == job->next_part();
    Send(asker->peer, Answer{.id = asker->id,
                             .attempt = asker->attempt,
                             .part = asker->next_part++,
                             .last = last,
                             .body = BytesOf(part)});
    if (last) return true;
  }
  return false;
}

// Forgets the parts that nobody needs any more, and who holds up the others too long.
void Broker::Trim(Job* job) {
  if (job->joinable && job->held_bytes > options_.shared_bytes) {
    job->joinable = false;
    joint_.erase(JointKey(job->service, job->key));
  }
  if (job->joinable) return;
  while (true) {
    size_t slowest = 0;
    uint32_t needed = job->next_part();
    for (size_t i = 0; i < job->askers.size(); ++i) {
      if (job->askers[i].next_part >= needed) continue;
      needed = job->askers[i].next_part;
      slowest = i;
    }
    const auto end = job->parts.begin() + static_cast<std::ptrdiff_t>(needed - job->first_part);
    for (auto part = job->parts.begin(); part != end; ++part) {
      job->held_bytes -= part->size();
      held_bytes_ -= part->size();
    }
    job->parts.erase(job->parts.begin(), end);
    job->first_part = needed;
    const bool much = job->held_bytes > options_.shared_bytes && !job->whole;
    if (job->askers.size() < 2 || !much) return;
    Split(job, slowest);
  }
}

// One asker does not keep up with the others: it gets the answer anew, by itself.
void Broker::Split(Job* job, size_t i) {
  ++counters_.split;
  const Asker asker = job->askers[i];
  RemoveAsker(job, i);
  Job* own = NewJob({.service = job->service,
                     .key = job->key,
                     .idempotent = true,
                     .hops = job->hops,
                     .body = BytesOf(job->body)});
  AddAsker(own, asker);
  Restart(own);
  Place(own);
}

// Everybody has the whole answer: it is kept for a moment if others may ask for it.
void Broker::Finished(Job* job) {
  if (job->is_kept) return;
  if (!job->joinable || job->held_bytes > options_.kept_bytes) return Erase(job);
  Unkeep(options_.kept_bytes - job->held_bytes);
  job->is_kept = true;
  job->kept_until = now_ + options_.kept_for;
  kept_bytes_ += job->held_bytes;
  kept_.push_back(job);
}

// Lets go of the answers whose moment is over, and of the oldest beyond `most` bytes.
void Broker::Unkeep(size_t most) {
  while (!kept_.empty()) {
    Job* job = kept_.front();
    if (job->kept_until > now_ && kept_bytes_ <= most) return;
    kept_.pop_front();
    kept_bytes_ -= job->held_bytes;
    job->is_kept = false;
    // Somebody is still taking it: it is kept anew afterwards.
    if (job->askers.empty()) Erase(job);
  }
}

void Broker::OnCredit(Peer* peer, const Credit& credit) {
  const auto it = peer->asked.find(credit.id);
  if (it == peer->asked.end()) return;  // of one that is over by now
  Job* job = it->second;
  const auto mine = [&](const Asker& a) { return a.peer == peer && a.id == credit.id; };
  const auto asker = std::find_if(job->askers.begin(), job->askers.end(), mine);
  if (asker == job->askers.end() || credit.attempt != asker->attempt) return;
  asker->room = std::min<uint64_t>(asker->room + credit.bytes, kMaxWindowBytes);
  Pump(job);
}

// -------------------------------------------------------------------------------------------------
// Ends.

void Broker::OnCancel(Peer* peer, const Cancel& cancel) {
  const auto it = peer->asked.find(cancel.id);
  if (it == peer->asked.end()) return;
  Job* job = it->second;
  ++counters_.cancelled;
  const auto mine = [&](const Asker& a) { return a.peer == peer && a.id == cancel.id; };
  const auto asker = std::find_if(job->askers.begin(), job->askers.end(), mine);
  RemoveAsker(job, static_cast<size_t>(asker - job->askers.begin()));
  Abandon(job);
}

void Broker::RemoveAsker(Job* job, size_t i) {
  const Asker& asker = job->askers[i];
  asker.peer->asked.erase(asker.id);
  asker.peer->asked_bytes -= job->body.size();
  job->askers.erase(job->askers.begin() + static_cast<std::ptrdiff_t>(i));
  if (job->askers.empty()) deadlines_.Clear(job);
}

void Broker::FailAsker(Job* job, size_t i, FailureCode code, std::string_view reason) {
  ++counters_.failed;
  Send(job->askers[i].peer, Failure{.id = job->askers[i].id,
                                    .code = code,
                                    .reason = reason.substr(0, wire::kMaxReasonBytes)});
  RemoveAsker(job, i);
}

// The job is over, without an answer.
void Broker::FailAll(Job* job, FailureCode code, std::string_view reason) {
  while (!job->askers.empty()) FailAsker(job, job->askers.size() - 1, code, reason);
  Release(job);
  Erase(job);
}

// An asker has gone: if it was the last one, nobody needs the answer.
void Broker::Abandon(Job* job) {
  if (!job->askers.empty()) return Trim(job);
  if (job->whole) return Finished(job);
  if (job->provider != nullptr) {
    Tell(job->provider, Cancel{.id = job->call});
    Release(job);
  }
  Erase(job);
}

void Broker::Erase(Job* job) {
  FANTAIL_CHECK(job->askers.empty() && job->provider == nullptr && !job->is_kept);
  if (job->waits) --waiting_;
  held_bytes_ -= job->held_bytes;
  if (job->joinable) joint_.erase(JointKey(job->service, job->key));
  jobs_.Remove(job);
}

void Broker::ExpireDeadlines() {
  while (Job* job = deadlines_.Next(now_)) {
    MonotonicTime next = MonotonicTime::max();
    for (size_t i = 0; i < job->askers.size();) {
      const MonotonicTime deadline = job->askers[i].deadline;
      if (deadline > now_) {
        next = std::min(next, deadline);
        ++i;
        continue;
      }
      FailAsker(job, i, FailureCode::kDeadline,
                job->waits ? "no server had a free hand in time" : "no answer in time");
    }
    if (!job->askers.empty()) deadlines_.Set(job, next);
    Abandon(job);
  }
}

}  // namespace fantail::bus
