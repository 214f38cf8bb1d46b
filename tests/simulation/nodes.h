// The publisher and the gateway of a simulated world: the real state machines, with the checks that
// can be made of a node from outside.
//
// Thread: one owner, the World.
#ifndef FANTAIL_TESTS_SIMULATION_NODES_H_
#define FANTAIL_TESTS_SIMULATION_NODES_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fantail/feed/server_sink.h"
#include "fantail/source/sequencer.h"
#include "tests/simulation/truth.h"
#include "tests/simulation/world.h"

namespace fantail::simulation {

// The same for the same name, in every world.
NodeId IdOf(const std::string& name);

// What any server keeps to, whatever happens: its bounds of memory, and messages that make sense.
class ServerChecks {
 public:
  void Check(World* world, const Node& node, const feed::FeedServer& server,
             const feed::ServerOptions& options);

 private:
  MonotonicTime checked_at_;
  uint64_t records_ = 0;
  uint64_t most_bytes_a_turn_ = 0;
};

// Knows the truth: everything that was ever published.
class SimPublisher final : public Node {
 public:
  // Its first epoch follows `epochs`.
  SimPublisher(World* world, std::string name, bool paced, feed::ServerOptions options = {},
               uint64_t epochs = 0);

  feed::FeedServer* server() override { return server_.get(); }
  const feed::EpochState* state() const { return server_->state(); }
  bool Turn(MonotonicTime now) override;
  // A new epoch, above all before it.
  void Start(MonotonicTime now) override;

  // Publishes a trade or a quote of `symbol`.
  void Publish(const std::string& symbol);
  void End();

  Epoch epoch() const { return Epoch{epoch_number_ << 32}; }
  const Truth& truth() const { return *truths_.at(epoch()); }
  // Of this or of an older publisher.
  const Truth* TruthOf(Epoch epoch) const {
    const auto it = truths_.find(epoch);
    if (it == truths_.end()) return older != nullptr ? older->TruthOf(epoch) : nullptr;
    return it->second.get();
  }
  // How many records of `symbol` there are in this epoch.
  size_t Published(const std::string& symbol) const;
  bool ended() const { return ended_; }

  // A publisher that this one replaced, and that still runs.
  const SimPublisher* older = nullptr;

 private:
  const bool paced_;
  feed::ServerOptions options_;
  ServerChecks checks_;
  uint64_t epoch_number_ = 0;
  std::unique_ptr<feed::FeedServer> server_;
  std::unique_ptr<feed::ServerSink> sink_;
  std::unique_ptr<source::Sequencer> sequencer_;
  std::map<Epoch, std::unique_ptr<Truth>> truths_;
  bool ended_ = false;
};

class SimGateway final : public Node {
 public:
  SimGateway(World* world, std::string name, std::string upstream_name,
             std::vector<Pattern> allow = {}, const SimPublisher* publisher = nullptr,
             feed::ServerOptions options = {}, size_t lines = 1);

  feed::FeedServer* server() override { return &forwarder_->server(); }
  feed::FeedClient* client() override { return &forwarder_->upstream().line(0); }
  bool IsLive() override { return forwarder_->upstream().state().state == feed::State::kLive; }
  feed::Lines* lines() { return &forwarder_->upstream(); }
  bool Turn(MonotonicTime now) override;
  void Start(MonotonicTime now) override;

  feed::ServerOptions server_options;

 private:
  void CheckClient();
  void CheckFresh(MonotonicTime now);
  void MendHoles();

  const SimPublisher* const publisher_;
  const size_t lines_;
  ServerChecks checks_;
  MonotonicTime checked_at_;
  Epoch epoch_;
  std::unique_ptr<feed::Forwarder> forwarder_;
};

// How long what a node had may take to be at a client that says it is live: the newest answered
// ping was sent 3 s ago, and the answer said that nothing had been waiting for more than 3 s; and
// two turns of a loop, in which either is noticed.
inline constexpr Nanos kLinkBound = std::chrono::milliseconds(6200);
// How long a node that is live may take to say that the one above it no longer is: 3 s and turns.
inline constexpr Nanos kPathBound = std::chrono::milliseconds(3200);

// Whether every node above `node` was live lately enough for `node` to be live now; else its name.
std::string NotLiveAbove(World* world, const Node& node, Nanos bound = kPathBound);
// Whether it may still be live by what the node proved that it was moved away from.
bool MovedLately(const Node& node, MonotonicTime now);
// The least that the nodes above had at `time`.
std::pair<Epoch, Position> HeadAbove(World* world, const Node& node, MonotonicTime time);
// What in `counters` a world without bugs never counts; empty if nothing.
std::string WhatIsWrong(const feed::ClientCounters& counters);

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_NODES_H_
