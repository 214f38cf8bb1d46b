// What a FeedClient makes of its link and of the path above it: live or not, and if not, why.
#include <utility>

#include "fantail/base/planted.h"
#include "fantail/feed/feed_client.h"

namespace fantail::feed {

std::string FeedClient::LinkName() const {
  return peer_name_.empty() ? "link to " + peer_ : "link to " + peer_name_ + " (" + peer_ + ")";
}

// Whether this link is up, and if so, what the path above it says of itself.
FeedState FeedClient::Judge() const {
  FeedState s{.state = State::kLive, .cause = {}, .hop = {}, .hops = hops_, .age = Nanos{0}};
  for (const Hop& hop : hops_) s.age += hop.age;
  if (phase_ == Phase::kUp) s.age += now_ - proved_at_;
  if (ended_ && (caught_up_ || phase_ != Phase::kUp)) {
    s.state = State::kEnded;
    return s;
  }
  if (!JudgeLink(&s)) return s;
  if (!planted::On(planted::Bug::kTrustTheHopAbove) && !JudgePath(&s)) return s;
  if (nothing_allowed()) {
    s.state = State::kRefused;
    s.cause = LinkName() + ": " + refused_reason_;
    s.hop = HopAbove();
    return s;
  }
  if (!caught_up_ && !(wanted_.empty() && complete_.empty())) {
    s.state = State::kRecovering;
    s.cause = "catching up with " + HopAbove();
    s.hop = HopAbove();
  }
  return s;
}

std::string FeedClient::HopAbove() const {
  return peer_name_.empty() ? peer_ : peer_name_;
}

std::string FeedClient::DownCause() const {
  return down_cause_.empty() ? "connecting" : down_cause_;
}

// False, with state and cause, if our own link does not stand.
bool FeedClient::JudgeLink(FeedState* s) const {
  s->hop = HopAbove();
  s->state = was_live_ ? State::kStale : State::kConnecting;
  if (refused_by_peer_) {
    s->state = State::kRefused;
    s->cause = LinkName() + ": " + down_cause_;
  } else if (drop_) {
    s->cause = LinkName() + ": " + drop_->reason;
  } else if (phase_ == Phase::kDown) {
    s->cause = peer_.empty() ? "not connected yet" : LinkName() + ": " + DownCause();
  } else if (phase_ == Phase::kGreeting) {
    s->cause = LinkName() + ": " + DownCause();
  } else if (now_ - proved_at_ > options_.stale_after) {
    // Turn gives the connection up; an old answer that comes before that proves nothing.
    s->cause = LinkName() + ": silent for 3 s";
  } else if (hops_.empty()) {
    s->cause = LinkName() + ": waiting for its first answer";
  } else {
    s->hop.clear();
    s->state = State::kLive;
    return true;
  }
  return false;
}

// False, with state and cause, if something above our own link is at fault.
bool FeedClient::JudgePath(FeedState* s) const {
  const State down = was_live_ ? State::kStale : State::kConnecting;
  if (upstream_ == State::kEnded) {
    s->state = State::kRecovering;
    s->cause = "the feed has ended; the rest is on its way";
  } else if (upstream_ != State::kLive || epoch_.value == 0) {
    s->state = upstream_ == State::kConnecting || upstream_ == State::kLive ? down : upstream_;
    // The hop nearest to the publisher whose own link upwards is not live.
    s->hop = HopAbove();
    for (const Hop& hop : hops_) {
      if (hop.state != State::kLive) s->hop = hop.name;
    }
    s->cause = upstream_cause_.empty() ? s->hop + " is not live" : upstream_cause_;
  } else if (hops_.back().role != Role::kPublisher) {
    s->state = down;
    s->cause = "the path above " + hops_.back().name + " does not reach a publisher";
    s->hop = hops_.back().name;
  } else if (waiting_ + (now_ - proved_at_) > options_.stale_after) {
    // What waited there when the answer to that ping was sent is shown only now, or not yet.
    s->state = State::kStale;
    s->cause = LinkName() + ": what it brings is more than 3 s old";
    s->hop = HopAbove();
  } else {
    return true;
  }
  return false;
}

void FeedClient::Publish() {
  FeedState next = Judge();
  if (now_ < keep_live_until_) {
    const bool settled =
        next.state == State::kLive || next.state == State::kEnded || next.state == State::kRefused;
    if (!settled) {
      state_.age += now_ - std::exchange(judged_at_, now_);
      return;
    }
    keep_live_until_ = {};
  }
  judged_at_ = now_;
  if (next.state == State::kLive) was_live_ = true;
  const bool changed = Differs(next, state_);
  state_ = std::move(next);
  if (changed) events_->OnState(state_);
}

}  // namespace fantail::feed
