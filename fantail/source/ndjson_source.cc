#include "fantail/source/ndjson_source.h"

namespace fantail::source {

absl::StatusOr<std::unique_ptr<NdjsonSource>> NdjsonSource::Open(const std::string& path) {
  auto reader = text::LineReader::Open(path);
  if (!reader.ok()) return reader.status();
  return std::make_unique<NdjsonSource>(*std::move(reader));
}

Source::Result NdjsonSource::Next(text::Row* row) {
  if (failed_) return Result::kFailed;
  while (true) {
    std::string_view line;
    switch (reader_->Next(&line)) {
      case text::LineReader::Result::kLine:
        if (line.empty()) continue;
        switch (parser_.Parse(line, row)) {
          case text::NdjsonParser::Result::kRow:
            return Result::kRow;
          case text::NdjsonParser::Result::kEvent:
            continue;
          case text::NdjsonParser::Result::kBad:
            failed_ = reader_->line_number() == 1 && ready_fd() < 0 && !line.starts_with('{');
            return Bad(parser_.problem());
        }
        continue;
      case text::LineReader::Result::kTooLong:
        return Bad("the line is longer than " + std::to_string(text::kMaxLineBytes) + " bytes");
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

Source::Result NdjsonSource::Bad(const std::string& why) {
  problem_ = reader_->name() + ":" + std::to_string(reader_->line_number()) + ": " + why;
  return failed_ ? Result::kFailed : Result::kBadRow;
}

}  // namespace fantail::source
