// Lines from files and pipes, plain and gzip, and what is said when they break off.
#include "fantail/text/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "tests/support/temp_file.h"

namespace fantail::text {
namespace {

using Result = LineReader::Result;
using fantail::testing::Gzip;
using fantail::testing::TempFile;

std::unique_ptr<LineReader> Open(const std::string& path) {
  auto reader = LineReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  return *std::move(reader);
}

// All lines; "<too long>" for those, and how it ended as the last entry.
std::vector<std::string> ReadAll(LineReader& reader) {
  std::vector<std::string> lines;
  std::string_view line;
  while (true) {
    switch (reader.Next(&line)) {
      case Result::kLine:
        lines.emplace_back(line);
        break;
      case Result::kTooLong:
        lines.emplace_back("<too long>");
        break;
      case Result::kEnd:
        lines.emplace_back("<end>");
        return lines;
      case Result::kFailed:
        lines.emplace_back("<failed>");
        return lines;
      case Result::kWait:
        lines.emplace_back("<wait>");
        return lines;
    }
  }
}

std::vector<std::string> ReadAll(std::string_view bytes) {
  const TempFile file(bytes);
  return ReadAll(*Open(file.path()));
}

using Lines = std::vector<std::string>;

TEST(LineReaderTest, GivesTheLinesOfAFile) {
  EXPECT_EQ(ReadAll("one\ntwo\r\n\nfour\n"), (Lines{"one", "two", "", "four", "<end>"}));
}

TEST(LineReaderTest, GivesALastLineWithoutLineEnd) {
  EXPECT_EQ(ReadAll("one\ntwo"), (Lines{"one", "two", "<end>"}));
  EXPECT_EQ(ReadAll("x"), (Lines{"x", "<end>"}));
}

TEST(LineReaderTest, GivesNothingForAnEmptyFile) {
  EXPECT_EQ(ReadAll(""), (Lines{"<end>"}));
  EXPECT_EQ(ReadAll(Gzip("")), (Lines{"<end>"}));
}

TEST(LineReaderTest, CountsLines) {
  const TempFile file("one\ntwo\nthree");
  const auto reader = Open(file.path());
  std::string_view line;
  for (uint64_t number = 1; number <= 3; ++number) {
    ASSERT_EQ(reader->Next(&line), Result::kLine);
    EXPECT_EQ(reader->line_number(), number);
  }
  EXPECT_EQ(reader->Next(&line), Result::kEnd);
  EXPECT_EQ(reader->Next(&line), Result::kEnd);
}

TEST(LineReaderTest, ReadsGzipWhateverTheFileIsCalled) {
  EXPECT_EQ(ReadAll(Gzip("one\ntwo\n")), (Lines{"one", "two", "<end>"}));
}

TEST(LineReaderTest, ReadsConcatenatedGzip) {
  EXPECT_EQ(ReadAll(Gzip("one\ntw") + Gzip("") + Gzip("o\nthree")),
            (Lines{"one", "two", "three", "<end>"}));
}

TEST(LineReaderTest, AcceptsPaddingOfZerosBehindGzip) {
  EXPECT_EQ(ReadAll(Gzip("one\n") + std::string(1000, '\0')), (Lines{"one", "<end>"}));
}

TEST(LineReaderTest, GivesWhatComesBeforeATruncationAndThenSaysSo) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string whole = Gzip(text);
  const TempFile file(whole.substr(0, whole.size() - 4));
  const auto reader = Open(file.path());
  const Lines lines = ReadAll(*reader);
  ASSERT_EQ(lines.size(), 1001U);
  EXPECT_EQ(lines[999], "line 999");
  EXPECT_EQ(lines.back(), "<failed>");
  EXPECT_EQ(reader->problem(), file.path() +
                                   ":1001: truncated: the gzip data ends too early, after " +
                                   std::to_string(whole.size() - 4) + " bytes");
  EXPECT_EQ(ReadAll(*reader), (Lines{"<failed>"}));
}

TEST(LineReaderTest, DoesNotGiveTheHalfLineBeforeATruncation) {
  Random random(1);
  std::string text = "first\n";
  for (int i = 0; i < 3000; ++i) text += static_cast<char>('a' + random.Below(26));
  const std::string whole = Gzip(text);
  EXPECT_EQ(ReadAll(whole.substr(0, whole.size() / 2)), (Lines{"first", "<failed>"}));
  EXPECT_EQ(ReadAll(whole.substr(0, 5)), (Lines{"<failed>"}));
}

TEST(LineReaderTest, ReportsDamagedGzipInsteadOfWhatItDecodedTo) {
  std::string bytes = Gzip("one\ntwo\n");
  bytes[bytes.size() - 6] ^= 1;  // in the checksum
  const TempFile file(bytes);
  const auto reader = Open(file.path());
  EXPECT_EQ(ReadAll(*reader), (Lines{"<failed>"}));  // "one" and "two" may be what is wrong
  EXPECT_NE(reader->problem().find("damaged: the gzip data is wrong"), std::string::npos)
      << reader->problem();
}

TEST(LineReaderTest, ReportsGarbageBehindGzip) {
  const TempFile file(Gzip("one\n") + "garbage");
  const auto reader = Open(file.path());
  EXPECT_EQ(ReadAll(*reader), (Lines{"one", "<failed>"}));
  EXPECT_NE(reader->problem().find("is not gzip data"), std::string::npos) << reader->problem();
}

TEST(LineReaderTest, SkipsALineThatIsTooLongAndReportsItOnce) {
  const std::string longest(kMaxLineBytes, 'x');
  EXPECT_EQ(ReadAll("one\n" + longest + "\nthree\n"), (Lines{"one", longest, "three", "<end>"}));
  EXPECT_EQ(ReadAll(longest + "\r\nthree\n"), (Lines{longest, "three", "<end>"}));
  EXPECT_EQ(ReadAll("one\n" + longest + "x\nthree\n"),
            (Lines{"one", "<too long>", "three", "<end>"}));
  const std::string huge(3 << 20, 'x');
  EXPECT_EQ(ReadAll("one\n" + huge + "\nthree\n"), (Lines{"one", "<too long>", "three", "<end>"}));
  EXPECT_EQ(ReadAll(Gzip(huge + "\nthree\n" + huge)),
            (Lines{"<too long>", "three", "<too long>", "<end>"}));
}

TEST(LineReaderTest, GivesEveryLineOfATextLargerThanItsBuffers) {
  Random random(7);
  Lines lines;
  std::string text;
  while (text.size() < 2 << 20) {
    lines.emplace_back(random.Below(100), static_cast<char>('a' + random.Below(26)));
    text += lines.back() + "\n";
  }
  lines.emplace_back("<end>");
  EXPECT_EQ(ReadAll(text), lines);
  EXPECT_EQ(ReadAll(Gzip(text.substr(0, 999'999)) + Gzip(text.substr(999'999))), lines);
}

TEST(LineReaderTest, SaysWhyAFileCannotBeOpened) {
  EXPECT_EQ(LineReader::Open("/no/such.csv").status().message(),
            "cannot open \"/no/such.csv\": No such file or directory");
  EXPECT_EQ(LineReader::Open("/").status().message(), "cannot open \"/\": Is a directory");
}

TEST(LineReaderTest, ReportsAReadError) {
  const TempFile file("x");
  LineReader reader(open(file.path().c_str(), O_WRONLY), true, "some.csv");
  EXPECT_EQ(ReadAll(reader), (Lines{"<failed>"}));
  EXPECT_EQ(reader.problem(), "some.csv:1: cannot read on after 0 bytes: Bad file descriptor");
}

class PipeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    reader_ = std::make_unique<LineReader>(fds[0], true, "a pipe");
    writer_ = fds[1];
  }
  void TearDown() override {
    if (writer_ >= 0) close(writer_);
  }
  void Write(std::string_view bytes) {
    ASSERT_EQ(write(writer_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void CloseWriter() { close(std::exchange(writer_, -1)); }

  std::unique_ptr<LineReader> reader_;
  int writer_ = -1;
};

TEST_F(PipeTest, AsksToBeCalledAgainInsteadOfBlocking) {
  EXPECT_GE(reader_->ready_fd(), 0);
  EXPECT_EQ(ReadAll(*reader_), (Lines{"<wait>"}));
  Write("o");
  EXPECT_EQ(ReadAll(*reader_), (Lines{"<wait>"}));
  Write("ne\ntwo\nthr");
  EXPECT_EQ(ReadAll(*reader_), (Lines{"one", "two", "<wait>"}));
  Write("ee");
  CloseWriter();
  EXPECT_EQ(ReadAll(*reader_), (Lines{"three", "<end>"}));
}

TEST_F(PipeTest, ReadsGzipThatComesByteByByte) {
  for (const char byte : Gzip("one\ntwo\n") + Gzip("three\n")) {
    Write(std::string_view(&byte, 1));
    const Lines lines = ReadAll(*reader_);
    ASSERT_EQ(lines.back(), "<wait>");
  }
  CloseWriter();
  EXPECT_EQ(ReadAll(*reader_), (Lines{"<end>"}));
  EXPECT_EQ(reader_->line_number(), 3U);
}

TEST_F(PipeTest, WaitsInsideALineThatIsTooLong) {
  Write(std::string(kMaxLineBytes * 2, 'x'));
  EXPECT_EQ(ReadAll(*reader_), (Lines{"<wait>"}));
  Write("x\nnext\n");
  EXPECT_EQ(ReadAll(*reader_), (Lines{"<too long>", "next", "<wait>"}));
}

TEST(LineReaderTest, WaitsForTheWriterOfAFifo) {
  const std::string path = ::testing::TempDir() + "fantail_fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto reader = Open(path);
  EXPECT_EQ(ReadAll(*reader), (Lines{"<wait>"}));
  const int writer = open(path.c_str(), O_WRONLY);
  ASSERT_EQ(write(writer, "one\n", 4), 4);
  EXPECT_EQ(ReadAll(*reader), (Lines{"one", "<wait>"}));
  close(writer);
  EXPECT_EQ(ReadAll(*reader), (Lines{"<end>"}));
  unlink(path.c_str());
}

TEST(LineReaderTest, NeverWaitsForAFile) {
  const TempFile file("one\n");
  EXPECT_EQ(Open(file.path())->ready_fd(), -1);
}

}  // namespace
}  // namespace fantail::text
