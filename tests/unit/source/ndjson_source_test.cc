// The NDJSON source: rows, bad lines that are told and passed over, pipes, files of other kinds.
#include "fantail/source/ndjson_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "tests/support/drain.h"
#include "tests/support/temp_file.h"

namespace fantail::source {
namespace {

using fantail::testing::Drain;
using fantail::testing::Gzip;
using fantail::testing::Lines;
using fantail::testing::TempFile;

const std::string kTrade =
    R"({"type":"trade","ts_ns":1,"symbol":"A","price":"5","size":"10","venue":"P"})"
    "\n";
const std::string kHalt =
    "{\"type\":\"status\",\"ts_ns\":2,\"symbol\":\"A\",\"status\":\"halt\"}\n";

Lines DrainBytes(std::string_view bytes) {
  const TempFile file(bytes);
  auto source = NdjsonSource::Open(file.path());
  EXPECT_TRUE(source.ok()) << source.status();
  return Drain(**source, file.path());
}

TEST(NdjsonSourceTest, YieldsTheRowsOfPlainAndGzipFiles) {
  const Lines expected{"1,A,trade,5,10,,,,,P", "2,A,halt,,,,,,,", "end"};
  EXPECT_EQ(DrainBytes(kTrade + kHalt), expected);
  EXPECT_EQ(DrainBytes(Gzip(kTrade + "\n" + kHalt)), expected);
  EXPECT_EQ(DrainBytes(""), (Lines{"end"}));
}

TEST(NdjsonSourceTest, TellsABadLineAndGoesOn) {
  EXPECT_EQ(
      DrainBytes("{\"type\":\"trade\"}\nnonsense\n" + std::string(5000, 'x') + "\n" + kTrade),
      (Lines{"bad: FILE:1: no symbol",
             "bad: FILE:2: not an object of JSON: \"nonsense\": The JSON element does not "
             "have the requested type.",
             "bad: FILE:3: the line is longer than 4096 bytes", "1,A,trade,5,10,,,,,P", "end"}));
}

TEST(NdjsonSourceTest, ReadsWhatADeskPrintedAndTellsItsGaps) {
  EXPECT_EQ(DrainBytes("{\"type\":\"epoch\",\"epoch\":\"7\"}\n{\"type\":\"state\"}\n" + kTrade +
                       "{\"type\":\"gap\",\"from\":2,\"to\":3}\n{\"type\":\"end\"}\n"),
            (Lines{"1,A,trade,5,10,,,,,P",
                   "bad: FILE:4: a gap: what this was printed from has no records of positions 2 "
                   "to 3 here",
                   "end"}));
}

TEST(NdjsonSourceTest, RefusesAFileOfAnotherKind) {
  const Lines lines = DrainBytes("ts_ns,symbol\n" + kTrade);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("failed: FILE:1: not an object of JSON: \"ts_ns,symbol\""));
}

TEST(NdjsonSourceTest, WaitsForAPipeWithoutBlockingAndForgivesItsFirstLine) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  NdjsonSource source(std::make_unique<text::LineReader>(fds[0], true, "a pipe"));
  EXPECT_EQ(source.ready_fd(), fds[0]);
  EXPECT_EQ(Drain(source), (Lines{"wait"}));
  const std::string bytes = "halt!\n" + kHalt + "{\"type\"";
  ASSERT_EQ(write(fds[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  const Lines lines = Drain(source);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("bad: a pipe:1: not an object of JSON"));
  EXPECT_EQ(lines[1], "2,A,halt,,,,,,,");
  EXPECT_EQ(lines[2], "wait");
  close(fds[1]);
}

}  // namespace
}  // namespace fantail::source
