// How the state machines reach the other side, and how a connection is made and made again for
// them. fantail/net does it over sockets, the simulation over pipes of its own.
//
// Thread: one owner.
#ifndef FANTAIL_WIRE_LINKS_H_
#define FANTAIL_WIRE_LINKS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fantail/base/time.h"
#include "fantail/wire/message.h"

namespace fantail::wire {

// The connection that a caller speaks over.
class Link {
 public:
  virtual ~Link() = default;
  // Never blocks; false if it could not be sent now (the message is dropped: whatever must arrive
  // is repeated by a timer of the caller).
  virtual bool Send(const Message& message) = 0;
};

enum class SendResult : uint8_t { kSent, kWouldBlock, kPeerGone };

// The way out of a node to all who have called it.
class Links {
 public:
  virtual ~Links() = default;
  // Never blocks. On kWouldBlock the message was not taken and is offered again later.
  virtual SendResult Send(std::string_view address, const Message& message) = 0;
};

// Why a connection is of no more use to its caller.
struct Drop {
  std::string reason;
  Nanos retry_after{0};
  bool at_once = false;  // without the wait that keeps many callers apart
};

// The end of a connection that calls: its owner connects it, and again when that has ended.
class Caller {
 public:
  virtual ~Caller() = default;
  // A connection to `peer` is being made: causes name it from now on.
  virtual void Connecting(std::string peer, MonotonicTime now) = 0;
  // A connection stands; `link` is used until Disconnected. `peer` names it in causes.
  virtual void Connected(Link* link, std::string peer, MonotonicTime now) = 0;
  virtual void Disconnected(std::string_view why, MonotonicTime now) = 0;
  virtual void Receive(std::span<const std::byte> bytes, MonotonicTime now) = 0;
  // Set when the connection is of no more use: the owner closes it, calls Disconnected, and makes a
  // new one after `retry_after` at the least. Empty while all is well.
  virtual const std::optional<Drop>& drop() const = 0;
  // Where the node above asks this session to go on, and nothing once that has been taken. The
  // owner connects there, calls Moved, and then closes the connection that stood.
  virtual std::optional<std::string> TakeMove() = 0;
  // `link`, to another node, takes the place of the connection that stands: what was live stays so
  // as long as its newest proof would have lasted.
  virtual void Moved(Link* link, std::string peer, MonotonicTime now) = 0;
  // Says goodbye, for a tidy end.
  virtual void Close() = 0;
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_LINKS_H_
