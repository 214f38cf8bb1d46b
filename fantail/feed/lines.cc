#include "fantail/feed/lines.h"

#include <algorithm>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/feed/image.h"
#include "fantail/feed/lines_line.h"

namespace fantail::feed {
namespace {

// How long a line that has acknowledged a change of interest waits for the others.
constexpr Nanos kAcknowledgeTogether = std::chrono::milliseconds(500);
// How long a line that is ahead of the others waits for them before it resumes where they stand.
constexpr Nanos kCatchUp = std::chrono::seconds(1);

int Rank(State state) {
  switch (state) {
    case State::kEnded:
      return 5;
    case State::kLive:
      return 4;
    case State::kRecovering:
      return 3;
    case State::kStale:
      return 2;
    case State::kConnecting:
      return 1;
    case State::kRefused:
      return 0;
  }
  return 0;
}

}  // namespace

Lines::Lines(const ClientOptions& options, size_t count, FeedEvents* events) : events_(events) {
  FANTAIL_CHECK(count > 0);
  for (size_t i = 0; i < count; ++i) {
    lines_.push_back(std::make_unique<Line>(this, options, count == 1 ? events : nullptr));
  }
  speaker_ = &lines_.front()->client;
}

Lines::~Lines() = default;

FeedClient& Lines::line(size_t i) {
  return lines_[i]->client;
}
const FeedClient& Lines::line(size_t i) const {
  return lines_[i]->client;
}

// -------------------------------------------------------------------------------------------------
// What the owner wants, and what it may look at.

void Lines::SetInterest(std::vector<Pattern> patterns, MonotonicTime now) {
  now_ = now;
  for (const auto& line : lines_) line->client.SetInterest(patterns, now);
  wanted_ = Interest(std::move(patterns));
  asked_at_ = now;
  ++asked_count_;
  announced_ = false;
  if (single()) return;
  ForgetUnwantedBackfills();
  // From now on a line may be without what is no longer wanted: nothing is promised of it any more.
  Interest rest(Clip(complete_.patterns(), wanted_));
  const bool less = !(rest == complete_);
  narrowed_ = narrowed_ || less;
  complete_ = std::move(rest);
  OpenTopics(/*promised=*/less);
  // What is wanted and not promised begins anew with that: no older records join it yet.
  for (const Pattern& pattern : wanted_.patterns()) {
    if (less && !complete_.Covers(pattern)) NeedAgain({pattern});
  }
  CheckCovers();
}

void Lines::HoldAcks(bool held) {
  for (const auto& line : lines_) line->client.HoldAcks(held);
}

void Lines::SetTracing(bool on) {
  for (const auto& line : lines_) line->client.SetTracing(on);
}

void Lines::Turn(MonotonicTime now) {
  now_ = now;
  for (const auto& line : lines_) line->client.Turn(now);
  if (single()) return;
  Announce();
  Settle();
  AskNeeded();
  Publish();
}

void Lines::Close() {
  for (const auto& line : lines_) line->client.Close();
}

const std::vector<BackfillAnswer>& Lines::backfilled() const {
  return single() ? speaker_->backfilled() : backfilled_;
}
const FeedState& Lines::state() const {
  return single() ? speaker_->state() : state_;
}
bool Lines::replay() const {
  return single() ? speaker_->replay() : replay_;
}
bool Lines::paced() const {
  return single() ? speaker_->paced() : paced_;
}
Epoch Lines::epoch() const {
  return single() ? speaker_->epoch() : epoch_;
}
bool Lines::current() const {
  return single() ? speaker_->current() : announced_;
}
Position Lines::through() const {
  return single() ? speaker_->through() : through_;
}
const Interest& Lines::complete() const {
  return single() ? speaker_->complete() : complete_;
}
bool Lines::nothing_allowed() const {
  return std::all_of(lines_.begin(), lines_.end(),
                     [](const auto& line) { return line->client.nothing_allowed(); });
}
uint64_t Lines::wants_sent() const {
  return single() ? speaker_->wants_sent() : asked_count_;
}
const std::vector<Pattern>& Lines::asked() const {
  return single() ? speaker_->asked() : wanted_.patterns();
}
MonotonicTime Lines::proved_at() const {
  return speaker_->proved_at();
}

ClientCounters Lines::counters() const {
  ClientCounters sum = lines_.front()->client.counters();
  if (single()) return sum;
  for (size_t i = 1; i < lines_.size(); ++i) sum += lines_[i]->client.counters();
  sum.records = records_;
  sum.images = images_;
  sum.gaps = gaps_;
  return sum;
}

// -------------------------------------------------------------------------------------------------
// What the lines say.

bool Lines::InEpoch(const Line& line) const {
  return line.client.epoch() == epoch_;
}

void Lines::OnNewEpoch(Line* line, bool paced) {
  line->ended.reset();
  line->lost_through = Position{};
  TakeOut(line);
  if (line->client.epoch() <= epoch_) return;  // another line was here first
  epoch_ = line->client.epoch();
  paced_ = paced;
  replay_ = line->client.replay();
  through_ = reach_ = solid_ = Position{};
  complete_ = Interest();
  CheckCovers();
  announced_ = false;
  topics_ = Topics();
  topic_states_.clear();
  narrowed_ = false;
  needed_.clear();
  answers_.clear();
  ended_ = false;
  for (const auto& other : lines_) TakeOut(other.get());
  line->joined = true;
  events_->OnNewEpoch(epoch_, paced);
}

void Lines::OnTopic(Line* line, TopicId id, std::string_view name) {
  if (!InEpoch(*line)) return;
  const Topics::Added added = topics_.Add(id, name);
  if (added == Topics::Added::kConflict) {
    TakeOut(line);
    return line->client.Abandon("it has another name for a topic than the other line");
  }
  if (added == Topics::Added::kKnown) return;
  topic_states_.resize(topics_.bound());
  topic_states_[id.value].open = complete_.Matches(name) || wanted_.Matches(name);
  events_->OnTopic(id, name);
}

void Lines::OnImage(Line* line, const TopicImage& image, std::span<const wire::Tick> statuses) {
  if (!line->joined) return;
  TopicState& topic = topic_states_[image.topic.value];
  const Position reach = std::max(through_, line->client.reach());
  const bool news = image.sequence > topic.last;
  // That of a line that has not come to the end of the gap is not the one that makes up for it.
  const bool expected = topic.anew || (topic.expects_image && reach >= topic.lost_through);
  if (!topic.open || (!news && !expected)) return;
  const std::string_view name = topics_.Name(image.topic);
  const bool back = image.sequence < topic.last;
  // The line is behind what the owner had: it cannot begin again for it what is promised. What is
  // not begins anew from further back, as an object does that is not over.
  if (back && complete_.Matches(name)) return TakeOut(line);
  if (topic.last.value != 0 && !expected && reach > topic.lost_through) {
    // Of what is newly wanted the owner has an older image, and records after it, over another
    // line; of what is promised, the image stands for more than the gap before it, which the owner
    // had over another line.
    Miss(line, {.from = through_, .to = reach, .patterns = {Pattern(name)}});
    if (!line->joined) return;
  }
  // It begins here: the older records that came before join nothing any more.
  NeedAgain({Pattern(name)});
  if (topic.anew || back) topic = {.open = true};
  const Sequence after = std::exchange(topic.last, image.sequence);
  if (reach >= topic.lost_through) topic.expects_image = false;
  ++images_;
  if (after.value == 0) return events_->OnImage(image);
  events_->OnUpdate({.image = image, .after = after, .statuses = StatusesAfter(statuses, after)});
}

void Lines::OnRecords(Line* line, std::span<const wire::Record> records) {
  if (!line->joined) return;
  fresh_.clear();
  for (const wire::Record& record : records) {
    TopicState& topic = topic_states_[record.tick.topic.value];
    if (!topic.open) continue;
    // All of it comes anew, without an image.
    if (topic.anew && record.tick.sequence.value == 1) topic = {.open = true};
    if (record.tick.sequence <= topic.last) continue;
    if (topic.anew || record.tick.sequence > topic.last + 1) {
      TakeOut(line);  // another line has what is missing, or this one when it resumes
      break;
    }
    topic.last = record.tick.sequence;
    topic.expects_image = false;
    fresh_.push_back(record);
  }
  if (fresh_.empty()) return;
  records_ += fresh_.size();
  reach_ = std::max(reach_, fresh_.back().position);
  if (line->covers) solid_ = std::max(solid_, fresh_.back().position);
  events_->OnRecords(fresh_);
}

void Lines::OnThrough(Line* line) {
  if (!InEpoch(*line)) return;
  // Below a node that is merging itself, a session may be whole again where gaps lie ahead of it.
  if (line->client.through() >= line->lost_through) line->broken = false;
  if (line->joined && line->covers) Advance(line->client.through());
  if (!announced_) Announce();
}

void Lines::Advance(Position through) {
  if (through <= through_) return;
  through_ = through;
  events_->OnThrough(through_);
}

void Lines::OnGap(Line* line, const GapNotice& gap) {
  line->lost_through = std::max(line->lost_through, gap.to);
  if (!line->joined) {
    line->broken = true;
    return;
  }
  // What the line has not brought, and will not, the owner may have had over another one that has
  // gone since.
  const auto promised = [this](const Pattern& pattern) { return complete_.Covers(pattern); };
  const bool had = gap.reason != GapReason::kDisproved && gap.to <= through_ &&
                   std::all_of(gap.patterns.begin(), gap.patterns.end(), promised);
  if (!had || planted::On(planted::Bug::kBelieveOldGap)) Miss(line, gap);
}

void Lines::Miss(Line* line, const GapNotice& gap) {
  // The other lines may bring it; else the owner is told.
  const bool another = std::any_of(lines_.begin(), lines_.end(), [&](const auto& other) {
    return other.get() != line && (Counts(*other) || planted::On(planted::Bug::kTrustTheOtherLine));
  });
  if (another) {
    ++gaps_filled_;
    line->lost_through = std::max(line->lost_through, gap.to);
    return TakeOut(line);
  }
  for (const Pattern& pattern : gap.patterns) {
    topics_.ForEachMatch(pattern, [&](TopicId id) {
      TopicState& topic = topic_states_[id.value];
      if (topic.last.value == 0) return;
      topic.expects_image = true;
      topic.lost_through = std::max(topic.lost_through, gap.to);
    });
  }
  NeedAgain(gap.patterns);
  ++gaps_;
  events_->OnGap(gap);
}

// If no other line has that either, nothing of it is promised any more.
void Lines::OnRefused(Line* line, const std::vector<Pattern>& patterns, std::string_view reason) {
  CheckCovers();
  if (!line->joined || line->covers || !InEpoch(*line)) return;
  complete_ = Interest(Clip(complete_.patterns(), line->client.complete()));
  announced_ = false;
  OpenTopics(/*promised=*/true);
  CheckCovers();
  events_->OnRefused(patterns, reason);
}

void Lines::OnHave(Line* line) {
  if (!InEpoch(*line)) return;
  CheckCovers();
  TakeAnswers(line);
  // The owner has forgotten what a session before this one was refused, and asks again.
  if (!line->client.refused().empty()) announced_ = false;
  Announce();
  if (announced_ && !answers_.empty()) TellHave({.version = version_}, /*answers=*/true);
}

void Lines::OnEnd(Line* line, Position at) {
  line->ended = at;
  if (!line->joined || ended_) return;
  ended_ = true;
  events_->OnEnd(at);
}

// -------------------------------------------------------------------------------------------------
// Which lines continue what the owner has been given.

bool Lines::Covers(const Interest& a, const Interest& b) const {
  return std::all_of(b.patterns().begin(), b.patterns().end(),
                     [&](const Pattern& pattern) { return a.Covers(pattern); });
}

// Whether what another line lacks will come over this one.
bool Lines::Counts(const Line& line) const {
  return line.joined && line.covers && line.client.state().state == State::kLive;
}

// A line that is without something that was promised must not run ahead of one that has it.
void Lines::CheckCovers() {
  bool any = false;
  for (const auto& line : lines_) {
    line->covers = InEpoch(*line) && (Covers(line->client.complete(), complete_) ||
                                      planted::On(planted::Bug::kCountOldInterest));
    any = any || (line->joined && line->covers && line->client.up());
  }
  for (const auto& line : lines_) {
    if (any && line->joined && !line->covers) TakeOut(line.get());
  }
}

void Lines::TakeOut(Line* line) {
  line->joined = false;
  line->broken = true;
  line->out_at = now_;
  line->asked = false;
}

// Of what the owner has, nothing is from beyond it.
Position Lines::Reach() const {
  Position reach;
  for (const auto& line : lines_) {
    if (InEpoch(*line)) reach = std::max(reach, line->client.reach());
  }
  return reach;
}

// Of the joined lines that have acknowledged what is wanted, the one that serves most of it, and of
// those the one that is furthest.
Lines::Line* Lines::Widest() const {
  Line* widest = nullptr;
  const auto better = [&](const FeedClient& a, const FeedClient& b) {
    if (a.complete() == b.complete()) return a.through() > b.through();
    return Covers(a.complete(), b.complete());
  };
  for (const auto& line : lines_) {
    if (!line->joined || !line->client.current()) continue;
    if (widest == nullptr || better(line->client, widest->client)) widest = line.get();
  }
  return widest;
}

// A change of interest is promised when every line that stands has acknowledged it, or one has and
// the others take too long. What is promised is complete up to wherever the owner has been brought
// by then: so the line that promises must be there.
void Lines::Announce() {
  if (std::exchange(narrowed_, false)) {
    TellHave({.version = ++version_}, /*answers=*/false);
  }
  Line* widest = Widest();
  if (widest == nullptr || (announced_ && widest->client.complete() == complete_)) return;
  const bool wait = now_ - asked_at_ < kAcknowledgeTogether;
  for (const auto& line : lines_) {
    if (!line->joined || !line->client.up() || line->client.current()) continue;
    if (wait) return;
    TakeOut(line.get());
  }
  const bool nothing = widest->client.complete().empty();  // then it stands still
  const bool behind = !nothing && widest->client.through() < std::max(through_, reach_);
  if (behind && !planted::On(planted::Bug::kPromiseTooEarly)) {
    // A line that does not know the change must not run ahead of the one that does.
    for (const auto& line : lines_) {
      if (line->joined && !line->client.current()) TakeOut(line.get());
    }
    return;
  }
  const Interest& next = widest->client.complete();
  for (const auto& [name, id] : topics_.by_name()) {
    // It has gone on with what the owner had been told is over: it must begin that anew.
    if (topic_states_[id.value].anew && next.Matches(name)) return TakeOut(widest);
  }
  complete_ = next;
  announced_ = true;
  OpenTopics(/*promised=*/true);
  CheckCovers();
  Advance(widest->client.through());
  TellHave({.version = ++version_,
            .refused = widest->client.refused(),
            .reason = widest->client.refused_reason()},
           /*answers=*/true);
}

// What is not promised at an OnHave begins anew with an image, as after FeedClient's.
void Lines::OpenTopics(bool promised) {
  for (const auto& [name, id] : topics_.by_name()) {
    TopicState& topic = topic_states_[id.value];
    const bool complete = complete_.Matches(name);
    topic.open = complete || wanted_.Matches(name);
    if (promised && !complete) topic.anew = topic.last.value != 0;
  }
}

void Lines::Settle() {
  const bool served = std::any_of(lines_.begin(), lines_.end(), [](const auto& line) {
    return line->joined && line->client.up();
  });
  for (const auto& line : lines_) {
    FeedClient& client = line->client;
    if (line->joined || !InEpoch(*line) || !client.current() || client.drop()) continue;
    const bool there = client.through() <= through_ || planted::On(planted::Bug::kJoinTooEarly);
    const bool caught_up = announced_ && !line->broken && there && client.complete() == complete_;
    if (caught_up) {
      line->joined = true;
    } else if (!served || (now_ - line->out_at > kCatchUp && line->covers)) {
      line->joined = true;
      line->broken = false;
      line->lost_through = Position{};
      line->covers = true;
      const auto last = [&](TopicId id) { return topic_states_[id.value].last; };
      const bool live = state_.state == State::kLive;
      client.ResumeFrom(std::max(through_, solid_), complete_, topics_, last, Reach(),
                        live ? speaker_->live_until() : MonotonicTime{});
    }
    if (line->joined && line->ended) OnEnd(line.get(), *line->ended);
  }
}

// The owner's state is that of the line that serves it best.
void Lines::Publish() {
  const Line* best = nullptr;
  const auto merit = [this](const Line& line) {
    const int rank = Rank(line.client.state().state);
    // Where nothing is wanted, no have says that a line may join.
    const bool serves = line.joined || (wanted_.empty() && InEpoch(line));
    return rank >= Rank(State::kLive) && !serves ? Rank(State::kRecovering) : rank;
  };
  for (const auto& line : lines_) {
    if (best == nullptr || merit(*line) > merit(*best)) best = line.get();
  }
  speaker_ = &best->client;
  FeedState next = best->client.state();
  if (Rank(next.state) != merit(*best)) {
    next.state = State::kRecovering;
    next.hop = next.hops.empty() ? "" : next.hops.front().name;
    next.cause = "catching up with " + next.hop;
  }
  const bool changed = Differs(next, state_);
  state_ = std::move(next);
  if (changed) events_->OnState(state_);
}

}  // namespace fantail::feed
