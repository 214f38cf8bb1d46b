// Where a program serves others: the port that they come to, who may come, the limits of its
// process, and the log of who was given what. What a node and a bus have in common.
//
// Thread: one owner, the main loop.
// Errors: those of the options, in one line.
#ifndef FANTAIL_NODE_PORT_H_
#define FANTAIL_NODE_PORT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fantail/admin/report.h"
#include "fantail/app/access_log.h"
#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/key_options.h"
#include "fantail/app/options.h"
#include "fantail/app/process_guard.h"
#include "fantail/app/reload.h"
#include "fantail/app/values.h"
#include "fantail/net/poller.h"
#include "fantail/net/session_router.h"
#include "fantail/net/sockets.h"
#include "fantail/net/zap.h"

namespace fantail::node {

struct PortOptions {
  app::Endpoint listen;
  app::ByteSize memory{0};  // that the process may have; 0: what there is
  std::string access_log;   // empty: none
};

// Declares `--listen`, where `who` connects.
void AddListenOption(PortOptions* options, std::string_view who, app::CommandLine* line);
// Declares a section: `--rights`, `--access-log`, `--max-memory`.
void AddAccessOptions(PortOptions* options, app::CommonOptions* common, app::CommandLine* line);

// Who is served, and what is asked of it.
class Served {
 public:
  virtual ~Served() = default;
  virtual void Receive(const net::SessionRouter::From& from, wire::Message message,
                       MonotonicTime now) = 0;
  // As FeedServer has them.
  virtual void SetAccess(std::shared_ptr<const Access> access) = 0;
  virtual void ReviewUsers(const std::function<bool(std::string_view user)>& known) = 0;
  virtual void RefuseMore(std::string why) = 0;
  // Gives memory back, and says what.
  virtual std::string ShedMemory() = 0;
};

class Port {
 public:
  Port(const PortOptions& options, const app::CommonOptions& common);

  net::Context* context() { return &context_; }
  wire::Links* links() { return &router_; }
  app::AccessLog* access_log() { return &access_log_; }
  const app::ProcessUse& limits() const { return limits_; }

  // Listens, for that one, and returns where. REQUIRES: it outlives this.
  absl::StatusOr<std::string> Open(Served* served);
  // Takes in what has come, at most `most` messages. True if there may be more.
  bool Turn(MonotonicTime now, const net::Poller& poller, int most);
  void AddTo(net::Poller* poller);
  // What SIGHUP asks for: keys, rights and the access log.
  void Reload() const { reload_.Run(); }
  // Gives goodbyes a moment to go out.
  void Close() { router_.Close(); }

  // The tables of its metrics are app::kGuardMetrics, net::kZapMetrics and app::kAccessLost.
  void Tell(admin::Report* report) const;

 private:
  const PortOptions& options_;
  const app::CommonOptions& common_;
  const app::ProcessUse limits_;
  net::Context context_;
  net::SessionRouter router_;
  app::AccessLog access_log_;
  app::KeyLog key_log_;
  app::Reload reload_;
  Served* served_ = nullptr;
  std::optional<app::ProcessGuard> guard_;
};

}  // namespace fantail::node

#endif  // FANTAIL_NODE_PORT_H_
