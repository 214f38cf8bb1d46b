// The socket that plain ZeroMQ subscribers connect to.
//
// Thread: one owner, the feed thread.  Ownership: keeps a pointer to its context, which outlives
// it.
// Limits: 2,000 messages wait for each subscriber; it does not get those beyond. How much memory
// its subscriptions take is up to libzmq, and so to whoever can connect.
#ifndef FANTAIL_NET_OPEN_PUBLISHER_H_
#define FANTAIL_NET_OPEN_PUBLISHER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "fantail/feed/open_feed.h"
#include "fantail/net/poller.h"
#include "fantail/net/sockets.h"
#include "fantail/net/users.h"

namespace fantail::net {

class OpenPublisher final : public feed::OpenSink {
 public:
  explicit OpenPublisher(Context* context);
  ~OpenPublisher() override;

  // As SessionRouter's.
  absl::StatusOr<std::string> Bind(const std::string& endpoint);

  void Publish(std::string_view topic, const wire::Message& message) override;

  using Handler = std::function<void(const feed::OpenPeer& peer, std::string_view frame)>;
  // Hands over what subscribers say, at most `most` frames; true if there may be more. What comes
  // with a key that has been taken away is dropped.
  bool Receive(const Handler& handler, int most);
  // Cuts the connections of keys that have been taken away.
  void CutUnknown();
  // As SessionRouter's.
  void SetAccepting(bool accepting);
  // Gives what is queued a moment to go out.
  void Close();

  Poller::Has has() const { return drained_ ? Poller::Has::kNothing : Poller::Has::kUnknown; }
  zmq::socket_t& socket() { return *socket_; }

 private:
  feed::OpenPeer PeerOf(zmq::message_t* frame);

  Context* const context_;
  Users users_;
  absl::flat_hash_map<int, std::string> keys_;  // by the descriptor of a connection, its newest
  std::string bound_;
  std::unique_ptr<zmq::socket_t> socket_;
  bool drained_ = false;  // as SessionRouter's
  // By where libzmq keeps what it knows of the connection.
  absl::flat_hash_map<const char*, std::weak_ptr<const void>> peers_;
  size_t sweep_at_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_OPEN_PUBLISHER_H_
