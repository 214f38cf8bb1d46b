// Where the latency of a feed comes from, node by node: a session that traces is told now and then
// how long each node of the path held what it passed on, and how long that was on its way between
// them. A way is measured between two clocks, and how far these are apart is bounded by a ping and
// its answer: to half the time that those were on their way.
//
// Thread: values, one owner each.
#ifndef FANTAIL_FEED_TRACE_H_
#define FANTAIL_FEED_TRACE_H_

#include <optional>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"

namespace fantail::feed {

struct TraceHop {
  struct Way {
    Nanos took{0};   // from being sent by the node above to being taken in, in all queues between
    Nanos error{0};  // of that, either way
  };
  NodeId node;
  std::optional<Way> way;  // none at a publisher, and while the clocks cannot be compared
  Nanos held{0};           // from being taken in to being sent on; 0 where it has ended
};

// From the publisher down; the last is who holds this. Each hop tells of the newest batch that it
// has measured.
struct Trace {
  std::vector<TraceHop> hops;
};

// By how much one clock is ahead of another, from exchanges over the link between them.
class ClockOffset {
 public:
  struct Estimate {
    Nanos ahead{0};
    Nanos error{0};  // either way
  };

  // A ping left here at `asked`, was answered there at `answered`, by the clock there, and the
  // answer came here at `heard`. An exchange that took longer than an earlier one adds nothing,
  // until that is so old that the clocks may have drifted further apart.
  void Add(MonotonicTime asked, MonotonicTime answered, MonotonicTime heard);
  // With the error that it may have by now; nothing before the first exchange.
  std::optional<Estimate> At(MonotonicTime now) const;

 private:
  std::optional<Estimate> best_;
  MonotonicTime heard_;  // of best_
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_TRACE_H_
