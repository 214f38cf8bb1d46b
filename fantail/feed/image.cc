#include "fantail/feed/image.h"

#include <algorithm>
#include <limits>

namespace fantail::feed {
namespace {

using Wide = __int128;

// `digits` x 10^from as a number x 10^to, towards zero. REQUIRES: |from - to| <= 60 (exponents are
// within 30 of 0); a result beyond 127 bits saturates, and no caller keeps one.
Wide Rescale(Wide digits, int from, int to) {
  constexpr Wide kHuge = Wide{1} << 120;
  for (; from > to && digits > -kHuge && digits < kHuge; --from) digits *= 10;
  for (; from < to; ++from) digits /= 10;
  return digits;
}

bool FitsPrice(Wide v) {
  return v >= std::numeric_limits<int64_t>::min() && v <= std::numeric_limits<int64_t>::max();
}

// Brings open, high and low, and the new price, to one exponent: the finer, if all fit there.
int64_t AlignPrices(const wire::Tick& tick, wire::Totals* totals) {
  const int finer = std::min(tick.price_exponent, totals->price_exponent);
  const int coarser = std::max(tick.price_exponent, totals->price_exponent);
  const int mine = totals->price_exponent;
  const bool fits = FitsPrice(Rescale(totals->open, mine, finer)) &&
                    FitsPrice(Rescale(totals->high, mine, finer)) &&
                    FitsPrice(Rescale(totals->low, mine, finer)) &&
                    FitsPrice(Rescale(tick.price, tick.price_exponent, finer));
  const int to = fits ? finer : coarser;
  totals->open = static_cast<int64_t>(Rescale(totals->open, mine, to));
  totals->high = static_cast<int64_t>(Rescale(totals->high, mine, to));
  totals->low = static_cast<int64_t>(Rescale(totals->low, mine, to));
  totals->price_exponent = static_cast<int8_t>(to);
  return static_cast<int64_t>(Rescale(tick.price, tick.price_exponent, to));
}

void AddVolume(const wire::Tick& tick, wire::Totals* totals) {
  int exponent = std::min(tick.size_exponent, totals->volume_exponent);
  const auto sum_at = [&](int e) {
    return Rescale(static_cast<Wide>(totals->volume), totals->volume_exponent, e) +
           Rescale(static_cast<Wide>(tick.size), tick.size_exponent, e);
  };
  Wide sum = sum_at(exponent);
  while (sum > static_cast<Wide>(std::numeric_limits<uint64_t>::max())) {
    sum = sum_at(++exponent);
    totals->flags |= wire::kVolumeRounded;
  }
  totals->volume = static_cast<uint64_t>(sum);
  totals->volume_exponent = static_cast<int8_t>(exponent);
}

void AddTrade(const wire::Tick& tick, wire::Totals* totals) {
  if ((tick.flags & wire::kNoPrice) != 0) return;
  if (totals->count == 0) {
    *totals = {.open = tick.price,
               .high = tick.price,
               .low = tick.price,
               .volume = 0,
               .count = 0,
               .topic = tick.topic,
               .price_exponent = tick.price_exponent,
               .volume_exponent = tick.size_exponent,
               .flags = 0};
  }
  const bool same = tick.price_exponent == totals->price_exponent;
  const int64_t price = same ? tick.price : AlignPrices(tick, totals);
  totals->high = std::max(totals->high, price);
  totals->low = std::min(totals->low, price);
  ++totals->count;
  if ((tick.flags & wire::kNoSize) == 0) AddVolume(tick, totals);
}

}  // namespace

void ApplyTick(const wire::Tick& tick, TopicImage* image) {
  image->topic = tick.topic;
  image->sequence = tick.sequence;
  switch (tick.kind) {
    case wire::TickKind::kTrade:
      image->trade = tick;
      AddTrade(tick, &image->totals);
      break;
    case wire::TickKind::kQuote:
      image->quote = tick;
      break;
    case wire::TickKind::kStatus:
      image->status = tick;
      break;
    case wire::TickKind::kPart:
      break;
  }
}

wire::Image ImageChunk::Take(Position at) {
  heads_.clear();
  ticks_.clear();
  totals_.clear();
  std::stable_sort(images_.begin(), images_.end(),
                   [](const Item& a, const Item& b) { return a.image.topic < b.image.topic; });
  for (size_t i = 0; i < images_.size(); ++i) {
    const auto& [image, first, count] = images_[i];
    const auto statuses = std::span<const wire::Tick>(statuses_).subspan(first, count);
    // Of several images of one topic, the last; but what all of them say of status.
    if (i + 1 < images_.size() && images_[i + 1].image.topic == image.topic) {
      earlier_.insert(earlier_.end(), statuses.begin(), statuses.end());
      continue;
    }
    heads_.push_back({image.topic, image.sequence});
    if (Present(image.trade)) ticks_.push_back(image.trade);
    if (Present(image.quote)) ticks_.push_back(image.quote);
    ticks_.insert(ticks_.end(), earlier_.begin(), earlier_.end());
    ticks_.insert(ticks_.end(), statuses.begin(), statuses.end());
    const bool has_newest = !statuses.empty() && statuses.back() == image.status;
    if (Present(image.status) && !has_newest) ticks_.push_back(image.status);
    if (image.totals.count > 0) totals_.push_back(image.totals);
    earlier_.clear();
  }
  images_.clear();
  statuses_.clear();
  return {.at = at, .heads = heads_, .ticks = ticks_, .totals = totals_};
}

}  // namespace fantail::feed
