// `stream:TOPIC:FILE`, and `stream:TOPIC:-` for standard input: bytes as they come, as one object
// whose size nobody knows before it ends.
//
// Thread: one owner.
#ifndef FANTAIL_SOURCE_STREAM_SOURCE_H_
#define FANTAIL_SOURCE_STREAM_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fantail/source/object_parts.h"
#include "fantail/source/source.h"

namespace fantail::source {

class StreamSource final : public Source {
 public:
  static absl::StatusOr<std::unique_ptr<StreamSource>> Open(const std::string& topic,
                                                            const std::string& path,
                                                            size_t part_bytes);
  ~StreamSource() override;

  Result Next(text::Row* row) override;
  std::string_view problem() const override { return problem_; }
  bool objects() const override { return true; }
  int ready_fd() const override { return ended_ ? -1 : fd_; }

 private:
  StreamSource(const std::string& topic, int fd, size_t part_bytes)
      : fd_(fd), parts_(topic, std::nullopt), buffer_(part_bytes) {}

  const int fd_;
  ObjectParts parts_;
  bool ended_ = false;
  std::vector<std::byte> buffer_;
  std::string problem_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_STREAM_SOURCE_H_
