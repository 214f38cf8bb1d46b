// The entries that read files: captures of exchanges, CSV and NDJSON.
#include <memory>
#include <string>
#include <string_view>

#include "fantail/base/check.h"
#include "fantail/source/pcap_reader.h"
#include "fantail/source/source_factory.h"
#include "fantail/text/csv.h"
#include "tests/fuzz/entries.h"
#include "tests/fuzz/memory_file.h"
#include "tests/support/capture_bytes.h"

namespace fantail::fuzz {
namespace {

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whether a row says the same in CSV.
void CheckRow(const text::Row& row) {
  std::string line;
  text::AppendCsvRow(row, &line);
  line.pop_back();
  if (line.find_first_of("\r\n") != std::string::npos) return;
  text::CsvParser parser;
  text::Row again;
  const char* const problem = parser.Parse(line, &again);
  FANTAIL_CHECK(problem == nullptr, problem == nullptr ? "" : problem);
  FANTAIL_CHECK(again.tick == row.tick && again.symbol == row.symbol);
}

void ReadAll(const std::string& scheme, std::string_view bytes, const std::string& keys) {
  const MemoryFile file(std::as_bytes(std::span(bytes)));
  auto opened = source::OpenSource(scheme + file.path() + keys);
  FANTAIL_CHECK(opened.ok());
  source::Source& source = **opened;
  text::Row row;
  while (true) {
    switch (source.Next(&row)) {
      case source::Source::Result::kRow:
        CheckRow(row);
        break;
      case source::Source::Result::kBadRow:
        FANTAIL_CHECK(!source.problem().empty());
        break;
      case source::Source::Result::kFailed:
        FANTAIL_CHECK(!source.problem().empty());
        return;
      case source::Source::Result::kEnd:
        return;
      case source::Source::Result::kWait:
        FANTAIL_CHECK(false);
    }
  }
}

}  // namespace

void FuzzPcap(std::span<const std::byte> bytes) {
  const MemoryFile file(bytes);
  auto reader = source::PcapReader::Open(file.path());
  FANTAIL_CHECK(reader.ok());
  source::Datagram datagram;
  uint64_t sum = 0;
  while (true) {
    const auto result = (*reader)->Next(&datagram);
    if (result == source::PcapReader::Result::kEnd) break;
    if (result == source::PcapReader::Result::kDatagram) {
      for (const std::byte byte : datagram.payload) sum += static_cast<uint64_t>(byte);
      continue;
    }
    const std::string& problem = (*reader)->problem();
    FANTAIL_CHECK(problem.starts_with(file.path()), problem);
    if (result == source::PcapReader::Result::kFailed) break;
  }
  // All of what it gives may be read.
  volatile uint64_t seen = sum;
  (void)seen;
}

void FuzzIex(std::span<const std::byte> bytes) {
  ReadAll("iex:", AsText(bytes), ",status=yes");
  // The headers of the file, the link and IP are right: a fuzzer should not have to find them.
  constexpr size_t kMostPayload = 1400;
  const std::string_view payload = AsText(bytes).substr(0, kMostPayload);
  ReadAll("iex:", testing::pcap::Header() + testing::pcap::Packet(payload), ",status=yes");
}

void FuzzItch(std::span<const std::byte> bytes) {
  ReadAll("itch:", AsText(bytes), ",date=2019-01-30");
}

void FuzzCsv(std::span<const std::byte> bytes) {
  ReadAll("csv:", AsText(bytes), "");
}

void FuzzNdjson(std::span<const std::byte> bytes) {
  ReadAll("ndjson:", AsText(bytes), "");
}

}  // namespace fantail::fuzz
