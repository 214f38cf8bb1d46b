// A file in memory, with a path: for what reads files only.
//
// Thread: one owner.
#ifndef FANTAIL_TESTS_FUZZ_MEMORY_FILE_H_
#define FANTAIL_TESTS_FUZZ_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>

#include "fantail/base/check.h"

namespace fantail::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    FANTAIL_CHECK(fd_ >= 0, errno);
    const auto wrote = write(fd_, bytes.data(), bytes.size());
    FANTAIL_CHECK(wrote == static_cast<ssize_t>(bytes.size()), errno);
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_MEMORY_FILE_H_
