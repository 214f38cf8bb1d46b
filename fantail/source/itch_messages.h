// The messages of NASDAQ TotalView-ITCH 5.0 as rows. Layouts: "NASDAQ TotalView-ITCH 5.0", section
// 4. Big-endian; prices have 4 decimals; times are nanoseconds since midnight in New York; a stock
// is 8 characters, filled with spaces. Every message begins 0: type  1: stock locate u16
// 3: tracking number u16  5: time u48; then
//
//   type  bytes  at: field
//   S     12     11: event (Q, M: start and end of market hours, ...)
//   R     39     11: stock
//   H     25     11: stock  19: state (H halted, P paused, Q quotation only, T trading)
//   h     21     11: stock  19: market (Q is NASDAQ)  20: action (H halted, T trading)
//   A, F  36, 40 11: order u64  19: side (B, S)  20: shares u32  24: stock  32: price u32
//   E     31     11: order  19: shares u32
//   C     36     11: order  19: shares u32  31: printable (Y, N)  32: price u32
//   X     23     11: order  19: shares u32 that are cancelled
//   D     19     11: order
//   U     35     11: order  19: new order  27: shares u32  31: price u32
//   P     44     20: shares u32  24: stock  32: price u32       (against a hidden order)
//   Q     40     11: shares u64  19: stock  27: price u32       (a cross)
//   B     19     a broken trade
//
// E is a trade at the order's price, C one at its own if it is printable (what is not is part of a
// cross and comes with it), P and Q are trades. After each message that has changed the top of a
// stock's book comes a quote. H, h and S give status rows, if these are wanted. B has no row and is
// counted; the rest says nothing about a tick.
//
// Thread: one owner.  Ownership: the queue outlives it; rows keep pointing to the symbols here.
// Cost: see itch_source.h; it keeps every order that lives.
#ifndef FANTAIL_SOURCE_ITCH_MESSAGES_H_
#define FANTAIL_SOURCE_ITCH_MESSAGES_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fantail/source/byte_fields.h"
#include "fantail/source/halts.h"
#include "fantail/source/price_book.h"
#include "fantail/source/row_queue.h"

namespace fantail::source {

// The bytes that a message of this type has; 0 for a type that the specification does not have.
size_t ItchMessageBytes(char type);

class ItchMessages {
 public:
  // `midnight_ns`: the beginning of the day, in New York.
  ItchMessages(int64_t midnight_ns, bool status, RowQueue* queue)
      : midnight_ns_(midnight_ns), status_(status), queue_(queue) {}

  // nullptr, or why the message cannot be; nothing of such a one is taken.
  // REQUIRES: it has ItchMessageBytes of its type
  const char* Take(ByteSpan message);

  uint64_t trade_breaks() const { return trade_breaks_; }

 private:
  struct Stock {
    std::string symbol;
    PriceBook book;
    Halts halts;
  };
  struct Order {
    Stock* stock;
    int64_t price;
    uint32_t shares;
    Side side;
  };

  const char* TakeHalt(Halts::Reason reason, bool halted, ByteSpan message);
  void TakeSystemEvent(char event);
  const char* AddOrder(ByteSpan message);
  const char* TakeCross(ByteSpan message);
  // Takes shares off an order; its price goes to *price, which is where the trade was.
  const char* Reduce(ByteSpan message, bool traded, int64_t price);
  const char* Replace(ByteSpan message);
  void Remove(Order* order, uint32_t shares);

  // The stock that the message names at `at`; nullptr if it cannot be a topic, or if its number is
  // another stock's.
  Stock* Find(ByteSpan message, size_t at);
  void AddTrade(const Stock& stock, int64_t price, uint64_t shares);
  void AddQuote(Stock* stock);
  void AddStatus(const Stock& stock, std::optional<wire::TradingStatus> status);

  const int64_t midnight_ns_;
  const bool status_;
  RowQueue* const queue_;
  int64_t now_ns_ = 0;                          // of the message
  std::vector<std::unique_ptr<Stock>> stocks_;  // by stock locate
  absl::flat_hash_map<uint64_t, Order> orders_;
  uint64_t trade_breaks_ = 0;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_ITCH_MESSAGES_H_
