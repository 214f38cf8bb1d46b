// Writes the chunks of an OutputQueue to standard output and standard error.
//
// Thread: the output thread; RequestStop from any.
// Ownership: the queue and the sink outlive it.
// Errors: a reader that went away (`| head`) is a quiet end; anything else, such as a full disk, is
// one line on standard error and outcome kFailed. An error on standard error itself is nobody's to
// hear.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_OUTPUT_WRITER_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_OUTPUT_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "desktop-subscriber/output_queue.h"

namespace fantail::desk {

// Where bytes leave the program; a test has its own.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Writes all of it, waiting as long as it takes; 0, or the errno that stopped it (ECANCELED after
  // RequestStop).
  virtual int Write(Stream stream, std::string_view bytes) = 0;
  // Any thread: a Write that waits, and all later ones, end soon.
  virtual void RequestStop() = 0;
};

// The process's own descriptors. Waits for room before it writes, so that RequestStop gets through
// to a writer whose reader has stopped; never makes a descriptor that it shares non-blocking.
class FdSink : public ByteSink {
 public:
  FdSink(int out_fd, int err_fd);
  ~FdSink() override;
  FdSink(const FdSink&) = delete;
  FdSink& operator=(const FdSink&) = delete;

  int Write(Stream stream, std::string_view bytes) override;
  void RequestStop() override;

 private:
  struct Target {
    int fd;
    size_t
        piece;  // the most that can be written without blocking once poll says that there is room
  };
  static Target MakeTarget(int fd);
  int WaitForRoom(int fd) const;

  const Target out_;
  const Target err_;
  const int stop_fd_;
};

enum class OutputOutcome : uint8_t {
  kDone,        // the queue was closed and all of it is written
  kReaderGone,  // nobody reads any more
  kFailed,      // see error()
  kStopped,     // as RequestStop asked
};

class OutputWriter {
 public:
  OutputWriter(OutputQueue* queue, ByteSink* sink, std::string program)
      : queue_(queue), sink_(sink), program_(std::move(program)) {}

  // Until the queue is closed and empty, or standard output is lost.
  OutputOutcome Run();

 private:
  OutputOutcome WriteChunk(const Chunk& chunk);

  OutputQueue* const queue_;
  ByteSink* const sink_;
  const std::string program_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_OUTPUT_WRITER_H_
