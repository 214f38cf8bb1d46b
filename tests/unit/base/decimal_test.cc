// Decimals: text in, the same number out, exactly.
#include "fantail/base/decimal.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ostream>
#include <string>

#include "fantail/base/random.h"

namespace fantail {

void PrintTo(const Decimal& d, std::ostream* out) {
  *out << (d.negative ? "-" : "") << d.digits << "e" << d.exponent;
}

namespace {

Decimal Parse(std::string_view text) {
  Decimal value;
  EXPECT_EQ(ParseDecimal(text, &value), DecimalError::kNone) << text;
  return value;
}

DecimalError ErrorOf(std::string_view text) {
  Decimal value;
  return ParseDecimal(text, &value);
}

std::string Format(const Decimal& value) {
  char text[kMaxDecimalText];
  return std::string(text, FormatDecimal(value, text));
}

std::string Reformat(std::string_view text) {
  return Format(Parse(text));
}

TEST(DecimalTest, ParsesPlainNumbers) {
  EXPECT_EQ(Parse("0"), (Decimal{0, 0, false}));
  EXPECT_EQ(Parse("100"), (Decimal{100, 0, false}));
  EXPECT_EQ(Parse("48.18"), (Decimal{4818, -2, false}));
  EXPECT_EQ(Parse("-37.63"), (Decimal{3763, -2, true}));
  EXPECT_EQ(Parse("+5"), (Decimal{5, 0, false}));
  EXPECT_EQ(Parse(".5"), (Decimal{5, -1, false}));
  EXPECT_EQ(Parse("5."), (Decimal{5, 0, false}));
  EXPECT_EQ(Parse("0.00000202"), (Decimal{202, -8, false}));
}

TEST(DecimalTest, DropsTrailingZerosBehindThePointOnly) {
  EXPECT_EQ(Parse("2683.80000000"), (Decimal{26838, -1, false}));
  EXPECT_EQ(Parse("1500.0"), (Decimal{1500, 0, false}));
  EXPECT_EQ(Parse("61700.00000000000000000000"), (Decimal{61700, 0, false}));
  EXPECT_EQ(Parse("0.0"), Decimal{});
}

TEST(DecimalTest, KnowsNoNegativeZero) {
  EXPECT_EQ(Parse("-0"), Decimal{});
  EXPECT_EQ(Parse("-0.00e7"), Decimal{});
  EXPECT_EQ(Format({0, -3, true}), "0");
}

TEST(DecimalTest, ReadsExponents) {
  EXPECT_EQ(Parse("1e3"), (Decimal{1000, 0, false}));
  EXPECT_EQ(Parse("1.25E+1"), (Decimal{125, -1, false}));
  EXPECT_EQ(Parse("125e-1"), (Decimal{125, -1, false}));
  EXPECT_EQ(Parse("1200e-1"), (Decimal{120, 0, false}));
  EXPECT_EQ(Parse("0e99999999999999999999"), Decimal{});
}

TEST(DecimalTest, GivesLargeWholeNumbersTheSmallestExponentThatHoldsThem) {
  EXPECT_EQ(Parse("9223372036854775807"), (Decimal{9223372036854775807U, 0, false}));
  EXPECT_EQ(Parse("9223372036854775810"), (Decimal{922337203685477581U, 1, false}));
  EXPECT_EQ(Parse("1e25"), (Decimal{1'000'000'000'000'000'000, 7, false}));
  EXPECT_EQ(Parse("1e48"), (Decimal{1'000'000'000'000'000'000, 30, false}));
}

TEST(DecimalTest, AcceptsAnyNumberOfZerosAround) {
  const std::string zeros(100, '0');
  EXPECT_EQ(Parse(zeros + "1.5" + zeros), (Decimal{15, -1, false}));
  EXPECT_EQ(Parse("0." + zeros + "1e101"), (Decimal{1, 0, false}));
  EXPECT_EQ(Parse("1" + zeros + "e-100"), (Decimal{1, 0, false}));
}

TEST(DecimalTest, RefusesWhatIsNotANumber) {
  for (const char* text : {"",
                           "-",
                           "+",
                           ".",
                           "-.",
                           "..",
                           "..0",
                           "1..0",
                           "1.2.3",
                           "1.2.0",
                           "abc",
                           "1x",
                           "1.5x",
                           "1.x000",
                           "0x10",
                           " 1",
                           "1 ",
                           "1,5",
                           "1e",
                           "1e+",
                           "1e1.5",
                           "e5",
                           ".e5",
                           "--1",
                           "+-1",
                           "nan",
                           "inf",
                           "1_000",
                           "12345678901234567890x"}) {
    EXPECT_EQ(ErrorOf(text), DecimalError::kNotANumber) << text;
  }
  EXPECT_EQ(ErrorOf(std::string_view("1\0", 2)), DecimalError::kNotANumber);
}

TEST(DecimalTest, RefusesWhatDoesNotFit) {
  for (const char* text : {"9223372036854775808", "-9223372036854775808", "9223372036854775808.5",
                           "0.9223372036854775808", "1e49", "1e400", "1e-31",
                           "1e99999999999999999999", "1e-99999999999999999999",
                           "10000000000000000000000000000001", "1.0000000000000000000001"}) {
    EXPECT_EQ(ErrorOf(text), DecimalError::kDoesNotFit) << text;
  }
}

TEST(DecimalTest, LeavesTheOutputAloneOnAnError) {
  Decimal value{7, -1, true};
  EXPECT_EQ(ParseDecimal("12.x", &value), DecimalError::kNotANumber);
  EXPECT_EQ(ParseDecimal("1e99", &value), DecimalError::kDoesNotFit);
  EXPECT_EQ(value, (Decimal{7, -1, true}));
}

TEST(DecimalTest, RescalesOnlyExactly) {
  uint64_t digits = 0;
  EXPECT_TRUE(RescaleDecimal({138, -1, false}, -2, &digits));
  EXPECT_EQ(digits, 1380U);
  EXPECT_TRUE(RescaleDecimal({1380, -2, false}, -1, &digits));
  EXPECT_EQ(digits, 138U);
  EXPECT_TRUE(RescaleDecimal({0, 0, false}, -30, &digits));
  EXPECT_EQ(digits, 0U);
  EXPECT_TRUE(RescaleDecimal({0, -30, false}, 30, &digits));
  EXPECT_EQ(digits, 0U);
  EXPECT_FALSE(RescaleDecimal({1381, -2, false}, -1, &digits));
  EXPECT_FALSE(RescaleDecimal({1'000'000'000'000'000'000, 0, false}, -1, &digits));
  EXPECT_FALSE(RescaleDecimal({1, 30, false}, -30, &digits));
  EXPECT_FALSE(RescaleDecimal({1, -30, false}, 30, &digits));
}

TEST(DecimalTest, PrintsTheShortestPlainForm) {
  EXPECT_EQ(Format({4818, -2, false}), "48.18");
  EXPECT_EQ(Format({1380, -2, false}), "13.8");
  EXPECT_EQ(Format({1300, -2, false}), "13");
  EXPECT_EQ(Format({1000, -4, false}), "0.1");
  EXPECT_EQ(Format({202, -8, true}), "-0.00000202");
  EXPECT_EQ(Format({5, -1, false}), "0.5");
  EXPECT_EQ(Format({5, 3, false}), "5000");
  EXPECT_EQ(Reformat("1e-30"), "0.000000000000000000000000000001");
  EXPECT_EQ(Reformat("1e5"), "100000");
}

TEST(DecimalTest, PrintsTheExtremesWithinItsBound) {
  EXPECT_LE(Format({UINT64_MAX, INT8_MAX, true}).size(), kMaxDecimalText);
  EXPECT_LE(Format({UINT64_MAX, INT8_MIN, true}).size(), kMaxDecimalText);
  EXPECT_LE(Format({1, INT8_MIN, true}).size(), kMaxDecimalText);
  EXPECT_EQ(Format({1, INT8_MIN, true}), "-0." + std::string(127, '0') + "1");
}

// A seed from the environment replays a failure; any other run is a fixed one.
uint64_t Seed() {
  const char* text = std::getenv("FANTAIL_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20131008;
}

// A random canonical value of any size.
Decimal RandomDecimal(Random& random) {
  Decimal value;
  value.digits = random.Next() >> (1 + random.Below(63));
  value.exponent = static_cast<int>(random.Between(kMinDecimalExponent, 0));
  while (value.exponent < 0 && value.digits % 10 == 0) {
    value.digits /= 10;
    value.exponent = value.digits == 0 ? 0 : value.exponent + 1;
  }
  value.negative = value.digits != 0 && random.OneIn(2);
  return value;
}

TEST(DecimalTest, ReadsBackWhateverItPrints) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("replay with FANTAIL_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 200'000; ++i) {
    const Decimal value = RandomDecimal(random);
    const std::string text = Format(value);
    ASSERT_EQ(Parse(text), value) << text;
    // The same number written otherwise: with zeros around it, and with an exponent.
    const std::string sign = value.negative ? "-" : "";
    const std::string digits = std::to_string(value.digits);
    ASSERT_EQ(Parse(sign + "000" + digits + "e" + std::to_string(value.exponent)), value);
    ASSERT_EQ(Parse(sign + digits + "0000.000e" + std::to_string(value.exponent - 4)), value);
  }
}

TEST(DecimalTest, NeverReadsBesideTheTextWhateverItSays) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("replay with FANTAIL_SEED=" + std::to_string(seed));
  Random random(seed);
  static constexpr std::string_view kAlphabet = "0000123459..e+-x";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random.Below(28), ' ');
    for (char& c : text) c = kAlphabet[random.Below(kAlphabet.size())];
    Decimal value;
    if (ParseDecimal(text, &value) != DecimalError::kNone) continue;
    ASSERT_LE(value.digits, kMaxDecimalDigits) << text;
    ASSERT_EQ(Parse(Format(value)), value) << text;
  }
}

}  // namespace
}  // namespace fantail
