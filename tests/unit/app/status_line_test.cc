#include "fantail/app/status_line.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

using namespace std::chrono_literals;

TEST(StatusLineTest, PrintsBytesInPowersOfAThousand) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1.0 kB");
  EXPECT_EQ(FormatBytes(1'234'567), "1.2 MB");
  EXPECT_EQ(FormatBytes(999'960), "1.0 MB");
  EXPECT_EQ(FormatBytes(UINT64_MAX), "18.4 EB");
}

TEST(StatusLineTest, PrintsCountsAndRates) {
  EXPECT_EQ(FormatCount(42), "42");
  EXPECT_EQ(FormatCount(1'564'133), "1.6 M");
  EXPECT_EQ(FormatRate(200'000, 10s), "20.0 k/s");
  EXPECT_EQ(FormatRate(5, 10s), "0/s");
  EXPECT_EQ(FormatRate(5, 0s), "0/s");
  EXPECT_EQ(FormatByteRate(12'000'000, 10s), "1.2 MB/s");
}

TEST(StatusLineTest, PrintsLatenciesWithThreeDigits) {
  EXPECT_EQ(FormatLatency(850ns), "850 ns");
  EXPECT_EQ(FormatLatency(12'345ns), "12.3 us");
  EXPECT_EQ(FormatLatency(1'250ms), "1.25 s");
  EXPECT_EQ(FormatLatency(123'456us), "123 ms");
}

TEST(StatusTimerTest, IsDueOnceAPeriod) {
  StatusTimer timer(10s);
  const MonotonicTime start{Nanos(1h)};
  Nanos over{};
  EXPECT_FALSE(timer.Due(start, &over));
  EXPECT_EQ(timer.next(), start + 10s);
  EXPECT_FALSE(timer.Due(start + 9s, &over));
  EXPECT_TRUE(timer.Due(start + 11s, &over));
  EXPECT_EQ(over, Nanos(11s));
  EXPECT_FALSE(timer.Due(start + 20s, &over));
}

TEST(StatusTimerTest, IsNeverDueForZero) {
  StatusTimer timer(0s);
  Nanos over{};
  EXPECT_FALSE(timer.Due(MonotonicTime(), &over));
  EXPECT_FALSE(timer.Due(MonotonicTime(Nanos(100h)), &over));
  EXPECT_EQ(timer.next(), std::nullopt);
}

}  // namespace
}  // namespace fantail::app
