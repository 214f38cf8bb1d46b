#include "desktop-subscriber/number_text.h"

#include <gtest/gtest.h>

namespace fantail::desk {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(NumberTextTest, PadsPricesToTheSymbolsDecimals) {
  EXPECT_EQ(FixedText({293, -1}, 2), "29.30");
  EXPECT_EQ(FixedText({30, 0}, 2), "30.00");
  EXPECT_EQ(FixedText({5, -4}, 4), "0.0005");
  EXPECT_EQ(FixedText({-5, -1}, 2), "-0.50");
  EXPECT_EQ(FixedText({12, 3}, 0), "12000");
  EXPECT_EQ(FixedText({12999, -3}, 1), "12.9");
  EXPECT_EQ(FixedText({INT64_MAX, 30}, 0), "9223372036854775807" + std::string(30, '0'));
}

TEST(NumberTextTest, AddsAndSubtractsAcrossExponentsExactly) {
  EXPECT_EQ(FixedText(Amount{293, -1} - Amount{2925, -2}, 2), "0.05");
  EXPECT_EQ(SignedText(Amount{293, -1} - Amount{2925, -2}, 2), "+0.05");
  EXPECT_EQ(SignedText(Amount{1, 0} - Amount{10, -1}, 2), "0.00");
  EXPECT_EQ(FixedText(Amount{} + Amount{7, -13}, 13), "0.0000000000007");
  EXPECT_EQ(FixedText(Amount{1, 30} + Amount{1, -30}, 0), "1" + std::string(30, '0'));
}

TEST(NumberTextTest, ShowsAsManyDigitsAsFit) {
  EXPECT_EQ(CompactText({12345678, 0}, 9), "12345678");
  EXPECT_EQ(CompactText({12345678901, 0}, 9), "12.3B");
  EXPECT_EQ(CompactText({123456789012, -9}, 9), "123.45678");
  EXPECT_EQ(CompactText({123456789012, -4}, 9), "12345678");
  EXPECT_EQ(CompactText({5, -1}, 9), "0.5");
}

TEST(NumberTextTest, GroupsThousands) {
  EXPECT_EQ(GroupedText(0), "0");
  EXPECT_EQ(GroupedText(999), "999");
  EXPECT_EQ(GroupedText(1234567), "1,234,567");
}

TEST(NumberTextTest, ShowsAgesInFiveCharacters) {
  EXPECT_EQ(AgeText(milliseconds(340)), "0.3s");
  EXPECT_EQ(AgeText(milliseconds(9990)), "9s");
  EXPECT_EQ(AgeText(seconds(59)), "59s");
  EXPECT_EQ(AgeText(seconds(185)), "3m05");
  EXPECT_EQ(AgeText(hours(2) + minutes(14)), "2h14");
  EXPECT_EQ(AgeText(hours(80)), "3d");
  EXPECT_EQ(AgeText(seconds(-1)), "0.0s");
}

TEST(NumberTextTest, ShowsTheTimeOfDayInUtc) {
  EXPECT_EQ(ClockText(WallTime(seconds(1381219200))), "08:00:00");
  EXPECT_EQ(ElapsedText(seconds(7)), "00:07");
  EXPECT_EQ(ElapsedText(seconds(3723)), "1:02:03");
}

}  // namespace
}  // namespace fantail::desk
