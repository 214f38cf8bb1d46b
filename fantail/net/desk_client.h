// A desk in a program of one's own: keeps a session to a feed, over cuts and moves, and hands
// what comes to the program's events.
//
//   class Prices : public fantail::feed::FeedEvents { ... };
//   Prices prices;
//   fantail::net::DeskClient desk({.endpoints = {"tcp://127.0.0.1:5556"}, .name = "my-desk"},
//                                 &prices);
//   desk.SetInterest({fantail::Pattern("AAP*")});
//   while (!prices.done) desk.Turn(std::chrono::milliseconds(50));
//
// Thread: one owner; the events are called inside Turn and SetInterest.
// Ownership: the events outlive it.
// Errors: none here. What is wrong with the way up is the feed's state, which OnState tells: it is
//   stale after 3 s at the latest. Something else must not hold up Turn for longer.
#ifndef FANTAIL_NET_DESK_CLIENT_H_
#define FANTAIL_NET_DESK_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "fantail/base/pattern.h"
#include "fantail/base/time.h"
#include "fantail/feed/lines.h"
#include "fantail/net/connector.h"
#include "fantail/net/poller.h"
#include "fantail/net/sockets.h"

namespace fantail::net {

struct DeskClientOptions {
  // Of one gateway after the other, where the one before does not answer.
  std::vector<std::string> endpoints;
  std::string feed = "ticks";
  std::string name;  // what others call this program
  // Whether a gateway that is about to stop may send it to this endpoint.
  MoveFilter may_move = [](const std::string&) { return true; };
  // net::ReadKeys (key_folder.h) has them; null if the gateway has none.
  std::shared_ptr<const Keys> keys;
};

class DeskClient {
 public:
  DeskClient(DeskClientOptions options, feed::FeedEvents* events);
  // Says goodbye.
  ~DeskClient();

  void SetInterest(std::vector<Pattern> patterns);
  // Waits at most `wait` for something to come, or until `fd` is readable (-1: none), and takes it.
  void Turn(Nanos wait, int fd = -1);
  // Whether the newest Turn found `fd` readable.
  bool Readable(int fd) const { return poller_.Readable(fd); }
  // While held the gateway sends no more than a window: for who cannot take it now.
  void Hold(bool held) { lines_.HoldAcks(held); }

  const feed::FeedState& state() const { return lines_.state(); }

 private:
  Context context_;
  feed::Lines lines_;
  Connectors connectors_;
  Poller poller_;
  bool more_ = true;  // may have come already
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_DESK_CLIENT_H_
