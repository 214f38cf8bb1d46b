// The device: members join it, servers offer services, and every request goes to one server, here
// or above, and comes back with exactly one outcome.
//
// A job is a request in the broker. Each time it is handed to a server it gets a new call id, so
// what a dead server, or one that is late, still says about it is known to nobody. Requests with
// equal keys are one job with several askers; its answer is kept for a moment when it is whole.
// The source of an answer sends no more than the fastest asker has room for, and what the slower
// ones have not taken is held up to a bound: beyond it the slowest gets the answer anew by itself.
//
// Thread: one owner.  Ownership: keeps pointers to links and observer.
// Cost: a request is some 400 bytes beside its body, and a few lookups by hash each way. What is
//   only passed on is neither copied nor encoded: what the bus changes in it is written over.
// Limits: BrokerOptions; each is told in the failure of a request that goes over it.
#ifndef FANTAIL_BUS_BROKER_H_
#define FANTAIL_BUS_BROKER_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "fantail/base/access.h"
#include "fantail/bus/jobs.h"
#include "fantail/bus/member.h"
#include "fantail/bus/messages.h"
#include "fantail/wire/links.h"

namespace fantail::bus {

struct BrokerOptions {
  std::string name;
  NodeId node;
  bool has_upstream = false;
  Nanos ping_every = std::chrono::milliseconds(500);
  // A server with requests in hand is looked at more often.
  Nanos ping_busy_every = std::chrono::milliseconds(100);
  Nanos lost_after = std::chrono::seconds(3);
  size_t max_members = 10'000;
  size_t max_asked = 10'000;          // by one client, without an outcome; a bus counts as ten
  size_t max_asked_bytes = 32 << 20;  // likewise, of the bodies of these
  size_t max_waiting = 100'000;       // for a server with a free hand, in all
  size_t max_outbox_bytes = 8 << 20;  // of one that does not read, before it is lost
  size_t shared_bytes = 1 << 20;      // held of one answer for those who are slower, or join
  size_t kept_bytes = 64 << 20;       // of whole answers, in all
  Nanos kept_for = std::chrono::seconds(5);
};

struct BrokerCounters {
  uint64_t requests = 0;
  uint64_t shared = 0;    // of those, joined to one that was under way
  uint64_t kept = 0;      // of those, answered by one that was kept
  uint64_t answered = 0;  // to the last part
  uint64_t failed = 0;
  uint64_t cancelled = 0;
  uint64_t split = 0;     // of those that were shared: did not keep up, and were handed out again
  uint64_t repeated = 0;  // given to another server after one was lost
  uint64_t late = 0;      // answers to what is over, or in other hands: dropped
  uint64_t strays = 0;    // answers to what somebody else has in hand: dropped
  uint64_t bad_messages = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
};

inline constexpr auto kBrokerMetrics = std::to_array<Metric<BrokerCounters>>({
    {&BrokerCounters::requests, {"fantail_bus_requests_total", Unit::kNone, "requests taken in"}},
    {&BrokerCounters::shared,
     {"fantail_bus_shared_total", Unit::kNone, "requests joined to an equal one under way"}},
    {&BrokerCounters::kept,
     {"fantail_bus_from_kept_total", Unit::kNone, "requests answered by an answer that was kept"}},
    {&BrokerCounters::answered,
     {"fantail_bus_answered_total", Unit::kNone, "requests answered to the last part"}},
    {&BrokerCounters::failed,
     {"fantail_bus_failed_total", Unit::kNone, "requests that ended with a failure"}},
    {&BrokerCounters::cancelled,
     {"fantail_bus_cancelled_total", Unit::kNone, "requests that their askers took back"}},
    {&BrokerCounters::split,
     {"fantail_bus_split_total", Unit::kNone,
      "askers of a shared answer that did not keep up, and got it anew by themselves"}},
    {&BrokerCounters::repeated,
     {"fantail_bus_repeated_total", Unit::kNone,
      "requests given to another server after one was lost"}},
    {&BrokerCounters::late,
     {"fantail_bus_late_total", Unit::kNone,
      "answers dropped: to what is over, or in other hands"}},
    {&BrokerCounters::strays,
     {"fantail_bus_strays_total", Unit::kNone,
      "answers dropped: to what another server has in hand"}},
    {&BrokerCounters::bad_messages,
     {"fantail_bus_bad_messages_total", Unit::kNone,
      "messages that were damaged, or made no sense"}},
    {&BrokerCounters::bytes_received,
     {"fantail_bus_received_bytes_total", Unit::kBytes, "bytes of messages received"}},
    {&BrokerCounters::bytes_sent,
     {"fantail_bus_sent_bytes_total", Unit::kBytes, "bytes of messages sent"}},
});
static_assert(TellsAll(kBrokerMetrics));

// What an operator may want to see. Every method may be called inside any call of the broker.
class BrokerObserver {
 public:
  virtual ~BrokerObserver() = default;
  virtual void OnJoined(const Peer& peer) { (void)peer; }
  virtual void OnLeft(const Peer& peer, std::string_view why) { (void)peer, (void)why; }
  virtual void OnServices(const Peer& peer) { (void)peer; }
  // A request, which that member may make or not.
  virtual void OnAsked(const Peer& peer, std::string_view service, bool may) {
    (void)peer, (void)service, (void)may;
  }
  virtual void OnUpstream(bool joined, std::string_view cause) { (void)joined, (void)cause; }
  virtual void OnBadMessage(std::string_view who, std::string_view what) { (void)who, (void)what; }
};

// A service that can be asked, here or above.
struct ServiceStatus {
  std::string name;
  uint64_t servers = 0;
  bool above = false;
  uint64_t in_hand = 0;
  uint64_t capacity = 0;
  uint64_t waiting = 0;
};

// Answered by a bus itself: its status as text. The body is how many buses further up is meant.
inline constexpr std::string_view kStatusService = "bus.status";

class Broker {
 public:
  Broker(BrokerOptions options, wire::Links* links, BrokerObserver* observer);
  ~Broker();

  // A message from a member, or from somebody who wants to be one; `user`: whose key it came with,
  // empty if there are no keys. What there is to say goes out with the next Turn.
  void Receive(std::string_view address, wire::Message message, MonotonicTime now,
               std::string_view user = {});
  // What users may see, ask and serve from now on; null: what anybody may. Each member whose rights
  // have become others is refused, and comes again.
  void SetAccess(std::shared_ptr<const Access> access);
  // Gives up the answers that are kept for who asks the same again.
  void ShedMemory() { Unkeep(0); }
  // Refuses who comes, with that reason, until it is empty. Who is here stays.
  void RefuseMore(std::string reason) { refuse_more_ = std::move(reason); }
  // The members whose users are not `known` any more are lost.
  void ReviewUsers(const std::function<bool(std::string_view user)>& known);
  // Timers and what could not be sent before. Call it every turn of the loop, and at least every
  // 100 ms; true if something still waits to be sent.
  bool Turn(MonotonicTime now);
  // Says goodbye to everybody.
  void Close();

  // For its connection to the bus above; null if there is none.
  Member* upstream();
  const Member* upstream() const;

  const BrokerCounters& counters() const { return counters_; }
  // Lines of text for a person.
  std::string Status() const;
  // By name.
  std::vector<ServiceStatus> Services() const;
  size_t members() const { return peers_.size(); }
  // Requests without an outcome, of these without a server, and bytes of answers that are held.
  size_t jobs() const { return jobs_.size(); }
  size_t in_hand() const { return jobs_.size() - kept_.size(); }
  size_t waiting() const { return waiting_; }
  size_t held_bytes() const { return held_bytes_; }

 private:
  class Upstream;
  struct Service {
    std::vector<Provider*> servers;
    std::deque<JobReference> waiting;
    bool above = false;
  };

  // --- Members: broker.cc ---
  void OnJoin(std::string_view address, std::string_view user, const Join& join);
  void OnOffer(Peer* peer, const Offer& offer);
  void Dispatch(Peer* peer, const AnyMessage& message, wire::Message came);
  void RefuseStranger(std::string_view address, RefusedCode code, std::string_view reason);
  void Refuse(Peer* peer, RefusedCode code, std::string_view reason);
  void Lose(Peer* peer, std::string_view why);
  template <class M>
  void Send(Peer* peer, const M& message) {
    Post(peer, Encode(message));
  }
  void Post(Peer* peer, wire::Message message);
  bool Flush(Peer* peer);
  bool FlushAll();
  void PumpAll(Peer* peer);
  void Settle();
  void TellReachable();
  void SendReachable(Peer* peer);
  void Withdraw(Provider* provider);
  bool MayAsk(const Peer& peer, std::string_view service) const;
  std::optional<std::string> MaySee(const Peer& peer, const Request& request) const;
  bool MayServe(const Peer& peer, std::string_view service) const;
  void WatchPeers();

  // --- Requests and answers: broker_jobs.cc, broker_answers.cc. `came`: the message in which they
  // came, to be passed on; empty if it has to be made. ---
  void OnRequest(Peer* peer, const Request& request, wire::Message came);
  void OnAnswer(Provider* from, const Answer& answer, wire::Message came);
  void OnFailure(Provider* from, const Failure& failure);
  void OnCredit(Peer* peer, const Credit& credit);
  void OnCancel(Peer* peer, const Cancel& cancel);
  bool Share(Peer* peer, const Request& request, const std::optional<std::string>& may_see,
             MonotonicTime deadline);
  Job* NewJob(const Request& request);
  void AddAsker(Job* job, const Asker& asker);
  void Split(Job* job, size_t i);
  void AddAsker(Job* job, Peer* peer, const Request& request, MonotonicTime deadline);
  void Place(Job* job, wire::Message came = {});
  void Hand(Job* job, Provider* provider, wire::Message came = {});
  void Release(Job* job);
  void TakeBack(Provider* provider, std::string_view why);
  void Again(Job* job, std::string_view why);
  void ServeWaiting();
  void ServeWaiting(const std::string& service);
  void Restart(Job* job);
  bool PassOn(Job* job, const Answer& answer, wire::Message* came);
  void Pump(Job* job);
  void Grant(Job* job);
  bool PumpOne(Job* job, Asker* asker);
  void Trim(Job* job);
  void Finished(Job* job);
  void RemoveAsker(Job* job, size_t i);
  void FailAsker(Job* job, size_t i, FailureCode code, std::string_view reason);
  void FailAll(Job* job, FailureCode code, std::string_view reason);
  void Abandon(Job* job);
  void Erase(Job* job);
  void Unkeep(size_t most);
  void ExpireDeadlines();
  Provider* LeastLoaded(const Service& service) const;
  static std::string JointKey(std::string_view service, std::string_view key);
  template <class M>
  void Tell(Provider* provider, const M& message);

  const BrokerOptions options_;
  wire::Links* const links_;
  BrokerObserver* const observer_;
  BrokerCounters counters_;
  std::shared_ptr<const Access> access_;  // null: there are no rights
  std::string refuse_more_;               // empty: who comes is welcome
  MonotonicTime now_;
  MonotonicTime watched_at_;
  std::unique_ptr<Upstream> upstream_;

  absl::btree_map<uint64_t, std::unique_ptr<Peer>> peers_;  // by number
  absl::flat_hash_map<std::string, Peer*> by_address_;
  uint64_t next_peer_ = 1;
  std::vector<uint64_t> unflushed_;  // peers with something in the outbox, by number
  std::vector<Peer*> gone_;          // lost as soon as what is under way is done
  absl::flat_hash_map<std::string, std::unique_ptr<Service>> services_;
  std::vector<std::string> reachable_;  // as the buses below were told, in order
  bool tell_reachable_ = false;
  std::vector<std::string> freed_;  // services that may have a free hand

  Jobs jobs_;
  Deadlines deadlines_;
  absl::flat_hash_map<uint64_t, Job*> calls_;
  uint64_t next_call_ = 1;
  absl::flat_hash_map<std::string, Job*> joint_;  // those that may be joined, by JointKey
  std::deque<Job*> kept_;                         // oldest first
  size_t kept_bytes_ = 0;
  size_t held_bytes_ = 0;
  size_t waiting_ = 0;
  Decoder decoder_;
  AnyMessage message_;
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_BROKER_H_
