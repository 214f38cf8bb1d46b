#include "fantail/app/session_log.h"

#include <algorithm>
#include <span>
#include <vector>

#include "fantail/app/status_line.h"
#include "fantail/base/printable.h"

namespace fantail::app {
namespace {

// Of the access log: a session may want thousands.
constexpr size_t kPatternsALine = 256;

void WriteWho(const feed::Session& session, text::JsonWriter* json) {
  json->Key("user").Text(session.user);
  json->Key("session").Text(session.name);
}

}  // namespace

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
  access_log_->Write("opened", [&](text::JsonWriter* json) {
    WriteWho(session, json);
    json->Key("role").Text(feed::RoleName(session.role));
  });
}

void SessionLog::OnSessionClosed(const feed::Session& session, std::string_view reason) {
  LogInfo("session {} closed: {}; {} sent", Harmless(session.name), Harmless(reason),
          FormatBytes(session.sent_bytes));
  access_log_->Write("closed", [&](text::JsonWriter* json) {
    WriteWho(session, json);
    json->Key("reason").Text(reason);
    json->Key("ticks").Number(session.sent_ticks);
    json->Key("bytes").Number(session.sent_bytes);
  });
}

void SessionLog::OnBadMessage(std::string_view who, std::string_view what) {
  bad_messages_.Warn(now_, "a bad message from {}: {}", Harmless(who), Harmless(what));
}

void SessionLog::OnRefused(std::string_view who, std::string_view user, std::string_view reason) {
  refusals_.Warn(now_, "session {} refused: {}", Harmless(who), Harmless(reason));
  access_log_->Write("refused", [&](text::JsonWriter* json) {
    json->Key("user").Text(user);
    json->Key("session").Text(who);
    json->Key("reason").Text(reason);
  });
}

void SessionLog::OnWanted(const feed::Session& session, const feed::WantChange& change) {
  if (!access_log_->open()) return;
  std::vector<Pattern> given;
  for (const auto& [pattern, start] : change.add) given.push_back(pattern);
  const auto write = [&](std::string_view event, std::span<const Pattern> patterns,
                         std::string_view reason) {
    for (; !patterns.empty();
         patterns = patterns.subspan(std::min(kPatternsALine, patterns.size()))) {
      access_log_->Write(event, [&](text::JsonWriter* json) {
        WriteWho(session, json);
        json->Key("patterns").List([&] {
          for (const Pattern& pattern : patterns.first(std::min(kPatternsALine, patterns.size()))) {
            json->Text(pattern.text());
          }
        });
        if (!reason.empty()) json->Key("reason").Text(reason);
      });
    }
  };
  write("given", given, "");
  write("not given", change.refused, change.reason);
  write("given up", change.remove, "");
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
