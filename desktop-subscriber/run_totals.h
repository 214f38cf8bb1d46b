// What a run of the desk adds up to, for its exit code and its summary.
//
// Thread: the feed thread.  Cost: per record a look-up and a histogram entry, about 5 ns.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_RUN_TOTALS_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_RUN_TOTALS_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fantail/base/histogram.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"

namespace fantail::desk {

class RunTotals {
 public:
  void NewEpoch();
  void Topic(TopicId id, std::string_view name);
  // `live`: whether they come as they are made, so that their latency means something.
  void Records(std::span<const wire::Record> records, bool live, WallTime now);
  void Image(const feed::TopicImage& image);
  void Gap(const feed::GapNotice& gap);

  uint64_t ticks() const { return ticks_; }
  uint64_t images() const { return images_; }
  uint64_t gaps() const { return gaps_; }
  // Records known to be missing: what a topic's sequence has jumped over after a gap was announced.
  uint64_t lost() const { return lost_; }
  const LatencyHistogram& latency() const { return latency_; }

  // `key value` lines: ticks, images, gaps, lost, bytes_received, latency_p50_us, latency_p99_us,
  // first_position, last_position. The latencies are left out where they mean nothing: no live tick
  // came, or the ticks' times are not this day's (a replay).
  std::vector<std::pair<std::string, std::string>> Summary(uint64_t bytes_received) const;

 private:
  struct TopicState {
    std::string name;
    Sequence last;
    bool in_gap = false;
  };

  void See(TopicId id, Sequence first, Sequence last);

  std::vector<TopicState> topics_;
  uint64_t ticks_ = 0;
  uint64_t images_ = 0;
  uint64_t gaps_ = 0;
  uint64_t lost_ = 0;
  Position first_;
  Position last_;
  LatencyHistogram latency_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_RUN_TOTALS_H_
