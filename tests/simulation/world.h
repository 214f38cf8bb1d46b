// A simulated world: publishers, gateways and desks in virtual time on one thread, over connections
// that delay, trickle, get stuck and break, with nodes that are killed, restarted and stopped. The
// real FeedServer, FeedClient and Forwarder run in it.
//
// The same seed gives the same world, step by step.
//
// Thread: one owner; several worlds may run on several threads.
#ifndef FANTAIL_TESTS_SIMULATION_WORLD_H_
#define FANTAIL_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/forwarder.h"
#include "tests/simulation/pipe.h"

namespace fantail::simulation {

class World;

// Whatever serves sessions or is one. The world calls it; it answers through the world.
class Node : public wire::Links, public wire::Link {
 public:
  Node(World* world, std::string name) : world_(world), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

  virtual feed::FeedServer* server() { return nullptr; }
  virtual feed::FeedClient* client() { return nullptr; }
  // Of all its lines.
  virtual bool IsLive() { return client()->state().state == feed::State::kLive; }
  // One turn of its loop; true if it wants another at once.
  virtual bool Turn(MonotonicTime now) = 0;
  // The process begins, at first and after a kill: nothing is left of the one before.
  virtual void Start(MonotonicTime now) = 0;

  wire::SendResult Send(std::string_view address, const wire::Message& message) override;
  bool Send(const wire::Message& message) override;

  // How far it had come at `time`: the newest epoch, and the head in it.
  std::pair<Epoch, Position> HeadAt(MonotonicTime time) const;

  bool alive = true;
  bool stopped = false;  // alive, its connections stand, and it does nothing
  bool deaf = false;     // reads nothing from above
  std::string upstream;  // whom its client is connected to, or will be
  std::string home;      // whom it connects to by itself; elsewhere it is moved
  MonotonicTime moved_at;
  Line line;  // to there
  // Of its sockets' queue to each client, in messages: above any window, as in fantail/net.
  size_t capacity = kHighWaterMark;
  Connection* link = nullptr;  // its client's connection
  MonotonicTime connect_at;    // when to try again
  MonotonicTime live_at;       // when it was last live, at the end of a turn
  // Further sessions of the same process, to other nodes: they live and die with it.
  std::vector<Node*> more_lines;
  uint64_t bytes_down = 0;  // sent to it from above

 protected:
  World* const world_;
  const std::string name_;

 private:
  friend class World;
  struct Head {
    MonotonicTime time;
    Epoch epoch;
    Position head;
  };

  MonotonicTime turn_at_ = MonotonicTime::max();  // the next turn; earlier events are stale
  std::vector<Head> heads_;                       // by rising time
};

// A further line of a node that has several: a session of its own, in the same process.
class SimLine final : public Node {
 public:
  SimLine(World* world, Node* owner, size_t index, std::string upstream_name,
          std::function<feed::Lines*()> lines);
  feed::FeedClient* client() override { return &lines_()->line(index_); }
  bool Turn(MonotonicTime now) override;
  void Start(MonotonicTime) override {}
  Node* owner() const { return owner_; }

 private:
  Node* const owner_;
  const size_t index_;
  const std::function<feed::Lines*()> lines_;
};

// Whose key a session of that node, or of that line of one, comes with.
const std::string& UserOf(const Node& client);

class World {
 public:
  explicit World(uint64_t seed)
      : random_(seed),
        encoding_random_(~seed),
        part_random_(seed ^ 0x9e3779b97f4a7c15),
        content_(DrawContent()) {}

  MonotonicTime now() const { return now_; }
  Random& random() { return random_; }
  // What the next node or desk asks for. Drawn apart, so that it moves nothing else of a seed.
  wire::Encoding DrawEncoding() { return static_cast<wire::Encoding>(encoding_random_.Below(3)); }
  // Whether the topic is one of objects. A feed that somebody uses has either these or ticks; in a
  // mixed world both go through the same nodes, and neither may disturb the other. Likewise drawn
  // apart.
  bool IsObject(std::string_view topic) const {
    if (content_ != Content::kMixed) return content_ == Content::kObjects;
    return topic.starts_with("CC") || topic.starts_with("CX");
  }
  bool HasObjects() const { return content_ != Content::kTicks; }
  bool DrawEdgeOfObject() { return part_random_.OneIn(4); }
  bool FewPacked() { return encoding_random_.OneIn(2); }
  uint32_t DrawShareFrom() { return 1 + static_cast<uint32_t>(encoding_random_.Below(2)); }

  template <class T, class... Args>
  T* Add(Args&&... args) {
    auto node = std::make_unique<T>(this, std::forward<Args>(args)...);
    T* raw = node.get();
    nodes_[raw->name()] = std::move(node);
    raw->home = raw->upstream;
    raw->Start(now_);
    ScheduleTurn(raw, Nanos{0});
    return raw;
  }
  Node* Find(const std::string& name) { return nodes_.at(name).get(); }

  void At(Nanos after, std::function<void()> action);
  // Runs until `span` of virtual time has passed.
  void Run(Nanos span);
  void ScheduleTurn(Node* node, Nanos after);

  // --- Faults. ---

  // The process dies. Of what it had sent, a beginning still comes; then its peers are told, or are
  // left to find out (the machine is gone too).
  void Kill(const std::string& name, bool tell_peers);
  void Restart(const std::string& name);
  // Like SIGSTOP and SIGCONT.
  void Stop(const std::string& name);
  void Continue(const std::string& name);
  // The line from `client` to the node above gets other properties: its connection of now, and all
  // that it makes later.
  void SetLine(const std::string& client, const Line& line);
  void SetDeaf(const std::string& client, bool deaf);
  // The sockets of a node take so many messages for each client, and no more until some have gone.
  void SetCapacity(const std::string& name, size_t messages) { Find(name)->capacity = messages; }
  // Stuck both ways, for good.
  void CutLink(const std::string& client);
  // The connection breaks: a beginning of what was on its way still comes. `tell_server` false: the
  // node above finds out by itself.
  void BreakLink(const std::string& client, bool tell_server = true);
  // The node above thinks that the client is gone; the client is not told.
  void LoseAbove(const std::string& client);
  // The address that it connects to leads to another node from now on; its connection breaks.
  void Redirect(const std::string& client, const std::string& to);
  // A node asks its sessions to go on at another one.
  void AskToMove(const std::string& name, const std::string& to);
  // The line is stuck both ways until Heal.
  void Isolate(const std::string& client);
  void Heal(const std::string& client);

  // --- What is wrong in this world. ---

  void Violate(std::string what);
  const std::vector<std::string>& violations() const { return violations_; }
  // A number that depends on everything that any desk was given, and when.
  void Hash(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
  uint64_t hash() const { return hash_; }

  // --- Rights: null in a world that has none. A node's or desk's name is its user. ---

  std::function<std::shared_ptr<const Access>(const std::string& node)> rights;
  // Of each message to a client: when it is sent, and just before the client takes it.
  std::function<void(const Connection& link, const wire::Message& message)> on_sent;
  std::function<void(const Connection& link, const wire::Message& message)> on_down;
  // Of each message to a node, just before it takes it.
  std::function<void(const Connection& link, const wire::Message& message)> on_up;

  // Whether the log is on; a line of it, on standard error.
  bool tracing = false;
  void Trace(const std::string& line) const;

  wire::SendResult Transmit(std::string_view address, const wire::Message& message);
  bool TransmitUp(Connection* connection, const wire::Message& message);

  Nanos delay = std::chrono::microseconds(200);  // of lines that nobody has set
  uint64_t events_run() const { return events_run_; }

  template <class Fn>
  void ForEachNode(Fn fn) {
    for (const auto& [name, node] : nodes_) fn(node.get());
  }

 private:
  enum class Content : uint8_t { kTicks, kObjects, kMixed };
  enum class Kind : uint8_t { kAction, kTurn, kDown, kUp };
  struct Event {
    MonotonicTime time;
    uint64_t order;
    Kind kind;
    void* target;  // a Node, a Connection, or an index into actions_
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  void Push(MonotonicTime time, Kind kind, void* target) {
    events_.push({time, order_++, kind, target});
  }
  void Run(const Event& event);
  void TurnOf(Node* node);
  void NoteHead(Node* node);
  void Connect(Node* node);
  Connection* OpenTo(Node* node, Node* above);
  // As a client was asked to; it stays where it is if nobody is there.
  void Move(Node* node, const std::string& to);
  void CloseLink(Connection* connection, std::string_view why, bool tell_server);
  // Keeps a random beginning of what is in the pipe.
  void Truncate(Pipe* pipe);
  void SayEnd(Connection* c, bool down);
  bool Put(Connection* c, bool down, const wire::Message& message);
  // Sees to it that the first item is taken out when it is due.
  void Kick(Connection* c, bool down);
  void Deliver(Connection* c, bool down);
  void TraceMessage(const Connection& c, bool down, const wire::Message& message) const;
  void KickAll(Node* node);
  Content DrawContent() {
    if (part_random_.OneIn(6)) return Content::kObjects;
    return part_random_.OneIn(5) ? Content::kMixed : Content::kTicks;
  }
  Nanos Jitter() { return std::chrono::milliseconds(random_.Between(100, 400)); }

  Random random_;
  Random encoding_random_;
  Random part_random_;
  const Content content_;
  MonotonicTime now_{std::chrono::seconds(1)};
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::priority_queue<Event> events_;
  std::vector<std::function<void()>> actions_;
  uint64_t order_ = 0;
  uint64_t events_run_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325;
  std::vector<std::string> violations_;
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_WORLD_H_
