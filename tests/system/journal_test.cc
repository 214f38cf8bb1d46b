// Publishers and recorders that are killed at random moments, and disks that are full.
//
// FANTAIL_KILLS says how often they are killed; 6 times in the suite.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

class CrashTest : public Lab {
 protected:
  CrashTest() {
    if (const char* kills = std::getenv("FANTAIL_KILLS")) kills_ = std::atoi(kills);
    if (const char* seed = std::getenv("FANTAIL_SEED")) seed_ = std::strtoul(seed, nullptr, 10);
    random_.seed(seed_);
  }

  // Long enough for all the kills, at a thousand rows a second.
  void MakeInput(double seconds) {
    input_ = MadeUpTicks(static_cast<size_t>(seconds * 1000), 5);
    WriteFile(folder() / "ticks.csv", input_);
  }
  // 20 to 400 ms: within the start, the resume, or the run.
  void WaitForAMoment() {
    const double until = Now() + 0.02 + static_cast<double>(random_() % 380) / 1000;
    Eventually([&] { return Now() >= until; });
  }

  int kills_ = 6;
  unsigned long seed_ = 20261122;
  std::mt19937_64 random_;
  std::string input_;
};

TEST_F(CrashTest, APublisherThatIsKilledGoesOnAndItsDesksMissNothing) {
  MakeInput(1.0 * kills_);
  const Arguments options = {"--speed", "1", "--wait-for", "*", "--journal", folder() / "journal"};
  Program* publisher = &Publisher("csv:" + (folder() / "ticks.csv"), options);
  const std::string endpoint = publisher->endpoint();
  Arguments again = {PublisherPath(), "--listen", endpoint, "--source",
                     "csv:" + (folder() / "ticks.csv")};
  again.insert(again.end(), options.begin(), options.end());
  Program& gateway = GatewayVia(endpoint);
  Program& desk = Desk(gateway, {"--until-end"});
  for (int i = 0; i < kills_; ++i) {
    WaitForAMoment();
    publisher->Kill();
    publisher = &RunAs("again" + std::to_string(i), again);
  }
  EXPECT_EQ(publisher->Wait(Seconds(60 + kills_)), 0) << publisher->err();
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_TRUE(SameText(desk.out(), input_)) << "seed " << seed_;

  // And the journal has it all, as a source of the next feed.
  Program& replay =
      Publisher("tape:" + (folder() / "journal"), {"--speed", "max", "--wait-for", "*"});
  Program& reader = Desk(replay, {"--until-end"});
  EXPECT_EQ(reader.Wait(), 0) << reader.err();
  EXPECT_TRUE(SameText(reader.out(), input_)) << "seed " << seed_;
}

TEST_F(CrashTest, ARecorderThatIsKilledContinuesItsTape) {
  MakeInput(1.0 * kills_);
  Program& publisher = Publisher("csv:" + (folder() / "ticks.csv"), {"--wait-for", "*"});
  const Arguments record = {RecordPath(), "--connect",       publisher.endpoint(),
                            "--output",   folder() / "tape", "--until-end"};
  Program* recorder = &RunAs("record", record);
  for (int i = 0; i < kills_; ++i) {
    WaitForAMoment();
    recorder->Kill();
    recorder = &RunAs("record" + std::to_string(i), record);
  }
  EXPECT_EQ(recorder->Wait(Seconds(60 + kills_)), 0) << recorder->err();
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  Program& replay = Publisher("tape:" + (folder() / "tape"), {"--speed", "max", "--wait-for", "*"});
  Program& reader = Desk(replay, {"--until-end"});
  EXPECT_EQ(reader.Wait(), 0) << reader.err();
  EXPECT_TRUE(SameText(reader.out(), input_)) << "seed " << seed_;
}

TEST_F(CrashTest, ASecondPublisherIsKeptOutOfTheJournal) {
  Publisher("synthetic:rate=100", {"--journal", folder() / "journal"});
  Program& second = Run({PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source",
                         "synthetic:rate=100", "--journal", folder() / "journal"});
  EXPECT_EQ(second.Wait(), 74) << second.err();
  EXPECT_TRUE(second.Said("another program is writing here")) << second.err();
}

TEST_F(CrashTest, AFolderThatCannotBeWrittenIsToldAtOnce) {
  WriteFile(folder() / "file", "in the way");
  Program& publisher = Run({PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source",
                            "synthetic:rate=100", "--journal", folder() / "file/journal"});
  EXPECT_EQ(publisher.Wait(), 74) << publisher.err();
  EXPECT_TRUE(publisher.Said("--journal: ")) << publisher.err();
}

// A disk of one megabyte.
class FullDiskTest : public CrashTest {
 protected:
  // The program with a small disk at `disk()`, in a mount namespace of its own.
  Arguments OnSmallDisk(const Arguments& program) {
    std::filesystem::create_directory(folder() / "disk");
    std::string command = "mount -t tmpfs -o size=1m none '" + disk() + "' && exec";
    for (const std::string& argument : program) command += " '" + argument + "'";
    return {"unshare", "--mount", "sh", "-c", command};
  }
  std::string disk() const { return folder() / "disk"; }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to mount a small disk";
    if (Run(OnSmallDisk({"true"})).Wait() != 0) GTEST_SKIP() << "no mount namespaces for us here";
  }
};

TEST_F(FullDiskTest, APublisherSaysSoAndStopsAndNothingIsPublishedThatIsNotInTheJournal) {
  Program& publisher =
      RunAs("full", OnSmallDisk({PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source",
                                 "synthetic:rate=50000", "--journal", disk() + "/journal"}));
  EXPECT_EQ(publisher.Wait(), 74) << publisher.err();
  EXPECT_TRUE(publisher.Said("No space left on device")) << publisher.err();
  EXPECT_TRUE(publisher.Said("--journal-failure")) << publisher.err();
}

TEST_F(FullDiskTest, APublisherGoesOnWithoutItsJournalIfItIsTold) {
  Arguments command =
      OnSmallDisk({PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source",
                   "synthetic:rate=50000,count=100000", "--journal", disk() + "/journal",
                   "--journal-failure", "publish-anyway", "--ready-file", folder() / "full.ready"});
  Program& publisher = RunAs("full", command);
  ASSERT_TRUE(publisher.AwaitReady());
  Program& desk = Desk(publisher, {"--until-end"});
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  EXPECT_TRUE(publisher.Said("No space left on device")) << publisher.err();
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
}

TEST_F(FullDiskTest, ARecorderSaysSoAndStops) {
  Program& publisher = Publisher("synthetic:rate=50000");
  Program& recorder = RunAs("full", OnSmallDisk({RecordPath(), "--connect", publisher.endpoint(),
                                                 "--output", disk() + "/tape"}));
  EXPECT_EQ(recorder.Wait(), 74) << recorder.err();
  EXPECT_TRUE(recorder.Said("No space left on device")) << recorder.err();
}

}  // namespace
}  // namespace fantail::testing
