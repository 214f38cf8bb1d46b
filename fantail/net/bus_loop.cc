#include "fantail/net/bus_loop.h"

#include <algorithm>
#include <random>
#include <utility>

#include "fantail/net/clock.h"

namespace fantail::net {
namespace {

constexpr int kMessagesPerTurn = 256;
// The timers of a member need no finer grain; what its link did not take is offered again soon.
constexpr Nanos kIdleWait = std::chrono::milliseconds(50);
constexpr Nanos kRetry = std::chrono::milliseconds(1);

}  // namespace

uint64_t SystemRandom() {
  std::random_device device;
  return (uint64_t{device()} << 32 | device()) | 1;
}

BusLoop::BusLoop(Context* context, bus::Member* member, std::vector<std::string> endpoints,
                 uint64_t seed)
    : member_(member),
      connector_(
          context, member, std::move(endpoints), [](const std::string&) { return false; }, seed),
      now_(ReadMonotonicClock()) {}

void BusLoop::Turn(Nanos wait, int fd) {
  poller_.Clear();
  poller_.Add(fd);
  connector_.AddTo(&poller_);
  poller_.Wait(more_ ? Nanos{0} : std::min(wait, unsent_ ? kRetry : kIdleWait));
  now_ = ReadMonotonicClock();
  more_ = connector_.Turn(now_, kMessagesPerTurn, poller_);
  unsent_ = member_->Turn(now_);
}

}  // namespace fantail::net
