// What the heads and indexes of a tape say of it: sealed segments are not read for it, of an active
// one the headers of its blocks, and of each epoch the end.
//
// Thread: values; Summarize may be called anywhere.
// Cost: some 50 ms for each epoch, and for each active segment.
#ifndef FANTAIL_TAPE_TOOL_TAPE_SUMMARY_H_
#define FANTAIL_TAPE_TOOL_TAPE_SUMMARY_H_

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fantail/tape/tape_reader.h"

namespace fantail::tape_tool {

// Of a segment, an epoch or a tape.
struct Extent {
  uint64_t records = 0;
  uint64_t bytes = 0;
  int64_t first_time_ns = 0;  // the least and the greatest of the records', if there are any
  int64_t last_time_ns = 0;

  void Add(const Extent& other);
};

struct SegmentSummary {
  std::string path;
  tape::Head head;
  Extent extent;
  Position through;
  bool index_rebuilt = false;  // of a sealed one
};

struct EpochSummary {
  Epoch epoch;
  Position after;  // it holds positions (after, through]
  Position through;
  Extent extent;
  uint64_t topics = 0;
  // Positions that are not held although they are of the interest. Of a tape that holds everything,
  // all of them; else only those between blocks and segments.
  uint64_t missing = 0;
};

struct TapeSummary {
  std::string path;
  std::vector<SegmentSummary> segments;  // in order
  std::vector<EpochSummary> epochs;
  Extent extent;
  std::vector<std::string> problems;  // files that cannot be read as tapes
  // Of a folder that has a writer: "open", "closed" or "incomplete", as it has noted itself.
  std::string writer_state;

  // Of the newest segment; nullptr if there is none.
  const tape::Head* head() const { return segments.empty() ? nullptr : &segments.back().head; }
  uint64_t sealed() const;
};

absl::StatusOr<TapeSummary> Summarize(const std::string& path);

}  // namespace fantail::tape_tool

#endif  // FANTAIL_TAPE_TOOL_TAPE_SUMMARY_H_
