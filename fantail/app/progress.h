// A line on a terminal that says how far long work has come: from its first second on, ten times a
// second, and gone when the work is done. Without a terminal it says nothing.
//
//   import us.csv.gz  [#########...........]  45 %  1.2 M records, 1.1 M/s, 2 s left
//
// Thread: one owner.  Cost: nothing that can be measured, if Update is called a thousand times a
// second.
#ifndef FANTAIL_APP_PROGRESS_H_
#define FANTAIL_APP_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fantail/base/time.h"

namespace fantail::app {

class Progress {
 public:
  using Output = std::function<void(std::string_view text)>;

  // `what` is done, and counted in `unit`s: "records". Without an output nothing is shown.
  Progress(std::string what, std::string unit, Output output)
      : what_(std::move(what)), unit_(std::move(unit)), output_(std::move(output)) {}
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // stderr if it is a terminal, and else none.
  static Output Terminal();

  // So many units are done, which is this part of the whole, 0 to 1; negative if it is not known.
  void Update(MonotonicTime now, uint64_t count, double part);
  // Takes the line away, for something else to be printed; the next Update may bring it back.
  void Clear();

 private:
  std::string Line(Nanos since, uint64_t count, double part) const;

  const std::string what_;
  const std::string unit_;
  const Output output_;
  std::optional<MonotonicTime> begun_;
  MonotonicTime drawn_;
  bool shown_ = false;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_PROGRESS_H_
