// Waits until one of a loop's sockets or descriptors has something to read, or a time has passed.
//
// Thread: one owner.
#ifndef FANTAIL_NET_POLLER_H_
#define FANTAIL_NET_POLLER_H_

#include <vector>

#include "fantail/base/time.h"
#include "fantail/net/sockets.h"

namespace fantail::net {

class Poller {
 public:
  Poller();
  ~Poller();

  // What to wait for, next time; nullptr and -1 are nothing. Clear, then add anew each turn:
  // sockets come and go.
  void Clear();
  void Add(zmq::socket_t* socket);
  void Add(int fd);
  // Returns early for a signal that is not blocked. Rounded up to a millisecond, unless 0.
  void Wait(Nanos timeout);

 private:
  struct Items;
  std::unique_ptr<Items> items_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_POLLER_H_
