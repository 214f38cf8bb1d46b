// Who plays in a world of the bus: clients that check what they are told, servers that take their
// time, and one that says things it should not.
//
// Thread: one owner, the world.
#ifndef FANTAIL_TESTS_SIMULATION_BUS_CAST_H_
#define FANTAIL_TESTS_SIMULATION_BUS_CAST_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/bus/client.h"
#include "fantail/bus/server.h"
#include "tests/support/bus_net.h"

namespace fantail::simulation {

class BusWorld;

// What is asked for: an answer of `parts` parts of `size` bytes that nobody else's answer equals.
struct Errand {
  uint64_t nonce = 0;
  uint32_t parts = 1;
  uint32_t size = 10;
  bool fails = false;  // the server says that it cannot

  std::string Body() const;
  static Errand Of(std::string_view body);
  std::string Part(uint32_t i) const;
};

class SimServer final : public bus::ServerEvents {
 public:
  SimServer(BusWorld* world, std::string name, testing::BusNet::Node* node,
            std::vector<std::string> services, uint32_t capacity);
  ~SimServer() override;

  void Turn();
  bus::Server* server() { return server_.get(); }
  testing::BusNet::Line* line() { return line_; }
  const std::string& name() const { return name_; }

 private:
  struct Work {
    Errand errand;
    MonotonicTime begin;
    uint32_t next = 0;
  };
  void OnCall(const bus::Call& call) override;
  void OnCancel(uint64_t id) override { work_.erase(id); }

  BusWorld* const world_;
  const std::string name_;
  std::unique_ptr<bus::Server> server_;
  testing::BusNet::Line* line_;
  std::map<uint64_t, Work> work_;
};

// Answers what others have in hand.
class SimRogue final : public bus::Member {
 public:
  SimRogue(BusWorld* world, testing::BusNet::Node* node);
  void Lie();

 private:
  void OnJoined(const bus::Joined&) override;
  void OnLost(std::string_view) override {}
  void OnTurn() override {}

  BusWorld* const world_;
};

class SimClient final : public bus::ClientEvents {
 public:
  SimClient(BusWorld* world, std::string name, testing::BusNet::Node* node);

  void Ask();
  // That must be answered.
  void AskLast(const std::string& service);
  // Takes some of what it has not taken yet.
  void Take();
  bus::Client* client() { return client_.get(); }
  testing::BusNet::Line* line() { return line_; }
  const std::string& name() const { return name_; }
  // Requests without an outcome that are long past their time.
  void CheckOverdue();

 private:
  struct Asked {
    Errand errand;
    MonotonicTime deadline;
    bool idempotent = false;
    bool must = false;
    bool owner_takes = false;
    uint32_t window = 0;
    size_t room = 0;  // for bytes that may still come
    size_t untaken = 0;
    std::string answer;
  };
  uint64_t Ask(Errand errand, bus::Question question, bool must);
  void OnAnswer(uint64_t id, bus::Body part, bool last) override;
  void OnRestart(uint64_t id) override;
  void OnFailure(uint64_t id, bus::FailureCode code, std::string_view reason) override;

  BusWorld* const world_;
  const std::string name_;
  std::unique_ptr<bus::Client> client_;
  testing::BusNet::Line* line_;
  std::map<uint64_t, Asked> asked_;
};

// The network, the cast, and the rules.
class BusWorld {
 public:
  BusWorld(uint64_t seed, bool log) : random(seed), log_(log) {}

  testing::BusNet net;
  Random random;
  uint64_t next_nonce = 1;
  uint64_t next_node = 1;
  // Nothing but servers dies, and one of each service does not: what may be done twice succeeds.
  bool calm = false;
  uint64_t answered = 0;
  uint64_t failed = 0;
  std::map<uint64_t, int> done;  // what must not be done twice, by nonce: how often

  void Trace(const std::string& what);
  void Violate(const std::string& what);
  void Hash(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
  uint64_t hash() const { return hash_; }
  std::vector<std::string> TakeViolations() { return std::move(violations_); }

 private:
  std::string Clock() const;

  const bool log_;
  uint64_t hash_ = 0xcbf29ce484222325;
  std::vector<std::string> violations_;
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_BUS_CAST_H_
