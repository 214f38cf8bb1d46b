// For a consumer that wants every record: stands between a feed's client and its owner, and fetches
// over the bus what the client says is missing. What has come is held back meanwhile, and spliced
// on without a hole and without a double. What cannot be had is told as a gap, which is then final.
//
// Its own word on the past: with `from`, the owner is given the history from there on first.
//
//   Lines -> Completer -> Desk
//              |  ^
//              v  |  questions and parts
//           bus::Client
//
// Filled is a gap, what lies between two epochs, and what an image stands for behind either. A gap
// because a proof failed is passed on: of what has come something is wrong, and no fetching mends
// it.
//
// Thread: one owner.  Ownership: keeps pointers to the events below, which outlive it.
// Cost: a comparison by topic id a record while nothing is missing; the records that are held while
//   something is. Beyond `held_bytes` they are dropped, and fetched in their turn.
#ifndef FANTAIL_HISTORY_COMPLETER_H_
#define FANTAIL_HISTORY_COMPLETER_H_

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fantail/feed/feed_events.h"
#include "fantail/feed/interest.h"
#include "fantail/feed/topics.h"
#include "fantail/history/fetch.h"

namespace fantail::history {

struct CompleterOptions {
  FetchOptions fetch;
  // Where to begin, as fantail/tape/range.h reads it; empty: with what is live.
  std::string from;
  std::string zone = "UTC";
  size_t held_bytes = size_t{256} << 20;
};

struct CompleterCounters {
  uint64_t fetched = 0;  // records that were given on from the history
  uint64_t filled = 0;   // stretches that were fetched whole
  uint64_t lost = 0;     // gaps told
  uint64_t overflows = 0;
};

class Completer final : public feed::FeedEvents, private FetchEvents {
 public:
  Completer(CompleterOptions options, feed::FeedEvents* to);

  // Pass it to the client as its events, and the client to it before anything else is called.
  bus::ClientEvents* client_events() { return &fetch_; }
  void set_client(bus::Client* client) { fetch_.set_client(client); }

  void SetInterest(const std::vector<Pattern>& patterns);
  // Timers: before anything else is told, and then every turn of the loop.
  void Turn(MonotonicTime now);

  // Whether what is live is held back.
  bool behind() const { return filling_ || mended_through_ || !held_.empty(); }
  // What the owner is told.
  const feed::FeedState& state() const { return told_; }
  const CompleterCounters& counters() const { return counters_; }
  const FetchCounters& fetch_counters() const { return fetch_.counters(); }
  // Why the newest fetch that failed did, for a person.
  const std::string& problem() const { return problem_; }

  // FeedEvents, from the client:
  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId id, std::string_view name) override;
  void OnImage(const feed::TopicImage& image) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override;
  void OnGap(const feed::GapNotice& gap) override;
  void OnHave(const feed::HaveNotice& have) override;
  void OnState(const feed::FeedState& state) override;
  void OnEnd(Position at) override;
  void OnTrace(const feed::Trace& trace) override { to_->OnTrace(trace); }

 private:
  struct NewEpoch {
    Epoch epoch;
    bool paced;
  };
  struct Topic {
    TopicId id;
    std::string name;
  };
  struct Venue {
    VenueId id;
    std::string name;
  };
  using Records = std::vector<wire::Record>;
  struct Through {
    Position at;
  };
  struct End {
    Position at;
  };
  // What was dropped of one epoch.
  struct Dropped {
    Position from;
    Position to;
  };
  using Item = std::variant<NewEpoch, Topic, Venue, feed::TopicImage, Records, Through,
                            feed::GapNotice, End, Dropped>;

  // Where a topic stands.
  enum class Join : uint8_t {
    kAnew,    // whatever comes next begins it
    kJoined,  // it goes on from `last`
    kOwed,    // it goes on from `last`; what an image hides is to be fetched from `through` on
  };
  struct TopicState {
    Join join = Join::kAnew;
    Sequence last;
    Position through;
    bool unseen = true;
  };

  // A stretch that is being fetched.
  enum class Why : uint8_t {
    kOpening,  // the history that the owner wants first; what comes first begins a topic
    kCatchUp,  // what was published between the end of that and the beginning of what is live
    kClosing,  // the rest of an epoch, before another begins
    kMissing,
  };
  struct Filling {
    Why why = Why::kMissing;
    std::vector<Pattern> patterns;
    Position after;
    Position through;  // 0: to the end of what there is
    feed::GapReason reason = feed::GapReason::kNotHeld;
    bool shared = false;  // others are likely to miss the same
  };
  struct Held {
    Item item;
    size_t bytes;
  };

  void Hold(Item item);
  void Drain();
  void SkipEpoch();
  // After a gap: true if what is held has to wait until the client is whole again, and all that was
  // missing up to there has been given, so that everything comes in its order.
  bool Mend();
  bool WantsMending() const;
  // False if it has to wait; then it is called again.
  bool Take(Item* item);
  bool TakeEpoch(const NewEpoch& begin);
  bool TakeImage(const feed::TopicImage& image);
  // How many were taken. It waits where that is not all of them.
  size_t TakeRecords(std::span<const wire::Record> records);
  bool TakeRecord(const wire::Record& record);
  void TakeName(TopicId id, std::string_view name);
  void TakeVenue(VenueId id, std::string_view name);
  void BeginEpoch(Epoch epoch, bool paced);

  void Fill(Filling filling);
  // Fetches what this topic is owed. False if that is not to be had: it begins anew.
  bool FillUpTo(TopicId id);
  bool OnPart(const Part& part) override;
  void OnFetched(std::string_view problem) override;
  void OweWhatIsKnown(const std::vector<Pattern>& patterns, Position through);
  void Owe(const std::vector<Pattern>& patterns, Position through);
  void Lose(const feed::GapNotice& gap);
  TopicState& StateOf(TopicId id);
  void Publish();

  const CompleterOptions options_;
  feed::FeedEvents* const to_;
  Fetch fetch_;
  MonotonicTime now_;
  feed::Interest interest_;

  // Of the client:
  Epoch live_epoch_;
  std::map<Epoch, Position> reached_;  // what is complete, in the owner's epoch and those behind it
  bool had_ = false;                   // it has said what it has, in its newest epoch
  feed::FeedState state_;

  std::deque<Held> held_;
  size_t held_bytes_ = 0;
  bool dropping_ = false;  // the last of held_ is a Dropped that grows

  // Of the owner:
  Epoch epoch_;
  bool ended_ = false;
  Position through_;
  feed::Topics topics_;
  std::map<VenueId, std::string> venues_;
  std::vector<TopicState> states_;  // by topic id
  feed::Interest owed_;             // of what is not known yet, from owed_through_ on
  Position owed_through_;
  feed::FeedState told_;
  bool told_behind_ = false;

  bool opened_;             // `from` has been dealt with
  bool caught_up_ = false;  // likewise what came after that
  bool closed_ = false;     // the rest of the owner's epoch has been fetched
  bool filling_ = false;
  Filling fill_;
  feed::Interest filled_;                   // fill_.patterns
  std::optional<Position> mended_through_;  // of mended_ all has been given, and more is held
  feed::Interest mended_;
  MonotonicTime mended_at_;
  Position given_through_;                 // of mended_, by what was fetched
  std::optional<MonotonicTime> stuck_at_;  // since when FillUpTo has waited for more to be reached
  Records scratch_;
  std::string problem_;
  CompleterCounters counters_;
};

}  // namespace fantail::history

#endif  // FANTAIL_HISTORY_COMPLETER_H_
