#include "fantail/bus/server.h"

#include <algorithm>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/wire/limits.h"

namespace fantail::bus {

Server::Server(MemberOptions options, std::vector<std::string> services, uint32_t capacity,
               ServerEvents* events)
    : Member(std::move(options), Role::kServer),
      events_(events),
      services_(std::move(services)),
      capacity_(capacity) {
  FANTAIL_CHECK(!services_.empty() && capacity > 0 && capacity <= kMaxCapacity);
}

void Server::OnJoined(const Joined&) {
  SendOffer();
  events_->OnBus(true, "");
}

void Server::SendOffer() {
  wire::TextListBuilder services;
  if (!draining_) {
    for (const std::string& service : services_) services.Add(service);
  }
  Member::Send(Offer{.services = services.list(), .capacity = capacity_});
}

void Server::Drain() {
  if (std::exchange(draining_, true)) return;
  if (joined()) SendOffer();
}

void Server::OnLost(std::string_view why) {
  std::vector<uint64_t> lost;
  for (const auto& [id, call] : calls_) lost.push_back(id);
  std::sort(lost.begin(), lost.end());
  calls_.clear();
  for (const uint64_t id : lost) events_->OnCancel(id);
  events_->OnBus(false, why);
}

void Server::On(const Request& request) {
  const auto [it, fresh] = calls_.try_emplace(request.id, InHand{.room = request.window_bytes});
  if (!fresh) return OnUnexpected();
  const int64_t budget = static_cast<int64_t>(std::min<uint64_t>(request.budget_ns, INT64_MAX / 2));
  events_->OnCall({.id = request.id,
                   .service = request.service,
                   .body = request.body,
                   .deadline = now() + Nanos(budget),
                   .may_see = request.limited ? std::optional(request.may_see) : std::nullopt});
}

void Server::On(const bus::Cancel& cancel) {
  if (calls_.erase(cancel.id) > 0) events_->OnCancel(cancel.id);
}

void Server::On(const Credit& credit) {
  const auto it = calls_.find(credit.id);
  if (it == calls_.end()) return;
  it->second.room += credit.bytes;
  if (std::exchange(it->second.waits, false)) events_->OnRoom(credit.id);
}

bool Server::SendPart(uint64_t id, Body part, bool last) {
  const auto it = calls_.find(id);
  if (it == calls_.end()) return true;
  FANTAIL_CHECK(part.size() <= kMaxBodyBytes, part.size());
  InHand& call = it->second;
  if (part.size() > call.room) {
    call.waits = true;
    return false;
  }
  call.room -= part.size();
  Member::Send(
      Answer{.id = id, .attempt = 1, .part = call.next_part++, .last = last, .body = part});
  if (!last) return true;
  ++served_;
  calls_.erase(it);
  return true;
}

bool Server::Send(uint64_t id, Body part) {
  return SendPart(id, part, false);
}

bool Server::Finish(uint64_t id, Body part) {
  return SendPart(id, part, true);
}

void Server::Fail(uint64_t id, std::string_view reason) {
  if (calls_.erase(id) == 0) return;
  Member::Send(Failure{.id = id,
                       .code = FailureCode::kServerError,
                       .reason = reason.substr(0, wire::kMaxReasonBytes)});
}

}  // namespace fantail::bus
