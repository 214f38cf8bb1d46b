// The main job: what goes in at the publisher comes out at each desk, byte for byte, filtered.
#include <csignal>
#include <cstdio>

#include "tests/support/csv_text.h"
#include "tests/support/recorded_data.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

// 1.56 million rows take seconds; beside other tests on two cores, a few times as many.
constexpr Seconds kLongReplay{100};

class ReplayTest : public Lab {
 protected:
  struct Subscriber {
    Program* desk;
    std::string pattern;
  };

  // A paced publisher of `source` that waits for everybody, `gateways` in a chain below it, and a
  // desk for each pattern: the last one is `*`, and starts it.
  void StartReplay(const std::string& source, int gateways, const Arguments& patterns) {
    publisher_ = &Publisher(source, {"--speed", "max", "--wait-for", "*"});
    Program* above = publisher_;
    for (int i = 0; i < gateways; ++i) above = &Gateway(*above, encoding_);
    const auto start_desk = [&](const std::string& pattern) {
      Arguments arguments = {"--until-end", pattern};
      arguments.insert(arguments.end(), encoding_.begin(), encoding_.end());
      desks_.push_back({&LiveDesk(*above, arguments), pattern});
    };
    for (const std::string& pattern : patterns) start_desk(pattern);
    start_desk("*");
  }

  void ExpectAllCame(const std::string& input,
                     const std::function<std::string(std::string)>& form) {
    const double begin = Now();
    for (const Subscriber& subscriber : desks_) {
      EXPECT_EQ(subscriber.desk->Wait(kLongReplay), 0) << subscriber.desk->err();
    }
    EXPECT_EQ(publisher_->Wait(), 0) << publisher_->err();
    const auto rows = LinesOf(input).size() - 1;
    std::printf("%zu rows to %zu desks: %.1f s from the moment the last one was live\n", rows,
                desks_.size(), Now() - begin);
    for (const Subscriber& subscriber : desks_) {
      const std::string wanted = Filtered(input, {subscriber.pattern});
      EXPECT_TRUE(SameText(form(subscriber.desk->out()), form(wanted))) << subscriber.pattern;
    }
  }

  static std::string AsItIs(std::string text) { return text; }

  void ReplayMadeUp(int gateways) {
    const std::string input = MadeUpTicks(6000, 7);
    WriteFile(folder() / "ticks.csv", input);
    StartReplay("csv:" + (folder() / "ticks.csv"), gateways, {"AAPL", "B*"});
    ExpectAllCame(input, AsItIs);
  }

  Arguments encoding_;  // options of whoever has an upstream
  Program* publisher_ = nullptr;
  std::vector<Subscriber> desks_;
};

TEST_F(ReplayTest, GivesEachDeskTheInputFilteredToItsPatternByteForByte) {
  ReplayMadeUp(1);
}

TEST_F(ReplayTest, GivesTheSameThroughAChainOfThreeGateways) {
  ReplayMadeUp(3);
}

TEST_F(ReplayTest, GivesTheSameThroughPackedSessions) {
  encoding_ = {"--encoding", "packed"};
  ReplayMadeUp(2);
  EXPECT_NE(publisher_->err().find("(gateway) opened, packed"), std::string::npos)
      << publisher_->err();
}

TEST_F(ReplayTest, GivesTheSameToDesksAtThePublisherItself) {
  ReplayMadeUp(0);
}

TEST_F(ReplayTest, ReadsAPipeAsItReadsAFile) {
  const std::string input = MadeUpTicks(2000, 8);
  WriteFile(folder() / "ticks.csv", input);
  Program& publisher = Run({"/bin/sh", "-c",
                            "cat '" + (folder() / "ticks.csv") + "' | exec " + PublisherPath() +
                                " --listen 'tcp://127.0.0.1:*' --source csv:- --speed max"
                                " --wait-for '*' --ready-file '" +
                                (folder() / "run1.ready") + "'"});
  ASSERT_TRUE(publisher.AwaitReady());
  Program& desk = Desk(publisher, {"--until-end"});
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_TRUE(SameText(desk.out(), input));
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
}

TEST_F(ReplayTest, EndsADeskAtOnceThatComesAfterTheEnd) {
  WriteFile(folder() / "ticks.csv", MadeUpTicks(100, 9));
  Program& publisher =
      Publisher("csv:" + (folder() / "ticks.csv"), {"--speed", "max", "--keep-open"});
  ASSERT_TRUE(publisher.Said("the source has ended"));
  Program& gateway = Gateway(publisher);
  for (Program* above : {&publisher, &gateway}) {
    const double begin = Now();
    Program& desk = Desk(*above, {"--until-end", "A*"});
    EXPECT_EQ(desk.Wait(), 0) << desk.err();
    EXPECT_LT(Now() - begin, 3.0);
    EXPECT_EQ(desk.out(), kHeader);
  }
  publisher.Signal(SIGTERM);
  EXPECT_EQ(publisher.Wait(), 0);
}

TEST_F(ReplayTest, CarriesADayOfUsEquitiesByteForByte) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("us_eq_20131008.csv.gz", &path);
  StartReplay("csv:" + path, 1, {"AIG", "B*"});
  ExpectAllCame(Unzipped(path), AsItIs);
}

TEST_F(ReplayTest, CarriesADayOfUsEquitiesPackedByteForByte) {
  encoding_ = {"--wan"};
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("us_eq_20131008.csv.gz", &path);
  StartReplay("csv:" + path, 1, {"AIG", "B*"});
  ExpectAllCame(Unzipped(path), AsItIs);
}

TEST_F(ReplayTest, CarriesADayOfUsEquitiesToDesksAtEachOfEightGatewaysBelowEachOther) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("us_eq_20131008.csv.gz", &path);
  publisher_ = &Publisher("csv:" + path, {"--speed", "max", "--wait-for", "*"});
  Program* above = publisher_;
  for (int depth = 1; depth <= 8; ++depth) {
    above = &Gateway(*above);
    desks_.push_back({&LiveDesk(*above, EveryLetter({"--until-end"})), "*"});
  }
  desks_.push_back({&LiveDesk(*above, {"--until-end"}), "*"});
  ExpectAllCame(Unzipped(path), AsItIs);
}

TEST_F(ReplayTest, CarriesADayOfShanghaiByteForByteThroughThreeGateways) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("sse_l2_20230711.csv.gz", &path);
  StartReplay("csv:" + path, 3, {"600*", "605580.SH"});
  ExpectAllCame(Unzipped(path), AsItIs);
}

TEST_F(ReplayTest, CarriesAnExchangesTestCaptureOfManyTopicsByteForByte) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("iextest_tops16.csv.gz", &path);
  StartReplay("csv:" + path, 3, {"TWO", "B*"});
  ExpectAllCame(Unzipped(path), AsItIs);
}

TEST_F(ReplayTest, CarriesCryptoWithLongNamesAndThirteenDecimals) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("crypto20_aligned.csv.gz", &path);
  StartReplay("csv:" + path, 3, {"BTC*"});
  ExpectAllCame(Unzipped(path), WithoutTrailingZeros);
}

TEST_F(ReplayTest, CarriesAWebsocketCaptureWithFractionalSizes) {
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("binance_20240808.csv.gz", &path);
  StartReplay("csv:" + path, 1, {"BTC*"});
  ExpectAllCame(Unzipped(path), WithoutTrailingZeros);
}

}  // namespace
}  // namespace fantail::testing
