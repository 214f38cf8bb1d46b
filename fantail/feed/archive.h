// Where a node finds the records of its epoch that its ring holds no more: a journal. Resumes from
// before the ring are served from there.
//
// Thread: one owner, the FeedServer.
#ifndef FANTAIL_FEED_ARCHIVE_H_
#define FANTAIL_FEED_ARCHIVE_H_

#include <functional>
#include <memory>
#include <optional>

#include "fantail/base/ids.h"
#include "fantail/wire/tick.h"

namespace fantail::feed {

class ArchiveReader {
 public:
  virtual ~ArchiveReader() = default;
  // Calls `fn` for some of the records after `after`, by rising position, until it returns false: a
  // millisecond's worth of them, so that a long replay leaves the others their turns. All that is
  // there up to the result, which is behind `after`, has been given, unless `fn` wanted no more.
  // Nothing if the next records cannot be read.
  virtual std::optional<Position> Scan(Position after,
                                       const std::function<bool(const wire::Record&)>& fn) = 0;
};

class Archive {
 public:
  virtual ~Archive() = default;
  // Everything after this should be there, or in the ring.
  virtual Position begin() const = 0;
  // Null while as many as it bears are being read; ask again later.
  virtual std::unique_ptr<ArchiveReader> Open() = 0;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_ARCHIVE_H_
