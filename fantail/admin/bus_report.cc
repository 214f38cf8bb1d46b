#include "fantail/admin/bus_report.h"

#include <algorithm>

#include "fantail/app/session_log.h"

namespace fantail::admin {
namespace {

constexpr size_t kMostServices = 200;

using text::JsonWriter;

void WriteService(const bus::ServiceStatus& service, JsonWriter* json) {
  json->Object([&] {
    json->Key("name").Text(service.name);
    json->Key("servers").Number(service.servers);
    json->Key("above").Flag(service.above);
    json->Key("in_hand").Number(service.in_hand);
    json->Key("capacity").Number(service.capacity);
    json->Key("waiting").Number(service.waiting);
  });
}

}  // namespace

void AddBroker(const bus::Broker& broker, Report* report) {
  const std::vector<bus::ServiceStatus> services = broker.Services();
  report->Add(bus::kBrokerMetrics, broker.counters());
  report->Add(kBrokerGauges, {.members = broker.members(),
                              .services = services.size(),
                              .in_hand = broker.in_hand(),
                              .waiting = broker.waiting(),
                              .held_bytes = broker.held_bytes()});
  report->Status("bus", [&](JsonWriter& json) {
    const size_t shown = std::min(services.size(), kMostServices);
    json.Object([&] {
      json.Key("members").Number(broker.members());
      json.Key("in_hand").Number(broker.in_hand());
      json.Key("waiting").Number(broker.waiting());
      json.Key("held_bytes").Number(broker.held_bytes());
      json.Key("services_left_out").Number(services.size() - shown);
      json.Key("services").List([&] {
        for (size_t i = 0; i < shown; ++i) WriteService(services[i], &json);
      });
    });
  });
}

void AddMember(const bus::Member& member, std::string_view key, Report* report) {
  report->Add(bus::kMemberMetrics, member.member_counters());
  report->Add(kBusJoined, member.joined() ? 1 : 0);
  report->Status(key, [&](JsonWriter& json) {
    json.Object([&] {
      json.Key("joined").Flag(member.joined());
      json.Key("bus").Text(app::Harmless(member.bus_name()));
      json.Key("cause").Text(app::Harmless(member.cause()));
    });
  });
}

Health HealthOf(const bus::Member& member) {
  if (member.joined()) return {.ready = true, .text = "joined " + app::Harmless(member.bus_name())};
  return {.ready = false, .text = "the bus is not joined: " + app::Harmless(member.cause())};
}

}  // namespace fantail::admin
