// Writes a feed into a folder of segments, as a journal and a recorder do. What has been committed
// survives the process. A full segment is closed, and sealed (packed and compressed) beside the
// next one on a thread of this writer, which also brings data to the disk and deletes old segments.
//
// The folder's lock file keeps a second writer out, and says how the last one ended.
//
// Thread: one owner. Its own thread touches only closed segments, and syncs the open one.
// Cost: some 90 ns a record, most of it the copy into the kernel; an image of every topic.
// Errors: a status that names the file. The first one stays, and nothing is written behind it.
#ifndef FANTAIL_TAPE_TAPE_WRITER_H_
#define FANTAIL_TAPE_TAPE_WRITER_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fantail/base/time.h"
#include "fantail/tape/segment_writer.h"
#include "fantail/tape/tape_state.h"

namespace fantail::tape {

enum class SyncMode : uint8_t {
  kNever,     // when the system likes
  kInterval,  // once in a sync_interval
  kAlways,    // before each Commit returns
};

// How the last writer of a folder ended.
struct LastRun {
  bool known = false;       // there was one
  bool closed = false;      // it closed the tape
  bool incomplete = false;  // it went on without writing everything
  bool same_boot = false;   // the machine has not been restarted since
  SyncMode sync = SyncMode::kNever;
};

class TapeWriter : public feed::FeedContent {
 public:
  struct Options {
    std::string folder;
    Head head;  // feed, writer, patterns, source; the rest is filled in
    SyncMode sync = SyncMode::kInterval;
    Nanos sync_interval = std::chrono::seconds(1);
    // 1.2 million records: small to seal, large beside its checkpoint.
    uint64_t segment_bytes = uint64_t{64} << 20;
    // Sealed segments beyond these go, the oldest first; 0: none does.
    uint64_t keep_bytes = 0;
    Nanos keep_age{0};
    bool seal_at_close = false;
  };

  // Makes the folder if need be, locks it, and reads where the tape ends. What the folder holds is
  // not touched before something is to be written.
  static absl::StatusOr<std::unique_ptr<TapeWriter>> Open(Options options);
  // Closes the tape if nobody has.
  ~TapeWriter();

  // What the tape holds at its end: an epoch of 0 is an empty one.
  const TapeState& state() const { return state_; }
  const LastRun& last_run() const { return last_run_; }
  // The newest segment's, when the tape was opened.
  const Head& last_head() const { return last_head_; }

  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override { state_.OnTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { state_.OnVenue(id, name); }
  void OnImage(const feed::TopicImage& image) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override { state_.OnThrough(through); }
  void OnGap(const feed::GapNotice& gap) override;
  void OnEnd(Position at) override;

  // For the next segment's head.
  void set_source(std::string source, uint64_t rows);
  // Writes what has been told since the last one. Nothing that it holds is lost with the process
  // when it returns, nor with the machine if the mode is kAlways.
  absl::Status Commit(WallTime now);
  // Whatever comes is forgotten from now on, and the folder says that its tape is incomplete.
  absl::Status Abandon();
  absl::Status Close();

  uint64_t bytes_written() const { return bytes_written_; }
  // What went wrong on the other thread since the last call: one line each.
  std::vector<std::string> TakeProblems();

 private:
  explicit TapeWriter(Options options) : options_(std::move(options)) {}

  absl::Status Lock();
  absl::Status Load();
  absl::Status WriteLock(const char* ending);
  bool Ready();
  absl::Status StartSegment();
  absl::Status EndSegment();

  // On the other thread.
  void KeepHouse();
  void Seal(const std::string& path);
  void DeleteOld();
  void AddProblem(const absl::Status& status);

  const Options options_;
  int lock_fd_ = -1;
  LastRun last_run_;
  Head last_head_;
  Head head_;  // of the next segment
  TapeState state_;
  std::shared_ptr<SegmentWriter> segment_;
  Position source_since_;  // head_.source_rows goes with this position
  WallTime now_;
  absl::Status status_;
  bool began_ = false;  // to write
  bool abandoned_ = false;
  bool closed_ = false;
  uint64_t bytes_written_ = 0;
  uint64_t segment_counted_ = 0;  // bytes of segment_ that are in bytes_written_

  std::mutex mutex_;  // over all below
  std::condition_variable wake_;
  bool stop_ = false;
  std::deque<std::string> to_seal_;
  std::shared_ptr<SegmentWriter> to_sync_;
  std::vector<std::string> problems_;
  std::thread housekeeper_;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_TAPE_WRITER_H_
