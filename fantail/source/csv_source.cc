#include "fantail/source/csv_source.h"

#include <utility>

namespace fantail::source {
namespace {

// What some spreadsheets put before the first byte of UTF-8.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

absl::StatusOr<std::unique_ptr<CsvSource>> CsvSource::Open(const std::string& path) {
  auto reader = text::LineReader::Open(path);
  if (!reader.ok()) return reader.status();
  return std::make_unique<CsvSource>(*std::move(reader));
}

Source::Result CsvSource::Next(text::Row* row) {
  if (failed_) return Result::kFailed;
  while (true) {
    std::string_view line;
    switch (reader_->Next(&line)) {
      case text::LineReader::Result::kLine:
        if (line.starts_with('t') && line == text::kCsvHeader) continue;
        if (reader_->line_number() == 1 && line.starts_with(kByteOrderMark)) {
          line.remove_prefix(kByteOrderMark.size());
          if (line == text::kCsvHeader) continue;
        }
        return TakeLine(line, row);
      case text::LineReader::Result::kTooLong:
        problem_ = reader_->name() + ":" + std::to_string(reader_->line_number()) +
                   ": the line is longer than " + std::to_string(text::kMaxLineBytes) + " bytes";
        return reader_->line_number() == 1 ? Fail() : Result::kBadRow;
      case text::LineReader::Result::kEnd:
        return Result::kEnd;
      case text::LineReader::Result::kFailed:
        problem_ = reader_->problem();
        failed_ = true;
        return Result::kFailed;
      case text::LineReader::Result::kWait:
        return Result::kWait;
    }
  }
}

Source::Result CsvSource::TakeLine(std::string_view line, text::Row* row) {
  const char* const reason = parser_.Parse(line, row);
  if (reason == nullptr) [[likely]]
    return Result::kRow;
  problem_ = reader_->name() + ":" + std::to_string(reader_->line_number()) + ": " + reason;
  if (reader_->line_number() > 1) return Result::kBadRow;
  problem_ = reader_->name() + ":1: the first line is " + text::Printable(line) +
             ", which is not a row (" + reason + ")";
  return Fail();
}

// A first line that is neither the header nor a row: this is some other file.
Source::Result CsvSource::Fail() {
  problem_ += "; a tick file begins with the header ";
  problem_ += text::kCsvHeader;
  failed_ = true;
  return Result::kFailed;
}

}  // namespace fantail::source
