// The displayed sizes of one security by price, and the top of it.
//
// Thread: one owner.  Cost: a change is O(log levels); the top is O(1).
#ifndef FANTAIL_SOURCE_PRICE_BOOK_H_
#define FANTAIL_SOURCE_PRICE_BOOK_H_

#include <absl/container/btree_map.h>

#include <cstdint>

#include "fantail/source/ticks.h"

namespace fantail::source {

enum class Side : uint8_t { kBuy, kSell };

class PriceBook {
 public:
  void Set(Side side, int64_t price, uint64_t size) {
    Levels& levels = LevelsOf(side);
    if (size == 0) {
      levels.erase(price);
    } else {
      levels[price] = size;
    }
  }

  void Add(Side side, int64_t price, uint64_t size) { LevelsOf(side)[price] += size; }

  // REQUIRES: that much has been added at this price.
  void Remove(Side side, int64_t price, uint64_t size) {
    Levels& levels = LevelsOf(side);
    const auto level = levels.find(price);
    if ((level->second -= size) == 0) levels.erase(level);
  }

  void Clear() {
    bids_.clear();
    asks_.clear();
  }

  TopOfBook Top() const {
    TopOfBook top;
    if (!bids_.empty()) {
      top.bid = bids_.rbegin()->first;
      top.bid_size = bids_.rbegin()->second;
    }
    if (!asks_.empty()) {
      top.ask = asks_.begin()->first;
      top.ask_size = asks_.begin()->second;
    }
    return top;
  }

  // True if the top differs from what this told the last time; *top is then the new one.
  bool TakeChange(TopOfBook* top) {
    *top = Top();
    if (*top == told_) return false;
    told_ = *top;
    return true;
  }

 private:
  using Levels = absl::btree_map<int64_t, uint64_t>;

  Levels& LevelsOf(Side side) { return side == Side::kBuy ? bids_ : asks_; }

  Levels bids_;
  Levels asks_;
  TopOfBook told_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_PRICE_BOOK_H_
