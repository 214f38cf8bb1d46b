#include "fantail/bus/broker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/base/printable.h"
#include "fantail/bus/upstream.h"
#include "fantail/wire/limits.h"

namespace fantail::bus {
namespace {

// What is said to one member within a turn, before it goes out: libzmq writes no more at a time,
// and its I/O thread begins while the rest of the turn is done.
constexpr size_t kFlushBytes = 8 * 1024;
// A look at every member, of which there may be 10,000: little beside what they are given.
constexpr Nanos kWatchEvery = std::chrono::milliseconds(5);

}  // namespace

Broker::Broker(BrokerOptions options, wire::Links* links, BrokerObserver* observer)
    : options_(std::move(options)), links_(links), observer_(observer) {
  if (options_.has_upstream) {
    upstream_ = std::make_unique<Upstream>(this, MemberOptions{.name = options_.name,
                                                               .node = options_.node,
                                                               .ping_every = options_.ping_every,
                                                               .lost_after = options_.lost_after});
  }
}

Broker::~Broker() = default;

Member* Broker::upstream() {
  return upstream_.get();
}

const Member* Broker::upstream() const {
  return upstream_.get();
}

// -------------------------------------------------------------------------------------------------
// What comes in.

void Broker::Receive(std::string_view address, wire::Message message, MonotonicTime now,
                     std::string_view user) {
  now_ = now;
  counters_.bytes_received += message.size();
  const wire::DecodeError error = decoder_.Decode(message.bytes(), &message_);
  const auto it = by_address_.find(absl::string_view(address.data(), address.size()));
  Peer* peer = it == by_address_.end() ? nullptr : it->second;
  if (peer != nullptr && peer->user != user) {
    // Somebody else has taken its address, which a peer may choose.
    Lose(peer, "its connection is gone");
    peer = nullptr;
  }
  if (peer != nullptr) peer->heard_at = now;
  if (error == wire::DecodeError::kUnknownKind && peer != nullptr) {
    ++counters_.bad_messages;  // of a newer version: skipped
  } else if (error != wire::DecodeError::kNone) {
    ++counters_.bad_messages;
    const std::string reason = std::string("a message that makes no sense: ") + decoder_.detail();
    observer_->OnBadMessage(peer == nullptr ? "a stranger" : peer->name, reason);
    const bool version = error == wire::DecodeError::kVersion;
    const RefusedCode code = version ? RefusedCode::kVersion : RefusedCode::kProtocol;
    peer == nullptr ? RefuseStranger(address, code, reason) : Refuse(peer, code, reason);
  } else if (peer != nullptr) {
    Dispatch(peer, message_, std::move(message));
  } else if (const auto* join = std::get_if<Join>(&message_)) {
    OnJoin(address, user, *join);
  } else if (!std::holds_alternative<Leave>(message_)) {
    RefuseStranger(address, RefusedCode::kJoinFirst, "join first: this connection is not known");
  }
  Settle();
}

void Broker::Dispatch(Peer* peer, const AnyMessage& message, wire::Message came) {
  const bool asks = peer->role != Role::kServer;
  if (const auto* request = std::get_if<Request>(&message); request != nullptr && asks) {
    OnRequest(peer, *request, std::move(came));
  } else if (const auto* credit = std::get_if<Credit>(&message); credit != nullptr && asks) {
    OnCredit(peer, *credit);
  } else if (const auto* cancel = std::get_if<Cancel>(&message); cancel != nullptr && asks) {
    OnCancel(peer, *cancel);
  } else if (const auto* answer = std::get_if<Answer>(&message); answer != nullptr && !asks) {
    OnAnswer(peer, *answer, std::move(came));
  } else if (const auto* failure = std::get_if<Failure>(&message); failure != nullptr && !asks) {
    OnFailure(peer, *failure);
  } else if (const auto* offer = std::get_if<Offer>(&message); offer != nullptr && !asks) {
    OnOffer(peer, *offer);
  } else if (const auto* ping = std::get_if<Ping>(&message)) {
    Send(peer, Pong{ping->nonce});
  } else if (const auto* leave = std::get_if<Leave>(&message)) {
    Lose(peer, "left: " + EscapeUnprintable(leave->reason));
  } else if (!std::holds_alternative<Pong>(message)) {
    ++counters_.bad_messages;
    Refuse(peer, RefusedCode::kProtocol,
           std::string("a message that a ") + RoleName(peer->role) + " does not send");
  }
}

void Broker::OnJoin(std::string_view address, std::string_view user, const Join& join) {
  if (peers_.size() >= options_.max_members) {
    return RefuseStranger(address, RefusedCode::kBusy,
                          "this bus has all the members that it may have");
  }
  if (!refuse_more_.empty()) {
    return RefuseStranger(address, RefusedCode::kBusy, refuse_more_);
  }
  if (const Rights* const rights = access_ == nullptr ? nullptr : access_->Of(user)) {
    const auto members = std::count_if(peers_.begin(), peers_.end(), [&](const auto& entry) {
      return entry.second->user == user;
    });
    if (rights->sessions != 0 && members >= rights->sessions) {
      return RefuseStranger(address, RefusedCode::kBusy,
                            std::string(user) + " has as many sessions as it may have: " +
                                std::to_string(rights->sessions));
    }
  }
  if (join.role == Role::kBus && upstream_ != nullptr) {
    const std::vector<NodeId>& path = upstream_->path();
    if (join.node == options_.node ||
        std::find(path.begin(), path.end(), join.node) != path.end()) {
      return RefuseStranger(
          address, RefusedCode::kLoop,
          "a loop: " + EscapeUnprintable(join.name) + " is above " + options_.name);
    }
  }
  for (const auto& [number, peer] : peers_) {
    // One that says it is somebody else's node does not end that one.
    if (peer->node != join.node || peer->user != user) continue;
    Lose(peer.get(), "came again over another connection");
    break;
  }
  auto peer = std::make_unique<Peer>();
  peer->peer = peer.get();
  peer->number = next_peer_++;
  peer->address = address;
  peer->name = join.name;
  peer->user = user;
  peer->node = join.node;
  peer->role = join.role;
  peer->heard_at = peer->pinged_at = now_;
  Peer* joined = peer.get();
  by_address_[joined->address] = joined;
  peers_[joined->number] = std::move(peer);
  Send(joined, Joined{.name = options_.name, .node = options_.node});
  if (joined->role == Role::kBus) SendReachable(joined);
  observer_->OnJoined(*joined);
}

void Broker::OnOffer(Peer* peer, const Offer& offer) {
  for (const std::string_view service : offer.services) {
    if (service.starts_with("bus.")) {
      return Refuse(peer, RefusedCode::kProtocol, "services that begin with bus. are its own");
    }
    if (!MayServe(*peer, service)) {
      return Refuse(peer, RefusedCode::kRights,
                    peer->user + " may not serve " + EscapeUnprintable(service) + " here");
    }
  }
  Withdraw(peer);
  peer->capacity = offer.capacity;
  for (const std::string_view text : offer.services) {
    const std::string name(text);
    std::unique_ptr<Service>& service = services_[name];
    if (service == nullptr) service = std::make_unique<Service>();
    // A list may name a service twice.
    if (std::find(service->servers.begin(), service->servers.end(), peer) !=
        service->servers.end()) {
      continue;
    }
    service->servers.push_back(peer);
    peer->services.push_back(name);
    freed_.push_back(name);
  }
  tell_reachable_ = true;
  observer_->OnServices(*peer);
}

bool Broker::MayAsk(const Peer& peer, std::string_view service) const {
  if (access_ == nullptr) return true;
  const Rights* const rights = access_->Of(peer.user);
  return rights != nullptr && Rights::Allow(rights->ask, service);
}

// What the answer may be about, as texts: no more than the one below says, and than the user may
// see here. Nothing: whatever it is.
std::optional<std::string> Broker::MaySee(const Peer& peer, const Request& request) const {
  if (access_ == nullptr) {
    return request.limited ? std::optional<std::string>(request.may_see.bytes()) : std::nullopt;
  }
  const Rights* const rights = access_->Of(peer.user);
  std::vector<Pattern> patterns = rights == nullptr ? std::vector<Pattern>() : rights->see;
  if (request.limited) {
    std::vector<Pattern> below;
    for (const std::string_view text : request.may_see) below.emplace_back(text);
    patterns = Common(patterns, below);
  }
  wire::TextListBuilder texts;
  for (const Pattern& pattern : patterns) texts.Add(pattern.text());
  return std::string(texts.list().bytes());
}

bool Broker::MayServe(const Peer& peer, std::string_view service) const {
  if (access_ == nullptr) return true;
  const Rights* const rights = access_->Of(peer.user);
  return rights != nullptr && Rights::Allow(rights->serve, service);
}

void Broker::SetAccess(std::shared_ptr<const Access> access) {
  const std::shared_ptr<const Access> before = std::exchange(access_, std::move(access));
  std::vector<Peer*> changed;
  for (const auto& [number, peer] : peers_) {
    if (!SameRights(before.get(), access_.get(), peer->user)) changed.push_back(peer.get());
  }
  for (Peer* peer : changed) {
    Refuse(peer, RefusedCode::kRights, "the rights of " + peer->user + " changed");
  }
  Settle();
}

void Broker::ReviewUsers(const std::function<bool(std::string_view user)>& known) {
  std::vector<Peer*> gone;
  for (const auto& [number, peer] : peers_) {
    if (!known(peer->user)) gone.push_back(peer.get());
  }
  for (Peer* peer : gone) {
    Refuse(peer, RefusedCode::kKey, "the key of " + peer->user + " has been taken away");
  }
  Settle();
}

// Takes no more requests.
void Broker::Withdraw(Provider* provider) {
  if (provider->services.empty()) return;
  for (const std::string& name : std::exchange(provider->services, {})) {
    Service& service = *services_.at(name);
    std::erase(service.servers, provider);
    if (service.servers.empty() && service.waiting.empty() && !service.above) services_.erase(name);
  }
  tell_reachable_ = true;
}

void Broker::RefuseStranger(std::string_view address, RefusedCode code, std::string_view reason) {
  (void)links_->Send(address, Encode(Refused{.code = code, .reason = reason}));
}

void Broker::Refuse(Peer* peer, RefusedCode code, std::string_view reason) {
  Send(peer, Refused{.code = code, .reason = reason});
  Flush(peer);
  Lose(peer, reason);
}

// `peer` is no more after it.
void Broker::Lose(Peer* peer, std::string_view why) {
  Withdraw(peer);
  TakeBack(peer, why);
  std::vector<std::pair<uint64_t, Job*>> asked(peer->asked.begin(), peer->asked.end());
  std::sort(asked.begin(), asked.end());
  for (const auto& [id, job] : asked) {
    if (!peer->asked.contains(id)) continue;
    const auto mine = [&, id = id](const Asker& a) { return a.peer == peer && a.id == id; };
    const auto it = std::find_if(job->askers.begin(), job->askers.end(), mine);
    ++counters_.cancelled;
    RemoveAsker(job, static_cast<size_t>(it - job->askers.begin()));
    Abandon(job);
  }
  std::erase(gone_, peer);
  by_address_.erase(peer->address);
  const auto it = peers_.find(peer->number);
  const std::unique_ptr<Peer> last = std::move(it->second);
  peers_.erase(it);
  observer_->OnLeft(*last, why);
}

// -------------------------------------------------------------------------------------------------
// What goes out.

// What a turn has to say to a member goes out together at its end: libzmq's I/O thread then has
// many messages for one system call.
void Broker::Post(Peer* peer, wire::Message message) {
  if (peer->gone) return;
  counters_.bytes_sent += message.size();
  if (peer->outbox.empty()) unflushed_.push_back(peer->number);
  peer->outbox_bytes += message.size();
  peer->outbox.push_back(std::move(message));
  if (peer->outbox_bytes > options_.max_outbox_bytes) {
    peer->gone = true;
    gone_.push_back(peer);
  } else if (!peer->blocked && peer->outbox_bytes > kFlushBytes) {
    Flush(peer);
  }
}

// True if something is left.
bool Broker::Flush(Peer* peer) {
  size_t sent = 0;
  for (; sent < peer->outbox.size() && !peer->gone; ++sent) {
    const wire::SendResult result = links_->Send(peer->address, peer->outbox[sent]);
    peer->blocked = result == wire::SendResult::kWouldBlock;
    if (peer->blocked) break;
    peer->outbox_bytes -= peer->outbox[sent].size();
    if (result != wire::SendResult::kPeerGone) continue;
    peer->gone = true;
    gone_.push_back(peer);
  }
  peer->outbox.erase(peer->outbox.begin(), peer->outbox.begin() + static_cast<ptrdiff_t>(sent));
  return !peer->outbox.empty() && !peer->gone;
}

// What waited for a member that takes something again.
void Broker::PumpAll(Peer* peer) {
  std::vector<std::pair<uint64_t, Job*>> asked(peer->asked.begin(), peer->asked.end());
  std::sort(asked.begin(), asked.end());
  for (const auto& [id, job] : asked) {
    if (peer->asked.contains(id)) Pump(job);
  }
}

bool Broker::FlushAll() {
  std::vector<uint64_t> left;
  // More may be said while it is done.
  for (size_t i = 0; i < unflushed_.size(); ++i) {
    const auto it = peers_.find(unflushed_[i]);
    if (it == peers_.end()) continue;
    Peer* peer = it->second.get();
    const bool was_blocked = peer->blocked;
    if (Flush(peer)) {
      left.push_back(peer->number);
    } else if (was_blocked && !peer->gone) {
      PumpAll(peer);
    }
  }
  unflushed_ = std::move(left);
  return !unflushed_.empty();
}

// What could not be done in the midst of something else.
void Broker::Settle() {
  while (!gone_.empty()) {
    Peer* peer = gone_.back();
    Lose(peer, peer->outbox_bytes > options_.max_outbox_bytes ? "reads nothing"
                                                              : "the connection was lost");
  }
  ServeWaiting();
  if (std::exchange(tell_reachable_, false)) TellReachable();
}

bool Broker::Turn(MonotonicTime now) {
  now_ = now;
  bool more = upstream_ != nullptr && upstream_->Turn(now);
  WatchPeers();
  ExpireDeadlines();
  Unkeep(options_.kept_bytes);
  Settle();
  more = FlushAll() || more;
  Settle();
  return more;
}

void Broker::WatchPeers() {
  if (now_ - watched_at_ < kWatchEvery) return;
  watched_at_ = now_;
  std::vector<Peer*> silent;
  for (const auto& [number, peer] : peers_) {
    if (now_ - peer->heard_at > options_.lost_after) silent.push_back(peer.get());
    const bool busy = !peer->in_hand.empty();
    if (now_ - peer->pinged_at < (busy ? options_.ping_busy_every : options_.ping_every)) continue;
    peer->pinged_at = now_;
    Send(peer.get(), Ping{static_cast<uint64_t>(now_.time_since_epoch().count())});
  }
  for (Peer* peer : silent) Lose(peer, "silent for too long");
}

void Broker::Close() {
  for (const auto& [number, peer] : peers_) Send(peer.get(), Leave{.reason = "stopping"});
  FlushAll();
  if (upstream_ != nullptr) upstream_->Close();
}

// -------------------------------------------------------------------------------------------------
// What is reachable here, for the buses below.

void Broker::TellReachable() {
  std::vector<std::string> reachable;
  for (const auto& [name, service] : services_) {
    if (!service->servers.empty() || service->above) reachable.push_back(name);
  }
  std::sort(reachable.begin(), reachable.end());
  reachable_ = std::move(reachable);
  for (const auto& [number, peer] : peers_) {
    if (peer->role == Role::kBus) SendReachable(peer.get());
  }
}

void Broker::SendReachable(Peer* peer) {
  std::vector<NodeId> path = {options_.node};
  if (upstream_ != nullptr) {
    path.insert(path.end(), upstream_->path().begin(), upstream_->path().end());
    // Below so many, a loop is found by the hops of a request.
    path.resize(std::min(path.size(), wire::kMaxHops));
  }
  wire::TextListBuilder texts;
  for (const std::string& service : reachable_) {
    if (texts.size_bytes() + service.size() >= wire::kMaxTextListBytes) {
      Send(peer, Reachable{.services = texts.list(), .path = path, .more = true});
      texts.Clear();
    }
    texts.Add(service);
  }
  Send(peer, Reachable{.services = texts.list(), .path = path});
}

void Broker::Upstream::OnJoined(const Joined&) {
  broker_->observer_->OnUpstream(true, "");
}

void Broker::Upstream::OnLost(std::string_view why) {
  path_.clear();
  coming_.clear();
  for (const std::string& name : services) broker_->services_.at(name)->above = false;
  broker_->now_ = now();
  broker_->Withdraw(this);
  broker_->tell_reachable_ = true;
  broker_->TakeBack(this, why);
  broker_->observer_->OnUpstream(false, why);
  broker_->Settle();
}

void Broker::Upstream::On(const Answer& answer) {
  broker_->now_ = now();
  broker_->OnAnswer(this, answer, {});
  broker_->Settle();
}

void Broker::Upstream::On(const Failure& failure) {
  broker_->now_ = now();
  broker_->OnFailure(this, failure);
  broker_->Settle();
}

void Broker::Upstream::On(const Reachable& reachable) {
  broker_->now_ = now();
  const auto& path = reachable.path;
  if (std::find(path.begin(), path.end(), broker_->options_.node) != path.end()) {
    return GiveUp("a loop: " + bus_name() + " is below this bus", std::chrono::seconds(5));
  }
  for (const std::string_view name : reachable.services) {
    if (!name.starts_with("bus.")) coming_.emplace_back(name);
  }
  if (reachable.more) return;
  path_.assign(path.begin(), path.end());
  for (const std::string& name : services) broker_->services_.at(name)->above = false;
  broker_->Withdraw(this);
  for (std::string& name : coming_) {
    std::unique_ptr<Service>& service = broker_->services_[name];
    if (service == nullptr) service = std::make_unique<Service>();
    if (std::exchange(service->above, true)) continue;
    broker_->freed_.push_back(name);
    services.push_back(std::move(name));
  }
  coming_.clear();
  broker_->tell_reachable_ = true;
  broker_->Settle();
}

}  // namespace fantail::bus
