#include "fantail/app/row_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fantail::app {
namespace {

// What is written at once.
constexpr size_t kChunkBytes = 256 * 1024;

}  // namespace

bool RowOutput::FlushIfFull() {
  return buffer_.size() < kChunkBytes ? error_ == 0 : Flush();
}

bool RowOutput::Flush() {
  size_t done = 0;
  while (done < buffer_.size() && error_ == 0) {
    const ssize_t wrote = write(STDOUT_FILENO, buffer_.data() + done, buffer_.size() - done);
    if (wrote >= 0) {
      done += static_cast<size_t>(wrote);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
  return error_ == 0;
}

bool RowOutput::reader_gone() const {
  return error_ == EPIPE;
}

absl::Status RowOutput::problem() const {
  return absl::PermissionDeniedError(
      fmt::format("standard output: cannot be written: {}", std::strerror(error_)));
}

}  // namespace fantail::app
