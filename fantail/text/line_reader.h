// Reads a text line by line from a file, a pipe or standard input, plain or gzip. Gzip is told by
// its first two bytes, not by the name, and may have several members one after another.
//
// Thread: one owner.  Ownership: owns its descriptor (standard input is left open).
// Cost: about 25 ns a line plain; gzip adds zlib's 2 ns a byte. 256 KiB of buffer, gzip twice that.
// Limits: lines of kMaxLineBytes; a longer one is reported once and skipped.
// Errors: what goes wrong while reading is told by problem(), with the name, the line and the byte.
// A truncated file gives every whole line before its end. A damaged one gives no line of the piece
// (up to 256 KiB) in which the damage shows, since gzip finds it only after decoding wrong bytes.
//
// Never blocks on a pipe, a socket or a terminal: it asks poll() before each read and returns
// kWait. (It does not make the descriptor non-blocking: whoever shares standard input would be hit
// by that.)
#ifndef FANTAIL_TEXT_LINE_READER_H_
#define FANTAIL_TEXT_LINE_READER_H_

#include <absl/status/statusor.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fantail::text {

// A row of a tick file has at most some 200 bytes; what is longer than this is not one.
inline constexpr size_t kMaxLineBytes = 4096;

class LineReader {
 public:
  enum class Result : uint8_t {
    kLine,     // *line is the next one, without its LF or CRLF, valid until the next call
    kTooLong,  // line_number() is longer than kMaxLineBytes and was skipped
    kEnd,      // no more lines
    kFailed,   // the text broke off: a read error, or damaged or truncated gzip; see problem()
    kWait,     // nothing to read yet; ask again when ready_fd() is readable
  };

  // Opens a file, or standard input for "-". Fails with what errno says, or for a directory.
  // Nothing is read yet, and a FIFO that nobody writes to yet does not block.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);

  // Reads from an open descriptor, which it closes at the end if `owned`. `name` is for messages.
  LineReader(int fd, bool owned, std::string name);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // A line that lacks its line end is given at the end of the text, but not after a failure: it may
  // be half of one. After kEnd and kFailed every call returns the same again.
  Result Next(std::string_view* line);

  // Of the line that Next() gave or skipped last, from 1.
  uint64_t line_number() const { return line_number_; }
  // What messages call the text: the path, or "standard input".
  const std::string& name() const { return name_; }
  // After kFailed, one line: the name, how far it was read, and what is wrong.
  const std::string& problem() const { return problem_; }
  // How much of a regular file has been read, 0 to 1; negative for anything else.
  double progress() const;
  // A descriptor to wait on after kWait; -1 for a regular file, which never waits.
  int ready_fd() const { return waits_ ? fd_ : -1; }

 private:
  enum class Fill : uint8_t { kMore, kEnd, kFailed, kWait };
  enum class Format : uint8_t { kUnknown, kPlain, kGzip };

  Result TakeLine(const char* newline, std::string_view* line);
  Result AtEnd(Fill why, std::string_view* line);
  Fill FillText();
  Fill FillPlain();
  Fill FillGzip();
  Fill Detect();
  Fill ReadSome(char* to, size_t room, size_t* got);
  Fill StartMember();
  Fill Fail(const std::string& what);

  std::string name_;
  int fd_;
  bool owned_;
  bool waits_;  // not a regular file
  Format format_ = Format::kUnknown;

  // The text read but not yet given is [begin_, end_); there is no line end before scanned_.
  std::vector<char> text_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t scanned_ = 0;
  bool skipping_ = false;  // inside a line that is too long
  bool done_ = false;
  bool failed_ = false;
  uint64_t line_number_ = 0;
  uint64_t bytes_read_ = 0;  // from the descriptor
  std::string problem_;

  // Gzip only: compressed bytes wait in input_, at zlib_.next_in.
  std::vector<char> input_;
  z_stream zlib_{};
  bool zlib_open_ = false;
  bool in_member_ = false;
};

}  // namespace fantail::text

#endif  // FANTAIL_TEXT_LINE_READER_H_
