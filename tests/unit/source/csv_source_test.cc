// The CSV source: rows, bad rows that are told and passed over, and files that are not tick files.
#include "fantail/source/csv_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/recorded_data.h"
#include "tests/support/temp_file.h"

namespace fantail::source {
namespace {

using fantail::testing::Gzip;
using fantail::testing::TempFile;
using Result = Source::Result;
using Lines = std::vector<std::string>;

const std::string kHeader = std::string(text::kCsvHeader) + "\n";
const std::string kTrade = "1,A,trade,5,10,,,,,P\n";
const std::string kQuote = "2,B,quote,,,5,10,6,20,N\n";

std::unique_ptr<CsvSource> Open(const std::string& path) {
  auto source = CsvSource::Open(path);
  EXPECT_TRUE(source.ok()) << source.status();
  return *std::move(source);
}

// The rows as they print; "bad: ..." and "failed: ..." with the problem; "wait", "end".
Lines Drain(Source& source) {
  Lines lines;
  text::Row row;
  while (true) {
    switch (source.Next(&row)) {
      case Result::kRow:
        text::AppendCsvRow(row, &lines.emplace_back());
        break;
      case Result::kBadRow:
        lines.push_back("bad: " + std::string(source.problem()));
        break;
      case Result::kFailed:
        lines.push_back("failed: " + std::string(source.problem()));
        return lines;
      case Result::kWait:
        lines.push_back("wait");
        return lines;
      case Result::kEnd:
        lines.push_back("end");
        return lines;
    }
  }
}

Lines DrainBytes(std::string_view bytes) {
  const TempFile file(bytes);
  Lines lines = Drain(*Open(file.path()));
  for (std::string& line : lines) {
    const size_t at = line.find(file.path());
    if (at != std::string::npos) line.replace(at, file.path().size(), "FILE");
  }
  return lines;
}

TEST(CsvSourceTest, YieldsTheRowsBehindTheHeader) {
  EXPECT_EQ(DrainBytes(kHeader + kTrade + kQuote), (Lines{kTrade, kQuote, "end"}));
  EXPECT_EQ(DrainBytes(Gzip(kHeader + kTrade + kQuote)), (Lines{kTrade, kQuote, "end"}));
}

TEST(CsvSourceTest, AcceptsAFileWithoutAHeader) {
  EXPECT_EQ(DrainBytes(kTrade + kQuote), (Lines{kTrade, kQuote, "end"}));
}

TEST(CsvSourceTest, AcceptsAByteOrderMarkAndCarriageReturns) {
  EXPECT_EQ(DrainBytes("\xef\xbb\xbf" + std::string(text::kCsvHeader) + "\r\n" + kTrade),
            (Lines{kTrade, "end"}));
}

TEST(CsvSourceTest, AcceptsConcatenatedFiles) {
  EXPECT_EQ(DrainBytes(Gzip(kHeader + kTrade) + Gzip(kHeader + kQuote)),
            (Lines{kTrade, kQuote, "end"}));
}

TEST(CsvSourceTest, YieldsNothingFromAnEmptyFile) {
  EXPECT_EQ(DrainBytes(""), (Lines{"end"}));
  EXPECT_EQ(DrainBytes(kHeader), (Lines{"end"}));
}

TEST(CsvSourceTest, TellsABadRowWithFileAndLineAndGoesOn) {
  EXPECT_EQ(DrainBytes(kHeader + "1,A,trade,abc,10,,,,,P\n\n" + kTrade),
            (Lines{"bad: FILE:2: price \"abc\" is not a decimal number",
                   "bad: FILE:3: the line is blank", kTrade, "end"}));
}

TEST(CsvSourceTest, TellsALineThatIsTooLongAndGoesOn) {
  EXPECT_EQ(DrainBytes(kHeader + std::string(10'000, 'x') + "\n" + kTrade),
            (Lines{"bad: FILE:2: the line is longer than 4096 bytes", kTrade, "end"}));
}

TEST(CsvSourceTest, RefusesAFileOfAnotherKind) {
  EXPECT_EQ(DrainBytes("date,open,high\n" + kTrade),
            (Lines{"failed: FILE:1: the first line is \"date,open,high\", which is not a row "
                   "(3 columns instead of 10); a tick file begins with the header "
                   "ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue"}));
  EXPECT_EQ(DrainBytes(std::string(10'000, 'x')).back(),
            "failed: FILE:1: the line is longer than 4096 bytes; a tick file begins with the "
            "header ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue");
}

TEST(CsvSourceTest, StaysFailed) {
  const TempFile file("date\n" + kTrade);
  const auto source = Open(file.path());
  const Lines first = Drain(*source);
  EXPECT_EQ(Drain(*source), first);
}

TEST(CsvSourceTest, YieldsTheRowsBeforeATruncationAndThenFails) {
  const std::string bytes = Gzip(kHeader + kTrade + kQuote);
  const std::string size = std::to_string(bytes.size() - 3);
  EXPECT_EQ(
      DrainBytes(bytes.substr(0, bytes.size() - 3)),
      (Lines{kTrade, kQuote,
             "failed: FILE:4: truncated: the gzip data ends too early, after " + size + " bytes"}));
}

TEST(CsvSourceTest, WaitsForAPipeWithoutBlocking) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  CsvSource source(std::make_unique<text::LineReader>(fds[0], true, "a pipe"));
  EXPECT_EQ(source.ready_fd(), fds[0]);
  EXPECT_EQ(Drain(source), (Lines{"wait"}));
  const std::string bytes = kHeader + kTrade + "2,B,";
  ASSERT_EQ(write(fds[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(Drain(source), (Lines{kTrade, "wait"}));
  close(fds[1]);
  EXPECT_EQ(Drain(source), (Lines{"bad: a pipe:3: 3 columns instead of 10", "end"}));
}

TEST(CsvSourceTest, YieldsEveryRowOfARecordedDay) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("us_eq_20131008.csv.gz", &path);
  const auto source = Open(path);
  text::Row row;
  size_t rows = 0;
  Result result;
  while ((result = source->Next(&row)) == Result::kRow) ++rows;
  EXPECT_EQ(result, Result::kEnd) << source->problem();
  EXPECT_EQ(rows, 1'564'133U);
}

}  // namespace
}  // namespace fantail::source
