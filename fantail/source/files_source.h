// `files:FOLDER`: every regular file of a folder and those below, by name, as objects. The topic is
// the path from there (`clips/one.mp4`).
//
// Thread: one owner.
// Errors: a file that cannot be read, changes while it is read, or whose path is no topic (more
// than 64 bytes) is a bad row; the others go on.
#ifndef FANTAIL_SOURCE_FILES_SOURCE_H_
#define FANTAIL_SOURCE_FILES_SOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fantail/source/object_parts.h"
#include "fantail/source/source.h"

namespace fantail::source {

class FilesSource final : public Source {
 public:
  static absl::StatusOr<std::unique_ptr<FilesSource>> Open(const std::string& folder,
                                                           size_t part_bytes);
  ~FilesSource() override;

  Result Next(text::Row* row) override;
  std::string_view problem() const override { return problem_; }
  double progress() const override;
  bool objects() const override { return true; }
  bool paced() const override { return true; }

 private:
  FilesSource(std::string folder, std::vector<std::string> names, size_t part_bytes);
  Result Begin();
  Result Bad(std::string_view what);

  const std::string folder_;
  const std::vector<std::string> names_;  // of the files, from the folder on
  size_t next_ = 0;
  int fd_ = -1;  // of the file that is being read
  std::optional<ObjectParts> parts_;
  uint64_t size_ = 0;
  std::vector<std::byte> buffer_;
  std::string problem_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_FILES_SOURCE_H_
