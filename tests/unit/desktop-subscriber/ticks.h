// Ticks for the desk's tests, and a row format simple enough to read in an expectation.
//
// Thread: any.
#ifndef FANTAIL_TESTS_UNIT_DESKTOP_SUBSCRIBER_TICKS_H_
#define FANTAIL_TESTS_UNIT_DESKTOP_SUBSCRIBER_TICKS_H_

#include <string>
#include <string_view>

#include "desktop-subscriber/row_format.h"
#include "fantail/wire/tick.h"

namespace fantail::desk {

inline wire::Record TradeRecord(uint64_t position, uint32_t topic, uint32_t sequence, int64_t price,
                                int8_t exponent, uint64_t size = 100) {
  wire::Record record{};
  record.position = Position{position};
  record.tick.topic = TopicId{topic};
  record.tick.sequence = Sequence{sequence};
  record.tick.kind = wire::TickKind::kTrade;
  record.tick.price = price;
  record.tick.price_exponent = exponent;
  record.tick.size = size;
  record.tick.venue = VenueId{1};
  return record;
}

inline wire::Record QuoteRecord(uint64_t position, uint32_t topic, uint32_t sequence, int64_t bid,
                                int64_t ask, int8_t exponent) {
  wire::Record record = TradeRecord(position, topic, sequence, bid, exponent, 200);
  record.tick.kind = wire::TickKind::kQuote;
  record.tick.ask_price = ask;
  record.tick.ask_size = 300;
  return record;
}

inline wire::Record StatusRecord(uint64_t position, uint32_t topic, uint32_t sequence,
                                 wire::TradingStatus status) {
  wire::Record record = TradeRecord(position, topic, sequence, 0, 0, static_cast<uint64_t>(status));
  record.tick.kind = wire::TickKind::kStatus;
  record.tick.flags = wire::kNoPrice;
  return record;
}

// `SYMBOL,VENUE,SEQUENCE,DIGITS`.
class TestFormat final : public RowFormat {
 public:
  static constexpr std::string_view kHeader = "header\n";

  void Header(std::string* out) const override { out->append(kHeader); }
  void Row(const FeedNames& names, const wire::Record& record, std::string* out) const override {
    const wire::Tick& tick = record.tick;
    out->append(names.Topic(tick.topic)).append(",").append(names.Venue(tick.venue)).append(",");
    out->append(std::to_string(tick.sequence.value)).append(",");
    out->append(std::to_string(tick.price)).append("\n");
  }
};

}  // namespace fantail::desk

#endif  // FANTAIL_TESTS_UNIT_DESKTOP_SUBSCRIBER_TICKS_H_
