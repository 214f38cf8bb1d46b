// What `--source synthetic:KEY=VALUE,...` may say, parsed and checked.
//
//   symbols=8000   how many topics tick, the most popular first in popularity        1 to 1000000
//   rate=20000     rows a second of exchange time, on average                        1 to 50000000
//   seed=1         everything but the names follows from it; same seed, same rows    0 to 2^64 - 1
//   count=0        end after this many rows; 0 does not end                          0 to 2^64 - 1
//   duration=0     end after this much exchange time; 0 does not end                 0 to 1000h
//   start=1381239000000000000
//                  exchange time of the beginning, ns since 1970 (a fixed moment, so that the same
//                  words give the same rows on any day)                              0 to 2^62
//   trades=40      rows in a hundred that are trades; the others are quotes          0 to 100
//   venues=15      how many venues                                                   1 to 15
//   stamp=1us      times are whole multiples of this behind start; 1ms puts many rows on one stamp,
//                  as feeds of the year 2013 did                                     1ns to 1s
//   burst=4        how many times the average the rate is for one tenth of each second, at a place
//                  that the seed chooses; 1 is an even rate                          1 to 9
//
// A duration is a number with a unit: 10s, 1.5h, 500ms, 20us, 1ns.
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_SOURCE_SYNTHETIC_OPTIONS_H_
#define FANTAIL_SOURCE_SYNTHETIC_OPTIONS_H_

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace fantail::source {

struct SyntheticOptions {
  uint64_t symbols = 8000;
  uint64_t rate = 20000;
  uint64_t seed = 1;
  uint64_t count = 0;
  uint64_t duration_ns = 0;
  uint64_t start_ns = 1381239000000000000;
  uint64_t trades = 40;
  uint64_t venues = 15;
  uint64_t stamp_ns = 1000;
  uint64_t burst = 4;
};

// Reads `KEY=VALUE,KEY=VALUE`, in any order, each at most once; what is not said keeps its default,
// and an empty text is all defaults. The error names the key, the value and what is allowed.
absl::StatusOr<SyntheticOptions> ParseSyntheticOptions(std::string_view text);

// The table above for `--help`: a line a key, with its default and its range.
std::string SyntheticHelp();

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_SYNTHETIC_OPTIONS_H_
