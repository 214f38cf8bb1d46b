// A file that is written from its beginning to its end, and one that is read anywhere.
//
// Thread: one owner each; Sync may be called beside Append.
// Errors: a status that names the file and says what errno says.
#ifndef FANTAIL_TAPE_FILE_H_
#define FANTAIL_TAPE_FILE_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fantail::tape {

// The status that belongs to `error` (an errno): `PATH: WHAT: reason`.
absl::Status FileError(const std::string& path, const char* what, int error);

class OutputFile {
 public:
  // Creates the file, or empties the one that is there.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // All of it or nothing: after a failure the file is as long as it was.
  absl::Status Append(std::span<const std::byte> bytes);
  // Returns when everything that has been appended is on the disk.
  absl::Status Sync();
  // Gives the file another name, replacing whatever had that name; its folder is synced if asked.
  absl::Status Rename(const std::string& path, bool sync_folder);

  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  OutputFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
  uint64_t size_ = 0;
};

class InputFile {
 public:
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // The bytes from `offset` on, `bytes` of them or as many as there are before the end, aligned to
  // 8 bytes if `offset` is; valid until the next call.
  absl::StatusOr<std::span<const std::byte>> Read(uint64_t offset, size_t bytes);

  // When it was opened, or at the last Refresh.
  uint64_t size() const { return size_; }
  // Looks whether it has grown.
  void Refresh();
  const std::string& path() const { return path_; }

 private:
  InputFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) { Refresh(); }

  int fd_;
  std::string path_;
  uint64_t size_ = 0;
  std::vector<std::byte> buffer_;  // the file from buffered_at_ on
  uint64_t buffered_at_ = 0;
  size_t buffered_ = 0;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_FILE_H_
