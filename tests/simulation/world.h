// A simulated world: one publisher, gateways and desks in virtual time on one thread, over
// connections that delay, cut silently and break, with nodes that are killed and restarted. The
// real FeedServer, FeedClient and Forwarder run in it; the world knows the truth and checks every
// desk against it.
//
// The same seed gives the same world, step by step.
#ifndef FANTAIL_TESTS_SIMULATION_WORLD_H_
#define FANTAIL_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/forwarder.h"
#include "publisher/sequencer.h"

namespace fantail::simulation {

class World;

// One connection from a client to a node: a pipe each way that keeps order.
struct Connection {
  uint64_t id = 0;
  std::string client;
  std::string server;
  Nanos delay{0};
  bool cut = false;  // silently: what is sent is lost, nobody is told
  bool open = true;
  std::string address() const { return "c" + std::to_string(id); }
};

// Whatever serves sessions or is one. The world calls it; it answers through the world.
class Node : public feed::SessionLinks, public feed::ClientLink {
 public:
  Node(World* world, std::string name) : world_(world), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

  virtual feed::FeedServer* server() { return nullptr; }
  virtual feed::FeedClient* client() { return nullptr; }
  // One turn of its loop; true if it wants another at once.
  virtual bool Turn(MonotonicTime now) = 0;
  // What a kill and a restart leave: a desk's consumer keeps what it has seen.
  virtual void Start(MonotonicTime now) { (void)now; }

  feed::SendResult Send(std::string_view address, const wire::Message& message) override;
  bool Send(const wire::Message& message) override;

  bool alive = true;
  std::string upstream;        // whom its client connects to
  Connection* link = nullptr;  // its client's connection
  MonotonicTime connect_at;    // when to try again
  bool turn_scheduled = false;

 protected:
  World* const world_;
  const std::string name_;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  MonotonicTime now() const { return now_; }
  Random& random() { return random_; }

  template <class T, class... Args>
  T* Add(Args&&... args) {
    auto node = std::make_unique<T>(this, std::forward<Args>(args)...);
    T* raw = node.get();
    nodes_[raw->name()] = std::move(node);
    raw->Start(now_);
    ScheduleTurn(raw, Nanos{0});
    return raw;
  }
  Node* Find(const std::string& name) { return nodes_.at(name).get(); }

  void At(Nanos after, std::function<void()> action);
  // Runs until `span` of virtual time has passed.
  void Run(Nanos span);

  // Faults.
  void Kill(const std::string& name, bool tell_peers);
  void Restart(const std::string& name);
  void CutLink(const std::string& client);    // black hole until the client gives up
  void BreakLink(const std::string& client);  // both ends are told
  // New connections of this client are black holes until Heal.
  void Isolate(const std::string& client) {
    isolated_.insert(client);
    CutLink(client);
  }
  void Heal(const std::string& client) { isolated_.erase(client); }

  void ScheduleTurn(Node* node, Nanos after);
  feed::SendResult Transmit(const std::string& from, std::string_view address,
                            const wire::Message& message);
  void TransmitUp(Connection* connection, const wire::Message& message);

  // A line on standard error if FANTAIL_TRACE is set.
  void Trace(const std::string& line) const;

  Nanos delay = std::chrono::microseconds(200);
  uint64_t bytes_down = 0;                   // all connections
  std::map<std::string, uint64_t> bytes_to;  // by client

 private:
  struct Event {
    MonotonicTime time;
    uint64_t order;
    std::function<void()> action;
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  void TurnOf(Node* node);
  void Connect(Node* node);
  void CloseLink(Connection* connection, std::string_view why, bool tell_server);

  Random random_;
  MonotonicTime now_{std::chrono::seconds(1)};
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::set<std::string> isolated_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
};

// The truth: everything that was ever published, and a node that publishes it.
class SimPublisher final : public Node {
 public:
  SimPublisher(World* world, std::string name, bool paced);

  feed::FeedServer* server() override { return &server_; }
  bool Turn(MonotonicTime now) override;

  // Publishes a trade or a quote of `symbol`.
  void Publish(const std::string& symbol);
  void End() { server_.End(sequencer_.head()); }

  // By symbol, in order of their sequences.
  const std::map<std::string, std::vector<wire::Tick>>& truth() const { return truth_; }
  const std::vector<std::string>& symbols() const { return symbols_; }  // by position - 1
  feed::TopicImage TrueImage(const std::string& symbol) const;

 private:
  feed::FeedServer server_;
  publisher::Sequencer sequencer_;
  std::map<std::string, std::vector<wire::Tick>> truth_;
  std::vector<std::string> symbols_;
};

class SimGateway final : public Node {
 public:
  SimGateway(World* world, std::string name, std::string upstream_name,
             std::vector<Pattern> allow = {});

  feed::FeedServer* server() override { return &forwarder_->server(); }
  feed::FeedClient* client() override { return &forwarder_->upstream().line(0); }
  bool Turn(MonotonicTime now) override { return forwarder_->Turn(now); }
  void Start(MonotonicTime now) override;

  feed::ServerOptions server_options;

 private:
  std::vector<Pattern> allow_;
  std::unique_ptr<feed::Forwarder> forwarder_;
};

// A desk that checks everything it is given against the truth, as it comes.
class SimDesk final : public Node, private feed::FeedEvents {
 public:
  SimDesk(World* world, std::string name, std::string upstream_name, std::vector<Pattern> patterns,
          const SimPublisher* publisher);

  feed::FeedClient* client() override { return &client_; }
  bool Turn(MonotonicTime now) override;

  void Want(std::vector<Pattern> patterns);
  // While blocked it acknowledges nothing.
  void Block(bool blocked) { client_.HoldAcks(blocked); }
  // Whether its image equals the publisher's for all it wants.
  bool Converged() const;
  // Everything of `symbol`, from sequence 1 on, came as records: no image, no gap.
  bool SawAll(const std::string& symbol) const;

  const std::vector<std::string>& violations() const { return violations_; }
  size_t records() const { return records_; }
  size_t gaps() const { return gaps_; }
  bool ended() const { return ended_; }
  const std::vector<feed::State>& states() const { return states_; }
  const std::vector<std::string>& refused() const { return refused_; }

 private:
  struct Seen {
    std::string symbol;
    feed::TopicImage image;
    uint64_t records = 0;
  };

  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage& image) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override;
  void OnGap(const feed::GapNotice& gap) override;
  void OnHave(const feed::HaveNotice& have) override;
  void OnState(const feed::FeedState& state) override { states_.push_back(state.state); }
  void OnEnd(Position at) override { (void)at, ended_ = true; }
  void Violate(std::string what);

  const SimPublisher* const publisher_;
  std::vector<Pattern> patterns_;
  feed::FeedClient client_;
  std::map<TopicId, Seen> seen_;
  Position through_;
  size_t records_ = 0;
  size_t gaps_ = 0;
  bool ended_ = false;
  std::vector<feed::State> states_;
  std::vector<std::string> refused_;
  std::vector<std::string> violations_;
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_WORLD_H_
