// Asks a bus, and sees to it that every request has exactly one outcome: its whole answer, or a
// failure that says why.
//
// A request that is idempotent outlives the connection: it is asked again over the next one. One
// that is not, and was on its way when the connection broke, fails: nobody knows whether it was
// done.
//
// Thread: one owner.  Ownership: keeps a pointer to the events.
#ifndef FANTAIL_BUS_CLIENT_H_
#define FANTAIL_BUS_CLIENT_H_

#include <set>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "fantail/bus/member.h"

namespace fantail::bus {

// The outcome of a request, part by part. Every method may be called inside any call of the client
// but Ask, and may call it.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  // The next part of the answer; with the last one the request is over.
  virtual void OnAnswer(uint64_t id, Body part, bool last) = 0;
  // Another server begins the answer anew: the parts that have come are void.
  virtual void OnRestart(uint64_t id) = 0;
  // The request is over, without an answer.
  virtual void OnFailure(uint64_t id, FailureCode code, std::string_view reason) = 0;
  // Requests that are made from now on go out at once, or no longer.
  virtual void OnBus(bool joined, std::string_view cause) { (void)joined, (void)cause; }
};

// A request to be made.
struct Question {
  std::string service;
  std::string body;  // any bytes, at most kMaxBodyBytes
  Nanos budget = std::chrono::seconds(10);
  // Whether it may be done twice. Any request with a key may.
  bool idempotent = false;
  // Requests with the same key, service and body are one: the bus may answer them together.
  std::string key;
  // Of the answer, what may be on its way before any of it was taken.
  uint32_t window_bytes = 256 * 1024;
  // The owner says with Took what it has taken; else a part counts as taken once it was told.
  bool owner_takes = false;
};

struct ClientCounters {
  uint64_t asked = 0;
  uint64_t answered = 0;
  uint64_t failed = 0;
  uint64_t repeated = 0;  // over a new connection
  uint64_t restarts = 0;
  uint64_t strays = 0;  // answers to what is over, or was never asked; parts of a dead attempt
};

class Client final : public Member {
 public:
  Client(MemberOptions options, ClientEvents* events)
      : Member(std::move(options), Role::kClient), events_(events) {}

  // The request's id, never 0. Its outcome comes later, from Receive or Turn.
  uint64_t Ask(Question question, MonotonicTime now);
  // Its outcome no longer matters, and is not told.
  void Cancel(uint64_t id);
  void Took(uint64_t id, size_t bytes);

  // Requests without an outcome.
  size_t in_hand() const { return pending_.size() + refused_.size(); }
  const ClientCounters& counters() const { return client_counters_; }

 private:
  struct Pending {
    Question question;
    MonotonicTime deadline;
    bool sent = false;
    uint32_t attempt = 0;
    uint32_t next_part = 0;
    size_t taken = 0;  // and no credit given for it yet
  };

  void OnJoined(const Joined& joined) override;
  void OnLost(std::string_view why) override;
  void OnTurn() override;
  void On(const Answer& answer) override;
  void On(const Failure& failure) override;
  void On(const Reachable&) override {}

  void SendRequest(uint64_t id, Pending* pending);
  void Fail(uint64_t id, FailureCode code, std::string_view reason);
  void Forget(uint64_t id);

  ClientEvents* const events_;
  uint64_t next_id_ = 1;
  absl::flat_hash_map<uint64_t, Pending> pending_;
  absl::btree_set<std::pair<MonotonicTime, uint64_t>> deadlines_;
  std::vector<std::pair<uint64_t, FailureCode>> refused_;  // before they were sent
  ClientCounters client_counters_;
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_CLIENT_H_
