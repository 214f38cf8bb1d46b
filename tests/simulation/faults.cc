#include "tests/simulation/faults.h"

#include <algorithm>

#include "tests/simulation/desk.h"

namespace fantail::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One fault on its way: who it meets, and how long it lasts.
class Fault {
 public:
  Fault(World* world, const Cast& cast, Nanos most)
      : world_(world), random_(world->random()), cast_(cast) {
    client_ = PickClient();
    node_ = PickNode();
    const Nanos longest = std::min<Nanos>(most, seconds(12));
    lasts_ = Nanos(static_cast<int64_t>(random_.Below(static_cast<uint64_t>(longest.count()) + 1)));
  }

  void Inject() {
    switch (random_.Below(cast_.older.empty() ? 17 : 20)) {
      case 0:
        Trace("the connection of " + client_ + " breaks, and both ends know");
        return world_->BreakLink(client_);
      case 1:
        Trace("the connection of " + client_ + " breaks, and only it knows");
        return world_->BreakLink(client_, /*tell_server=*/false);
      case 2:
        Trace("the connection of " + client_ + " is lost, and only the node above knows");
        return world_->LoseAbove(client_);
      case 3:
        Trace("the connection of " + client_ + " is cut, and nobody knows");
        return world_->CutLink(client_);
      case 4:
        return Stick(/*down=*/true, /*up=*/true);
      case 5:
        return Stick(/*down=*/true, /*up=*/false);
      case 6:
        return Stick(/*down=*/false, /*up=*/true);
      case 7:
        return Trickle();
      case 8:
        return Delay();
      case 9:
      case 10:
        return Kill();
      case 11:
        return Stop();
      case 12:
        return Fill();
      case 13:
        return random_.OneIn(2) ? Deafen() : Block();
      case 14:
      case 15:
      case 16:
        return AskForMove(world_, cast_);
      default:
        return Mislead();
    }
  }

 private:
  std::string PickClient() {
    // A gateway's line concerns more desks than a desk's.
    const auto& from = random_.OneIn(2) ? cast_.gateways : cast_.desks;
    return from[random_.Below(from.size())];
  }
  std::string PickNode() {
    if (random_.OneIn(8)) return cast_.publisher;
    if (random_.OneIn(4)) return PickDesk();
    return cast_.gateways[random_.Below(cast_.gateways.size())];
  }
  std::string PickDesk() { return cast_.desks[random_.Below(cast_.desks.size())]; }

  void Stick(bool down, bool up) {
    Trace("the line of " + client_ + " is stuck" + (down ? " downwards" : "") +
          (up ? " upwards" : "") + Lasting());
    Line line = world_->Find(client_)->line;
    line.down_stuck |= down;
    line.up_stuck |= up;
    world_->SetLine(client_, line);
    HealLater();
  }
  void Trickle() {
    Line line = world_->Find(client_)->line;
    line.bytes_per_second = static_cast<uint64_t>(random_.Between(500, 50000));
    Trace("the line of " + client_ + " trickles, " + std::to_string(line.bytes_per_second) +
          " bytes a second" + Lasting());
    world_->SetLine(client_, line);
    HealLater();
  }
  void Delay() {
    Line line = world_->Find(client_)->line;
    line.delay = milliseconds(random_.Between(0, 800));
    Trace("the line of " + client_ + " delays by " +
          std::to_string(line.delay.count() / 1'000'000) + " ms from now on");
    world_->SetLine(client_, line);
  }
  void HealLater() {
    world_->At(lasts_, [world = world_, client = client_] {
      world->Trace("the line of " + client + " heals");
      world->Heal(client);
    });
  }
  void Kill() {
    if (!world_->Find(node_)->alive) return;
    const bool tell = random_.OneIn(2);
    Trace(node_ + " is killed" + (tell ? "" : ", and nobody is told") + Lasting());
    world_->Kill(node_, tell);
    world_->At(lasts_, [world = world_, node = node_] {
      world->Trace(node + " is restarted");
      world->Restart(node);
    });
  }
  void Stop() {
    if (!world_->Find(node_)->alive || world_->Find(node_)->stopped) return;
    Trace(node_ + " is stopped" + Lasting());
    world_->Stop(node_);
    world_->At(lasts_, [world = world_, node = node_] {
      world->Trace(node + " goes on");
      world->Continue(node);
    });
  }
  void Fill() {
    const size_t messages = random_.Below(16);
    Trace("the sockets of " + node_ + " take " + std::to_string(messages) + " messages" +
          Lasting());
    world_->SetCapacity(node_, messages);
    world_->At(lasts_, [world = world_, node = node_] {
      world->Trace("the sockets of " + node + " take as many as ever");
      world->SetCapacity(node, kHighWaterMark);
    });
  }
  void Deafen() {
    Trace(client_ + " reads nothing" + Lasting());
    world_->SetDeaf(client_, true);
    world_->At(lasts_, [world = world_, client = client_] {
      world->Trace(client + " reads again");
      world->SetDeaf(client, false);
    });
  }
  // The address of one of its lines leads to the publisher that was replaced.
  void Mislead() {
    Node* owner = world_->Find(client_);
    const bool second = !owner->more_lines.empty() && random_.OneIn(2);
    Node* line = second ? owner->more_lines.front() : owner;
    const bool anew = owner->alive && random_.OneIn(2);
    if (line->home == cast_.older) return;
    Trace("the address of " + line->name() + " leads to " + cast_.older +
          (anew ? ", and it is restarted" : "") + Lasting());
    world_->At(lasts_, [world = world_, name = line->name(), home = line->home] {
      world->Trace("the address of " + name + " leads to " + home + " again");
      world->Redirect(name, home);
    });
    world_->Redirect(line->name(), cast_.older);
    if (!anew) return;
    world_->Kill(client_, /*tell_peers=*/true);
    world_->Restart(client_);
  }
  void Block() {
    const std::string desk = PickDesk();
    Trace("the reader of " + desk + " blocks" + Lasting());
    const auto block = [world = world_, desk](bool blocked) {
      static_cast<SimDesk*>(world->Find(desk))->Block(blocked);
    };
    block(true);
    world_->At(lasts_, [world = world_, desk, block] {
      world->Trace("the reader of " + desk + " goes on");
      block(false);
    });
  }

  std::string Lasting() const {
    return " for " + std::to_string(lasts_.count() / 1'000'000) + " ms";
  }
  void Trace(const std::string& what) const { world_->Trace("FAULT: " + what); }

  World* const world_;
  Random& random_;
  const Cast& cast_;
  std::string client_;
  std::string node_;
  Nanos lasts_{0};
};

}  // namespace

// So that no circle can arise, a gateway only ever sits below one that comes before it.
void AskForMove(World* world, const Cast& cast) {
  Random& random = world->random();
  const size_t from = random.Below(cast.gateways.size());
  size_t last = cast.gateways.size();  // that is no gateway below `from`, or comes before all
  for (size_t i = cast.gateways.size(); i-- > 0;) {
    const Node* gateway = world->Find(cast.gateways[i]);
    const auto here = [&](const Node* line) { return line->upstream == cast.gateways[from]; };
    if (here(gateway) || std::any_of(gateway->more_lines.begin(), gateway->more_lines.end(), here))
      last = i;
  }
  const size_t pick = random.Below(last + 1);
  const std::string to = pick == last ? cast.publisher : cast.gateways[pick];
  if (to == cast.gateways[from]) return;
  world->Trace(cast.gateways[from] + " asks its sessions to go on at " + to);
  world->AskToMove(cast.gateways[from], to);
}

void InjectFault(World* world, const Cast& cast, Nanos most) {
  Fault(world, cast, most).Inject();
}

}  // namespace fantail::simulation
