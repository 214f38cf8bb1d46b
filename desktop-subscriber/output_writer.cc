#include "desktop-subscriber/output_writer.h"

#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fantail/base/check.h"

namespace fantail::desk {

FdSink::FdSink(int out_fd, int err_fd)
    : out_(MakeTarget(out_fd)),
      err_(MakeTarget(err_fd)),
      stop_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  FANTAIL_CHECK(stop_fd_ >= 0, stop_fd_);
}

FdSink::~FdSink() {
  close(stop_fd_);
}

FdSink::Target FdSink::MakeTarget(int fd) {
  struct stat status {};
  const bool file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  // A file never makes a writer wait for a reader. A pipe that polls writable has room for
  // PIPE_BUF.
  return {fd, file ? size_t{1} << 20 : size_t{PIPE_BUF}};
}

int FdSink::WaitForRoom(int fd) const {
  pollfd fds[2] = {{stop_fd_, POLLIN, 0}, {fd, POLLOUT, 0}};
  while (poll(fds, 2, -1) < 0) {
    if (errno != EINTR) return errno;
  }
  return (fds[0].revents & POLLIN) != 0 ? ECANCELED : 0;
}

int FdSink::Write(Stream stream, std::string_view bytes) {
  const Target& target = stream == Stream::kOut ? out_ : err_;
  while (!bytes.empty()) {
    if (const int error = WaitForRoom(target.fd); error != 0) return error;
    const ssize_t n = write(target.fd, bytes.data(), std::min(bytes.size(), target.piece));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return errno;
    if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
  }
  return 0;
}

void FdSink::RequestStop() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof one);
}

OutputOutcome OutputWriter::WriteChunk(const Chunk& chunk) {
  const int error = sink_->Write(chunk.stream, chunk.bytes);
  if (error == ECANCELED) return OutputOutcome::kStopped;
  if (error == 0 || chunk.stream == Stream::kErr) return OutputOutcome::kDone;
  if (error == EPIPE) return OutputOutcome::kReaderGone;
  sink_->Write(Stream::kErr,
               program_ + ": standard output: cannot write: " + strerror(error) + "\n");
  return OutputOutcome::kFailed;
}

OutputOutcome OutputWriter::Run() {
  OutputOutcome outcome = OutputOutcome::kDone;
  Chunk chunk;
  while (outcome == OutputOutcome::kDone && queue_->Pop(&chunk)) outcome = WriteChunk(chunk);
  if (outcome != OutputOutcome::kDone) queue_->Abandon();
  return outcome;
}

}  // namespace fantail::desk
