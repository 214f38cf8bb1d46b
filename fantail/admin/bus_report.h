// What a report has of a bus, and of a program that is a member of one.
//
// Thread: as Report.
// Cost: one look at each service; the status lists 200 at most.
#ifndef FANTAIL_ADMIN_BUS_REPORT_H_
#define FANTAIL_ADMIN_BUS_REPORT_H_

#include "fantail/admin/report.h"
#include "fantail/bus/broker.h"
#include "fantail/bus/member.h"

namespace fantail::admin {

struct BrokerGauges {
  uint64_t members = 0;
  uint64_t services = 0;
  uint64_t in_hand = 0;
  uint64_t waiting = 0;
  uint64_t held_bytes = 0;
};

inline constexpr auto kBrokerGauges = std::to_array<Metric<BrokerGauges>>({
    {&BrokerGauges::members,
     {"fantail_bus_members", Unit::kNone, "clients, servers and buses that have joined"}},
    {&BrokerGauges::services,
     {"fantail_bus_services", Unit::kNone, "services that can be asked here or above"}},
    {&BrokerGauges::in_hand, {"fantail_bus_in_hand", Unit::kNone, "requests without an outcome"}},
    {&BrokerGauges::waiting,
     {"fantail_bus_waiting", Unit::kNone, "of these, waiting for a server with a free hand"}},
    {&BrokerGauges::held_bytes,
     {"fantail_bus_held_bytes", Unit::kBytes, "bytes of answers held for those who are slower"}},
});
static_assert(TellsAll(kBrokerGauges));
inline constexpr MetricInfo kBusJoined = {"fantail_bus_link_up", Unit::kNone,
                                          "1 while it has joined its bus"};

// The member `bus`. `broker` is not const for its upstream's sake.
void AddBroker(const bus::Broker& broker, Report* report);
// The member `key`.
void AddMember(const bus::Member& member, std::string_view key, Report* report);

// `serving the bus NAME`, or why there is none.
Health HealthOf(const bus::Member& member);

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_BUS_REPORT_H_
