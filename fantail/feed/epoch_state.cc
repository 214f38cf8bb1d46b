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
}

void EpochState::AddImage(const TopicImage& image, MonotonicTime now) {
  image_.Replace(image);
  for (Group* group : RouteOf(image.topic)) group->AddImage(image, now);
}

void EpochState::AddRecords(std::span<const wire::Record> records, MonotonicTime now) {
  for (const wire::Record& record : records) {
    if (record.tick.sequence > image_.LastSequence(record.tick.topic)) image_.Apply(record.tick);
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
  for (const wire::Record& record : records) ring_.Insert(record);
}

void EpochState::AddGap(const GapNotice& gap, MonotonicTime now) {
  if (!planted::On(planted::Bug::kForgetRaise)) coverage_.Raise(gap.patterns, gap.from, gap.to);
  for (const auto& [key, group] : groups_) group->AddGap(gap, now);
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
    group = std::make_unique<Group>(session->interest, head_);
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

}  // namespace fantail::feed
