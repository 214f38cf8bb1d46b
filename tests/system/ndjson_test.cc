// NDJSON through the real programs: what goes in as CSV comes out as objects, and goes in again;
// a gap is told to the position; a symbol is halted by hand.
#include "fantail/text/ndjson.h"

#include <csignal>
#include <map>
#include <set>

#include "fantail/text/csv.h"
#include "tests/support/recorded_data.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

// The value of a key of a printed line that is a number.
uint64_t NumberOf(std::string_view line, std::string_view key) {
  const size_t at = line.find("\"" + std::string(key) + "\":");
  if (at == std::string_view::npos) return 0;
  return std::stoull(std::string(line.substr(at + key.size() + 3, 20)));
}

bool IsOf(std::string_view line, std::string_view type) {
  return line.starts_with("{\"type\":\"" + std::string(type) + "\"");
}

bool IsRow(std::string_view line) {
  return IsOf(line, "trade") || IsOf(line, "quote") || IsOf(line, "status");
}

class NdjsonTest : public Lab {
 protected:
  Program& NdjsonDesk(const Program& above, Arguments more) {
    const std::string name = "ndjson" + std::to_string(++desks_);
    Arguments all = {DeskPath(), "--connect",    above.endpoint(),
                     "--format", "ndjson",       "--name",
                     name,       "--ready-file", folder() / name + ".ready"};
    all.insert(all.end(), more.begin(), more.end());
    return RunAs(name, std::move(all));
  }

  // The rows as CSV, under its header.
  static std::string AsCsv(std::string_view ndjson) {
    std::string csv = kHeader;
    text::NdjsonParser parser;
    text::Row row;
    for (const std::string_view line : LinesOf(ndjson)) {
      const auto result = parser.Parse(line, &row);
      EXPECT_NE(result, text::NdjsonParser::Result::kBad) << parser.problem() << ": " << line;
      if (result == text::NdjsonParser::Result::kRow) text::AppendCsvRow(row, &csv);
    }
    return csv;
  }

 private:
  int desks_ = 0;
};

// The last totals and sequence of each symbol, as they are printed.
std::map<std::string, std::string> LastTotals(std::string_view ndjson) {
  std::map<std::string, std::string> last;
  for (const std::string_view line : LinesOf(ndjson)) {
    if (!IsOf(line, "image") && !IsOf(line, "update")) continue;
    const size_t symbol = line.find("\"symbol\":");
    const size_t totals = line.find("\"totals\":");
    const size_t end =
        line.find(line.substr(totals).starts_with("\"totals\":null") ? ',' : '}', totals);
    last[std::string(line.substr(symbol, line.find(',', symbol) - symbol))] =
        std::string(line.substr(totals, end - totals)) + " at " +
        std::to_string(NumberOf(line, "sequence"));
  }
  return last;
}

class NewestTest : public NdjsonTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(NewestTest, HasTheTotalsOfTheFullStreamInTheEndAtEveryRate) {
  std::string file;
  FANTAIL_NEEDS_RECORDED_DATA(GetParam(), &file);
  Program& publisher =
      Publisher("csv:" + file, {"--speed", "max", "--wait-for", "*", "--keep-open"});
  Program& gateway = Gateway(publisher);
  std::vector<Program*> desks;
  for (const char* time : {"0s", "20ms", "1s"}) {
    desks.push_back(&NdjsonDesk(gateway, {"--newest", time, "--until-end"}));
  }
  for (Program* desk : desks) EXPECT_EQ(desk->Wait(), 0) << desk->err();
  Program& full = NdjsonDesk(publisher, {"--with-images", "--until-end"});
  EXPECT_EQ(full.Wait(), 0) << full.err();
  const auto expected = LastTotals(full.out());
  EXPECT_FALSE(expected.empty());
  for (Program* desk : desks) EXPECT_EQ(LastTotals(desk->out()), expected);
}

INSTANTIATE_TEST_SUITE_P(RecordedFiles, NewestTest,
                         ::testing::Values("us_eq_20131008.csv.gz", "sse_l2_20230711.csv.gz",
                                           "iextest_tops16.csv.gz", "binance_20240808.csv.gz",
                                           "crypto20_aligned.csv.gz"));

TEST_F(NdjsonTest, CarriesWhatCameInAsCsvAndGoesInAgain) {
  const std::string input = MadeUpTicks(4000, 12);
  WriteFile(folder() / "ticks.csv", input);
  Program& publisher =
      Publisher("csv:" + (folder() / "ticks.csv"), {"--speed", "max", "--wait-for", "*"});
  Program& gateway = Gateway(publisher);
  Program& desk = NdjsonDesk(gateway, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  const std::string out = desk.out();
  EXPECT_TRUE(SameText(AsCsv(out), input));
  const auto lines = LinesOf(out);
  const auto rows = static_cast<uint64_t>(std::count_if(lines.begin(), lines.end(), IsRow));
  uint64_t position = 0;
  for (const std::string_view line : lines) {
    if (!IsRow(line)) continue;
    ASSERT_EQ(NumberOf(line, "position"), ++position) << line;
  }
  EXPECT_TRUE(IsOf(lines.back(), "end")) << lines.back();
  EXPECT_EQ(NumberOf(lines.back(), "position"), rows);

  WriteFile(folder() / "ticks.ndjson", out);
  Program& again =
      Publisher("ndjson:" + (folder() / "ticks.ndjson"), {"--speed", "max", "--wait-for", "*"});
  Program& reader = Desk(again, {"--until-end"});
  EXPECT_EQ(reader.Wait(), 0) << reader.err();
  EXPECT_TRUE(SameText(reader.out(), input));
  EXPECT_EQ(again.Wait(), 0) << again.err();
}

TEST_F(NdjsonTest, TellsAGapToThePosition) {
  const Arguments small_ring = {"--ring", "2MiB"};
  Program& publisher = Publisher("synthetic:symbols=500,rate=60000,seed=4", small_ring);
  Program& gateway = Gateway(publisher, small_ring);
  Program& slow = NdjsonDesk(gateway, {"*"});
  Program& meter = LiveDesk(gateway, {"A*"});
  ASSERT_TRUE(Eventually([&] { return slow.out_size() > 1'000'000; })) << slow.err();
  const size_t before = meter.out_size();
  slow.Signal(SIGSTOP);
  // Far more than the log of a group, the sockets and the rings hold.
  ASSERT_TRUE(Eventually([&] { return meter.out_size() > before + 1'500'000; })) << meter.err();
  slow.Signal(SIGCONT);
  ASSERT_TRUE(slow.Said("gap:")) << slow.err();
  const size_t behind = slow.out_size();
  ASSERT_TRUE(Eventually([&] { return slow.out_size() > behind + 2'000'000; })) << slow.err();
  slow.Signal(SIGTERM);
  EXPECT_EQ(slow.Wait(), 143);
  const std::string out = slow.out();
  std::set<uint64_t> missing;  // that a gap has told of
  std::set<uint64_t> rows;
  int gaps = 0;
  for (const std::string_view line : LinesOf(out)) {
    if (IsRow(line)) {
      const uint64_t position = NumberOf(line, "position");
      EXPECT_TRUE(rows.insert(position).second) << line;
    } else if (IsOf(line, "gap")) {
      ++gaps;
      EXPECT_LE(NumberOf(line, "from"), NumberOf(line, "to")) << line;
      for (uint64_t at = NumberOf(line, "from"); at <= NumberOf(line, "to"); ++at) {
        missing.insert(at);
      }
    }
  }
  size_t untold = 0;
  for (uint64_t at = *rows.begin(); at < *rows.rbegin(); ++at) {
    untold += rows.contains(at) || missing.contains(at) ? 0 : 1;
  }
  EXPECT_EQ(untold, 0u);
  EXPECT_GE(gaps, 1);
}

TEST_F(NdjsonTest, HaltsASymbolByHand) {
  Program& publisher = Run(
      {"/bin/sh", "-c",
       "(echo '{\"type\":\"status\",\"symbol\":\"AAPL\",\"status\":\"halt\"}'; sleep 1) | exec " +
           PublisherPath() + " --listen 'tcp://127.0.0.1:*' --source ndjson:- --wait-for '*'" +
           " --ready-file '" + (folder() / "run1.ready") + "'"});
  ASSERT_TRUE(publisher.AwaitReady());
  Program& desk = Desk(publisher, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  const std::string out = desk.out();
  ASSERT_EQ(LinesOf(out).size(), 2u) << out;
  EXPECT_NE(out.find(",AAPL,halt,"), std::string::npos) << out;
  // Stamped when it was published: after 2020, at least.
  EXPECT_GT(std::stoll(std::string(LinesOf(out)[1])), 1'577'836'800'000'000'000) << out;
}

TEST_F(NdjsonTest, CarriesACaptureOfIexAsItsCsvHasIt) {
  std::string capture;
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.pcap.gz", &capture);
  std::string csv;
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.csv.gz", &csv);
  std::string got[2];
  const std::string sources[] = {"iex:" + capture, "csv:" + csv};
  for (size_t i = 0; i < 2; ++i) {
    Program& publisher = Publisher(sources[i], {"--speed", "max", "--wait-for", "*"});
    Program& desk = Desk(Gateway(publisher), {"--until-end"});
    EXPECT_EQ(desk.Wait(), 0) << desk.err();
    EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
    got[i] = desk.out();
  }
  EXPECT_EQ(LinesOf(got[0]).size(), 33'608u);
  EXPECT_TRUE(SameText(got[0], got[1]));
}

}  // namespace
}  // namespace fantail::testing
