// The one layout that we give requests and answers, which are nearly all that passes a bus: what a
// bus changes on the way has a fixed place, so that it passes on the message that came, and neither
// copies nor builds one. docs/bus-protocol.md shows it in bytes.
//
// Each is an ordinary FlatBuffer; what others lay out otherwise is read by the Verifier's way.
//
// Thread: free functions.  Cost: a comparison of some 80 bytes, and the checksum.
#ifndef FANTAIL_BUS_LAYOUT_H_
#define FANTAIL_BUS_LAYOUT_H_

#include "fantail/bus/messages.h"

namespace fantail::bus::layout {

wire::Message Encode(const Request& request);
wire::Message Encode(const Answer& answer);

// `bytes` are a whole message whose checksum was good. False if it is laid out otherwise, or goes
// over a limit: then nothing is known of it.
bool Read(std::span<const std::byte> bytes, Request* request);
bool Read(std::span<const std::byte> bytes, Answer* answer);

// Writes the fields of fixed places over those of a message for which Read is true.
void Write(const Request& request, std::span<std::byte> bytes);
void Write(const Answer& answer, std::span<std::byte> bytes);

}  // namespace fantail::bus::layout

#endif  // FANTAIL_BUS_LAYOUT_H_
