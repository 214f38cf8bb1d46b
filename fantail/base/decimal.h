// Exact decimals: an integer times a power of ten, parsed from and printed as text without a
// rounding or a binary fraction anywhere.
//
// Thread: values; use them anywhere.
// Cost: some ten nanoseconds for a price of eight characters, either way; nothing is allocated and
// no locale is asked.
#ifndef FANTAIL_BASE_DECIMAL_H_
#define FANTAIL_BASE_DECIMAL_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fantail {

// digits x 10^exponent, negative if so marked. Parsed values are canonical: the exponent is 0 for
// every whole number that fits 63 bits with it, and otherwise as near to 0 as holds the value (no
// trailing zeros behind the point). Zero is never negative.
struct Decimal {
  uint64_t digits = 0;
  int exponent = 0;
  bool negative = false;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

enum class DecimalError : uint8_t { kNone, kNotANumber, kDoesNotFit };

// Exponents that a tick carries. Wide enough for every market's prices, narrow enough that a
// printed number stays short.
inline constexpr int kMinDecimalExponent = -30;
inline constexpr int kMaxDecimalExponent = 30;

// The most that `digits` holds: 63 bits, so that a sign fits beside them.
inline constexpr uint64_t kMaxDecimalDigits = INT64_MAX;

// Reads `[+-]digits[.digits][e[+-]digits]`, at least one digit before or behind the point, nothing
// else around it. kDoesNotFit if the value needs more than 63 bits at every exponent in range. *out
// is written only for kNone.
DecimalError ParseDecimal(std::string_view text, Decimal* out);

// The digits of `value` at `exponent` instead of its own: false if that is not exact, or needs more
// than 63 bits.
bool RescaleDecimal(const Decimal& value, int exponent, uint64_t* digits);

// The most characters FormatDecimal writes: a sign, 20 digits and the zeros of an exponent of
// +-128, with some to spare.
inline constexpr size_t kMaxDecimalText = 160;

// Writes the shortest plain form (no `e`, no trailing zeros behind the point, no `-0`) to `out`,
// which has room for kMaxDecimalText, and returns the end. `value` need not be canonical. REQUIRES:
// the exponent fits an int8_t; any 64 bits of digits will do.
char* FormatDecimal(const Decimal& value, char* out);

}  // namespace fantail

#endif  // FANTAIL_BASE_DECIMAL_H_
