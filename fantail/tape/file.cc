#include "fantail/tape/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace fantail::tape {
namespace {

// Small blocks are read many at a time.
constexpr size_t kReadAhead = 256 * 1024;

}  // namespace

absl::Status FileError(const std::string& path, const char* what, int error) {
  const std::string text = path + ": " + what + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::PermissionDeniedError(text);
  }
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return FileError(path, "cannot be created", errno);
  return std::unique_ptr<OutputFile>(new OutputFile(fd, path));
}

OutputFile::~OutputFile() {
  close(fd_);
}

absl::Status OutputFile::Append(std::span<const std::byte> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote =
        pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_ + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const int error = wrote < 0 ? errno : ENOSPC;
      // What cannot be cut off now, a reader finds to be no whole block.
      if (done > 0 && ftruncate(fd_, static_cast<off_t>(size_)) != 0) done = 0;
      return FileError(path_, "cannot be written", error);
    }
    done += static_cast<size_t>(wrote);
  }
  size_ += bytes.size();
  return absl::OkStatus();
}

absl::Status OutputFile::Sync() {
  if (fdatasync(fd_) != 0) return FileError(path_, "cannot be brought to the disk", errno);
  return absl::OkStatus();
}

absl::Status OutputFile::Rename(const std::string& path, bool sync_folder) {
  if (rename(path_.c_str(), path.c_str()) != 0) {
    return FileError(path, "cannot be created", errno);
  }
  path_ = path;
  if (!sync_folder) return absl::OkStatus();
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int folder =
      open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return FileError(parent, "cannot be opened", errno);
  const int result = fsync(folder);
  const int error = errno;
  close(folder);
  // Some file systems do not sync folders, and need not.
  if (result != 0 && error != EINVAL)
    return FileError(parent, "cannot be brought to the disk", error);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(path, "cannot be opened", errno);
  struct stat info;
  if (fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(path + ": not a file");
  }
  return std::unique_ptr<InputFile>(new InputFile(fd, path));
}

InputFile::~InputFile() {
  close(fd_);
}

void InputFile::Refresh() {
  struct stat info;
  if (fstat(fd_, &info) == 0) size_ = static_cast<uint64_t>(info.st_size);
}

absl::StatusOr<std::span<const std::byte>> InputFile::Read(uint64_t offset, size_t bytes) {
  if (offset >= size_) return std::span<const std::byte>();
  bytes = static_cast<size_t>(std::min<uint64_t>(bytes, size_ - offset));
  const bool held = offset >= buffered_at_ && offset + bytes <= buffered_at_ + buffered_;
  if (!held) {
    buffered_at_ = offset / 8 * 8;
    buffered_ = 0;
    const size_t lead = static_cast<size_t>(offset - buffered_at_);
    const size_t most = static_cast<size_t>(
        std::min<uint64_t>(std::max(bytes + lead, kReadAhead), size_ - buffered_at_));
    if (buffer_.size() < most) buffer_.resize(most);
    while (buffered_ < most) {
      const ssize_t got = pread(fd_, buffer_.data() + buffered_, most - buffered_,
                                static_cast<off_t>(buffered_at_ + buffered_));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FileError(path_, "cannot be read", errno);
      if (got == 0) break;  // it has become shorter
      buffered_ += static_cast<size_t>(got);
    }
  }
  const size_t begin = static_cast<size_t>(offset - buffered_at_);
  if (begin >= buffered_) return std::span<const std::byte>();
  return std::span<const std::byte>(buffer_).subspan(begin, std::min(bytes, buffered_ - begin));
}

}  // namespace fantail::tape
