#include "tools/fantail-history/service.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace fantail::history {

namespace {

constexpr const char* kMayNotSee = "who asks may not see all of that";

// Nothing: whatever there is.
std::optional<feed::Interest> MaySee(const bus::Call& call) {
  if (!call.may_see) return std::nullopt;
  std::vector<Pattern> patterns;
  for (const std::string_view text : *call.may_see) patterns.emplace_back(text);
  return feed::Interest(std::move(patterns));
}

}  // namespace

void Service::OnCall(const bus::Call& call) {
  ++counters_.questions;
  const char* problem = nullptr;
  const std::optional<feed::Interest> may_see = MaySee(call);
  Job job;
  if (call.service == DirectoryService(feed_)) {
    std::vector<Pattern> patterns;
    problem = DecodeDirectoryQuestion(call.body, &patterns);
    // What there is, is a list of what one may see of it.
    if (problem == nullptr && may_see) patterns = feed::Clip(patterns, *may_see);
    if (problem == nullptr) {
      job.directory = std::make_unique<DirectoryAnswer>(library_, &cache_, patterns);
    }
  } else {
    Question question;
    problem = Decode(call.body, &question);
    const auto covered = [&](const Pattern& pattern) { return may_see->Covers(pattern); };
    if (problem == nullptr && may_see &&
        !std::all_of(question.patterns.begin(), question.patterns.end(), covered)) {
      ++counters_.refused;
      return server_->Fail(call.id, kMayNotSee);
    }
    if (problem == nullptr) job.answer = std::make_unique<Answer>(library_, std::move(question));
  }
  if (problem != nullptr) {
    ++counters_.refused;
    return server_->Fail(call.id, std::string("the question makes no sense: ") + problem);
  }
  jobs_.emplace(call.id, std::move(job));
}

void Service::OnRoom(uint64_t id) {
  if (const auto it = jobs_.find(id); it != jobs_.end()) it->second.waits = false;
}

// The calls of a connection end with it.
void Service::OnBus(bool joined, std::string_view) {
  joined_ = joined;
  if (!joined) jobs_.clear();
}

bool Service::Turn() {
  bool more = false;
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    const bool over = !it->second.waits && !TurnJob(it->first, &it->second);
    if (over) {
      it = jobs_.erase(it);
      continue;
    }
    more = more || !it->second.waits;
    ++it;
  }
  return more;
}

bool Service::TurnJob(uint64_t id, Job* job) {
  if (!job->has_part && !Make(id, job)) return false;
  return !job->has_part || Send(id, job);
}

// False if there is no answer.
bool Service::Make(uint64_t id, Job* job) {
  if (job->directory != nullptr) {
    if (job->next_part == 0 && !job->directory->Turn()) return true;
    const std::vector<std::string>& parts = job->directory->parts();
    job->part = parts[job->next_part++];
    job->last = job->next_part == parts.size();
    job->has_part = true;
    return true;
  }
  const Answer::Step step = job->answer->Next(&job->part);
  if (step == Answer::Step::kFailed) {
    server_->Fail(id, job->answer->problem());
    return false;
  }
  job->has_part = step != Answer::Step::kNothing;
  job->last = step == Answer::Step::kEnd;
  return true;
}

bool Service::Send(uint64_t id, Job* job) {
  const bus::Body body = bus::BytesOf(job->part);
  if (!(job->last ? server_->Finish(id, body) : server_->Send(id, body))) {
    job->waits = true;
    return true;
  }
  ++counters_.parts;
  counters_.bytes += body.size();
  job->has_part = false;
  return !job->last;
}

}  // namespace fantail::history
