#include "desktop-subscriber/row_printer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace fantail::desk {

void RowFormat::Image(const FeedNames& names, const feed::TopicImage& image,
                      std::string* out) const {
  std::array<const wire::Tick*, 3> ticks = {&image.trade, &image.quote, &image.status};
  std::sort(ticks.begin(), ticks.end(),
            [](const wire::Tick* a, const wire::Tick* b) { return a->sequence < b->sequence; });
  for (const wire::Tick* tick : ticks) {
    if (feed::Present(*tick)) Row(names, {Position{}, *tick}, out);
  }
}

void RowFormat::Update(const FeedNames& names, const feed::ImageUpdate& update,
                       std::string* out) const {
  std::vector<wire::Tick> ticks(update.statuses.begin(), update.statuses.end());
  for (const wire::Tick* tick : {&update.image.trade, &update.image.quote}) {
    if (feed::Present(*tick) && tick->sequence > update.after) ticks.push_back(*tick);
  }
  std::sort(ticks.begin(), ticks.end(),
            [](const wire::Tick& a, const wire::Tick& b) { return a.sequence < b.sequence; });
  for (const wire::Tick& tick : ticks) Row(names, {Position{}, tick}, out);
}

RowPrinter::RowPrinter(const RowFormat* format, OutputQueue* queue)
    : format_(format), queue_(queue) {}

void RowPrinter::PrintHeader() {
  if (format_ != nullptr) format_->Header(&buffer_);
}

void RowPrinter::NewEpoch(WallTime at, Epoch epoch, bool paced) {
  names_.NewEpoch(epoch);
  if (format_ != nullptr) format_->NewEpoch(at, epoch, paced, &buffer_);
}

void RowPrinter::Print(std::span<const wire::Record> records) {
  if (format_ == nullptr) return;
  for (const wire::Record& record : records) {
    format_->Row(names_, record, &buffer_);
    FlushIfFull();
  }
}

void RowPrinter::PrintImage(const feed::TopicImage& image) {
  if (format_ != nullptr) format_->Image(names_, image, &buffer_);
  FlushIfFull();
}

void RowPrinter::PrintUpdate(const feed::ImageUpdate& update) {
  if (format_ != nullptr) format_->Update(names_, update, &buffer_);
  FlushIfFull();
}

void RowPrinter::PrintState(WallTime at, const feed::FeedState& state) {
  if (format_ != nullptr) format_->State(at, state, &buffer_);
}

void RowPrinter::PrintGap(WallTime at, const feed::GapNotice& gap) {
  if (format_ != nullptr) format_->Gap(at, names_.epoch(), gap, &buffer_);
}

void RowPrinter::PrintEnd(WallTime at, Position position) {
  if (format_ != nullptr) format_->End(at, names_.epoch(), position, &buffer_);
}

void RowPrinter::PrintNotice(std::string line) {
  Flush();
  queue_->Push(Stream::kErr, &line);
}

void RowPrinter::Flush() {
  if (buffer_.empty()) return;
  queue_->Push(Stream::kOut, &buffer_);
  // Room for the row that crosses the mark, so that a chunk never grows by copying.
  buffer_.reserve(kChunkBytes + 1024);
}

}  // namespace fantail::desk
