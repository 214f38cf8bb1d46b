// A folder for ready files, gone with its owner.
//
// Thread: one owner.  Errors: throws std::system_error if it cannot be made.
#ifndef FANTAIL_BENCH_TEMPORARY_FOLDER_H_
#define FANTAIL_BENCH_TEMPORARY_FOLDER_H_

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace fantail::bench {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "fantail-bench.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_TEMPORARY_FOLDER_H_
