#include "fantail/net/connector.h"

#include <algorithm>
#include <zmq.hpp>

namespace fantail::net {
namespace {

// Short enough that a branch is back at once, long enough that a hundred desks do not come in one
// burst.
constexpr Nanos kShortestWait = std::chrono::milliseconds(100);
constexpr Nanos kLongestWait = std::chrono::milliseconds(400);
// How soon a broken connection is noticed: soon beside the shortest wait.
constexpr Nanos kCheckEvery = std::chrono::milliseconds(20);
// Where a key is not known nothing changes before somebody changes it.
constexpr Nanos kRefusedWait = std::chrono::seconds(5);
// Connecting and the ZMTP handshake: four round trips of a very slow link.
constexpr Nanos kAttempt = std::chrono::seconds(3);

}  // namespace

Connector::Connector(Context* context, wire::Caller* caller, std::vector<std::string> endpoints,
                     MoveFilter may_move, uint64_t seed)
    : context_(context),
      caller_(caller),
      endpoints_(std::move(endpoints)),
      may_move_(std::move(may_move)),
      random_(seed) {}

bool Connector::Turn(MonotonicTime now, int most, const Poller& poller) {
  bool more = false;
  if (dealer_ != nullptr) {
    Dealer::Link link = Dealer::Link::kUp;
    if (!told_ || now - checked_at_ >= kCheckEvery) {
      checked_at_ = now;
      link = dealer_->Check();
    }
    if (link == Dealer::Link::kUp && !told_) {
      told_ = true;
      caller_->Connected(dealer_.get(), endpoint_, now);
    }
    if (told_ && (link == Dealer::Link::kBroken || poller.Readable(&dealer_->socket()))) {
      // What came before a break is still good.
      more = dealer_->Receive(
          [&](std::span<const std::byte> bytes) {
            caller_->Receive(bytes, now);
            return !caller_->drop();
          },
          most);
    }
    if (caller_->drop()) {
      const wire::Drop drop = *caller_->drop();
      Break(drop.reason, drop.retry_after, now);
      if (drop.at_once) open_at_ = now;
    } else if (link == Dealer::Link::kBroken && !more) {
      refused_ = dealer_->refused() ? refused_ + 1 : 0;
      // All of them, one after the other.
      const bool nowhere = refused_ >= endpoints_.size();
      Break(dealer_->why(), nowhere ? kRefusedWait : Nanos{0}, now);
    } else if (link == Dealer::Link::kConnecting && now - opened_at_ > kAttempt) {
      Break("no answer within 3 s", Nanos{0}, now);
    }
  }
  if (dealer_ == nullptr && now >= open_at_) Open(now);
  BeginMove(now);
  GoOnMove(now);
  return more;
}

void Connector::BeginMove(MonotonicTime now) {
  std::optional<std::string> to = caller_->TakeMove();
  if (!to || !may_move_(*to)) return;
  next_endpoint_ = *std::move(to);
  next_dealer_ = std::make_unique<Dealer>(context_, next_endpoint_);
  next_opened_at_ = now;
}

void Connector::GoOnMove(MonotonicTime now) {
  if (next_dealer_ == nullptr) return;
  const Dealer::Link link = next_dealer_->Check();
  if (link == Dealer::Link::kUp) {
    Close();
    dealer_ = std::move(next_dealer_);
    endpoint_ = std::move(next_endpoint_);
    told_ = true;
    caller_->Moved(dealer_.get(), endpoint_, now);
  } else if (link == Dealer::Link::kBroken || now - next_opened_at_ > kAttempt) {
    next_dealer_.reset();  // the session stays where it is
  }
}

void Connector::Open(MonotonicTime now) {
  endpoint_ = endpoints_[next_++ % endpoints_.size()];
  dealer_ = std::make_unique<Dealer>(context_, endpoint_);
  opened_at_ = now;
  caller_->Connecting(endpoint_, now);
  told_ = false;
}

void Connector::Break(std::string why, Nanos wait, MonotonicTime now) {
  dealer_.reset();
  told_ = false;
  const Nanos jitter(random_.Between(kShortestWait.count(), kLongestWait.count()));
  open_at_ = now + std::max(wait, jitter);
  caller_->Disconnected(why, now);
}

void Connector::AddTo(Poller* poller) {
  if (next_dealer_ != nullptr) poller->Add(&next_dealer_->monitor(), Poller::Has::kUnknown);
  if (dealer_ == nullptr) return;
  // Once the connection stands, the monitor has nothing to say on the way of a tick, and each
  // socket that is waited for costs two system calls: Turn looks at it now and then.
  if (told_) {
    poller->Add(&dealer_->socket(), dealer_->has());
  } else {
    poller->Add(&dealer_->monitor(), Poller::Has::kUnknown);
  }
}

void Connector::Close() {
  if (dealer_ == nullptr || !told_) return;
  caller_->Close();
  // The only socket that lingers: a goodbye lets the node above narrow its cover at once.
  dealer_->socket().set(zmq::sockopt::linger, 100);
}

// -------------------------------------------------------------------------------------------------

Connectors::Connectors(Context* context, feed::Lines* lines,
                       const std::vector<std::string>& endpoints, const MoveFilter& may_move,
                       uint64_t seed) {
  if (lines->size() == 1) {
    all_.push_back(
        std::make_unique<Connector>(context, &lines->line(0), endpoints, may_move, seed));
    return;
  }
  for (size_t i = 0; i < lines->size(); ++i) {
    all_.push_back(std::make_unique<Connector>(
        context, &lines->line(i), std::vector<std::string>{endpoints[i]}, may_move, seed + i));
  }
}

bool Connectors::Turn(MonotonicTime now, int most, const Poller& poller) {
  bool more = false;
  for (const auto& connector : all_) more = connector->Turn(now, most, poller) || more;
  return more;
}

void Connectors::AddTo(Poller* poller) {
  for (const auto& connector : all_) connector->AddTo(poller);
}

void Connectors::Close() {
  for (const auto& connector : all_) connector->Close();
}

}  // namespace fantail::net
