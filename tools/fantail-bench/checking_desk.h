// A desk that holds all that it is given against what was published: a FeedClient over a Connector,
// as fantail-desk has them, without the printing.
//
// Thread: one owner.  Ownership: keeps pointers to the context and the publisher, which outlive it.
#ifndef FANTAIL_BENCH_CHECKING_DESK_H_
#define FANTAIL_BENCH_CHECKING_DESK_H_

#include <string>
#include <vector>

#include "fantail/base/histogram.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_client.h"
#include "fantail/net/connector.h"
#include "fantail/net/poller.h"
#include "tools/fantail-bench/known_publisher.h"

namespace fantail::bench {

class CheckingDesk final : private feed::FeedEvents {
 public:
  CheckingDesk(std::string name, const std::string& endpoint, net::Context* context,
               const KnownPublisher* truth, std::vector<Pattern> interest = {Pattern("*")});

  void Turn(MonotonicTime now, const net::Poller& poller);
  void AddTo(net::Poller* poller) { connector_.AddTo(poller); }

  void Close() { connector_.Close(); }

  bool live() const { return client_.state().state == feed::State::kLive; }
  const feed::FeedState& state() const { return client_.state(); }
  const feed::ClientCounters& counters() const { return client_.counters(); }
  // When the newest that it shows was made.
  WallTime newest() const { return newest_; }
  // From now on, how old ticks are when they come. Not owned; null: no more.
  void MeasureLatency(LatencyHistogram* latency) { latency_ = latency; }
  // How long what it shows has been out of date.
  Nanos DataAge(MonotonicTime now) const { return truth_->AgeOf(shown_, now); }
  bool HasAll() const { return truth_->IsAll(shown_); }
  // Ticks that a gap has announced as lost; and whatever came against the rules: out of order,
  // twice, missing without a gap, or with another price than was published.
  uint64_t lost() const { return lost_; }
  uint64_t wrong() const { return wrong_; }

 private:
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage& image) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice& gap) override;
  void OnHave(const feed::HaveNotice&) override {}
  void OnState(const feed::FeedState&) override {}
  void OnEnd(Position) override {}
  void Check(size_t topic, const wire::Tick& tick);

  const KnownPublisher* const truth_;
  std::vector<size_t> topics_;   // by id
  std::vector<Sequence> shown_;  // by topic
  std::vector<bool> announced_;  // by topic: a gap, until its image
  std::vector<bool> seen_;       // by topic: it has had an image or a record
  WallTime newest_;
  LatencyHistogram* latency_ = nullptr;
  uint64_t lost_ = 0;
  uint64_t wrong_ = 0;
  feed::FeedClient client_;
  net::Connector connector_;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_CHECKING_DESK_H_
