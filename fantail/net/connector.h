// Keeps a caller connected: one Dealer after another to the endpoints in turn, with a jittered
// wait between them. If the node asks the session to move, the connection to the new node is made
// before the old one is given up.
//
// Thread: one owner, the feed thread.
// Ownership: keeps pointers to context and caller, or lines, which outlive it.
#ifndef FANTAIL_NET_CONNECTOR_H_
#define FANTAIL_NET_CONNECTOR_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/lines.h"
#include "fantail/net/dealer.h"
#include "fantail/net/poller.h"
#include "fantail/wire/links.h"

namespace fantail::net {

// Whether a session may move to `endpoint`, which came over the network.
using MoveFilter = std::function<bool(const std::string& endpoint)>;

class Connector {
 public:
  // `seed` from the system: the jitter of a hundred desks must differ.
  Connector(Context* context, wire::Caller* caller, std::vector<std::string> endpoints,
            MoveFilter may_move, uint64_t seed);

  // Makes, watches and closes the connection; hands what has arrived to the caller, at most `most`
  // messages; none if `poller` found nothing to read. True if there may be more.
  bool Turn(MonotonicTime now, int most, const Poller& poller);
  // Adds what to wait for.
  void AddTo(Poller* poller);
  // Says goodbye and gives what is queued a moment to go out.
  void Close();

 private:
  void Open(MonotonicTime now);
  void BeginMove(MonotonicTime now);
  void GoOnMove(MonotonicTime now);
  void Break(std::string why, Nanos wait, MonotonicTime now);

  Context* const context_;
  wire::Caller* const caller_;
  const std::vector<std::string> endpoints_;
  const MoveFilter may_move_;
  Random random_;
  size_t next_ = 0;
  size_t refused_ = 0;    // the newest attempts, because of keys
  std::string endpoint_;  // of dealer_
  std::unique_ptr<Dealer> dealer_;
  MonotonicTime checked_at_;
  bool told_ = false;  // the caller knows of dealer_
  MonotonicTime opened_at_;
  MonotonicTime open_at_;
  std::unique_ptr<Dealer> next_dealer_;  // to the node that the session moves to
  std::string next_endpoint_;
  MonotonicTime next_opened_at_;
};

// The connectors of all lines: one with all the endpoints in turn if there is one line, else one to
// each endpoint.
class Connectors {
 public:
  // REQUIRES: lines->size() is 1, or the number of endpoints.
  Connectors(Context* context, feed::Lines* lines, const std::vector<std::string>& endpoints,
             const MoveFilter& may_move, uint64_t seed);

  // As Connector's.
  bool Turn(MonotonicTime now, int most, const Poller& poller);
  void AddTo(Poller* poller);
  void Close();

 private:
  std::vector<std::unique_ptr<Connector>> all_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_CONNECTOR_H_
