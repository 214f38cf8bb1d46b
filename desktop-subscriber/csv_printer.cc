#include "desktop-subscriber/csv_printer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace fantail::desk {
namespace {

void SetName(std::vector<std::string>* names, size_t id, std::string_view name) {
  if (names->size() <= id) names->resize(id + 1);
  (*names)[id] = name;
}

std::string_view NameOf(const std::vector<std::string>& names, size_t id) {
  return id < names.size() ? std::string_view(names[id]) : std::string_view();
}

}  // namespace

CsvPrinter::CsvPrinter(RowFormatter append_row, OutputQueue* queue)
    : append_row_(append_row), queue_(queue) {}

void CsvPrinter::NewEpoch() {
  topics_.clear();
  venues_.clear();
}

void CsvPrinter::Topic(TopicId id, std::string_view name) {
  SetName(&topics_, id.value, name);
}

void CsvPrinter::Venue(VenueId id, std::string_view name) {
  SetName(&venues_, id.value, name);
}

void CsvPrinter::PrintRow(const wire::Tick& tick) {
  append_row_(tick, NameOf(topics_, tick.topic.value), NameOf(venues_, tick.venue.value), &buffer_);
  if (buffer_.size() >= kChunkBytes) Flush();
}

void CsvPrinter::Print(std::span<const wire::Record> records) {
  for (const wire::Record& record : records) PrintRow(record.tick);
}

void CsvPrinter::PrintImage(const feed::TopicImage& image) {
  std::array<const wire::Tick*, 3> ticks = {&image.trade, &image.quote, &image.status};
  std::sort(ticks.begin(), ticks.end(),
            [](const wire::Tick* a, const wire::Tick* b) { return a->sequence < b->sequence; });
  for (const wire::Tick* tick : ticks) {
    if (feed::Present(*tick)) PrintRow(*tick);
  }
}

void CsvPrinter::PrintNotice(std::string line) {
  Flush();
  queue_->Push(Stream::kErr, &line);
}

void CsvPrinter::Flush() {
  if (buffer_.empty()) return;
  queue_->Push(Stream::kOut, &buffer_);
  // Room for the row that crosses the mark, so that a chunk never grows by copying.
  buffer_.reserve(kChunkBytes + 1024);
}

}  // namespace fantail::desk
