// A session as the server sees it: who it is, what it wants and has, what has been sent to it and
// what of that it has acknowledged. Plain state; FeedServer and Splice act on it.
//
// Thread: one owner, the FeedServer.
#ifndef FANTAIL_FEED_SESSION_H_
#define FANTAIL_FEED_SESSION_H_

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fantail/base/ids.h"
#include "fantail/base/planted.h"
#include "fantail/base/rate_limit.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/group.h"
#include "fantail/feed/interest.h"
#include "fantail/feed/newest.h"
#include "fantail/feed/pace.h"
#include "fantail/feed/packing.h"
#include "fantail/wire/message.h"
#include "fantail/wire/messages.h"

namespace fantail::feed {

class Splice;

// One change of a session's interest, as its want messages said it.
struct WantChange {
  uint32_t version = 0;
  std::vector<std::pair<Pattern, wire::Start>> add;
  std::vector<Pattern> remove;
  std::vector<Pattern> refused;  // of `add`: not allowed here
  std::string reason;
  bool takes_away = false;  // of `refused`, the client had some

  // Why some of it is refused, besides what has been said.
  void AddReason(std::string_view why);
};

struct Session {
  Session();
  ~Session();

  // The window: what has been sent and not yet acknowledged, in bytes and in messages. One message
  // may always be on its way, however long it is. And the user's rate, if it has one.
  bool HasRoom(size_t bytes, size_t window_messages) const {
    return (sent_bytes + bytes - acked_bytes <= pace.window() || AllAcknowledged()) &&
           (!rate || rate->room() > 0) &&
           sent_messages - acked_messages <
               window_messages + (planted::On(planted::Bug::kWindowOneTooMany) ? 1 : 0);
  }
  bool AllAcknowledged() const { return sent_bytes == acked_bytes; }
  // Whether all that the log and the outbox hold has been sent.
  bool InStep() const {
    return outbox.empty() && (packing == nullptr || packing->empty()) &&
           (group == nullptr || next == group->log_end());
  }

  bool Reads(wire::Encoding e) const { return (encodings & wire::EncodingBit(e)) != 0; }

  std::string address;  // the transport's word for the peer
  std::string name;
  std::string user;                 // whose key it came with; empty if there are no keys
  std::optional<Interest> may_see;  // nothing: whatever there is
  wire::Limits limits;              // that it was told of
  uint32_t may_want = 0;            // so many patterns
  bool refused_above = false;       // it was told that the node above refuses something of it
  std::optional<RateLimit> rate;    // bytes sent to it; nothing: as many as go
  NodeId node;
  Role role = Role::kSubscriber;
  uint32_t encodings = 0;  // that it reads, as it said hello
  wire::Encoding encoding = wire::Encoding::kPlain;
  std::unique_ptr<Packing> packing;  // of a packed session
  bool shares = false;               // of a shared one: it is in the stream of its group

  MonotonicTime last_heard;
  MonotonicTime last_progress;  // of its acknowledgements, or of having nothing to acknowledge
  MonotonicTime last_proof;
  bool held = false;  // it lives, and waits for somebody below

  uint64_t sent_bytes = 0;
  uint64_t sent_messages = 0;
  uint64_t sent_ticks = 0;
  uint64_t acked_bytes = 0;
  uint64_t acked_messages = 0;
  Position acked_through;
  Pace pace{0, 0};
  // Of what waits longest, since the lag is measured: see FeedServer::LosesGround.
  Nanos lag{0};
  MonotonicTime lag_measured_at;

  uint32_t version = 0;                   // of the interest that it has
  absl::flat_hash_set<Pattern> patterns;  // as wanted, not minimal
  Interest interest;                      // their minimal form
  // While the have of these has not been sent: version and patterns that its client knows of.
  std::optional<std::pair<uint32_t, absl::flat_hash_set<Pattern>>> known;
  Position through;  // all of the interest up to here has been sent
  // A new epoch's welcome is in the outbox: since when the oldest that it lacks has waited.
  std::optional<MonotonicTime> new_epoch_since;
  bool end_sent = false;

  // Its own messages, before anything of the group's log, and plain, until they are sent; or of a
  // stream that it shared in the epoch before.
  std::deque<wire::Message> outbox;
  Group* group = nullptr;
  uint64_t next = 0;  // index into the group's log

  bool traces = false;      // it wants to know where its latency comes from
  MonotonicTime traced_at;  // when it was last told

  // Newest-only: it is in no group then.
  std::optional<Nanos> asked_interval;  // as its hello said; nothing: it wants every record
  std::unique_ptr<Newest> newest;
  MonotonicTime newest_taken_at;
  MonotonicTime taken_since;  // of what was taken then, since when the oldest had waited
  MonotonicTime strained_at;  // when its link last could not carry even that
  MonotonicTime climbed_at;   // when it last got every record again
  Nanos climb_after{0};       // how long its link has to bear newest-only before the next try
  // A have that it gets with every record.
  std::optional<HaveNotice> owed;

  WantChange assembling;         // a want whose last part has not come
  std::deque<WantChange> wants;  // changes that wait for the splice before them
  std::unique_ptr<Splice> splice;
};

// Messages of at most kMaxMessageBytes each for lists of any length.
std::vector<wire::Message> EncodeNames(std::span<const TopicId> topics, wire::TextList topic_texts,
                                       std::span<const VenueId> venues, wire::TextList venue_texts);
std::vector<wire::Message> EncodeGap(const GapNotice& gap);
// REQUIRES: EncodeGap made the message.
GapNotice DecodeGap(const wire::Message& message);
std::vector<wire::Message> EncodeHave(const HaveNotice& have);
// The first part of one, which goes before what comes for the rest.
std::vector<wire::Message> EncodeRefused(const HaveNotice& have);

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_SESSION_H_
