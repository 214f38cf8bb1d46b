// What passes from a FeedClient to whoever owns it: a desk's board or printer, a gateway's
// FeedServer, a recorder. The list is short on purpose; it is the whole coupling between the two
// halves of a node.
//
// Thread: every call comes from inside FeedClient's own calls, on its owner's thread.
// Ownership: references and spans are valid during the call only.
#ifndef FANTAIL_FEED_FEED_EVENTS_H_
#define FANTAIL_FEED_FEED_EVENTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/pattern.h"
#include "fantail/base/time.h"
#include "fantail/feed/trace.h"
#include "fantail/wire/tick.h"

namespace fantail::feed {

// A topic at its last sequence: the newest tick of each kind, and the epoch's totals.
struct TopicImage {
  TopicId topic;
  Sequence sequence;   // of the topic's newest record
  wire::Tick trade{};  // each has kind 0 if there has been none
  wire::Tick quote{};
  wire::Tick status{};
  wire::Totals totals{};  // count 0 if it has not traded

  friend bool operator==(const TopicImage&, const TopicImage&) = default;
};

inline bool Present(const wire::Tick& tick) {
  return static_cast<uint8_t>(tick.kind) != 0;
}

enum class State : uint8_t {
  kConnecting = 1,  // nothing has been received yet
  kRecovering = 2,  // connected; an image or a replay is on its way
  kLive = 3,     // every hop has proved within 3 s that it is alive, and all that is wanted flows
  kStale = 4,    // it was live; now it is not, and `cause` says why
  kEnded = 5,    // the publisher has ended the feed and everything has come
  kRefused = 6,  // the node above will not serve this; `cause` says why
};
const char* StateName(State state);

enum class Role : uint8_t { kSubscriber = 1, kGateway = 2, kPublisher = 3 };
const char* RoleName(Role role);

// One step of the path from a consumer up to the publisher.
struct Hop {
  NodeId node;
  std::string name;
  Role role = Role::kGateway;
  State state =
      State::kConnecting;  // of this hop's own link upwards; a publisher's is kLive or kEnded
  Nanos age{0};            // of its newest proof of life from above
};

// If `client` is the node that it asks, `self`, or in the path above that: the circle that it would
// close, for a person.
std::optional<std::string> LoopOf(NodeId client, NodeId self, std::span<const Hop> path);

struct FeedState {
  State state = State::kConnecting;
  std::string cause;      // one line for a person; empty when live
  std::string hop;        // the name of the hop at fault; empty when live
  std::vector<Hop> hops;  // from the node we are connected to up to the publisher
  Nanos age{0};           // the sum of the ages: what is shown is at most this old
};

// Whether the state, its cause or the path differ, and not only ages.
bool Differs(const FeedState& a, const FeedState& b);

enum class GapReason : uint8_t {
  kNotHeld = 1,    // the node above no longer holds these records
  kTooSlow = 2,    // this session fell too far behind a live feed
  kUpstream = 3,   // the node above has the gap itself
  kHole = 4,       // found by the client itself: a sequence was missing
  kDisproved = 5,  // a proof of completeness failed: of what has come, something is wrong
};
const char* GapReasonName(GapReason reason);

// Records that will not come: positions (from, to] of these patterns. Images follow.
struct GapNotice {
  Position from;
  Position to;
  std::vector<Pattern> patterns;
  GapReason reason = GapReason::kNotHeld;
  bool backfill = false;  // on the wire only: a backfill's, which is no gap of the session
};

// An image that takes the place of records of its topic: conflation, as a client sees it.
struct ImageUpdate {
  const TopicImage& image;
  Sequence after;                        // it stands for the sequences (after, image.sequence]
  std::span<const wire::Tick> statuses;  // what status said in those, by rising sequence
  bool asked = false;  // the owner wants the newest only; else a gap before it has said why
};

// The acknowledged interest: everything in it is complete through `at`, and live after it.
struct HaveNotice {
  uint32_t version = 0;
  Position at;
  std::vector<Pattern> refused;  // parts of what was wanted that will not come
  std::string reason;            // why not
};

// A run of numbered records, with the names that they need.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // A name, before its first use. May be repeated.
  virtual void OnTopic(TopicId id, std::string_view name) = 0;
  virtual void OnVenue(VenueId id, std::string_view name) = 0;
  // What a part of an object carries, before its record. It may be that the record has come before,
  // or does not come.
  virtual void OnPayload(Position of, std::span<const std::byte> bytes) { (void)of, (void)bytes; }
  // Records in the order of their topics' sequences, none missing, none twice.
  virtual void OnRecords(std::span<const wire::Record> records) = 0;
};

// What a feed consists of: what a session brings, a tape holds, and a FeedServer serves.
class FeedContent : public RecordSink {
 public:
  // A numbering begins: topics, venues, images and positions of the one before mean nothing more.
  virtual void OnNewEpoch(Epoch epoch, bool paced) = 0;
  // The whole state of a topic; replaces what was known of it.
  virtual void OnImage(const TopicImage& image) = 0;
  // Everything in the interest up to `through` has come.
  virtual void OnThrough(Position through) = 0;
  virtual void OnGap(const GapNotice& gap) = 0;
  // The feed has ended at `at` and everything wanted has come.
  virtual void OnEnd(Position at) = 0;
};

class FeedEvents : public FeedContent {
 public:
  // Older records than those that already came (a gateway asks for them on behalf of its sessions).
  virtual void OnBackfill(std::span<const wire::Record> records) { (void)records; }
  // An image of a topic that had begun.
  virtual void OnUpdate(const ImageUpdate& update) { OnImage(update.image); }
  // Of what has been acknowledged, these will not come any more: what comes from here on says
  // nothing of them. The next OnHave has them among its refused ones.
  virtual void OnRefused(const std::vector<Pattern>& patterns, std::string_view reason) {
    (void)patterns, (void)reason;
  }
  virtual void OnHave(const HaveNotice& have) = 0;
  // The state, its cause or the path has changed.
  virtual void OnState(const FeedState& state) = 0;
  // How the batch that came just before got here. Only if traces are wanted.
  virtual void OnTrace(const Trace& trace) { (void)trace; }
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_FEED_EVENTS_H_
