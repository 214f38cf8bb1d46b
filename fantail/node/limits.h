// What a port and a node hold those to that they serve: for docs/operations.md, by way of
// --list-limits. The values are those of the code; what it says of them is here.
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_NODE_LIMITS_H_
#define FANTAIL_NODE_LIMITS_H_

#include "fantail/app/limits.h"

namespace fantail::node {

// Of every port: messages, handshakes, memory, descriptors.
app::Limits PortLimits();
// Of a node: these, and of its sessions.
app::Limits SessionLimits();

}  // namespace fantail::node

#endif  // FANTAIL_NODE_LIMITS_H_
