// Objects: any bytes, from one publisher through gateways that do not look inside to many viewers.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "tests/system/lab.h"

namespace fantail::testing {
namespace {

std::string Noise(size_t bytes, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// Of every thread of the process: SCHED_OTHER is 0, SCHED_IDLE is 5.
std::set<int> Policies(pid_t pid) {
  std::set<int> policies;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    policies.insert(sched_getscheduler(std::stoi(task.path().filename())));
  }
  return policies;
}

class ObjectsTest : public Lab {
 protected:
  // Names and contents of the files that are published.
  std::string MakeFolder() {
    files_ = {{"film.mp4", Noise(6'000'000, 1)},
              {"empty.bin", ""},
              {"one part.txt", "a few words\n"},
              {"sub/model.onnx", Noise(300'000, 2)}};
    const std::string folder = this->folder() / "files";
    mkdir(folder.c_str(), 0755);
    mkdir((folder + "/sub").c_str(), 0755);
    for (const auto& [name, bytes] : files_) WriteFile(folder + "/" + name, bytes);
    return folder;
  }
  Program& Files(Arguments more = {}) {
    Arguments arguments = {"--feed", "files"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Publisher("files:" + MakeFolder(), arguments);
  }
  std::string OutputOf(int viewer) { return folder() / ("viewer" + std::to_string(viewer)); }
  Program& Viewer(const Program& above, int number, Arguments more = {}) {
    Arguments arguments = {DeskPath(), "--connect", above.endpoint(), "--feed",
                           "files",    "--output",  OutputOf(number)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  void ExpectAllFiles(int viewer) {
    for (const auto& [name, bytes] : files_) {
      EXPECT_TRUE(ReadFile(OutputOf(viewer) + "/" + name) == bytes) << viewer << ": " << name;
    }
  }

  std::map<std::string, std::string> files_;
};

TEST_F(ObjectsTest, CrossTheFirstLinkOnceForManyViewersBehindTwoGatewaysByteForByte) {
  Program& publisher = Files({"--wait-for", "*"});
  const std::string summary = folder() / "summary";
  Program& first = Gateway(publisher, {"--feed", "files", "--wan", "--summary", summary});
  Program& second = Gateway(first, {"--feed", "files"});
  constexpr int kViewers = 20;
  std::vector<Program*> viewers;
  for (int i = 0; i < kViewers; ++i) viewers.push_back(&Viewer(second, i, {"--until-end"}));
  for (int i = 0; i < kViewers; ++i) {
    EXPECT_EQ(viewers[static_cast<size_t>(i)]->Wait(), 0) << viewers[static_cast<size_t>(i)]->err();
    ExpectAllFiles(i);
  }
  EXPECT_EQ(publisher.Wait(), 0) << publisher.err();
  first.Signal(SIGTERM);
  first.Wait();
  const std::string said = publisher.err();
  EXPECT_EQ(said.find(" opened"), said.rfind(" opened")) << said;
  const std::string facts = ReadFile(summary);
  const std::string key = "wan_bytes_received ";
  ASSERT_NE(facts.find(key), std::string::npos) << facts;
  const double crossed = std::stod(facts.substr(facts.find(key) + key.size()));
  EXPECT_LT(crossed, 1.01 * 6'300'012) << facts;
  EXPECT_NE(viewers[0]->err().find("\"film.mp4\": 6000000 bytes, video/mp4"), std::string::npos)
      << viewers[0]->err();
}

TEST_F(ObjectsTest, AreWholeForWhoComesLater) {
  Program& publisher = Files({"--keep-open"});
  ASSERT_TRUE(publisher.Said("the source has ended"));
  Program& gateway = Gateway(publisher, {"--feed", "files"});
  for (int i = 0; i < 2; ++i) {
    Program& viewer = Viewer(gateway, i, {"--until-end"});
    EXPECT_EQ(viewer.Wait(), 0) << viewer.err();
    ExpectAllFiles(i);
  }
}

TEST_F(ObjectsTest, SurviveAGatewayThatIsKilledInTheMiddle) {
  Program& publisher = Files({"--wait-for", "*", "--rate", "20mbit"});
  Program& gateway = Gateway(publisher, {"--feed", "files"});
  const std::string listen = gateway.endpoint();
  Program& viewer = Viewer(gateway, 0, {"--until-end"});
  const std::string part = OutputOf(0) + "/.film.mp4.part";
  ASSERT_TRUE(Eventually([&] { return FileSize(part) > 500'000; })) << viewer.err();
  gateway.Kill();
  EXPECT_EQ(FileSize(OutputOf(0) + "/film.mp4"), 0u);
  GatewayAt(listen, publisher, {"--feed", "files"});
  EXPECT_EQ(viewer.Wait(), 0) << viewer.err();
  ExpectAllFiles(0);
}

TEST_F(ObjectsTest, AStreamReachesAPlayerByteForByteAndSaysSoWhenItHasCome) {
  const std::string bytes = Noise(3'000'000, 3);
  WriteFile(folder() / "film.ts", bytes);
  Program& publisher = Publisher("stream:tv/news.ts:" + (folder() / "film.ts"),
                                 {"--feed", "tv", "--speed", "max", "--wait-for", "tv/*"});
  Program& gateway = Gateway(publisher, {"--feed", "tv"});
  Program& player = Run({DeskPath(), "--connect", gateway.endpoint(), "--feed", "tv", "--output",
                         "-", "--until-end", "tv/news.ts"});
  // It starts the feed, and shows what it has no use for.
  Program& board = Run({DeskPath(), "--connect", gateway.endpoint(), "--feed", "tv", "--format",
                        "csv", "--until-end", "tv/*"});
  EXPECT_EQ(player.Wait(), 0) << player.err();
  EXPECT_TRUE(player.out() == bytes);
  EXPECT_NE(player.err().find("3000000 bytes, video/mp2t"), std::string::npos) << player.err();
  EXPECT_EQ(board.Wait(), 0) << board.err();
  EXPECT_NE(board.err().find("--output FOLDER keeps them"), std::string::npos) << board.err();
}

TEST_F(ObjectsTest, AreNoMatterOfATape) {
  Program& publisher = Files({"--keep-open"});
  Program& recorder = Run({RecordPath(), "--connect", publisher.endpoint(), "--feed", "files",
                           "--output", folder() / "tape"});
  EXPECT_EQ(recorder.Wait(), 1) << recorder.err();
  EXPECT_NE(recorder.err().find("this feed carries objects"), std::string::npos) << recorder.err();
}

TEST_F(ObjectsTest, WhatCannotBeMeantIsRefusedWithTheReason) {
  const std::string files = "files:" + MakeFolder();
  const auto fails = [&](Arguments arguments, int code, const std::string& why) {
    Program& program = Run(std::move(arguments));
    EXPECT_EQ(program.Wait(), code) << program.err();
    EXPECT_NE(program.err().find(why), std::string::npos) << program.err();
  };
  const Arguments publisher = {PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source"};
  const auto with = [](Arguments begin, Arguments more) {
    begin.insert(begin.end(), more.begin(), more.end());
    return begin;
  };
  fails(with(publisher, {files, "--journal", folder() / "j"}), 64, "--journal");
  fails(with(publisher, {"synthetic", "--rate", "1mbit"}), 64, "--rate");
  fails(with(publisher, {files, "--rate", "fast"}), 64, "20mbit");
  fails(with(publisher, {"files:"}), 64, "files:FOLDER");
  fails(with(publisher, {"files:/no/such/folder"}), 74, "cannot read that folder");
  fails(with(publisher, {"stream:a"}), 64, "stream:TOPIC:FILE");
  const Arguments desk = {DeskPath(), "--connect", "tcp://127.0.0.1:1", "--output"};
  fails(with(desk, {"-", "a*"}), 64, "one topic");
  fails(with(desk, {"x", "--format", "csv"}), 64, "--format");
  fails(with(desk, {"/proc/no/way"}), 74, "/proc/no/way");
}

TEST_F(ObjectsTest, InTheBackgroundGiveWayWithEveryThread) {
  Program& publisher = Files({"--background", "--keep-open"});
  Program& gateway = Gateway(publisher, {"--feed", "files"});
  EXPECT_EQ(Policies(publisher.process().pid()), std::set<int>{SCHED_IDLE});
  EXPECT_EQ(Policies(gateway.process().pid()), std::set<int>{SCHED_OTHER});
}

}  // namespace
}  // namespace fantail::testing
