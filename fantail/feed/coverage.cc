#include "fantail/feed/coverage.h"

#include <algorithm>

#include "fantail/base/planted.h"

namespace fantail::feed {
namespace {

// Who waits for an answer looks at it in the same turn: a few of them are enough to keep.
constexpr size_t kMostAnswers = 16;
constexpr size_t kMostHoles = 256;

bool OverlapsAny(const Pattern& pattern, const std::vector<Pattern>& others) {
  return std::any_of(others.begin(), others.end(),
                     [&](const Pattern& other) { return pattern.Overlaps(other); });
}

}  // namespace

std::optional<Position> Coverage::CompleteFrom(const Pattern& pattern) const {
  std::optional<Position> best;
  AnyCovering(pattern, [&](const Pattern& p) {
    if (const auto it = from_.find(p); it != from_.end()) {
      best = best ? std::min(*best, it->second) : it->second;
    }
    return false;
  });
  return best;
}

void Coverage::Acknowledge(const Interest& interest, Position at) {
  absl::flat_hash_map<Pattern, Position> next;
  for (const Pattern& p : interest.patterns()) next[p] = CompleteFrom(p).value_or(at);
  for (const auto& [p, from] : from_) {
    if (interest.Covers(p)) next.emplace(p, from);
  }
  from_ = std::move(next);
  ForgetOutside(interest);
  ++generation_;
}

void Coverage::Narrow(const Interest& interest) {
  if (planted::On(planted::Bug::kServeWhileNarrowing)) return;
  absl::flat_hash_map<Pattern, Position> next;
  for (const Pattern& p : interest.patterns()) {
    if (const auto from = CompleteFrom(p)) next[p] = *from;
  }
  for (const auto& [p, from] : from_) {
    if (interest.Covers(p)) next.emplace(p, from);
  }
  from_ = std::move(next);
  ForgetOutside(interest);
  ++generation_;
}

// What is not covered any more begins anew when it is: no hole lies between then and now.
void Coverage::ForgetOutside(const Interest& interest) {
  for (OpenHole& hole : holes_) {
    std::erase_if(hole.raised, [&](const auto& entry) { return !interest.Covers(entry.first); });
  }
  std::erase_if(holes_, [](const OpenHole& hole) { return hole.raised.empty(); });
}

void Coverage::Extend(const Pattern& pattern, Position from, Position through) {
  const auto current = CompleteFrom(pattern);
  const bool joins = current && (through.value == 0 || *current <= through ||
                                 planted::On(planted::Bug::kExtendOverGap));
  if (joins && from < *current) from_[pattern] = from;
  ++generation_;
}

void Coverage::Raise(const std::vector<Pattern>& patterns, Position after, Position through) {
  ++generation_;
  // One that lies before a hole: what is missing there stays so when that is mended.
  for (OpenHole& hole : holes_) {
    if (hole.through < through) continue;
    for (auto& [p, before] : hole.raised) {
      if (before < through && OverlapsAny(p, patterns)) before = through;
    }
  }
  OpenHole hole{{++hole_count_, after, through, patterns}, {}};
  for (auto& [p, from] : from_) {
    if (from >= through || !OverlapsAny(p, patterns)) continue;
    hole.raised.emplace_back(p, from);
    from = through;
  }
  if (hole.raised.empty()) return;
  if (holes_.size() == kMostHoles) holes_.pop_front();
  holes_.push_back(std::move(hole));
}

const Hole* Coverage::NextHole(uint64_t number, Position held_from, Position head) const {
  for (const OpenHole& hole : holes_) {
    const bool here = held_from < hole.through && hole.through <= head;
    if (here && !hole.mended && hole.number > number) return &hole;
  }
  return nullptr;
}

void Coverage::Mend(uint64_t number, Position from) {
  for (auto hole = holes_.rbegin(); hole != holes_.rend(); ++hole) {
    if (hole->number == number) {
      hole->mended = true;
      for (auto& [p, before] : hole->raised) {
        if (!planted::On(planted::Bug::kMendOverLoss)) before = std::max(before, from);
      }
    }
    if (!hole->mended) continue;
    for (const auto& [p, before] : hole->raised) Extend(p, before, hole->through);
  }
  while (!holes_.empty() && holes_.back().mended) holes_.pop_back();
}

void Coverage::Answered(const Backfill& request) {
  auto& answers = answers_[request.pattern];
  answers[request.after] = ++answer_count_;
  if (answers.size() > kMostAnswers) answers.erase(answers.begin());
  ++generation_;
}

bool Coverage::IsAnswered(const Pattern& pattern, Position after, uint64_t count) const {
  const auto it = answers_.find(pattern);
  if (it == answers_.end()) return false;
  return std::any_of(it->second.begin(), it->second.end(), [&](const auto& answer) {
    return answer.first <= after && answer.second > count;
  });
}

}  // namespace fantail::feed
