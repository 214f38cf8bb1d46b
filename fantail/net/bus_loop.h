// The loop of a program that is one member of a bus: keeps it connected, and turns it.
//
// Thread: one owner.  Ownership: keeps pointers to context and member, which outlive it.
#ifndef FANTAIL_NET_BUS_LOOP_H_
#define FANTAIL_NET_BUS_LOOP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fantail/bus/member.h"
#include "fantail/net/connector.h"
#include "fantail/net/poller.h"

namespace fantail::net {

// From the system, for a node id or a seed; never 0.
uint64_t SystemRandom();

class BusLoop {
 public:
  // `endpoints`: of one bus after the other, where the one before does not answer. `seed` from the
  // system.
  BusLoop(Context* context, bus::Member* member, std::vector<std::string> endpoints, uint64_t seed);

  // Waits at most `wait` for something to come, or until `fd` is readable (-1: none), and takes it.
  void Turn(Nanos wait, int fd = -1);
  // Whether the newest Turn found `fd` readable.
  bool Readable(int fd) const { return poller_.Readable(fd); }
  // Says goodbye.
  void Close() { connector_.Close(); }
  // When the newest Turn had waited.
  MonotonicTime now() const { return now_; }

 private:
  bus::Member* const member_;
  Connector connector_;
  Poller poller_;
  bool more_ = true;     // may have come already
  bool unsent_ = false;  // the link did not take something
  MonotonicTime now_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_BUS_LOOP_H_
