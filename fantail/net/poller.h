// Waits until one of a loop's sockets or descriptors has something to read, or a time has passed;
// and then tells which, so that a turn asks no socket that has nothing.
//
// Thread: one owner.
// Cost: one system call, and two for each socket that was woken. zmq_poll makes six for two
//   sockets, and with 20,000 ticks a second to a few desks they are a good part of what a gateway
//   does.
#ifndef FANTAIL_NET_POLLER_H_
#define FANTAIL_NET_POLLER_H_

#include <poll.h>

#include <vector>

#include "fantail/base/time.h"
#include "fantail/net/sockets.h"

namespace fantail::net {

class Poller {
 public:
  // What a socket has to read, as far as is known. It is unknown once the socket has been used for
  // anything since it was last asked.
  enum class Has : uint8_t { kNothing, kSomething, kUnknown };
  static Has Ask(zmq::socket_t& socket);

  // What to wait for, next time. Clear, then add anew each turn: sockets come and go.
  void Clear();
  // What is unknown is asked for about once a millisecond: good for a socket that sends all the
  // time. One that seldom sends is better asked after it.
  void Add(zmq::socket_t* socket, Has has);
  void Add(int fd);  // -1 is nothing
  // Returns early for a signal that is not blocked.
  void Wait(Nanos timeout);
  // The same, up to a moment that is near: it reads the clock, for the turn has taken its time.
  void WaitUntil(MonotonicTime until);
  // Whether the newest Wait found something to read there.
  bool Readable(const zmq::socket_t* socket) const;
  bool Readable(int fd) const;

 private:
  struct Item {
    zmq::socket_t* socket;
    Has has;
    bool readable() const { return has == Has::kSomething; }
  };

  // Before the wait; how long it may last.
  Nanos AskUnknown(Nanos timeout);
  // After it.
  void AskWoken();

  std::vector<Item> sockets_;
  std::vector<pollfd> descriptors_;  // of the sockets in their order, then the others
  std::vector<pollfd> others_;
  MonotonicTime asked_at_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_POLLER_H_
