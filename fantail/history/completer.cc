#include "fantail/history/completer.h"

#include <algorithm>

namespace fantail::history {
namespace {

// What one held item costs beside its records.
constexpr size_t kItemBytes = 160;
constexpr char kFetching[] = "what was missed is being fetched from the history";

}  // namespace

Completer::Completer(CompleterOptions options, feed::FeedEvents* to)
    : options_(std::move(options)),
      to_(to),
      fetch_(options_.fetch, this),
      opened_(options_.from.empty()) {}

void Completer::SetInterest(const std::vector<Pattern>& patterns) {
  interest_ = feed::Interest(patterns);
  owed_ = feed::Interest(feed::Clip(owed_.patterns(), interest_));
}

void Completer::Turn(MonotonicTime now) {
  now_ = now;
  fetch_.Turn(now);
  Drain();
}

// -------------------------------------------------------------------------------------------------
// What the client tells.

void Completer::OnNewEpoch(Epoch epoch, bool paced) {
  live_epoch_ = epoch;
  reached_[epoch] = {};
  had_ = false;
  Hold(NewEpoch{epoch, paced});
  Drain();
}

void Completer::OnTopic(TopicId id, std::string_view name) {
  if (!behind()) return TakeName(id, name);
  Hold(Topic{id, std::string(name)});
}

void Completer::OnVenue(VenueId id, std::string_view name) {
  if (!behind()) return TakeVenue(id, name);
  Hold(Venue{id, std::string(name)});
}

void Completer::OnImage(const feed::TopicImage& image) {
  Hold(image);
  Drain();
}

void Completer::OnRecords(std::span<const wire::Record> records) {
  if (!behind()) records = records.subspan(TakeRecords(records));
  if (records.empty()) return;
  Hold(Records(records.begin(), records.end()));
  Drain();
}

void Completer::OnThrough(Position through) {
  Position& reached = reached_[live_epoch_];
  reached = std::max(reached, through);
  if (!behind() && through > through_) return to_->OnThrough(through_ = through);
  Hold(Through{through});
  Drain();
}

void Completer::OnGap(const feed::GapNotice& gap) {
  Hold(gap);
  Drain();
}

void Completer::OnHave(const feed::HaveNotice& have) {
  had_ = true;
  to_->OnHave(have);
  Drain();
}

void Completer::OnState(const feed::FeedState& state) {
  state_ = state;
  Publish();
  Drain();
}

void Completer::OnEnd(Position at) {
  Hold(End{at});
  Drain();
}

// As the client says it, but nothing is live as long as something is held back.
void Completer::Publish() {
  told_behind_ = behind();
  feed::FeedState state = state_;
  const bool all_is_there = state.state == feed::State::kLive || state.state == feed::State::kEnded;
  if (behind() && all_is_there) {
    state.state = feed::State::kRecovering;
    state.cause = kFetching;
  }
  if (!feed::Differs(state, told_)) {
    told_.age = state.age;
    return;
  }
  told_ = std::move(state);
  to_->OnState(told_);
}

// -------------------------------------------------------------------------------------------------
// What is held back, and what becomes of it.

void Completer::Hold(Item item) {
  if (dropping_) {
    auto& dropped = std::get<Dropped>(held_.back().item);
    dropped.to = std::max(dropped.to, reached_[live_epoch_]);
    if (std::holds_alternative<Topic>(item) || std::holds_alternative<Venue>(item)) {
      held_.insert(held_.end() - 1, {std::move(item), kItemBytes});
      held_bytes_ += kItemBytes;
      return;
    }
    dropping_ = std::holds_alternative<Records>(item) || std::holds_alternative<Through>(item) ||
                std::holds_alternative<feed::TopicImage>(item) ||
                std::holds_alternative<feed::GapNotice>(item);
    if (dropping_) return;
  }
  if (auto* more = std::get_if<Through>(&item); more != nullptr && !held_.empty()) {
    if (auto* last = std::get_if<Through>(&held_.back().item)) {
      last->at = std::max(last->at, more->at);
      return;
    }
  }
  size_t bytes = kItemBytes;
  if (const auto* records = std::get_if<Records>(&item)) {
    bytes += records->size() * sizeof(wire::Record);
    if (held_bytes_ + bytes > options_.held_bytes) {
      ++counters_.overflows;
      dropping_ = true;
      const Position reached = reached_[live_epoch_];
      item = Dropped{reached, reached};
      bytes = kItemBytes;
    }
  }
  held_bytes_ += bytes;
  held_.push_back({std::move(item), bytes});
}

void Completer::Drain() {
  while (!filling_ && !Mend() && !held_.empty() && Take(&held_.front().item)) {
    held_bytes_ -= held_.front().bytes;
    held_.pop_front();
  }
  if (behind() != told_behind_) Publish();
}

bool Completer::Mend() {
  if (!mended_through_) return false;
  const bool whole = state_.state == feed::State::kLive || state_.state == feed::State::kEnded;
  if (!whole && now_ - mended_at_ < options_.fetch.patience) return true;
  const Position reached = reached_[epoch_];
  if (reached > *mended_through_ && WantsMending()) {
    std::vector<Pattern> patterns = mended_.patterns();
    for (const Held& held : held_) {
      const auto* gap = std::get_if<feed::GapNotice>(&held.item);
      if (gap == nullptr) continue;
      patterns.insert(patterns.end(), gap->patterns.begin(), gap->patterns.end());
    }
    Fill({.patterns = feed::Interest(std::move(patterns)).patterns(),
          .after = *mended_through_,
          .through = reached});
    return true;
  }
  mended_through_.reset();
  return false;
}

// Whether of this epoch something is held that does not join on to what has been given.
bool Completer::WantsMending() const {
  for (const Held& held : held_) {
    if (std::holds_alternative<NewEpoch>(held.item)) return false;
    if (const auto* image = std::get_if<feed::TopicImage>(&held.item)) {
      if (image->topic.value >= states_.size()) continue;
      const TopicState& state = states_[image->topic.value];
      if (state.join == Join::kOwed && image->sequence > state.last) return true;
    } else if (const auto* gap = std::get_if<feed::GapNotice>(&held.item)) {
      if (gap->to > *mended_through_) return true;
    } else if (const auto* dropped = std::get_if<Dropped>(&held.item)) {
      if (dropped->to > *mended_through_) return true;
    }
  }
  return false;
}

// What the rest of an epoch has left behind that is over already.
void Completer::SkipEpoch() {
  auto end = held_.begin() + 1;
  while (end != held_.end() && !std::holds_alternative<NewEpoch>(end->item)) {
    held_bytes_ -= end++->bytes;
  }
  held_.erase(held_.begin() + 1, end);
  dropping_ = dropping_ && std::holds_alternative<Dropped>(held_.back().item);
}

bool Completer::Take(Item* item) {
  if (const auto* begin = std::get_if<NewEpoch>(item)) return TakeEpoch(*begin);
  if (const auto* topic = std::get_if<Topic>(item)) {
    TakeName(topic->id, topic->name);
  } else if (const auto* venue = std::get_if<Venue>(item)) {
    TakeVenue(venue->id, venue->name);
  } else if (const auto* image = std::get_if<feed::TopicImage>(item)) {
    return TakeImage(*image);
  } else if (auto* records = std::get_if<Records>(item)) {
    const size_t taken = TakeRecords(*records);
    records->erase(records->begin(), records->begin() + static_cast<std::ptrdiff_t>(taken));
    return records->empty();
  } else if (const auto* through = std::get_if<Through>(item)) {
    if (through->at > through_) to_->OnThrough(through_ = through->at);
  } else if (const auto* gap = std::get_if<feed::GapNotice>(item)) {
    if (gap->reason == feed::GapReason::kDisproved) {
      Lose(*gap);
      return true;
    }
    const auto mended = [this](const Pattern& pattern) { return mended_.Covers(pattern); };
    if (gap->to <= given_through_ && std::ranges::all_of(gap->patterns, mended)) return true;
    Fill({.patterns = gap->patterns,
          .after = gap->from,
          .through = gap->to,
          .reason = gap->reason,
          .shared = true});
    *item = Dropped{};  // dealt with
    return false;
  } else if (const auto* end = std::get_if<End>(item)) {
    ended_ = true;
    to_->OnEnd(end->at);
  } else if (const Dropped dropped = std::get<Dropped>(*item); dropped.from < dropped.to) {
    if (held_.size() == 1) dropping_ = false;
    Fill({.patterns = interest_.patterns(),
          .after = dropped.from,
          .through = dropped.to,
          .reason = feed::GapReason::kTooSlow,
          .shared = true});
    *item = Dropped{};
    return false;
  }
  // Of an empty Dropped nothing has been dropped yet, or all has been fetched.
  if (held_.size() == 1) dropping_ = false;
  return true;
}

bool Completer::TakeEpoch(const NewEpoch& begin) {
  if (!opened_) {
    if (!had_) return false;  // then the history reaches what is live
    Fill({.why = Why::kOpening, .patterns = interest_.patterns()});
    return false;
  }
  if (begin.epoch < epoch_) {
    SkipEpoch();
    return true;
  }
  if (begin.epoch == epoch_) {  // the history has led into it
    if (caught_up_) return true;
    caught_up_ = true;
    if (reached_[epoch_] <= through_) {
      OweWhatIsKnown(interest_.patterns(), through_);
      return true;
    }
    Fill({.why = Why::kCatchUp,
          .patterns = interest_.patterns(),
          .after = through_,
          .through = reached_[epoch_]});
    return false;
  }
  const bool first = epoch_.value == 0;
  if (!first && !ended_ && !closed_) {
    Fill({.why = Why::kClosing, .patterns = interest_.patterns(), .after = through_});
    return false;
  }
  closed_ = false;
  reached_.erase(reached_.begin(), reached_.find(begin.epoch));
  BeginEpoch(begin.epoch, begin.paced);
  if (!first) Owe(interest_.patterns(), {});
  return true;
}

void Completer::BeginEpoch(Epoch epoch, bool paced) {
  epoch_ = epoch;
  ended_ = false;
  through_ = {};
  topics_ = {};
  venues_.clear();
  states_.clear();
  owed_ = {};
  owed_through_ = {};
  mended_through_.reset();
  given_through_ = {};
  to_->OnNewEpoch(epoch, paced);
}

// Against the history, the feed is right.
void Completer::TakeName(TopicId id, std::string_view name) {
  if (topics_.Add(id, name) != feed::Topics::Added::kKnown) to_->OnTopic(id, name);
}

void Completer::TakeVenue(VenueId id, std::string_view name) {
  if (venues_.try_emplace(id, name).second) to_->OnVenue(id, name);
}

Completer::TopicState& Completer::StateOf(TopicId id) {
  if (id.value >= states_.size()) states_.resize(id.value + size_t{1});
  TopicState& state = states_[id.value];
  if (std::exchange(state.unseen, false) && topics_.Has(id) && owed_.Matches(topics_.Name(id))) {
    state.join = Join::kOwed;
    state.through = owed_through_;
  }
  return state;
}

bool Completer::TakeImage(const feed::TopicImage& image) {
  TopicState& state = StateOf(image.topic);
  if (state.join == Join::kOwed) {
    if (image.sequence <= state.last) {  // all that it stands for has been given
      state.join = Join::kJoined;
      stuck_at_.reset();
      return true;
    }
    if (FillUpTo(image.topic)) return false;
  }
  TopicState& now = StateOf(image.topic);
  now = {.join = Join::kJoined, .last = image.sequence, .through = {}, .unseen = false};
  to_->OnImage(image);
  return true;
}

// Whether it goes on where its topic stands. A topic that is not owed anything begins anew with an
// image where its interest does.
bool Completer::TakeRecord(const wire::Record& record) {
  TopicState& state = StateOf(record.tick.topic);
  const Sequence sequence = record.tick.sequence;
  if (state.join != Join::kAnew && sequence <= state.last) return false;
  if (state.join == Join::kOwed && sequence != state.last + 1) return false;
  state.last = sequence;
  state.join = Join::kJoined;
  return true;
}

size_t Completer::TakeRecords(std::span<const wire::Record> records) {
  size_t at = 0;
  while (at < records.size()) {
    const size_t begin = at;
    while (at < records.size() && TakeRecord(records[at])) ++at;
    if (at > begin) to_->OnRecords(records.subspan(begin, at - begin));
    if (at == records.size()) break;
    const wire::Record& record = records[at];
    if (record.tick.sequence <= StateOf(record.tick.topic).last) {
      ++at;  // it has been given
    } else if (FillUpTo(record.tick.topic)) {
      break;
    }
  }
  return at;
}

}  // namespace fantail::history
