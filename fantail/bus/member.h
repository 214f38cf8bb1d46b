// Who joins a bus: a client, a server, or a bus below another. This is what they share: joining,
// heartbeats, and sending without losing a message while the connection stands.
//
// Thread: one owner.  Ownership: keeps a pointer to the link between Connected and Disconnected.
#ifndef FANTAIL_BUS_MEMBER_H_
#define FANTAIL_BUS_MEMBER_H_

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fantail/base/ids.h"
#include "fantail/base/metric.h"
#include "fantail/base/time.h"
#include "fantail/bus/messages.h"
#include "fantail/wire/links.h"

namespace fantail::bus {

struct MemberOptions {
  std::string name;  // for people
  NodeId node;       // random, new at each start
  Nanos ping_every = std::chrono::milliseconds(500);
  // Silent for so long, the bus is taken for dead.
  Nanos lost_after = std::chrono::seconds(3);
};

struct MemberCounters {
  uint64_t joined = 0;  // how often
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t messages_sent = 0;
  uint64_t messages_received = 0;
  uint64_t bad_messages = 0;
};

inline constexpr auto kMemberMetrics = std::to_array<Metric<MemberCounters>>({
    {&MemberCounters::joined,
     {"fantail_bus_link_joined_total", Unit::kNone,
      "times that this program has joined its bus: reconnects, but for the first"}},
    {&MemberCounters::bytes_sent,
     {"fantail_bus_link_sent_bytes_total", Unit::kBytes, "bytes of messages sent to its bus"}},
    {&MemberCounters::bytes_received,
     {"fantail_bus_link_received_bytes_total", Unit::kBytes, "bytes of messages from its bus"}},
    {&MemberCounters::messages_sent,
     {"fantail_bus_link_sent_messages_total", Unit::kNone, "messages sent to its bus"}},
    {&MemberCounters::messages_received,
     {"fantail_bus_link_received_messages_total", Unit::kNone, "messages from its bus"}},
    {&MemberCounters::bad_messages,
     {"fantail_bus_link_bad_messages_total", Unit::kNone,
      "messages from its bus that were damaged, or made no sense"}},
});
static_assert(TellsAll(kMemberMetrics));

class Member : public wire::Caller {
 public:
  void Connecting(std::string peer, MonotonicTime now) final;
  void Connected(wire::Link* link, std::string peer, MonotonicTime now) final;
  void Disconnected(std::string_view why, MonotonicTime now) final;
  void Receive(std::span<const std::byte> bytes, MonotonicTime now) final;
  const std::optional<wire::Drop>& drop() const final { return drop_; }
  // A bus asks nobody to move: its members find the next endpoint by themselves.
  std::optional<std::string> TakeMove() final { return std::nullopt; }
  void Moved(wire::Link* link, std::string peer, MonotonicTime now) final;
  void Close() final;

  // Timers. Call it every turn of the loop, and at least every 100 ms; true if something is still
  // waiting to be sent.
  bool Turn(MonotonicTime now);

  bool joined() const { return joined_; }
  const std::string& bus_name() const { return bus_name_; }
  // Why it is not joined, in one line; empty while it is.
  const std::string& cause() const { return cause_; }
  const MemberCounters& member_counters() const { return counters_; }
  NodeId node() const { return options_.node; }

 protected:
  Member(MemberOptions options, Role role) : options_(std::move(options)), role_(role) {}

  virtual void OnJoined(const Joined& joined) = 0;
  // No longer joined: whatever was under way is over.
  virtual void OnLost(std::string_view why) = 0;
  virtual void OnTurn() = 0;
  virtual void On(const Request& request) { (void)request, OnUnexpected(); }
  virtual void On(const Answer& answer) { (void)answer, OnUnexpected(); }
  virtual void On(const Failure& failure) { (void)failure, OnUnexpected(); }
  virtual void On(const Credit& credit) { (void)credit, OnUnexpected(); }
  virtual void On(const Cancel& cancel) { (void)cancel, OnUnexpected(); }
  virtual void On(const Reachable& reachable) { (void)reachable, OnUnexpected(); }

  // Sent now, or as soon as the link takes it; nothing if there is none.
  template <class M>
  void Send(const M& message) {
    if (link_ != nullptr) Post(Encode(message));
  }
  void GiveUp(std::string reason, Nanos retry_after = Nanos{0});
  void OnUnexpected() { ++counters_.bad_messages; }
  MonotonicTime now() const { return now_; }

 private:
  void Post(wire::Message message);
  bool Flush();
  void Dispatch(const AnyMessage& message);
  void Lose(std::string_view why);

  const MemberOptions options_;
  const Role role_;
  wire::Link* link_ = nullptr;
  std::string peer_;
  std::string bus_name_;
  std::string cause_ = "not connected yet";
  bool joined_ = false;
  MonotonicTime now_;
  MonotonicTime heard_at_;
  MonotonicTime pinged_at_;
  std::deque<wire::Message> outbox_;
  std::optional<wire::Drop> drop_;
  Decoder decoder_;
  AnyMessage message_;
  MemberCounters counters_;
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_MEMBER_H_
