#include "fantail/feed/feed_server.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/feed/digest.h"
#include "fantail/feed/splice.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {
namespace {

// Changes of interest that may wait for the one before. A client sends one at a time.
constexpr size_t kMostWaitingWants = 16;

wire::HopView View(const Hop& hop) {
  return {.node = hop.node,
          .name = hop.name,
          .role = static_cast<uint8_t>(hop.role),
          .state = static_cast<uint8_t>(hop.state),
          .age_ns = static_cast<uint64_t>(std::max(hop.age, Nanos{0}).count())};
}

}  // namespace

FeedServer::FeedServer(ServerOptions options, wire::Links* links, ServerObserver* observer)
    : options_(std::move(options)),
      allow_(options_.allow),
      ring_bytes_(options_.ring_bytes),
      links_(links),
      observer_(observer) {}

FeedServer::~FeedServer() = default;

// -------------------------------------------------------------------------------------------------
// From above.

void FeedServer::BeginEpoch(Epoch epoch, bool paced, bool covers_everything) {
  if (state_ != nullptr) state_->SealGroups(now_);
  for (auto& [address, session] : sessions_) {
    session->new_epoch_since = now_ - Waiting(*session);
    KeepUnsent(session.get());
    session->group = nullptr;
    session->newest.reset();
    session->owed.reset();
    session->splice.reset();
    session->wants.clear();
    session->assembling = WantChange();
    session->interest = Interest();
    session->through = Position{};
    session->end_sent = false;
    // It goes on with what it had, without having to ask: so it misses no record of the new epoch.
    if (session->known) {
      std::tie(session->version, session->patterns) = *std::move(session->known);
      session->known.reset();
    }
    if (session->patterns.empty()) continue;
    if (planted::On(planted::Bug::kEpochForgetsInterest)) continue;
    WantChange again{.version = session->version};
    for (const Pattern& pattern : session->patterns) {
      again.add.emplace_back(pattern, wire::Start{.kind = wire::StartKind::kFresh});
    }
    std::sort(again.add.begin(), again.add.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    session->wants.push_back(std::move(again));
  }
  state_ = std::make_unique<EpochState>(epoch, paced, ring_bytes_, options_.share_from);
  backfills_.clear();
  covers_everything_ = covers_everything;
  if (covers_everything) {
    state_->coverage().Acknowledge(Interest({Pattern("*")}), Position{});
    upstream_.state = State::kLive;
  }
  cover_dirty_ = true;
  for (auto& [address, session] : sessions_) session->outbox.push_back(MakeWelcome(*session));
}

// What a session in step has not been sent of the epoch that ends still goes out before the next
// one's welcome: to one that lives through a round of a replay nothing may be missing.
void FeedServer::KeepUnsent(Session* session) {
  const bool in_step = session->group != nullptr || session->newest != nullptr;
  const bool promised = in_step && session->splice == nullptr && session->wants.empty();
  if (!promised) return session->outbox.clear();
  // With its have, if one waits: then the client knows of that too.
  if (!session->owed) session->known.reset();
  if (session->newest != nullptr) {
    session->newest->TakeAll(*state_, now_, &session->outbox);
    return;
  }
  for (; session->next < session->group->log_end(); ++session->next) {
    const Group::Entry& entry = session->group->entry(session->next);
    session->outbox.push_back(Logged(*session, entry));
    TookLogged(session, entry);
  }
}

Topics::Added FeedServer::AddTopic(TopicId id, std::string_view name) {
  const Topics::Added added = state_->AddTopic(id, name);
  if (added == Topics::Added::kNew) {
    for (auto& [address, session] : sessions_) {
      if (session->splice != nullptr) session->splice->AddBornTopic(*state_, id, session.get());
    }
  }
  return added;
}

void FeedServer::Acknowledge(const HaveNotice& have, const Interest& acknowledged,
                             const std::vector<BackfillAnswer>& backfilled) {
  Coverage& coverage = state_->coverage();
  coverage.Acknowledge(acknowledged, have.at);
  for (const BackfillAnswer& backfill : backfilled) {
    coverage.Extend(backfill.request.pattern, backfill.complete_from, backfill.request.through);
    coverage.Answered(backfill.request);
  }
  for (const Pattern& pattern : have.refused) coverage.Refuse(pattern, have.reason);
  if (have.refused.empty()) return;
  cover_dirty_ = true;
  EndRefused(acknowledged);
}

void FeedServer::SetUpstream(const FeedState& state, MonotonicTime proved_at) {
  const bool changed = Differs(state, upstream_);
  upstream_ = state;
  proved_at_ = proved_at;
  if (!changed) return;
  for (auto& [address, session] : sessions_) links_->Send(address, MakePong(*session, 0));
}

// -------------------------------------------------------------------------------------------------
// From below.

void FeedServer::Receive(std::string_view address, std::span<const std::byte> bytes,
                         MonotonicTime now, std::string_view user) {
  now_ = now;
  ++counters_.messages_received;
  counters_.bytes_received += bytes.size();
  Session* session = Find(address);
  if (session != nullptr && session->user != user) {
    // Somebody else has taken its address, which a peer may choose.
    Forget(session, "its connection is gone");
    session = nullptr;
  }
  wire::AnyMessage message;
  const wire::DecodeError error = decoder_.Decode(bytes, &message);
  if (error == wire::DecodeError::kUnknownKind && session != nullptr) {
    ++counters_.bad_messages;  // of a later minor version: skipped
    return;
  }
  if (error != wire::DecodeError::kNone) return OnUndecodable(session, address, error);
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    if (session != nullptr) Forget(session, "it said hello again");
    return Open(address, user, *hello);
  }
  if (session == nullptr) {
    return Refuse(address, wire::RefusedCode::kNoSession, "no session: say hello first");
  }
  session->last_heard = now;
  Dispatch(session, message);
}

void FeedServer::OnUndecodable(Session* session, std::string_view address,
                               wire::DecodeError error) {
  ++counters_.bad_messages;
  observer_->OnBadMessage(session != nullptr ? session->name : "a stranger", decoder_.detail());
  if (error == wire::DecodeError::kVersion && session == nullptr) {
    return Refuse(address, wire::RefusedCode::kWrongVersion,
                  "it speaks protocol version " + std::to_string(decoder_.version()) +
                      "; this node speaks version " + std::to_string(wire::kProtocolVersion));
  }
  if (session != nullptr) SayGoodbye(session, wire::GoodbyeCode::kProtocol, decoder_.detail());
}

void FeedServer::Dispatch(Session* session, const wire::AnyMessage& message) {
  if (const auto* want = std::get_if<wire::Want>(&message)) return OnWant(session, *want);
  if (const auto* ack = std::get_if<wire::Ack>(&message)) return OnAck(session, *ack);
  if (const auto* ping = std::get_if<wire::Ping>(&message)) return OnPing(session, *ping);
  if (std::holds_alternative<wire::Goodbye>(message)) return Forget(session, "it said goodbye");
  ++counters_.bad_messages;
  observer_->OnBadMessage(session->name, "a message that only a node sends");
  SayGoodbye(session, wire::GoodbyeCode::kProtocol, "a message that only a node sends");
}

Session* FeedServer::Find(std::string_view address) {
  const auto it = sessions_.find(address);
  return it == sessions_.end() ? nullptr : it->second.get();
}

// Why that client cannot be served; nothing if it can.
std::optional<FeedServer::Problem> FeedServer::HelloProblem(const wire::Hello& hello) const {
  if (hello.feed != options_.feed) {
    return Problem{wire::RefusedCode::kWrongFeed, "wrong feed: \"" + std::string(hello.feed) +
                                                      "\" was asked for, this node serves \"" +
                                                      options_.feed + "\""};
  }
  if ((hello.encodings & wire::EncodingBit(wire::Encoding::kPlain)) == 0) {
    return Problem{wire::RefusedCode::kEncoding, "no encoding in common"};
  }
  if (const auto loop = LoopOf(hello.node, options_.node, upstream_.hops)) {
    return Problem{wire::RefusedCode::kLoop, *loop};
  }
  if (sessions_.size() >= options_.max_sessions) {
    return Problem{wire::RefusedCode::kBusy, "this node has no room for another session"};
  }
  if (!refuse_more_.empty()) return Problem{wire::RefusedCode::kBusy, refuse_more_};
  return std::nullopt;
}

void FeedServer::Open(std::string_view address, std::string_view user, const wire::Hello& hello) {
  std::optional<Problem> problem = HelloProblem(hello);
  if (!problem) problem = UserProblem(user);
  if (!problem) problem = TooManyOf(user);
  if (problem) {
    ++counters_.sessions_refused;
    observer_->OnRefused(hello.name, user, problem->reason);
    return Refuse(address, problem->code, problem->reason);
  }
  auto session = std::make_unique<Session>();
  session->address = address;
  session->name = hello.name;
  session->user = user;
  SetLimits(session.get());
  session->node = hello.node;
  session->role = static_cast<Role>(hello.role);
  session->last_heard = session->last_progress = session->last_proof = now_;
  session->pace = Pace(options_.first_window_bytes, options_.window_bytes);
  if (hello.newest_ns != 0) session->asked_interval = Nanos(static_cast<int64_t>(hello.newest_ns));
  session->encodings = hello.encodings;
  const auto packed = std::count_if(sessions_.begin(), sessions_.end(), [](const auto& entry) {
    return entry.second->packing != nullptr;
  });
  if (session->Reads(wire::Encoding::kPacked) && packed < options_.max_packed_sessions) {
    session->encoding = wire::Encoding::kPacked;
    session->packing = std::make_unique<Packing>();
  } else if (session->Reads(wire::Encoding::kShared)) {
    session->encoding = wire::Encoding::kShared;
  }
  session->outbox.push_back(MakeWelcome(*session));
  ++counters_.sessions_opened;
  Session* opened = session.get();
  sessions_[session->address] = std::move(session);
  observer_->OnSessionOpened(*opened);
  Flush(opened);
}

void FeedServer::Refuse(std::string_view address, wire::RefusedCode code, std::string_view reason) {
  links_->Send(address, wire::Encode(wire::Refused{code, reason.substr(0, wire::kMaxReasonBytes)}));
}

void FeedServer::Forget(Session* session, std::string_view reason) {
  observer_->OnSessionClosed(*session, reason);
  SetTracing(session, false);
  ++counters_.sessions_closed;
  if (state_ != nullptr) LeaveFeed(session);
  cover_dirty_ = true;
  const std::string address = session->address;
  sessions_.erase(address);
}

void FeedServer::SayGoodbye(Session* session, wire::GoodbyeCode code, std::string_view reason) {
  links_->Send(session->address, wire::Encode(wire::Goodbye{.code = code, .reason = reason}));
  Forget(session, reason);
}

const char* FeedServer::WantProblem(const Session& session, const wire::Want& want) const {
  if (session.wants.size() >= kMostWaitingWants) return "too many wants at once";
  const WantChange& change = session.assembling;
  const size_t added = change.add.size() + change.refused.size() + want.starts.size();
  const size_t removed = change.remove.size() + want.remove.Count();
  const size_t kept = session.patterns.size() - std::min(removed, session.patterns.size());
  const uint32_t most = session.may_want;
  const bool too_many =
      added > most || removed > options_.max_patterns || (!want.more && kept + added > most);
  return too_many ? "too many patterns" : nullptr;
}

bool FeedServer::BeyondHead(const wire::Want& want) const {
  return covers_everything_ &&
         std::any_of(want.starts.begin(), want.starts.end(), [&](const wire::Start& start) {
           return start.kind == wire::StartKind::kResume && start.after > state_->head();
         });
}

void FeedServer::OnWant(Session* session, const wire::Want& want) {
  // Sent before its client learned of this epoch: it will want again.
  if (state_ == nullptr) return;
  if (want.epoch != state_->epoch() && !planted::On(planted::Bug::kWantOfAnyEpoch)) return;
  if (const char* problem = WantProblem(*session, want)) {
    ++counters_.bad_messages;
    observer_->OnBadMessage(session->name, problem);
    return SayGoodbye(session, wire::GoodbyeCode::kProtocol, problem);
  }
  if (BeyondHead(want)) {
    constexpr const char* kReason = "a bookmark beyond the head of the feed";
    Refuse(session->address, wire::RefusedCode::kBookmark, kReason);
    return Forget(session, kReason);
  }
  WantChange& change = session->assembling;
  change.version = want.version;
  auto start = want.starts.begin();
  for (const std::string_view text : want.add) {
    AddOrRefuse(*session, Pattern(text), *start++, &change);
  }
  for (const std::string_view text : want.remove) change.remove.emplace_back(text);
  if (want.more) return;
  session->wants.push_back(std::exchange(change, WantChange()));
  cover_dirty_ = true;
}

void FeedServer::AddOrRefuse(const Session& session, Pattern pattern, const wire::Start& start,
                             WantChange* change) {
  const bool forgotten =
      start.kind == wire::StartKind::kResume && planted::On(planted::Bug::kRightsForgetResume);
  if (session.may_see && !session.may_see->Covers(pattern) && !forgotten) {
    // The reason goes on to whoever is below, who may not see what this user may: it names none.
    change->AddReason(options_.name + " does not let " + session.user + " see it");
    if (planted::On(planted::Bug::kNameRights)) {
      change->AddReason("only " + DescribePatterns(session.may_see->patterns()));
    }
  } else if (!allow_.empty() && !allow_.Covers(pattern)) {
    change->AddReason(session.may_see
                          ? options_.name + " does not allow it"
                          : options_.name + " allows only " + DescribePatterns(allow_.patterns()));
  } else if (!covers_everything_ && wanted_.size() + change->add.size() >= options_.max_cover &&
             !wanted_.contains(pattern)) {
    change->AddReason(options_.name + " has no room for more patterns above");
  } else {
    change->add.emplace_back(std::move(pattern), start);
    return;
  }
  ++counters_.patterns_refused;
  change->takes_away = change->takes_away || start.kind == wire::StartKind::kResume;
  change->refused.push_back(std::move(pattern));
}

void FeedServer::OnAck(Session* session, const wire::Ack& ack) {
  if (ack.bytes > session->sent_bytes || ack.messages > session->sent_messages) {
    ++counters_.bad_messages;
    observer_->OnBadMessage(session->name, "an ack of more than was sent");
    return SayGoodbye(session, wire::GoodbyeCode::kProtocol, "an ack of more than was sent");
  }
  session->held = ack.held;
  if (ack.bytes > session->acked_bytes || session->AllAcknowledged() || ack.held) {
    session->last_progress = now_;
  }
  session->acked_bytes = std::max(session->acked_bytes, ack.bytes);
  session->acked_messages = std::max(session->acked_messages, ack.messages);
  session->acked_through = std::max(session->acked_through, ack.through);
  session->pace.Acked(session->acked_bytes, now_);
  Flush(session);
}

void FeedServer::OnPing(Session* session, const wire::Ping& ping) {
  SetTracing(session, ping.trace);
  links_->Send(session->address, MakePong(*session, ping.nonce));
  // A quiet interest's bookmark moves on all the same, so that a resume need not reach far back.
  const bool settled = session->splice == nullptr && session->InStep() && state_ != nullptr &&
                       session->through < state_->head() && !session->interest.empty();
  const bool in_step = session->group != nullptr && !session->group->HasPending();
  const bool conflated = session->asked_interval && session->newest != nullptr && settled &&
                         session->newest->IsComplete(*state_);
  if (!settled || !(in_step || conflated)) return;
  session->outbox.push_back(
      wire::EncodeBatch(session->through, state_->head(), {}, wire::Replay::kLive));
  session->through = state_->head();
  Flush(session);
}

// How long the oldest that the session is to get has waited here.
Nanos FeedServer::Waiting(const Session& session) const {
  MonotonicTime since = now_;
  if (planted::On(planted::Bug::kForgetWaiting)) return Nanos{0};
  if (session.new_epoch_since) return now_ - *session.new_epoch_since;
  if (session.newest != nullptr) {
    since = session.newest->WaitsSince().value_or(since);
    if (!session.InStep()) since = std::min(since, session.taken_since);
  }
  since = OldestUnsent(session).value_or(since);
  return std::max(now_ - since, Nanos{0});
}

wire::Message FeedServer::MakePong(const Session& session, uint64_t nonce) const {
  // A node that has stood still answers before its own client has seen that time has passed.
  const bool silent = !covers_everything_ && upstream_.state == State::kLive &&
                      now_ - proved_at_ > options_.stale_after;
  const State state = silent ? State::kStale : upstream_.state;
  std::string_view cause = upstream_.cause;
  if (silent) cause = "nothing heard from above for 3 s";
  wire::Pong pong{.nonce = nonce,
                  .state = static_cast<uint8_t>(state),
                  .cause = cause.substr(0, wire::kMaxReasonBytes)};
  const Hop self{.node = options_.node,
                 .name = options_.name,
                 .role = options_.role,
                 .state = state,
                 .age = covers_everything_ ? Nanos{0} : now_ - proved_at_};
  pong.hops.push_back(View(self));
  for (const Hop& hop : upstream_.hops) {
    if (pong.hops.size() < wire::kMaxHops) pong.hops.push_back(View(hop));
  }
  if (state_ != nullptr) pong.head = state_->head();
  if (nonce != 0 && session.traces) pong.clock_ns = RightNow().time_since_epoch().count();
  pong.waiting_ns = static_cast<uint64_t>(Waiting(session).count());
  return wire::Encode(pong);
}

wire::Message FeedServer::MakeWelcome(const Session& session) const {
  wire::Welcome welcome{.feed = options_.feed,
                        .name = options_.name,
                        .node = options_.node,
                        .window_bytes = options_.window_bytes,
                        .window_messages = options_.window_messages,
                        .encoding = session.encoding,
                        .max_patterns = session.may_want,
                        .limits = session.limits};
  if (state_ != nullptr) {
    welcome.epoch = state_->epoch();
    welcome.paced = state_->paced();
    welcome.replay = replay_;
  }
  return wire::Encode(welcome);
}

void FeedServer::Move(std::string_view endpoint) {
  const wire::Message goodbye = wire::Encode(
      wire::Goodbye{.code = wire::GoodbyeCode::kMove, .reason = "moved", .endpoint = endpoint});
  for (const auto& [address, session] : sessions_) links_->Send(address, goodbye);
}

void FeedServer::Close(std::string_view reason) {
  while (!sessions_.empty()) {
    SayGoodbye(sessions_.begin()->second.get(), wire::GoodbyeCode::kDone, reason);
  }
}

// -------------------------------------------------------------------------------------------------
// To look at.

bool FeedServer::SomebodyHas(const Pattern& pattern) const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [&](const auto& entry) { return entry.second->interest.Covers(pattern); });
}

bool FeedServer::EverybodyHasAcknowledged() const {
  return std::all_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    const Session& session = *entry.second;
    return session.interest.empty()
               ? session.wants.empty() && session.splice == nullptr
               : session.end_sent && session.InStep() && session.AllAcknowledged();
  });
}

bool FeedServer::EverybodyIsInStep() const {
  return std::all_of(sessions_.begin(), sessions_.end(), [](const auto& entry) {
    const Session& session = *entry.second;
    return session.InStep() && session.AllAcknowledged() && session.splice == nullptr;
  });
}

bool FeedServer::Congested() const {
  return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& entry) {
    const Session& session = *entry.second;
    return !session.InStep() || (session.splice != nullptr && session.splice->resolved());
  });
}

}  // namespace fantail::feed
