#include "tests/simulation/desk.h"

#include <algorithm>

namespace fantail::simulation {

using std::chrono::milliseconds;

namespace {

constexpr Nanos kCheckEvery = milliseconds(100);

std::string Text(Position position) {
  return std::to_string(position.value);
}

}  // namespace

SimDesk::SimDesk(World* world, std::string name, std::string upstream_name,
                 std::vector<Pattern> patterns, const SimPublisher* publisher, size_t lines,
                 std::optional<Nanos> newest)
    : Node(world, std::move(name)),
      publisher_(publisher),
      line_count_(lines),
      newest_(newest),
      patterns_(std::move(patterns)) {
  upstream = std::move(upstream_name);
}

void SimDesk::Start(MonotonicTime now) {
  lines_ = std::make_unique<feed::Lines>(feed::ClientOptions{.name = name_,
                                                             .node = IdOf(name_),
                                                             .role = feed::Role::kSubscriber,
                                                             .encoding = world_->DrawEncoding(),
                                                             .newest = newest_},
                                         line_count_, this);
  Forget();
  stays_live_ = false;
  truth_ = nullptr;
  complete_ = promised_ = feed::Interest();
  not_yet_unwanted_ = patterns_;
  lines_->SetInterest(patterns_, now);
}

void SimDesk::Forget() {
  seen_.clear();
  venues_.clear();
  mine_.clear();
  announced_.clear();
  payloads_.clear();
  through_ = Position{};
  records_ = 0;
  ended_ = false;
}

bool SimDesk::Turn(MonotonicTime now) {
  lines_->Turn(now);
  if (now - checked_at_ >= kCheckEvery) {
    checked_at_ = now;
    CheckState(now);
  }
  return false;
}

void SimDesk::Want(std::vector<Pattern> patterns) {
  patterns_ = std::move(patterns);
  if (world_->tracing) {
    world_->Trace(name_ + " wants " + feed::DescribePatterns(patterns_));
  }
  not_yet_unwanted_.insert(not_yet_unwanted_.end(), patterns_.begin(), patterns_.end());
  for (size_t i = 0; i < mine_.size(); ++i) {
    if (mine_[i].allowed) continue;
    mine_[i].allowed = feed::Interest(patterns_).Matches(truth_->topics()[i].name);
  }
  if (alive) lines_->SetInterest(patterns_, world_->now());
}

void SimDesk::Hash(uint64_t kind, uint64_t a, uint64_t b) {
  world_->Hash(static_cast<uint64_t>(world_->now().time_since_epoch().count()));
  world_->Hash(IdOf(name_).value + kind);
  world_->Hash(a);
  world_->Hash(b);
}

// -------------------------------------------------------------------------------------------------
// What the desk knows of its topics.

void SimDesk::Sync() {
  if (truth_ == nullptr) return;
  const bool changed = !(complete_ == lines_->complete());
  if (changed) {
    complete_ = lines_->complete();
    promised_ = feed::Interest(feed::Clip(promised_.patterns(), complete_));
  }
  if (!changed && mine_.size() == truth_->topics().size()) return;
  const size_t known = changed ? 0 : mine_.size();
  if (changed && lines_->current() && complete_ == feed::Interest(patterns_)) {
    not_yet_unwanted_ = patterns_;
  }
  mine_.resize(truth_->topics().size());
  const feed::Interest allowed(not_yet_unwanted_);
  for (size_t i = known; i < mine_.size(); ++i) {
    const std::string& name = truth_->topics()[i].name;
    mine_[i].complete = complete_.Matches(name);
    mine_[i].allowed = mine_[i].complete || allowed.Matches(name);
    // What is no longer wanted starts anew when it is wanted again.
    if (!mine_[i].complete && changed) mine_[i].sequence = 0, mine_[i].image = {};
  }
}

SimDesk::Seen* SimDesk::SeenOf(TopicId id) {
  if (id.value >= seen_.size() || seen_[id.value].name.empty()) return nullptr;
  return &seen_[id.value];
}

SimDesk::Mine* SimDesk::MineOf(Seen* seen) {
  if (truth_ == nullptr) return nullptr;
  Sync();
  if (seen->topic == Truth::kNone) seen->topic = truth_->Find(seen->name);
  return seen->topic == Truth::kNone ? nullptr : &mine_[seen->topic];
}

bool SimDesk::Announced(const std::string& name, Position position) const {
  return std::any_of(announced_.rbegin(), announced_.rend(), [&](const feed::GapNotice& gap) {
    return gap.from < position && position <= gap.to &&
           std::any_of(gap.patterns.begin(), gap.patterns.end(),
                       [&](const Pattern& pattern) { return pattern.Matches(name); });
  });
}

// Whether all after what is here, through `sequence`, was announced as lost.
bool SimDesk::ComesAs(const Mine& mine, const TruthTopic& topic, uint32_t sequence) const {
  for (uint32_t s = mine.sequence; s < sequence; ++s) {
    if (!NeedNotCome(topic, s)) return false;
  }
  return true;
}

bool SimDesk::NeedNotCome(const TruthTopic& topic, uint32_t index) const {
  return newest_.has_value() || Announced(topic.name, topic.positions[index]);
}

// -------------------------------------------------------------------------------------------------
// What it is given.

void SimDesk::OnNewEpoch(Epoch epoch, bool) {
  Hash(1, epoch.value);
  if (world_->tracing) {
    world_->Trace(name_ + " begins epoch " + std::to_string(epoch.value >> 32));
  }
  if (truth_ != nullptr && epoch <= truth_->epoch()) Violate("it goes back to an older epoch");
  Forget();
  truth_ = publisher_->TruthOf(epoch);
  if (truth_ == nullptr) Violate("an epoch that never was");
  Sync();
}

void SimDesk::OnTopic(TopicId id, std::string_view name) {
  Hash(2, id.value);
  if (id.value >= seen_.size()) seen_.resize(id.value + 1);
  seen_[id.value] = {.name = std::string(name)};
}

void SimDesk::OnVenue(VenueId id, std::string_view name) {
  if (id.value >= venues_.size()) venues_.resize(id.value + 1);
  venues_[id.value] = name;
}

// Status is never merged: all that it said is there.
void SimDesk::OnUpdate(const feed::ImageUpdate& update) {
  Seen* seen = SeenOf(update.image.topic);
  Mine* mine = seen == nullptr ? nullptr : MineOf(seen);
  if (mine == nullptr || !newest_ || !mine->complete) return OnImage(update.image);
  const TruthTopic& topic = truth_->topics()[seen->topic];
  auto status = update.statuses.begin();
  for (uint32_t s = mine->sequence;
       s < std::min<size_t>(update.image.sequence.value, topic.ticks.size()); ++s) {
    if (topic.ticks[s].kind != wire::TickKind::kStatus) continue;
    if (status != update.statuses.end() && status->sequence.value == s + 1) {
      if (!(Plain(*status++) == topic.ticks[s])) Violate("a status of other content");
    } else if (!Announced(topic.name, topic.positions[s])) {
      Violate("what status said of " + seen->name + " is merged: " + std::to_string(s + 1) +
              " of (" + std::to_string(update.after.value) + ", " +
              std::to_string(update.image.sequence.value) + "]");
    }
  }
  if (status != update.statuses.end())
    Violate("what status never said of " + seen->name + ": " +
            std::to_string(status->sequence.value) + " in (" + std::to_string(mine->sequence) +
            " or " + std::to_string(update.after.value) + ", " +
            std::to_string(update.image.sequence.value) + "]");
  OnImage(update.image);
}

void SimDesk::OnImage(const feed::TopicImage& image) {
  Hash(3, image.topic.value, image.sequence.value);
  Seen* seen = SeenOf(image.topic);
  if (seen == nullptr) return Violate("an image without a name");
  Mine* mine = MineOf(seen);
  if (mine == nullptr) return Violate("an image of " + seen->name + ", which nobody published");
  const TruthTopic& topic = truth_->topics()[seen->topic];
  const uint32_t sequence = image.sequence.value;
  if (sequence == 0 || sequence > topic.ticks.size()) {
    return Violate("an image of " + seen->name + " at a sequence never published");
  }
  if (!mine->allowed) Violate("an image of " + seen->name + ", which it does not want");
  if (mine->complete && sequence < mine->sequence) Violate("an image of " + seen->name + " of old");
  if (mine->complete && !ComesAs(*mine, topic, sequence)) {
    Violate("an image of " + seen->name + " " + std::to_string(sequence) + " after " +
            std::to_string(mine->sequence) + ", and no gap announced what is missing");
  }
  if (!(Plain(image) == topic.images[sequence - 1])) {
    Violate("an image of " + seen->name + " " + std::to_string(sequence) + " of other content");
  }
  mine->image = Plain(image);
  mine->sequence = sequence;
}

void SimDesk::OnPayload(Position of, std::span<const std::byte> bytes) {
  if (truth_ == nullptr || of.value == 0 || of > truth_->head()) {
    return Violate("a payload of what was never published");
  }
  const auto [topic, sequence] = truth_->records()[of.value - 1];
  const std::string wanted = PayloadOf(truth_->topics()[topic].name, sequence);
  const std::string_view got(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (got != wanted) Violate("a payload of other content");
  payloads_.insert(of);
}

void SimDesk::OnRecords(std::span<const wire::Record> records) {
  Hash(4, records.front().position.value, records.size());
  for (const wire::Record& record : records) TakeRecord(record);
}

void SimDesk::TakeRecord(const wire::Record& record) {
  Seen* seen = SeenOf(record.tick.topic);
  if (seen == nullptr) return Violate("a record without a name");
  Mine* mine = MineOf(seen);
  if (mine == nullptr) return Violate("a record of " + seen->name + ", which nobody published");
  const TruthTopic& topic = truth_->topics()[seen->topic];
  const uint32_t sequence = record.tick.sequence.value;
  const auto violate = [&](const std::string& what) {
    Violate(seen->name + " " + std::to_string(sequence) + what);
  };
  if (sequence == 0 || sequence > topic.ticks.size()) return violate(" was never published");
  if (!(Plain(record.tick) == topic.ticks[sequence - 1])) violate(" has other content");
  if (!HasVenue(record.tick.venue, topic.venues[sequence - 1])) violate(" has another venue");
  if (record.position != topic.positions[sequence - 1]) violate(" is at another position");
  if (!mine->allowed) violate(" is not wanted");
  const bool carries = world_->IsObject(topic.name) && !PayloadOf(topic.name, sequence).empty();
  if (carries && !payloads_.contains(record.position)) violate(" came without its payload");
  if (sequence != mine->sequence + 1) {
    violate(" after " + std::to_string(mine->sequence) + " of the same topic");
  }
  feed::ApplyTick(Plain(record.tick), &mine->image);
  mine->sequence = sequence;
  ++seen->records;
  ++records_;
  ++all_records_;
}

bool SimDesk::HasVenue(VenueId id, std::string_view name) const {
  if (name.empty()) return id.value == 0;
  return id.value < venues_.size() && venues_[id.value] == name;
}

void SimDesk::OnThrough(Position through) {
  Hash(5, through.value);
  if (through < through_) Violate("through goes back");
  if (truth_ == nullptr || through > truth_->head()) return Violate("through beyond the head");
  Sync();
  CheckThrough(through);
  through_ = through;
}

// Everything in the acknowledged interest in (through_, through] has come, or was announced.
void SimDesk::CheckThrough(Position through) {
  for (uint64_t p = through_.value; p < through.value; ++p) {
    const Truth::Place place = truth_->records()[p];
    const Mine& mine = mine_[place.topic];
    if (!mine.complete || mine.sequence >= place.sequence) continue;
    const std::string& name = truth_->topics()[place.topic].name;
    if (Announced(name, Position{p + 1})) continue;
    return Violate("all is said to have come through " + Text(through) + ", and " + name + " " +
                   std::to_string(place.sequence) + " has not");
  }
}

void SimDesk::OnGap(const feed::GapNotice& gap) {
  Hash(6, gap.from.value, gap.to.value);
  Sync();
  const bool of_mine =
      std::any_of(gap.patterns.begin(), gap.patterns.end(),
                  [this](const Pattern& pattern) { return complete_.Overlaps(pattern); });
  if (of_mine) ++gaps_;
  announced_.push_back(gap);
  if (world_->tracing) {
    world_->Trace(name_ + ": gap (" + Text(gap.from) + ", " + Text(gap.to) + "] of " +
                  feed::DescribePatterns(gap.patterns) + ", " + feed::GapReasonName(gap.reason) +
                  "; it has " + feed::DescribePatterns(lines_->complete().patterns()) +
                  " through " + Text(lines_->through()));
  }
  if (gap.reason == feed::GapReason::kHole) Violate("a hole that no node announced");
  if (gap.reason == feed::GapReason::kDisproved) Violate("a proof of completeness failed");
  const bool had =
      gap.to <= through_ && std::all_of(gap.patterns.begin(), gap.patterns.end(),
                                        [this](const Pattern& p) { return promised_.Covers(p); });
  if (had) Violate("a gap of what it has, through " + Text(gap.to));
}

void SimDesk::OnHave(const feed::HaveNotice& have) {
  Hash(7, have.version, have.at.value);
  for (const Pattern& pattern : have.refused) {
    refused_.push_back(pattern.text());
    refusals_[pattern] = have.reason;
  }
  Sync();
  std::erase_if(refusals_, [this](const auto& entry) { return complete_.Covers(entry.first); });
  if (world_->tracing) {
    world_->Trace(name_ + " has " + feed::DescribePatterns(complete_.patterns()) + " at " +
                  Text(have.at));
  }
  promised_ = complete_;
  if (truth_ == nullptr) return Violate("a have without an epoch");
  if (!(complete_ == feed::Interest(patterns_)) || !have.refused.empty()) return;
  // What is new in the interest is complete as far as the rest.
  const Position at = std::max(have.at, through_);
  for (size_t i = 0; i < mine_.size(); ++i) {
    const TruthTopic& topic = truth_->topics()[i];
    const uint32_t sequence = topic.SequenceAt(at);
    if (!mine_[i].complete || mine_[i].sequence >= sequence) continue;
    if (ComesAs(mine_[i], topic, sequence)) continue;
    Violate("it is said to have " + topic.name + " at " + Text(at) + ", and has not");
  }
}

void SimDesk::OnState(const feed::FeedState& state) {
  Hash(8, static_cast<uint64_t>(state.state));
  if (world_->tracing && state.state != state_) {
    world_->Trace(name_ + " is " + feed::StateName(state.state) + " " + state.cause);
  }
  state_ = state.state;
  const bool down = state_ == feed::State::kStale || state_ == feed::State::kConnecting ||
                    state_ == feed::State::kRefused;
  if (state_ == feed::State::kRecovering) stays_live_ = false;  // it was told that it is too slow
  if (stays_live_ && down) Violate("a move shows: " + state.cause);
}

void SimDesk::OnEnd(Position at) {
  Hash(9, at.value);
  ended_ = true;
  if (truth_ != nullptr && at != truth_->head()) Violate("an end before the last record");
}

// -------------------------------------------------------------------------------------------------

void SimDesk::CheckState(MonotonicTime now) {
  const std::string wrong = WhatIsWrong(lines_->counters());
  if (!wrong.empty()) Violate(wrong);
  if (lines_->state().state != feed::State::kLive) return;
  const std::string above = NotLiveAbove(world_, *this);
  if (!above.empty()) Violate("it says it is live, and " + above + " is not");
  if (MovedLately(*this, now)) return;
  const Nanos merged = newest_.value_or(Nanos{0});
  const auto [epoch, head] = HeadAbove(world_, *this, now - kLinkBound - merged);
  if (epoch > lines_->epoch()) return Violate("it is live in an old epoch");
  if (truth_ == nullptr || epoch != lines_->epoch() || head <= through_) return;
  Sync();
  // A client that wants nothing asks for nothing: its interest is acknowledged, but stands still.
  const feed::Interest wanted(patterns_);
  for (size_t i = 0; i < mine_.size(); ++i) {
    const TruthTopic& topic = truth_->topics()[i];
    const uint32_t sequence = topic.SequenceAt(head);
    const bool here =
        mine_[i].sequence >= sequence || (!newest_ && ComesAs(mine_[i], topic, sequence));
    if (!mine_[i].complete || here) continue;
    if (!wanted.Matches(topic.name)) continue;
    Violate("it is live, and lacks " + topic.name + " " + std::to_string(sequence) + ", which " +
            upstream + " had " + std::to_string(kLinkBound.count() / 1'000'000) + " ms ago");
  }
}

bool SimDesk::HasNewestOf(const feed::Interest& interest) const {
  const Truth& truth = publisher_->truth();
  if (truth_ != &truth) return truth.head().value == 0;
  for (size_t i = 0; i < truth.topics().size(); ++i) {
    if (!interest.Matches(truth.topics()[i].name)) continue;
    if (i >= mine_.size() || mine_[i].sequence == 0) return false;
    if (!(mine_[i].image == truth.topics()[i].images.back())) return false;
  }
  return true;
}

bool SimDesk::SawAll(const std::string& symbol) const {
  for (const Seen& seen : seen_) {
    if (seen.name == symbol) return seen.records == publisher_->Published(symbol);
  }
  return false;
}

}  // namespace fantail::simulation
