#include "fantail/source/stream_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fantail/base/pattern.h"
#include "fantail/text/row_fields.h"

namespace fantail::source {

absl::StatusOr<std::unique_ptr<StreamSource>> StreamSource::Open(const std::string& topic,
                                                                 const std::string& path,
                                                                 size_t part_bytes) {
  if (const char* problem = TopicProblem(topic)) {
    return absl::InvalidArgumentError("source stream: " + text::Printable(topic) +
                                      " cannot be a topic: " + problem +
                                      "; write stream:TOPIC:FILE or stream:TOPIC:-");
  }
  const int fd = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, "source stream: " + text::Printable(path));
  return std::unique_ptr<StreamSource>(new StreamSource(topic, fd, part_bytes));
}

StreamSource::~StreamSource() {
  close(fd_);
}

Source::Result StreamSource::Next(text::Row* row) {
  if (ended_) return Result::kEnd;
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, 0) == 0) return Result::kWait;
  const ssize_t got = read(fd_, buffer_.data(), buffer_.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return Result::kWait;
  if (got < 0) {
    problem_ = std::string("the stream broke off: ") + std::strerror(errno);
    ended_ = true;
    return Result::kFailed;
  }
  ended_ = got == 0;
  parts_.Next(std::span(buffer_).first(static_cast<size_t>(got)), /*last=*/ended_, row);
  return Result::kRow;
}

}  // namespace fantail::source
