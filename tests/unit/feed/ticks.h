// Ticks and records for tests, in few words.
#ifndef FANTAIL_TESTS_UNIT_FEED_TICKS_H_
#define FANTAIL_TESTS_UNIT_FEED_TICKS_H_

#include <initializer_list>
#include <vector>

#include "fantail/base/pattern.h"
#include "fantail/wire/tick.h"

namespace fantail::testing {

inline std::vector<Pattern> P(std::initializer_list<const char*> texts) {
  return {texts.begin(), texts.end()};
}

inline wire::Tick Trade(uint32_t topic, uint32_t sequence, int64_t price = 100, uint64_t size = 1) {
  return {.topic = {topic},
          .sequence = {sequence},
          .time_ns = 0,
          .price = price,
          .ask_price = 0,
          .size = size,
          .ask_size = 0,
          .price_exponent = -2,
          .size_exponent = 0,
          .venue = {},
          .conditions = 0,
          .kind = wire::TickKind::kTrade,
          .flags = 0};
}

inline wire::Tick Quote(uint32_t topic, uint32_t sequence) {
  wire::Tick tick = Trade(topic, sequence);
  tick.kind = wire::TickKind::kQuote;
  tick.ask_price = 101;
  tick.ask_size = 2;
  return tick;
}

inline wire::Record At(uint64_t position, const wire::Tick& tick) {
  return {{position}, tick};
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_UNIT_FEED_TICKS_H_
