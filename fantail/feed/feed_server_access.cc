// The part of FeedServer that knows what its users may do.
#include <algorithm>
#include <utility>

#include "fantail/feed/feed_server.h"

namespace fantail::feed {

const Rights* FeedServer::RightsOf(std::string_view user) const {
  return access_ == nullptr ? nullptr : access_->Of(user);
}

// Why that user cannot be served; nothing if it can.
std::optional<FeedServer::Problem> FeedServer::UserProblem(std::string_view user) const {
  if (access_ == nullptr) return std::nullopt;
  const Rights* const rights = access_->Of(user);
  if (rights == nullptr) {
    return Problem{wire::RefusedCode::kNoRights,
                   std::string(user) + " has no rights at " + options_.name};
  }
  const auto sessions = std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    return entry.second->user == user;
  });
  if (rights->sessions == 0 || sessions < rights->sessions) return std::nullopt;
  return Problem{wire::RefusedCode::kBusy, std::string(user) + " has the " +
                                               std::to_string(rights->sessions) +
                                               " sessions that it may have"};
}

uint32_t FeedServer::MostPatterns(const Session& session) const {
  return session.may_want == 0 ? options_.max_patterns
                               : std::min(session.may_want, options_.max_patterns);
}

void FeedServer::SetAccess(std::shared_ptr<const Access> access) {
  const std::shared_ptr<const Access> before = std::exchange(access_, std::move(access));
  std::vector<Session*> changed;
  for (const auto& [address, session] : sessions_) {
    const Rights* const had = before == nullptr ? nullptr : before->Of(session->user);
    const Rights* const has = RightsOf(session->user);
    const bool same = (before == nullptr) == (access_ == nullptr) &&
                      (had == nullptr) == (has == nullptr) && (had == nullptr || *had == *has);
    if (!same) changed.push_back(session.get());
  }
  for (Session* session : changed) {
    SayGoodbye(session, wire::GoodbyeCode::kRights, "the rights of " + session->user + " changed");
  }
}

void FeedServer::ReviewUsers(const std::function<bool(std::string_view user)>& known) {
  std::vector<Session*> gone;
  for (const auto& [address, session] : sessions_) {
    if (!known(session->user)) gone.push_back(session.get());
  }
  for (Session* session : gone) {
    SayGoodbye(session, wire::GoodbyeCode::kKey,
               "the key of " + session->user + " has been taken away");
  }
}

// Who had what the node above now refuses, comes again, and is told so.
void FeedServer::EndRefused(const Interest& acknowledged) {
  std::vector<std::pair<Session*, std::string>> ended;
  for (const auto& [address, session] : sessions_) {
    for (const Pattern& pattern : session->patterns) {
      const std::string* const why = state_->coverage().Refused(pattern);
      if (why == nullptr || acknowledged.Covers(pattern)) continue;
      ended.emplace_back(session.get(), *why);
      break;
    }
  }
  for (const auto& [session, why] : ended) SayGoodbye(session, wire::GoodbyeCode::kRights, why);
}

}  // namespace fantail::feed
