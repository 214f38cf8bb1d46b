// Ticks from the fields of an exchange's messages, in the very form in which text::CsvParser makes
// them: the exponent nearest to 0 that holds the prices exactly.
//
// Thread: any.
#ifndef FANTAIL_SOURCE_TICKS_H_
#define FANTAIL_SOURCE_TICKS_H_

#include <cstdint>

#include "fantail/wire/tick.h"

namespace fantail::source {

// The best bid and ask with their sizes. A side whose size is 0 is blank.
struct TopOfBook {
  int64_t bid = 0;
  uint64_t bid_size = 0;
  int64_t ask = 0;
  uint64_t ask_size = 0;

  friend bool operator==(const TopOfBook&, const TopOfBook&) = default;
};

// Prices have four digits behind the point, on IEX and on NASDAQ.
inline constexpr int kPriceDigits = 4;

inline void SetPrices(int64_t price, int64_t ask, wire::Tick* tick) {
  int exponent = -kPriceDigits;
  for (; exponent < 0 && price % 10 == 0 && ask % 10 == 0; ++exponent) price /= 10, ask /= 10;
  tick->price = price;
  tick->ask_price = ask;
  tick->price_exponent = static_cast<int8_t>(exponent);
}

inline wire::Tick TradeTick(int64_t time_ns, int64_t price, uint64_t size) {
  wire::Tick tick{};
  tick.time_ns = time_ns;
  tick.kind = wire::TickKind::kTrade;
  tick.size = size;
  SetPrices(price, 0, &tick);
  return tick;
}

inline wire::Tick QuoteTick(int64_t time_ns, const TopOfBook& top) {
  wire::Tick tick{};
  tick.time_ns = time_ns;
  tick.kind = wire::TickKind::kQuote;
  tick.size = top.bid_size;
  tick.ask_size = top.ask_size;
  if (top.bid_size == 0) tick.flags |= wire::kNoPrice | wire::kNoSize;
  if (top.ask_size == 0) tick.flags |= wire::kNoAskPrice | wire::kNoAskSize;
  SetPrices(top.bid_size == 0 ? 0 : top.bid, top.ask_size == 0 ? 0 : top.ask, &tick);
  return tick;
}

inline wire::Tick StatusTick(int64_t time_ns, wire::TradingStatus status) {
  wire::Tick tick{};
  tick.time_ns = time_ns;
  tick.kind = wire::TickKind::kStatus;
  tick.size = static_cast<uint64_t>(status);
  return tick;
}

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_TICKS_H_
