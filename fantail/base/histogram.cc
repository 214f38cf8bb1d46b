#include "fantail/base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "fantail/base/check.h"

namespace fantail {

LatencyHistogram::LatencyHistogram() : buckets_(kBuckets, 0) {}

size_t LatencyHistogram::BucketOf(uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kLinearBits);
  const size_t bucket = static_cast<size_t>(shift) * kHalf + static_cast<size_t>(value >> shift);
  return std::min(bucket, kBuckets - 1);
}

uint64_t LatencyHistogram::TopOf(size_t bucket) {
  if (bucket < 2 * kHalf) return bucket;
  const size_t shift = bucket / kHalf - 1;
  return ((uint64_t{bucket - shift * kHalf} + 1) << shift) - 1;
}

void LatencyHistogram::Record(Nanos latency, uint64_t times) {
  const Nanos value = std::max(latency, Nanos{0});
  buckets_[BucketOf(static_cast<uint64_t>(value.count()))] += times;
  count_ += times;
  if (times > 0) max_ = std::max(max_, value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void LatencyHistogram::Clear() {
  *this = LatencyHistogram();
}

Nanos LatencyHistogram::Percentile(double percent) const {
  FANTAIL_CHECK(percent >= 0 && percent <= 100, percent);
  const auto rank =
      static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_) - 1e-9));
  uint64_t seen = 0;
  for (size_t i = 0; i + 1 < kBuckets && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen >= std::max<uint64_t>(rank, 1)) {
      return std::min(Nanos(static_cast<int64_t>(TopOf(i))), max_);
    }
  }
  return max_;
}

}  // namespace fantail
