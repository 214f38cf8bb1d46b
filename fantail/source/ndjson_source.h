// Ticks from NDJSON, one object a line (fantail/text/ndjson.h), from a file, a pipe or standard
// input, plain or gzip. What a desk printed as NDJSON may be read again: its epochs, states, images
// and its end are passed over, and a gap in it is a bad row.
//
// Thread: one owner.  Ownership: owns its reader; rows point into its parser.
// Cost: 3.5 times a row of CSV, measured side by side.
// Errors: a bad line is told as `FILE:LINE: reason`, and the next call goes on behind it; a blank
// line is nothing. A regular file whose first line is no object of JSON is some other file, and
// kFailed; so is one that breaks off.
#ifndef FANTAIL_SOURCE_NDJSON_SOURCE_H_
#define FANTAIL_SOURCE_NDJSON_SOURCE_H_

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "fantail/source/source.h"
#include "fantail/text/line_reader.h"
#include "fantail/text/ndjson.h"

namespace fantail::source {

class NdjsonSource : public Source {
 public:
  // `path` is a file, or "-" for standard input. Only opens it.
  static absl::StatusOr<std::unique_ptr<NdjsonSource>> Open(const std::string& path);

  explicit NdjsonSource(std::unique_ptr<text::LineReader> reader) : reader_(std::move(reader)) {}

  Result Next(text::Row* row) override;
  std::string_view problem() const override { return problem_; }
  int ready_fd() const override { return reader_->ready_fd(); }

 private:
  Result Bad(const std::string& why);

  std::unique_ptr<text::LineReader> reader_;
  text::NdjsonParser parser_;
  std::string problem_;
  bool failed_ = false;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_NDJSON_SOURCE_H_
