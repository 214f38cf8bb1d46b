#include "fantail/source/files_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "fantail/base/pattern.h"
#include "fantail/text/row_fields.h"

namespace fantail::source {

absl::StatusOr<std::unique_ptr<FilesSource>> FilesSource::Open(const std::string& folder,
                                                               size_t part_bytes) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file(error)) names.push_back(at->path().lexically_relative(folder).string());
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(), "source " + text::Printable("files:" + folder) +
                                                  ": cannot read that folder");
  }
  if (names.empty()) {
    return absl::NotFoundError("source " + text::Printable("files:" + folder) +
                               ": no file is in there; name a folder that has some");
  }
  std::sort(names.begin(), names.end());
  return std::unique_ptr<FilesSource>(new FilesSource(folder, std::move(names), part_bytes));
}

FilesSource::FilesSource(std::string folder, std::vector<std::string> names, size_t part_bytes)
    : folder_(std::move(folder)), names_(std::move(names)), buffer_(part_bytes) {}

FilesSource::~FilesSource() {
  if (fd_ >= 0) close(fd_);
}

double FilesSource::progress() const {
  return static_cast<double>(next_) / static_cast<double>(names_.size());
}

Source::Result FilesSource::Bad(std::string_view what) {
  problem_ = text::Printable(folder_ + "/" + names_[next_ - 1]) + ": " + std::string(what);
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  return Result::kBadRow;
}

Source::Result FilesSource::Begin() {
  if (next_ == names_.size()) return Result::kEnd;
  const std::string& name = names_[next_++];
  if (const char* problem = TopicProblem(name)) {
    return Bad(std::string("its path cannot be a topic: ") + problem);
  }
  fd_ = open((folder_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0) return Bad(std::strerror(errno));
  size_ = static_cast<uint64_t>(status.st_size);
  parts_.emplace(name, size_);
  return Result::kRow;
}

Source::Result FilesSource::Next(text::Row* row) {
  if (fd_ < 0) {
    if (const Result result = Begin(); result != Result::kRow) return result;
  }
  const size_t wanted = std::min<uint64_t>(buffer_.size(), size_ - parts_->offset());
  size_t got = 0;
  while (got < wanted) {
    const ssize_t n = read(fd_, buffer_.data() + got, wanted - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Bad(std::strerror(errno));
    if (n == 0) return Bad("it has become shorter while it was read");
    got += static_cast<size_t>(n);
  }
  const bool last = parts_->offset() + got == size_;
  parts_->Next(std::span(buffer_).first(got), last, row);
  if (last) close(std::exchange(fd_, -1));
  return Result::kRow;
}

}  // namespace fantail::source
