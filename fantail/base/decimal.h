// Exact decimals: an integer times a power of ten, parsed from and printed as text without a rounding
// or a binary fraction anywhere.
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_BASE_DECIMAL_H_
#define FANTAIL_BASE_DECIMAL_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fantail {

// digits x 10^exponent, negative if so marked. Parsed values are canonical: the exponent is 0 for every
// whole number that fits an int64 with it, and otherwise as near to 0 as holds the value (no trailing
// zeros behind the point).
struct Decimal {
  uint64_t digits = 0;
  int exponent = 0;
  bool negative = false;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

enum class DecimalError : uint8_t { kNone, kNotANumber, kDoesNotFit };

// Exponents that a tick carries. Wide enough for every market's prices, narrow enough that a printed
// number stays short.
inline constexpr int kMinDecimalExponent = -30;
inline constexpr int kMaxDecimalExponent = 30;

// Reads `[+-]digits[.digits][e[+-]digits]`, at least one digit before or behind the point, nothing else
// around it. kDoesNotFit if the magnitude needs more than 63 bits or an exponent out of range.
DecimalError ParseDecimal(std::string_view text, Decimal* out);

// The digits of `value` at `exponent` instead of its own: false if that is not exact or does not fit
// 63 bits.
bool RescaleDecimal(const Decimal& value, int exponent, uint64_t* digits);

// The most characters FormatDecimal writes.
inline constexpr size_t kMaxDecimalText = 64;

// Writes the shortest plain form (no `e`, no trailing zeros behind the point) to `out`, which has room
// for kMaxDecimalText, and returns the end.
char* FormatDecimal(const Decimal& value, char* out);

}  // namespace fantail

#endif  // FANTAIL_BASE_DECIMAL_H_
