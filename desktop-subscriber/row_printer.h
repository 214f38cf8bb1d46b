// What comes down a feed as lines of text, in chunks for the output thread.
//
// Thread: the feed thread.  Ownership: the format and the queue outlive it.
// Cost: two look-ups and the row's format per tick; one queue operation per 64 KiB or turn.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_ROW_PRINTER_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_ROW_PRINTER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "desktop-subscriber/output_queue.h"
#include "desktop-subscriber/row_format.h"
#include "fantail/feed/feed_events.h"
#include "fantail/wire/tick.h"

namespace fantail::desk {

class RowPrinter {
 public:
  // Without a format it prints notices alone: there is a board.
  RowPrinter(const RowFormat* format, OutputQueue* queue);

  void PrintHeader();
  void NewEpoch(WallTime at, Epoch epoch, bool paced);
  // REQUIRES: ids are dense, as a FeedClient has verified.
  void Topic(TopicId id, std::string_view name) { names_.SetTopic(id, name); }
  void Venue(VenueId id, std::string_view name) { names_.SetVenue(id, name); }
  void Print(std::span<const wire::Record> records);
  void PrintImage(const feed::TopicImage& image);
  void PrintUpdate(const feed::ImageUpdate& update);
  void PrintState(WallTime at, const feed::FeedState& state);
  void PrintGap(WallTime at, const feed::GapNotice& gap);
  void PrintEnd(WallTime at, Position position);
  // A line for standard error, between the rows before it and the rows after it.
  void PrintNotice(std::string line);
  // Hands over what there is: at the end of a turn, so that a lone tick appears at once.
  void Flush();

 private:
  // A pipe's default capacity; larger chunks were no faster, smaller ones cost queue operations.
  static constexpr size_t kChunkBytes = size_t{64} << 10;

  void FlushIfFull() {
    if (buffer_.size() >= kChunkBytes) Flush();
  }

  const RowFormat* const format_;
  OutputQueue* const queue_;
  std::string buffer_;
  FeedNames names_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_ROW_PRINTER_H_
