// How an exported row looks.
//
// Thread: values without state; use them anywhere.
#ifndef FANTAIL_TAPE_TOOL_ROW_FORMAT_H_
#define FANTAIL_TAPE_TOOL_ROW_FORMAT_H_

#include <memory>
#include <string>
#include <string_view>

#include "fantail/base/ids.h"
#include "fantail/wire/tick.h"

namespace fantail::tape_tool {

class RowFormat {
 public:
  virtual ~RowFormat() = default;
  // Before the first row, with its line end; empty if there is none.
  virtual std::string_view header() const = 0;
  // Appends one row with its line end. `venue` is empty where there is none.
  virtual void Append(Epoch epoch, const wire::Record& record, std::string_view symbol,
                      std::string_view venue, std::string* out) const = 0;
};

// The columns of fantail/text/csv.h.
std::unique_ptr<RowFormat> MakeCsvFormat();
// The objects of fantail/text/ndjson.h, each with its place in the feed.
std::unique_ptr<RowFormat> MakeNdjsonFormat();

}  // namespace fantail::tape_tool

#endif  // FANTAIL_TAPE_TOOL_ROW_FORMAT_H_
