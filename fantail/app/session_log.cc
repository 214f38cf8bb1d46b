#include "fantail/app/session_log.h"

#include "fantail/app/status_line.h"
#include "fantail/base/printable.h"

namespace fantail::app {

std::string Harmless(std::string_view text) {
  constexpr size_t kMostBytes = 100;
  return EscapeUnprintable(text.substr(0, kMostBytes));
}

void SessionLog::OnSessionOpened(const feed::Session& session) {
  const bool no_room = session.Reads(wire::Encoding::kPacked) && session.packing == nullptr;
  LogInfo("session {} ({}{}) opened, {}{}", Harmless(session.name), feed::RoleName(session.role),
          session.user.empty() ? "" : ", user " + session.user,
          wire::EncodingName(session.encoding),
          no_room ? ": there is no room for another packed one, see --packed-sessions" : "");
}

void SessionLog::OnSessionClosed(const feed::Session& session, std::string_view reason) {
  LogInfo("session {} closed: {}; {} sent", Harmless(session.name), Harmless(reason),
          FormatBytes(session.sent_bytes));
}

void SessionLog::OnBadMessage(std::string_view who, std::string_view what) {
  bad_messages_.Warn(now_, "a bad message from {}: {}", Harmless(who), Harmless(what));
}

void SessionLog::OnRefused(std::string_view who, std::string_view reason) {
  refusals_.Warn(now_, "session {} refused: {}", Harmless(who), Harmless(reason));
}

uint64_t WaitingMessages(const feed::Session& session) {
  const uint64_t log = session.group == nullptr ? 0 : session.group->log_end() - session.next;
  return log + session.outbox.size();
}

uint64_t LagOf(const feed::Session& session) {
  return session.sent_bytes - session.acked_bytes + (WaitingMessages(session) << 16);
}

std::string DescribeSlowest(const feed::FeedServer& server) {
  const feed::Session* slowest = nullptr;
  uint64_t most = 0;
  server.ForEachSession([&](const feed::Session& session) {
    if (LagOf(session) <= most) return;
    most = LagOf(session);
    slowest = &session;
  });
  if (slowest == nullptr) return "";
  return fmt::format(", slowest {} ({} on the way)", Harmless(slowest->name),
                     FormatBytes(slowest->sent_bytes - slowest->acked_bytes));
}

}  // namespace fantail::app
