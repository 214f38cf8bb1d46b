// What is wrong gets one clear line and the right exit code, and leaves the rest running.
#include <zlib.h>

#include <csignal>

#include "tests/support/temp_file.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

const char* const kGoodRow = "1381239000000000000,AAPL,trade,1.5,100,,,,,N\n";
const char* const kSynthetic = "synthetic:symbols=500,rate=20000,seed=1";
const char* const kAnyPort = "tcp://127.0.0.1:*";

class BadInputTest : public Lab {
 protected:
  // The program ends at once with `code`, one line on stderr that has every one of `words`, and
  // nothing on stdout.
  void ExpectOneLine(Arguments arguments, int code, const std::vector<std::string>& words) {
    const std::string name = arguments[0].substr(arguments[0].rfind('/') + 1);
    Program& program = Run(std::move(arguments));
    EXPECT_EQ(program.Wait(Seconds(5)), code) << program.err();
    EXPECT_EQ(program.out(), "");
    const std::string said = program.err();
    EXPECT_EQ(LinesOf(said).size(), 1u) << said;
    EXPECT_TRUE(said.starts_with(name + ": ")) << said;
    for (const std::string& word : words) {
      EXPECT_NE(said.find(word), std::string::npos) << "\"" << word << "\" is not in: " << said;
    }
  }

  Arguments PublisherOf(const std::string& source, Arguments more = {}) {
    Arguments all = {PublisherPath(), "--listen", kAnyPort, "--source", source};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string Written(const std::string& name, const std::string& bytes) {
    WriteFile(folder() / name, bytes);
    return folder() / name;
  }
};

TEST_F(BadInputTest, NamesTheOptionTheValueAndTheRemedy) {
  const std::string desk = DeskPath();
  ExpectOneLine({desk, "--conect", "tcp://127.0.0.1:1"}, 64, {"--conect", "--connect"});
  ExpectOneLine({desk}, 64, {"--connect"});
  ExpectOneLine({desk, "--connect", "tcp://x"}, 64, {"--connect \"tcp://x\"", "no port", "PORT"});
  ExpectOneLine({desk, "--connect", "127.0.0.1:5556"}, 64, {"tcp://"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:70000"}, 64, {"70000"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:*"}, 64, {"--connect"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:1", "--for", "10"}, 64,
                {"--for \"10\"", "10s"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:1", "--format", "xml"}, 64, {"xml", "csv"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:1", "--count", "0"}, 64, {"--count"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:1", std::string(65, 'x')}, 64, {"64"});
  ExpectOneLine({desk, "--connect", "tcp://127.0.0.1:1", "@/nonexistent/list"}, 74,
                {"/nonexistent/list"});
  ExpectOneLine(PublisherOf("csv:/nonexistent/ticks.csv"), 74,
                {"--source", "/nonexistent/ticks.csv", "No such"});
  ExpectOneLine(PublisherOf("csv:/"), 74, {"directory"});
  ExpectOneLine(PublisherOf("cvs:x"), 64, {"cvs", "csv:"});
  ExpectOneLine(PublisherOf("synthetic:symbol=3"), 64, {"symbol"});
  ExpectOneLine(PublisherOf("synthetic:rate=-3"), 64, {"rate"});
  ExpectOneLine(PublisherOf(kSynthetic, {"--speed", "fast"}), 64, {"--speed \"fast\"", "max"});
}

TEST_F(BadInputTest, WantsPlaintextForAnOpenLink) {
  const std::string gateway = GatewayPath();
  for (const char* open : {"tcp://*:*", "tcp://10.255.255.1:5555"}) {
    ExpectOneLine({PublisherPath(), "--listen", open, "--source", kSynthetic}, 78, {"--plaintext"});
  }
  ExpectOneLine({DeskPath(), "--connect", "tcp://10.255.255.1:5555"}, 78,
                {"--connect", "--plaintext"});
  ExpectOneLine({gateway, "--listen", kAnyPort, "--upstream", "tcp://10.255.255.1:1"}, 78,
                {"--upstream", "--plaintext"});
}

TEST_F(BadInputTest, SaysAtTheStartWhatCannotBeWrittenAtTheEnd) {
  for (const char* option : {"--ready-file", "--summary"}) {
    ExpectOneLine(PublisherOf(kSynthetic, {option, "/nonexistent/x"}), 74,
                  {option, "/nonexistent/x", "No such"});
    ExpectOneLine({DeskPath(), "--connect", "tcp://127.0.0.1:1", option, "/proc"}, 74, {option});
    ExpectOneLine(
        {GatewayPath(), "--upstream", "tcp://127.0.0.1:1", "--listen", kAnyPort, option, "/proc/x"},
        74, {option});
  }
}

TEST_F(BadInputTest, NamesAPortInUse) {
  Program& publisher = Publisher(kSynthetic);
  const std::string taken = publisher.endpoint();
  ExpectOneLine({PublisherPath(), "--listen", taken, "--source", kSynthetic}, 69,
                {"--listen", taken, "in use"});
  ExpectOneLine({GatewayPath(), "--listen", taken, "--upstream", taken}, 69, {taken, "in use"});
}

TEST_F(BadInputTest, ReportsCountsAndSkipsBadRows) {
  const std::string nine = "1381239000000000001,AAPL,trade,1.5,100,,,,N\n";
  const std::string words = "1381239000000000001,AAPL,trade,abc,100,,,,,N\n";
  const std::string huge = "1381239000000000001,AAPL,trade,1e400,100,,,,,N\n";
  const std::string large = "1381239000000000001,AAPL,trade,99999999999999999999,100,,,,,N\n";
  const std::string longer = "1381239000000000001," + std::string(65, 'S') + ",trade,1,1,,,,,N\n";
  const std::string path =
      Written("ticks.csv", kHeader + (kGoodRow + nine) + words + huge + large + longer + kGoodRow);
  Program& publisher = Publisher("csv:" + path, {"--speed", "max", "--wait-for", "*"});
  Program& desk = Desk(publisher, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(desk.out(), kHeader + std::string(kGoodRow) + kGoodRow);
  EXPECT_EQ(publisher.Wait(), 2) << publisher.err();
  const std::string said = publisher.err();
  for (const char* wanted : {"ticks.csv:3: ", "ticks.csv:4: ", "ticks.csv:5: ", "ticks.csv:6: ",
                             "ticks.csv:7: ", "\"abc\"", "\"1e400\"", "65"}) {
    EXPECT_NE(said.find(wanted), std::string::npos) << wanted << " is not in:\n" << said;
  }
  EXPECT_EQ(said.find("ticks.csv:8"), std::string::npos) << said;
}

TEST_F(BadInputTest, StopsAtTheFirstBadRowWhenStrict) {
  const std::string path =
      Written("ticks.csv", kHeader + std::string(kGoodRow) + "nonsense\n" + kGoodRow);
  Program& publisher = Publisher("csv:" + path, {"--speed", "max", "--wait-for", "*", "--strict"});
  Program& desk = Desk(publisher);
  EXPECT_EQ(publisher.Wait(), 2) << publisher.err();
  EXPECT_TRUE(publisher.Said("ticks.csv:3: ")) << publisher.err();
  EXPECT_TRUE(publisher.Said("--strict")) << publisher.err();
  EXPECT_TRUE(Eventually([&] { return desk.out() == kHeader + std::string(kGoodRow); }))
      << desk.out();
}

TEST_F(BadInputTest, PublishesWhatATruncatedGzipStillGivesAndSaysSo) {
  const std::string input = MadeUpTicks(5000, 21);
  const std::string whole = Gzip(input);
  const std::string path = Written("ticks.csv.gz", whole.substr(0, whole.size() / 2));
  Program& publisher = Publisher("csv:" + path, {"--speed", "max", "--wait-for", "*"});
  Program& desk = Desk(publisher);
  EXPECT_EQ(publisher.Wait(), 74) << publisher.err();
  EXPECT_TRUE(publisher.Said("ticks.csv.gz")) << publisher.err();
  EXPECT_TRUE(Eventually([&] { return desk.out_size() > input.size() / 3; })) << desk.err();
  EXPECT_TRUE(desk.Said("stale")) << desk.err();
  const std::string got = desk.out();
  EXPECT_TRUE(SameText(got, input.substr(0, got.size())));
  EXPECT_TRUE(got.ends_with('\n'));
}

TEST_F(BadInputTest, RefusesAFileThatIsNoTickFile) {
  const std::string path = Written("notes.txt", "Dear diary\nnothing today\n");
  Program& publisher = Publisher("csv:" + path, {"--speed", "max"});
  EXPECT_EQ(publisher.Wait(), 74) << publisher.err();
  EXPECT_TRUE(publisher.Said("notes.txt:1: ")) << publisher.err();
}

TEST_F(BadInputTest, EndsWithTheSignalsCodeAndNoHalfRow) {
  Program& publisher = Publisher(kSynthetic);
  Program& gateway = Gateway(publisher);
  for (const auto& [signal, code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    Program& desk = LiveDesk(gateway);
    ASSERT_TRUE(Eventually([&] { return desk.out_size() > 300'000; }));
    desk.Signal(signal);
    EXPECT_EQ(desk.Wait(Seconds(3)), code) << desk.err();
    const std::string out = desk.out();
    EXPECT_TRUE(out.ends_with('\n'));
    for (const std::string_view line : LinesOf(out)) {
      ASSERT_EQ(std::count(line.begin(), line.end(), ','), 9) << line;
    }
  }
  gateway.Signal(SIGINT);
  EXPECT_EQ(gateway.Wait(Seconds(3)), 130) << gateway.err();
  publisher.Signal(SIGTERM);
  EXPECT_EQ(publisher.Wait(Seconds(5)), 0) << publisher.err();
  EXPECT_EQ(publisher.endpoint(), "") << "the ready file is still there";
}

TEST_F(BadInputTest, StopsAfterExactlySoManyTicks) {
  Program& publisher = Publisher(kSynthetic);
  for (const size_t count : {1u, 1000u, 12'345u}) {
    Program& desk = Desk(publisher, {"--count", std::to_string(count)});
    EXPECT_EQ(desk.Wait(), 0) << desk.err();
    EXPECT_EQ(LinesOf(desk.out()).size(), count + 1);
  }
}

TEST_F(BadInputTest, StopsAfterSomeTime) {
  Program& publisher = Publisher(kSynthetic);
  const double begin = Now();
  Program& desk = Desk(publisher, {"--for", "1s"});
  Program& unfinished = Desk(publisher, {"--for", "1s", "--count", "100000000"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(unfinished.Wait(), 75) << unfinished.err();
  EXPECT_GE(Now() - begin, 1.0);
  EXPECT_LT(Now() - begin, 4.0);
  EXPECT_GT(desk.out_size(), 100'000u);
}

TEST_F(BadInputTest, SaysThatNobodyIsThere) {
  Program& desk =
      Run({DeskPath(), "--connect", "tcp://127.0.0.1:1", "--format", "csv", "--for", "1s"});
  EXPECT_EQ(desk.Wait(), 69) << desk.err();
  EXPECT_TRUE(desk.Said("tcp://127.0.0.1:1: nothing answers there")) << desk.err();
  EXPECT_LE(LinesOf(desk.err()).size(), 2u) << desk.err();
}

TEST_F(BadInputTest, StaysWithAGatewayThatIsRefusedFurtherUp) {
  Program& publisher = Publisher(kSynthetic);
  Program& gateway = Gateway(publisher, {"--feed", "equities"});
  Program& desk = Desk(gateway, {"--feed", "equities", "--for", "2s"});
  EXPECT_TRUE(gateway.Said("upstream is refused")) << gateway.err();
  EXPECT_TRUE(desk.Said("this node serves \"ticks\"")) << desk.err();
  const double begin = Now();
  EXPECT_EQ(desk.Wait(), 69) << desk.err();
  EXPECT_GT(Now() - begin, 0.5) << "it has not waited";
}

TEST_F(BadInputTest, NamesWhoDoesNotAllowAPattern) {
  Program& publisher = Publisher(kSynthetic);
  Program& gateway = Gateway(publisher, {"--allow", "B*"});
  Program& desk = LiveDesk(gateway, {"A*", "BA*"});
  EXPECT_TRUE(desk.Said("refused: A*: gateway2 allows only B*")) << desk.err();
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 1000; }));
  desk.Signal(SIGTERM);
  EXPECT_EQ(desk.Wait(), 143);
  EXPECT_TRUE(SameText(desk.out(), Filtered(desk.out(), {"BA*"})));
}

TEST_F(BadInputTest, IsQuietWhenItsReaderGoesAndLoudWhenTheDiskIsFull) {
  Program& publisher = Publisher(kSynthetic);
  const std::string desk = DeskPath() + " --connect " + publisher.endpoint() + " --format csv";
  Program& head = Run({"/bin/bash", "-c", "set -o pipefail; " + desk + " | head -3"});
  EXPECT_EQ(head.Wait(), 0) << head.err();
  EXPECT_EQ(LinesOf(head.out()).size(), 3u);
  EXPECT_EQ(head.err().find("write"), std::string::npos) << head.err();
  EXPECT_EQ(head.err().find("error"), std::string::npos) << head.err();
  Program& full = Run({"/bin/sh", "-c", "exec " + desk + " > /dev/full"});
  EXPECT_EQ(full.Wait(), 74) << full.err();
  EXPECT_TRUE(full.Said("No space left on device", Seconds(0))) << full.err();
}

}  // namespace
}  // namespace fantail::testing
