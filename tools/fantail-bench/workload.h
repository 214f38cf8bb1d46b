// What all relays carry in one comparison: the same topics, the same ticks in the same order, the
// same subscribers. Symbols, their popularity and the clusters in which they tick are those of the
// publisher's made-up market.
//
// Thread: built by one, then read by any.  Cost: 4 MB; a tick costs a copy of 56 bytes.
#ifndef FANTAIL_BENCH_WORKLOAD_H_
#define FANTAIL_BENCH_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fantail/base/pattern.h"
#include "fantail/wire/tick.h"

namespace fantail::bench {

enum class InterestKind : uint8_t {
  kAll,        // every subscriber takes everything
  kWatchlists  // 50 symbols, the popular ones more often, and two one-letter prefixes each
};

class Workload {
 public:
  Workload(size_t subscribers, InterestKind kind);

  size_t subscribers() const { return interests_.size(); }
  size_t topics() const { return names_.size(); }
  // By topic id.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Pattern>& interest(size_t subscriber) const { return interests_[subscriber]; }
  bool Wants(size_t subscriber, TopicId topic) const {
    return wants_[subscriber * topics() + topic.value] != 0;
  }
  // How many subscribers want it.
  uint32_t wanted_by(TopicId topic) const { return wanted_by_[topic.value]; }

  // The ticks are these, again and again; they have no sequence yet.
  const std::vector<wire::Tick>& ring() const { return ring_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<Pattern>> interests_;
  std::vector<uint8_t> wants_;
  std::vector<uint32_t> wanted_by_;
  std::vector<wire::Tick> ring_;
};

// The ticks of one run, numbered within their topics.
class TickStream {
 public:
  explicit TickStream(const Workload* workload) : workload_(workload), last_(workload->topics()) {}

  // The next ones, stamped with `time_ns`, behind what `ticks` holds.
  void Append(size_t count, int64_t time_ns, std::vector<wire::Tick>* ticks);

 private:
  const Workload* const workload_;
  std::vector<Sequence> last_;
  size_t next_ = 0;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_WORKLOAD_H_
