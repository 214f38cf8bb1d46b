// fantail-tape: ticks in, a tape, the same ticks out; parts of it; and what is wrong is one line.
#include <csignal>
#include <cstring>
#include <filesystem>

#include "fantail/base/crc32c.h"
#include "tests/support/csv_text.h"
#include "tests/support/recorded_data.h"
#include "tests/support/temp_file.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

// A recorded day is imported in a second or two; beside other tests on two cores, in some more.
constexpr Seconds kLong{100};

class TapeToolTest : public Lab {
 protected:
  struct Ran {
    int code;
    std::string out;
    std::string err;
  };
  // The program with these words, to its end.
  Ran Tape(Arguments words, const std::string& in = "/dev/null") {
    words.insert(words.begin(), TapePath());
    Program& program = Run(std::move(words), in);
    const int code = program.Wait(kLong);
    return {code, program.out(), program.err()};
  }
  std::string Written(const std::string& name, std::string_view bytes) {
    WriteFile(folder() / name, bytes);
    return folder() / name;
  }
  // A tape of made-up rows; *csv is what it was made of.
  std::string MadeUpTape(size_t rows, std::string* csv) {
    *csv = MadeUpTicks(rows, 7);
    const Ran import = Tape({"import", Written("ticks.csv", *csv), folder() / "made-up.tape"});
    EXPECT_EQ(import.code, 0) << import.err;
    return folder() / "made-up.tape";
  }
  // The command fails with `code` and one line that has all the words.
  void ExpectOneLine(Arguments words, int code, const std::vector<std::string>& wanted) {
    const Ran ran = Tape(std::move(words));
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_EQ(LinesOf(ran.err).size(), 1u) << ran.err;
    for (const std::string& word : wanted) {
      EXPECT_NE(ran.err.find(word), std::string::npos) << word << " is not in: " << ran.err;
    }
  }
  size_t CountFiles() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder() / ".")) {
      ++count;
    }
    return count;
  }
};

TEST_F(TapeToolTest, GivesBackTheTicksOfACsvFileByteForByte) {
  std::string csv;
  const std::string tape = MadeUpTape(20'000, &csv);
  const Ran out = Tape({"export", tape});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_TRUE(SameText(out.out, csv));
  EXPECT_EQ(out.err, "");
}

TEST_F(TapeToolTest, TakesGzipStandardInputAndWhatAPublisherTakes) {
  const std::string csv = MadeUpTicks(3000, 7);
  const std::string plain = Written("ticks.csv", csv);
  const std::string zipped = Written("ticks", Gzip(csv));
  const std::vector<Arguments> ways = {{zipped}, {"-"}, {"csv:" + plain}};
  for (const Arguments& in : ways) {
    const Ran import = Tape({"import", "--force", in[0], folder() / "a.tape"}, plain);
    EXPECT_EQ(import.code, 0) << import.err;
    EXPECT_TRUE(SameText(Tape({"export", folder() / "a.tape"}).out, csv)) << in[0];
  }
  EXPECT_EQ(Tape({"import", "synthetic:symbols=50,count=1000", folder() / "s.tape"}).code, 0);
  EXPECT_EQ(LinesOf(Tape({"export", folder() / "s.tape"}).out).size(), 1001u);
}

TEST_F(TapeToolTest, GivesBackEveryRecordedFileButForTrailingZeros) {
  for (const char* name : {"us_eq_20131008", "binance_20240808", "sse_l2_20230711",
                           "crypto20_aligned", "iextest_tops16"}) {
    std::string path;
    FANTAIL_NEEDS_RECORDED_DATA(name + std::string(".csv.gz"), &path);
    const std::string tape = folder() / name;
    const Ran import = Tape({"import", path, tape});
    ASSERT_EQ(import.code, 0) << import.err;
    const std::string csv = WithoutTrailingZeros(Unzipped(path));
    EXPECT_TRUE(SameText(Tape({"export", tape}).out, csv)) << name;
    const double ticks = static_cast<double>(LinesOf(csv).size() - 1);
    const double bytes = static_cast<double>(FileSize(tape)) / ticks;
    std::printf("%s: %.0f ticks, %.2f bytes a tick\n", name, ticks, bytes);
    if (name == std::string("us_eq_20131008")) {
      EXPECT_LE(bytes, 5.0);
    }
    EXPECT_EQ(Tape({"verify", tape}).code, 0);
  }
}

TEST_F(TapeToolTest, MakesOfACaptureWhatItsCsvHas) {
  std::string capture;
  std::string csv;
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.pcap.gz", &capture);
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.csv.gz", &csv);
  const Ran import = Tape({"import", capture, folder() / "iex.tape"});
  ASSERT_EQ(import.code, 0) << import.err;
  const std::string expected = WithoutTrailingZeros(Unzipped(csv));
  EXPECT_TRUE(SameText(Tape({"export", folder() / "iex.tape"}).out, expected));
}

TEST_F(TapeToolTest, GivesBackTheTicksAsNdjsonToo) {
  std::string csv;
  const std::string tape = MadeUpTape(5000, &csv);
  const Ran out = Tape({"export", "--ndjson", tape});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(LinesOf(out.out).size(), 5000u);
  EXPECT_NE(LinesOf(out.out).front().find("\"position\":1,"), std::string::npos) << out.out;
  const std::string again = folder() / "again.tape";
  ASSERT_EQ(Tape({"import", Written("ticks.ndjson", out.out), again}).code, 0);
  EXPECT_TRUE(SameText(Tape({"export", again}).out, csv));
}

TEST_F(TapeToolTest, GivesARowWithoutATimeTheTimeAtWhichItIsRead) {
  const std::string status = R"({"type":"status","symbol":"AAPL","status":"halt"})"
                             "\n";
  const std::string tape = folder() / "halt.tape";
  const Ran import = Tape({"import", Written("halt.ndjson", status), tape});
  ASSERT_EQ(import.code, 0) << import.err;
  const std::string out = Tape({"export", tape}).out;
  ASSERT_EQ(LinesOf(out).size(), 2u);
  EXPECT_GT(std::stoll(std::string(LinesOf(out)[1])), 1'700'000'000'000'000'000) << out;
}

TEST_F(TapeToolTest, PrintsThePartThatIsAskedFor) {
  std::string csv;
  const std::string tape = MadeUpTape(20'000, &csv);
  const auto lines = LinesOf(csv);
  const auto rows = [&](size_t from, size_t to) {
    std::string text = kHeader;
    for (size_t i = from; i < to; ++i) text += lines[i];
    return text;
  };
  const auto exported = [&](Arguments more) {
    more.insert(more.begin(), {"export", tape});
    const Ran ran = Tape(std::move(more));
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  EXPECT_TRUE(
      SameText(exported({"--topics", "AAPL", "--topics", "B*"}), Filtered(csv, {"AAPL", "B*"})));
  EXPECT_TRUE(SameText(exported({"--from", "#100", "--to", "#18000"}), rows(100, 18'000)));
  EXPECT_TRUE(SameText(exported({"--from", "50%"}), rows(10'001, 20'001)));
  EXPECT_TRUE(SameText(exported({"--to", "25%"}), rows(1, 5001)));
  // The rows lie from row to row at most a few milliseconds apart.
  const auto time_of = [&](size_t line) {
    return std::stoll(std::string(lines[line].substr(0, lines[line].find(','))));
  };
  const auto begin = time_of(1) + 5'000'000'000;
  size_t first = 1;
  while (time_of(first) < begin) ++first;
  EXPECT_TRUE(SameText(exported({"--from", std::to_string(begin)}), rows(first, 20'001)));
  EXPECT_TRUE(SameText(exported({"--to", std::to_string(begin)}), rows(1, first)));
  ExpectOneLine({"export", tape, "--from", "soon"}, 64, {"--from \"soon\"", "write 09:30"});
  ExpectOneLine({"export", tape, "--tz", "Mars"}, 64, {"--tz \"Mars\"", "America/New_York"});
  ExpectOneLine({"export", tape, "--topics", ""}, 64, {"--topics"});
}

TEST_F(TapeToolTest, ReportsBadRowsAndStopsAtTheFirstIfItIsToldTo) {
  const std::string csv = MadeUpTicks(10, 7);
  const std::string bad = Written("bad.csv", csv + "1,AAPL,trade,abc,1,,,,,\n");
  const Ran import = Tape({"import", bad, folder() / "a.tape"});
  EXPECT_EQ(import.code, 2);
  EXPECT_NE(import.err.find("bad.csv:12: "), std::string::npos) << import.err;
  EXPECT_NE(import.err.find("10 records"), std::string::npos) << import.err;
  EXPECT_TRUE(SameText(Tape({"export", folder() / "a.tape"}).out, csv));
  EXPECT_EQ(Tape({"import", "--strict", bad, folder() / "b.tape"}).code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder() / "b.tape"));
}

TEST_F(TapeToolTest, ReplacesNothingUnlessItIsToldTo) {
  std::string csv;
  const std::string tape = MadeUpTape(100, &csv);
  const std::string bytes = ReadFile(tape);
  ExpectOneLine({"import", folder() / "ticks.csv", tape}, 74, {tape, "--force"});
  EXPECT_EQ(ReadFile(tape), bytes);
  EXPECT_EQ(Tape({"import", "--force", folder() / "ticks.csv", tape}).code, 0);
  ExpectOneLine({"import", tape, folder() / "x.tape"}, 64, {"a tape already", "export"});
}

TEST_F(TapeToolTest, GivesTheSameFileTheSameEpochEachTime) {
  std::string csv;
  const std::string first = Tape({"info", "--json", MadeUpTape(100, &csv)}).out;
  const std::string again =
      Tape({"import", folder() / "ticks.csv", folder() / "again.tape"}).code == 0
          ? Tape({"info", "--json", folder() / "again.tape"}).out
          : "";
  const std::string key = "\"epochs\":[{\"epoch\":\"";
  ASSERT_NE(first.find(key), std::string::npos) << first;
  const auto epoch = [&](const std::string& json) {
    return json.substr(json.find(key) + key.size(), 16);
  };
  EXPECT_EQ(epoch(first), epoch(again));
  EXPECT_NE(epoch(first), std::string(16, '0'));
}

TEST_F(TapeToolTest, LeavesNothingBehindWhenItIsStopped) {
  for (const auto& [signal, code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    Program& import = Run({TapePath(), "import", "synthetic:symbols=50", folder() / "a.tape"});
    ASSERT_TRUE(Eventually([&] { return FileSize(folder() / "a.tape.part") > 100'000; }));
    import.Signal(signal);
    EXPECT_EQ(import.Wait(), code) << import.err();
    EXPECT_FALSE(std::filesystem::exists(folder() / "a.tape"));
    EXPECT_FALSE(std::filesystem::exists(folder() / "a.tape.part"));
  }
}

TEST_F(TapeToolTest, EndsQuietlyWhenNobodyReadsOn) {
  std::string csv;
  const std::string tape = MadeUpTape(50'000, &csv);
  Program& head = Run(
      {"/bin/bash", "-c", "set -o pipefail; " + TapePath() + " export '" + tape + "' | head -n 2"});
  EXPECT_EQ(head.Wait(), 0);
  EXPECT_EQ(LinesOf(head.out()).size(), 2u);
  EXPECT_EQ(head.err(), "");
}

TEST_F(TapeToolTest, SaysWhatATapeHolds) {
  std::string csv;
  const std::string tape = MadeUpTape(20'000, &csv);
  const Ran info = Tape({"info", tape});
  EXPECT_EQ(info.code, 0) << info.err;
  for (const char* wanted : {"records   20000", "positions 1 to 20000", "1 sealed", "ticks, *",
                             "by fantail-tape import", "ticks.csv"}) {
    EXPECT_NE(info.out.find(wanted), std::string::npos) << wanted << " is not in:\n" << info.out;
  }
  const Ran json = Tape({"info", "--json", tape, tape});
  EXPECT_EQ(LinesOf(json.out).size(), 2u);
  EXPECT_NE(json.out.find("\"records\":20000,"), std::string::npos) << json.out;
}

TEST_F(TapeToolTest, SaysInOneLineWhatIsNoTapeAndGoesOnWithTheOthers) {
  std::string csv;
  const std::string good = MadeUpTape(100, &csv);
  Written("empty.tape", "");
  Written("text.tape", csv);
  std::string future = ReadFile(good);
  future[8] = 2;
  const uint32_t checksum = Crc32c(std::as_bytes(std::span<const char>(future)).first(12));
  std::memcpy(future.data() + 12, &checksum, sizeof checksum);
  Written("future.tape", future);
  std::filesystem::create_directory(folder() / "nothing");
  for (const char* command : {"info", "verify", "export"}) {
    ExpectOneLine({command, folder() / "empty.tape"}, 2, {"empty.tape", "empty"});
    ExpectOneLine({command, folder() / "text.tape"}, 2, {"text.tape", "not a tape"});
    ExpectOneLine({command, folder() / "future.tape"}, 2, {"future.tape", "format 2", "newer"});
    ExpectOneLine({command, folder() / "none.tape"}, 74, {"none.tape", "No such file"});
    ExpectOneLine({command, folder() / "nothing"}, 74, {"nothing", "no tape in this folder"});
  }
  for (const char* command : {"info", "verify"}) {
    const Ran several = Tape({command, good, folder() / "text.tape", good});
    EXPECT_EQ(several.code, 2);
    EXPECT_EQ(LinesOf(several.err).size(), 1u) << several.err;
    size_t said = 0;
    for (const auto line : LinesOf(several.out)) said += line.starts_with(good);
    EXPECT_EQ(said, 2u) << several.out;
  }
  // In a folder the others are read as well.
  const Ran folder_of_all = Tape({"export", folder() / "."});
  EXPECT_EQ(folder_of_all.code, 2);
  EXPECT_EQ(LinesOf(folder_of_all.err).size(), 3u) << folder_of_all.err;
  EXPECT_TRUE(SameText(folder_of_all.out, csv));
}

TEST_F(TapeToolTest, SaysInOneLineWhereItCannotWrite) {
  const std::string csv = Written("ticks.csv", MadeUpTicks(100, 7));
  ExpectOneLine({"import", csv, "/nonexistent/a.tape"}, 74, {"/nonexistent/a.tape", "No such"});
  ExpectOneLine({"import", csv, "/proc/a.tape"}, 74, {"/proc/a.tape"});
  ExpectOneLine({"import", csv, folder() / "."}, 74, {"--force"});
  ExpectOneLine({"import", "/nonexistent/x.csv", folder() / "a.tape"}, 74, {"/nonexistent/x.csv"});
  const size_t files = CountFiles();
  Program& full = Run({"/bin/sh", "-c",
                       TapePath() + " import '" + csv + "' '" + (folder() / "b.tape") + "' && " +
                           TapePath() + " export '" + (folder() / "b.tape") + "' > /dev/full"});
  EXPECT_EQ(full.Wait(), 74);
  EXPECT_NE(full.err().find("standard output: cannot be written: No space"), std::string::npos)
      << full.err();
  EXPECT_EQ(CountFiles(), files + 3);  // the tape, and what the shell said
}

TEST_F(TapeToolTest, LeavesNothingBehindOnAFullDisk) {
  const std::string csv = Written("ticks.csv", MadeUpTicks(200'000, 7));
  std::filesystem::create_directory(folder() / "small");
  const std::string small = folder() / "small";
  Program& import =
      Run({"unshare", "--map-root-user", "--mount", "/bin/sh", "-c",
           "mount -t tmpfs -o size=256k none '" + small + "' || exit 99; " + TapePath() +
               " import '" + csv + "' '" + small + "/a.tape'; echo $?; ls -A '" + small + "'"});
  if (import.Wait(kLong) != 0) GTEST_SKIP() << "cannot mount a small tmpfs: " << import.err();
  EXPECT_EQ(import.out(), "74\n");
  EXPECT_EQ(LinesOf(import.err()).size(), 1u) << import.err();
  EXPECT_NE(import.err().find("No space left on device"), std::string::npos) << import.err();
}

}  // namespace
}  // namespace fantail::testing
