#include "fantail/source/capture_source.h"

namespace fantail::source {

Source::Result CaptureSource::Next(text::Row* row) {
  while (true) {
    switch (queue_.Take(row, &problem_)) {
      case RowQueue::Next::kRow:
        row->venue = venue_;
        return Result::kRow;
      case RowQueue::Next::kProblem:
        return Result::kBadRow;
      case RowQueue::Next::kNothing:
        break;
    }
    if (ended_) {
      problem_ = failure_;
      return failure_.empty() ? Result::kEnd : Result::kFailed;
    }
    Read();
  }
}

}  // namespace fantail::source
