#include "fantail/text/line_reader.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "fantail/base/check.h"

namespace fantail::text {
namespace {

// Large enough that reads and inflate() run at full speed, small enough for the second-level cache.
constexpr size_t kBufferBytes = 256 << 10;

constexpr char kGzipMagic[2] = {'\x1f', '\x8b'};

// zlib's largest window, and 16 for "a gzip header".
constexpr int kGzipWindowBits = 15 + 16;

bool IsRegularFile(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

// Whatever the reason, it is a file that cannot be read: absl::ErrnoToStatus calls a directory a
// failed precondition, which is a matter of configuration.
absl::Status CannotOpen(const std::string& path, int error) {
  const std::string text = "cannot open \"" + path + "\": " + std::strerror(error);
  return error == ENOENT ? absl::NotFoundError(text) : absl::PermissionDeniedError(text);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  if (path == "-") return std::make_unique<LineReader>(STDIN_FILENO, false, "standard input");
  // Without O_NONBLOCK, opening a FIFO would wait for its writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return CannotOpen(path, errno);
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return CannotOpen(path, EISDIR);
  }
  return std::make_unique<LineReader>(fd, true, path);
}

LineReader::LineReader(int fd, bool owned, std::string name)
    : name_(std::move(name)),
      fd_(fd),
      owned_(owned),
      waits_(!IsRegularFile(fd)),
      text_(kBufferBytes) {}

LineReader::~LineReader() {
  if (zlib_open_) inflateEnd(&zlib_);
  if (owned_) close(fd_);
}

double LineReader::progress() const {
  struct stat info;
  if (waits_ || fstat(fd_, &info) != 0 || info.st_size == 0) return -1;
  return static_cast<double>(bytes_read_) / static_cast<double>(info.st_size);
}

LineReader::Result LineReader::Next(std::string_view* line) {
  if (format_ == Format::kUnknown) {
    const Fill fill = Detect();
    if (fill == Fill::kWait || fill == Fill::kFailed) return AtEnd(fill, line);
  }
  while (true) {
    const auto* newline =
        static_cast<const char*>(std::memchr(text_.data() + scanned_, '\n', end_ - scanned_));
    if (newline != nullptr) return TakeLine(newline, line);
    scanned_ = end_;
    // One byte more than a line may have: its CR.
    if (end_ - begin_ > kMaxLineBytes + 1) skipping_ = true;
    if (skipping_) begin_ = end_;
    const Fill fill = FillText();
    if (fill != Fill::kMore) return AtEnd(fill, line);
  }
}

LineReader::Result LineReader::TakeLine(const char* newline, std::string_view* line) {
  const char* const begin = text_.data() + begin_;
  size_t size = static_cast<size_t>(newline - begin);
  begin_ = scanned_ = begin_ + size + 1;
  ++line_number_;
  if (size > 0 && begin[size - 1] == '\r') --size;
  if (std::exchange(skipping_, false) || size > kMaxLineBytes) return Result::kTooLong;
  *line = std::string_view(begin, size);
  return Result::kLine;
}

// What to say when no further text has come.
LineReader::Result LineReader::AtEnd(Fill why, std::string_view* line) {
  if (why == Fill::kWait) return Result::kWait;
  if (why == Fill::kFailed) return Result::kFailed;
  if (begin_ == end_ && !skipping_) return Result::kEnd;
  const size_t size = end_ - begin_;
  const char* const begin = text_.data() + begin_;
  begin_ = scanned_ = end_;
  ++line_number_;
  if (std::exchange(skipping_, false) || size > kMaxLineBytes) return Result::kTooLong;
  *line = std::string_view(begin, size);
  return Result::kLine;
}

// Adds text behind end_, and makes room first.
LineReader::Fill LineReader::FillText() {
  if (failed_) return Fill::kFailed;
  if (done_) return Fill::kEnd;
  if (begin_ > 0) {
    std::memmove(text_.data(), text_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  FANTAIL_CHECK(end_ < text_.size(), end_);
  return format_ == Format::kGzip ? FillGzip() : FillPlain();
}

// Reads until the first two bytes are there, and moves them to where they belong.
LineReader::Fill LineReader::Detect() {
  if (failed_) return Fill::kFailed;
  while (end_ < sizeof kGzipMagic) {
    size_t got = 0;
    const Fill fill = ReadSome(text_.data() + end_, text_.size() - end_, &got);
    end_ += got;
    if (fill == Fill::kMore) continue;
    if (fill == Fill::kEnd) {
      done_ = true;
      format_ = Format::kPlain;
    }
    return fill;
  }
  if (std::memcmp(text_.data(), kGzipMagic, sizeof kGzipMagic) != 0) {
    format_ = Format::kPlain;
    return Fill::kMore;
  }
  format_ = Format::kGzip;
  input_.swap(text_);
  text_.resize(kBufferBytes);
  zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
  zlib_.avail_in = static_cast<uInt>(std::exchange(end_, 0));
  scanned_ = 0;
  FANTAIL_CHECK(inflateInit2(&zlib_, kGzipWindowBits) == Z_OK);
  zlib_open_ = in_member_ = true;
  return Fill::kMore;
}

LineReader::Fill LineReader::FillPlain() {
  size_t got = 0;
  const Fill fill = ReadSome(text_.data() + end_, text_.size() - end_, &got);
  end_ += got;
  if (fill == Fill::kEnd) done_ = true;
  return fill;
}

LineReader::Fill LineReader::FillGzip() {
  while (true) {
    if (zlib_.avail_in == 0) {
      size_t got = 0;
      const Fill fill = ReadSome(input_.data(), input_.size(), &got);
      if (fill == Fill::kEnd && in_member_) {
        return Fail("truncated: the gzip data ends too early, after " +
                    std::to_string(bytes_read_) + " bytes");
      }
      if (fill == Fill::kEnd) done_ = true;
      if (fill != Fill::kMore) return fill;
      zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
      zlib_.avail_in = static_cast<uInt>(got);
    }
    if (!in_member_) {
      const Fill fill = StartMember();
      if (fill != Fill::kMore) return fill;
      if (!in_member_) continue;
    }
    zlib_.next_out = reinterpret_cast<Bytef*>(text_.data() + end_);
    zlib_.avail_out = static_cast<uInt>(text_.size() - end_);
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      in_member_ = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Fail("damaged: the gzip data is wrong before byte " +
                  std::to_string(bytes_read_ - zlib_.avail_in) + " (" +
                  (zlib_.msg != nullptr ? zlib_.msg : zError(result)) + ")");
    }
    const size_t end = text_.size() - zlib_.avail_out;
    if (std::exchange(end_, end) != end) return Fill::kMore;
  }
}

// Behind a member: skips the zeros that some tools pad with, and begins the next member if one
// comes.
LineReader::Fill LineReader::StartMember() {
  while (zlib_.avail_in > 0 && *zlib_.next_in == 0) {
    ++zlib_.next_in;
    --zlib_.avail_in;
  }
  if (zlib_.avail_in == 0) return Fill::kMore;
  if (*zlib_.next_in != static_cast<Bytef>(kGzipMagic[0])) {
    return Fail("damaged: what follows the gzip data at byte " +
                std::to_string(bytes_read_ - zlib_.avail_in) + " is not gzip data");
  }
  FANTAIL_CHECK(inflateReset2(&zlib_, kGzipWindowBits) == Z_OK);
  in_member_ = true;
  return Fill::kMore;
}

LineReader::Fill LineReader::ReadSome(char* to, size_t room, size_t* got) {
  if (waits_) {
    pollfd poll_fd{fd_, POLLIN, 0};
    const int ready = poll(&poll_fd, 1, 0);
    if (ready == 0 || (ready < 0 && errno == EINTR)) return Fill::kWait;
  }
  ssize_t count = 0;
  do {
    count = read(fd_, to, room);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Fill::kWait;
  if (count < 0) {
    const absl::Status status = absl::ErrnoToStatus(
        errno, "cannot read on after " + std::to_string(bytes_read_) + " bytes");
    return Fail(std::string(status.message()));
  }
  if (count == 0) return Fill::kEnd;
  *got = static_cast<size_t>(count);
  bytes_read_ += *got;
  return Fill::kMore;
}

LineReader::Fill LineReader::Fail(const std::string& what) {
  failed_ = true;
  problem_ = name_ + ":" + std::to_string(line_number_ + 1) + ": " + what;
  return Fill::kFailed;
}

}  // namespace fantail::text
