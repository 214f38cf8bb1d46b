// What the board knows: per topic the newest values, what changed when, the day's totals, and the
// state of the feed. Pure: no terminal, no clock; RenderBoard makes a screen of it.
//
// Thread: one at a time; the desk holds a mutex around it (feed thread fills, output thread looks).
// Cost: Apply is a few comparisons per tick, no allocation; Refresh sorts at most once a second.
// Limits: one row per topic, about 400 bytes.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_BOARD_MODEL_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_BOARD_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "desktop-subscriber/number_text.h"
#include "desktop-subscriber/previous_close.h"
#include "fantail/base/pattern.h"
#include "fantail/base/time.h"
#include "fantail/feed/feed_events.h"

namespace fantail::desk {

// When something happened, on both clocks: one turn of a loop has one of these.
struct Instant {
  MonotonicTime now;
  WallTime wall;
};

enum class Field : uint8_t { kLast, kBidSize, kBid, kAsk, kAskSize };
inline constexpr size_t kFields = 5;

// One value that flashes when it changes.
struct BoardCell {
  bool present = false;
  Amount value;
  int direction = 0;      // of the last change: 1 up, -1 down, 0 none yet
  MonotonicTime changed;  // when that was
};

struct BoardRow {
  std::string symbol;
  std::array<BoardCell, kFields> cells;
  int decimals = 0;  // the most that any price of this topic had
  int trend = 0;     // of the last trade against the last one at another price
  uint64_t trades = 0;
  Amount open;  // meaningless while trades is 0
  Amount volume;
  std::optional<Amount> previous_close;
  std::optional<wire::TradingStatus> status;
  std::optional<MonotonicTime> updated;  // when its newest tick came; none if that is not known
  bool has_data = false;
  bool wanted = false;  // some pattern matches it
  bool named = false;   // a pattern is exactly it: it has a row even before it has data
  bool gap = false;     // ticks are missing and no image has come since
  uint32_t recent = 0;  // ticks since the last Refresh
  float activity = 0;   // ticks, halving every 10 s

  const BoardCell& cell(Field field) const { return cells[static_cast<size_t>(field)]; }
  BoardCell& cell(Field field) { return cells[static_cast<size_t>(field)]; }
  // What the change is measured against: the previous close if known, else the epoch's first trade.
  std::optional<Amount> reference() const;
  std::optional<Amount> change() const;
  // None without a reference, or with one of 0.
  std::optional<double> change_percent() const;
};

enum class SortKey : uint8_t { kSymbol, kChange, kVolume, kActivity };
const char* SortKeyName(SortKey key);

class BoardModel {
 public:
  explicit BoardModel(PreviousCloses closes = {}) : closes_(std::move(closes)) {}

  void SetInterest(const std::vector<Pattern>& patterns);
  void NewEpoch();
  void SetReplay(bool replay) { replay_ = replay; }
  void Topic(TopicId id, std::string_view name);
  void Image(const feed::TopicImage& image, Instant at);
  void Apply(std::span<const wire::Record> records, Instant at);
  void Gap(const feed::GapNotice& gap);
  void SetState(const feed::FeedState& state, Instant at);
  // How old what is shown is at most; between two calls it grows by itself.
  void SetAge(Nanos age, MonotonicTime now);
  // Where the latency comes from, as one line; until it is set there is no such line.
  void SetTrace(std::string line) { trace_ = std::move(line); }

  // How the screen is to look.
  void SetSort(SortKey key);
  void SetFilter(std::string_view text);
  void Pause(MonotonicTime now);
  void Resume();
  // Before each rendering: rates, and the order of the rows.
  void Refresh(MonotonicTime now);

  // The rows to show, in order: frozen while paused, filtered.
  size_t row_count() const { return order_.size(); }
  const BoardRow& row(size_t i) const { return rows()[order_[i]]; }

  const std::vector<Pattern>& patterns() const { return patterns_; }
  const feed::FeedState& state() const { return state_; }
  bool replay() const { return replay_; }
  bool live() const { return state_.state == feed::State::kLive; }
  // How long the feed has not been live; until when what is shown was right, none if it never was.
  Nanos not_live_for(MonotonicTime now) const { return now - not_live_since_; }
  std::optional<WallTime> good_until() const { return good_until_; }
  Nanos age(MonotonicTime now) const { return age_ + (now - age_at_); }
  const std::string& trace() const { return trace_; }
  uint64_t ticks() const { return ticks_; }
  uint64_t gaps() const { return gaps_; }
  double ticks_per_second() const { return rate_; }
  SortKey sort() const { return sort_; }
  const std::string& filter() const { return filter_; }
  size_t shown_topics() const { return shown_topics_; }
  bool paused() const { return frozen_.has_value(); }
  uint64_t ticks_since_pause() const { return frozen_ ? ticks_ - frozen_->ticks : 0; }
  // The instant that flashes are measured from: stands still while paused.
  MonotonicTime flash_time(MonotonicTime now) const { return frozen_ ? frozen_->at : now; }

 private:
  struct Frozen {
    std::vector<BoardRow> rows;
    MonotonicTime at;
    uint64_t ticks;
  };

  const std::vector<BoardRow>& rows() const { return frozen_ ? frozen_->rows : rows_; }
  size_t RowFor(std::string_view symbol);
  BoardRow* RowOf(TopicId id);
  void MarkWanted(BoardRow* row) const;
  void ApplyTick(const wire::Tick& tick, Instant at);
  void ApplyTrade(const wire::Tick& tick, BoardRow* row, MonotonicTime now);
  void Sort();

  const PreviousCloses closes_;
  std::vector<Pattern> patterns_;
  std::vector<BoardRow> rows_;
  std::vector<uint32_t> by_topic_;  // index into rows_, kNoRow if unknown
  absl::flat_hash_map<std::string, uint32_t> by_symbol_;

  feed::FeedState state_;
  bool replay_ = false;
  MonotonicTime not_live_since_{};
  std::optional<WallTime> good_until_;
  Nanos age_{0};
  MonotonicTime age_at_{};
  std::string trace_;

  SortKey sort_ = SortKey::kSymbol;
  std::string filter_;  // in upper case
  std::optional<Frozen> frozen_;
  std::vector<uint32_t> order_;
  bool order_is_old_ = true;
  size_t shown_topics_ = 0;  // before the filter

  uint64_t ticks_ = 0;
  uint64_t gaps_ = 0;
  uint64_t ticks_at_refresh_ = 0;
  std::optional<MonotonicTime> rate_at_;
  double rate_ = 0;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_BOARD_MODEL_H_
