#include "fantail/bus/member.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace fantail::bus {
namespace {

// After a refusal nothing changes soon.
constexpr Nanos kRetryAfterRefusal = std::chrono::seconds(5);

}  // namespace

void Member::Connecting(std::string peer, MonotonicTime now) {
  now_ = now;
  peer_ = std::move(peer);
}

void Member::Connected(wire::Link* link, std::string peer, MonotonicTime now) {
  now_ = heard_at_ = pinged_at_ = now;
  peer_ = std::move(peer);
  link_ = link;
  drop_.reset();
  Send(Join{.name = options_.name, .node = options_.node, .role = role_});
}

void Member::Disconnected(std::string_view why, MonotonicTime now) {
  now_ = now;
  link_ = nullptr;
  drop_.reset();
  outbox_.clear();
  Lose(why);
}

void Member::Moved(wire::Link* link, std::string peer, MonotonicTime now) {
  Disconnected("moved to " + peer, now);
  Connected(link, std::move(peer), now);
}

void Member::Close() {
  Send(Leave{.reason = "done"});
}

void Member::Lose(std::string_view why) {
  cause_ = peer_ + ": " + std::string(why);
  if (std::exchange(joined_, false)) OnLost(cause_);
}

void Member::GiveUp(std::string reason, Nanos retry_after) {
  if (!drop_) drop_ = wire::Drop{.reason = std::move(reason), .retry_after = retry_after};
}

void Member::Post(wire::Message message) {
  counters_.bytes_sent += message.size();
  ++counters_.messages_sent;
  if (!outbox_.empty() || !link_->Send(message)) outbox_.push_back(std::move(message));
}

// True if something is left.
bool Member::Flush() {
  while (link_ != nullptr && !outbox_.empty() && link_->Send(outbox_.front())) outbox_.pop_front();
  return !outbox_.empty();
}

bool Member::Turn(MonotonicTime now) {
  now_ = now;
  Flush();
  if (link_ != nullptr) {
    if (now - heard_at_ > options_.lost_after) GiveUp("silent for too long");
    if (now - pinged_at_ >= options_.ping_every) {
      pinged_at_ = now;
      if (joined_) Send(Ping{static_cast<uint64_t>(now.time_since_epoch().count())});
    }
  }
  OnTurn();
  return !outbox_.empty();
}

void Member::Receive(std::span<const std::byte> bytes, MonotonicTime now) {
  if (link_ == nullptr || drop_) return;
  now_ = now;
  counters_.bytes_received += bytes.size();
  ++counters_.messages_received;
  const wire::DecodeError error = decoder_.Decode(bytes, &message_);
  if (error == wire::DecodeError::kNone) {
    heard_at_ = now;
    return Dispatch(message_);
  }
  ++counters_.bad_messages;
  // A kind that this version does not know is skipped; anything else is not a bus.
  if (error == wire::DecodeError::kUnknownKind && joined_) return;
  GiveUp("not a bus, or damaged on the way: " + std::string(decoder_.detail()), kRetryAfterRefusal);
}

void Member::Dispatch(const AnyMessage& message) {
  if (const auto* joined = std::get_if<Joined>(&message)) {
    if (joined_) return OnUnexpected();
    joined_ = true;
    ++counters_.joined;
    bus_name_ = joined->name;
    cause_.clear();
    return OnJoined(*joined);
  }
  if (const auto* refused = std::get_if<Refused>(&message)) {
    const bool unknown = refused->code == RefusedCode::kJoinFirst;
    return GiveUp(std::string(refused->reason), unknown ? Nanos{0} : kRetryAfterRefusal);
  }
  if (const auto* leave = std::get_if<Leave>(&message)) {
    return GiveUp("it left: " + std::string(leave->reason));
  }
  if (!joined_) return OnUnexpected();
  std::visit(
      [this](const auto& m) {
        using M = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<M, Ping>) {
          Send(Pong{m.nonce});
        } else if constexpr (std::is_same_v<M, Request> || std::is_same_v<M, Answer> ||
                             std::is_same_v<M, Failure> || std::is_same_v<M, Credit> ||
                             std::is_same_v<M, Cancel> || std::is_same_v<M, Reachable>) {
          On(m);
        } else if constexpr (!std::is_same_v<M, Pong>) {
          OnUnexpected();
        }
      },
      message);
}

}  // namespace fantail::bus
