// The part of Broker that brings requests to servers.
#include <algorithm>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/base/printable.h"
#include "fantail/bus/upstream.h"
#include "fantail/wire/limits.h"

namespace fantail::bus {

std::string Broker::JointKey(std::string_view service, std::string_view key) {
  std::string joint;
  joint.reserve(service.size() + 1 + key.size());
  return joint.append(service).append(1, '\0').append(key);
}

void Broker::OnRequest(Peer* peer, const Request& request, wire::Message came) {
  ++counters_.requests;
  if (peer->asked.contains(request.id)) {
    ++counters_.bad_messages;
    return Refuse(peer, RefusedCode::kProtocol, "two requests with one id");
  }
  const auto fail = [&](FailureCode code, std::string_view reason) {
    ++counters_.failed;
    Send(peer, Failure{.id = request.id, .code = code, .reason = reason});
  };
  const size_t clients = peer->role == Role::kBus ? 10 : 1;
  if (peer->asked.size() >= options_.max_asked * clients ||
      peer->asked_bytes + request.body.size() > options_.max_asked_bytes * clients) {
    return fail(FailureCode::kBusy, "this client waits for as many answers as it may");
  }
  const bool may = MayAsk(*peer, request.service);
  observer_->OnAsked(*peer, request.service, may);
  if (!may) {
    return fail(FailureCode::kRefused,
                peer->user + " may not ask " + EscapeUnprintable(request.service) + " here");
  }
  if (request.hops > wire::kMaxHops) {
    return fail(FailureCode::kRefused, "a loop: it has passed more buses than there can be");
  }
  const bool status = request.service == kStatusService;
  if (status && request.body.empty()) {
    ++counters_.answered;
    const std::string text = Status();
    return Send(peer, Answer{.id = request.id, .body = BytesOf(text)});
  }
  // Longer than a year is for ever.
  constexpr uint64_t kLongest = uint64_t{365} * 24 * 3600 * 1'000'000'000;
  const MonotonicTime deadline =
      now_ + Nanos(static_cast<int64_t>(std::min(request.budget_ns, kLongest)));
  std::optional<std::string> may_see = MaySee(*peer, request);
  if (!request.key.empty() && Share(peer, request, may_see, deadline)) return;
  if (waiting_ >= options_.max_waiting) {
    return fail(FailureCode::kBusy, "too many requests wait for a server");
  }
  Job* job = NewJob(request);
  job->may_see = std::move(may_see);
  if (!job->key.empty()) {
    job->joinable = joint_.try_emplace(JointKey(job->service, job->key), job).second;
  }
  // Each bus on the way takes one off.
  if (status) job->body.pop_back();
  AddAsker(job, peer, request, deadline);
  if (!status) return Place(job, std::move(came));
  if (upstream_ == nullptr || !upstream_->joined()) {
    return FailAll(job, FailureCode::kNoServer, "there is no bus above");
  }
  Hand(job, upstream_.get());
}

Job* Broker::NewJob(const Request& request) {
  Job* job = jobs_.Add();
  job->service = request.service;
  job->key = request.key;
  job->idempotent = request.idempotent || !request.key.empty();
  job->hops = request.hops;
  job->body = TextOf(request.body);
  return job;
}

// True if the request is one that is under way, or answered just now.
bool Broker::Share(Peer* peer, const Request& request, const std::optional<std::string>& may_see,
                   MonotonicTime deadline) {
  const auto it = joint_.find(JointKey(request.service, request.key));
  if (it == joint_.end()) return false;
  Job* job = it->second;
  if (job->body != TextOf(request.body) || job->may_see != may_see) return false;
  ++(job->whole ? counters_.kept : counters_.shared);
  AddAsker(job, peer, request, deadline);
  Pump(job);
  return true;
}

void Broker::AddAsker(Job* job, Peer* peer, const Request& request, MonotonicTime deadline) {
  const uint32_t window = std::min(request.window_bytes, kMaxWindowBytes);
  AddAsker(
      job,
      {.peer = peer, .id = request.id, .deadline = deadline, .window = window, .room = window});
}

void Broker::AddAsker(Job* job, const Asker& asker) {
  job->askers.push_back(asker);
  asker.peer->asked[asker.id] = job;
  asker.peer->asked_bytes += job->body.size();
  if (!job->has_due || asker.deadline < job->due) deadlines_.Set(job, asker.deadline);
}

Provider* Broker::LeastLoaded(const Service& service) const {
  Provider* best = nullptr;
  const auto less = [](const Provider& a, const Provider& b) {
    const uint64_t left = a.in_hand.size() * uint64_t{b.capacity};
    const uint64_t right = b.in_hand.size() * uint64_t{a.capacity};
    return left != right ? left < right : a.handed_at < b.handed_at;
  };
  for (Provider* server : service.servers) {
    if (server->in_hand.size() >= server->capacity || server->peer->gone) continue;
    if (best == nullptr || less(*server, *best)) best = server;
  }
  return best;
}

// To a server here if there is one, else to the bus above. One that has been in somebody's hands
// waits for the next server until its deadline; for one that has not, none is known at once.
void Broker::Place(Job* job, wire::Message came) {
  const auto it = services_.find(job->service);
  if (it != services_.end()) {
    const Service& service = *it->second;
    const bool here = !service.servers.empty();
    Provider* provider = here ? LeastLoaded(service) : nullptr;
    if (!here && service.above && upstream_->joined()) provider = upstream_.get();
    if (provider != nullptr) return Hand(job, provider, std::move(came));
    if (here) job->waits = true;
  }
  if (!job->waits && !job->handed) {
    return FailAll(job, FailureCode::kNoServer, "nobody serves " + job->service);
  }
  job->waits = true;
  ++waiting_;
  std::unique_ptr<Service>& service = services_[job->service];
  if (service == nullptr) service = std::make_unique<Service>();
  service->waiting.push_back({job, job->number});
}

void Broker::Hand(Job* job, Provider* provider, wire::Message came) {
  MonotonicTime deadline;
  uint32_t window = 0;
  for (const Asker& asker : job->askers) {
    deadline = std::max(deadline, asker.deadline);
    window = std::max(window, asker.window);
  }
  job->provider = provider;
  job->call = next_call_++;
  job->handed = true;
  job->source_attempt = 1;
  job->granted = job->window = window;
  calls_[job->call] = job;
  job->in_hand_place = provider->in_hand.size();
  provider->in_hand.push_back(job);
  provider->handed_at = job->call;
  const bool above = provider->peer == nullptr;
  const Request request{
      .id = job->call,
      .service = job->service,
      .budget_ns = static_cast<uint64_t>(std::max<int64_t>((deadline - now_).count(), 1)),
      .window_bytes = window,
      .key = job->key,
      .idempotent = job->idempotent,
      .hops = static_cast<uint8_t>(job->hops + (above ? 1 : 0)),
      .body = BytesOf(job->body),
      .limited = job->may_see.has_value(),
      .may_see = wire::TextList(job->may_see ? std::string_view(*job->may_see) : "")};
  above ? upstream_->Send(request) : Post(provider->peer, Rewrite(std::move(came), request));
}

// Its provider has it no more in hand.
void Broker::Release(Job* job) {
  if (job->provider == nullptr) return;
  std::vector<Job*>& in_hand = job->provider->in_hand;
  in_hand[job->in_hand_place] = in_hand.back();
  in_hand[job->in_hand_place]->in_hand_place = job->in_hand_place;
  in_hand.pop_back();
  if (waiting_ > 0) {
    for (const std::string& name : job->provider->services) {
      if (!services_.at(name)->waiting.empty()) freed_.push_back(name);
    }
  }
  calls_.erase(job->call);
  job->provider = nullptr;
}

// The provider is lost: what it has in hand goes to others, where that may be.
void Broker::TakeBack(Provider* provider, std::string_view why) {
  std::vector<Job*> in_hand = provider->in_hand;
  std::sort(in_hand.begin(), in_hand.end(),
            [](const Job* a, const Job* b) { return a->number < b->number; });
  for (Job* job : in_hand) {
    Release(job);
    Again(job, why);
  }
}

void Broker::Again(Job* job, std::string_view why) {
  if (!job->idempotent && !planted::On(planted::Bug::kDoTwice)) {
    return FailAll(
        job, FailureCode::kServerLost,
        "the server was lost with it in hand, and it must not be done twice: " + std::string(why));
  }
  ++counters_.repeated;
  Restart(job);
  Place(job);
}

void Broker::ServeWaiting() {
  while (!freed_.empty()) {
    const std::string name = std::move(freed_.back());
    freed_.pop_back();
    ServeWaiting(name);
  }
}

void Broker::ServeWaiting(const std::string& name) {
  const auto it = services_.find(name);
  if (it == services_.end()) return;
  Service& service = *it->second;
  while (!service.waiting.empty()) {
    Job* job = service.waiting.front().get();
    if (job != nullptr && job->waits) {
      Provider* provider = LeastLoaded(service);
      if (service.servers.empty() && service.above) provider = upstream_.get();
      if (provider == nullptr) return;
      job->waits = false;
      --waiting_;
      Hand(job, provider);
    }
    service.waiting.pop_front();
  }
  if (service.servers.empty() && !service.above) services_.erase(name);
}

}  // namespace fantail::bus
