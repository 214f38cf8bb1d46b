// A market in memory, and the time of the core that works on it: what the benches that need neither
// processes nor sockets are made of.
//
// Thread: one owner.
#ifndef FANTAIL_TOOLS_FANTAIL_BENCH_MARKET_H_
#define FANTAIL_TOOLS_FANTAIL_BENCH_MARKET_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"
#include "fantail/source/sequencer.h"

namespace fantail::bench {

// What this thread has used of its core.
Nanos CpuTime();

// Names and records.
class Market final : public feed::RecordSink {
 public:
  void OnTopic(TopicId, std::string_view name) override { topics_.emplace_back(name); }
  void OnVenue(VenueId, std::string_view name) override { venues_.emplace_back(name); }
  void OnRecords(std::span<const wire::Record> records) override {
    records_.insert(records_.end(), records.begin(), records.end());
  }

  void TellNames(feed::FeedContent* to) const;
  const std::vector<wire::Record>& records() const { return records_; }
  size_t topics() const { return topics_.size(); }

 private:
  std::vector<std::string> topics_;
  std::vector<std::string> venues_;
  std::vector<wire::Record> records_;
};

// Stops the process if not.
void Must(const absl::Status& status);

// Reads the source to its end, into the sequencer, if there is one.
absl::Status Drain(const std::string& spec, source::Sequencer* sequencer);

// So many ticks of a made-up market of 8,000 symbols, as a source.
std::string SyntheticSpec(uint64_t count);

}  // namespace fantail::bench

#endif  // FANTAIL_TOOLS_FANTAIL_BENCH_MARKET_H_
