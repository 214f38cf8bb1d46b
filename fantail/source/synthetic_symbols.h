// The symbols of a made-up market: names like those of US stocks, and how often each ticks.
//
// Popularity follows w(r) = r^-0.723 * exp(-(r / 1885)^1.5) for the symbol of rank r. That law was
// fitted to a real day of 7,123 US symbols, where the top 10 had 16.4 % of the dollar volume, the
// top 100 40.6 % and the top 1,000 85.4 %; it gives 16.2, 41.4 and 84.2. Fewer symbols are the top
// of that market; for more, the 1,885 grows along so that the last ones still tick.
//
// Thread: built by one, then read by any.
// Cost: 8 bytes a symbol and 8 for its name; a pick is one random number and one cache miss.
#ifndef FANTAIL_SOURCE_SYNTHETIC_SYMBOLS_H_
#define FANTAIL_SOURCE_SYNTHETIC_SYMBOLS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fantail/base/random.h"

namespace fantail::source {

class SyntheticSymbols {
 public:
  // The names depend on nothing else: the symbol of rank 5 is the same in every market.
  // REQUIRES: 1 <= count <= 1'000'000
  explicit SyntheticSymbols(size_t count);

  size_t size() const { return names_.size(); }

  // 1 to 5 capital letters, no two alike. `rank` is from 0, the most popular.
  std::string_view name(size_t rank) const {
    return {names_[rank].data(), static_cast<size_t>(names_[rank].back())};
  }

  // A rank, as often as it is popular.
  size_t Pick(Random& random) const {
    const uint64_t draw = random.Next();
    const size_t column = ((draw >> 32) * columns_.size()) >> 32;
    const Column& c = columns_[column];
    return static_cast<uint32_t>(draw) < c.keep ? column : c.other;
  }

 private:
  // Walker's alias method, in integers: column i stands for rank i with keep / 2^32, else for
  // `other`.
  struct Column {
    uint32_t keep;
    uint32_t other;
  };
  using Name = std::array<char, 8>;  // the letters, and their number in the last byte

  void MakeNames(size_t count);
  void MakeColumns(size_t count);

  std::vector<Name> names_;
  std::vector<Column> columns_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_SYNTHETIC_SYMBOLS_H_
