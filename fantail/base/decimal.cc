#include "fantail/base/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "fantail/base/check.h"

namespace fantail {
namespace {

constexpr std::array<uint64_t, 20> kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (uint64_t& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}();

// The most digits that may be multiplied by each of them.
constexpr std::array<uint64_t, 20> kMostTimesPower = [] {
  std::array<uint64_t, 20> most{};
  for (size_t i = 0; i < most.size(); ++i) most[i] = kMaxDecimalDigits / kPowersOfTen[i];
  return most;
}();

// Any number of up to this many digits fits 63 bits without a look.
constexpr ptrdiff_t kSafeDigits = 18;

bool IsDigit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}

// digits * 10^zeros, if that fits 63 bits.
bool ScaleUp(uint64_t digits, int zeros, uint64_t* out) {
  if (digits == 0) {
    *out = 0;
    return true;
  }
  if (zeros >= static_cast<int>(kPowersOfTen.size())) return false;
  if (digits > kMostTimesPower[zeros]) return false;
  *out = digits * kPowersOfTen[zeros];
  return true;
}

// The significant digits of a number of any length: those between the first and the last that is
// not zero, and how many zeros have come since.
struct Significant {
  uint64_t digits = 0;
  int64_t zeros = 0;
  bool overflow = false;

  void Add(char c) {
    ++zeros;
    if (c == '0') return;
    if (!overflow && digits != 0) overflow = zeros > 19 || !ScaleUp(digits, int(zeros), &digits);
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (digits > kMaxDecimalDigits - digit) overflow = true;
    digits += digit;
    zeros = 0;
  }
};

// Reads `[+-]digits` that follow an `e`, held between bounds far outside of what fits.
bool ParseExponent(const char* p, const char* end, int64_t* exponent) {
  bool negative = false;
  if (p != end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  if (p == end) return false;
  constexpr int64_t kBound = 1'000'000'000;
  int64_t value = 0;
  for (; p != end; ++p) {
    if (!IsDigit(*p)) return false;
    value = std::min(value * 10 + (*p - '0'), kBound);
  }
  *exponent = negative ? -value : value;
  return true;
}

// The canonical form of digits * 10^exponent, where digits do not end in a zero (unless they are
// 0).
DecimalError Canonical(uint64_t digits, int64_t exponent, bool negative, Decimal* out) {
  if (digits == 0) {
    *out = Decimal{};
    return DecimalError::kNone;
  }
  if (exponent < kMinDecimalExponent) return DecimalError::kDoesNotFit;
  // A whole number goes as near to exponent 0 as its digits let it.
  while (exponent > 0 && digits <= kMaxDecimalDigits / 10) {
    digits *= 10;
    --exponent;
  }
  if (exponent > kMaxDecimalExponent) return DecimalError::kDoesNotFit;
  *out = Decimal{digits, static_cast<int>(exponent), negative};
  return DecimalError::kNone;
}

// Every number, of any length: `p` is behind the sign.
DecimalError ParseAny(const char* p, const char* end, bool negative, Decimal* out) {
  Significant number;
  int64_t behind_point = 0;
  bool any = false;
  for (; p != end && IsDigit(*p); ++p, any = true) number.Add(*p);
  if (p != end && *p == '.') {
    for (++p; p != end && IsDigit(*p); ++p, any = true, ++behind_point) number.Add(*p);
  }
  if (!any) return DecimalError::kNotANumber;
  int64_t exponent = 0;
  if (p != end) {
    if (*p != 'e' && *p != 'E') return DecimalError::kNotANumber;
    if (!ParseExponent(p + 1, end, &exponent)) return DecimalError::kNotANumber;
  }
  if (number.overflow) return DecimalError::kDoesNotFit;
  return Canonical(number.digits, exponent - behind_point + number.zeros, negative, out);
}

}  // namespace

DecimalError ParseDecimal(std::string_view text, Decimal* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  bool negative = false;
  if (p != end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  // The common case, a short number without an exponent; whatever is anything else starts over.
  if (end - p > kSafeDigits) return ParseAny(p, end, negative, out);
  const char* const begin = p;
  uint64_t digits = 0;
  for (; p != end && IsDigit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
  int exponent = 0;
  if (p != end) {
    if (*p != '.' || end - begin == 1) return ParseAny(begin, end, negative, out);
    const char* last = end;  // behind the last digit that is not a zero behind the point
    while (last[-1] == '0') --last;
    const char* const point = p;
    for (++p; p < last && IsDigit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
    if (p < last) return ParseAny(begin, end, negative, out);
    exponent = static_cast<int>(point + 1 - last);
  } else if (begin == end) {
    return DecimalError::kNotANumber;
  }
  *out = Decimal{digits, exponent, negative && digits != 0};
  return DecimalError::kNone;
}

bool RescaleDecimal(const Decimal& value, int exponent, uint64_t* digits) {
  if (exponent <= value.exponent) return ScaleUp(value.digits, value.exponent - exponent, digits);
  const int zeros = exponent - value.exponent;
  if (value.digits == 0) {
    *digits = 0;
    return true;
  }
  if (zeros >= static_cast<int>(kPowersOfTen.size())) return false;
  const uint64_t power = kPowersOfTen[zeros];
  if (value.digits % power != 0 || value.digits / power > kMaxDecimalDigits) return false;
  *digits = value.digits / power;
  return true;
}

char* FormatDecimal(const Decimal& value, char* out) {
  FANTAIL_CHECK(value.exponent >= INT8_MIN && value.exponent <= INT8_MAX, value.exponent);
  if (value.digits == 0) {
    *out = '0';
    return out + 1;
  }
  if (value.negative) *out++ = '-';
  char* end = std::to_chars(out, out + 20, value.digits).ptr;
  if (value.exponent == 0) return end;
  if (value.exponent > 0) {
    std::memset(end, '0', static_cast<size_t>(value.exponent));
    return end + value.exponent;
  }
  // `behind` digits stand behind the point; drop those of them that are trailing zeros.
  ptrdiff_t behind = -value.exponent;
  for (; behind > 0 && end[-1] == '0'; --behind) --end;
  if (behind == 0) return end;
  const ptrdiff_t before = end - out - behind;
  if (before > 0) {
    char* const point = out + before;
    std::memmove(point + 1, point, static_cast<size_t>(behind));
    *point = '.';
    return end + 1;
  }
  // Nothing before the point: `0.`, the zeros in front, the digits.
  const size_t lead = static_cast<size_t>(2 - before);
  std::memmove(out + lead, out, static_cast<size_t>(end - out));
  std::memset(out, '0', lead);
  out[1] = '.';
  return end + lead;
}

}  // namespace fantail
