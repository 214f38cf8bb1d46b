// For a gateway: fetches over the bus what its node above had no more, so that who resumes here
// finds it. What is live goes on meanwhile, and nobody waits for this.
//
//   FeedServer --- holes --> Mender --- questions --> bus::Client
//              <-- records --       <---- parts ----
//
// What does not come at once is tried again as long as the ring reaches back to it.
//
// Thread: one owner.  Ownership: keeps pointers to the server and the client, which outlive it.
// Cost: a part is taken in at once, some thousand records.
#ifndef FANTAIL_HISTORY_MENDER_H_
#define FANTAIL_HISTORY_MENDER_H_

#include <string>
#include <string_view>

#include "fantail/base/metric.h"
#include "fantail/feed/feed_server.h"
#include "fantail/history/fetch.h"

namespace fantail::history {

struct MenderCounters {
  uint64_t mended = 0;  // holes, each time that one was fetched to its end
  uint64_t failed = 0;  // tries
};

inline constexpr auto kMenderMetrics = std::to_array<Metric<MenderCounters>>({
    {&MenderCounters::mended,
     {"fantail_repair_mended_total", Unit::kNone,
      "holes in the ring that were filled from the history"}},
    {&MenderCounters::failed,
     {"fantail_repair_failed_total", Unit::kNone, "tries to fill one that failed"}},
});
static_assert(TellsAll(kMenderMetrics));

class Mender final : private FetchEvents {
 public:
  Mender(FetchOptions options, feed::FeedServer* server)
      : fetch_(std::move(options), this), server_(server) {}

  // Pass it to the client as its events, and the client to it before Turn is called.
  bus::ClientEvents* client_events() { return &fetch_; }
  void set_client(bus::Client* client) { fetch_.set_client(client); }

  void Turn(MonotonicTime now);

  const MenderCounters& counters() const { return counters_; }
  const FetchCounters& fetch_counters() const { return fetch_.counters(); }
  // Why the newest try that failed did, for a person.
  const std::string& problem() const { return problem_; }

 private:
  // The hole after the one that was tried last, round and round; or nullptr.
  const feed::Hole* NextHole() const;
  bool OnPart(const Part& part) override;
  void OnFetched(std::string_view problem) override;

  Fetch fetch_;
  feed::FeedServer* const server_;
  MonotonicTime now_;
  MonotonicTime not_before_;
  Epoch epoch_;        // of the hole that is being filled
  uint64_t hole_ = 0;  // its number
  Position lost_;      // what has been lost of it for good reaches up to here
  std::string problem_;
  MenderCounters counters_;
};

}  // namespace fantail::history

#endif  // FANTAIL_HISTORY_MENDER_H_
