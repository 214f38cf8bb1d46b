// The tapes of one feed, and readers of them. Tapes grow, and journals delete their oldest
// segments: a reader that does not find a position looks at the folder again.
//
// Thread: one owner.
// Cost: opening a tape lists its folder and reads the head of each segment; a few readers are kept.
#ifndef FANTAIL_TOOLS_FANTAIL_HISTORY_LIBRARY_H_
#define FANTAIL_TOOLS_FANTAIL_HISTORY_LIBRARY_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/tape/tape_reader.h"

namespace fantail::history {

class Library {
 public:
  Library(std::string feed, std::vector<std::string> paths)
      : feed_(std::move(feed)), paths_(std::move(paths)), kept_(paths_.size()) {}

  // Whether all of them are there, and tapes of the feed; a folder may still be empty.
  absl::Status Check();

  size_t size() const { return paths_.size(); }
  const std::string& path(size_t tape) const { return paths_[tape]; }

  // A reader of its own for one answer, which knows what was there when somebody last looked, or
  // what is there now.
  absl::StatusOr<std::unique_ptr<tape::TapeReader>> Take(size_t tape, bool now);
  // For the next answer.
  void GiveBack(size_t tape, std::unique_ptr<tape::TapeReader> reader);

 private:
  static constexpr size_t kMostKept = 4;  // of a tape

  const std::string feed_;
  const std::vector<std::string> paths_;
  std::vector<std::vector<std::unique_ptr<tape::TapeReader>>> kept_;  // by tape
};

}  // namespace fantail::history

#endif  // FANTAIL_TOOLS_FANTAIL_HISTORY_LIBRARY_H_
