#include "desktop-subscriber/board_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "fantail/base/decimal.h"

namespace fantail::desk {
namespace {

constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

// Rates and the order by anything that moves are brought up to date this often: rows that jump ten
// times a second cannot be read.
constexpr Nanos kRefreshEvery = std::chrono::seconds(1);
constexpr double kActivityHalfLifeSeconds = 10;

// An image's tick older than this, or from the future, is a replay's: its age means nothing.
constexpr Nanos kMaxPlausibleAge = std::chrono::hours(24 * 7);

int ClampExponent(int8_t exponent) {
  return std::clamp<int>(exponent, kMinDecimalExponent, kMaxDecimalExponent);
}

Amount PriceAmount(int64_t digits, int8_t exponent) {
  return {digits, ClampExponent(exponent)};
}
Amount SizeAmount(uint64_t digits, int8_t exponent) {
  return {digits, ClampExponent(exponent)};
}

// `flash`: whether a change is news (a tick) or only what was already so (an image).
void SetCell(BoardCell* cell, bool present, const Amount& value, bool flash, MonotonicTime now) {
  if (present && cell->present) {
    const __int128 difference = (value - cell->value).digits;
    if (difference != 0) {
      cell->direction = difference > 0 ? 1 : -1;
      if (flash) cell->changed = now;
    }
  } else if (present != cell->present) {
    cell->direction = 0;
  }
  cell->present = present;
  cell->value = present ? value : Amount{};
}

void SeeDecimals(BoardRow* row, int8_t exponent) {
  row->decimals = std::max(row->decimals, -ClampExponent(exponent));
}

void ApplyQuote(const wire::Tick& tick, BoardRow* row, bool flash, MonotonicTime now) {
  const bool bid = (tick.flags & wire::kNoPrice) == 0;
  const bool ask = (tick.flags & wire::kNoAskPrice) == 0;
  SetCell(&row->cell(Field::kBid), bid, PriceAmount(tick.price, tick.price_exponent), flash, now);
  SetCell(&row->cell(Field::kAsk), ask, PriceAmount(tick.ask_price, tick.price_exponent), flash,
          now);
  SetCell(&row->cell(Field::kBidSize), (tick.flags & wire::kNoSize) == 0,
          SizeAmount(tick.size, tick.size_exponent), flash, now);
  SetCell(&row->cell(Field::kAskSize), (tick.flags & wire::kNoAskSize) == 0,
          SizeAmount(tick.ask_size, tick.size_exponent), flash, now);
  if (bid || ask) SeeDecimals(row, tick.price_exponent);
}

void ApplyLast(const wire::Tick& tick, BoardRow* row, bool flash, MonotonicTime now) {
  if ((tick.flags & wire::kNoPrice) != 0) return;
  BoardCell& last = row->cell(Field::kLast);
  SetCell(&last, true, PriceAmount(tick.price, tick.price_exponent), flash, now);
  if (last.direction != 0) row->trend = last.direction;
  SeeDecimals(row, tick.price_exponent);
}

// When the newest tick of an image came, as far as its exchange time tells.
std::optional<MonotonicTime> ImageTime(const feed::TopicImage& image, Instant at) {
  int64_t newest = 0;
  for (const wire::Tick* tick : {&image.trade, &image.quote, &image.status}) {
    if (feed::Present(*tick)) newest = std::max(newest, tick->time_ns);
  }
  if (newest <= 0) return std::nullopt;
  const Nanos age = at.wall.time_since_epoch() - Nanos{newest};
  if (age < Nanos{0} || age > kMaxPlausibleAge) return std::nullopt;
  return at.now - age;
}

}  // namespace

std::optional<Amount> BoardRow::reference() const {
  if (previous_close) return previous_close;
  if (trades > 0) return open;
  return std::nullopt;
}

std::optional<Amount> BoardRow::change() const {
  const std::optional<Amount> from = reference();
  if (!from || !cell(Field::kLast).present) return std::nullopt;
  return cell(Field::kLast).value - *from;
}

std::optional<double> BoardRow::change_percent() const {
  const std::optional<Amount> by = change();
  if (!by || reference()->digits == 0) return std::nullopt;
  return ToDouble(*by) / std::fabs(ToDouble(*reference())) * 100;
}

const char* SortKeyName(SortKey key) {
  switch (key) {
    case SortKey::kSymbol:
      return "symbol";
    case SortKey::kChange:
      return "change %";
    case SortKey::kVolume:
      return "volume";
    case SortKey::kActivity:
      return "activity";
  }
  return "?";
}

void BoardModel::MarkWanted(BoardRow* row) const {
  row->wanted = row->named = false;
  for (const Pattern& pattern : patterns_) {
    if (!pattern.Matches(row->symbol)) continue;
    row->wanted = true;
    row->named = row->named || !pattern.is_prefix();
  }
}

size_t BoardModel::RowFor(std::string_view symbol) {
  const auto [it, is_new] =
      by_symbol_.try_emplace(std::string(symbol), static_cast<uint32_t>(rows_.size()));
  if (is_new) {
    BoardRow& row = rows_.emplace_back();
    row.symbol = symbol;
    const auto close = closes_.find(row.symbol);
    if (close != closes_.end()) {
      const Decimal& d = close->second;
      row.previous_close =
          Amount{d.negative ? -__int128{d.digits} : __int128{d.digits}, d.exponent};
      row.decimals = std::max(0, -d.exponent);
    }
    MarkWanted(&row);
    order_is_old_ = true;
  }
  return it->second;
}

BoardRow* BoardModel::RowOf(TopicId id) {
  if (id.value >= by_topic_.size() || by_topic_[id.value] == kNoRow) return nullptr;
  return &rows_[by_topic_[id.value]];
}

void BoardModel::SetInterest(const std::vector<Pattern>& patterns) {
  patterns_ = patterns;
  for (BoardRow& row : rows_) {
    const bool was_wanted = row.wanted;
    MarkWanted(&row);
    if (row.wanted || !was_wanted) continue;
    // What comes no more must not look like a price when it is asked for again.
    BoardRow empty;
    empty.symbol = row.symbol;
    empty.previous_close = row.previous_close;
    empty.decimals = row.decimals;
    row = std::move(empty);
  }
  for (const Pattern& pattern : patterns_) {
    if (!pattern.is_prefix()) RowFor(pattern.text());
  }
  order_is_old_ = true;
}

void BoardModel::NewEpoch() {
  rows_.clear();
  by_topic_.clear();
  by_symbol_.clear();
  order_.clear();
  frozen_.reset();  // its rows belong to a numbering that is over
  SetInterest(std::vector<Pattern>(patterns_));
}

void BoardModel::Topic(TopicId id, std::string_view name) {
  if (by_topic_.size() <= id.value) by_topic_.resize(size_t{id.value} + 1, kNoRow);
  by_topic_[id.value] = static_cast<uint32_t>(RowFor(name));
}

void BoardModel::Image(const feed::TopicImage& image, Instant at) {
  BoardRow* row = RowOf(image.topic);
  if (row == nullptr) return;
  if (feed::Present(image.trade)) ApplyLast(image.trade, row, false, at.now);
  if (feed::Present(image.quote)) ApplyQuote(image.quote, row, false, at.now);
  if (feed::Present(image.status)) {
    row->status = static_cast<wire::TradingStatus>(image.status.size);
  }
  row->trades = image.totals.count;
  row->open = PriceAmount(image.totals.open, image.totals.price_exponent);
  row->volume = image.totals.count > 0
                    ? SizeAmount(image.totals.volume, image.totals.volume_exponent)
                    : Amount{};
  row->updated = ImageTime(image, at);
  row->gap = false;
  order_is_old_ = order_is_old_ || !row->has_data;
  row->has_data = true;
}

void BoardModel::ApplyTrade(const wire::Tick& tick, BoardRow* row, MonotonicTime now) {
  if ((tick.flags & wire::kNoPrice) == 0 && row->trades++ == 0) {
    row->open = PriceAmount(tick.price, tick.price_exponent);
  }
  if ((tick.flags & wire::kNoSize) == 0) {
    row->volume = row->volume + SizeAmount(tick.size, tick.size_exponent);
  }
  ApplyLast(tick, row, true, now);
}

void BoardModel::ApplyTick(const wire::Tick& tick, Instant at) {
  BoardRow* row = RowOf(tick.topic);
  if (row == nullptr) return;
  if (tick.kind == wire::TickKind::kTrade) ApplyTrade(tick, row, at.now);
  if (tick.kind == wire::TickKind::kQuote) ApplyQuote(tick, row, true, at.now);
  if (tick.kind == wire::TickKind::kStatus) {
    row->status = static_cast<wire::TradingStatus>(tick.size);
  }
  row->updated = at.now;
  ++row->recent;
  order_is_old_ = order_is_old_ || !row->has_data;
  row->has_data = true;
}

void BoardModel::Apply(std::span<const wire::Record> records, Instant at) {
  for (const wire::Record& record : records) ApplyTick(record.tick, at);
  ticks_ += records.size();
}

void BoardModel::Gap(const feed::GapNotice& gap) {
  ++gaps_;
  for (BoardRow& row : rows_) {
    const auto matches = [&row](const Pattern& p) { return p.Matches(row.symbol); };
    if (gap.patterns.empty() || std::any_of(gap.patterns.begin(), gap.patterns.end(), matches)) {
      row.gap = row.has_data;
    }
  }
}

void BoardModel::SetState(const feed::FeedState& state, Instant at) {
  const bool was_live = live();
  const bool first = not_live_since_ == MonotonicTime{};
  state_ = state;
  SetAge(state.age, at.now);
  if (live() || (!was_live && !first)) return;
  // It stopped being right when the last proof of life came, not when that was noticed.
  not_live_since_ = at.now - state.age;
  if (was_live) good_until_ = at.wall - state.age;
}

void BoardModel::SetAge(Nanos age, MonotonicTime now) {
  age_ = age;
  age_at_ = now;
}

void BoardModel::SetSort(SortKey key) {
  sort_ = key;
  order_is_old_ = true;
}

void BoardModel::SetFilter(std::string_view text) {
  filter_.assign(text);
  absl::AsciiStrToUpper(&filter_);
  order_is_old_ = true;
}

void BoardModel::Pause(MonotonicTime now) {
  if (!frozen_) frozen_ = Frozen{rows_, now, ticks_};
}

void BoardModel::Resume() {
  frozen_.reset();
  order_is_old_ = true;
}

void BoardModel::Refresh(MonotonicTime now) {
  const Nanos since = rate_at_ ? now - *rate_at_ : kRefreshEvery;
  if (since >= kRefreshEvery) {
    const double seconds = std::chrono::duration<double>(since).count();
    rate_ = rate_at_ ? static_cast<double>(ticks_ - ticks_at_refresh_) / seconds : 0;
    const auto kept = static_cast<float>(std::exp2(-seconds / kActivityHalfLifeSeconds));
    for (BoardRow& row : rows_) {
      row.activity = row.activity * kept + static_cast<float>(std::exchange(row.recent, 0));
    }
    rate_at_ = now;
    ticks_at_refresh_ = ticks_;
    order_is_old_ = order_is_old_ || sort_ != SortKey::kSymbol;
  }
  if (order_is_old_) Sort();
}

void BoardModel::Sort() {
  const std::vector<BoardRow>& all = rows();
  order_.clear();
  shown_topics_ = 0;
  std::vector<double> keys(all.size(), 0);
  for (uint32_t i = 0; i < all.size(); ++i) {
    const BoardRow& row = all[i];
    if (!row.wanted || (!row.has_data && !row.named)) continue;
    ++shown_topics_;
    if (absl::AsciiStrToUpper(row.symbol).find(filter_) == std::string::npos) continue;
    order_.push_back(i);
    if (sort_ == SortKey::kChange) {
      keys[i] = row.change_percent().value_or(-std::numeric_limits<double>::infinity());
    }
    if (sort_ == SortKey::kVolume) keys[i] = ToDouble(row.volume);
    if (sort_ == SortKey::kActivity) keys[i] = static_cast<double>(row.activity);
  }
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    return keys[a] != keys[b] ? keys[a] > keys[b] : all[a].symbol < all[b].symbol;
  });
  order_is_old_ = false;
}

}  // namespace fantail::desk
