// The part of Completer that fetches, and gives on what comes.
#include <algorithm>

#include "fantail/history/completer.h"

namespace fantail::history {

void Completer::Fill(Filling filling) {
  filling_ = true;
  fill_ = std::move(filling);
  filled_ = feed::Interest(fill_.patterns);
  Question question{.patterns = fill_.patterns};
  if (fill_.why == Why::kOpening) {
    question.from = options_.from;
    question.zone = options_.zone;
  } else {
    question.epoch = epoch_;
    question.after = fill_.after;
    question.through = fill_.through;
  }
  fetch_.Begin(std::move(question), fill_.shared, now_);
}

bool Completer::FillUpTo(TopicId id) {
  TopicState& state = StateOf(id);
  const std::string_view name = topics_.Name(id);
  const Position reached = reached_[epoch_];
  if (reached > state.through) {
    stuck_at_.reset();
    Fill({.patterns = owed_.Matches(name) ? owed_.patterns() : std::vector{Pattern(name)},
          .after = state.through,
          .through = reached});
    return true;
  }
  // What hides it has come sooner than the word of how far that reaches.
  if (!stuck_at_) stuck_at_ = now_;
  if (now_ - *stuck_at_ < options_.fetch.patience) return true;
  stuck_at_.reset();
  Lose({.from = state.through,
        .to = state.through + 1,
        .patterns = {Pattern(name)},
        .reason = feed::GapReason::kHole});
  return false;
}

bool Completer::OnPart(const Part& part) {
  if (part.epoch != epoch_) {
    if (fill_.why != Why::kOpening) return false;
    if (part.epoch > live_epoch_) return true;  // what is live will lead there
    BeginEpoch(part.epoch, part.paced);
  }
  for (const auto& [id, name] : part.topics) {
    if (topics_.Has(id) ? topics_.Name(id) != name
                        : topics_.Add(id, name) == feed::Topics::Added::kConflict) {
      return false;
    }
    to_->OnTopic(id, name);
  }
  for (const auto& [id, name] : part.venues) {
    const auto [place, fresh] = venues_.try_emplace(id, name);
    if (place->second != name) return false;
    if (fresh) to_->OnVenue(id, name);
  }
  if (part.lost) {
    std::vector<Pattern> patterns = part.lost->patterns;
    if (patterns.empty()) patterns = fill_.patterns;
    Lose({.from = part.lost->from,
          .to = part.lost->to,
          .patterns = feed::Clip(patterns, filled_),
          .reason = fill_.reason});
  }
  scratch_.clear();
  for (const wire::Record& record : part.records) {
    const TopicId id = record.tick.topic;
    // More patterns than can be asked for are asked for as everything.
    if (!filled_.Matches(topics_.Name(id))) continue;
    TopicState& state = StateOf(id);
    const bool begins = state.join == Join::kAnew;
    if (!begins && record.tick.sequence <= state.last) continue;
    if (!begins && record.tick.sequence != state.last + 1) {
      if (!scratch_.empty()) to_->OnRecords(scratch_);
      scratch_.clear();
      Lose({.from = part.after,
            .to = {record.position.value - 1},
            .patterns = {Pattern(topics_.Name(id))},
            .reason = feed::GapReason::kHole});
    }
    StateOf(id).last = record.tick.sequence;
    StateOf(id).join = Join::kJoined;
    scratch_.push_back(record);
  }
  counters_.fetched += scratch_.size();
  if (!scratch_.empty()) to_->OnRecords(scratch_);
  if (fill_.why != Why::kMissing && part.through > through_) {
    to_->OnThrough(through_ = part.through);
  }
  return true;
}

void Completer::OnFetched(std::string_view problem) {
  filling_ = false;
  if (!problem.empty()) problem_ = problem;
  const Filling fill = std::move(fill_);
  switch (fill.why) {
    case Why::kOpening:
      opened_ = true;
      if (problem.empty()) break;
      // The owner knows of no epoch then, and gets what is live behind a gap.
      if (epoch_ != live_epoch_) BeginEpoch(live_epoch_, false);
      caught_up_ = true;
      Lose({.from = through_,
            .to = std::max(reached_[epoch_], through_ + 1),
            .patterns = interest_.patterns(),
            .reason = feed::GapReason::kNotHeld});
      break;
    case Why::kClosing:
      closed_ = true;
      if (problem.empty()) break;
      // Whether there was more, nobody can say.
      Lose({.from = through_,
            .to = through_ + 1,
            .patterns = fill.patterns,
            .reason = feed::GapReason::kNotHeld});
      break;
    case Why::kCatchUp:
    case Why::kMissing: {
      const Position at = std::max(fetch_.at(), fill.after);
      if (fill.why == Why::kCatchUp) {
        OweWhatIsKnown(fill.patterns, std::min(at, fill.through));
      } else {
        Owe(fill.patterns, std::min(at, fill.through));
      }
      if (at >= fill.through) {
        ++counters_.filled;
        given_through_ = fill.through;
        mended_through_ = fill.through;
        mended_at_ = now_;
        mended_ = filled_;
        break;
      }
      mended_through_.reset();
      Lose({.from = at, .to = fill.through, .patterns = fill.patterns, .reason = fill.reason});
      break;
    }
  }
  Drain();
}

// What the history of before did not have begins with its image.
void Completer::OweWhatIsKnown(const std::vector<Pattern>& patterns, Position through) {
  for (const Pattern& pattern : patterns) {
    topics_.ForEachMatch(pattern, [&](TopicId id) {
      TopicState& state = StateOf(id);
      if (state.join == Join::kAnew) return;
      state.join = Join::kOwed;
      state.through = through;
    });
  }
}

void Completer::Owe(const std::vector<Pattern>& patterns, Position through) {
  OweWhatIsKnown(patterns, through);
  owed_through_ = owed_.empty() ? through : std::min(owed_through_, through);
  std::vector<Pattern> all = owed_.patterns();
  all.insert(all.end(), patterns.begin(), patterns.end());
  owed_ = feed::Interest(std::move(all));
}

void Completer::Lose(const feed::GapNotice& gap) {
  ++counters_.lost;
  for (const Pattern& pattern : gap.patterns) {
    topics_.ForEachMatch(pattern, [&](TopicId id) { StateOf(id).join = Join::kAnew; });
  }
  // What is not known yet begins with an image.
  const feed::Interest lost(gap.patterns);
  std::vector<Pattern> owed = owed_.patterns();
  std::erase_if(owed, [&](const Pattern& pattern) { return lost.Covers(pattern); });
  owed_ = feed::Interest(std::move(owed));
  to_->OnGap(gap);
}

}  // namespace fantail::history
