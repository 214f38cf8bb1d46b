// A tick: one trade, one two-sided quote or one change of status, as it lies in memory and on the
// wire (56 bytes, the struct Tick of schemas/session.fbs).
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_WIRE_TICK_H_
#define FANTAIL_WIRE_TICK_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "fantail/base/ids.h"

namespace fantail::wire {

enum class TickKind : uint8_t {
  kTrade = 1,
  kQuote = 2,
  kStatus = 3,
  kPart = 16,  // of an object: any bytes, which travel beside it. See part.h
};

// Which sides of a tick are blank. A blank side is a value of its own, not a zero.
enum TickFlag : uint8_t { kNoPrice = 1, kNoSize = 2, kNoAskPrice = 4, kNoAskSize = 8 };

// What a status tick says; it travels in Tick::size.
enum class TradingStatus : uint8_t { kOpen = 1, kHalt = 2, kResume = 3, kClose = 4 };

// Prices and sizes are integers times ten to the exponent that the tick itself carries.
struct Tick {
  TopicId topic;
  Sequence sequence;
  int64_t time_ns;    // exchange time, since the Unix epoch
  int64_t price;      // of the trade, or the bid
  int64_t ask_price;  // 0 unless a quote
  uint64_t size;      // of the trade, or the bid
  uint64_t ask_size;  // 0 unless a quote
  int8_t price_exponent;
  int8_t size_exponent;
  VenueId venue;
  uint16_t conditions;  // reserved, 0
  TickKind kind;
  uint8_t flags;  // TickFlag

  friend bool operator==(const Tick&, const Tick&) = default;
};
static_assert(sizeof(Tick) == 56 && alignof(Tick) == 8);
static_assert(offsetof(Tick, time_ns) == 8 && offsetof(Tick, price_exponent) == 48 &&
              offsetof(Tick, venue) == 50 && offsetof(Tick, kind) == 54);
static_assert(std::endian::native == std::endian::little, "ticks lie on the wire as in memory");

// A tick with its place in the feed.
struct Record {
  Position position;
  Tick tick;

  friend bool operator==(const Record&, const Record&) = default;
};
static_assert(sizeof(Record) == 64);

// What a topic's trades of an epoch add up to (the struct Totals of schemas/session.fbs).
struct Totals {
  int64_t open;  // the first trade's price; open, high and low are times 10^price_exponent
  int64_t high;
  int64_t low;
  uint64_t volume;  // times 10^volume_exponent
  uint64_t count;   // trades; 0 means that nothing else here has a meaning
  TopicId topic;
  int8_t price_exponent;
  int8_t volume_exponent;
  uint16_t flags;  // TotalsFlag

  friend bool operator==(const Totals&, const Totals&) = default;
};
static_assert(sizeof(Totals) == 48 && alignof(Totals) == 8);

enum TotalsFlag : uint16_t { kVolumeRounded = 1 };

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_TICK_H_
