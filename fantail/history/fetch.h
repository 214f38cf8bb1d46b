// Fetches a stretch of the past over the bus, in order, each record once, whatever happens to the
// servers meanwhile.
//
// Positions are asked for in aligned blocks, the same for everybody, so that the bus can give many
// who miss the same one answer: blocks of kLeast positions at the edges of the stretch and larger
// ones, powers of two, between them.
//
// Thread: one owner.  Ownership: keeps pointers to the client and the events, which outlive it.
#ifndef FANTAIL_HISTORY_FETCH_H_
#define FANTAIL_HISTORY_FETCH_H_

#include <optional>
#include <string>
#include <string_view>

#include "fantail/base/metric.h"
#include "fantail/bus/client.h"
#include "fantail/history/messages.h"

namespace fantail::history {

// A block of positions (after, through].
struct Block {
  Position after;
  Position through;
};
inline constexpr uint64_t kLeastBlock = 4096;
inline constexpr uint64_t kGreatestBlock = 262144;
// The block with position `after` + 1 of a stretch that ends at `through`.
Block BlockAt(Position after, Position through);

class FetchEvents {
 public:
  virtual ~FetchEvents() = default;
  // The next part, joining on to the one before: only what has not been given. False if it cannot
  // be true: then the fetch has failed.
  virtual bool OnPart(const Part& part) = 0;
  // All that there is has been given, or `problem` says why no more can be had. Fetch is idle.
  virtual void OnFetched(std::string_view problem) = 0;
};

struct FetchOptions {
  std::string feed = "ticks";
  uint64_t bytes_per_second = 0;  // 0: as fast as it goes
  // Without progress for so long, what is missing is taken for lost.
  Nanos patience = std::chrono::seconds(5);
};

struct FetchCounters {
  uint64_t questions = 0;
  uint64_t bytes = 0;
  uint64_t records = 0;
};

inline constexpr auto kFetchMetrics = std::to_array<Metric<FetchCounters>>({
    {&FetchCounters::questions,
     {"fantail_repair_questions_total", Unit::kNone, "blocks asked of the history"}},
    {&FetchCounters::bytes,
     {"fantail_repair_received_bytes_total", Unit::kBytes, "bytes of its answers"}},
    {&FetchCounters::records,
     {"fantail_repair_records_total", Unit::kNone, "records taken from them"}},
});
static_assert(TellsAll(kFetchMetrics));

class Fetch final : public bus::ClientEvents {
 public:
  Fetch(FetchOptions options, FetchEvents* events)
      : options_(std::move(options)), events_(events) {}
  // Before the first Begin. It asks nobody else.
  void set_client(bus::Client* client) { client_ = client; }

  // REQUIRES: idle(). With positions and a `through`, all of that is fetched, or OnFetched says
  // what is missing; otherwise what the servers have. If many are likely to miss the same, it
  // begins with a whole block.
  void Begin(Question question, bool shared, MonotonicTime now);
  void Cancel();
  bool idle() const { return !question_; }
  // Of the epoch that the newest part had, everything up to here has been given.
  Epoch epoch() const { return epoch_; }
  Position at() const { return at_; }
  void Turn(MonotonicTime now);

  const FetchCounters& counters() const { return counters_; }

 private:
  void OnAnswer(uint64_t id, bus::Body body, bool last) override;
  void OnRestart(uint64_t id) override;
  void OnFailure(uint64_t id, bus::FailureCode code, std::string_view reason) override;

  bool in_blocks() const { return question_->epoch.value != 0 && question_->through.value != 0; }
  void Ask();
  bool Clip(Part* part) const;
  void EndOfAnswer();
  void TryAgain(std::string_view why);
  void Finish(std::string_view problem);

  const FetchOptions options_;
  FetchEvents* const events_;
  bus::Client* client_ = nullptr;
  MonotonicTime now_;
  std::optional<Question> question_;
  bool shared_ = false;
  uint64_t id_ = 0;  // of the request in hand
  Epoch epoch_;
  Position at_;
  bool moved_ = false;  // this request has brought something
  uint32_t tries_ = 0;  // since the last progress
  MonotonicTime progress_at_;
  std::optional<MonotonicTime> failed_at_;  // and nothing has come since
  std::optional<MonotonicTime> ask_at_;
  std::string problem_;  // of the newest try

  size_t untaken_ = 0;  // bytes that came and were not yet taken, for the rate
  MonotonicTime taken_at_;
  PartReader reader_;
  Part part_;
  FetchCounters counters_;
};

}  // namespace fantail::history

#endif  // FANTAIL_HISTORY_FETCH_H_
