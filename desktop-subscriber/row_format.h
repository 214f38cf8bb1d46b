// How a desk writes what comes down its feed to standard output: the ticks, and for a format that
// has lines for it, what happens between them.
//
// Thread: the feed thread.  Each function appends whole lines, or nothing.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_ROW_FORMAT_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_ROW_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

#include "fantail/feed/feed_events.h"
#include "fantail/text/csv.h"

namespace fantail::desk {

// The numbering of the feed, and the names that go with it. REQUIRES: ids are dense, as a
// FeedClient has verified.
class FeedNames {
 public:
  void NewEpoch(Epoch epoch) {
    epoch_ = epoch;
    topics_.clear();
    venues_.clear();
  }
  void SetTopic(TopicId id, std::string_view name) { Set(&topics_, id.value, name); }
  void SetVenue(VenueId id, std::string_view name) { Set(&venues_, id.value, name); }

  Epoch epoch() const { return epoch_; }
  // Empty if it has none.
  std::string_view Topic(TopicId id) const { return Get(topics_, id.value); }
  std::string_view Venue(VenueId id) const { return Get(venues_, id.value); }

 private:
  using Names = std::vector<std::string>;

  static void Set(Names* names, size_t id, std::string_view name) {
    if (names->size() <= id) names->resize(id + 1);
    (*names)[id] = name;
  }
  static std::string_view Get(const Names& names, size_t id) {
    return id < names.size() ? std::string_view(names[id]) : std::string_view();
  }

  Epoch epoch_;
  Names topics_;
  Names venues_;
};

class RowFormat {
 public:
  virtual ~RowFormat() = default;

  virtual void Header(std::string* out) const { (void)out; }
  virtual void Row(const FeedNames& names, const wire::Record& record, std::string* out) const = 0;
  // Without lines of its own: the newest tick of each kind as rows, in order of their sequences.
  virtual void Image(const FeedNames& names, const feed::TopicImage& image, std::string* out) const;
  // Without lines of its own: what status said, and the newest trade and quote, as rows.
  virtual void Update(const FeedNames& names, const feed::ImageUpdate& update,
                      std::string* out) const;
  // What happens between the ticks, `at` by this machine's clock.
  virtual void NewEpoch(WallTime at, Epoch epoch, bool paced, std::string* out) const {
    (void)at, (void)epoch, (void)paced, (void)out;
  }
  virtual void State(WallTime at, const feed::FeedState& state, std::string* out) const {
    (void)at, (void)state, (void)out;
  }
  virtual void Gap(WallTime at, Epoch epoch, const feed::GapNotice& gap, std::string* out) const {
    (void)at, (void)epoch, (void)gap, (void)out;
  }
  virtual void End(WallTime at, Epoch epoch, Position position, std::string* out) const {
    (void)at, (void)epoch, (void)position, (void)out;
  }
};

// The rows of a tick file under its header; what happens between them is told on standard error
// alone.
class CsvFormat final : public RowFormat {
 public:
  void Header(std::string* out) const override { out->append(text::kCsvHeader).append("\n"); }
  void Row(const FeedNames& names, const wire::Record& record, std::string* out) const override {
    text::AppendCsvRow(names.Topic(record.tick.topic), names.Venue(record.tick.venue), record.tick,
                       out);
  }
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_ROW_FORMAT_H_
