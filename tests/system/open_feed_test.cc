// The open feed, as trading desks use it: subscribers in Python and for Node beside a desk of ours,
// and some that mean harm.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <zmq.hpp>

#include "fantail/text/line_reader.h"
#include "tests/support/recorded_data.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

// The rows of trades, under the header.
std::string TradesOf(std::string_view csv) {
  std::string trades;
  for (const std::string_view row : LinesOf(csv)) {
    if (row == kHeader || row.find(",trade,") != std::string_view::npos) trades += row;
  }
  return trades;
}

// So many rows of a recorded file, as they are.
std::string FirstRows(const std::string& path, size_t rows) {
  auto reader = text::LineReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::string csv;
  std::string_view line;
  for (size_t i = 0; i <= rows; ++i) {
    if ((*reader)->Next(&line) != text::LineReader::Result::kLine) break;
    csv.append(line).append("\n");
  }
  return csv;
}

class OpenFeedTest : public Lab {
 protected:
  //   publisher --- gateway --- open feed --- subscribers
  //                     '-- desks
  // The first tick waits until somebody wants `wait_for_`.
  void StartFeed(const std::string& input, const Arguments& publisher = {"--speed", "max"},
                 const Arguments& open_feed = {}) {
    WriteFile(folder() / "ticks.csv", input);
    Arguments arguments = {"--wait-for", wait_for_};
    arguments.insert(arguments.end(), publisher.begin(), publisher.end());
    gateway_ =
        &Gateway(Publisher("csv:" + (folder() / "ticks.csv"), arguments), gateway_arguments_);
    Arguments all = {OPEN_FEED,
                     "--connect",
                     gateway_->endpoint(),
                     "--listen",
                     "tcp://127.0.0.1:*",
                     "--ready-file",
                     folder() / "open.ready",
                     "--status-every",
                     "50ms"};
    all.insert(all.end(), open_feed.begin(), open_feed.end());
    open_ = &RunAs("open", all);
    ASSERT_TRUE(open_->AwaitReady());
  }
  // What flows to it, as its newest status line says.
  std::string Taking() const {
    const std::string err = open_->err();
    const size_t at = err.rfind(", taking ");
    return at == std::string::npos ? "" : err.substr(at + 9, err.find(',', at + 9) - at - 9);
  }
  ::testing::AssertionResult EventuallyTakes(const std::string& patterns) {
    if (Eventually([&] { return Taking() == patterns; })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "it takes " << Taking() << "\n" << open_->err();
  }

  Program& Python(const Arguments& patterns) {
    return Client({"/usr/bin/python3", EXAMPLE_OPEN_FEED_PY}, patterns);
  }
  Program& Client(Arguments command, const Arguments& patterns) {
    command.push_back(open_->endpoint());
    command.insert(command.end(), patterns.begin(), patterns.end());
    return RunAs("client" + std::to_string(++clients_), command);
  }
  // Why there can be no client in Python; empty if there can be one.
  std::string NoPython() {
    Program& probe = Run({"/usr/bin/python3", "-c", "import flatbuffers, zmq"});
    return probe.Wait() == 0 ? "" : "needs python3-zmq and python3-flatbuffers: " + probe.err();
  }

  std::string wait_for_ = "*";
  Arguments gateway_arguments_;
  Program* gateway_ = nullptr;
  Program* open_ = nullptr;
  int clients_ = 0;
};

#define FANTAIL_NEEDS_PYTHON() \
  if (const std::string why = NoPython(); !why.empty()) GTEST_SKIP() << why

enum class Language : uint8_t { kPython, kNode };

class OpenFeedClientsTest : public OpenFeedTest, public ::testing::WithParamInterface<Language> {
 protected:
  // Why there can be no such client; empty if there can be one.
  std::string Prepare() {
    if (GetParam() == Language::kPython) {
      command_ = {"/usr/bin/python3", EXAMPLE_OPEN_FEED_PY};
      return NoPython();
    }
    // What is fetched stays in the build folder; two tests at once take turns.
    const std::string node = EXAMPLE_FOLDER "/node";
    command_ = {"node", node + "/open_feed.mjs"};
    Program& build = Run({"flock", "-w", "60", EXAMPLE_FOLDER, "timeout", "60",
                          FANTAIL_SOURCE_DIR "/docs/examples/build_node", node});
    if (build.Wait(Seconds(125)) == 0) return "";
    return "needs node 20 with npm, and what package.json names: " + build.err();
  }
  // Desks and clients of a topic, a prefix and everything. `all` are prefixes of all topics.
  void ExpectTheSameTrades(const std::string& topic, const std::string& prefix,
                           const Arguments& all) {
    std::vector<Program*> desks;
    for (const Arguments& patterns : {Arguments{topic}, Arguments{prefix}, all}) {
      Arguments arguments = patterns;
      arguments.push_back("--until-end");
      desks.push_back(&LiveDesk(*gateway_, arguments));
    }
    std::vector<Program*> clients = {&Client(command_, {topic}), &Client(command_, {prefix})};
    const std::string both = topic < prefix ? topic + " " + prefix : prefix + " " + topic;
    ASSERT_TRUE(EventuallyTakes(both));
    clients.push_back(&Client(command_, {"*"}));
    for (size_t i = 0; i < desks.size(); ++i) {
      EXPECT_EQ(desks[i]->Wait(), 0) << desks[i]->err();
      EXPECT_EQ(clients[i]->Wait(Seconds(60)), 0) << clients[i]->err();
      const std::string wanted = TradesOf(desks[i]->out());
      const std::string got = clients[i]->out();
      EXPECT_GT(wanted.size(), 1000u);
      EXPECT_EQ(got.size(), wanted.size()) << clients[i]->err();
      // The order of the topics among each other is not promised.
      EXPECT_EQ(BySymbol(got), BySymbol(wanted));
      if (i == 0) {
        EXPECT_TRUE(SameText(got, wanted));
      }
    }
  }

  Arguments command_;
};

#define FANTAIL_NEEDS_CLIENT() \
  if (const std::string why = Prepare(); !why.empty()) GTEST_SKIP() << why

INSTANTIATE_TEST_SUITE_P(, OpenFeedClientsTest,
                         ::testing::Values(Language::kPython, Language::kNode),
                         [](const auto& language) {
                           return language.param == Language::kPython ? "Python" : "Node";
                         });

TEST_P(OpenFeedClientsTest, PrintTheTradesOfMadeUpTicksAsADeskDoes) {
  FANTAIL_NEEDS_CLIENT();
  StartFeed(MadeUpTicks(5000, 23));
  ExpectTheSameTrades("AAPL", "B*", {"A*", "B*", "M*", "Z*", "1*"});
}

TEST_P(OpenFeedClientsTest, PrintTheTradesOfUsEquitiesAsADeskDoes) {
  FANTAIL_NEEDS_CLIENT();
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("us_eq_20131008.csv.gz", &path);
  StartFeed(FirstRows(path, 20'000));
  ExpectTheSameTrades("AIG", "B*", {"A*", "B*", "I*", "S*"});
}

TEST_P(OpenFeedClientsTest, PrintTheTradesOfManyDecimalsAsADeskDoes) {
  FANTAIL_NEEDS_CLIENT();
  std::string path;
  FANTAIL_NEEDS_RECORDED_DATA("crypto20_aligned.csv.gz", &path);
  const std::string input = FirstRows(path, 20'000);
  StartFeed(input);
  std::map<std::string, size_t> trades;
  const std::string rows = TradesOf(input);
  for (const auto& [symbol, all] : BySymbol(rows)) trades[symbol] = all.size();
  Arguments all;
  std::string topic = trades.begin()->first;
  for (const auto& [symbol, count] : trades) {
    const std::string letter = symbol.substr(0, 1) + "*";
    if (all.empty() || all.back() != letter) all.push_back(letter);
    if (symbol[0] != 'B' && count > trades[topic]) topic = symbol;
  }
  ExpectTheSameTrades(topic, "B*", all);
}

TEST_F(OpenFeedTest, TakesWhatItsSubscribersWantAndNoMore) {
  StartFeed(MadeUpTicks(100, 1), {}, {"--linger", "200ms"});
  zmq::context_t context;
  zmq::socket_t one(context, zmq::socket_type::sub);
  zmq::socket_t two(context, zmq::socket_type::sub);
  one.connect(open_->endpoint());
  two.connect(open_->endpoint());
  EXPECT_TRUE(EventuallyTakes("nothing"));
  one.set(zmq::sockopt::subscribe, std::string("AAPL\0", 5));
  one.set(zmq::sockopt::subscribe, "B");
  one.set(zmq::sockopt::subscribe, "$fantail/");
  EXPECT_TRUE(EventuallyTakes("AAPL B*"));
  two.set(zmq::sockopt::subscribe, "B");
  two.set(zmq::sockopt::subscribe, "BAC");
  two.set(zmq::sockopt::subscribe, "M");
  EXPECT_TRUE(EventuallyTakes("AAPL B* M*"));
  one.set(zmq::sockopt::unsubscribe, "B");
  one.set(zmq::sockopt::unsubscribe, std::string("AAPL\0", 5));
  EXPECT_TRUE(EventuallyTakes("B* M*"));
  two.set(zmq::sockopt::linger, 0);
  two.close();
  EXPECT_TRUE(EventuallyTakes("nothing"));
}

TEST_F(OpenFeedTest, WhatIsRefusedAboveCostsNobodyElseAnything) {
  gateway_arguments_ = {"--allow", "A*"};
  StartFeed(MadeUpTicks(100, 1));
  zmq::context_t context;
  zmq::socket_t one(context, zmq::socket_type::sub);
  zmq::socket_t two(context, zmq::socket_type::sub);
  one.connect(open_->endpoint());
  two.connect(open_->endpoint());
  one.set(zmq::sockopt::subscribe, std::string("AAPL\0", 5));
  EXPECT_TRUE(EventuallyTakes("AAPL"));
  two.set(zmq::sockopt::subscribe, "");
  EXPECT_TRUE(open_->Said("refused above: *: gateway2 allows only A*")) << open_->err();
  two.set(zmq::sockopt::subscribe, "AI");
  EXPECT_TRUE(EventuallyTakes("AAPL AI*"));
}

TEST_F(OpenFeedTest, SaysWhatIsStale) {
  FANTAIL_NEEDS_PYTHON();
  StartFeed(MadeUpTicks(100, 1));
  Program& client = Python({"AAPL"});
  ASSERT_TRUE(client.Said("open_feed.py: live"));
  const std::string listen = gateway_->endpoint();
  gateway_->Kill();
  EXPECT_TRUE(client.Said("open_feed.py: stale link to gateway")) << client.err();
  open_->Signal(SIGSTOP);
  EXPECT_TRUE(client.Said("stale: nothing has come for 3 s")) << client.err();
  open_->Signal(SIGCONT);
  open_->Signal(SIGTERM);
  EXPECT_TRUE(client.Said("stale the open feed stops")) << client.err();
  EXPECT_EQ(open_->Wait(), 0);
}

// Speaks ZMTP 3.0 well enough to be taken for a SUB, and says whatever it likes.
class RawSubscriber {
 public:
  explicit RawSubscriber(const std::string& endpoint) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const int port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    std::string greeting(64, '\0');
    greeting.replace(0, 1, "\xff").replace(9, 3, std::string("\x7f\3\0", 3));
    Send(greeting.replace(12, 4, "NULL"));
    const std::string ready("\5READY\13Socket-Type\0\0\0\3SUB", 25);
    Send(std::string("\4") + static_cast<char>(ready.size()) + ready);
    // What is said before the other side has answered is not always heard.
    char answer[64 + 2 + 26];
    EXPECT_EQ(recv(fd_, answer, sizeof answer, MSG_WAITALL), ssize_t{sizeof answer});
  }
  ~RawSubscriber() { close(fd_); }
  RawSubscriber(const RawSubscriber&) = delete;
  RawSubscriber& operator=(const RawSubscriber&) = delete;

  // A message of one frame. REQUIRES: at most 255 bytes.
  void Say(const std::string& frame, bool more = false) {
    Send(std::string(1, more ? '\1' : '\0') + static_cast<char>(frame.size()) + frame);
  }
  void Send(const std::string& bytes) {
    (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

 private:
  const int fd_;
};

TEST_F(OpenFeedTest, SubscribersThatMeanHarmHarmNobody) {
  FANTAIL_NEEDS_PYTHON();
  const std::string input = MadeUpTicks(4000, 29);  // four seconds
  wait_for_ = "GO";
  StartFeed(input, {}, {"--linger", "0s"});
  Program& desk = LiveDesk(*gateway_, {"--until-end", "AAPL", "B*"});
  Program& client = Python({"AAPL", "B*"});
  ASSERT_TRUE(EventuallyTakes("AAPL B*"));

  const std::string& at = open_->endpoint();
  RawSubscriber forger(at);
  RawSubscriber noise(at);
  std::mt19937 random(31);
  int rounds = 0;
  const auto harm = [&] {
    // What others want, cancelled; twice what it wanted itself.
    for (const std::string& prefix : {std::string("AAPL\0", 5), std::string("B")}) {
      forger.Say('\0' + prefix);
      forger.Say('\1' + prefix);
      forger.Say('\1' + prefix);
      forger.Say('\0' + prefix);
      forger.Say('\0' + prefix);
    }
    std::string bytes(200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    noise.Say(bytes);
    noise.Say('\1' + bytes, /*more=*/true);
    noise.Say("\1$fantail/");
    // An XPUB walks through all patterns for each that leaves: many a second would be too many.
    if (++rounds % 20 != 0) return;
    RawSubscriber(at).Say('\1' + bytes);
    // A prefix of 64 KiB, and what is no ZMTP.
    RawSubscriber(at).Send(std::string("\2\0\0\0\0\0\1\0\0\1", 10) + std::string(65535, 'x'));
    RawSubscriber(at).Send(bytes);
  };
  for (int i = 0; i < 200; ++i) harm();
  forger.Say(std::string("\1GO\0", 4));
  EXPECT_TRUE(EventuallyTakes("AAPL B* GO"));
  ASSERT_TRUE(Eventually([&] {
    harm();
    return client.out_size() > 5'000;
  })) << client.err();

  zmq::context_t context;
  zmq::socket_t greedy(context, zmq::socket_type::sub);
  greedy.set(zmq::sockopt::linger, 0);
  greedy.set(zmq::sockopt::sndhwm, 0);
  greedy.connect(at);
  for (int i = 0; i < 20'000; ++i) {
    greedy.set(zmq::sockopt::subscribe, "greedy" + std::to_string(i));
  }
  EXPECT_TRUE(EventuallyTakes("*"));
  const size_t before = client.out_size();
  EXPECT_TRUE(Eventually([&] {
    harm();
    return client.out_size() > before + 10'000;
  }));
  greedy.close();
  EXPECT_TRUE(EventuallyTakes("AAPL B* GO"));
  EXPECT_TRUE(Eventually([&] {
    harm();
    return !desk.process().Runs();
  }));
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_EQ(client.Wait(), 0) << client.err();
  const std::string got = client.out();
  const std::string wanted = TradesOf(desk.out());
  EXPECT_EQ(BySymbol(got), BySymbol(wanted));
  EXPECT_EQ(wanted, TradesOf(Filtered(input, {"AAPL", "B*"})));
  EXPECT_TRUE(open_->Said("more than 10000 patterns: everything is taken"));
  EXPECT_TRUE(open_->Said("no topic begins with what a subscriber asks for"));
}

TEST_F(OpenFeedTest, ASubscriberThatReadsNothingHoldsUpNobody) {
  FANTAIL_NEEDS_PYTHON();
  StartFeed(MadeUpTicks(60'000, 37), {"--speed", "20"}, {"--summary", folder() / "summary"});
  Program& desk = LiveDesk(*gateway_, {"--until-end", "AAPL"});
  Program& client = Python({"AAPL"});
  zmq::context_t context;
  zmq::socket_t stopped(context, zmq::socket_type::sub);
  stopped.set(zmq::sockopt::linger, 0);
  stopped.set(zmq::sockopt::rcvhwm, 1);
  stopped.set(zmq::sockopt::rcvbuf, 4096);
  stopped.connect(open_->endpoint());
  ASSERT_TRUE(EventuallyTakes("AAPL"));
  stopped.set(zmq::sockopt::subscribe, "");
  EXPECT_EQ(desk.Wait(Seconds(60)), 0) << desk.err();
  EXPECT_EQ(client.Wait(), 0) << client.err();
  EXPECT_TRUE(SameText(client.out(), TradesOf(desk.out()))) << client.err();
  // It has what fitted its queue, and no more.
  stopped.set(zmq::sockopt::rcvtimeo, 500);
  size_t frames = 0;
  for (zmq::message_t frame; stopped.recv(frame);) ++frames;
  open_->Signal(SIGTERM);
  EXPECT_EQ(open_->Wait(), 0);
  const std::string summary = ReadFile(folder() / "summary");
  const size_t sent = std::stoul(summary.substr(summary.find("messages_sent ") + 14));
  EXPECT_GT(frames / 2, 1000u);
  EXPECT_LT(frames / 2, sent / 2);
}

}  // namespace
}  // namespace fantail::testing
