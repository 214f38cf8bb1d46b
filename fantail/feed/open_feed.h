// A feed as plain ZeroMQ subscribers get it: each topic's records in batches, and what they must
// know besides under `$fantail/state` and `$fantail/gap` (docs/open-feed.md). No snapshot and no
// proof: images are left out.
//
// Thread: one owner.  Ownership: keeps a pointer to its sink.
// Cost: some hundred nanoseconds a record, whoever wants it.
#ifndef FANTAIL_FEED_OPEN_FEED_H_
#define FANTAIL_FEED_OPEN_FEED_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fantail/base/metric.h"
#include "fantail/feed/feed_events.h"
#include "fantail/feed/open_interest.h"
#include "fantail/wire/message.h"

namespace fantail::feed {

// Where it goes.
class OpenSink {
 public:
  virtual ~OpenSink() = default;
  // `topic` ends with a NUL. Subscribers that have too much waiting do not get it.
  virtual void Publish(std::string_view topic, const wire::Message& message) = 0;
};

struct OpenCounters {
  uint64_t records = 0;   // sent
  uint64_t messages = 0;  // sent, of any kind
  uint64_t bytes = 0;     // of messages, once, however many subscribers got them
  uint64_t gaps = 0;
  uint64_t reserved = 0;  // records of topics that begin as our own do: left out
};

inline constexpr auto kOpenMetrics = std::to_array<Metric<OpenCounters>>({
    {&OpenCounters::records,
     {"fantail_open_feed_sent_ticks_total", Unit::kNone,
      "ticks published, each counted once, however many subscribers got it"}},
    {&OpenCounters::messages,
     {"fantail_open_feed_sent_messages_total", Unit::kNone,
      "messages of any kind published, counted likewise"}},
    {&OpenCounters::bytes,
     {"fantail_open_feed_sent_bytes_total", Unit::kBytes, "bytes of these messages"}},
    {&OpenCounters::gaps,
     {"fantail_open_feed_gaps_total", Unit::kNone, "gaps told to the subscribers"}},
    {&OpenCounters::reserved,
     {"fantail_open_feed_reserved_total", Unit::kNone,
      "ticks left out, for their topics begin as those of the open feed itself"}},
});
static_assert(TellsAll(kOpenMetrics));

class OpenFeed final : public FeedEvents {
 public:
  OpenFeed(std::string feed, OpenSink* sink) : feed_(std::move(feed)), sink_(sink) {}

  // Around the events of a turn. `state` is the newest, with its age; `replay` as Lines has it.
  void BeginTurn(MonotonicTime now) { now_ = now; }
  void EndTurn(const FeedState& state, bool replay);
  // Tells the subscribers that nothing will come any more, and why.
  void Close(std::string_view why);

  // What the node above would not give, and why, if that is news.
  std::string TakeRefusal() { return std::exchange(refusal_, {}); }

  // Whether the feed carries objects, for which there is no open feed.
  bool has_objects() const { return has_objects_; }
  const OpenCounters& counters() const { return counters_; }

  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId id, std::string_view name) override;
  void OnPayload(Position, std::span<const std::byte>) override { has_objects_ = true; }
  void OnRecords(std::span<const wire::Record> records) override;
  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnImage(const TopicImage& image) override { (void)image; }
  void OnUpdate(const ImageUpdate& update) override;
  void OnThrough(Position through) override { (void)through; }
  void OnGap(const GapNotice& gap) override;
  void OnEnd(Position at) override { (void)at; }
  void OnHave(const HaveNotice& have) override;
  void OnState(const FeedState& state) override;

 private:
  void Flush();
  void FlushTopic(std::span<const wire::Record> records);
  void SendState(const FeedState& state);
  void Send(std::string_view topic, const wire::Message& message);

  const std::string feed_;
  OpenSink* const sink_;
  OpenCounters counters_;
  MonotonicTime now_;
  Epoch epoch_;
  bool replay_ = false;
  bool has_objects_ = false;
  std::string refusal_;
  std::vector<std::string> topics_;  // by id, with the NUL; empty: not for subscribers
  std::vector<std::string> venues_;  // by id
  std::vector<wire::Record> waiting_;
  std::optional<MonotonicTime> proved_at_;  // the feed was live then
  std::optional<MonotonicTime> said_at_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_OPEN_FEED_H_
