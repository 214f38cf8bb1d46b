// Cuts an object into parts, and sums it up.
//
// Thread: one owner.
#ifndef FANTAIL_SOURCE_OBJECT_PARTS_H_
#define FANTAIL_SOURCE_OBJECT_PARTS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fantail/base/crc32c.h"
#include "fantail/text/row.h"
#include "fantail/wire/part.h"

namespace fantail::source {

// `size`: of the whole object, if it is known.
class ObjectParts {
 public:
  ObjectParts(std::string topic, std::optional<uint64_t> size);

  // The next part, as a row that points into this and into `bytes`.
  void Next(std::span<const std::byte> bytes, bool last, text::Row* row) {
    checksum_ = Crc32c(bytes, checksum_);
    const wire::Part part{.offset = offset_,
                          .size = size_,
                          .first = !begun_,
                          .last = last,
                          .checksum = last ? checksum_ : 0};
    *row = {.symbol = topic_,
            .venue = content_type_,
            .tick = wire::TickOf(part),
            .no_time = true,
            .payload = bytes};
    begun_ = true;
    offset_ += bytes.size();
  }
  uint64_t offset() const { return offset_; }

 private:
  const std::string topic_;
  const std::string_view content_type_;
  const std::optional<uint64_t> size_;
  bool begun_ = false;
  uint64_t offset_ = 0;
  uint32_t checksum_ = 0;
};

// By the ending of a file's name, as of IANA's media types; application/octet-stream if it is none
// that is known here.
std::string_view ContentTypeOf(std::string_view name);

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_OBJECT_PARTS_H_
