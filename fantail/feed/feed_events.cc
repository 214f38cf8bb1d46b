#include "fantail/feed/feed_events.h"

#include <algorithm>

#include "fantail/base/planted.h"

namespace fantail::feed {

const char* StateName(State state) {
  switch (state) {
    case State::kConnecting:
      return "connecting";
    case State::kRecovering:
      return "recovering";
    case State::kLive:
      return "live";
    case State::kStale:
      return "stale";
    case State::kEnded:
      return "ended";
    case State::kRefused:
      return "refused";
  }
  return "unknown";
}

std::optional<std::string> LoopOf(NodeId client, NodeId self, std::span<const Hop> path) {
  if (planted::On(planted::Bug::kBearLoops)) return std::nullopt;
  if (client == self) return "a loop: the node above is this node itself";
  const auto at =
      std::find_if(path.begin(), path.end(), [&](const Hop& hop) { return hop.node == client; });
  if (at == path.end()) return std::nullopt;
  std::string loop = "a loop: the node above is itself below " + at->name;
  for (auto hop = path.begin(); hop != at; ++hop) {
    loop.append(hop == path.begin() ? ", through " : ", ").append(hop->name);
  }
  return loop;
}

bool Differs(const FeedState& a, const FeedState& b) {
  const auto same_node = [](const Hop& x, const Hop& y) {
    return x.node == y.node && x.state == y.state;
  };
  return a.state != b.state || a.cause != b.cause || a.hop != b.hop ||
         !std::equal(a.hops.begin(), a.hops.end(), b.hops.begin(), b.hops.end(), same_node);
}

const char* RoleName(Role role) {
  switch (role) {
    case Role::kSubscriber:
      return "subscriber";
    case Role::kGateway:
      return "gateway";
    case Role::kPublisher:
      return "publisher";
  }
  return "unknown";
}

const char* GapReasonName(GapReason reason) {
  switch (reason) {
    case GapReason::kNotHeld:
      return "no longer held by the node above";
    case GapReason::kTooSlow:
      return "too far behind a live feed";
    case GapReason::kUpstream:
      return "missing at the node above";
    case GapReason::kHole:
      return "a sequence was missing";
    case GapReason::kDisproved:
      return "a proof of completeness failed";
  }
  return "unknown";
}

}  // namespace fantail::feed
