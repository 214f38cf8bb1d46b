// What one block holds: records, and what stands between them, with every name that they need, so
// that each block can be read without any other.
//
// The payload is a row of frames: the length of what follows and its kind (32 bits each), then a
// session message as docs/protocol.md describes it (names, batch, image, gap, end), or ticks packed
// as in fantail/wire/columns.h, and zeros up to a multiple of 8 bytes.
//
// Thread: one owner.  Cost: plain about 15 ns a record, packed about 60; what was allocated is kept
// for the next block.
// Errors: bytes from outside never stop the process; Decode says what is wrong with them.
#ifndef FANTAIL_TAPE_CONTENT_H_
#define FANTAIL_TAPE_CONTENT_H_

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fantail/feed/feed_events.h"
#include "fantail/tape/tape_state.h"
#include "fantail/wire/columns.h"
#include "fantail/wire/decode.h"

namespace fantail::tape {

class Content {
 public:
  void AddRecords(std::span<const wire::Record> records) {
    records_.insert(records_.end(), records.begin(), records.end());
  }
  void AddImage(const feed::TopicImage& image);
  void AddGap(const feed::GapNotice& gap) { marks_.push_back({records_.size(), gap}); }
  void AddEnd(Position at) { marks_.push_back({records_.size(), at}); }
  // A name for its own sake: nothing here may need it.
  void AddTopic(TopicId id) { more_topics_.push_back(id); }
  void AddVenue(VenueId id) { more_venues_.push_back(id); }
  void Clear();

  // Of records, images, gaps and ends.
  size_t size() const { return records_.size() + marks_.size() + images_; }
  bool empty() const { return records_.empty() && marks_.empty(); }
  const std::vector<wire::Record>& records() const { return records_; }
  // The topics of the records and images, rising. Of what has been encoded or decoded.
  const std::vector<TopicId>& topics() const { return topic_ids_; }

  enum class Form : uint8_t { kPlain, kPacked };
  // Writes the payload to *out, with the names that `state` has.
  void Encode(const TapeState& state, Form form, std::vector<std::byte>* out);
  // Replaces the content by what a payload holds. Returns nullptr, or what is wrong with it; the
  // content is then unspecified. REQUIRES: the payload is aligned to 8 bytes.
  const char* Decode(std::span<const std::byte> payload);

  // Tells the names, and then in order all that comes from record number `from` on.
  void Deliver(feed::FeedContent* to, size_t from = 0) const;
  // The same up to that record.
  void DeliverBefore(feed::FeedContent* to, size_t until) const;

 private:
  using Images = std::vector<feed::TopicImage>;
  struct Mark {
    size_t before;  // this record
    std::variant<Images, feed::GapNotice, Position> what;
  };

  void CollectNames(const TapeState& state);
  void EncodeNames(std::vector<std::byte>* out) const;
  void EncodeRecords(size_t from, size_t to, Form form, std::vector<std::byte>* out);
  const char* DecodeMessage(std::span<const std::byte> bytes);
  bool EveryRecordHasAName();
  void DeliverNames(feed::FeedContent* to) const;
  void DeliverRange(feed::FeedContent* to, size_t from, size_t until, bool marks_at_end) const;

  std::vector<wire::Record> records_;
  std::vector<Mark> marks_;  // by rising `before`
  size_t images_ = 0;        // in marks_
  std::vector<TopicId> more_topics_;
  std::vector<VenueId> more_venues_;
  std::vector<std::pair<TopicId, std::string>> topics_;
  std::vector<std::pair<VenueId, std::string>> venues_;
  std::vector<TopicId> topic_ids_;

  std::vector<bool> seen_topics_;  // by id; all false between two uses
  wire::TickPacker packer_;
  wire::TickUnpacker unpacker_;
  wire::Decoder decoder_;
};

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_CONTENT_H_
