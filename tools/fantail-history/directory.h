// Which topics the tapes have, and from when to when. What a sealed segment has is read once; the
// active one is read again when it has grown.
//
// Thread: one owner.
// Cost: a step reads one block, the first time some 80 ns for each record of the tapes.
#ifndef FANTAIL_TOOLS_FANTAIL_HISTORY_DIRECTORY_H_
#define FANTAIL_TOOLS_FANTAIL_HISTORY_DIRECTORY_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fantail/feed/interest.h"
#include "fantail/history/messages.h"
#include "fantail/tape/segment_reader.h"
#include "tools/fantail-history/library.h"

namespace fantail::history {

// What one segment has, by topic.
using Spans = std::map<std::string, DirectoryEntry>;

class DirectoryCache {
 public:
  // Null if it is not known, or the file has another size now.
  std::shared_ptr<const Spans> Find(const std::string& path, uint64_t size_bytes) const;
  void Put(const std::string& path, uint64_t size_bytes, std::shared_ptr<const Spans> spans);

 private:
  struct Entry {
    uint64_t size_bytes;
    std::shared_ptr<const Spans> spans;
  };
  std::map<std::string, Entry> entries_;
};

class DirectoryAnswer {
 public:
  DirectoryAnswer(Library* library, DirectoryCache* cache, const std::vector<Pattern>& patterns);
  ~DirectoryAnswer();

  // True when parts() is all of it.
  bool Turn();
  const std::vector<std::string>& parts() const { return parts_; }

 private:
  class Scan;

  void Add(const Spans& spans);
  void MakeParts();

  DirectoryCache* const cache_;
  const feed::Interest wanted_;
  std::vector<tape::SegmentInfo> segments_;  // what is left to be read, the next one last
  std::unique_ptr<Scan> scan_;
  std::map<std::pair<Epoch, std::string>, DirectoryEntry> found_;
  std::vector<std::string> parts_;
};

}  // namespace fantail::history

#endif  // FANTAIL_TOOLS_FANTAIL_HISTORY_DIRECTORY_H_
