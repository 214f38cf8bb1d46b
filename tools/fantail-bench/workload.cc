#include "tools/fantail-bench/workload.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "fantail/base/random.h"
#include "fantail/source/synthetic_source.h"

namespace fantail::bench {
namespace {

// As many as a US feed has.
constexpr size_t kSymbols = 8000;
// Long enough that no cache holds it twice over, short enough to be made in a moment.
constexpr size_t kRingTicks = size_t{1} << 16;
constexpr size_t kWatched = 50;
constexpr size_t kPrefixes = 2;
constexpr uint64_t kSeed = 1;

std::vector<Pattern> DrawWatchlist(const source::SyntheticSymbols& symbols, Random& random) {
  std::set<std::string> texts;
  while (texts.size() < kWatched) texts.emplace(symbols.name(symbols.Pick(random)));
  while (texts.size() < kWatched + kPrefixes) {
    texts.insert({static_cast<char>(random.Between('A', 'Z')), '*'});
  }
  return {texts.begin(), texts.end()};
}

}  // namespace

Workload::Workload(size_t subscribers, InterestKind kind) {
  source::SyntheticOptions options;
  options.symbols = kSymbols;
  options.seed = kSeed;
  source::SyntheticSource source(options);
  std::unordered_map<std::string_view, TopicId> ids;
  for (size_t rank = 0; rank < kSymbols; ++rank) {
    names_.emplace_back(source.symbols().name(rank));
    ids[source.symbols().name(rank)] = TopicId{static_cast<uint32_t>(rank)};
  }
  text::Row row;
  while (ring_.size() < kRingTicks && source.Next(&row) == source::Source::Result::kRow) {
    ring_.push_back(row.tick);
    ring_.back().topic = ids.at(row.symbol);
    ring_.back().venue = VenueId{};
  }
  Random random(kSeed);
  for (size_t i = 0; i < subscribers; ++i) {
    interests_.push_back(kind == InterestKind::kAll ? std::vector<Pattern>{Pattern("*")}
                                                    : DrawWatchlist(source.symbols(), random));
  }
  wants_.resize(subscribers * kSymbols);
  wanted_by_.resize(kSymbols);
  for (size_t i = 0; i < wants_.size(); ++i) {
    const std::vector<Pattern>& patterns = interests_[i / kSymbols];
    const std::string& name = names_[i % kSymbols];
    wants_[i] = std::any_of(patterns.begin(), patterns.end(),
                            [&](const Pattern& pattern) { return pattern.Matches(name); });
    wanted_by_[i % kSymbols] += wants_[i];
  }
}

void TickStream::Append(size_t count, int64_t time_ns, std::vector<wire::Tick>* ticks) {
  for (; count > 0; --count) {
    wire::Tick& tick = ticks->emplace_back(workload_->ring()[next_++ % workload_->ring().size()]);
    tick.sequence = ++last_[tick.topic.value];
    tick.time_ns = time_ns;
  }
}

}  // namespace fantail::bench
