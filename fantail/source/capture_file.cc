#include "fantail/source/capture_file.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fantail/base/check.h"

namespace fantail::source {
namespace {

// Large enough that reads and inflate() run at full speed, small enough for the second-level cache.
constexpr unsigned kBufferBytes = 256 << 10;

// What a stream reads ahead: some fifty packets.
constexpr size_t kStreamBytes = 64 << 10;

absl::Status CannotOpen(const std::string& path, const std::string& why) {
  return absl::PermissionDeniedError("cannot open \"" + path + "\": " + why);
}

}  // namespace

absl::StatusOr<std::unique_ptr<CaptureFile>> CaptureFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string why = std::strerror(errno);
    if (errno != ENOENT) return CannotOpen(path, why);
    return absl::NotFoundError("cannot open \"" + path + "\": " + why);
  }
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return CannotOpen(path, S_ISDIR(info.st_mode)
                                ? std::strerror(EISDIR)
                                : "a capture is read from a regular file, not from a pipe");
  }
  const gzFile file = gzdopen(fd, "rb");
  FANTAIL_CHECK(file != nullptr);
  gzbuffer(file, kBufferBytes);
  return std::make_unique<CaptureFile>(path, file);
}

size_t CaptureFile::Read(void* to, size_t size) {
  size_t got = 0;
  while (got < size && problem_.empty()) {
    const auto piece = static_cast<unsigned>(std::min<size_t>(size - got, kBufferBytes));
    const int count = gzread(file_, static_cast<char*>(to) + got, piece);
    if (count > 0) got += static_cast<size_t>(count);
    if (count == static_cast<int>(piece)) continue;
    int error = Z_OK;
    const char* text = gzerror(file_, &error);
    if (error == Z_BUF_ERROR) {
      problem_ = "truncated: the gzip data ends too early";
    } else if (error == Z_ERRNO) {
      problem_ = std::string("cannot read on: ") + std::strerror(errno);
    } else if (error != Z_OK && error != Z_STREAM_END) {
      // zlib's text begins with "<fd:7>: ".
      if (const char* colon = std::strstr(text, ": ")) text = colon + 2;
      problem_ = std::string("damaged: the gzip data is wrong (") + text + ")";
    } else if (count <= 0) {
      break;
    }
  }
  offset_ += got;
  return got;
}

FILE* CaptureFile::AsStream() {
  const cookie_io_functions_t functions = {
      .read = [](void* self, char* to, size_t size) -> ssize_t {
        auto* const file = static_cast<CaptureFile*>(self);
        const size_t got = file->Read(to, size);
        if (got > 0 || file->problem().empty()) return static_cast<ssize_t>(got);
        errno = EIO;
        return -1;
      },
      .write = nullptr,
      .seek = [](void* self, off64_t* offset, int whence) -> int {
        if (whence != SEEK_CUR || *offset != 0) return errno = ESPIPE, -1;
        *offset = static_cast<off64_t>(static_cast<CaptureFile*>(self)->offset());
        return 0;
      },
      .close = nullptr};
  FILE* const stream = fopencookie(this, "rb", functions);
  FANTAIL_CHECK(stream != nullptr);
  setvbuf(stream, nullptr, _IOFBF, kStreamBytes);
  return stream;
}

}  // namespace fantail::source
