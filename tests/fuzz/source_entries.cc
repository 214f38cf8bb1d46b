// The entries that read files: captures of exchanges, and NDJSON.
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "fantail/base/check.h"
#include "fantail/source/source_factory.h"
#include "fantail/text/csv.h"
#include "tests/fuzz/entries.h"
#include "tests/support/capture_bytes.h"

namespace fantail::fuzz {
namespace {

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A file in memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    FANTAIL_CHECK(fd_ >= 0);
    FANTAIL_CHECK(write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

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
  const MemoryFile file(bytes);
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

void FuzzNdjson(std::span<const std::byte> bytes) {
  ReadAll("ndjson:", AsText(bytes), "");
}

}  // namespace fantail::fuzz
