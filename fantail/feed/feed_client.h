// One session to a node above, for as long as its owner lives: the half of a gateway and of a desk
// that faces the publisher. It says hello, wants, acknowledges and pings over whatever connection
// it is given, and after a cut it resumes on the next one. It touches no socket, file or clock.
//
// What it promises its owner: records of a topic come in the order of their sequences, none missing
// and none twice, unless OnGap says which; and the state is live only while every hop up to the
// publisher has proved within 3 s that it is.
//
// Thread: one owner.  Ownership: keeps pointers to the events and the connection it was given.
// Cost: a record costs a look-up by topic id and an addition.
#ifndef FANTAIL_FEED_FEED_CLIENT_H_
#define FANTAIL_FEED_FEED_CLIENT_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/metric.h"
#include "fantail/base/time.h"
#include "fantail/feed/coverage.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/interest.h"
#include "fantail/feed/topics.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/links.h"
#include "fantail/wire/packed.h"

namespace fantail::feed {

struct ClientOptions {
  std::string feed = "ticks";
  std::string name;
  NodeId node;
  Role role = Role::kSubscriber;
  // What to ask for. The node may have no room for a packed session, and give a shared one.
  wire::Encoding encoding = wire::Encoding::kPlain;
  // Newest-only, at most once in so long a topic; 1 ns is as fast as it is read. See OnUpdate.
  std::optional<Nanos> newest;

  Nanos ping_every = std::chrono::seconds(1);
  // The newest answered ping is older: what is shown is stale, and the connection is given up.
  Nanos stale_after = std::chrono::seconds(3);
  // From being connected to being welcomed. Four round trips of a very slow link.
  Nanos welcome_within = std::chrono::seconds(3);
  // As ServerOptions'.
  MonotonicTime (*clock)() = nullptr;
};

struct ClientCounters {
  uint64_t records = 0;
  uint64_t images = 0;
  uint64_t gaps = 0;        // notices given to the owner
  uint64_t duplicates = 0;  // records that had come already, after a resume
  uint64_t bytes_received = 0;
  uint64_t messages_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t bad_messages = 0;
  uint64_t lost_messages = 0;  // found by the `after` of a batch
  uint64_t holes = 0;          // found by a sequence: an error in a node above
  uint64_t wrong_digests = 0;  // likewise, found by a proof
  uint64_t proofs = 0;         // that were right
  uint64_t sessions = 0;       // welcomes
  uint64_t older_epochs = 0;   // refused: a publisher that was thought gone, or who follows it
};

inline constexpr auto kClientMetrics = std::to_array<Metric<ClientCounters>>({
    {&ClientCounters::records,
     {"fantail_upstream_records_total", Unit::kNone, "records from above, each counted once"}},
    {&ClientCounters::images,
     {"fantail_upstream_images_total", Unit::kNone, "images of topics from above"}},
    {&ClientCounters::gaps,
     {"fantail_upstream_gaps_total", Unit::kNone, "gaps told: records that did not come"}},
    {&ClientCounters::duplicates,
     {"fantail_upstream_duplicates_total", Unit::kNone,
      "records that had come already, after a resume: dropped"}},
    {&ClientCounters::bytes_received,
     {"fantail_upstream_received_bytes_total", Unit::kBytes, "bytes of messages from above"}},
    {&ClientCounters::messages_received,
     {"fantail_upstream_received_messages_total", Unit::kNone, "messages from above"}},
    {&ClientCounters::bytes_sent,
     {"fantail_upstream_sent_bytes_total", Unit::kBytes, "bytes of messages sent upwards"}},
    {&ClientCounters::bad_messages,
     {"fantail_upstream_bad_messages_total", Unit::kNone,
      "messages from above that were damaged, or made no sense"}},
    {&ClientCounters::lost_messages,
     {"fantail_upstream_lost_messages_total", Unit::kNone,
      "messages that a later one showed to be missing"}},
    {&ClientCounters::holes,
     {"fantail_upstream_holes_total", Unit::kNone,
      "sequences missing without a gap told: an error in a node above"}},
    {&ClientCounters::wrong_digests,
     {"fantail_upstream_wrong_digests_total", Unit::kNone,
      "proofs of completeness that failed: an error in a node above"}},
    {&ClientCounters::proofs,
     {"fantail_upstream_proofs_total", Unit::kNone, "proofs of completeness that were right"}},
    {&ClientCounters::sessions,
     {"fantail_upstream_sessions_total", Unit::kNone,
      "times that a node above has welcomed this one: reconnects, but for the first"}},
    {&ClientCounters::older_epochs,
     {"fantail_upstream_older_epochs_total", Unit::kNone,
      "refused: a publisher that was thought gone, or a node that follows it"}},
});
static_assert(TellsAll(kClientMetrics));

ClientCounters& operator+=(ClientCounters& sum, const ClientCounters& more);

class FeedClient final : public wire::Caller {
 public:
  FeedClient(ClientOptions options, FeedEvents* events);

  // --- What the owner wants. ---

  void SetInterest(std::vector<Pattern> patterns, MonotonicTime now);
  // Asks for older records as well; they come as OnBackfill, and TakeBackfilled tells when all
  // have.
  void AskBackfill(Backfill backfill);
  // The backfills answered by the have that OnHave is just reporting.
  const std::vector<BackfillAnswer>& backfilled() const { return backfilled_; }
  // While held, nothing is acknowledged, so that the node above stops sending when the window is
  // full.
  void HoldAcks(bool held) { hold_ = held; }
  // While on, OnTrace tells now and then where the latency comes from.
  void SetTracing(bool on) { tracing_ = on; }

  // --- The connection. ---

  void Connecting(std::string peer, MonotonicTime now) override;
  void Connected(wire::Link* link, std::string peer, MonotonicTime now) override;
  void Disconnected(std::string_view why, MonotonicTime now) override;
  void Moved(wire::Link* link, std::string peer, MonotonicTime now) override;
  void Receive(std::span<const std::byte> bytes, MonotonicTime now) override;
  const std::optional<wire::Drop>& drop() const override { return drop_; }
  std::optional<std::string> TakeMove() override { return std::exchange(move_to_, std::nullopt); }
  void Close() override;
  // Timers: pings, acks, liveness. Call it every turn of the loop, and at least every 100 ms.
  void Turn(MonotonicTime now);
  // The next session, begun at once, goes on where the owner stands: it has all of `complete`
  // through `through`, and each of `topics` at the sequence `last(id)`, some of it up to `reach`.
  // By what it was given so far the owner is live until `live_until`.
  template <class Fn>
  void ResumeFrom(Position through, const Interest& complete, const Topics& topics, Fn last,
                  Position reach, MonotonicTime live_until) {
    Adopt(topics, last);
    reach_ = std::max(reach_, reach);
    ResumeFrom(through, complete, live_until);
  }
  // The owner has a feed from an earlier run, as above. The first session goes on from there if it
  // is of the same epoch. REQUIRES: there has been no connection.
  template <class Fn>
  void Continue(Epoch epoch, bool paced, Position through, const Interest& complete,
                const Topics& topics, Fn last) {
    epoch_ = epoch;
    paced_ = paced;
    Adopt(topics, last);
    through_ = bookmark_ = reach_ = through;
    complete_ = told_ = complete;
    RecountDigest();
  }
  // The connection is of no more use, for a reason that the owner knows.
  void Abandon(std::string reason) { GiveUp(std::move(reason), kRetryAfterRefusal); }

  // --- To look at. ---

  const FeedState& state() const { return state_; }
  const ClientCounters& counters() const { return counters_; }
  Epoch epoch() const { return epoch_; }
  bool paced() const { return paced_; }
  // Whether the epoch is a recording that is played again. Known when OnNewEpoch comes.
  bool replay() const { return replay_; }
  Position through() const { return bookmark_; }
  // Of what has come of the epoch, nothing is from beyond it.
  Position reach() const { return std::max(reach_, lost_through_); }
  // The interest that is acknowledged: complete through through(), and live after it.
  const Interest& complete() const { return complete_; }
  // Whether all that the owner wants is acknowledged, or refused.
  bool current() const;
  // Of the session that stands.
  wire::Encoding encoding() const { return encoding_; }
  // Whether a session stands.
  bool up() const { return phase_ == Phase::kUp; }
  // How often the interest has been asked for, and what was asked for last: of complete(), what is
  // not in there is about to end.
  uint64_t wants_sent() const { return wants_sent_; }
  const std::vector<Pattern>& asked() const { return asked_; }
  // What the node above holds this session to, as its newest welcome says.
  const wire::Limits& limits() const { return limits_; }
  uint32_t max_patterns() const { return max_patterns_; }
  // Why the node above does not let this user in at all; empty if it does, or is not asked yet.
  const std::string& no_rights() const { return no_rights_; }
  // What of that the node above has refused in this session, and why, of the newest.
  const std::vector<Pattern>& refused() const { return refused_; }
  const std::string& refused_reason() const { return refused_reason_; }
  // Whether the node above has refused all that is wanted.
  bool nothing_allowed() const { return caught_up_ && complete_.empty() && !refused_.empty(); }
  // When the newest answered ping was sent.
  MonotonicTime proved_at() const { return proved_at_; }
  // For how long that proves it to be live.
  MonotonicTime live_until() const { return proved_at_ + options_.stale_after - waiting_; }

 private:
  // After a refusal nothing changes soon; a person or another node must act first.
  static constexpr Nanos kRetryAfterRefusal = std::chrono::seconds(5);

  enum class Phase : uint8_t { kDown, kGreeting, kUp };
  struct TopicState {
    Sequence last;               // newest that the owner has
    uint64_t factor = 0;         // DigestFactor, if in complete_
    bool expects_image = false;  // after a gap
    Position lost_through;       // what is missing up to here has been told
  };

  wire::DecodeError Decode(std::span<const std::byte> bytes, wire::AnyMessage* message);
  void Dispatch(const wire::AnyMessage& message);
  void On(const wire::Welcome& welcome);
  void On(const wire::Refused& refused);
  void On(const wire::Have& have);
  void On(const wire::Names& names);
  void On(const wire::Batch& batch);
  void On(const wire::PackedBatch& batch);
  // `count` records, the i-th of which is record(i).
  template <class RecordAt>
  void TakeBatch(Position after, Position through, wire::Replay replay, size_t count,
                 RecordAt record);
  void On(const wire::Image& image);
  void On(const wire::Gap& gap);
  void TakeGap(GapNotice notice);
  void TakeHeldGaps();
  std::vector<Pattern> Lost(const Pattern& pattern, const GapNotice& gap);
  void On(const wire::Pong& pong);
  void On(const wire::Trace& trace);
  void On(const wire::Proof& proof);
  void On(const wire::End& end);
  void On(const wire::Goodbye& goodbye);
  void OnUnexpected();

  void BeginEpoch(Epoch epoch, bool paced);
  void TakeAway(std::string_view reason);
  void TellHave();
  void ResumeFrom(Position through, const Interest& complete, MonotonicTime live_until);
  template <class Fn>
  void Adopt(const Topics& topics, Fn last) {
    for (const auto& [name, id] : topics.by_name()) {
      topics_.Add(id, name);
      states_.resize(topics_.bound());
      states_[id.value] = {.last = last(id)};
    }
  }
  void KeepLive(MonotonicTime until);
  bool TakeRecord(const wire::Record& record);
  void TakeImage(const TopicImage& image, std::span<const wire::Tick> statuses);
  void ReportGap(TopicId id, Position from, Position to, GapReason reason);
  void SendWants();
  void SendWant(const std::vector<std::pair<Pattern, wire::Start>>& add,
                const std::vector<Pattern>& remove);
  void SendAck();
  MonotonicTime RightNow() const { return options_.clock != nullptr ? options_.clock() : now_; }
  void SendPing();
  void Send(const wire::Message& message);
  void GiveUp(std::string reason, Nanos retry_after = Nanos{0});
  void RecountDigest();
  void AckIfHalf();
  void AskAgain();
  uint32_t Encodings() const;
  uint64_t NewestNs() const;
  FeedState Judge() const;
  bool JudgeLink(FeedState* s) const;
  bool JudgePath(FeedState* s) const;
  std::string HopAbove() const;
  std::string DownCause() const;
  void Publish();
  std::string LinkName() const;

  const ClientOptions options_;
  FeedEvents* const events_;
  ClientCounters counters_;
  MonotonicTime now_;
  wire::Decoder decoder_;
  const char* wrong_ = "";  // with the newest message, if anything

  // The owner's wishes.
  std::vector<Pattern> wanted_;
  std::vector<Backfill> backfills_;  // not asked for on this connection
  bool hold_ = false;
  bool tracing_ = false;

  // The epoch; all of it ends with the epoch.
  Epoch epoch_;
  bool paced_ = false;
  bool replay_ = false;
  Position through_;  // as the owner knows it
  Position reach_;    // of the newest record or image: beyond through_ where a resume broke off
  // The end of the gaps that were told. Images that make up for them may be from there, whatever
  // position the node has reached: its own proofs know of them, another node's do not.
  Position lost_through_;
  Position bookmark_;  // of complete_; behind through_ at a node that is behind the one before
  Interest complete_;
  Interest told_;  // of complete_, what the owner has all of through through_
  Topics topics_;
  std::vector<TopicState> states_;
  uint64_t digest_ = 0;  // of complete_
  std::optional<Position> ended_;

  // The connection; all of it ends with the connection.
  Phase phase_ = Phase::kDown;
  Position reach_before_;  // reach_ when it began
  wire::Link* link_ = nullptr;
  std::optional<wire::Drop> drop_;
  std::optional<std::string> move_to_;
  wire::Encoding encoding_ = wire::Encoding::kPlain;
  std::unique_ptr<wire::PackedReader> packed_;  // null: the session is plain
  MonotonicTime connected_at_;
  uint32_t window_bytes_ = 0;
  uint32_t window_messages_ = 0;
  uint64_t taken_bytes_ = 0;
  uint64_t taken_messages_ = 0;
  uint64_t acked_bytes_ = 0;
  uint64_t acked_messages_ = 0;
  MonotonicTime acked_at_;
  Epoch peer_epoch_;      // as its newest welcome said; 0: it knows of none
  uint32_t version_ = 0;  // of the newest want sent
  uint32_t have_version_ = 0;
  uint64_t wants_sent_ = 0;     // on all connections
  std::vector<Pattern> asked_;  // the session's patterns once version_ is acknowledged
  std::vector<BackfillAnswer>
      asking_;  // backfills in version_, with what is known of their answers
  // Of newest-only, until the image comes that stands for what is missing: if the connection ends
  // before, the next session may bring it.
  std::vector<GapNotice> held_gaps_;
  // A have, and answers to backfills, of which the owner has not been told.
  std::optional<HaveNotice> untold_;
  std::vector<BackfillAnswer> answered_;
  std::string refused_reason_;     // of the newest of refused_
  std::vector<Pattern> refused_;   // of this connection
  std::vector<Pattern> held_;      // the session's patterns as of have_version_
  std::vector<Pattern> refusing_;  // likewise, of a have that goes on
  MonotonicTime pinged_at_;
  bool asked_traces_ = false;  // as the newest ping said
  MonotonicTime batch_at_;     // when the newest batch came
  ClockOffset above_;
  bool caught_up_ = false;  // the first have of this connection has come
  std::vector<Hop> hops_;
  State upstream_ = State::kConnecting;
  std::string upstream_cause_;
  Nanos waiting_{0};

  std::string peer_;
  std::string peer_name_;  // as its last welcome said, as the limits
  wire::Limits limits_;
  uint32_t max_patterns_ = 0;
  std::string down_cause_;
  bool was_live_ = false;
  bool refused_by_peer_ = false;
  std::string no_rights_;
  MonotonicTime proved_at_;
  MonotonicTime keep_live_until_;  // while one session takes the place of another
  MonotonicTime judged_at_;
  FeedState state_;
  std::vector<BackfillAnswer> backfilled_;
  std::vector<wire::Record> records_;  // scratch of one batch
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_FEED_CLIENT_H_
