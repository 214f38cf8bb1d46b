// What a node's sessions do, as lines of the log and of the access log; and the slowest of them,
// for the status line.
//
// Thread: one owner, the feed thread.
#ifndef FANTAIL_APP_SESSION_LOG_H_
#define FANTAIL_APP_SESSION_LOG_H_

#include <string>
#include <string_view>

#include "fantail/app/access_log.h"
#include "fantail/app/log.h"
#include "fantail/feed/feed_server.h"

namespace fantail::app {

class SessionLog final : public feed::ServerObserver {
 public:
  // Tells `access_log` as well, which outlives it.
  explicit SessionLog(AccessLog* access_log) : access_log_(access_log) {}

  // The time of the turn that calls follow from.
  void set_now(MonotonicTime now) { now_ = now; }

  void OnSessionOpened(const feed::Session& session) override;
  void OnSessionClosed(const feed::Session& session, std::string_view reason) override;
  void OnBadMessage(std::string_view who, std::string_view what) override;
  void OnRefused(std::string_view who, std::string_view user, std::string_view reason) override;
  void OnWanted(const feed::Session& session, const feed::WantChange& change) override;

 private:
  AccessLog* const access_log_;
  MonotonicTime now_;
  LimitedLog bad_messages_;
  LimitedLog refusals_;
};

// How far a session lags, to compare it with others: bytes on their way, and 64 KiB a message that
// waits.
uint64_t LagOf(const feed::Session& session);
// What waits for its window.
uint64_t WaitingMessages(const feed::Session& session);

// ", slowest desk-7 (512.0 kB on the way)", or nothing if no session has anything unacknowledged.
std::string DescribeSlowest(const feed::FeedServer& server);

// `text` from a peer, without a byte that could upset a terminal, and shortened.
std::string Harmless(std::string_view text);

}  // namespace fantail::app

#endif  // FANTAIL_APP_SESSION_LOG_H_
