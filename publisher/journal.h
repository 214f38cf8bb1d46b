// The publisher's journal: every record is on a tape before it is published, so that a publisher
// that is killed goes on with the same epoch, at the next position and the next row of its source.
//
// It goes on only where no position can have been published with another content: the last run
// closed the journal, or the machine has not been restarted since, or every record was brought to
// the disk before it was published. Otherwise a new epoch begins, and so it does for a new source
// behind the end of the feed.
//
// Thread: one owner, the publisher's feed thread.  Ownership: keeps a pointer to where the records
// go from here, which outlives it.
// Cost: TapeWriter's; with `sync` kAlways a turn waits for the disk.
// Errors: Open and Restore fail with one line. What fails later is told by problem(), once.
#ifndef FANTAIL_PUBLISHER_JOURNAL_H_
#define FANTAIL_PUBLISHER_JOURNAL_H_

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>

#include "fantail/base/metric.h"
#include "fantail/feed/feed_server.h"
#include "fantail/source/sequencer.h"
#include "fantail/tape/tape_archive.h"
#include "fantail/tape/tape_writer.h"

namespace fantail::publisher {

struct JournalOptions {
  std::string folder;
  std::string feed;
  std::string source;       // what --source says
  bool repeatable = false;  // the source gives the same rows again
  bool new_epoch = false;   // begin one in any case
  bool publish_anyway = false;
  tape::SyncMode sync = tape::SyncMode::kInterval;
  uint64_t keep_bytes = 0;
  Nanos keep_age{0};
};

inline constexpr MetricInfo kJournalBytes = {"fantail_journal_written_bytes_total", Unit::kBytes,
                                             "bytes written to the journal"};

class Journal : public feed::RecordSink {
 public:
  static absl::StatusOr<std::unique_ptr<Journal>> Open(JournalOptions options,
                                                       feed::RecordSink* next);

  // Whether the epoch of the journal goes on; if not, why, for the log.
  bool continues() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }
  // Of the journal's newest; 0 if it is empty.
  Epoch epoch() const { return tape_->state().epoch(); }
  Position head() const { return tape_->state().through(); }
  // Good rows of the source that are in the journal already.
  uint64_t rows_to_skip() const { return rows_to_skip_; }

  // Brings a server whose epoch has begun, and the sequencer, to where the journal ends; the server
  // gets as many of the newest records as its ring holds. REQUIRES: continues().
  absl::Status Restore(size_t ring_bytes, feed::FeedServer* server, source::Sequencer* sequencer);
  // REQUIRES: !continues(), and that `epoch` is above epoch().
  void BeginEpoch(Epoch epoch, bool paced);
  // All that is published in the epoch. REQUIRES: continues(), or an epoch has begun.
  feed::Archive* archive() { return &*archive_; }

  // The time that the next segments bear.
  void set_now(WallTime now) { now_ = now; }
  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId id, std::string_view name) override;
  // Passed on when they are in the journal, or need not be. After a failure they are not, unless
  // the owner wants to publish anyway.
  void OnRecords(std::span<const wire::Record> records) override;
  // False if that cannot be written; then nothing may be said of the end.
  bool OnEnd(Position at);
  absl::Status Close() { return tape_->Close(); }

  // Nothing more can be published.
  bool stopped() const { return stopped_; }
  // What went wrong since the last call, one line each.
  std::vector<std::string> TakeProblems();
  uint64_t bytes_written() const { return tape_->bytes_written(); }

 private:
  Journal(JournalOptions options, feed::RecordSink* next, std::unique_ptr<tape::TapeWriter> tape);

  std::string WhyNot() const;
  void Fail(const absl::Status& status);

  const JournalOptions options_;
  feed::RecordSink* const next_;
  const std::unique_ptr<tape::TapeWriter> tape_;
  std::optional<tape::TapeArchive> archive_;
  std::string why_not_;
  uint64_t rows_to_skip_ = 0;
  WallTime now_;
  bool writing_ = true;
  bool stopped_ = false;
  std::vector<std::string> problems_;
};

}  // namespace fantail::publisher

#endif  // FANTAIL_PUBLISHER_JOURNAL_H_
