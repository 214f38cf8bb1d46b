#include "fantail/app/ready_file.h"

#include <sys/stat.h>
#include <unistd.h>

namespace fantail::app {
namespace {

constexpr const char* kOption = "--ready-file";

}  // namespace

absl::Status ReadyFile::Prepare() {
  absl::Status status = CheckWritable(kOption, path_);
  // A FIFO or a device is not a file that somebody left behind.
  struct stat left;
  const bool stale = lstat(path_.c_str(), &left) == 0 && S_ISREG(left.st_mode);
  if (status.ok() && stale) unlink(path_.c_str());
  return status;
}

absl::Status ReadyFile::Write(const KeyValues& lines) {
  KeyValues all = {{"pid", std::to_string(getpid())}};
  all.insert(all.end(), lines.begin(), lines.end());
  absl::Status status = WriteKeyValues(kOption, path_, all);
  written_ = status.ok() && !path_.empty();
  return status;
}

void ReadyFile::Remove() {
  if (std::exchange(written_, false)) unlink(path_.c_str());
}

}  // namespace fantail::app
