// A source whose messages make any number of rows each: what an exchange's captures are read by.
//
// Thread: one owner.
#ifndef FANTAIL_SOURCE_CAPTURE_SOURCE_H_
#define FANTAIL_SOURCE_CAPTURE_SOURCE_H_

#include <string>
#include <string_view>
#include <utility>

#include "fantail/source/row_queue.h"
#include "fantail/source/source.h"

namespace fantail::source {

class CaptureSource : public Source {
 public:
  Result Next(text::Row* row) final;
  std::string_view problem() const final { return problem_; }

 protected:
  // `window` is RowQueue's. All rows are of `venue`.
  CaptureSource(Nanos window, std::string venue) : queue_(window), venue_(std::move(venue)) {}

  // Takes in one more message: rows and problems go into the queue. At the end, calls End.
  virtual void Read() = 0;

  RowQueue& queue() { return queue_; }
  const std::string& venue() const { return venue_; }
  void set_venue(std::string venue) { venue_ = std::move(venue); }
  // Nothing more will come; where that is a failure, why.
  void End(std::string failure = {}) {
    ended_ = true;
    failure_ = std::move(failure);
    queue_.Finish();
  }

 private:
  RowQueue queue_;
  std::string venue_;
  bool ended_ = false;
  std::string failure_;
  std::string_view problem_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_CAPTURE_SOURCE_H_
