#include "tools/fantail-history/library.h"

#include <filesystem>
#include <utility>

namespace fantail::history {

absl::Status Library::Check() {
  for (size_t tape = 0; tape < size(); ++tape) {
    auto reader = Take(tape, /*now=*/true);
    std::error_code error;
    const bool empty = std::filesystem::is_directory(paths_[tape], error);
    if (absl::IsNotFound(reader.status()) && empty) continue;  // a journal that has not begun
    if (!reader.ok()) return reader.status();
    GiveBack(tape, *std::move(reader));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<tape::TapeReader>> Library::Take(size_t tape, bool now) {
  auto& kept = kept_[tape];
  if (now) kept.clear();
  if (!kept.empty()) {
    std::unique_ptr<tape::TapeReader> reader = std::move(kept.back());
    kept.pop_back();
    return reader;
  }
  auto reader = tape::TapeReader::Open(paths_[tape]);
  if (!reader.ok()) return reader.status();
  for (const tape::SegmentInfo& segment : (*reader)->segments()) {
    if (segment.head.feed == feed_) continue;
    return absl::InvalidArgumentError(segment.path + ": it is of the feed " + segment.head.feed +
                                      ", and --feed is " + feed_);
  }
  return reader;
}

void Library::GiveBack(size_t tape, std::unique_ptr<tape::TapeReader> reader) {
  if (reader != nullptr && kept_[tape].size() < kMostKept) {
    kept_[tape].push_back(std::move(reader));
  }
}

}  // namespace fantail::history
