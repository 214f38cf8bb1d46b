// The messages of IEX TOPS 1.6 and DEEP 1.0 as rows. Layouts: "Investors Exchange TOPS
// Specification", version 1.6 (1.64 of 27 February 2018), and "Investors Exchange DEEP
// Specification", version 1.0 (1.06 of the same day). Little-endian; prices have 4 decimals; times
// are nanoseconds since the Unix epoch; symbols are 8 characters, filled with spaces.
//
//   type  at: field
//   Q     1: flags  2: time  10: symbol  18: bid size u32  22: bid  30: ask  38: ask size u32
//   8, 5  1: event flags  2: time  10: symbol  18: size u32  22: price      (buy, sell side)
//   T, B  1: sale condition  2: time  10: symbol  18: size u32  22: price  30: trade id
//   H     1: status (H halted, O and P order acceptance, T trading)  2: time  10: symbol
//   O     1: status (O halted by IEX, N not)  2: time  10: symbol
//   S     1: event (R, M: start and end of regular market hours, ...)  2: time
//
// Q gives a quote as it is. 8 and 5 set the size of a price level; the quote comes with the one
// whose flags say that the event is complete, if the top of the book has changed. T gives a trade.
// H, O and S give status rows, if these are wanted. B, a broken trade, has no row and is counted.
// The rest says nothing about a tick. A type that is not known here is passed over, and so is what
// a message has behind its known fields: IEX adds both without notice.
//
// Thread: one owner.  Ownership: the queue outlives it; rows keep pointing to the symbols here.
// Cost: see iex_source.h; one hash look-up a message.
#ifndef FANTAIL_SOURCE_IEX_MESSAGES_H_
#define FANTAIL_SOURCE_IEX_MESSAGES_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "fantail/source/byte_fields.h"
#include "fantail/source/halts.h"
#include "fantail/source/price_book.h"
#include "fantail/source/row_queue.h"

namespace fantail::source {

class IexMessages {
 public:
  explicit IexMessages(RowQueue* queue) : queue_(queue) {}

  // Whether changes of status are rows.
  void set_status(bool status) { status_ = status; }

  // nullptr, or why the message is bad; nothing of a bad one is taken.
  const char* Take(ByteSpan message);

  // Messages are missing before the one of this time: the books may be wrong, so they are emptied,
  // and each security that had a quote from its book gets a blank one.
  void ForgetBooks(int64_t time_ns);

  uint64_t trade_breaks() const { return trade_breaks_; }

 private:
  struct Security {
    std::string symbol;
    PriceBook book;
    Halts halts;
  };

  const char* TakeStatus(char type, ByteSpan message);
  const char* TakeLevel(Side side, ByteSpan message);
  void TakeSystemEvent(char event, int64_t time_ns);
  // nullptr if the symbol cannot be a topic.
  Security* Find(ByteSpan message);
  void AddStatus(const Security& security, int64_t time_ns,
                 std::optional<wire::TradingStatus> status);

  RowQueue* const queue_;
  bool status_ = false;
  std::deque<Security> securities_;  // addresses stay
  absl::flat_hash_map<uint64_t, Security*> by_symbol_;
  uint64_t trade_breaks_ = 0;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_IEX_MESSAGES_H_
