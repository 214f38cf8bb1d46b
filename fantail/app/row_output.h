// Rows on standard output, written in large pieces.
//
// Thread: one owner.
// Errors: a reader that has had enough (EPIPE) is told apart from what is a problem.
#ifndef FANTAIL_APP_ROW_OUTPUT_H_
#define FANTAIL_APP_ROW_OUTPUT_H_

#include <string>

#include "absl/status/status.h"

namespace fantail::app {

class RowOutput {
 public:
  // Where rows are appended.
  std::string* buffer() { return &buffer_; }
  // Writes what there is, once it is much. False if no more can be written: reader_gone(), or
  // problem().
  bool FlushIfFull();
  bool Flush();

  bool reader_gone() const;
  absl::Status problem() const;

 private:
  std::string buffer_;
  int error_ = 0;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_ROW_OUTPUT_H_
