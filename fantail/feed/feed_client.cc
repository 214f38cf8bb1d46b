#include "fantail/feed/feed_client.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "fantail/base/planted.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {
namespace {

// A twentieth of the time after which a silent link is stale.
constexpr Nanos kJudgeEvery = std::chrono::milliseconds(50);
// While data flows, acks come this soon, so that the node above sees how fast the link is; but not
// for less than this: an ack of 120 bytes on the wire is then 1.5 % of what it answers.
constexpr Nanos kAckEvery = std::chrono::milliseconds(20);
constexpr uint64_t kLeastAcked = 8 * 1024;

}  // namespace

ClientCounters& operator+=(ClientCounters& sum, const ClientCounters& more) {
  for (uint64_t ClientCounters::*counter :
       {&ClientCounters::records, &ClientCounters::images, &ClientCounters::gaps,
        &ClientCounters::duplicates, &ClientCounters::bytes_received,
        &ClientCounters::messages_received, &ClientCounters::bytes_sent,
        &ClientCounters::bad_messages, &ClientCounters::lost_messages, &ClientCounters::holes,
        &ClientCounters::wrong_digests, &ClientCounters::proofs, &ClientCounters::sessions,
        &ClientCounters::older_epochs}) {
    sum.*counter += more.*counter;
  }
  return sum;
}

FeedClient::FeedClient(ClientOptions options, FeedEvents* events)
    : options_(std::move(options)), events_(events) {}

// -------------------------------------------------------------------------------------------------
// What the owner wants.

void FeedClient::SetInterest(std::vector<Pattern> patterns, MonotonicTime now) {
  now_ = now;
  std::sort(patterns.begin(), patterns.end());
  patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
  wanted_ = std::move(patterns);
  SendWants();
  Publish();
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

// What was asked for, and of which the owner has not been told, is asked for again, in the next
// session.
void FeedClient::AskAgain() {
  for (std::vector<BackfillAnswer>* asked : {&asking_, &answered_}) {
    for (BackfillAnswer& backfill : *asked) AskBackfill(std::move(backfill.request));
    asked->clear();
  }
}

bool FeedClient::current() const {
  if (!caught_up_ || drop_ || version_ != have_version_ || epoch_.value == 0) return false;
  const auto refused = [&](const Pattern& pattern) {
    return std::find(refused_.begin(), refused_.end(), pattern) != refused_.end();
  };
  size_t served = 0;
  for (const Pattern& pattern : wanted_) {
    if (std::binary_search(held_.begin(), held_.end(), pattern)) {
      ++served;
    } else if (!refused(pattern)) {
      return false;
    }
  }
  return served == held_.size();
}

// One change is under way at a time; what the owner wants meanwhile goes with the next. It is under
// way until the owner has been told: else what is given up and wanted again would begin anew, and
// the owner not know why.
void FeedClient::SendWants() {
  if (phase_ != Phase::kUp || version_ != have_version_ || untold_) return;
  // A node that has not named this epoch may answer twice: now, and once it has told of it.
  if (epoch_.value == 0 || peer_epoch_ != epoch_) return;
  std::vector<std::pair<Pattern, wire::Start>> add;
  std::vector<Pattern> next = wanted_;
  const Interest wanted(wanted_);
  // What is given up may be asked for again one day, and is not remembered until then.
  std::erase_if(refused_, [this](const Pattern& pattern) {
    return !std::binary_search(wanted_.begin(), wanted_.end(), pattern);
  });
  const absl::flat_hash_set<Pattern> refused(refused_.begin(), refused_.end());
  // What was refused is not asked for again, and so not acknowledged either.
  std::erase_if(next, [&](const Pattern& pattern) { return refused.contains(pattern); });
  const bool reconnected = asked_.empty();
  if (reconnected) {
    // A new session. What was complete goes on where it stopped, before anything fresh around it.
    for (const Pattern& pattern : complete_.patterns()) {
      if (wanted.Covers(pattern)) next.push_back(pattern);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
  }
  for (const Pattern& pattern : next) {
    if (std::binary_search(asked_.begin(), asked_.end(), pattern)) continue;
    if (complete_.Covers(pattern)) {
      if (planted::On(planted::Bug::kForgetPatternOnReconnect) && reconnected && !add.empty()) {
        continue;
      }
      const uint64_t beyond = planted::On(planted::Bug::kResumeOneTooFar) ? 1 : 0;
      add.insert(add.begin(),
                 {pattern, {.after = bookmark_ + beyond, .kind = wire::StartKind::kResume}});
    } else {
      add.push_back({pattern, {.kind = wire::StartKind::kFresh}});
    }
  }
  // A node that is behind answers with what it has: what comes then joins nothing here.
  const bool behind = reconnected || bookmark_ < std::max(through_, reach_);
  const Interest asking(next);
  std::vector<Backfill> later;
  for (Backfill& backfill : backfills_) {
    // The node would take it for a wish: whoever needed it has gone since.
    if (!wanted.Covers(backfill.pattern)) continue;
    // Nor is it asked for as a part of what has been refused: by itself, when that is wanted.
    const bool early = behind && complete_.Covers(backfill.pattern) &&
                       !planted::On(planted::Bug::kBackfillFromBehind);
    if (early || !asking.Covers(backfill.pattern)) {
      later.push_back(std::move(backfill));
      continue;
    }
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
  backfills_ = std::move(later);
  std::vector<Pattern> remove;
  std::set_difference(asked_.begin(), asked_.end(), wanted_.begin(), wanted_.end(),
                      std::back_inserter(remove));
  // That nothing is wanted any more of what was complete is said as well.
  const bool gives_up = reconnected && !complete_.empty();
  if (add.empty() && remove.empty() && !gives_up) return;
  ++version_;
  asked_ = std::move(next);
  ++wants_sent_;
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

// -------------------------------------------------------------------------------------------------
// The connection.

void FeedClient::Connecting(std::string peer, MonotonicTime now) {
  now_ = now;
  if (peer == peer_) return;
  peer_ = std::move(peer);
  peer_name_.clear();
  Publish();
}

void FeedClient::Connected(wire::Link* link, std::string peer, MonotonicTime now) {
  now_ = now;
  link_ = link;
  peer_ = std::move(peer);
  phase_ = Phase::kGreeting;
  reach_before_ = reach_ = reach();
  connected_at_ = now;
  drop_.reset();
  Send(wire::Encode(wire::Hello{.feed = options_.feed,
                                .name = options_.name,
                                .node = options_.node,
                                .role = static_cast<uint8_t>(options_.role),
                                .encodings = Encodings(),
                                .newest_ns = NewestNs()}));
  Publish();
}

uint32_t FeedClient::Encodings() const {
  uint32_t encodings =
      wire::EncodingBit(wire::Encoding::kPlain) | wire::EncodingBit(options_.encoding);
  if (options_.encoding == wire::Encoding::kPacked) {
    encodings |= wire::EncodingBit(wire::Encoding::kShared);
  }
  return encodings;
}

uint64_t FeedClient::NewestNs() const {
  return options_.newest ? static_cast<uint64_t>(std::max(*options_.newest, Nanos(1)).count()) : 0;
}

void FeedClient::Disconnected(std::string_view why, MonotonicTime now) {
  now_ = now;
  link_ = nullptr;
  phase_ = Phase::kDown;
  packed_.reset();
  drop_.reset();
  down_cause_ = why;
  taken_bytes_ = taken_messages_ = acked_bytes_ = acked_messages_ = 0;
  peer_epoch_ = Epoch{};
  version_ = have_version_ = 0;
  asked_.clear();
  held_.clear();
  refused_.clear();
  refusing_.clear();
  held_gaps_.clear();
  AskAgain();
  untold_.reset();
  caught_up_ = false;
  asked_traces_ = false;
  above_ = ClockOffset();
  hops_.clear();
  upstream_ = State::kConnecting;
  upstream_cause_.clear();
  waiting_ = Nanos{0};
  move_to_.reset();
  Publish();
}

void FeedClient::Moved(wire::Link* link, std::string peer, MonotonicTime now) {
  if (!planted::On(planted::Bug::kMoveShows)) KeepLive(live_until());
  Disconnected("moved to " + peer, now);
  Connected(link, std::move(peer), now);
}

void FeedClient::ResumeFrom(Position through, const Interest& complete, MonotonicTime live_until) {
  through_ = bookmark_ = through;
  complete_ = told_ = complete;
  RecountDigest();
  KeepLive(live_until);
  Close();
  if (!drop_) drop_ = wire::Drop{.reason = "to go on where the other line stands", .at_once = true};
}

void FeedClient::KeepLive(MonotonicTime until) {
  if (state_.state == State::kLive) keep_live_until_ = until;
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
  if (!drop_) drop_ = wire::Drop{.reason = std::move(reason), .retry_after = retry_after};
}

void FeedClient::Turn(MonotonicTime now) {
  now_ = now;
  if (phase_ == Phase::kGreeting && now - connected_at_ > options_.welcome_within) {
    GiveUp("no welcome within 3 s");
  }
  if (phase_ == Phase::kUp) {
    if (now - pinged_at_ >= options_.ping_every || tracing_ != asked_traces_) {
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
  asked_traces_ = tracing_;
  // The nonce is the time of sending on our own clock, and never 0: the answer brings it back.
  const auto nonce = static_cast<uint64_t>(RightNow().time_since_epoch().count()) | 1;
  Send(wire::Encode(wire::Ping{.nonce = nonce, .trace = tracing_}));
}

void FeedClient::SendAck() {
  acked_at_ = now_;
  if (!hold_) {
    acked_bytes_ = taken_bytes_;
    acked_messages_ = taken_messages_;
  }
  Send(wire::Encode(wire::Ack{
      .through = bookmark_, .bytes = acked_bytes_, .messages = acked_messages_, .held = hold_}));
}

void FeedClient::Receive(std::span<const std::byte> bytes, MonotonicTime now) {
  now_ = now;
  counters_.bytes_received += bytes.size();
  ++counters_.messages_received;
  if (drop_) return;
  wire::AnyMessage message;
  const wire::DecodeError error = Decode(bytes, &message);
  const auto kind = bytes.empty() ? wire::Kind{} : static_cast<wire::Kind>(bytes[0]);
  const bool counted = (kind != wire::Kind::kPong || planted::On(planted::Bug::kCountPongs)) &&
                       kind != wire::Kind::kTrace && kind != wire::Kind::kRefused &&
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
    return GiveUp(std::string("a bad message: ") + wrong_);
  } else {
    Dispatch(message);
  }
  AckIfHalf();
}

wire::DecodeError FeedClient::Decode(std::span<const std::byte> bytes, wire::AnyMessage* message) {
  const bool packed = packed_ != nullptr && !bytes.empty() &&
                      static_cast<wire::Kind>(bytes[0]) == wire::Kind::kPacked;
  const wire::DecodeError error =
      packed ? packed_->Decode(bytes, message) : decoder_.Decode(bytes, message);
  wrong_ = packed ? packed_->detail() : decoder_.detail();
  return error;
}

// An ack every half window keeps the node above sending without a pause. It may allow less than
// that on the way, and measures by the acks how much is right.
void FeedClient::AckIfHalf() {
  const uint64_t bytes = taken_bytes_ - acked_bytes_;
  const bool half = bytes >= window_bytes_ / 2 ||
                    taken_messages_ - acked_messages_ >= std::max(1u, window_messages_ / 2);
  const bool due = bytes >= kLeastAcked && now_ - acked_at_ >= kAckEvery;
  if (phase_ == Phase::kUp && (half || due) && !hold_) SendAck();
}

void FeedClient::Dispatch(const wire::AnyMessage& message) {
  std::visit(
      [this](const auto& m) {
        using M = std::decay_t<decltype(m)>;
        constexpr bool from_client = std::is_same_v<M, wire::Hello> ||
                                     std::is_same_v<M, wire::Want> ||
                                     std::is_same_v<M, wire::Ack> || std::is_same_v<M, wire::Ping>;
        constexpr bool any_time = std::is_same_v<M, wire::Welcome> ||
                                  std::is_same_v<M, wire::Refused> ||
                                  std::is_same_v<M, wire::Goodbye> ||
                                  std::is_same_v<M, wire::Pong> || std::is_same_v<M, wire::Trace>;
        if constexpr (from_client) {
          OnUnexpected();
        } else {
          if (!any_time && (phase_ != Phase::kUp || epoch_.value == 0)) return OnUnexpected();
          if (!any_time && !std::is_same_v<M, wire::Gap>) TakeHeldGaps();
          On(m);
        }
      },
      message);
}

void FeedClient::OnUnexpected() {
  ++counters_.bad_messages;
  GiveUp("a message that does not belong there");
}

}  // namespace fantail::feed
