#include "fantail/feed/feed_client.h"

#include <algorithm>
#include <utility>

#include "fantail/feed/digest.h"
#include "fantail/feed/image.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {
namespace {

// After a refusal nothing changes soon; a person or another node must act first.
constexpr Nanos kRetryAfterRefusal = std::chrono::seconds(5);
// A twentieth of the time after which a silent link is stale.
constexpr Nanos kJudgeEvery = std::chrono::milliseconds(50);

}  // namespace

FeedClient::FeedClient(ClientOptions options, FeedEvents* events)
    : options_(std::move(options)), events_(events) {}

// ---------------------------------------------------------------------------------------------------
// What the owner wants.

void FeedClient::SetInterest(std::vector<Pattern> patterns, MonotonicTime now) {
  now_ = now;
  std::sort(patterns.begin(), patterns.end());
  patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
  wanted_ = std::move(patterns);
  SendWants();
}

void FeedClient::AskBackfill(Backfill backfill) {
  for (Backfill& other : backfills_) {
    if (other.pattern != backfill.pattern) continue;
    other.after = std::min(other.after, backfill.after);
    const bool unbounded = other.through.value == 0 || backfill.through.value == 0;
    other.through = unbounded ? Position{} : std::max(other.through, backfill.through);
    return;
  }
  backfills_.push_back(std::move(backfill));
}

// What was asked for and not answered is asked for again, in the next session.
void FeedClient::AskAgain() {
  for (BackfillAnswer& backfill : asking_) AskBackfill(std::move(backfill.request));
  asking_.clear();
}

// One change is under way at a time; what the owner wants meanwhile goes with the next.
void FeedClient::SendWants() {
  if (phase_ != Phase::kUp || version_ != have_version_) return;
  std::vector<std::pair<Pattern, wire::Start>> add;
  std::vector<Pattern> next = wanted_;
  if (asked_.empty()) {
    // A new session. What was complete goes on where it stopped, before anything fresh around it.
    const Interest wanted(wanted_);
    for (const Pattern& pattern : complete_.patterns()) {
      if (wanted.Covers(pattern)) next.push_back(pattern);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
  }
  for (const Pattern& pattern : next) {
    if (std::binary_search(asked_.begin(), asked_.end(), pattern)) continue;
    if (std::find(refused_.begin(), refused_.end(), pattern) != refused_.end()) continue;
    if (complete_.Covers(pattern)) {
      add.insert(add.begin(), {pattern, {.after = through_, .kind = wire::StartKind::kResume}});
    } else {
      add.push_back({pattern, {.kind = wire::StartKind::kFresh}});
    }
  }
  for (const Backfill& backfill : backfills_) {
    asking_.push_back({backfill, backfill.after});
    const wire::Start older{backfill.after, backfill.through, wire::StartKind::kBackfill};
    const auto it = std::find_if(add.begin(), add.end(), [&](const auto& entry) {
      return entry.first == backfill.pattern && entry.second.kind == wire::StartKind::kFresh;
    });
    if (it != add.end()) {
      it->second = older;
    } else {
      add.emplace_back(backfill.pattern, older);
    }
  }
  backfills_.clear();
  std::vector<Pattern> remove;
  std::set_difference(asked_.begin(), asked_.end(), wanted_.begin(), wanted_.end(),
                      std::back_inserter(remove));
  if (add.empty() && remove.empty()) return;
  ++version_;
  asked_ = std::move(next);
  SendWant(add, remove);
}

// Split over as many messages as it needs; the server applies them as one change.
void FeedClient::SendWant(const std::vector<std::pair<Pattern, wire::Start>>& add,
                          const std::vector<Pattern>& remove) {
  // A start of 24 bytes stands beside each pattern.
  constexpr size_t kMostBytes = 48 * 1024;
  wire::TextListBuilder adding;
  wire::TextListBuilder removing;
  std::vector<wire::Start> starts;
  const auto flush = [&](bool more) {
    Send(wire::Encode(wire::Want{.version = version_,
                                 .epoch = epoch_,
                                 .add = adding.list(),
                                 .starts = starts,
                                 .remove = removing.list(),
                                 .more = more}));
    adding.Clear();
    removing.Clear();
    starts.clear();
  };
  const auto full = [&] {
    const size_t bytes = adding.size_bytes() + removing.size_bytes();
    return bytes + starts.size() * sizeof(wire::Start) > kMostBytes ||
           bytes > wire::kMaxTextListBytes - 2 * kMaxTopicBytes;
  };
  for (const Pattern& pattern : remove) {
    removing.Add(pattern.text());
    if (full()) flush(true);
  }
  for (const auto& [pattern, start] : add) {
    adding.Add(pattern.text());
    starts.push_back(start);
    if (full()) flush(true);
  }
  flush(false);
}

// ---------------------------------------------------------------------------------------------------
// The connection.

void FeedClient::Connecting(std::string peer, MonotonicTime now) {
  now_ = now;
  if (peer == peer_) return;
  peer_ = std::move(peer);
  peer_name_.clear();
  Publish();
}

void FeedClient::Connected(ClientLink* link, std::string peer, MonotonicTime now) {
  now_ = now;
  link_ = link;
  peer_ = std::move(peer);
  phase_ = Phase::kGreeting;
  connected_at_ = now;
  drop_.reset();
  Send(wire::Encode(wire::Hello{.feed = options_.feed,
                                .name = options_.name,
                                .node = options_.node,
                                .role = static_cast<uint8_t>(options_.role)}));
  Publish();
}

void FeedClient::Disconnected(std::string_view why, MonotonicTime now) {
  now_ = now;
  link_ = nullptr;
  phase_ = Phase::kDown;
  drop_.reset();
  down_cause_ = why;
  taken_bytes_ = taken_messages_ = acked_bytes_ = acked_messages_ = 0;
  version_ = have_version_ = 0;
  asked_.clear();
  held_.clear();
  refused_.clear();
  refusing_.clear();
  AskAgain();
  caught_up_ = false;
  hops_.clear();
  upstream_ = State::kConnecting;
  upstream_cause_.clear();
  waiting_ = Nanos{0};
  Publish();
}

void FeedClient::Close() {
  if (link_ != nullptr) {
    Send(wire::Encode(wire::Goodbye{.code = wire::GoodbyeCode::kDone, .reason = "done"}));
  }
}

void FeedClient::Send(const wire::Message& message) {
  if (link_ == nullptr) return;
  if (link_->Send(message)) {
    counters_.bytes_sent += message.size();
  } else {
    GiveUp("its queue is full");
  }
}

void FeedClient::GiveUp(std::string reason, Nanos retry_after) {
  if (!drop_) drop_ = Drop{std::move(reason), retry_after};
}

void FeedClient::Turn(MonotonicTime now) {
  now_ = now;
  if (phase_ == Phase::kGreeting && now - connected_at_ > options_.welcome_within) {
    GiveUp("no welcome within 3 s");
  }
  if (phase_ == Phase::kUp) {
    if (now - pinged_at_ >= options_.ping_every) {
      SendPing();
      if (hold_ || taken_messages_ != acked_messages_) SendAck();
    }
    if (now - proved_at_ > options_.stale_after) GiveUp("silent for 3 s");
    SendWants();
    AckIfHalf();
  }
  // The state is judged when something happens, and for what no longer happens, often enough here.
  if (now - judged_at_ >= kJudgeEvery) Publish();
}

void FeedClient::SendPing() {
  pinged_at_ = now_;
  // The nonce is the time of sending on our own clock, and never 0: the answer brings it back.
  Send(wire::Encode(wire::Ping{static_cast<uint64_t>(now_.time_since_epoch().count()) | 1}));
}

void FeedClient::SendAck() {
  if (!hold_) {
    acked_bytes_ = taken_bytes_;
    acked_messages_ = taken_messages_;
  }
  Send(wire::Encode(wire::Ack{
      .through = through_, .bytes = acked_bytes_, .messages = acked_messages_, .held = hold_}));
}

void FeedClient::Receive(std::span<const std::byte> bytes, MonotonicTime now) {
  now_ = now;
  counters_.bytes_received += bytes.size();
  ++counters_.messages_received;
  if (drop_) return;
  wire::AnyMessage message;
  const wire::DecodeError error = decoder_.Decode(bytes, &message);
  const auto kind = bytes.empty() ? wire::Kind{} : static_cast<wire::Kind>(bytes[0]);
  const bool counted = kind != wire::Kind::kPong && kind != wire::Kind::kRefused &&
                       kind != wire::Kind::kGoodbye;
  if (counted) {
    taken_bytes_ += bytes.size();
    ++taken_messages_;
  }
  if (error == wire::DecodeError::kUnknownKind) {
    ++counters_.bad_messages;
  } else if (error != wire::DecodeError::kNone) {
    // Damaged on the way, or nonsense: what it carried comes again when the next session resumes.
    ++counters_.bad_messages;
    return GiveUp(std::string("a bad message: ") + decoder_.detail());
  } else {
    Dispatch(message);
  }
  AckIfHalf();
}

// An ack every half window keeps the node above sending without a pause.
void FeedClient::AckIfHalf() {
  const bool half = taken_bytes_ - acked_bytes_ >= window_bytes_ / 2 ||
                    taken_messages_ - acked_messages_ >= std::max(1u, window_messages_ / 2);
  if (phase_ == Phase::kUp && half && !hold_) SendAck();
}

void FeedClient::Dispatch(const wire::AnyMessage& message) {
  std::visit(
      [this](const auto& m) {
        using M = std::decay_t<decltype(m)>;
        constexpr bool from_client =
            std::is_same_v<M, wire::Hello> || std::is_same_v<M, wire::Want> ||
            std::is_same_v<M, wire::Ack> || std::is_same_v<M, wire::Ping>;
        constexpr bool any_time = std::is_same_v<M, wire::Welcome> ||
                                  std::is_same_v<M, wire::Refused> ||
                                  std::is_same_v<M, wire::Goodbye> || std::is_same_v<M, wire::Pong>;
        if constexpr (from_client) {
          OnUnexpected();
        } else {
          if (!any_time && (phase_ != Phase::kUp || epoch_.value == 0)) return OnUnexpected();
          On(m);
        }
      },
      message);
}

void FeedClient::OnUnexpected() {
  ++counters_.bad_messages;
  GiveUp("a message that does not belong there");
}

void FeedClient::On(const wire::Welcome& welcome) {
  if (welcome.feed != options_.feed) return GiveUp("a welcome to another feed", kRetryAfterRefusal);
  peer_name_ = welcome.name;
  window_bytes_ = welcome.window_bytes;
  window_messages_ = welcome.window_messages;
  if (welcome.epoch.value != 0 && welcome.epoch < epoch_) {
    // A publisher that was thought gone, or a node that has not heard of the new one.
    refused_by_peer_ = true;
    down_cause_ = "it is in an epoch before ours";
    return GiveUp(down_cause_, kRetryAfterRefusal);
  }
  refused_by_peer_ = false;
  const bool first = phase_ != Phase::kUp;
  if (first) {
    phase_ = Phase::kUp;
    ++counters_.sessions;
    proved_at_ = now_;
    SendPing();
  }
  if (welcome.epoch > epoch_) BeginEpoch(welcome.epoch, welcome.paced);
  if (!first) {
    // The node goes on with what it had acknowledged; a change that it had not, it has forgotten.
    version_ = have_version_;
    asked_ = held_;
    refusing_.clear();
    AskAgain();
    caught_up_ = false;
  }
  if (epoch_.value != 0 && welcome.epoch == epoch_) SendWants();
  Publish();
}

void FeedClient::BeginEpoch(Epoch epoch, bool paced) {
  epoch_ = epoch;
  paced_ = paced;
  through_ = Position{};
  complete_ = Interest();
  topics_ = Topics();
  states_.clear();
  digest_ = 0;
  ended_.reset();
  backfills_.clear();
  asking_.clear();
  events_->OnNewEpoch(epoch, paced);
}

void FeedClient::On(const wire::Refused& refused) {
  if (refused.code == wire::RefusedCode::kNoSession) return GiveUp("it knows no such session");
  refused_by_peer_ = true;
  down_cause_ = refused.reason;
  GiveUp(std::string(refused.reason), kRetryAfterRefusal);
}

void FeedClient::On(const wire::Goodbye& goodbye) {
  down_cause_ = goodbye.reason;
  GiveUp("it said goodbye: " + std::string(goodbye.reason));
}

void FeedClient::On(const wire::Have& have) {
  // One of an older version repeats what is acknowledged: the session fell behind and is back.
  const bool repeated = have.version == have_version_;
  if (!repeated && have.version != version_) return OnUnexpected();
  for (const std::string_view text : have.refused) refusing_.emplace_back(text);
  // Only what was asked for can be refused.
  if (refusing_.size() > asked_.size() + asking_.size()) return OnUnexpected();
  if (have.more) return;
  have_version_ = have.version;
  caught_up_ = true;
  const HaveNotice notice{.version = have.version,
                          .at = have.at,
                          .refused = std::exchange(refusing_, {}),
                          .reason = std::string(have.reason)};
  for (const Pattern& pattern : notice.refused) {
    std::erase(asked_, pattern);
    refused_.push_back(pattern);
    refused_reason_ = notice.reason;
  }
  through_ = std::max(through_, have.at);
  if (!repeated) {
    held_ = asked_;
    backfilled_ = std::exchange(asking_, {});
  }
  complete_ = Interest(held_);
  RecountDigest();
  events_->OnThrough(through_);
  events_->OnHave(notice);
  backfilled_.clear();
  SendWants();
  Publish();
}

// What is no longer wanted is forgotten, so that it counts in no digest and comes back with an image.
void FeedClient::RecountDigest() {
  digest_ = 0;
  for (size_t i = 0; i < states_.size(); ++i) {
    const TopicId id{static_cast<uint32_t>(i)};
    TopicState& state = states_[i];
    if (!topics_.Has(id)) continue;
    if (complete_.Matches(topics_.Name(id))) {
      state.factor = DigestFactor(topics_.Name(id));
      digest_ += state.factor * state.last.value;
    } else {
      state = TopicState();
    }
  }
}

void FeedClient::On(const wire::Names& names) {
  auto id = names.topics.begin();
  for (const std::string_view text : names.topic_texts) {
    const Topics::Added added = topics_.Add(*id, text);
    if (added == Topics::Added::kConflict) return GiveUp("two names for one topic id");
    if (id->value >= states_.size()) states_.resize(topics_.bound());
    if (complete_.Matches(text)) states_[id->value].factor = DigestFactor(text);
    if (added == Topics::Added::kNew) events_->OnTopic(*id, text);
    ++id;
  }
  auto venue = names.venues.begin();
  for (const std::string_view text : names.venue_texts) events_->OnVenue(*venue++, text);
}

void FeedClient::On(const wire::Batch& batch) {
  const bool live = batch.replay == wire::Replay::kLive;
  if (live && batch.after > through_) {
    ++counters_.lost_messages;
    return GiveUp("a message was lost");
  }
  records_.clear();
  for (size_t i = 0; i < batch.ticks.size(); ++i) {
    const wire::Record record{batch.PositionAt(i), batch.ticks[i]};
    if (!topics_.Has(record.tick.topic)) return GiveUp("a tick without a name");
    if (batch.replay == wire::Replay::kBackfill || TakeRecord(record)) records_.push_back(record);
  }
  if (!records_.empty()) {
    if (batch.replay == wire::Replay::kBackfill) {
      events_->OnBackfill(records_);
    } else {
      counters_.records += records_.size();
      events_->OnRecords(records_);
    }
  }
  if (live && batch.through > through_) {
    through_ = batch.through;
    events_->OnThrough(through_);
  }
}

// True if the owner does not have it yet.
bool FeedClient::TakeRecord(const wire::Record& record) {
  TopicState& state = states_[record.tick.topic.value];
  if (record.tick.sequence <= state.last) {
    ++counters_.duplicates;
    return false;
  }
  if (record.tick.sequence > state.last + 1 && !state.expects_image) {
    ++counters_.holes;
    ReportGap(record.tick.topic, through_, Position{record.position.value - 1}, GapReason::kHole);
  }
  digest_ += state.factor * (record.tick.sequence - state.last);
  state.last = record.tick.sequence;
  return true;
}

void FeedClient::ReportGap(TopicId id, Position from, Position to, GapReason reason) {
  ++counters_.gaps;
  events_->OnGap({.from = std::min(from, to),
                  .to = to,
                  .patterns = {Pattern(topics_.Name(id))},
                  .reason = reason});
}

void FeedClient::On(const wire::Image& image) {
  for (const wire::TopicHead& head : image.heads) {
    if (!topics_.Has(head.topic)) return GiveUp("an image without a name");
  }
  ForEachImage(image, [&](const TopicImage& one) {
    TopicState& state = states_[one.topic.value];
    if (one.sequence <= state.last && !state.expects_image) return;
    if (state.last.value != 0 && !state.expects_image) {
      ReportGap(one.topic, through_, image.at, GapReason::kNotHeld);
    }
    TakeImage(one);
  });
}

void FeedClient::TakeImage(const TopicImage& image) {
  TopicState& state = states_[image.topic.value];
  digest_ += state.factor * (uint64_t{image.sequence.value} - uint64_t{state.last.value});
  state.last = image.sequence;
  state.expects_image = false;
  ++counters_.images;
  events_->OnImage(image);
}

void FeedClient::On(const wire::Gap& gap) {
  if (gap.backfill) {
    for (const std::string_view text : gap.patterns) {
      for (BackfillAnswer& answer : asking_) {
        if (answer.request.pattern.text() != text) continue;
        answer.complete_from = std::max(answer.complete_from, gap.to);
      }
    }
    return;
  }
  GapNotice notice{.from = gap.from,
                   .to = gap.to,
                   .patterns = {},
                   .reason = static_cast<GapReason>(gap.reason)};
  for (const std::string_view text : gap.patterns) {
    notice.patterns.emplace_back(text);
    topics_.ForEachMatch(notice.patterns.back(), [&](TopicId id) {
      if (states_[id.value].last.value != 0) states_[id.value].expects_image = true;
    });
  }
  ++counters_.gaps;
  events_->OnGap(notice);
}

void FeedClient::On(const wire::Pong& pong) {
  if (pong.nonce != 0) {
    const MonotonicTime sent{Nanos(static_cast<int64_t>(pong.nonce))};
    // An answer to what we never asked, or from before this connection, proves nothing.
    if (sent > now_ + Nanos(1) || sent < connected_at_) return;
    proved_at_ = std::max(proved_at_, sent);
  }
  hops_.clear();
  for (const wire::HopView& hop : pong.hops) {
    if (hop.node == options_.node) {
      refused_by_peer_ = true;
      down_cause_ = "a loop: this node is above itself";
      return GiveUp(down_cause_, kRetryAfterRefusal);
    }
    hops_.push_back({.node = hop.node,
                     .name = std::string(hop.name),
                     .role = static_cast<Role>(hop.role),
                     .state = static_cast<State>(hop.state),
                     .age = Nanos(static_cast<int64_t>(hop.age_ns))});
  }
  upstream_ = static_cast<State>(pong.state);
  upstream_cause_ = pong.cause;
  waiting_ = Nanos(static_cast<int64_t>(std::min<uint64_t>(pong.waiting_ns, INT64_MAX)));
  Publish();
}

void FeedClient::On(const wire::Proof& proof) {
  if (proof.version != have_version_ || version_ != have_version_) return;
  if (proof.digest == digest_) {
    ++counters_.proofs;
    return;
  }
  ++counters_.wrong_digests;
  ++counters_.gaps;
  events_->OnGap({.from = Position{},
                  .to = proof.at,
                  .patterns = complete_.patterns(),
                  .reason = GapReason::kHole});
  // What we hold is wrong somewhere: everything is wanted afresh.
  complete_ = Interest();
  for (TopicState& state : states_) state.expects_image = state.last.value != 0;
  GiveUp("a proof of completeness failed");
}

void FeedClient::On(const wire::End& end) {
  ended_ = end.at;
  if (!hold_) SendAck();
  events_->OnEnd(end.at);
  Publish();
}

// ---------------------------------------------------------------------------------------------------
// The state.

std::string FeedClient::LinkName() const {
  return peer_name_.empty() ? "link to " + peer_ : "link to " + peer_name_ + " (" + peer_ + ")";
}

// Whether this link is up, and if so, what the path above it says of itself.
FeedState FeedClient::Judge() const {
  FeedState s{.state = State::kLive, .cause = {}, .hop = {}, .hops = hops_, .age = Nanos{0}};
  for (const Hop& hop : hops_) s.age += hop.age;
  if (phase_ == Phase::kUp) s.age += now_ - proved_at_;
  if (ended_ && (caught_up_ || phase_ != Phase::kUp)) {
    s.state = State::kEnded;
    return s;
  }
  if (!JudgeLink(&s)) return s;
  if (!JudgePath(&s)) return s;
  if (nothing_allowed()) {
    s.state = State::kRefused;
    s.cause = LinkName() + ": " + refused_reason_;
    s.hop = HopAbove();
    return s;
  }
  if (!caught_up_ && !wanted_.empty()) {
    s.state = State::kRecovering;
    s.cause = "catching up with " + HopAbove();
    s.hop = HopAbove();
  }
  return s;
}

std::string FeedClient::HopAbove() const { return peer_name_.empty() ? peer_ : peer_name_; }

std::string FeedClient::DownCause() const {
  return down_cause_.empty() ? "connecting" : down_cause_;
}

// False, with state and cause, if our own link does not stand.
bool FeedClient::JudgeLink(FeedState* s) const {
  s->hop = HopAbove();
  s->state = was_live_ ? State::kStale : State::kConnecting;
  if (refused_by_peer_) {
    s->state = State::kRefused;
    s->cause = LinkName() + ": " + down_cause_;
  } else if (drop_) {
    s->cause = LinkName() + ": " + drop_->reason;
  } else if (phase_ == Phase::kDown) {
    s->cause = peer_.empty() ? "not connected yet" : LinkName() + ": " + DownCause();
  } else if (phase_ == Phase::kGreeting) {
    s->cause = LinkName() + ": " + DownCause();
  } else if (hops_.empty()) {
    s->cause = LinkName() + ": waiting for its first answer";
  } else {
    s->hop.clear();
    s->state = State::kLive;
    return true;
  }
  return false;
}

// False, with state and cause, if something above our own link is at fault.
bool FeedClient::JudgePath(FeedState* s) const {
  const State down = was_live_ ? State::kStale : State::kConnecting;
  if (upstream_ == State::kEnded) {
    s->state = State::kRecovering;
    s->cause = "the feed has ended; the rest is on its way";
  } else if (upstream_ != State::kLive || epoch_.value == 0) {
    s->state = upstream_ == State::kConnecting || upstream_ == State::kLive ? down : upstream_;
    // The hop nearest to the publisher whose own link upwards is not live.
    s->hop = HopAbove();
    for (const Hop& hop : hops_) {
      if (hop.state != State::kLive) s->hop = hop.name;
    }
    s->cause = upstream_cause_.empty() ? s->hop + " is not live" : upstream_cause_;
  } else if (hops_.back().role != Role::kPublisher) {
    s->state = down;
    s->cause = "the path above " + hops_.back().name + " does not reach a publisher";
    s->hop = hops_.back().name;
  } else if (waiting_ > options_.stale_after) {
    s->state = State::kStale;
    s->cause = LinkName() + ": data has been waiting there for more than 3 s";
    s->hop = HopAbove();
  } else {
    return true;
  }
  return false;
}

void FeedClient::Publish() {
  judged_at_ = now_;
  FeedState next = Judge();
  if (next.state == State::kLive) was_live_ = true;
  const bool changed = next.state != state_.state || next.cause != state_.cause ||
                       next.hop != state_.hop || next.hops.size() != state_.hops.size();
  state_ = std::move(next);
  if (changed) events_->OnState(state_);
}

}  // namespace fantail::feed
