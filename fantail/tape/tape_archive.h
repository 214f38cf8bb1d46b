// A tape that is being written, as the archive of the node that writes it.
//
// Thread: one owner.
// Cost: Scan decodes 4,096 to 20,480 records where it goes on; elsewhere it lists the folder and
//   reads an index first. A reader has some 5 MB and an open file; there are kMostReaders at most.
#ifndef FANTAIL_TAPE_TAPE_ARCHIVE_H_
#define FANTAIL_TAPE_TAPE_ARCHIVE_H_

#include <memory>
#include <string>

#include "fantail/feed/archive.h"

namespace fantail::tape {

class TapeArchive : public feed::Archive {
 public:
  static constexpr int kMostReaders = 16;

  // Of `epoch`, whose records the folder has without a hole from some position on.
  TapeArchive(std::string folder, Epoch epoch);

  // As the folder was when it was last looked at; the oldest segments may have been deleted since.
  Position begin() const override { return begin_; }
  std::unique_ptr<feed::ArchiveReader> Open() override;

 private:
  class Reader;

  const std::string folder_;
  const Epoch epoch_;
  Position begin_;
  int readers_ = 0;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_TAPE_ARCHIVE_H_
