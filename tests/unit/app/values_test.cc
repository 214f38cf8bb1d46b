#include "fantail/app/values.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, ReadsEachUnit) {
  EXPECT_EQ(ParseDuration("10s").value(), Nanos(10s));
  EXPECT_EQ(ParseDuration("500ms").value(), Nanos(500ms));
  EXPECT_EQ(ParseDuration("2m").value(), Nanos(2min));
  EXPECT_EQ(ParseDuration("3us").value(), Nanos(3us));
  EXPECT_EQ(ParseDuration("7ns").value(), Nanos(7));
  EXPECT_EQ(ParseDuration("1h").value(), Nanos(1h));
  EXPECT_EQ(ParseDuration("0").value(), Nanos(0));
}

TEST(DurationTest, ReadsFractionsAndSums) {
  EXPECT_EQ(ParseDuration("1.5s").value(), Nanos(1500ms));
  EXPECT_EQ(ParseDuration("1h30m").value(), Nanos(90min));
  EXPECT_EQ(ParseDuration("0.25ms").value(), Nanos(250us));
}

TEST(DurationTest, RefusesWhatIsNotADuration) {
  for (const char* text : {"", "10", "s", "-1s", "1 s", "1x", "1e3s", "300000h1000000000000h",
                           "99999999999999999999s", "9223372037s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationTest, PrintsWhatItReads) {
  for (const char* text : {"0", "10s", "1h30m", "1s500ms", "7ns", "2m"}) {
    EXPECT_EQ(FormatDuration(ParseDuration(text).value()), text);
  }
}

TEST(ByteSizeTest, ReadsEachUnit) {
  EXPECT_EQ(ParseByteSize("65536").value().bytes, 65536u);
  EXPECT_EQ(ParseByteSize("64KiB").value().bytes, 65536u);
  EXPECT_EQ(ParseByteSize("256MiB").value().bytes, 268435456u);
  EXPECT_EQ(ParseByteSize("1GiB").value().bytes, 1073741824u);
  EXPECT_EQ(ParseByteSize("3kB").value().bytes, 3000u);
  EXPECT_EQ(ParseByteSize("3MB").value().bytes, 3000000u);
}

TEST(ByteSizeTest, RefusesWhatIsNotASize) {
  for (const char* text : {"", "MiB", "-1", "1.5MiB", "1 MiB", "1mib", "99999999TiB"}) {
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  }
}

TEST(ByteSizeTest, PrintsInTheLargestUnitThatDivides) {
  EXPECT_EQ(FormatByteSize({268435456}), "256MiB");
  EXPECT_EQ(FormatByteSize({1500}), "1500B");
  EXPECT_EQ(FormatByteSize({0}), "0");
}

TEST(UnsignedTest, KeepsToItsRange) {
  EXPECT_EQ(ParseUnsigned("64", {1, 64}).value(), 64u);
  EXPECT_EQ(ParseUnsigned("65", {1, 64}).status().message(), "too large; the most is 64");
  EXPECT_EQ(ParseUnsigned("0", {1, 64}).status().message(), "too small; the least is 1");
  EXPECT_FALSE(ParseUnsigned("-1", {}).ok());
  EXPECT_FALSE(ParseUnsigned("1x", {}).ok());
  EXPECT_FALSE(ParseUnsigned("18446744073709551616", {}).ok());
}

TEST(YesNoTest, ReadsTheUsualWords) {
  EXPECT_TRUE(ParseYesNo("yes").value());
  EXPECT_FALSE(ParseYesNo("0").value());
  EXPECT_FALSE(ParseYesNo("maybe").ok());
}

TEST(BitRateTest, ReadsEachUnitAndNothingElse) {
  EXPECT_EQ(ParseBitRate("20mbit").value().bits, 20'000'000u);
  EXPECT_EQ(ParseBitRate("500kbit").value().bits, 500'000u);
  EXPECT_EQ(ParseBitRate("1gbit").value().bits, 1'000'000'000u);
  EXPECT_EQ(ParseBitRate("0").value().bits, 0u);
  for (const char* text : {"", "20", "20mb", "mbit", "-1mbit", "1.5mbit", "20 mbit"}) {
    EXPECT_FALSE(ParseBitRate(text).ok()) << text;
  }
  EXPECT_EQ(FormatBitRate({20'000'000}), "20mbit");
  EXPECT_EQ(FormatBitRate({}), "0");
}

}  // namespace
}  // namespace fantail::app
