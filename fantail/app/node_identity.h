// Who this process is: a random id for the hops, a name for people, and the epoch of a publisher's
// start. All randomness comes from the kernel.
//
// Thread: main, before any other exists.
#ifndef FANTAIL_APP_NODE_IDENTITY_H_
#define FANTAIL_APP_NODE_IDENTITY_H_

#include <cstdint>
#include <string>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"

namespace fantail::app {

// 64 random bits from getrandom.
uint64_t KernelRandom();

// Never 0, which means "not known".
NodeId RandomNodeId();

// The start second << 32, then 22 bits of its fraction and 10 random ones, above `before`: the
// epoch that is to end, if it is known.
Epoch NewEpoch(WallTime now, Epoch before = {});

// Seeds rand(), from which libzmq takes routing ids and the jitter of its reconnects, and which it
// never seeds itself. REQUIRES: no ZeroMQ context exists yet.
void SeedLibcRandom();

// `branch1-4711`: the host name up to its first dot, and the process id.
std::string DefaultName();

}  // namespace fantail::app

#endif  // FANTAIL_APP_NODE_IDENTITY_H_
