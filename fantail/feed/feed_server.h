// Serves one feed to sessions: the half of a publisher and of a gateway that faces the desks. Bytes
// and the time come in, bytes go out; it touches no socket, file or clock.
//
// From above (a publisher's sequencer, or a gateway's FeedClient) come names, images and records;
// from the sessions come hello, want, ack and ping. Turn() does the rest: it encodes what is new
// once a group, sends to every session what its window has room for, and takes splices a step
// further. docs/protocol.md describes the conversation.
//
// Thread: one owner.  Ownership: keeps pointers to its links and its observer, which outlive it.
// Cost: a record costs a copy for each group that wants it; a turn costs a send for each session
// with something new. Nothing is done per session and tick.
// Limits: ServerOptions; memory is bounded by ring, backlog x groups, and window x sessions.
#ifndef FANTAIL_FEED_FEED_SERVER_H_
#define FANTAIL_FEED_FEED_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fantail/base/access.h"
#include "fantail/base/ids.h"
#include "fantail/base/metric.h"
#include "fantail/base/time.h"
#include "fantail/feed/epoch_state.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/session.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/links.h"
#include "fantail/wire/message.h"

namespace fantail::feed {

struct ServerOptions {
  std::string feed = "ticks";
  std::string name;
  NodeId node;
  Role role = Role::kPublisher;
  // What anybody below may want; empty is "everything".
  std::vector<Pattern> allow;

  // 4 million records: 200 s of a busy feed of 20,000 a second.
  size_t ring_bytes = size_t{256} << 20;
  // Enough for 10 Gbit/s at 0.8 ms and 10 Mbit/s at 800 ms of round trip.
  uint32_t window_bytes = 1 << 20;
  // Of that, what a new session gets until its link has shown what it carries: half a second at
  // 1 Mbit/s. On a LAN it has grown to the whole window within four acks.
  uint32_t first_window_bytes = 64 * 1024;
  // Below the socket's high-water mark, so that a send never fails while there is a window.
  uint32_t window_messages = 1024;
  // How far a session may lag behind its group on a live feed before it gets newest values only,
  // and how much may wait in all groups together before the slowest of the largest do.
  size_t max_backlog_bytes = size_t{8} << 20;
  size_t max_total_backlog_bytes = size_t{24} << 20;
  // The same in time: what waits for longer and does not catch up is no longer worth its wait.
  Nanos max_lag = std::chrono::seconds(1);
  // What carries all newest values for so long is tried with every record again, however often that
  // has failed.
  Nanos climb_within = std::chrono::seconds(16);
  uint32_t max_sessions = 4096;
  // Of these, with one key: a branch whose desks share one. Who has no key is not counted.
  uint32_t max_user_sessions = 256;
  // Of these, packed: each holds 2 MB and is encoded for by itself. Later ones share a stream, or
  // are plain.
  uint32_t max_packed_sessions = 32;
  // So many sessions of equal interest that ask for it share one packed stream.
  uint32_t share_from = 8;
  uint32_t max_patterns = 65536;
  // Patterns that a gateway asks for on behalf of all its sessions; the node above has max_patterns
  // too.
  uint32_t max_cover = 65536;
  // How long a pattern that nobody wants any more stays in the cover: longer than a reconnect.
  Nanos linger = std::chrono::seconds(5);
  // A client pings every second.
  Nanos silent_after = std::chrono::seconds(5);
  // Without progress for so long, a session is dropped with a reason.
  Nanos stalled_after = std::chrono::seconds(10);
  Nanos proof_every = std::chrono::seconds(5);
  // As ClientOptions': what was proved longer ago is live no more.
  Nanos stale_after = std::chrono::seconds(3);
  // What else holds for clients, for the welcome to tell: of handshakes, memory and descriptors,
  // which others see to.
  wire::Limits told;
  // The time right now, for traces: a turn's is when it began. Null: that will do.
  MonotonicTime (*clock)() = nullptr;
};

// What an operator may want to see. Every method may be called inside any call of the server.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  virtual void OnSessionOpened(const Session& session) { (void)session; }
  virtual void OnSessionClosed(const Session& session, std::string_view reason) {
    (void)session, (void)reason;
  }
  // Bytes that were no message, or made no sense; `who` is a session's name, or "a stranger".
  virtual void OnBadMessage(std::string_view who, std::string_view what) { (void)who, (void)what; }
  // A client was not welcomed; `user` as in a session.
  virtual void OnRefused(std::string_view who, std::string_view user, std::string_view reason) {
    (void)who, (void)user, (void)reason;
  }
  // What a session wanted has been given to it: all but what is refused.
  virtual void OnWanted(const Session& session, const WantChange& change) {
    (void)session, (void)change;
  }
};

struct ServerCounters {
  uint64_t records = 0;  // taken from above
  uint64_t messages_sent = 0;
  uint64_t bytes_sent = 0;
  uint64_t ticks_sent = 0;  // deliveries: a tick sent to five sessions counts five
  uint64_t messages_received = 0;
  uint64_t bytes_received = 0;
  uint64_t bad_messages = 0;
  uint64_t sessions_opened = 0;
  uint64_t sessions_closed = 0;
  uint64_t fell_behind = 0;  // sessions that got newest values instead of every tick
  uint64_t climbed = 0;      // and every tick again
  uint64_t would_block = 0;
  uint64_t sessions_refused = 0;
  uint64_t patterns_refused = 0;  // not allowed here, or to that user
};

inline constexpr auto kServerMetrics = std::to_array<Metric<ServerCounters>>({
    {&ServerCounters::records,
     {"fantail_records_total", Unit::kNone, "records taken into the ring, from above or a source"}},
    {&ServerCounters::messages_sent,
     {"fantail_sessions_sent_messages_total", Unit::kNone, "messages sent to sessions"}},
    {&ServerCounters::bytes_sent,
     {"fantail_sessions_sent_bytes_total", Unit::kBytes, "bytes of messages sent to sessions"}},
    {&ServerCounters::ticks_sent,
     {"fantail_sessions_sent_ticks_total", Unit::kNone,
      "deliveries: a tick sent to five sessions counts five"}},
    {&ServerCounters::messages_received,
     {"fantail_sessions_received_messages_total", Unit::kNone, "messages from sessions"}},
    {&ServerCounters::bytes_received,
     {"fantail_sessions_received_bytes_total", Unit::kBytes, "bytes of messages from sessions"}},
    {&ServerCounters::bad_messages,
     {"fantail_sessions_bad_messages_total", Unit::kNone,
      "messages from below that were none, or made no sense"}},
    {&ServerCounters::sessions_opened,
     {"fantail_sessions_opened_total", Unit::kNone, "sessions that were welcomed"}},
    {&ServerCounters::sessions_closed,
     {"fantail_sessions_closed_total", Unit::kNone, "sessions that ended, for any reason"}},
    {&ServerCounters::fell_behind,
     {"fantail_sessions_fell_behind_total", Unit::kNone,
      "times that a slow session was given newest values instead of every tick"}},
    {&ServerCounters::climbed,
     {"fantail_sessions_climbed_total", Unit::kNone,
      "times that such a session was given every tick again"}},
    {&ServerCounters::would_block,
     {"fantail_sessions_would_block_total", Unit::kNone,
      "sends that a full queue put off to a later turn"}},
    {&ServerCounters::sessions_refused,
     {"fantail_sessions_refused_total", Unit::kNone,
      "clients that were not welcomed: too many, without rights, of another feed, in a loop"}},
    {&ServerCounters::patterns_refused,
     {"fantail_patterns_refused_total", Unit::kNone,
      "patterns that a session may not have, or that were too many"}},
});
static_assert(TellsAll(kServerMetrics));

class FeedServer {
 public:
  FeedServer(ServerOptions options, wire::Links* links, ServerObserver* observer);
  ~FeedServer();

  // --- From above. ---

  // Whether the epochs that begin from now on are recordings: told in their welcomes.
  void set_replay(bool replay) { replay_ = replay; }
  // A new epoch begins; nothing is known of it yet. `covers_everything` is a publisher's: it asks
  // nobody above.
  void BeginEpoch(Epoch epoch, bool paced, bool covers_everything);
  // REQUIRES, for all that follow: an epoch has begun.
  Topics::Added AddTopic(TopicId id, std::string_view name);
  void AddVenue(VenueId id, std::string_view name) { state_->AddVenue(id, name); }
  void AddImage(const TopicImage& image, std::span<const wire::Tick> statuses = {}) {
    state_->AddImage(image, statuses, now_);
  }
  // What the part at that position carries, before its record.
  void AddPayload(Position of, std::span<const std::byte> bytes) { state_->AddPayload(of, bytes); }
  void AddRecords(std::span<const wire::Record> records) {
    counters_.records += records.size();
    state_->AddRecords(records, now_);
  }
  // After the names and images of `at`: records go on behind it, and none before it is held here.
  void BeginAt(Position at) { state_->BeginAt(at); }
  // What the ring of this epoch holds no more is found there. Not owned.
  void SetArchive(Archive* archive) { state_->set_archive(archive); }
  void AddBackfill(std::span<const wire::Record> records) { state_->AddOlder(records); }
  void AdvanceHead(Position through) { state_->AdvanceHead(through); }
  // Whatever the reason was above: to those below, the node above them has the gap.
  void AddGap(GapNotice gap) {
    if (gap.reason != GapReason::kDisproved) gap.reason = GapReason::kUpstream;
    state_->AddGap(gap, now_);
  }
  void End(Position at) { state_->End(at); }
  // The latency up to here. It ends in this node.
  void SetTrace(const Trace& trace) { above_ = {trace, now_}; }
  // The answer to a TakeCover.
  void Acknowledge(const HaveNotice& have, const Interest& acknowledged,
                   const std::vector<BackfillAnswer>& backfilled);
  // Only `interest` is still wanted from above.
  void Narrow(const Interest& interest) {
    if (state_ != nullptr) state_->coverage().Narrow(interest);
  }
  // What is missing in the middle of what is held, for who can have it from elsewhere: its records
  // are given as a backfill, and then it is mended. Not before the images behind it have come: who
  // began between would get them with no gap before.
  const Hole* NextHole(uint64_t number) const {
    if (state_ == nullptr) return nullptr;
    return state_->coverage().NextHole(number, state_->held_from(), state_->head());
  }
  void Mend(uint64_t hole, Position from) { state_->coverage().Mend(hole, from); }
  // Begins the sessions that waited for what has just been acknowledged.
  void StartWaiting() { Turn(now_); }
  // What pongs say of the path above this node; `proved_at` is when the newest proof of life from
  // above was asked for.
  void SetUpstream(const FeedState& state, MonotonicTime proved_at);

  // --- From below. ---

  // `user`: whose key it came with; empty if there are no keys.
  void Receive(std::string_view address, std::span<const std::byte> bytes, MonotonicTime now,
               std::string_view user = {});
  // What users may do from now on; null: what anybody may. Each session whose rights have become
  // others gets a goodbye, and comes again from where it was: then it wants what it may.
  void SetAccess(std::shared_ptr<const Access> access);
  // There is another session above: what was refused to the one before may be given now.
  void AskAgainAbove();
  // The node above does not give these any more; of what it gave, `left` is left.
  void TakeAway(const std::vector<Pattern>& patterns, const std::string& why, const Interest& left);
  // The node above gives nothing any more, and says why: all that was wanted counts as refused.
  void RefuseAll(const std::string& why);
  // Gives back half of what the ring holds, and keeps it to that from now on: bytes. Sessions that
  // were away for longer get a gap and images.
  size_t ShedMemory();
  // Refuses who comes, with that reason, until it is empty. Who is here stays.
  void RefuseMore(std::string reason) { refuse_more_ = std::move(reason); }
  // Says goodbye to the sessions of users that are not `known` any more.
  void ReviewUsers(const std::function<bool(std::string_view user)>& known);

  // --- The owner's loop. ---

  // Sends what can be sent. True if there is more to do right away.
  bool Turn(MonotonicTime now);
  // Paced feeds: some session has not yet been sent everything, so nothing more should be taken in.
  bool Congested() const;
  // How full the newest messages of ticks were, by what their sessions' encoding allows: 0 to 1.
  double fullness() const { return fullness_; }
  // Asks every session to go on at another node. It is served until it leaves.
  void Move(std::string_view endpoint);
  // Says goodbye to everybody.
  void Close(std::string_view reason);

  // --- What the owner asks for the node above. ---

  struct Cover {
    std::vector<Pattern> interest;    // minimal
    std::vector<Backfill> backfills;  // new since the last call
  };
  // The cover, if it has changed since the last call.
  std::optional<Cover> TakeCover(MonotonicTime now);

  // --- To look at. ---

  const ServerCounters& counters() const { return counters_; }
  const EpochState* state() const { return state_.get(); }
  size_t session_count() const { return sessions_.size(); }
  // Every session, in no order.
  template <class Fn>
  void ForEachSession(Fn fn) const {
    for (const auto& [address, session] : sessions_) fn(*session);
  }
  // Whether the acknowledged interest of one session covers `pattern`.
  bool SomebodyHas(const Pattern& pattern) const;
  // Whether some session wants traces.
  bool traced() const { return tracing_sessions_ > 0; }
  // Whether every session has acknowledged everything, the end included.
  bool EverybodyHasAcknowledged() const;
  // Whether every session has acknowledged everything so far.
  bool EverybodyIsInStep() const;
  const std::vector<Pattern>& cover() const { return cover_; }

 private:
  Session* Find(std::string_view address);
  void Open(std::string_view address, std::string_view user, const wire::Hello& hello);
  struct Problem {
    wire::RefusedCode code;
    std::string reason;
  };
  std::optional<Problem> HelloProblem(const wire::Hello& hello) const;
  std::optional<Problem> UserProblem(std::string_view user) const;
  std::optional<Problem> TooManyOf(std::string_view user) const;
  const Rights* RightsOf(std::string_view user) const;
  wire::Limits LimitsOf(const Rights* rights) const;
  void SetLimits(Session* session);
  void Forget(Session* session, std::string_view reason);
  void EndRefused(const Interest& left);
  void SayGoodbye(Session* session, wire::GoodbyeCode code, std::string_view reason);
  void OnUndecodable(Session* session, std::string_view address, wire::DecodeError error);
  void Dispatch(Session* session, const wire::AnyMessage& message);
  void OnWant(Session* session, const wire::Want& want);
  const char* WantProblem(const Session& session, const wire::Want& want) const;
  bool BeyondHead(const wire::Want& want) const;
  void AddOrRefuse(const Session& session, Pattern pattern, const wire::Start& start,
                   WantChange* change);
  void OnAck(Session* session, const wire::Ack& ack);
  void OnPing(Session* session, const wire::Ping& ping);
  Nanos Waiting(const Session& session) const;
  wire::Message MakePong(const Session& session, uint64_t nonce) const;
  wire::Message MakeWelcome(const Session& session) const;
  void Refuse(std::string_view address, wire::RefusedCode code, std::string_view reason);

  void KeepUnsent(Session* session);

  // Each returns false if the session is gone.
  bool Flush(Session* session);
  bool FlushEncoded(Session* session, bool* sent);
  bool FlushOutbox(Session* session, bool* sent);
  bool FlushLog(Session* session, bool* sent);
  bool SendOne(Session* session, const wire::Message& message, bool* sent);
  bool RoomToEncode(Session* session) const;
  void CountTicks(Session* session, uint32_t ticks);

  // feed_server_trace.cc
  MonotonicTime RightNow() const { return options_.clock != nullptr ? options_.clock() : now_; }
  void SetTracing(Session* session, bool traces);
  void SentBatch(Session* session, MonotonicTime sealed);

  static bool TakesPacked(const Session& session, const Group::Entry& entry);
  static const wire::Message& Logged(const Session& session, const Group::Entry& entry);
  static void TookLogged(Session* session, const Group::Entry& entry);
  bool Advance(Session* session, bool* more);
  bool AdvanceSplice(Session* session, bool* more);
  void Complete(Session* session);
  void SendProofAndEnd(Session* session);
  bool FallBehind(Session* session);
  bool TooMuchWaits(const Session& session) const;
  void Conflate(Session* session);
  void BeginNewest(Session* session, const Newest::Start& start, MonotonicTime since);
  void LeaveFeed(Session* session);
  bool AdvanceNewest(Session* session);
  void Climb(Session* session);
  bool LosesGround(Session* session) const;
  std::optional<MonotonicTime> OldestUnsent(const Session& session) const;
  bool CheckTimes(Session* session);
  void RefreshCover();

  const ServerOptions options_;
  const Interest allow_;
  std::shared_ptr<const Access> access_;  // null: there are no rights
  size_t ring_bytes_;                     // as options_, or less since memory was shed
  std::string refuse_more_;               // empty: who comes is welcome
  wire::Links* const links_;
  ServerObserver* const observer_;
  ServerCounters counters_;
  MonotonicTime now_;

  std::unique_ptr<EpochState> state_;  // null until an epoch has begun
  bool covers_everything_ = false;
  bool replay_ = false;
  // By address. Ordered, so that the same input gives the same output in every run.
  std::map<std::string, std::unique_ptr<Session>, std::less<>> sessions_;
  wire::Decoder decoder_;
  std::unique_ptr<class DigestIndex> digests_;  // of this turn, if one was needed
  double fullness_ = 1;
  uint64_t sealed_ticks_ = 0;
  uint64_t sealed_room_ = 0;
  size_t tracing_sessions_ = 0;
  struct {
    Trace trace;
    MonotonicTime at;
  } above_;
  size_t backlog_bytes_ = 0;  // in the logs of all groups, as of this turn

  FeedState upstream_;
  MonotonicTime proved_at_;

  bool cover_dirty_ = false;
  std::vector<Pattern> cover_;
  absl::flat_hash_map<Pattern, MonotonicTime> lingering_;  // until when
  absl::flat_hash_set<Pattern> wanted_;                    // by some session
  std::vector<Backfill> backfills_;                        // to be asked for
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_FEED_SERVER_H_
