// A broker's place at the bus above: there it is a client, and here the bus above is one more that
// can be handed requests. For broker*.cc alone.
#ifndef FANTAIL_BUS_UPSTREAM_H_
#define FANTAIL_BUS_UPSTREAM_H_

#include <string>
#include <vector>

#include "fantail/bus/broker.h"

namespace fantail::bus {

class Broker::Upstream final : public Member, public Provider {
 public:
  Upstream(Broker* broker, MemberOptions options)
      : Member(std::move(options), Role::kBus), broker_(broker) {
    capacity = kMaxCapacity;
  }

  using Member::Send;
  // From the bus above upwards.
  const std::vector<NodeId>& path() const { return path_; }

 private:
  void OnJoined(const Joined&) override;
  void OnLost(std::string_view why) override;
  void OnTurn() override {}
  void On(const Answer& answer) override;
  void On(const Failure& failure) override;
  void On(const Reachable& reachable) override;

  Broker* const broker_;
  std::vector<NodeId> path_;
  std::vector<std::string> coming_;
};

template <class M>
void Broker::Tell(Provider* provider, const M& message) {
  provider->peer == nullptr ? upstream_->Send(message) : Send(provider->peer, message);
}

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_UPSTREAM_H_
