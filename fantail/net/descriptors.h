// What libzmq 4.3.4 has no call for, done to the descriptors of its connections: cutting one, and
// letting nobody in.
//
// Thread: any.
#ifndef FANTAIL_NET_DESCRIPTORS_H_
#define FANTAIL_NET_DESCRIPTORS_H_

#include <string>

namespace zmq {
class message_t;
}  // namespace zmq

namespace fantail::net {

// Ends the connection of that descriptor, as if the line had been cut, if it is one to `bound`,
// where we listen. Another that has come to the same descriptor meanwhile is cut in its place, and
// comes again.
void CutConnection(int fd, const std::string& bound);
// The one that `frame` came over.
void CutConnectionOf(zmq::message_t& frame);

// Whether who connects to `bound`, where we listen, is answered: while not, its attempts time out,
// and it tries again. Connections that stand are as they were. (Ending the bind would end them
// too.) Looks through the descriptors of the process.
void SetAccepting(const std::string& bound, bool accepting);

}  // namespace fantail::net

#endif  // FANTAIL_NET_DESCRIPTORS_H_
