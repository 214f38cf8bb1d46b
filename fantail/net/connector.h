// Keeps a FeedClient connected: one Dealer after another to the endpoints in turn, with a jittered
// wait between them.
//
// Thread: one owner, the feed thread.
// Ownership: keeps pointers to context and client, which outlive it.
#ifndef FANTAIL_NET_CONNECTOR_H_
#define FANTAIL_NET_CONNECTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/feed_client.h"
#include "fantail/net/dealer.h"
#include "fantail/net/poller.h"

namespace fantail::net {

class Connector {
 public:
  // `seed` from the system: the jitter of a hundred desks must differ.
  Connector(Context* context, feed::FeedClient* client, std::vector<std::string> endpoints,
            uint64_t seed);

  // Makes, watches and closes the connection; hands what has arrived to the client, at most `most`
  // messages; none if `poller` found nothing to read. True if there may be more.
  bool Turn(MonotonicTime now, int most, const Poller& poller);
  // Adds what to wait for.
  void AddTo(Poller* poller);
  // Says goodbye and gives what is queued a moment to go out.
  void Close();

 private:
  void Open(MonotonicTime now);
  void Break(std::string why, Nanos wait, MonotonicTime now);

  Context* const context_;
  feed::FeedClient* const client_;
  const std::vector<std::string> endpoints_;
  Random random_;
  size_t next_ = 0;
  std::string endpoint_;  // of dealer_
  std::unique_ptr<Dealer> dealer_;
  MonotonicTime checked_at_;
  bool told_ = false;  // the client knows of dealer_
  MonotonicTime opened_at_;
  MonotonicTime open_at_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_CONNECTOR_H_
