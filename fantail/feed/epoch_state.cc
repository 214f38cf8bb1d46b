#include "fantail/feed/epoch_state.h"

#include <algorithm>

#include "fantail/base/check.h"
#include "fantail/base/planted.h"
#include "fantail/feed/session.h"

namespace fantail::feed {

Topics::Added EpochState::AddTopic(TopicId id, std::string_view name) {
  const Topics::Added added = topics_.Add(id, name);
  if (added != Topics::Added::kNew) return added;
  for (const auto& [key, group] : groups_) {
    if (!group->interest().Matches(name)) continue;
    if (planted::On(planted::Bug::kBornTopicNotRouted)) continue;
    RouteOf(id).push_back(group.get());
    group->AddTopic(id, name);
  }
  for (Newest* newest : watching_) {
    if (!newest->interest().Matches(name)) continue;
    newest->AddTopic(id, name, head_);
    AddWatcher(newest, newest->topic_count() - 1);
  }
  return added;
}

void EpochState::AddVenue(VenueId id, std::string_view name) {
  if (!venues_.emplace(id, name).second) return;
  venue_ids_.push_back(id);
  venue_texts_.Add(name);
  if (planted::On(planted::Bug::kNewVenueNotRouted)) return;
  for (const auto& [key, group] : groups_) {
    if (!group->interest().empty()) group->AddVenue(id, name);
  }
  for (Newest* newest : watching_) newest->AddVenue(id, name);
}

void EpochState::AddImage(const TopicImage& image, std::span<const wire::Tick> statuses,
                          MonotonicTime now) {
  image_.Replace(image);
  objects_.Forget(image.topic);
  for (Group* group : RouteOf(image.topic)) group->AddImage(image, statuses, now);
  // At which position is not known.
  constexpr Position kSomewhere{UINT64_MAX};
  Changed(image.topic, kSomewhere, now);
  for (const wire::Tick& status : statuses) AddStatus(status, kSomewhere, now);
}

void EpochState::AddStatus(const wire::Tick& tick, Position position, MonotonicTime now) {
  statuses_.Add(tick, position);
  ForEachWatcher(tick.topic,
                 [&](const Watcher& watcher) { watcher.newest->OnStatus(watcher.index, now); });
}

void EpochState::AddRecords(std::span<const wire::Record> records, MonotonicTime now) {
  for (const wire::Record& record : records) {
    const Sequence last = image_.LastSequence(record.tick.topic);
    if (record.tick.sequence > last) {
      if (wire::IsPart(record.tick)) {
        objects_.Take(record, /*follows=*/record.tick.sequence == last + 1);
      }
      image_.Apply(record.tick);
      Changed(record.tick.topic, record.position, now);
    }
    if (record.tick.kind == wire::TickKind::kStatus) AddStatus(record.tick, record.position, now);
    if (record.position <= newest_) {
      ring_.Insert(record);
      continue;
    }
    newest_ = record.position;
    // Behind what a backfill has brought already, it takes its place among that.
    if (record.position > ring_.newest()) {
      ring_.Append(record);
    } else {
      ring_.Insert(record);
    }
    for (Group* group : RouteOf(record.tick.topic)) group->AddRecord(record, now);
  }
  AdvanceHead(newest_);
}

void EpochState::AddOlder(std::span<const wire::Record> records) {
  if (planted::On(planted::Bug::kForgetBackfill)) return;
  for (const wire::Record& record : records) {
    ring_.Insert(record);
    if (record.tick.kind == wire::TickKind::kStatus) statuses_.Add(record.tick, record.position);
  }
}

void EpochState::AddGap(const GapNotice& gap, MonotonicTime now) {
  if (!planted::On(planted::Bug::kForgetRaise)) coverage_.Raise(gap.patterns, gap.from, gap.to);
  for (const auto& [key, group] : groups_) group->AddGap(gap, now);
  for (Newest* newest : watching_) TellGap(gap, newest);
}

void EpochState::TellGap(const GapNotice& gap, Newest* newest) const {
  std::vector<Pattern> unknown;  // topics that have no name here yet
  for (const Pattern& pattern : Clip(gap.patterns, newest->interest())) {
    bool known = false;
    topics_.ForEachMatch(pattern, [&](TopicId id) {
      known = true;
      for (const Watcher& watcher : watchers_[id.value]) {
        if (watcher.newest == newest) newest->OnGap(watcher.index, gap.from, gap.to);
      }
    });
    if (pattern.is_prefix() || !known) unknown.push_back(pattern);
  }
  if (!unknown.empty()) newest->AddGap({gap.from, gap.to, std::move(unknown), gap.reason});
}

void EpochState::SealGroups(MonotonicTime now) {
  for (const auto& [key, group] : groups_) {
    if (group->HasPending()) group->Seal(head_, now);
  }
}

void EpochState::Join(Session* session) {
  FANTAIL_CHECK(session->group == nullptr);
  std::unique_ptr<Group>& group = groups_[session->interest.Key()];
  if (group == nullptr) {
    group = std::make_unique<Group>(session->interest, head_, share_from_, &payloads_);
    for (const Pattern& pattern : session->interest.patterns()) {
      topics_.ForEachMatch(pattern, [&](TopicId id) { RouteOf(id).push_back(group.get()); });
    }
  }
  group->members.push_back(session);
  session->group = group.get();
  session->next = group->log_end();
  session->through = head_;
}

void EpochState::Leave(Session* session) {
  Group* group = std::exchange(session->group, nullptr);
  if (group == nullptr) return;
  if (!planted::On(planted::Bug::kKeepSharing)) session->shares = false;
  std::erase(group->members, session);
  if (!group->members.empty()) return group->Trim();
  for (const Pattern& pattern : group->interest().patterns()) {
    topics_.ForEachMatch(pattern, [&](TopicId id) {
      Route& route = RouteOf(id);
      route.erase(std::remove(route.begin(), route.end(), group), route.end());
    });
  }
  groups_.erase(group->interest().Key());
}

void EpochState::Watch(Newest* newest) {
  watching_.push_back(newest);
  for (size_t i = 0; i < newest->topic_count(); ++i) AddWatcher(newest, i);
}

void EpochState::Unwatch(Newest* newest) {
  if (std::erase(watching_, newest) == 0) return;
  for (size_t i = 0; i < newest->topic_count(); ++i) {
    auto& watchers = watchers_[newest->topic(i).value];
    watchers.erase(std::remove_if(watchers.begin(), watchers.end(),
                                  [&](const Watcher& watcher) { return watcher.newest == newest; }),
                   watchers.end());
  }
}

void EpochState::AddWatcher(Newest* newest, size_t index) {
  const TopicId id = newest->topic(index);
  if (id.value >= watchers_.size()) watchers_.resize(id.value + 1);
  watchers_[id.value].push_back({newest, static_cast<uint32_t>(index)});
}

}  // namespace fantail::feed
