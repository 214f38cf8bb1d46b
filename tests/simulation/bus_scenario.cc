#include "tests/simulation/bus_scenario.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "tests/simulation/bus_cast.h"

namespace fantail::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::BusNet;

class BusScenario {
 public:
  BusScenario(uint64_t seed, bool log) : seed_(seed), world_(seed, log), random_(world_.random) {}

  Outcome Run() {
    Build();
    RunFor(milliseconds(500), /*faults=*/false);
    asking_ = true;
    RunFor(seconds(8), /*faults=*/true);
    Heal();
    asking_ = false;
    RunFor(seconds(24), /*faults=*/false);
    for (SimClient* client : Clients()) {
      for (const char* service : {"echo", "stream", "rare"}) client->AskLast(service);
    }
    RunFor(seconds(9), /*faults=*/false);
    CheckEnd();
    return {.seed = seed_,
            .hash = world_.hash(),
            .violations = world_.TakeViolations(),
            .span = world_.net.now.time_since_epoch() - seconds(1000),
            .records = world_.answered,
            .gaps = world_.failed,
            .events = steps_};
  }

 private:
  // A place for a server: it dies and comes back as another process.
  struct Place {
    std::string name;
    BusNet::Node* node;
    std::vector<std::string> services;
    uint32_t capacity;
    bool immortal;
    std::unique_ptr<SimServer> server;
    MonotonicTime back_at;
  };
  struct Bus {
    std::string name;
    BusNet::Node* node;
    BusNet::Node* above;
    BusNet::Line* uplink;
    MonotonicTime back_at;
  };

  std::vector<SimClient*> Clients() {
    std::vector<SimClient*> all;
    for (const auto& client : clients_) all.push_back(client.get());
    return all;
  }

  void Build() {
    world_.calm = random_.OneIn(3);
    const size_t depth = 1 + random_.Below(3);
    for (size_t i = 0; i < depth; ++i) AddBus(i);
    if (random_.OneIn(2)) AddBus(1);  // another branch below headquarters
    // One of each service that stays, at headquarters; the others are anywhere.
    places_.push_back({"home", buses_[0].node, {"echo", "stream", "rare"}, 8, true, nullptr, {}});
    const size_t servers = 2 + random_.Below(4);
    for (size_t i = 0; i < servers; ++i) {
      std::vector<std::string> services = {"echo"};
      if (!random_.OneIn(3)) services.emplace_back("stream");
      Bus& bus = buses_[random_.Below(buses_.size())];
      places_.push_back({"s" + std::to_string(i),
                         bus.node,
                         services,
                         1 + static_cast<uint32_t>(random_.Below(4)),
                         false,
                         nullptr,
                         {}});
    }
    for (Place& place : places_) Start(&place);
    const size_t clients = 1 + random_.Below(5);
    for (size_t i = 0; i < clients; ++i) {
      BusNet::Node* node = buses_[random_.Below(buses_.size())].node;
      clients_.push_back(std::make_unique<SimClient>(&world_, "c" + std::to_string(i), node));
      clients_.back()->line()->delay = milliseconds(1 + random_.Below(20));
    }
    if (random_.OneIn(2)) {
      rogue_ = std::make_unique<SimRogue>(&world_, buses_[random_.Below(buses_.size())].node);
    }
  }

  void AddBus(size_t level) {
    BusNet::Node* above = level == 0 ? nullptr : buses_[level - 1].node;
    bus::BrokerOptions options{.name = "bus" + std::to_string(buses_.size()),
                               .has_upstream = above != nullptr};
    if (random_.OneIn(3)) options.shared_bytes = 100'000;
    if (random_.OneIn(3)) options.kept_bytes = 200'000;
    BusNet::Node* node = world_.net.AddNode(options);
    Bus bus{options.name, node, above, nullptr, {}};
    if (above != nullptr) bus.uplink = world_.net.Connect(node->broker->upstream(), above);
    buses_.push_back(bus);
  }

  void Start(Place* place) {
    place->server = std::make_unique<SimServer>(&world_, place->name, place->node, place->services,
                                                place->capacity);
    place->server->line()->delay = milliseconds(1 + random_.Below(10));
  }

  void RunFor(Nanos span, bool faults) {
    for (const MonotonicTime end = world_.net.now + span; world_.net.now < end;) {
      world_.net.Step();
      ++steps_;
      if (world_.net.now.time_since_epoch() % milliseconds(10) != Nanos{0}) continue;
      for (Place& place : places_) {
        if (place.server == nullptr && world_.net.now >= place.back_at) {
          world_.Trace(place.name + " is back");
          Start(&place);
        }
        if (place.server != nullptr) place.server->Turn();
      }
      for (Bus& bus : buses_) Revive(&bus);
      for (SimClient* client : Clients()) {
        client->Take();
        client->CheckOverdue();
        if (asking_ && random_.OneIn(3)) client->Ask();
      }
      if (rogue_ != nullptr && random_.OneIn(10)) rogue_->Lie();
      if (faults && random_.OneIn(20)) Fault();
      CheckBounds();
    }
  }

  void Fault() {
    const uint64_t kind = world_.calm ? random_.Below(3) : random_.Below(9);
    Place& place = places_[random_.Below(places_.size())];
    SimServer* server = place.immortal && world_.calm ? nullptr : place.server.get();
    SimClient* client = clients_[random_.Below(clients_.size())].get();
    Bus& bus = buses_[random_.Below(buses_.size())];
    switch (kind) {
      case 0:
      case 1:
        if (server == nullptr) return;
        world_.Trace("FAULT: " + place.name + " is killed");
        place.server.reset();
        place.back_at = world_.net.now + milliseconds(random_.Below(1500));
        return;
      case 2:
        if (server == nullptr || place.immortal) return;
        world_.Trace("FAULT: " + place.name + " drains");
        server->server()->Drain();
        return;
      case 3:
        if (server == nullptr) return;
        world_.Trace("FAULT: the line of " + place.name + " is cut, and nobody knows");
        server->line()->silent = true;
        return;
      case 4:
        world_.Trace("FAULT: the connection of " + client->name() + " breaks");
        return client->line()->Break("broken");
      case 5:
        world_.Trace("FAULT: the line of " + client->name() + " is cut, and nobody knows");
        client->line()->silent = true;
        return;
      case 6:
        client->line()->deaf = !client->line()->deaf;
        return world_.Trace("FAULT: " + client->name() +
                            (client->line()->deaf ? " reads nothing" : " reads again"));
      case 7:
        if (bus.uplink == nullptr || bus.node->broker == nullptr) return;
        world_.Trace("FAULT: the link of " + bus.name + " breaks");
        return bus.uplink->Break("broken");
      default:
        if (bus.node->broker == nullptr || !random_.OneIn(2)) return;
        world_.Trace("FAULT: " + bus.name + " is killed");
        if (bus.uplink != nullptr) world_.net.Remove(std::exchange(bus.uplink, nullptr));
        world_.net.Kill(bus.node);
        bus.back_at = world_.net.now + milliseconds(random_.Below(1000));
    }
  }

  void Revive(Bus* bus) {
    if (bus->node->broker != nullptr || world_.net.now < bus->back_at) return;
    world_.Trace(bus->name + " is back");
    bus->node->Start();
    if (bus->above == nullptr) return;
    bus->uplink = world_.net.Connect(bus->node->broker->upstream(), bus->above);
  }

  void Heal() {
    world_.Trace("everything heals");
    // What a silent line has lost is lost: such a connection never goes on.
    for (SimClient* client : Clients()) {
      client->line()->deaf = false;
      if (client->line()->silent) client->line()->Break("lost");
    }
    for (Place& place : places_) {
      if (place.server != nullptr && place.server->line()->silent) {
        place.server->line()->Break("lost");
      }
    }
  }

  // An answer costs a bus no more than what may be on its way, and what is kept.
  void CheckBounds() {
    for (const Bus& bus : buses_) {
      if (bus.node->broker == nullptr) continue;
      const bus::Broker& broker = *bus.node->broker;
      const size_t bound = broker.jobs() * (1'100'000 + 256 * 1024);
      if (broker.held_bytes() > bound) world_.Violate(bus.name + " holds more than it may");
    }
  }

  void CheckEnd() {
    for (const Bus& bus : buses_) {
      if (bus.node->broker == nullptr) continue;
      const bus::Broker& broker = *bus.node->broker;
      if (broker.jobs() != 0 || broker.held_bytes() != 0) {
        world_.Violate(bus.name + " at the end: " + std::to_string(broker.jobs()) + " jobs, " +
                       std::to_string(broker.held_bytes()) + " bytes are held");
      }
    }
    for (SimClient* client : Clients()) {
      if (client->client()->in_hand() != 0) {
        world_.Violate(client->name() + " at the end: a request has no outcome");
      }
    }
    for (const Place& place : places_) {
      if (place.server != nullptr && place.server->server()->in_hand() != 0) {
        world_.Violate(place.name + " at the end: it has a request in hand that is over");
      }
    }
  }

  const uint64_t seed_;
  BusWorld world_;
  Random& random_;
  std::vector<Bus> buses_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::unique_ptr<SimRogue> rogue_;
  bool asking_ = false;
  uint64_t steps_ = 0;
};

}  // namespace

Outcome RunBusSeed(uint64_t seed, bool log) {
  return BusScenario(seed, log).Run();
}

}  // namespace fantail::simulation
