// Ticks as lines of text, in chunks for the output thread.
//
// Thread: the feed thread.  Ownership: the queue outlives it.
// Cost: two look-ups and the row formatter per tick; one queue operation per 64 KiB or turn.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_CSV_PRINTER_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_CSV_PRINTER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "desktop-subscriber/output_queue.h"
#include "fantail/feed/feed_events.h"
#include "fantail/wire/tick.h"

namespace fantail::desk {

// Appends one line, its end included: AppendCsvRow of fantail/text, or another format's.
using RowFormatter = void (*)(const wire::Tick& tick, std::string_view symbol,
                              std::string_view venue, std::string* out);

class CsvPrinter {
 public:
  // The header of every tick file.
  static constexpr std::string_view kHeader =
      "ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue\n";

  CsvPrinter(RowFormatter append_row, OutputQueue* queue);

  void PrintHeader() { buffer_ += kHeader; }
  void NewEpoch();
  // REQUIRES: ids are dense, as a FeedClient has verified.
  void Topic(TopicId id, std::string_view name);
  void Venue(VenueId id, std::string_view name);
  void Print(std::span<const wire::Record> records);
  // The newest tick of each kind as rows, in the order of their sequences.
  void PrintImage(const feed::TopicImage& image);
  // A line for standard error, between the rows before it and the rows after it.
  void PrintNotice(std::string line);
  // Hands over what there is: at the end of a turn, so that a lone tick appears at once.
  void Flush();

 private:
  // A pipe's default capacity; larger chunks were no faster, smaller ones cost queue operations.
  static constexpr size_t kChunkBytes = size_t{64} << 10;

  void PrintRow(const wire::Tick& tick);

  const RowFormatter append_row_;
  OutputQueue* const queue_;
  std::string buffer_;
  std::vector<std::string> topics_;
  std::vector<std::string> venues_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_CSV_PRINTER_H_
