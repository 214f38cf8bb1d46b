// Serves requests that a bus hands on, and never knows who asks.
//
// Thread: one owner.  Ownership: keeps a pointer to the events.
#ifndef FANTAIL_BUS_SERVER_H_
#define FANTAIL_BUS_SERVER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fantail/bus/member.h"

namespace fantail::bus {

// A request in hand.
struct Call {
  uint64_t id = 0;
  std::string_view service;  // valid while OnCall runs, as is the body
  Body body;
  MonotonicTime deadline;  // nobody waits for the answer any more after it
  // Who asks may see no more than these patterns; nothing: whatever it is. Valid likewise.
  std::optional<wire::TextList> may_see;
};

// Every method may be called inside any call of the server, and may call it.
class ServerEvents {
 public:
  virtual ~ServerEvents() = default;
  // To be answered now or later, with Send, Finish or Fail.
  virtual void OnCall(const Call& call) = 0;
  // Nobody waits for the answer any more: whatever is done for it may stop.
  virtual void OnCancel(uint64_t id) = 0;
  // There is room for more of an answer.
  virtual void OnRoom(uint64_t id) { (void)id; }
  virtual void OnBus(bool joined, std::string_view cause) { (void)joined, (void)cause; }
};

class Server final : public Member {
 public:
  // `capacity`: requests in hand at a time, 1 or more.
  Server(MemberOptions options, std::vector<std::string> services, uint32_t capacity,
         ServerEvents* events);

  // The next part of an answer, at most kMaxBodyBytes. False if who asked has no room for it: try
  // again at OnRoom. True for a request that is over: nobody waits.
  bool Send(uint64_t id, Body part);
  // The last part, and the end of the request.
  bool Finish(uint64_t id, Body part);
  void Fail(uint64_t id, std::string_view reason);

  // From now on no new request is taken; those in hand are finished.
  void Drain();
  bool draining() const { return draining_; }
  size_t in_hand() const { return calls_.size(); }
  uint64_t served() const { return served_; }

 private:
  struct InHand {
    size_t room = 0;
    uint32_t next_part = 0;
    bool waits = false;  // for room
  };

  void OnJoined(const Joined& joined) override;
  void OnLost(std::string_view why) override;
  void OnTurn() override {}
  void On(const Request& request) override;
  void On(const Credit& credit) override;
  void On(const bus::Cancel& cancel) override;
  void SendOffer();
  bool SendPart(uint64_t id, Body part, bool last);

  ServerEvents* const events_;
  const std::vector<std::string> services_;
  const uint32_t capacity_;
  bool draining_ = false;
  uint64_t served_ = 0;
  absl::flat_hash_map<uint64_t, InHand> calls_;
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_SERVER_H_
