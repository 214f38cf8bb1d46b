#include "fantail/source/synthetic_source.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

#include "fantail/base/check.h"

namespace fantail::source {
namespace {

constexpr uint64_t kOne = uint64_t{1} << 32;  // the certain chance

// The letters that the US tapes give their venues, and how many rows in 256 each has.
struct Venue {
  std::string_view name;
  int share;
};
constexpr Venue kVenues[] = {{"Q", 52}, {"N", 44}, {"P", 34}, {"Z", 28}, {"D", 26},
                             {"K", 20}, {"Y", 12}, {"J", 11}, {"B", 8},  {"X", 6},
                             {"C", 5},  {"W", 4},  {"M", 3},  {"A", 2},  {"V", 1}};

// Most clusters are a row or two, one in 20 is ten rows in the mean: 55 % of the rows are then not
// alone, and the mean is kMeanCluster.
constexpr uint64_t kOneInIsLong = 20;
constexpr uint64_t kLongGoesOn = kOne * 9 / 10;
constexpr uint64_t kShortGoesOn = kOne * 2 / 10;
constexpr double kMeanCluster = 0.95 / 0.8 + 0.05 / 0.1;
constexpr uint32_t kMaxCluster = 256;  // keeps a bound on what one stamp carries of one symbol

constexpr uint64_t kUnitsPerNs = 1024;
constexpr uint64_t kSecond = 1'000'000'000 * kUnitsPerNs;
constexpr uint64_t kBurstLength = kSecond / 10;

constexpr size_t kGapQuantiles = 4096;

// A trade draws trades: this share of its successors is of its own kind whatever the mix.
constexpr double kPersistence = 0.3;

constexpr uint64_t kOneQuoteInLacksASide = 500;
constexpr uint32_t kLot = 100;

uint64_t ChanceOf(double p) {
  return static_cast<uint64_t>(std::llround(p * 0x1.0p32));
}

}  // namespace

SyntheticSource::SyntheticSource(const SyntheticOptions& options)
    : options_(options), symbols_(options.symbols), random_(options.seed) {
  const double trades = static_cast<double>(options.trades) / 100;
  trade_first_ = ChanceOf(trades);
  trade_after_trade_ = ChanceOf(trades + (1 - trades) * kPersistence);
  trade_after_quote_ = ChanceOf(trades * (1 - kPersistence));
  mean_gap_ = static_cast<uint64_t>(std::llround(kMeanCluster * static_cast<double>(kSecond) /
                                                 static_cast<double>(options.rate)));
  MakeVenues();
  MakeGaps();
  MakeBooks();
  StartSecond();
}

void SyntheticSource::MakeVenues() {
  FANTAIL_CHECK(options_.venues >= 1 && options_.venues <= std::size(kVenues), options_.venues);
  int total = 0;
  for (size_t i = 0; i < options_.venues; ++i) total += kVenues[i].share;
  int before = 0;
  for (size_t i = 0; i < options_.venues; ++i) {
    const int after = before + kVenues[i].share;
    for (int slot = before * 256 / total; slot < after * 256 / total; ++slot) {
      venue_draw_[static_cast<size_t>(slot)] = static_cast<uint8_t>(i);
    }
    before = after;
  }
}

// Gaps of a Poisson process, as rounded quantiles: the same on machines whose logarithms differ.
void SyntheticSource::MakeGaps() {
  gap_draw_.resize(kGapQuantiles);
  for (size_t i = 0; i < kGapQuantiles; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / kGapQuantiles;
    gap_draw_[i] = static_cast<uint32_t>(std::llround(-std::log(p) * 65536));
  }
}

// Levels from 1 to 500 dollars, most of them between 8 and 64.
void SyntheticSource::MakeBooks() {
  books_.resize(symbols_.size());
  for (size_t rank = 0; rank < books_.size(); ++rank) {
    const int64_t octave = random_.Between(0, 4) + random_.Between(0, 4);
    const int32_t base = 100 << octave;
    const int32_t level = base + static_cast<int32_t>(random_.Below(static_cast<uint64_t>(base)));
    Book& book = books_[rank];
    book.bid = level;
    book.low = std::max(1, level / 2);
    book.high = level * 2;
    book.step = 1 + level / 20'000;
    const int32_t unpopular = static_cast<int32_t>(rank * 8 / books_.size());
    book.usual_spread = std::min(1 + level / 10'000 + unpopular, 1 + level / 50);
    book.spread = book.usual_spread;
    book.bid_size = DrawLots();
    book.ask_size = DrawLots();
  }
}

Source::Result SyntheticSource::Next(text::Row* row) {
  if (options_.count != 0 && rows_ == options_.count) return Result::kEnd;
  uint64_t trade_chance = after_trade_ ? trade_after_trade_ : trade_after_quote_;
  if (cluster_left_ == 0) {
    if (!StartCluster()) return Result::kEnd;
    trade_chance = trade_first_;
  }
  --cluster_left_;
  ++rows_;
  after_trade_ = Chance(trade_chance);
  row->symbol = symbols_.name(rank_);
  row->venue = kVenues[venue_draw_[random_.Next() >> 56]].name;
  row->tick = wire::Tick{};
  row->tick.time_ns = time_ns_;
  Book* const book = &books_[rank_];
  after_trade_ ? Trade(book, &row->tick) : Quote(book, &row->tick);
  return Result::kRow;
}

// Goes on to the next cluster's time and symbol. False, for good, behind the end of the duration.
bool SyntheticSource::StartCluster() {
  const uint64_t duration = options_.duration_ns;
  const auto behind_start = [this] {
    return static_cast<uint64_t>(clock_.second_ns) + clock_.offset / kUnitsPerNs;
  };
  if (duration != 0 && behind_start() >= duration) return false;
  Advance((mean_gap_ * gap_draw_[random_.Next() >> 52]) >> 16);
  const uint64_t now = behind_start();
  if (duration != 0 && now >= duration) return false;
  time_ns_ = static_cast<int64_t>(options_.start_ns + now - now % options_.stamp_ns);
  rank_ = symbols_.Pick(random_);
  const uint64_t goes_on = random_.OneIn(kOneInIsLong) ? kLongGoesOn : kShortGoesOn;
  cluster_left_ = 1;
  while (cluster_left_ < kMaxCluster && Chance(goes_on)) ++cluster_left_;
  return true;
}

// A second is three pieces: before its burst, the burst, and after it.
void SyntheticSource::StartSecond() {
  clock_.burst_begin = random_.Below(kSecond - kBurstLength);
  StartPiece(0);
}

void SyntheticSource::StartPiece(uint64_t offset) {
  clock_.offset = offset;
  const uint64_t burst_end = clock_.burst_begin + kBurstLength;
  if (offset >= clock_.burst_begin && offset < burst_end) {
    clock_.piece_end = burst_end;
    clock_.pace = options_.burst;
    clock_.pace_per = 1;
    return;
  }
  // What nine tenths of a second must have so that the whole has the average.
  clock_.piece_end = offset < clock_.burst_begin ? clock_.burst_begin : kSecond;
  clock_.pace = 10 - options_.burst;
  clock_.pace_per = 9;
}

// Moves the clock by what would be `gap` at an even rate.
void SyntheticSource::Advance(uint64_t gap) {
  while (true) {
    const uint64_t room = (clock_.piece_end - clock_.offset) * clock_.pace / clock_.pace_per;
    if (gap < room) {
      clock_.offset += gap * clock_.pace_per / clock_.pace;
      return;
    }
    gap -= room;
    if (clock_.piece_end < kSecond) {
      StartPiece(clock_.piece_end);
    } else {
      clock_.second_ns += 1'000'000'000;
      StartSecond();
    }
  }
}

// Shares on one side of a quote: whole lots, 1 most often, each doubling half as likely, 64 the
// limit.
uint32_t SyntheticSource::DrawLots() {
  const uint64_t draw = random_.Next();
  const int doublings = std::countl_zero(draw | (uint64_t{1} << 57));
  const uint32_t within = static_cast<uint32_t>(draw) & ((1U << doublings) - 1);
  return kLot * ((1U << doublings) + within);
}

// One step of the walk: up, down, or only the spread.
void SyntheticSource::Move(Book* book) {
  const uint64_t draw = random_.Next();
  if (draw >> 62 == 0) book->bid += book->step;
  if (draw >> 62 == 1) book->bid -= book->step;
  book->bid = std::clamp(book->bid, book->low, book->high);
  if ((draw & 7) == 0) {
    const auto widened =
        static_cast<uint32_t>(draw >> 16) % static_cast<uint32_t>(book->usual_spread + 1);
    book->spread = book->usual_spread + static_cast<int32_t>(widened);
  }
}

void SyntheticSource::Quote(Book* book, wire::Tick* tick) {
  Move(book);
  uint32_t& changed = random_.OneIn(2) ? book->bid_size : book->ask_size;
  changed = DrawLots();
  tick->kind = wire::TickKind::kQuote;
  tick->price_exponent = -2;
  tick->price = book->bid;
  tick->size = book->bid_size;
  tick->ask_price = book->bid + book->spread;
  tick->ask_size = book->ask_size;
  if (!random_.OneIn(kOneQuoteInLacksASide)) [[likely]]
    return;
  if (random_.OneIn(2)) {
    tick->flags = wire::kNoPrice | wire::kNoSize;
    tick->price = 0;
    tick->size = 0;
  } else {
    tick->flags = wire::kNoAskPrice | wire::kNoAskSize;
    tick->ask_price = 0;
    tick->ask_size = 0;
  }
}

// At the bid or the ask, and one in 16 in the middle. It eats into what is quoted there; when
// nothing is left the price gives way.
void SyntheticSource::Trade(Book* book, wire::Tick* tick) {
  const uint64_t draw = random_.Next();
  uint32_t size = kLot;
  if ((draw & 3) == 0) size = 1 + static_cast<uint32_t>(draw >> 8) % (kLot - 1);
  if ((draw & 3) == 1) size = DrawLots();
  tick->kind = wire::TickKind::kTrade;
  tick->size = size;
  tick->price_exponent = -2;
  if ((draw >> 60) == 0 && book->spread % 2 == 1) {
    tick->price_exponent = -3;
    tick->price = int64_t{10} * book->bid + 5 * book->spread;
    return;
  }
  const bool buys = (draw >> 59) & 1;
  tick->price = buys ? book->bid + book->spread : book->bid;
  uint32_t& quoted = buys ? book->ask_size : book->bid_size;
  if (quoted > size + kLot) {
    quoted -= size / kLot * kLot;
    return;
  }
  quoted = DrawLots();
  book->bid = std::clamp(book->bid + (buys ? book->step : -book->step), book->low, book->high);
}

}  // namespace fantail::source
