// The values that options take, as text and back: durations (`10s`, `500ms`, `1h30m`), byte sizes
// (`256MiB`, `64KiB`, `1MB`), whole numbers and yes/no.
//
// Thread: any.
// Errors: InvalidArgument whose message says what is wrong and what to write; the caller puts
//   the name of the option and the value in front.
#ifndef FANTAIL_APP_VALUES_H_
#define FANTAIL_APP_VALUES_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fantail/base/time.h"

namespace fantail::app {

// A number of bytes, apart from other numbers so that an option knows how to read it.
struct ByteSize {
  uint64_t bytes = 0;

  friend bool operator==(ByteSize, ByteSize) = default;
};

// How many bits a second.
struct BitRate {
  uint64_t bits = 0;

  friend bool operator==(BitRate, BitRate) = default;
};

// What a number may be, both ends included.
struct Range {
  uint64_t least = 0;
  uint64_t most = std::numeric_limits<uint64_t>::max();
};

// One or more of NUMBER UNIT with units ns, us, ms, s, m, h; the number may have a fraction. `0`
// needs no unit. Never negative; at most about 292 years.
absl::StatusOr<Nanos> ParseDuration(std::string_view text);
// `10s`, `1m30s`, `500ms`: what ParseDuration reads back as the same.
std::string FormatDuration(Nanos duration);

// Digits, then nothing or B, KiB, MiB, GiB, TiB (powers of 1024) or kB, KB, MB, GB, TB (of 1000).
absl::StatusOr<ByteSize> ParseByteSize(std::string_view text);
// Digits, then kbit, mbit or gbit (powers of 1000), as tc has them. 0 needs no unit.
absl::StatusOr<BitRate> ParseBitRate(std::string_view text);
std::string FormatBitRate(BitRate rate);
// In the largest unit of 1024 that divides it.
std::string FormatByteSize(ByteSize size);

absl::StatusOr<uint64_t> ParseUnsigned(std::string_view text, Range range);

// 1, true, yes, on; 0, false, no, off.
absl::StatusOr<bool> ParseYesNo(std::string_view text);

}  // namespace fantail::app

#endif  // FANTAIL_APP_VALUES_H_
