// What --trace shows: where the latency of a feed comes from, hop by hop, over all traces of the
// path as it is.
//
// Thread: one owner.
// Cost: a quarter of a megabyte for each hop's time and each way, as long as the path stays.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_TRACE_TABLE_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_TRACE_TABLE_H_

#include <optional>
#include <string>
#include <vector>

#include "fantail/base/histogram.h"
#include "fantail/feed/feed_events.h"

namespace fantail::desk {

class TraceTable {
 public:
  // Another path begins the table anew.
  void Add(const feed::Trace& trace);

  size_t traces() const { return traces_; }
  // `0.8 ms: hq 0.1 ms, 0.5 ms (+-0.1) to branch-1 0.1 ms, 0.1 ms (+-0.1) to here`: medians. Names
  // are those of `path`. Empty before the first trace.
  std::string OneLine(const std::vector<feed::Hop>& path) const;
  // A line for each hop and each way, with p50, p99 and the longest.
  std::vector<std::string> Lines(const std::vector<feed::Hop>& path) const;

 private:
  struct Row {
    NodeId node;
    std::optional<Nanos> error;  // of the newest way to this hop; nothing: it is not known
    LatencyHistogram way;        // to this hop
    LatencyHistogram held;
  };

  std::vector<Row> rows_;  // from the publisher down to this desk
  LatencyHistogram all_;
  size_t traces_ = 0;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_TRACE_TABLE_H_
