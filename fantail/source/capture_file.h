// The bytes of a recorded capture: a regular file, plain or gzip (told by its first two bytes, by
// zlib, not by the name), read once from the front.
//
// Thread: one owner.  Ownership: owns its descriptor; a stream made by AsStream() points here.
// Cost: zlib's, about 2 ns a byte of gzip and a copy of plain bytes.
// Errors: a read that comes short says by problem() why, if it was not simply the end.
#ifndef FANTAIL_SOURCE_CAPTURE_FILE_H_
#define FANTAIL_SOURCE_CAPTURE_FILE_H_

#include <absl/status/statusor.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace fantail::source {

class CaptureFile {
 public:
  // Fails for what is not a regular file: a capture is read as fast as it can be, and a pipe would
  // block the program that reads it.
  static absl::StatusOr<std::unique_ptr<CaptureFile>> Open(const std::string& path);

  CaptureFile(std::string path, gzFile file) : path_(std::move(path)), file_(file) {}
  ~CaptureFile() { gzclose(file_); }
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;

  // Reads `size` bytes, fewer only at the end or before damage.
  size_t Read(void* to, size_t size);

  // A C stream over the rest of it, for a library that wants one; whoever gets it closes it, before
  // this object goes. It reads ahead; ftello() tells how far it has been read itself.
  FILE* AsStream();

  const std::string& path() const { return path_; }
  // Bytes read so far, as they are without gzip.
  uint64_t offset() const { return offset_; }
  // Why a read came short: "the gzip data ends too early"; empty at a true end.
  const std::string& problem() const { return problem_; }

 private:
  const std::string path_;
  const gzFile file_;
  uint64_t offset_ = 0;
  std::string problem_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_CAPTURE_FILE_H_
