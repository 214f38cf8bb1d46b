// A made-up market: trades and quotes of thousands of symbols, the same for the same seed on every
// machine. For load, demonstrations and tests; see synthetic_options.h for what can be asked for.
//
// What is like the real thing, and is measured by the tests: which symbols tick
// (synthetic_symbols.h); rows come in clusters on one time stamp and one symbol, a trade and the
// quotes that answer it, so that 55 % of the rows share their stamp with a neighbour (as in a day
// of US equities), and now and then dozens; the rate swings within each second; prices walk in
// cents about a level of their own, with spreads that widen for the dear and the unpopular; sizes
// are round lots with odd lots among the trades, some trades are at half a cent, and a quote in 500
// lacks a side. What is not: no trading day, no changes of status, no relation between symbols.
//
// Prices have the exponent -2 (-3 at half a cent) whether or not they end in a zero, as a feed with
// fixed prices has; printed as CSV and parsed again they become canonical, with the same values.
//
// Thread: one owner.  Cost: about 60 ns a row; 60 bytes a symbol.
#ifndef FANTAIL_SOURCE_SYNTHETIC_SOURCE_H_
#define FANTAIL_SOURCE_SYNTHETIC_SOURCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/source/source.h"
#include "fantail/source/synthetic_options.h"
#include "fantail/source/synthetic_symbols.h"

namespace fantail::source {

class SyntheticSource : public Source {
 public:
  explicit SyntheticSource(const SyntheticOptions& options);

  // kRow, or kEnd where a count or a duration was asked for. Never waits: it is for the publisher
  // to pace the rows by their times.
  Result Next(text::Row* row) override;
  std::string_view problem() const override { return {}; }
  double progress() const override {
    if (options_.count == 0) return -1;
    return static_cast<double>(rows_) / static_cast<double>(options_.count);
  }

  const SyntheticSymbols& symbols() const { return symbols_; }

 private:
  // A symbol's market, in cents and shares.
  struct Book {
    int32_t bid;
    int32_t low;  // the walk turns round at these
    int32_t high;
    int32_t step;
    int32_t usual_spread;
    int32_t spread;
    uint32_t bid_size;
    uint32_t ask_size;
  };

  // Exchange time, in units of 2^-10 ns so that a mean of a few nanoseconds keeps its fraction.
  // `pace_` rows for each `pace_per_` that an even rate would have.
  struct Clock {
    int64_t second_ns = 0;   // the whole second that is running, behind start
    uint64_t offset = 0;     // in it
    uint64_t piece_end = 0;  // of the stretch with one pace
    uint64_t burst_begin = 0;
    uint64_t pace = 1;
    uint64_t pace_per = 1;
  };

  void MakeVenues();
  void MakeGaps();
  void MakeBooks();
  bool StartCluster();
  void StartSecond();
  void StartPiece(uint64_t offset);
  void Advance(uint64_t gap);
  bool Chance(uint64_t threshold) { return (random_.Next() >> 32) < threshold; }
  uint32_t DrawLots();
  void Move(Book* book);
  void Quote(Book* book, wire::Tick* tick);
  void Trade(Book* book, wire::Tick* tick);

  SyntheticOptions options_;
  SyntheticSymbols symbols_;
  Random random_;
  std::vector<Book> books_;
  std::array<uint8_t, 256> venue_draw_{};  // a venue, as often as it is used
  std::vector<uint32_t> gap_draw_;         // quantiles of a mean of 1, times 2^16
  uint64_t mean_gap_;                      // between clusters

  Clock clock_;
  int64_t time_ns_ = 0;
  uint64_t rows_ = 0;
  size_t rank_ = 0;            // of the cluster that is running
  uint32_t cluster_left_ = 0;  // its rows to come
  bool after_trade_ = false;
  // Of 2^32: that a row is a trade at the beginning of a cluster, after a trade, and after a quote.
  uint64_t trade_first_;
  uint64_t trade_after_trade_;
  uint64_t trade_after_quote_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_SYNTHETIC_SOURCE_H_
