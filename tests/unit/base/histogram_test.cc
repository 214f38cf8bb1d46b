#include "fantail/base/histogram.h"

#include <gtest/gtest.h>

namespace fantail {
namespace {

TEST(LatencyHistogramTest, SaysZeroWhenNothingWasRecorded) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Percentile(99), Nanos{0});
  EXPECT_EQ(histogram.max(), Nanos{0});
}

TEST(LatencyHistogramTest, IsExactBelowTwoMicroseconds) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 2000; ++i) histogram.Record(Nanos{i});
  EXPECT_EQ(histogram.Percentile(50), Nanos{1000});
  EXPECT_EQ(histogram.Percentile(99), Nanos{1980});
  EXPECT_EQ(histogram.Percentile(99.9), Nanos{1998});
  EXPECT_EQ(histogram.Percentile(100), Nanos{2000});
}

TEST(LatencyHistogramTest, KeepsThreeDigitsFromNanosecondsToHours) {
  for (int64_t value = 3; value < 17'000'000'000'000; value = value * 7 / 5 + 1) {
    LatencyHistogram histogram;
    histogram.Record(Nanos{value});
    histogram.Record(Nanos{value * 10});  // so that the maximum does not help
    const double got = static_cast<double>(histogram.Percentile(50).count());
    EXPECT_GE(got, static_cast<double>(value));
    EXPECT_LE(got, static_cast<double>(value) * 1.001) << value;
  }
}

TEST(LatencyHistogramTest, NeverAnswersMoreThanTheExactMaximum) {
  LatencyHistogram histogram;
  histogram.Record(Nanos{1'000'001});
  EXPECT_EQ(histogram.Percentile(50), Nanos{1'000'001});
}

TEST(LatencyHistogramTest, CountsNegativeAsZeroAndKeepsTheMaximumOfTheHugeExact) {
  LatencyHistogram histogram;
  histogram.Record(Nanos{-5});
  EXPECT_EQ(histogram.Percentile(100), Nanos{0});
  histogram.Record(std::chrono::hours(24));
  EXPECT_EQ(histogram.Percentile(100), std::chrono::hours(24));
  EXPECT_EQ(histogram.count(), 2u);
}

TEST(LatencyHistogramTest, MergedIsAsIfAllHadBeenRecordedInOne) {
  LatencyHistogram one, two, both;
  for (int i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? one : two).Record(Nanos{i * 977});
    both.Record(Nanos{i * 977});
  }
  one.Merge(two);
  for (double p : {0.0, 1.0, 50.0, 99.0, 99.9, 100.0}) {
    EXPECT_EQ(one.Percentile(p), both.Percentile(p)) << p;
  }
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.max(), both.max());
}

}  // namespace
}  // namespace fantail
