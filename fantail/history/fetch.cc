#include "fantail/history/fetch.h"

#include <algorithm>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/crc32c.h"

namespace fantail::history {
namespace {

// Between two tries; twice as long each time.
constexpr Nanos kRetry = std::chrono::milliseconds(100);
constexpr Nanos kLongestRetry = std::chrono::seconds(1);
// So long after a failure the next one comes soon.
constexpr Nanos kDiscouraged = std::chrono::seconds(30);
// A whole block, over a thin line; progress is what counts.
constexpr Nanos kBudget = std::chrono::minutes(2);
// More patterns than this are not asked for one by one.
constexpr size_t kMostPatternBytes = 16 * 1024;
constexpr size_t kMostPatterns = 2048;

std::vector<Pattern> Asked(std::vector<Pattern> patterns) {
  size_t bytes = 0;
  for (const Pattern& pattern : patterns) bytes += pattern.text().size() + 1;
  if (bytes > kMostPatternBytes || patterns.size() > kMostPatterns) return {Pattern("*")};
  std::sort(patterns.begin(), patterns.end());
  return patterns;
}

}  // namespace

Block BlockAt(Position after, Position through) {
  const uint64_t begin = after.value / kLeastBlock * kLeastBlock;
  const uint64_t end = (through.value + kLeastBlock - 1) / kLeastBlock * kLeastBlock;
  uint64_t size = kLeastBlock;
  while (size < kGreatestBlock && begin % (2 * size) == 0 && begin + 2 * size <= end) size *= 2;
  return {{begin}, {begin + size}};
}

void Fetch::Begin(Question question, bool shared, MonotonicTime now) {
  FANTAIL_CHECK(idle() && client_ != nullptr);
  question.patterns = Asked(std::move(question.patterns));
  epoch_ = question.epoch;
  at_ = question.after;
  question_ = std::move(question);
  shared_ = shared;
  now_ = progress_at_ = taken_at_ = now;
  tries_ = 0;
  problem_.clear();
  Ask();
}

void Fetch::Cancel() {
  if (idle()) return;
  if (id_ != 0) client_->Cancel(id_);
  id_ = 0;
  ask_at_.reset();
  question_.reset();
}

// A block from its beginning, and what was short of its end from where that ended.
void Fetch::Ask() {
  Question question = *question_;
  if (in_blocks()) {
    const Block block = BlockAt(at_, question_->through);
    question.after = shared_ && at_ == question_->after ? block.after : at_;
    question.through = block.through;
  } else if (question_->epoch.value != 0) {
    question.after = at_;
  }
  ask_at_.reset();
  moved_ = false;
  untaken_ = 0;
  reader_.Reset();
  ++counters_.questions;
  std::string body = Encode(question);
  // A try that came to nothing is not answered by what is kept of it.
  std::string key = std::to_string(Crc32c(bus::BytesOf(body))) + " " +
                    std::to_string(question.after.value) + " " + std::to_string(tries_);
  id_ = client_->Ask({.service = HistoryService(options_.feed),
                      .body = std::move(body),
                      .budget = kBudget,
                      .idempotent = true,
                      .key = std::move(key),
                      .window_bytes = bus::kMaxWindowBytes / 4,
                      .owner_takes = options_.bytes_per_second != 0},
                     now_);
}

// Leaves what has not been given, and was asked for. False if that is nothing.
bool Fetch::Clip(Part* part) const {
  if (part->epoch != epoch_) return part->epoch > epoch_;
  if (in_blocks()) part->through = std::min(part->through, question_->through);
  const Position from = at_;
  const Position to = part->through;
  if (to <= from || part->after >= to) return false;
  std::erase_if(part->records,
                [=](const wire::Record& r) { return r.position <= from || r.position > to; });
  if (part->lost) {
    part->lost->from = std::max(part->lost->from, from);
    part->lost->to = std::min(part->lost->to, to);
    if (part->lost->from >= part->lost->to) part->lost.reset();
  }
  part->after = std::max(part->after, from);
  return true;
}

void Fetch::OnAnswer(uint64_t id, bus::Body body, bool last) {
  if (id != id_ || idle()) return;
  counters_.bytes += body.size();
  untaken_ += body.size();
  if (last && body.empty()) return EndOfAnswer();  // there is nothing
  if (const char* problem = reader_.Decode(body, &part_)) {
    client_->Cancel(id_);
    return TryAgain(std::string("a part of the answer makes no sense: ") + problem);
  }
  if (Clip(&part_)) {
    if (part_.epoch == epoch_ && part_.after > at_) {
      // The server began behind what was asked for: that is on none of its tapes.
      part_.lost =
          Lost{.from = at_, .to = part_.lost ? part_.lost->to : part_.after, .patterns = {}};
      part_.after = at_;
    }
    epoch_ = part_.epoch;
    at_ = part_.through;
    moved_ = true;
    failed_at_.reset();
    tries_ = 0;
    progress_at_ = now_;
    counters_.records += part_.records.size();
    if (!events_->OnPart(part_)) {
      client_->Cancel(id_);
      return Finish("the history contradicts the feed");
    }
  }
  if (last && !idle()) EndOfAnswer();
}

void Fetch::EndOfAnswer() {
  id_ = 0;
  if (!in_blocks() || at_ >= question_->through) return Finish("");
  if (moved_) return Ask();
  TryAgain("the history ends before");
}

void Fetch::OnRestart(uint64_t id) {
  if (id == id_) reader_.Reset();
}

void Fetch::OnFailure(uint64_t id, bus::FailureCode code, std::string_view reason) {
  if (id != id_ || idle()) return;
  std::string why = bus::FailureCodeName(code);
  if (!reason.empty()) why += ": " + std::string(reason);
  TryAgain(why);
}

void Fetch::TryAgain(std::string_view why) {
  id_ = 0;
  problem_ = why;
  // Where nothing was to be had a moment ago, one try is enough.
  const bool hopeless = failed_at_ && now_ - *failed_at_ < kDiscouraged;
  if (hopeless || now_ - progress_at_ >= options_.patience) {
    failed_at_ = now_;
    return Finish(std::string(why));
  }
  ask_at_ = now_ + std::min(kRetry * (1 << std::min(tries_, 5u)), kLongestRetry);
  ++tries_;
}

void Fetch::Finish(std::string_view problem) {
  id_ = 0;
  ask_at_.reset();
  question_.reset();
  events_->OnFetched(problem);
}

void Fetch::Turn(MonotonicTime now) {
  const Nanos passed = now - std::exchange(taken_at_, now);
  now_ = now;
  if (idle()) return;
  if (id_ != 0 && options_.bytes_per_second != 0 && untaken_ > 0) {
    const double bytes = std::chrono::duration<double>(passed).count() *
                         static_cast<double>(options_.bytes_per_second);
    const size_t taken = std::min(untaken_, static_cast<size_t>(bytes) + 1);
    untaken_ -= taken;
    client_->Took(id_, taken);
  }
  if (ask_at_ && now >= *ask_at_) Ask();
  // A request that brings nothing for so long is given up as well.
  if (!idle() && id_ != 0 && now - progress_at_ >= 4 * options_.patience) {
    client_->Cancel(std::exchange(id_, 0));
    TryAgain("the history does not answer");
  }
}

}  // namespace fantail::history
