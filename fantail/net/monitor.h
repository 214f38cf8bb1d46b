// What libzmq says of a socket's one connection attempt, in its own words.
//
// Thread: one owner, the socket's.  Ownership: keeps a pointer to the socket, which outlives it.
#ifndef FANTAIL_NET_MONITOR_H_
#define FANTAIL_NET_MONITOR_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "fantail/net/sockets.h"

namespace fantail::net {

class Monitor {
 public:
  struct Event {
    uint16_t what = 0;   // ZMQ_EVENT_...
    uint32_t value = 0;  // what that is of, libzmq's manual says

    // The connection stands.
    bool up() const;
    // The node does not know the key: its ZAP handler said 400.
    bool refused() const;
    // The other side speaks CURVE and this one does not, or the other way round.
    bool of_another_mechanism() const;
    // What it says is no ZMTP.
    bool of_another_protocol() const;
    // TCP was connected, and is not any more.
    bool disconnected() const;
    // Nothing listens there.
    bool closed() const;
  };

  // Before the socket connects: what happens earlier is not heard of.
  Monitor(Context* context, zmq::socket_t* of);
  ~Monitor();

  // The next event that is there; never blocks.
  std::optional<Event> Next();
  // The next event, if it comes in time.
  std::optional<Event> Wait(int patience_ms);
  zmq::socket_t& socket() { return *socket_; }

 private:
  zmq::socket_t* const of_;
  std::unique_ptr<zmq::socket_t> socket_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_MONITOR_H_
