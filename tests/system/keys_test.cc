// Keys, as an operator uses them: headquarters, a branch and a desk that know each other.
#include <csignal>

#include "fantail/net/dealer.h"
#include "fantail/net/session_router.h"
#include "fantail/wire/limits.h"
#include "tests/system/key_lab.h"

namespace fantail::testing {
namespace {

using KeysTest = KeyLab;

TEST_F(KeysTest, TicksReachADeskWhoseKeyIsKnownAndTheLogSaysWhoseItIs) {
  StartBranch(500);
  ExpectAll(StartDesk());
  EXPECT_TRUE(gateway_->Said("user desk")) << gateway_->err();
  EXPECT_TRUE(publisher_->Said("user branch")) << publisher_->err();
}

// Encrypted it is longer than any plain one may be.
TEST_F(KeysTest, TheLargestMessageArrives) {
  net::Context above(KeysOf("hq"));
  net::Context below(KeysOf("branch"));
  net::SessionRouter router(&above);
  const absl::StatusOr<std::string> bound = router.Bind("tcp://127.0.0.1:*");
  ASSERT_TRUE(bound.ok()) << bound.status();
  net::Dealer dealer(&below, *bound);
  ASSERT_TRUE(Eventually([&] { return dealer.Check() == net::Dealer::Link::kUp; })) << dealer.why();
  const std::vector<std::byte> largest(wire::kMaxMessageBytes, std::byte{'x'});
  ASSERT_TRUE(dealer.Send(wire::Message::CopyOf(largest)));
  std::string address;
  ASSERT_TRUE(Eventually([&] {
    router.Receive(
        [&](const net::SessionRouter::From& from, const wire::Message& message) {
          EXPECT_EQ(from.user, "branch");
          EXPECT_EQ(message.size(), largest.size());
          address = from.address;
        },
        1);
    return !address.empty();
  }));
  EXPECT_EQ(router.Send(address, wire::Message::CopyOf(largest)), wire::SendResult::kSent);
  size_t came = 0;
  EXPECT_TRUE(Eventually([&] {
    dealer.Receive(
        [&](std::span<const std::byte> bytes) {
          came = bytes.size();
          return true;
        },
        1);
    return came > 0;
  }));
  EXPECT_EQ(came, largest.size());
}

TEST_F(KeysTest, AKeyThatNobodyKnowsIsToldSoAndComesInOnceItIsKnown) {
  StartBranch(500);
  Know("stranger", "branch");
  Program& desk = Desk(*gateway_, {"--keys", Folder("stranger"), "--until-end"});
  EXPECT_TRUE(desk.Said("it does not know the key of stranger; put stranger.public into clients"))
      << desk.err();
  const std::string key = KeysOf("stranger")->own.key;
  EXPECT_TRUE(gateway_->Said("with the key " + key)) << gateway_->err();
  std::filesystem::copy_file(PublicOf("stranger"), ClientFile("stranger", "branch"));
  gateway_->Signal(SIGHUP);
  ExpectAll(desk);
}

// Of two gateways it knows by their addresses which key is whose.
TEST_F(KeysTest, ADeskMovesToAnotherGatewayWhoseKeyItKnows) {
  MakeKeys("other");
  LetIn("other", "hq");
  LetIn("desk", "other");
  StartBranch(3000);
  Program& other = Gateway(*publisher_, {"--keys", Folder("other")});
  const auto say_where = [&](const std::string& name, const Program& node) {
    const std::string file = Folder("desk") + "/nodes/" + name + ".public";
    const std::string address = node.endpoint().substr(std::string("tcp://").size());
    WriteFile(file, ReadFile(file) + "at " + address + "\n");
  };
  Program& first =
      Gateway(*publisher_, {"--keys", Folder("branch"), "--move-to", other.endpoint()});
  say_where("other", other);
  say_where("branch", first);
  Program& desk = Desk(first, {"--keys", Folder("desk"), "--until-end"});
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 10'000; })) << desk.err();
  first.Signal(SIGUSR1);
  EXPECT_TRUE(other.Said("user desk")) << other.err();
  ExpectAll(desk);
  EXPECT_EQ(desk.err().find("stale"), std::string::npos) << desk.err();
}

TEST_F(KeysTest, ABusAndItsClientsHaveKeys) {
  Program& bus = RunAs("bus", {BusPath(), "run", "--listen", "tcp://127.0.0.1:*", "--keys",
                               Folder("branch"), "--ready-file", folder() / "bus.ready"});
  ASSERT_TRUE(bus.AwaitReady());
  const auto status = [&](const std::string& name) -> Program& {
    return Run({BusPath(), "status", "--connect", bus.endpoint(), "--keys", Folder(name),
                "--timeout", "1s"});
  };
  Program& desk = status("desk");
  EXPECT_EQ(desk.Wait(), 0) << desk.err();
  EXPECT_NE(desk.out().find("members"), std::string::npos) << desk.out();
  Know("stranger", "branch");
  EXPECT_NE(status("stranger").Wait(), 0);
  EXPECT_TRUE(bus.Said("which is not in clients")) << bus.err();
}

TEST_F(KeysTest, AnOpenFeedIsForThoseWithKeys) {
  StartBranch(6000);
  LetIn("stranger", "branch");
  std::filesystem::copy_file(PublicOf("stranger"), ClientFile("stranger", "desk"));
  Program& open =
      RunAs("open", {OPEN_FEED, "--connect", gateway_->endpoint(), "--listen", "tcp://127.0.0.1:*",
                     "--keys", Folder("desk"), "--ready-file", folder() / "open.ready"});
  ASSERT_TRUE(open.AwaitReady());
  const std::string key = KeysOf("desk")->own.key;
  const auto stranger = KeysOf("stranger");
  const auto hq = KeysOf("hq");
  ZmqClient known(zmq::socket_type::sub, open.endpoint(), stranger.get(), key);
  ZmqClient unknown(zmq::socket_type::sub, open.endpoint(), hq.get(), key);
  ZmqClient plain(zmq::socket_type::sub, open.endpoint(), nullptr, "");
  EXPECT_TRUE(known.Hears(kPatience));
  EXPECT_FALSE(unknown.Hears(Seconds(0.5)));
  EXPECT_FALSE(plain.Hears(Seconds(0.1)));
  std::filesystem::remove(ClientFile("stranger", "desk"));
  open.Signal(SIGHUP);
  EXPECT_TRUE(open.Said("--keys has been read again")) << open.err();
  const double until = Now() + kWithin.count();
  while (Now() < until && known.Hears(Seconds(0.5))) {
  }
  EXPECT_LT(Now(), until) << "it still hears the feed";
}

// As docs/keys.md says it.
TEST_F(KeysTest, ASubscriberInPythonHearsAnOpenFeedWithItsKeys) {
  Program& probe = Run({"/usr/bin/python3", "-c", "import zmq"});
  if (probe.Wait() != 0) GTEST_SKIP() << "needs python3-zmq: " << probe.err();
  StartBranch(6000);
  LetIn("stranger", "desk");
  Program& open =
      RunAs("open", {OPEN_FEED, "--connect", gateway_->endpoint(), "--listen", "tcp://127.0.0.1:*",
                     "--keys", Folder("desk"), "--ready-file", folder() / "open.ready"});
  ASSERT_TRUE(open.AwaitReady());
  const std::string docs = ReadFile(FANTAIL_SOURCE_DIR "/docs/keys.md");
  const size_t begin = docs.find("```python\n") + 10;
  std::string code = "import sys, zmq\nsocket = zmq.Context().socket(zmq.SUB)\n" +
                     docs.substr(begin, docs.find("```", begin) - begin) +
                     "socket.rcvtimeo = 10000\nsocket.linger = 0\nsocket.subscribe(b'')\n"
                     "socket.connect(sys.argv[1])\nprint(len(socket.recv_multipart()))\n";
  const auto replace = [&](const std::string& what, const std::string& by) {
    for (size_t at; (at = code.find(what)) != code.npos;) code.replace(at, what.size(), by);
  };
  replace("\"keys/desk7", "\"" + Folder("stranger") + "/stranger");
  replace("\"keys/nodes/branch1", "\"" + Folder("stranger") + "/nodes/desk");
  Program& python = Run({"/usr/bin/python3", "-c", code, open.endpoint()});
  EXPECT_EQ(python.Wait(), 0) << python.err();
  EXPECT_EQ(python.out(), "2\n");
}

}  // namespace
}  // namespace fantail::testing
