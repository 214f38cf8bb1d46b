#include "desktop-subscriber/run_totals.h"

#include <algorithm>

#include "fmt/format.h"

namespace fantail::desk {
namespace {

// Beyond this a tick's time is not the time at which it was made.
constexpr Nanos kMaxPlausibleLatency = std::chrono::hours(1);

double Micros(Nanos time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

void RunTotals::NewEpoch() {
  topics_.clear();
}

void RunTotals::Topic(TopicId id, std::string_view name) {
  if (topics_.size() <= id.value) topics_.resize(size_t{id.value} + 1);
  topics_[id.value].name = name;
}

void RunTotals::See(TopicId id, Sequence first, Sequence last) {
  if (id.value >= topics_.size()) return;
  TopicState& topic = topics_[id.value];
  if (topic.in_gap) {
    const bool known = topic.last.value > 0;
    if (known && first > topic.last) lost_ += first - topic.last - 1;
    topic.in_gap = false;
  }
  topic.last = last;
}

void RunTotals::Records(std::span<const wire::Record> records, bool live, WallTime now) {
  if (records.empty()) return;
  for (const wire::Record& record : records) {
    See(record.tick.topic, record.tick.sequence, record.tick.sequence);
    if (live) latency_.Record(now.time_since_epoch() - Nanos{record.tick.time_ns});
  }
  if (ticks_ == 0) first_ = records.front().position;
  last_ = records.back().position;
  ticks_ += records.size();
}

void RunTotals::Image(const feed::TopicImage& image) {
  ++images_;
  // An image stands for every record up to its own: all of them did not come.
  See(image.topic, image.sequence + 1, image.sequence);
}

void RunTotals::Gap(const feed::GapNotice& gap) {
  ++gaps_;
  for (TopicState& topic : topics_) {
    const auto matches = [&topic](const Pattern& p) { return p.Matches(topic.name); };
    if (gap.patterns.empty() || std::any_of(gap.patterns.begin(), gap.patterns.end(), matches)) {
      topic.in_gap = true;
    }
  }
}

std::vector<std::pair<std::string, std::string>> RunTotals::Summary(uint64_t bytes_received) const {
  std::vector<std::pair<std::string, std::string>> summary = {
      {"ticks", std::to_string(ticks_)},
      {"images", std::to_string(images_)},
      {"gaps", std::to_string(gaps_)},
      {"lost", std::to_string(lost_)},
      {"bytes_received", std::to_string(bytes_received)}};
  if (latency_.count() > 0 && latency_.Percentile(50) < kMaxPlausibleLatency) {
    summary.emplace_back("latency_p50_us", fmt::format("{:.1f}", Micros(latency_.Percentile(50))));
    summary.emplace_back("latency_p99_us", fmt::format("{:.1f}", Micros(latency_.Percentile(99))));
  }
  summary.emplace_back("first_position", std::to_string(first_.value));
  summary.emplace_back("last_position", std::to_string(last_.value));
  return summary;
}

}  // namespace fantail::desk
