// Rows and problems on their way from a decoder of captures to whoever calls Next(): one message
// may make several rows, and an exchange's feed may not be in the order of its times.
//
// Thread: one owner.  Ownership: copies the ticks; the names must stay where they are.
// Cost: an allocation a row.
// Limits: with a window, it holds the rows of that much exchange time, at most kMostHeld of them.
#ifndef FANTAIL_SOURCE_ROW_QUEUE_H_
#define FANTAIL_SOURCE_ROW_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "fantail/base/time.h"
#include "fantail/text/row.h"

namespace fantail::source {

class RowQueue {
 public:
  enum class Next : uint8_t { kNothing, kRow, kProblem };

  // Some 100 MB; an exchange's busiest seconds have a tenth of these.
  static constexpr size_t kMostHeld = size_t{1} << 19;

  // Rows come out in the order of their times, equal times in the order they went in, so long as
  // none is older by more than `window` than one that went in before it; an older one comes out
  // late. 0: in the order they went in.
  explicit RowQueue(Nanos window) : window_(window.count()) {}

  void AddRow(std::string_view symbol, const wire::Tick& tick) {
    newest_ = std::max(newest_, tick.time_ns);
    Add(window_ == 0 ? 0 : tick.time_ns, {symbol, tick, {}});
  }
  // Comes out behind everything that went in before it.
  void AddProblem(std::string problem) {
    Add(window_ == 0 ? 0 : newest_, {{}, {}, std::move(problem)});
  }
  // Nothing more will be added: all of it may come out.
  void Finish() { finished_ = true; }

  // Takes the next that may come out. The row, and the problem, are valid until the next call.
  Next Take(text::Row* row, std::string_view* problem);

 private:
  struct Entry {
    std::string_view symbol;
    wire::Tick tick;
    std::string problem;  // empty: it is a row
  };
  using Entries = std::multimap<int64_t, Entry>;

  void Add(int64_t time, Entry entry) {
    entries_.emplace_hint(entries_.end(), time, std::move(entry));
  }
  bool Ready() const;

  const int64_t window_;
  int64_t newest_ = std::numeric_limits<int64_t>::min();
  bool finished_ = false;
  Entries entries_;
  Entries::node_type taken_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_ROW_QUEUE_H_
