// The part of FeedServer that knows what its users may do.
#include <algorithm>
#include <utility>

#include "fantail/base/planted.h"
#include "fantail/feed/feed_server.h"
#include "fantail/feed/splice.h"

namespace fantail::feed {
namespace {

// A rate is kept to over so many seconds, and in no less than a message.
constexpr double kRateBurst = 0.1;
constexpr double kLeastBurst = wire::kMaxMessageBytes;
// What a ring keeps however short memory is: 16 thousand records.
constexpr size_t kLeastRing = size_t{1} << 20;

}  // namespace

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
  return std::nullopt;
}

std::optional<FeedServer::Problem> FeedServer::TooManyOf(std::string_view user) const {
  if (user.empty()) return std::nullopt;
  const uint32_t most = LimitsOf(RightsOf(user)).user_sessions;
  const auto sessions = std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    return entry.second->user == user;
  });
  if (sessions < most) return std::nullopt;
  return Problem{
      wire::RefusedCode::kBusy,
      std::string(user) + " has as many sessions as it may have: " + std::to_string(most)};
}

// What a session is held to whose user has these rights; null: those of anybody.
wire::Limits FeedServer::LimitsOf(const Rights* rights) const {
  wire::Limits limits = options_.told;
  limits.message_bytes = wire::kMaxMessageBytes;
  limits.sessions = options_.max_sessions;
  limits.user_sessions = options_.max_user_sessions;
  limits.waiting_bytes = options_.max_backlog_bytes;
  if (rights == nullptr) return limits;
  const auto narrow = [](uint64_t may, auto* most) {
    if (may != 0)
      *most = static_cast<std::remove_pointer_t<decltype(most)>>(std::min<uint64_t>(may, *most));
  };
  narrow(rights->sessions, &limits.user_sessions);
  narrow(rights->waiting_bytes, &limits.waiting_bytes);
  limits.bytes_per_second = rights->bytes_per_second;
  return limits;
}

void FeedServer::SetLimits(Session* session) {
  const Rights* const rights = RightsOf(session->user);
  session->limits = LimitsOf(rights);
  session->may_want = options_.max_patterns;
  if (rights == nullptr) return;
  session->may_see = Interest(rights->see);
  if (rights->patterns != 0) session->may_want = std::min(rights->patterns, session->may_want);
  if (rights->bytes_per_second == 0) return;
  const auto rate = static_cast<double>(rights->bytes_per_second);
  session->rate.emplace(rate, std::max(rate * kRateBurst, kLeastBurst), now_);
}

size_t FeedServer::ShedMemory() {
  const size_t held = state_ == nullptr ? ring_bytes_ : state_->held_bytes();
  ring_bytes_ = std::max(std::min(ring_bytes_, held / 2), kLeastRing);
  if (state_ != nullptr) state_->Shrink(ring_bytes_);
  return ring_bytes_;
}

void FeedServer::SetAccess(std::shared_ptr<const Access> access) {
  const std::shared_ptr<const Access> before = std::exchange(access_, std::move(access));
  std::vector<Session*> changed;
  for (const auto& [address, session] : sessions_) {
    if (planted::On(planted::Bug::kKeepRights)) return;
    const bool same = SameRights(before.get(), access_.get(), session->user);
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

void FeedServer::TakeAway(const std::vector<Pattern>& patterns, const std::string& why,
                          const Interest& left) {
  if (state_ == nullptr) return;
  for (const Pattern& pattern : patterns) state_->coverage().Refuse(pattern, why);
  state_->coverage().Narrow(left);
  cover_dirty_ = true;
  EndRefused(left);
}

// Who has what is not given above any more, comes again: to be told so, or to wait until what it
// wants has been asked for by itself and not as a part of more.
void FeedServer::EndRefused(const Interest& left) {
  if (planted::On(planted::Bug::kServeRefused)) return;
  std::vector<std::pair<Session*, std::string>> ended;
  for (const auto& [address, session] : sessions_) {
    const auto gone = [&, this_session = session.get()](const Pattern& pattern) {
      if (left.Covers(pattern)) return false;
      const std::string* const why = state_->coverage().Refused(pattern);
      ended.emplace_back(this_session, why != nullptr ? *why : "it is asked for above again");
      return true;
    };
    if (std::any_of(session->patterns.begin(), session->patterns.end(), gone)) continue;
    // Or is just being given it.
    if (session->splice == nullptr || !session->splice->resolved()) continue;
    if (planted::On(planted::Bug::kFinishRefused)) continue;
    for (const auto& [pattern, start] : session->splice->change().add) {
      if (gone(pattern)) break;
    }
  }
  for (const auto& [session, why] : ended) SayGoodbye(session, wire::GoodbyeCode::kRights, why);
}

// Whoever was told of a refusal, or is about to be, comes again.
void FeedServer::AskAgainAbove() {
  if (state_ == nullptr) return;
  cover_dirty_ = true;
  state_->coverage().ForgetRefusals();
  std::vector<Session*> refused;
  for (const auto& [address, session] : sessions_) {
    const bool told =
        session->refused_above || (session->splice != nullptr && session->splice->refused_above());
    if (told && !planted::On(planted::Bug::kRefuseForGood)) refused.push_back(session.get());
  }
  for (Session* session : refused) {
    SayGoodbye(session, wire::GoodbyeCode::kRights, "what was refused above is asked for again");
  }
}

void FeedServer::RefuseAll(const std::string& why) {
  if (state_ == nullptr) return;
  HaveNotice have{.at = state_->head(), .reason = why};
  have.refused.assign(wanted_.begin(), wanted_.end());
  Acknowledge(have, Interest(), {});
}

}  // namespace fantail::feed
