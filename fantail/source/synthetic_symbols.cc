#include "fantail/source/synthetic_symbols.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "fantail/base/check.h"

namespace fantail::source {
namespace {

// A letter as often as tickers have it, roughly.
constexpr std::string_view kLetters =
    "AAAAABBBCCCCCDDDEEEEFFFGGGHHIIIJKKLLLLMMMMNNNNOOOPPPPQRRRRSSSSSTTTTTUUVVWWXYZ";

// The names are the same whatever the seed of the ticks: two runs have their topics in common.
constexpr uint64_t kNamesSeed = 0x46616e7461696c;

// After so many names that were taken, a longer one is tried.
constexpr int kTriesPerLength = 8;

constexpr size_t kLongest = 5;

// The popular have the short names.
size_t DrawLength(size_t rank, Random& random) {
  const uint64_t draw = random.Below(100);
  if (rank < 200) return draw < 6 ? 1 : draw < 26 ? 2 : draw < 70 ? 3 : 4;
  return draw < 3 ? 2 : draw < 40 ? 3 : draw < 92 ? 4 : 5;
}

// The law of the header, as integers: what a last digit of libm says differently on another machine
// is rounded away.
std::vector<uint64_t> Weights(size_t count) {
  constexpr double kMarket = 7123;
  const double reach = 1885 * std::max(1.0, static_cast<double>(count) / kMarket);
  std::vector<uint64_t> weights(count);
  for (size_t i = 0; i < count; ++i) {
    const double rank = static_cast<double>(i + 1);
    const double weight = std::pow(rank, -0.723) * std::exp(-std::pow(rank / reach, 1.5));
    weights[i] = static_cast<uint64_t>(std::llround(weight * 0x1.0p32)) + 1;
  }
  return weights;
}

}  // namespace

SyntheticSymbols::SyntheticSymbols(size_t count) {
  FANTAIL_CHECK(count >= 1 && count <= 1'000'000, count);
  MakeNames(count);
  MakeColumns(count);
}

void SyntheticSymbols::MakeNames(size_t count) {
  Random random(kNamesSeed);
  absl::flat_hash_set<uint64_t> taken;
  taken.reserve(count);
  names_.reserve(count);
  while (names_.size() < count) {
    size_t length = DrawLength(names_.size(), random);
    Name name;
    for (int tries = 1;; ++tries) {
      name = Name{};
      for (size_t i = 0; i < length; ++i) name[i] = kLetters[random.Below(kLetters.size())];
      name.back() = static_cast<char>(length);
      if (taken.insert(std::bit_cast<uint64_t>(name)).second) break;
      if (tries % kTriesPerLength == 0 && length < kLongest) ++length;
    }
    names_.push_back(name);
  }
}

void SyntheticSymbols::MakeColumns(size_t count) {
  std::vector<uint64_t> share = Weights(count);  // of columns, in units of 1 / total
  uint64_t total = 0;
  for (const uint64_t weight : share) total += weight;
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (size_t i = 0; i < count; ++i) {
    share[i] *= count;  // below 2^33 * 2^20
    (share[i] < total ? small : large).push_back(static_cast<uint32_t>(i));
  }
  columns_.assign(count, Column{UINT32_MAX, 0});
  for (size_t i = 0; i < count; ++i) columns_[i].other = static_cast<uint32_t>(i);
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    const auto wide = static_cast<unsigned __int128>(share[poor]);
    columns_[poor] = Column{static_cast<uint32_t>((wide << 32) / total), rich};
    share[rich] -= total - share[poor];
    if (share[rich] >= total) continue;
    large.pop_back();
    small.push_back(rich);
  }
}

}  // namespace fantail::source
