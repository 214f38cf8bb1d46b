// The messages of the bus as plain structs, one each: what Encode takes and Decoder gives.
// docs/bus-protocol.md says who sends which, when, and what it means.
//
// Thread: values.  Ownership: views; a decoded message points into the bytes it was decoded from.
#ifndef FANTAIL_BUS_MESSAGES_H_
#define FANTAIL_BUS_MESSAGES_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "fantail/base/ids.h"
#include "fantail/wire/frame.h"
#include "fantail/wire/message.h"
#include "fantail/wire/text_list.h"

namespace fantail::bus {

// The first byte of every message. A session's kinds are below these.
enum class Kind : uint8_t {
  kJoin = 32,
  kJoined = 33,
  kRefused = 34,
  kOffer = 35,
  kReachable = 36,
  kRequest = 37,
  kAnswer = 38,
  kFailure = 39,
  kCredit = 40,
  kCancel = 41,
  kPing = 42,
  kPong = 43,
  kLeave = 44,
};
const char* KindName(Kind kind);

// A body in one message: the rest of 64 KiB is for what stands beside it.
inline constexpr size_t kMaxBodyBytes = 60 * 1024;
// What is in flight of one answer: between the smallest, which lets any part through, and this.
inline constexpr uint32_t kMinWindowBytes = 64 * 1024;
inline constexpr uint32_t kMaxWindowBytes = 1024 * 1024;
inline constexpr size_t kMaxServiceBytes = 64;
inline constexpr size_t kMaxKeyBytes = 64;
// Requests that one server may have in hand.
inline constexpr uint32_t kMaxCapacity = 1u << 20;

using Body = std::span<const std::byte>;
inline Body BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string_view TextOf(Body body) {
  return {reinterpret_cast<const char*>(body.data()), body.size()};
}

enum class Role : uint8_t { kClient = 1, kServer = 2, kBus = 3 };
const char* RoleName(Role role);

struct Join {
  std::string_view name;
  NodeId node;
  Role role = Role::kClient;
};

struct Joined {
  std::string_view name;
  NodeId node;
  uint32_t max_body_bytes = kMaxBodyBytes;
  uint32_t max_window_bytes = kMaxWindowBytes;
};

enum class RefusedCode : uint8_t {
  kJoinFirst = 1,  // this connection is not known here
  kVersion = 2,
  kBusy = 3,      // no room for another member
  kProtocol = 4,  // a message that makes no sense
  kLoop = 5,      // the bus that joins is above this one already
  kKey = 6,       // the key has been taken away
  kRights = 7,    // not what this user may serve
};

struct Refused {
  RefusedCode code = RefusedCode::kJoinFirst;
  std::string_view reason;
};

struct Offer {
  wire::TextList services;
  uint32_t capacity = 1;
};

struct Reachable {
  wire::TextList services;
  std::span<const NodeId> path;
  bool more = false;
};

struct Request {
  uint64_t id = 0;
  std::string_view service;
  uint64_t budget_ns = 0;
  uint32_t window_bytes = kMinWindowBytes;
  std::string_view key;
  bool idempotent = false;
  uint8_t hops = 0;
  Body body;
  bool limited = false;  // who asks may see no more than `may_see`
  wire::TextList may_see;
};

struct Answer {
  uint64_t id = 0;
  uint32_t attempt = 1;
  uint32_t part = 0;
  bool last = true;
  Body body;
};

enum class FailureCode : uint8_t {
  kNoServer = 1,     // nobody serves this, here or above
  kDeadline = 2,     // no answer in time
  kRefused = 3,      // by the bus: its reason says why
  kTooLarge = 4,     // the body of the request
  kServerLost = 5,   // it died with the request in hand, which must not be done twice
  kServerError = 6,  // the server's own
  kBusy = 7,         // too many requests are waiting
};
const char* FailureCodeName(FailureCode code);

struct Failure {
  uint64_t id = 0;
  FailureCode code = FailureCode::kRefused;
  std::string_view reason;
};

struct Credit {
  uint64_t id = 0;
  uint32_t attempt = 1;
  uint32_t bytes = 0;
};

struct Cancel {
  uint64_t id = 0;
};

struct Ping {
  uint64_t nonce = 0;
};

struct Pong {
  uint64_t nonce = 0;
};

struct Leave {
  std::string_view reason;
};

using AnyMessage = std::variant<Join, Joined, Refused, Offer, Reachable, Request, Answer, Failure,
                                Credit, Cancel, Ping, Pong, Leave>;

// Each gives a whole message, header and checksum included. The caller keeps what it puts in within
// the limits above.
wire::Message Encode(const Join& join);
wire::Message Encode(const Joined& joined);
wire::Message Encode(const Refused& refused);
wire::Message Encode(const Offer& offer);
wire::Message Encode(const Reachable& reachable);
wire::Message Encode(const Request& request);
wire::Message Encode(const Answer& answer);
wire::Message Encode(const Failure& failure);
wire::Message Encode(const Credit& credit);
wire::Message Encode(const Cancel& cancel);
wire::Message Encode(const Ping& ping);
wire::Message Encode(const Pong& pong);
wire::Message Encode(const Leave& leave);

// As Encode, out of the message that came with the same texts and body: without a copy, if nobody
// else has a reference to it. Any other, or none, is left alone.
wire::Message Rewrite(wire::Message came, const Request& as);
wire::Message Rewrite(wire::Message came, const Answer& as);

// Bytes to messages, as wire::Decoder.
class Decoder {
 public:
  // On kNone, `*out` is the message. Otherwise detail() says what was wrong.
  wire::DecodeError Decode(std::span<const std::byte> bytes, AnyMessage* out);

  const char* detail() const { return detail_; }
  uint8_t version() const { return opener_.version(); }

 private:
  wire::FrameOpener opener_;
  const char* detail_ = "";
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_MESSAGES_H_
