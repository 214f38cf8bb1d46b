#include "fantail/bus/client.h"

#include <algorithm>
#include <vector>

#include "fantail/base/check.h"
#include "fantail/base/pattern.h"
#include "fantail/base/planted.h"

namespace fantail::bus {

uint64_t Client::Ask(Question question, MonotonicTime now) {
  const uint64_t id = next_id_++;
  ++client_counters_.asked;
  question.idempotent = question.idempotent || !question.key.empty();
  question.window_bytes = std::clamp(question.window_bytes, kMinWindowBytes, kMaxWindowBytes);
  const bool too_large = question.body.size() > kMaxBodyBytes;
  const bool nonsense = TopicProblem(question.service) != nullptr ||
                        question.service.size() > kMaxServiceBytes ||
                        question.key.size() > kMaxKeyBytes;
  if (too_large || nonsense) {
    refused_.emplace_back(id, too_large ? FailureCode::kTooLarge : FailureCode::kRefused);
    return id;
  }
  const MonotonicTime deadline = now + question.budget;
  Pending& pending = pending_[id] = {.question = std::move(question), .deadline = deadline};
  deadlines_.emplace(deadline, id);
  if (joined()) SendRequest(id, &pending);
  return id;
}

void Client::SendRequest(uint64_t id, Pending* pending) {
  const Question& question = pending->question;
  pending->sent = true;
  pending->attempt = pending->next_part = 0;
  pending->taken = 0;
  Send(Request{
      .id = id,
      .service = question.service,
      .budget_ns = static_cast<uint64_t>(std::max<int64_t>((pending->deadline - now()).count(), 1)),
      .window_bytes = question.window_bytes,
      .key = question.key,
      .idempotent = question.idempotent,
      .body = BytesOf(question.body)});
}

void Client::Cancel(uint64_t id) {
  std::erase_if(refused_, [&](const auto& refused) { return refused.first == id; });
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  if (it->second.sent && joined()) Send(bus::Cancel{id});
  Forget(id);
}

void Client::Forget(uint64_t id) {
  const auto it = pending_.find(id);
  deadlines_.erase({it->second.deadline, id});
  pending_.erase(it);
}

void Client::Fail(uint64_t id, FailureCode code, std::string_view reason) {
  if (pending_.contains(id)) Forget(id);
  ++client_counters_.failed;
  events_->OnFailure(id, code, reason);
}

void Client::OnJoined(const Joined&) {
  std::vector<uint64_t> unsent;
  for (const auto& [id, pending] : pending_) {
    if (!pending.sent) unsent.push_back(id);
  }
  std::sort(unsent.begin(), unsent.end());
  for (const uint64_t id : unsent) SendRequest(id, &pending_.at(id));
  events_->OnBus(true, "");
}

void Client::OnLost(std::string_view why) {
  std::vector<uint64_t> sent;
  for (const auto& [id, pending] : pending_) {
    if (pending.sent) sent.push_back(id);
  }
  std::sort(sent.begin(), sent.end());
  for (const uint64_t id : sent) {
    const auto it = pending_.find(id);
    if (it == pending_.end()) continue;  // cancelled by what was told just now
    Pending& pending = it->second;
    if (!pending.question.idempotent && !planted::On(planted::Bug::kAskTwice)) {
      Fail(id, FailureCode::kServerLost,
           "the connection to the bus broke with the request on its way: " + std::string(why));
      continue;
    }
    pending.sent = false;
    ++client_counters_.repeated;
    if (pending.next_part > 0) {
      ++client_counters_.restarts;
      events_->OnRestart(id);
    }
  }
  events_->OnBus(false, why);
}

void Client::OnTurn() {
  while (!refused_.empty()) {
    const auto [id, code] = refused_.back();
    refused_.pop_back();
    const bool large = code == FailureCode::kTooLarge;
    Fail(id, code,
         large ? "the body is longer than " + std::to_string(kMaxBodyBytes) +
                     " bytes: send it in pieces, or say where it is"
               : "the service or the key is not a name of at most " +
                     std::to_string(kMaxServiceBytes) + " characters");
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
    const uint64_t id = deadlines_.begin()->second;
    const bool sent = pending_.at(id).sent;
    if (sent && joined()) Send(bus::Cancel{id});
    Fail(id, FailureCode::kDeadline, sent ? "no answer in time" : "no bus in time: " + cause());
  }
}

void Client::On(const Answer& answer) {
  const auto it = pending_.find(answer.id);
  if (it == pending_.end() || !it->second.sent || answer.attempt < it->second.attempt) {
    ++client_counters_.strays;
    return;
  }
  Pending& pending = it->second;
  if (answer.attempt > pending.attempt) {
    pending.attempt = answer.attempt;
    pending.taken = 0;
    const bool some = std::exchange(pending.next_part, 0) > 0;
    if (some && !planted::On(planted::Bug::kMixAttempts)) {
      ++client_counters_.restarts;
      events_->OnRestart(answer.id);
      if (!pending_.contains(answer.id)) return;
    }
  }
  if (answer.part != pending.next_part) return GiveUp("a part of an answer was lost");
  ++pending.next_part;
  if (answer.last) {
    ++client_counters_.answered;
    const uint64_t id = answer.id;
    Forget(id);
    events_->OnAnswer(id, answer.body, true);
    return;
  }
  const bool owner_takes = pending.question.owner_takes;
  events_->OnAnswer(answer.id, answer.body, false);
  if (!owner_takes) Took(answer.id, answer.body.size());
}

void Client::Took(uint64_t id, size_t bytes) {
  const auto it = pending_.find(id);
  if (it == pending_.end() || !it->second.sent || it->second.attempt == 0) return;
  Pending& pending = it->second;
  pending.taken += bytes;
  if (pending.taken < pending.question.window_bytes / 2) return;
  Send(Credit{.id = id,
              .attempt = pending.attempt,
              .bytes = static_cast<uint32_t>(std::exchange(pending.taken, 0))});
}

void Client::On(const Failure& failure) {
  const auto it = pending_.find(failure.id);
  if (it == pending_.end() || !it->second.sent) {
    ++client_counters_.strays;
    return;
  }
  Fail(failure.id, failure.code, std::string(failure.reason));
}

}  // namespace fantail::bus
