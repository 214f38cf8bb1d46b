// Everything behind a desk's FeedClient: prints or shows what comes, says what is wrong, and knows
// when the run is over and how it went.
//
// Thread: the feed thread calls everything; it starts and ends the output thread itself, and the
// two meet only in the queue and in the board's mutex, so nothing here waits for a reader or a
// terminal. Ownership: the owner and the sink outlive it.
//
// A turn of the feed thread's loop:
//   desk.BeginTurn(now);  FeedClient calls the events;  desk.EndTurn();
//   while desk.full(): do not acknowledge;  when wake_fd() is readable: desk.OnWake();
//   until desk.done(); then exit_code().
// REQUIRES: topic and venue ids are dense, as a FeedClient has verified.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_DESK_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_DESK_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "desktop-subscriber/board_loop.h"
#include "desktop-subscriber/gap_lines.h"
#include "desktop-subscriber/object_output.h"
#include "desktop-subscriber/output_queue.h"
#include "desktop-subscriber/output_writer.h"
#include "desktop-subscriber/row_format.h"
#include "desktop-subscriber/row_printer.h"
#include "desktop-subscriber/run_totals.h"
#include "desktop-subscriber/trace_table.h"
#include "desktop-subscriber/watchlist.h"
#include "fantail/feed/feed_events.h"

namespace fantail::desk {

class DeskOwner {
 public:
  virtual ~DeskOwner() = default;
  // The person at the board wants other patterns. Called on the feed thread, inside OnWake; change
  // the watch-list and the client's interest, then tell the desk by SetInterest.
  virtual void OnInterestChange(const InterestChange& change) = 0;
};

struct DeskOptions {
  enum class Format : uint8_t { kRows, kBoard };

  Format format = Format::kRows;
  std::shared_ptr<const RowFormat> rows;  // REQUIRED for kRows
  Clock clock;                            // REQUIRED for kBoard: the output thread's own
  bool with_images = false;
  bool newest_only = false;       // images and what they stand for are all that comes
  std::optional<uint64_t> count;  // stop after exactly so many ticks
  std::optional<Nanos> run_for;
  bool until_end = false;
  bool trace = false;  // where the latency comes from is told at the end, and on the board
  std::string program = "fantail-desk";
  std::string feed = "ticks";
  PreviousCloses closes;
  std::string output;  // of objects: a folder, or `-`; empty: they are no matter of this desk
  size_t queue_bytes = OutputQueue::kDefaultHighMark;
};

class Desk : public feed::FeedEvents {
 public:
  Desk(DeskOptions options, DeskOwner* owner, ByteSink* sink);
  // Stops, and waits for the output thread.
  ~Desk() override;

  // Starts the output thread. Fails if there is to be a board and no terminal for it.
  absl::Status Start(Instant at, const std::vector<Pattern>& interest);
  void SetInterest(const std::vector<Pattern>& patterns);

  void BeginTurn(Instant at) { at_ = at; }
  // Whether the epoch that has just begun is a recording: a person is told, and the board shows it.
  void SetReplay(bool replay);
  // The client's present bound on the age of what is shown, once a turn or whenever it is known.
  void SetAge(Nanos age);
  void EndTurn();

  // Whether the output is so far behind that the client is to hold its acknowledgements.
  bool full() const { return queue_.full(); }
  // Readable when there is room again, a key has asked for something, or the output has ended.
  int wake_fd() const { return queue_.wake_fd(); }
  void OnWake();
  // When to call EndTurn at the latest (--for); none if there is no such time.
  std::optional<MonotonicTime> deadline() const { return deadline_; }

  // Ends the run early, with this exit code: a signal's, or the owner's own. What has come is
  // printed if `flush`, else dropped.
  void Stop(int exit_code, bool flush);
  // Nothing more will come of it: everything is printed, or cannot be.
  bool done() const { return output_done_.load(std::memory_order_acquire); }
  // Waits for done() that long. False: the reader or the terminal is blocked; after Stop, LeaveNow.
  bool WaitUntilDone(std::chrono::milliseconds patience);
  // Ends the process although the output thread is stuck, with the terminal's modes as they were.
  [[noreturn]] static void LeaveNow(int exit_code);
  // How many objects have come whole.
  uint64_t objects() const { return objects_ ? objects_->objects() : 0; }
  // 0 done, 2 there were gaps, 69 --for was over before anybody was reached, 74 the output failed,
  // 75 --for was over before --count or --until-end, 130 Ctrl-C at the board, or what Stop said.
  // REQUIRES: done()
  int exit_code() const;

  const RunTotals& totals() const { return totals_; }
  // Where the latency comes from, in one line; empty if nothing is known of it.
  std::string TraceLine() const { return trace_.OneLine(path_); }

  // FeedEvents:
  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId id, std::string_view name) override;
  void OnImage(const feed::TopicImage& image) override;
  void OnUpdate(const feed::ImageUpdate& update) override;
  void OnPayload(Position of, std::span<const std::byte> bytes) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override { (void)through; }
  void OnGap(const feed::GapNotice& gap) override;
  void OnHave(const feed::HaveNotice& have) override;
  void OnState(const feed::FeedState& state) override;
  void OnEnd(Position at) override;
  void OnTrace(const feed::Trace& trace) override;

 private:
  bool is_board() const { return options_.format == DeskOptions::Format::kBoard; }
  void Say(const std::string& line);
  void Finish();
  void StopBoard();
  void RunOutput(std::unique_ptr<BoardView> view);
  template <class Change>
  void ChangeBoard(Change change);

  const DeskOptions options_;
  DeskOwner* const owner_;
  ByteSink* const sink_;
  OutputQueue queue_;
  RowPrinter printer_;
  GapLines gap_lines_;
  std::optional<ObjectOutput> objects_;
  bool told_of_objects_ = false;
  BoardShared board_;
  RunTotals totals_;
  TraceTable trace_;
  std::vector<feed::Hop> path_;
  MonotonicTime trace_shown_at_;

  // Of the feed thread:
  Instant at_{};
  std::optional<MonotonicTime> deadline_;
  bool finishing_ = false;  // the rest of the feed is ignored
  std::optional<int> stop_code_;
  feed::State state_ = feed::State::kConnecting;
  std::string said_;  // the newest line about the state, without its digits
  MonotonicTime started_at_;
  std::string held_;  // a line about connecting, said if it still holds after a moment

  // Of the output thread, until output_done_:
  OutputOutcome outcome_ = OutputOutcome::kDone;
  std::atomic<bool> output_done_{false};
  std::mutex done_mutex_;
  std::condition_variable done_changed_;
  std::thread output_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_DESK_H_
