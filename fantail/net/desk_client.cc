#include "fantail/net/desk_client.h"

#include <algorithm>
#include <utility>

#include "fantail/net/bus_loop.h"
#include "fantail/net/clock.h"

namespace fantail::net {
namespace {

constexpr int kMessagesPerTurn = 64;
// The timers of a session need no finer grain.
constexpr Nanos kIdleWait = std::chrono::milliseconds(50);

}  // namespace

DeskClient::DeskClient(DeskClientOptions options, feed::FeedEvents* events)
    : context_(options.keys),
      lines_({.feed = options.feed,
              .name = options.name,
              .node = NodeId{SystemRandom()},
              .role = feed::Role::kSubscriber,
              .encoding = wire::Encoding::kShared},
             /*count=*/1, events),
      connectors_(&context_, &lines_, options.endpoints, options.may_move, SystemRandom()) {}

DeskClient::~DeskClient() {
  connectors_.Close();
}

void DeskClient::SetInterest(std::vector<Pattern> patterns) {
  lines_.SetInterest(std::move(patterns), ReadMonotonicClock());
}

void DeskClient::Turn(Nanos wait, int fd) {
  poller_.Clear();
  poller_.Add(fd);
  connectors_.AddTo(&poller_);
  poller_.Wait(more_ ? Nanos{0} : std::min(wait, kIdleWait));
  const MonotonicTime now = ReadMonotonicClock();
  more_ = connectors_.Turn(now, kMessagesPerTurn, poller_);
  lines_.Turn(now);
}

}  // namespace fantail::net
