#include "fantail/bus/jobs.h"

#include <algorithm>

namespace fantail::bus {
namespace {

// What a job that is over keeps of its body's memory: most are smaller.
constexpr size_t kKeptBody = 1024;

}  // namespace

void Deadlines::Set(Job* job, MonotonicTime due) {
  if (job->has_due) Clear(job);
  job->has_due = true;
  job->due = due;
  // The tick that is looked at, and those before it, do not come again.
  job->due_tick = std::max(TickOf(due), tick_ + 1);
  std::vector<Job*>& place = PlaceOf(*job);
  job->due_place = place.size();
  place.push_back(job);
}

void Deadlines::Clear(Job* job) {
  if (!job->has_due) return;
  job->has_due = false;
  std::vector<Job*>& place = PlaceOf(*job);
  place[job->due_place] = place.back();
  place[job->due_place]->due_place = job->due_place;
  place.pop_back();
}

Job* Deadlines::Next(MonotonicTime now) {
  const uint64_t end = TickOf(now);
  if (end > tick_ + kTicks) {
    tick_ = end - kTicks;
    looking_ = false;
  }
  for (; tick_ < end; ++tick_, looking_ = false) {
    std::vector<Job*>& place = wheel_[tick_ % kTicks];
    if (!looking_) unseen_ = place.size();
    looking_ = true;
    // From the back: what Clear moves into a gap was seen, or is moved to where it will be.
    for (unseen_ = std::min(unseen_, place.size()); unseen_ > 0;) {
      Job* job = place[--unseen_];
      if (job->due > now) continue;
      Clear(job);
      return job;
    }
  }
  return nullptr;
}

Job* Jobs::Add() {
  Job* job = nullptr;
  if (free_.empty()) {
    job = &all_.emplace_back();
  } else {
    job = free_.back();
    free_.pop_back();
  }
  job->number = next_number_++;
  return job;
}

void Jobs::Remove(Job* job) {
  static_cast<JobState&>(*job) = {};
  job->service.clear();
  job->key.clear();
  job->body.clear();
  job->may_see.reset();
  if (job->body.capacity() > kKeptBody) job->body.shrink_to_fit();
  job->askers.clear();
  job->parts.clear();
  free_.push_back(job);
}

}  // namespace fantail::bus
