#include "tools/fantail-tape/row_format.h"

#include "fantail/text/csv.h"
#include "fantail/text/ndjson.h"

namespace fantail::tape_tool {
namespace {

class CsvFormat final : public RowFormat {
 public:
  CsvFormat() : header_(std::string(text::kCsvHeader) + "\n") {}

  std::string_view header() const override { return header_; }
  void Append(Epoch, const wire::Record& record, std::string_view symbol, std::string_view venue,
              std::string* out) const override {
    text::AppendCsvRow(symbol, venue, record.tick, out);
  }

 private:
  const std::string header_;
};

class NdjsonFormat final : public RowFormat {
 public:
  std::string_view header() const override { return {}; }
  void Append(Epoch epoch, const wire::Record& record, std::string_view symbol,
              std::string_view venue, std::string* out) const override {
    text::AppendNdjsonRow({epoch, record.position}, symbol, venue, record.tick, out);
  }
};

}  // namespace

std::unique_ptr<RowFormat> MakeCsvFormat() {
  return std::make_unique<CsvFormat>();
}

std::unique_ptr<RowFormat> MakeNdjsonFormat() {
  return std::make_unique<NdjsonFormat>();
}

}  // namespace fantail::tape_tool
