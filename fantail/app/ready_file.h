// The file that says "everything is up": a supervisor or a test waits for it instead of sleeping.
// It appears whole, with lines such as
//   pid 123
//   listen tcp://127.0.0.1:5555
// and goes when the program ends.
//
// Thread: one owner.
// Errors: PermissionDenied (exit 74) if the path cannot be written.
#ifndef FANTAIL_APP_READY_FILE_H_
#define FANTAIL_APP_READY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "fantail/app/written_file.h"

namespace fantail::app {

class ReadyFile {
 public:
  // An empty path: there is no such file, and everything below does nothing.
  explicit ReadyFile(std::string path) : path_(std::move(path)) {}
  ~ReadyFile() { Remove(); }
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  // At the start: removes what a process that was killed left behind, and says if the path
  // is no good.
  absl::Status Prepare();
  // Once everything is up: the process id, then `lines`. A second call replaces the first.
  absl::Status Write(const KeyValues& lines);
  void Remove();

 private:
  std::string path_;
  bool written_ = false;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_READY_FILE_H_
