// What a desk prints with `--format ndjson`: an object of JSON a line, for a tick, an image, a new
// epoch, a change of state, a gap, the end. docs/ndjson.md describes each.
//
// Thread: the feed thread.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_NDJSON_FORMAT_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_NDJSON_FORMAT_H_

#include <string>

#include "desktop-subscriber/row_format.h"

namespace fantail::desk {

class NdjsonFormat final : public RowFormat {
 public:
  void Row(const FeedNames& names, const wire::Record& record, std::string* out) const override;
  void Update(const FeedNames& names, const feed::ImageUpdate& update,
              std::string* out) const override;
  void Image(const FeedNames& names, const feed::TopicImage& image,
             std::string* out) const override;
  void NewEpoch(WallTime at, Epoch epoch, bool paced, std::string* out) const override;
  void State(WallTime at, const feed::FeedState& state, std::string* out) const override;
  void Gap(WallTime at, Epoch epoch, const feed::GapNotice& gap, std::string* out) const override;
  void End(WallTime at, Epoch epoch, Position position, std::string* out) const override;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_NDJSON_FORMAT_H_
