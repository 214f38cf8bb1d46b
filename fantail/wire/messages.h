// The messages of a session as plain structs, one each: what EncodeX takes and Decoder gives.
// docs/protocol.md says who sends which, when, and what it means.
//
// Thread: values.  Ownership: views; a decoded message points into the bytes it was decoded from.
#ifndef FANTAIL_WIRE_MESSAGES_H_
#define FANTAIL_WIRE_MESSAGES_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/wire/text_list.h"
#include "fantail/wire/tick.h"

namespace fantail::wire {

// The first byte of every message.
enum class Kind : uint8_t {
  kHello = 1,
  kWelcome = 2,
  kRefused = 3,
  kWant = 4,
  kHave = 5,
  kNames = 6,
  kBatch = 7,
  kImage = 8,
  kGap = 9,
  kAck = 10,
  kPing = 11,
  kPong = 12,
  kProof = 13,
  kEnd = 14,
  kGoodbye = 15,
  kPacked = 16,  // a batch, names or an image in a packed session: see packed.h
  kTrace = 17,
};
const char* KindName(Kind kind);

enum class Encoding : uint8_t {
  kPlain = 0,
  kPacked = 1,  // a stream of its own, compressed: the fewest bytes
  kShared = 2,  // the packed stream of all sessions of equal interest: the least work for a node
};
inline constexpr uint32_t EncodingBit(Encoding e) {
  return 1u << static_cast<uint8_t>(e);
}

const char* EncodingName(Encoding encoding);

struct Hello {
  std::string_view feed;
  std::string_view name;
  NodeId node;
  uint8_t role = 1;  // feed::Role
  uint32_t encodings = EncodingBit(Encoding::kPlain);
  uint64_t newest_ns = 0;  // newest-only: a topic at most once in so long; 0: every record
};

// What a node holds its clients to; 0: to nothing.
struct Limits {
  uint32_t message_bytes = 0;          // of one message to the node
  uint32_t sessions = 0;               // of all its clients
  uint32_t user_sessions = 0;          // of one key
  uint32_t handshakes_per_second = 0;  // of all who connect
  uint64_t waiting_bytes = 0;          // for this session, before it gets newest values only
  uint64_t bytes_per_second = 0;       // to this session
  uint64_t memory_bytes = 0;           // of the node's process
  uint32_t descriptors = 0;            // likewise: files and connections

  friend bool operator==(const Limits&, const Limits&) = default;
};

struct Welcome {
  std::string_view feed;
  std::string_view name;
  NodeId node;
  Epoch epoch;  // 0: not known yet; another welcome follows
  uint32_t window_bytes = 0;
  uint32_t window_messages = 0;
  bool paced = false;
  Encoding encoding = Encoding::kPlain;
  uint32_t max_patterns = 0;
  bool replay = false;  // the epoch is a recording that is played again
  Limits limits;
};

enum class RefusedCode : uint8_t {
  kWrongFeed = 1,
  kWrongVersion = 2,
  kNoSession = 3,  // say hello first: this connection is not known here
  kBusy = 4,       // no room for another session
  kLoop = 5,       // the client is above this node already
  kEncoding = 6,   // no encoding in common
  kBookmark = 7,   // a bookmark beyond the head of the feed
  kNoRights = 8,   // whose key it is, may do nothing here
};

struct Refused {
  RefusedCode code = RefusedCode::kNoSession;
  std::string_view reason;
};

enum class StartKind : uint8_t { kFresh = 1, kResume = 2, kBackfill = 3 };

// What to do with an added pattern (the struct Start of schemas/session.fbs).
struct Start {
  Position after;
  Position through;
  StartKind kind = StartKind::kFresh;
  uint8_t reserved[7] = {};
};
static_assert(sizeof(Start) == 24);

struct Want {
  uint32_t version = 0;
  Epoch epoch;
  TextList add;
  std::span<const Start> starts;  // one for each of `add`
  TextList remove;
  bool more = false;
};

struct Have {
  uint32_t version = 0;
  Position at;
  TextList refused;
  std::string_view reason;
  bool more = false;
};

struct Names {
  std::span<const TopicId> topics;
  TextList topic_texts;  // as many
  std::span<const VenueId> venues;
  TextList venue_texts;  // as many
};

enum class Replay : uint8_t { kLive = 0, kResumed = 1, kBackfill = 2 };

struct Batch {
  Position after;
  Position through;
  Position first;
  std::span<const uint32_t> offsets;  // empty: consecutive from `first`
  std::span<const Tick> ticks;
  Replay replay = Replay::kLive;
  // If the only tick is a part of an object.
  std::span<const std::byte> payload;

  Position PositionAt(size_t i) const { return first + (offsets.empty() ? i : offsets[i]); }
};

// A batch of a packed session: the same, otherwise laid out.
struct PackedBatch {
  Position after;
  Position through;
  std::span<const Record> records;
  Replay replay = Replay::kLive;
};

// Where a topic stands in an image (the struct TopicHead of schemas/session.fbs).
struct TopicHead {
  TopicId topic;
  Sequence sequence;
};
static_assert(sizeof(TopicHead) == 8);

struct Image {
  Position at;
  std::span<const TopicHead> heads;  // by rising topic id
  std::span<const Tick> ticks;       // likewise; of topics in `heads`
  std::span<const Totals> totals;    // likewise
};

struct Gap {
  Position from;
  Position to;
  TextList patterns;
  uint8_t reason = 1;  // feed::GapReason
  bool backfill = false;
};

struct Ack {
  Position through;
  uint64_t bytes = 0;
  uint64_t messages = 0;
  bool held = false;
};

struct Ping {
  uint64_t nonce = 0;
  bool trace = false;
};

struct HopView {
  NodeId node;
  std::string_view name;
  uint8_t role = 0;   // feed::Role
  uint8_t state = 0;  // feed::State
  uint64_t age_ns = 0;
};

struct Pong {
  uint64_t nonce = 0;
  std::vector<HopView> hops;
  Position head;
  uint64_t waiting_ns = 0;
  uint8_t state = 0;  // feed::State
  std::string_view cause;
  int64_t clock_ns = 0;  // the answering node's; 0 if no traces were asked for
};

// One node's part of a trace (the struct TraceHop of schemas/session.fbs).
struct TraceHop {
  NodeId node;
  int64_t way_ns = 0;
  int64_t error_ns = -1;
  int64_t held_ns = 0;
};
static_assert(sizeof(TraceHop) == 32);

struct Trace {
  int64_t sent_ns = 0;
  std::span<const TraceHop> hops;
};

struct Proof {
  uint32_t version = 0;
  Position at;
  uint64_t digest = 0;
};

struct End {
  Position at;
};

enum class GoodbyeCode : uint8_t {
  kDone = 1,      // the sender is leaving
  kStalled = 2,   // nothing was acknowledged for too long
  kProtocol = 3,  // a message that makes no sense
  kMove = 4,      // go to `endpoint`
  kKey = 5,       // the key has been taken away
  kRights = 6,    // the user's rights have changed: come again
};

struct Goodbye {
  GoodbyeCode code = GoodbyeCode::kDone;
  std::string_view reason;
  std::string_view endpoint;
};

using AnyMessage = std::variant<Hello, Welcome, Refused, Want, Have, Names, Batch, Image, Gap, Ack,
                                Ping, Pong, Proof, End, Goodbye, PackedBatch, Trace>;

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_MESSAGES_H_
