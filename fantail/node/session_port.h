// The port of a node: what every program with a FeedServer has besides its feed.
//
//   node::SessionPort port_;
//   feed::FeedServer server_;        // of port_.OptionsOf(...), port_.links(), port_.observer()
//   ... port_.Open(&server_)         // at the start
//   ... port_.Turn(now, poller_, n)  // each turn of the loop, before the server's
//
// Thread: one owner, the main loop.
#ifndef FANTAIL_NODE_SESSION_PORT_H_
#define FANTAIL_NODE_SESSION_PORT_H_

#include <string>
#include <string_view>

#include "fantail/app/session_log.h"
#include "fantail/feed/feed_server.h"
#include "fantail/node/port.h"

namespace fantail::node {

struct SessionPortOptions : PortOptions {
  app::ByteSize ring{feed::ServerOptions().ring_bytes};
  app::ByteSize window{feed::ServerOptions().window_bytes};
  uint64_t packed_sessions = feed::ServerOptions().max_packed_sessions;
  uint64_t sessions = feed::ServerOptions().max_sessions;
  uint64_t user_sessions = feed::ServerOptions().max_user_sessions;
  uint64_t patterns = feed::ServerOptions().max_patterns;
};

// Declares all but `--listen`.
void AddSessionPortOptions(SessionPortOptions* options, app::CommonOptions* common,
                           app::CommandLine* line);

class SessionPort final : private Served {
 public:
  SessionPort(const SessionPortOptions& options, const app::CommonOptions& common);

  net::Context* context() { return port_.context(); }
  // Of the server.
  feed::ServerOptions OptionsOf(feed::Role role, NodeId node) const;
  wire::Links* links() { return port_.links(); }
  feed::ServerObserver* observer() { return &session_log_; }

  // As Port's. REQUIRES: the server outlives this.
  absl::StatusOr<std::string> Open(feed::FeedServer* server);
  bool Turn(MonotonicTime now, const net::Poller& poller, int most);
  void AddTo(net::Poller* poller) { port_.AddTo(poller); }
  void Reload() const { port_.Reload(); }
  void Close() { port_.Close(); }
  void Tell(admin::Report* report) const;

 private:
  void Receive(const net::SessionRouter::From& from, wire::Message message,
               MonotonicTime now) override;
  void SetAccess(std::shared_ptr<const Access> access) override;
  void ReviewUsers(const std::function<bool(std::string_view user)>& known) override;
  void RefuseMore(std::string why) override;
  std::string ShedMemory() override;

  const SessionPortOptions& options_;
  const app::CommonOptions& common_;
  Port port_;
  app::SessionLog session_log_;
  feed::FeedServer* server_ = nullptr;
};

}  // namespace fantail::node

#endif  // FANTAIL_NODE_SESSION_PORT_H_
