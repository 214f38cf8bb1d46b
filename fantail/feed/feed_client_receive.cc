// The half of FeedClient that takes in what a node says: one function a kind of message.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "fantail/base/planted.h"
#include "fantail/feed/digest.h"
#include "fantail/feed/feed_client.h"
#include "fantail/feed/image.h"

namespace fantail::feed {

void FeedClient::On(const wire::Welcome& welcome) {
  if (welcome.feed != options_.feed) return GiveUp("a welcome to another feed", kRetryAfterRefusal);
  if ((Encodings() & wire::EncodingBit(welcome.encoding)) == 0) return OnUnexpected();
  encoding_ = welcome.encoding;
  peer_name_ = welcome.name;
  limits_ = welcome.limits;
  max_patterns_ = welcome.max_patterns;
  // Each welcome begins the stream anew.
  if (welcome.encoding == wire::Encoding::kPlain) {
    packed_.reset();
  } else if (packed_ == nullptr) {
    packed_ = std::make_unique<wire::PackedReader>();
  } else {
    packed_->Reset();
  }
  window_bytes_ = welcome.window_bytes;
  window_messages_ = welcome.window_messages;
  const bool older = welcome.epoch.value != 0 && welcome.epoch < epoch_;
  if (older && !planted::On(planted::Bug::kAdoptOlderEpoch)) {
    // A publisher that was thought gone, or a node that has not heard of the new one.
    refused_by_peer_ = true;
    ++counters_.older_epochs;
    down_cause_ =
        "it serves an older epoch than was seen here: a publisher that was replaced still runs";
    return GiveUp(down_cause_, kRetryAfterRefusal);
  }
  refused_by_peer_ = false;
  no_rights_.clear();
  peer_epoch_ = welcome.epoch;
  const bool first = phase_ != Phase::kUp;
  if (first) {
    phase_ = Phase::kUp;
    ++counters_.sessions;
    proved_at_ = now_;
    SendPing();
  }
  if (welcome.epoch > epoch_ || older) {
    replay_ = welcome.replay;
    BeginEpoch(welcome.epoch, welcome.paced);
  }
  if (!first) {
    // The node goes on with what it had acknowledged; a change that it had not, it has forgotten.
    version_ = have_version_;
    asked_ = held_;
    refusing_.clear();
    // The owner has not been told of that in this epoch.
    if (!planted::On(planted::Bug::kKeepRefusals)) refused_.clear();
    AskAgain();
    caught_up_ = false;
  }
  SendWants();
  Publish();
}

void FeedClient::BeginEpoch(Epoch epoch, bool paced) {
  epoch_ = epoch;
  paced_ = paced;
  through_ = bookmark_ = reach_ = reach_before_ = lost_through_ = Position{};
  complete_ = told_ = Interest();
  topics_ = Topics();
  if (!planted::On(planted::Bug::kKeepSequences)) states_.clear();
  digest_ = 0;
  ended_.reset();
  backfills_.clear();
  asking_.clear();
  answered_.clear();
  untold_.reset();
  events_->OnNewEpoch(epoch, paced);
}

void FeedClient::On(const wire::Refused& refused) {
  if (refused.code == wire::RefusedCode::kNoSession) return GiveUp("it knows no such session");
  refused_by_peer_ = true;
  down_cause_ = refused.reason;
  if (refused.code == wire::RefusedCode::kNoRights) no_rights_ = refused.reason;
  GiveUp(std::string(refused.reason), kRetryAfterRefusal);
}

void FeedClient::On(const wire::Goodbye& goodbye) {
  if (goodbye.code == wire::GoodbyeCode::kMove && !goodbye.endpoint.empty()) {
    move_to_ = goodbye.endpoint;
    return;
  }
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
  if (have.more) return TakeAway(have.reason);
  have_version_ = have.version;
  if (!untold_) untold_.emplace();
  untold_->version = have.version;
  untold_->reason = have.reason;
  const absl::flat_hash_set<Pattern> refused(refusing_.begin(), refusing_.end());
  std::erase_if(asked_, [&](const Pattern& pattern) { return refused.contains(pattern); });
  for (Pattern& pattern : std::exchange(refusing_, {})) {
    refused_.push_back(pattern);
    refused_reason_ = have.reason;
    untold_->refused.push_back(std::move(pattern));
  }
  // A node that is a little behind: what is fresh is only there up to where the node is.
  bookmark_ = have.at;
  if (!repeated) {
    held_ = asked_;
    std::move(asking_.begin(), asking_.end(), std::back_inserter(answered_));
    asking_.clear();
  }
  complete_ = Interest(held_);
  told_ = Interest(Clip(told_.patterns(), complete_));
  RecountDigest();
  caught_up_ = false;
  TellHave();
  SendWants();
  Publish();
}

// Before what comes for the rest: that must not count for what is refused, if it was acknowledged.
void FeedClient::TakeAway(std::string_view reason) {
  const absl::flat_hash_set<Pattern> refused(refusing_.begin(), refusing_.end());
  std::vector<Pattern> left;
  for (const Pattern& pattern : asked_) {
    if (!refused.contains(pattern) && complete_.Covers(pattern)) left.push_back(pattern);
  }
  Interest complete(std::move(left));
  if (complete == complete_) return;
  complete_ = std::move(complete);
  told_ = Interest(Clip(told_.patterns(), complete_));
  RecountDigest();
  events_->OnRefused(refusing_, reason);
}

// Behind a node that was further, what is new in the interest is told when it is where the rest is.
void FeedClient::TellHave() {
  const bool behind = bookmark_ < through_ && !complete_.empty();
  if (!untold_ || (behind && !planted::On(planted::Bug::kTellTooEarly))) return;
  through_ = std::max(through_, bookmark_);
  told_ = complete_;
  caught_up_ = true;
  HaveNotice notice = *std::exchange(untold_, std::nullopt);
  notice.at = bookmark_;
  backfilled_ = std::exchange(answered_, {});
  events_->OnThrough(through_);
  events_->OnHave(notice);
  backfilled_.clear();
}

// What is no longer wanted is forgotten, so that it counts in no digest and comes back with an
// image.
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
  if (!batch.payload.empty()) events_->OnPayload(batch.first, batch.payload);
  TakeBatch(batch.after, batch.through, batch.replay, batch.ticks.size(), [&](size_t i) {
    return wire::Record{batch.PositionAt(i), batch.ticks[i]};
  });
}

void FeedClient::On(const wire::PackedBatch& batch) {
  TakeBatch(batch.after, batch.through, batch.replay, batch.records.size(),
            [&](size_t i) { return batch.records[i]; });
}

template <class RecordAt>
void FeedClient::TakeBatch(Position after, Position through, wire::Replay replay, size_t count,
                           RecordAt record_at) {
  batch_at_ = now_;
  const bool live = replay == wire::Replay::kLive;
  if (live && after > bookmark_) {
    ++counters_.lost_messages;
    return GiveUp("a message was lost");
  }
  records_.clear();
  for (size_t i = 0; i < count; ++i) {
    const wire::Record record = record_at(i);
    if (!topics_.Has(record.tick.topic)) return GiveUp("a tick without a name");
    if (replay == wire::Replay::kBackfill || TakeRecord(record)) records_.push_back(record);
  }
  if (!records_.empty()) {
    if (replay == wire::Replay::kBackfill) {
      events_->OnBackfill(records_);
    } else {
      counters_.records += records_.size();
      events_->OnRecords(records_);
    }
  }
  if (!live || through <= bookmark_) return;
  bookmark_ = through;
  if (bookmark_ > through_) {
    through_ = bookmark_;
    events_->OnThrough(through_);
  }
  if (!untold_) return;
  TellHave();
  SendWants();
  Publish();
}

// True if the owner does not have it yet.
bool FeedClient::TakeRecord(const wire::Record& record) {
  TopicState& state = states_[record.tick.topic.value];
  if (record.tick.sequence <= state.last) {
    ++counters_.duplicates;
    return false;
  }
  if (record.tick.sequence == state.last + 1) {
    state.expects_image = false;  // the node has all that another one had lost
  } else if (!state.expects_image && record.position > state.lost_through + 1) {
    ++counters_.holes;
    ReportGap(record.tick.topic, through_, Position{record.position.value - 1}, GapReason::kHole);
  }
  digest_ += state.factor * (record.tick.sequence - state.last);
  state.last = record.tick.sequence;
  reach_ = std::max(reach_, record.position);
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
  reach_ = std::max(reach_, image.at);
  ForEachImage(image, [&](const TopicImage& one, std::span<const wire::Tick> statuses) {
    TopicState& state = states_[one.topic.value];
    // Of a node that is behind the one before: an image never goes back.
    const bool news = one.sequence > state.last;
    if (!news && (!state.expects_image || one.sequence < state.last)) return;
    const bool told =
        state.expects_image || image.at <= state.lost_through || options_.newest.has_value();
    if (state.last.value != 0 && !told) {
      ReportGap(one.topic, through_, reach(), GapReason::kNotHeld);
    }
    TakeImage(one, statuses);
  });
}

void FeedClient::TakeImage(const TopicImage& image, std::span<const wire::Tick> statuses) {
  TopicState& state = states_[image.topic.value];
  const Sequence after = state.last;
  digest_ += state.factor * (uint64_t{image.sequence.value} - uint64_t{after.value});
  state.last = image.sequence;
  state.expects_image = false;
  ++counters_.images;
  if (after.value == 0) return events_->OnImage(image);
  events_->OnUpdate({.image = image,
                     .after = after,
                     .statuses = StatusesAfter(statuses, after),
                     .asked = options_.newest.has_value()});
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
  GapNotice notice{
      .from = gap.from, .to = gap.to, .patterns = {}, .reason = static_cast<GapReason>(gap.reason)};
  for (const std::string_view text : gap.patterns) notice.patterns.emplace_back(text);
  if (notice.reason == GapReason::kTooSlow) {
    held_gaps_.push_back(std::move(notice));
  } else {
    TakeGap(std::move(notice));
  }
}

void FeedClient::TakeHeldGaps() {
  for (GapNotice& gap : std::exchange(held_gaps_, {})) TakeGap(std::move(gap));
}

void FeedClient::TakeGap(GapNotice notice) {
  for (const Pattern& pattern : std::exchange(notice.patterns, {})) {
    for (std::vector<BackfillAnswer>* answers : {&asking_, &answered_}) {
      for (BackfillAnswer& answer : *answers) {
        if (!answer.request.pattern.Overlaps(pattern)) continue;
        answer.complete_from = std::max(answer.complete_from, notice.to);
      }
    }
    for (Pattern& lost : Lost(pattern, notice)) notice.patterns.push_back(std::move(lost));
  }
  if (notice.patterns.empty()) return;
  lost_through_ = std::max(lost_through_, notice.to);
  ++counters_.gaps;
  events_->OnGap(notice);
  // Images follow, and then a have; until it comes, some of what is shown is old.
  if (notice.reason != GapReason::kTooSlow) return;
  caught_up_ = false;
  Publish();
}

// What the owner lacks of `pattern` where the node has `gap`: not what a node that was further has
// brought it. The images that follow take its place.
std::vector<Pattern> FeedClient::Lost(const Pattern& pattern, const GapNotice& gap) {
  const bool has_some = gap.reason != GapReason::kDisproved && gap.to <= through_ &&
                        told_.Overlaps(pattern) && !planted::On(planted::Bug::kBelieveOldGap);
  std::vector<Pattern> lost;
  if (!has_some) lost.push_back(pattern);
  topics_.ForEachMatch(pattern, [&](TopicId id) {
    const std::string_view name = topics_.Name(id);
    if (has_some && told_.Matches(name)) return;
    if (has_some) lost.emplace_back(name);
    TopicState& state = states_[id.value];
    if (state.last.value == 0) return;
    state.expects_image = true;
    state.lost_through = std::max(state.lost_through, gap.to);
  });
  return lost;
}

void FeedClient::On(const wire::Pong& pong) {
  if (pong.nonce != 0) {
    const MonotonicTime sent{Nanos(static_cast<int64_t>(pong.nonce))};
    // An answer to what we never asked, or from before this connection, proves nothing.
    const MonotonicTime right_now = RightNow();
    if (sent > right_now + Nanos(1) || sent < connected_at_) return;
    // It may have left and come back within one turn, whose time is that of its beginning.
    proved_at_ = planted::On(planted::Bug::kOldPongRevives)
                     ? now_
                     : std::max(proved_at_, std::min(sent, now_));
    if (pong.clock_ns != 0) above_.Add(sent, MonotonicTime(Nanos(pong.clock_ns)), right_now);
  }
  hops_.clear();
  for (const wire::HopView& hop : pong.hops) {
    hops_.push_back({.node = hop.node,
                     .name = std::string(hop.name),
                     .role = static_cast<Role>(hop.role),
                     .state = static_cast<State>(hop.state),
                     .age = Nanos(static_cast<int64_t>(hop.age_ns))});
  }
  // The first is the node itself that answers.
  if (const auto loop =
          hops_.empty() ? std::nullopt
                        : LoopOf(options_.node, hops_.front().node, std::span(hops_).subspan(1))) {
    hops_.clear();
    refused_by_peer_ = true;
    down_cause_ = *loop;
    return GiveUp(down_cause_, kRetryAfterRefusal);
  }
  upstream_ = static_cast<State>(pong.state);
  upstream_cause_ = pong.cause;
  waiting_ = Nanos(static_cast<int64_t>(std::min<uint64_t>(pong.waiting_ns, INT64_MAX)));
  Publish();
}

void FeedClient::On(const wire::Trace& trace) {
  if (!tracing_ || phase_ != Phase::kUp || trace.hops.size() >= wire::kMaxHops) return;
  Trace all;
  for (const wire::TraceHop& hop : trace.hops) {
    TraceHop& added = all.hops.emplace_back();
    added = {.node = hop.node, .held = Nanos(hop.held_ns)};
    if (hop.error_ns >= 0) added.way = {{Nanos(hop.way_ns), Nanos(hop.error_ns)}};
  }
  TraceHop& self = all.hops.emplace_back();
  self.node = options_.node;
  if (const auto clock = above_.At(now_)) {
    const MonotonicTime sent = MonotonicTime(Nanos(trace.sent_ns)) - clock->ahead;
    const Nanos most{wire::kMaxTraceNs};
    self.way = {.took = std::clamp(batch_at_ - sent, -most, most),
                .error = std::min(clock->error, most)};
  }
  events_->OnTrace(all);
}

void FeedClient::On(const wire::Proof& proof) {
  if (proof.version != have_version_ || version_ != have_version_) return;
  if (proof.at < std::max(through_, reach_)) return;  // a node that is a little behind
  // It counts what it has sent; what another one had sent before, only once it has said so.
  if (options_.newest && bookmark_ < reach_before_) return;
  if (proof.digest == digest_) {
    ++counters_.proofs;
    return;
  }
  ++counters_.wrong_digests;
  ++counters_.gaps;
  events_->OnGap({.from = Position{},
                  .to = proof.at,
                  .patterns = complete_.patterns(),
                  .reason = GapReason::kDisproved});
  // What we hold is wrong somewhere: everything is wanted afresh.
  complete_ = told_ = Interest();
  for (TopicState& state : states_) {
    state.expects_image = state.last.value != 0;
    state.last = Sequence{};
  }
  GiveUp("a proof of completeness failed");
}

void FeedClient::On(const wire::End& end) {
  ended_ = end.at;
  if (!hold_) SendAck();
  events_->OnEnd(end.at);
  Publish();
}

}  // namespace fantail::feed
