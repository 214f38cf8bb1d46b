// A change of a session's interest on its way into the session's stream: names, a replay from the
// ring or the archive for what is resumed, images for what is fresh, older records where they were
// asked for; and then the session joins the group of its new interest, with nothing missing and
// nothing twice.
//
// The topics already brought up are `included_`: all of them are complete through `cursor_`, and
// each step first brings them up to the head again. So an image chunk is cut at exactly the
// position that everything before it has reached. What the session had before goes on living in its
// group meanwhile.
//
// Thread: one owner, the FeedServer.
// Limits: one message a step, into the session's outbox; 2 MiB of images where a replay cannot
// catch up.
#ifndef FANTAIL_FEED_SPLICE_H_
#define FANTAIL_FEED_SPLICE_H_

#include <functional>
#include <vector>

#include "fantail/feed/epoch_state.h"
#include "fantail/feed/session.h"

namespace fantail::feed {

class Splice {
 public:
  enum class Progress : uint8_t {
    kWaiting,  // for the node above: call again when the coverage has changed
    kMore,     // something is in the outbox; call again when it has been sent
    kLater,    // likewise; but it took its time, so that others come first
    kDone,     // with what is in the outbox, everything is included and complete through the head
  };

  explicit Splice(WantChange change) : change_(std::move(change)) {}

  // REQUIRES: the session has sent all of its outbox and log, and the groups are sealed. `ask` is
  // called with requests for the node above; empty if there is none.
  Progress Step(const EpochState& state, Session* session, MonotonicTime now,
                const std::function<void(Backfill)>& ask);

  // A topic was born that this change wants: nothing of it is missing.
  void AddBornTopic(const EpochState& state, TopicId id, Session* session);

  // When done: the session's new interest, and what it is told.
  const WantChange& change() const { return change_; }
  bool resolved() const { return resolved_; }
  // Whether the node above refuses something of it.
  bool refused_above() const { return refused_above_; }
  // Of a newest-only session: what it goes on with where it stopped, or, of one that is too slow,
  // where it began here. Nothing is replayed of that.
  const Interest& resumed() const { return resumed_; }
  Position resumed_after() const { return resumed_after_; }

 private:
  // Decides for every added pattern what it will get; false if that must wait.
  bool Resolve(const EpochState& state, const Session& session,
               const std::function<void(Backfill)>& ask);
  bool ResolveOne(const EpochState& state, const Pattern& pattern, const wire::Start& start,
                  const std::function<void(Backfill)>& ask);
  void Begin(const EpochState& state, Session* session);
  // Whether the session has all of `pattern` already, and wants nothing older of it.
  bool Had(const Session& session, const Pattern& pattern, const wire::Start& start) const {
    return start.kind != wire::StartKind::kBackfill && session.interest.Covers(pattern);
  }
  void BeginTopic(const EpochState& state, TopicId id, wire::StartKind kind);
  void SendNames(const EpochState& state, Session* session);
  void BeginObjects(const EpochState& state, Session* session);
  void SendGap(const EpochState& state, Session* session, Position after,
               std::vector<Pattern> patterns, GapReason reason);
  Position HeldFrom(const EpochState& state) const;
  bool CatchUpWithGaps(const EpochState& state, Session* session);
  void SendShortfall(const Backfill& backfill, Session* session);
  bool LosesGround(const EpochState& state, MonotonicTime now);
  void AnnounceSince(const EpochState& state, size_t until, Session* session);
  void StartOver(const EpochState& state, Session* session, GapReason reason);
  // The records in (*cursor, through] that `wanted` accepts, as many as one message holds; *cursor
  // is how far that went. Nothing if they are not held any more.
  template <class Wanted>
  std::optional<std::vector<wire::Record>> Slice(const EpochState& state, Position through,
                                                 Wanted wanted, Position* cursor);
  void ReplayIncluded(const EpochState& state, Session* session);
  size_t SendImages(const EpochState& state, Session* session);
  void SendBackfill(const EpochState& state, Session* session);
  bool Includes(TopicId id) const { return id.value < included_.size() && included_[id.value]; }
  void Include(TopicId id) {
    if (id.value >= included_.size()) included_.resize(id.value + 1);
    included_[id.value] = true;
  }

  WantChange change_;
  Interest interest_;  // of everything that is brought up here
  // A gateway takes a record for a sign that all of its interest has come up to there. To a session
  // that is too slow that is not true: what its topics missed is told with their next image.
  bool conflated_ = false;
  Interest resumed_;
  Position resumed_after_;
  bool resolved_ = false;
  bool refused_above_ = false;
  uint64_t seen_generation_ = 0;  // of the coverage, when it was last looked at
  struct Asked {
    Pattern pattern;
    Position after;
    uint64_t count;  // Coverage::answer_count() when it was asked
  };
  std::vector<Asked> asked_;  // of the node above

  Position held_from_;       // HeldFrom, when it was last looked at
  bool start_over_ = false;  // it has risen since

  std::vector<bool> included_;  // by topic id
  std::vector<bool> begun_;     // likewise: has a place in names_ and in included_ or to_image_
  Position cursor_;
  // By topic id: records before this sequence are left out, where it is not 0.
  std::vector<Sequence> from_;
  std::vector<TopicId> names_;
  std::vector<TopicId> to_image_;
  size_t imaged_ = 0;
  std::vector<Backfill> backfills_;
  std::unique_ptr<ArchiveReader> archive_;  // once something older than the ring is wanted
  bool read_archive_ = false;               // in this step
  bool backfill_lost_ = false;              // what is live has a gap since they were asked for
  bool hurry_ = false;                      // the link is too slow for images and replays by turns
  // How far the replay was behind the head, and when.
  uint64_t behind_ = 0;
  MonotonicTime measured_at_;
  MonotonicTime stepped_at_;
  // What is announced as lost: these patterns, up to gap_to_, for this reason.
  Interest lost_;
  Position gap_to_;
  GapReason gap_reason_ = GapReason::kNotHeld;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_SPLICE_H_
