// Several sessions for one interest, each over a node of its own: lines. The owner gets the first
// copy of every record, and a line that dies, lags or has a gap costs nothing as long as another
// stands.
//
// A line is joined while its records continue what the owner has been given: whatever comes over it
// is given on, and what another line was first with is dropped by its sequence. A gap on one line
// takes it out, unless it is the only one that could do better; it joins again when the others have
// brought the owner to where it stands, and if that does not happen, or nobody else is left, it
// resumes from where the owner stands. So nothing is ever kept waiting here.
//
// With one line all this is out of the way: its FeedClient speaks to the owner.
//
// Thread: one owner.  Ownership: keeps a pointer to the events.
// Cost: a record costs a comparison by topic id, once a line.
#ifndef FANTAIL_FEED_LINES_H_
#define FANTAIL_FEED_LINES_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fantail/feed/feed_client.h"

namespace fantail::feed {

class Lines {
 public:
  // REQUIRES: count > 0
  Lines(const ClientOptions& options, size_t count, FeedEvents* events);
  ~Lines();

  size_t size() const { return lines_.size(); }
  // For its connection.
  FeedClient& line(size_t i);
  const FeedClient& line(size_t i) const;

  // As FeedClient's, for all lines together.
  void SetInterest(std::vector<Pattern> patterns, MonotonicTime now);
  void AskBackfill(const Backfill& backfill);
  void HoldAcks(bool held);
  void SetTracing(bool on);
  // REQUIRES: called after whatever the connections had to say.
  void Turn(MonotonicTime now);
  void Close();

  const std::vector<BackfillAnswer>& backfilled() const;
  const FeedState& state() const;
  // Sums, but records, images and gaps are what the owner was given.
  ClientCounters counters() const;
  bool paced() const;
  bool replay() const;
  Epoch epoch() const;
  // Whether complete() is the answer to all that the owner wants.
  bool current() const;
  Position through() const;
  const Interest& complete() const;
  bool nothing_allowed() const;
  // How often the interest has been asked for, and what was asked for last: of complete(), what is
  // not in there is about to end.
  uint64_t wants_sent() const;
  const std::vector<Pattern>& asked() const;
  MonotonicTime proved_at() const;
  // Gaps of one line that another has filled.
  uint64_t gaps_filled() const { return gaps_filled_; }

 private:
  class Line;
  struct TopicState {
    Sequence last;               // newest that the owner has
    bool open = false;           // promised or wanted
    bool expects_image = false;  // after a gap
    Position lost_through;       // what is missing up to here has been told
    bool anew = false;           // nothing was promised of it: it begins anew, with an image
  };

  void OnNewEpoch(Line* line, bool paced);
  void OnTopic(Line* line, TopicId id, std::string_view name);
  void OnImage(Line* line, const TopicImage& image, std::span<const wire::Tick> statuses);
  void OnRecords(Line* line, std::span<const wire::Record> records);
  void OnThrough(Line* line);
  void OnGap(Line* line, const GapNotice& gap);
  // What is missing on this line, and the owner has not had.
  void Miss(Line* line, const GapNotice& gap);
  void OnRefused(Line* line, const std::vector<Pattern>& patterns, std::string_view reason);
  void OnHave(Line* line);
  void OnEnd(Line* line, Position at);

  bool single() const { return lines_.size() == 1; }
  bool InEpoch(const Line& line) const;
  bool Covers(const Interest& a, const Interest& b) const;
  bool Counts(const Line& line) const;
  void CheckCovers();
  Position Reach() const;
  Line* Widest() const;
  void Advance(Position through);
  void Announce();
  void TellHave(HaveNotice have, bool answers);

  // lines_backfill.cc
  bool Leads(const Line& line) const;
  void AskNeeded();
  void TakeAnswers(Line* line);
  void ForgetUnwantedBackfills();
  // Answers that concern `patterns` count no more.
  void NeedAgain(const std::vector<Pattern>& patterns);
  void OpenTopics(bool promised);
  void TakeOut(Line* line);
  void Settle();
  void Publish();

  FeedEvents* const events_;
  std::vector<std::unique_ptr<Line>> lines_;
  MonotonicTime now_;

  Interest wanted_;
  MonotonicTime asked_at_;  // since when it is wanted
  uint64_t asked_count_ = 0;
  bool announced_ = false;  // complete_ is the answer to wanted_
  bool narrowed_ = false;   // complete_ is less than the owner has been told
  uint32_t version_ = 0;

  // What the owner has been given; all of it ends with the epoch.
  Epoch epoch_;
  bool paced_ = false;
  bool replay_ = false;
  Position through_;
  Position reach_;  // of the newest record
  Position solid_;  // the same, of a line that covers complete_: all of that has come up to here
  Interest complete_;
  Topics topics_;
  std::vector<TopicState> topic_states_;  // by topic id
  bool ended_ = false;

  std::vector<Backfill> needed_;            // asked for by the owner, and not answered
  std::vector<BackfillAnswer> answers_;     // that the owner has not been told
  std::vector<BackfillAnswer> backfilled_;  // that it is just being told
  FeedState state_;
  const FeedClient* speaker_;  // of the line that state_ comes from
  uint64_t records_ = 0;
  uint64_t images_ = 0;
  uint64_t gaps_ = 0;
  uint64_t gaps_filled_ = 0;
  std::vector<wire::Record> fresh_;  // scratch
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_LINES_H_
