// Keys, as an operator uses them: headquarters, a branch and a desk that know each other; and those
// that do not belong.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <zmq.hpp>

#include "fantail/net/dealer.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/session_router.h"
#include "fantail/net/sockets.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {
namespace {

constexpr Seconds kWithin{5};  // what is taken away is gone

std::string PortOf(const std::string& endpoint) {
  return endpoint.substr(endpoint.rfind(':') + 1);
}

// A plain TCP connection.
class TcpClient {
 public:
  explicit TcpClient(const std::string& endpoint) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(PortOf(endpoint))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~TcpClient() { close(fd_); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  void Send(std::string_view bytes) { (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Whether the other side hangs up; what it had to say before is in `heard`.
  bool IsCut(Seconds patience) {
    return Eventually(
        [&] {
          char block[256];
          const ssize_t n = recv(fd_, block, sizeof block, MSG_DONTWAIT);
          if (n > 0) heard.append(block, static_cast<size_t>(n));
          return n == 0 || (n < 0 && errno != EAGAIN);
        },
        patience);
  }
  std::string heard;

 private:
  int fd_;
};

// A client of any socket type, with keys or without.
class ZmqClient {
 public:
  ZmqClient(zmq::socket_type type, const std::string& endpoint, const Keys* own,
            const std::string& node_key)
      : socket_(context_, type) {
    socket_.set(zmq::sockopt::linger, 0);
    if (own != nullptr) {
      socket_.set(zmq::sockopt::curve_publickey, own->own.key);
      socket_.set(zmq::sockopt::curve_secretkey, own->secret);
      socket_.set(zmq::sockopt::curve_serverkey, node_key);
    }
    if (type == zmq::socket_type::sub) socket_.set(zmq::sockopt::subscribe, "");
    socket_.connect(endpoint);
  }
  void Send(const wire::Message& message) {
    socket_.send(zmq::const_buffer(message.bytes().data(), message.size()),
                 zmq::send_flags::dontwait);
  }
  // Whether anything comes.
  bool Hears(Seconds patience) {
    socket_.set(zmq::sockopt::rcvtimeo,
                static_cast<int>(std::chrono::duration<double, std::milli>(patience).count()));
    zmq::message_t frame;
    return socket_.recv(frame).has_value();
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

wire::Message Hello(uint64_t node) {
  return wire::Encode(wire::Hello{.feed = "ticks", .name = "mallory", .node = {node}});
}

class KeysTest : public Lab {
 protected:
  void SetUp() override {
    for (const char* name : {"hq", "branch", "desk", "stranger"}) MakeKeys(name);
    LetIn("branch", "hq");
    LetIn("desk", "branch");
  }

  std::string Folder(const std::string& name) { return folder() / name; }
  void MakeKeys(const std::string& name) {
    EXPECT_EQ(Run({KEYGEN, "--keys", Folder(name), name}).Wait(), 0);
  }
  std::string PublicOf(const std::string& name) { return Folder(name) + "/" + name + ".public"; }
  std::string ClientFile(const std::string& client, const std::string& node) {
    return Folder(node) + "/clients/" + client + ".public";
  }
  // What an operator copies: the client knows the node, and the node the client.
  void LetIn(const std::string& client, const std::string& node) {
    std::filesystem::copy_file(PublicOf(client), ClientFile(client, node));
    Know(client, node);
  }
  void Know(const std::string& client, const std::string& node) {
    std::filesystem::copy_file(PublicOf(node), Folder(client) + "/nodes/" + node + ".public");
  }
  // Of the folder with other files in nodes.
  std::shared_ptr<const Keys> KeysOf(const std::string& name) {
    auto keys = net::ReadKeys(Folder(name));
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? *keys : nullptr;
  }

  // A live replay of so many milliseconds to a desk that is there when the first tick comes.
  void StartBranch(size_t rows) {
    input_ = MadeUpTicks(rows, 12);
    WriteFile(folder() / "ticks.csv", input_);
    publisher_ = &Publisher("csv:" + (folder() / "ticks.csv"),
                            {"--wait-for", "*", "--keys", Folder("hq"), "--keep-open"});
    gateway_ = &Gateway(*publisher_, {"--keys", Folder("branch")});
  }
  Program& StartDesk() { return Desk(*gateway_, {"--keys", Folder("desk"), "--until-end"}); }
  void ExpectAll(Program& desk) {
    EXPECT_EQ(desk.Wait(), 0) << desk.err();
    EXPECT_TRUE(SameText(desk.out(), input_));
  }

  std::string input_;
  Program* publisher_ = nullptr;
  Program* gateway_ = nullptr;
};

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

TEST_F(KeysTest, AWrongKeyOfTheNodeIsTold) {
  StartBranch(1);
  std::filesystem::rename(Folder("desk") + "/nodes/branch.public", folder() / "moved");
  Know("desk", "stranger");
  Program& desk = StartDesk();
  EXPECT_TRUE(desk.Said("its key is not that of nodes/stranger.public")) << desk.err();
}

TEST_F(KeysTest, AProgramWithoutKeysIsToldThatTheNodeWantsSome) {
  StartBranch(1);
  EXPECT_TRUE(Desk(*gateway_).Said("it wants keys, and there are none here; give --keys"));
}

TEST_F(KeysTest, AProgramWithKeysIsToldThatTheNodeHasNone) {
  Program& publisher = Publisher("synthetic:symbols=1,rate=1,seed=1");
  Program& desk = Desk(publisher, {"--keys", Folder("desk")});
  EXPECT_TRUE(desk.Said("it has no keys; leave --keys away here")) << desk.err();
}

TEST_F(KeysTest, EveryProgramRefusesASecretThatOthersCanRead) {
  WriteFile(folder() / "ticks.csv", MadeUpTicks(1, 1));
  const std::string keys = Folder("branch");
  const std::string secret = keys + "/branch.secret";
  ASSERT_EQ(chmod(secret.c_str(), 0644), 0);
  const std::string listen = "tcp://127.0.0.1:*";
  const std::string connect = "tcp://127.0.0.1:9";
  const std::vector<Arguments> programs = {
      {PublisherPath(), "--listen", listen, "--source", "csv:" + (folder() / "ticks.csv")},
      {GatewayPath(), "--listen", listen, "--upstream", connect},
      {DeskPath(), "--connect", connect},
      {DeskPath(), "directory", "--bus", connect},
      {RecordPath(), "--connect", connect, "--output", folder() / "tape"},
      {BusPath(), "run", "--listen", listen},
      {BusPath(), "status", "--connect", connect},
      {HistoryPath(), "--connect", connect, folder() / "tape"},
      {OPEN_FEED, "--connect", connect, "--listen", listen},
      {ReplayPath(), "--listen", listen, folder() / "tape"}};
  for (Arguments arguments : programs) {
    arguments.insert(arguments.end(), {"--keys", keys});
    Program& program = Run(arguments);
    EXPECT_EQ(program.Wait(), 78) << arguments.front();
    const std::string err = program.err();
    EXPECT_NE(
        err.find(secret + ": mode 0644: others can read or change this secret; run chmod 600 " +
                 secret),
        err.npos)
        << err;
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
  }
}

TEST_F(KeysTest, AFolderThatIsNotGoodIsAnErrorInOneLine) {
  const auto expect = [&](const std::string& what) {
    Program& gateway = Run({GatewayPath(), "--listen", "tcp://127.0.0.1:*", "--upstream",
                            "tcp://127.0.0.1:9", "--keys", Folder("branch")});
    EXPECT_EQ(gateway.Wait(), 78);
    const std::string err = gateway.err();
    EXPECT_NE(err.find(what), err.npos) << err;
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
  };
  const std::string bad = Folder("branch") + "/clients/bad.public";
  WriteFile(bad, "public 123\n");
  expect("bad.public:1: not a key; write its 40 characters");
  WriteFile(bad, "# nothing\n");
  expect("bad.public: no key in it");
  WriteFile(bad, "public " + KeysOf("stranger")->own.key + "\nsecrets\n");
  expect("bad.public:2: not a line of a key file");
  WriteFile(bad, "secret " + KeysOf("stranger")->secret + "\n");
  expect("bad.public: a secret key; make a new pair");
  WriteFile(bad, std::string(5000, '#'));
  expect("bad.public: no key file: over 4096 bytes");
  WriteFile(bad, "public " + KeysOf("desk")->own.key + "\n");
  expect("bad and desk have the same key");
  std::filesystem::remove(bad);
  std::filesystem::create_directory(bad);
  expect("bad.public: not a file");
  std::filesystem::remove(bad);
  std::filesystem::copy_file(PublicOf("stranger"), Folder("branch") + "/nodes/stranger.public");
  expect("of hq and stranger neither says where it listens");
  std::filesystem::remove(Folder("branch") + "/nodes/stranger.public");
  std::filesystem::permissions(Folder("branch") + "/clients", std::filesystem::perms::all);
  expect("clients: mode 0777: others can write it; run chmod go-w");
  std::filesystem::permissions(Folder("branch") + "/clients", std::filesystem::perms::owner_all);
  std::filesystem::remove(ClientFile("desk", "branch"));
  expect("nobody may connect to --listen");
  std::filesystem::remove(Folder("branch") + "/branch.secret");
  expect("no secret key in it; make one with fantail-keygen");
}

TEST_F(KeysTest, AKeyThatIsTakenAwayEndsItsSessionAndTheOthersGoOn) {
  LetIn("stranger", "branch");
  StartBranch(6000);
  Program& desk = StartDesk();
  desk.AwaitReady();
  Program& stranger = Desk(*gateway_, {"--keys", Folder("stranger"), "--until-end"});
  ASSERT_TRUE(Eventually([&] { return stranger.out_size() > 1000; })) << stranger.err();
  std::filesystem::remove(ClientFile("stranger", "branch"));
  gateway_->Signal(SIGHUP);
  EXPECT_TRUE(stranger.Said("the key of stranger has been taken away", kWithin)) << stranger.err();
  EXPECT_TRUE(stranger.Said("it does not know the key of stranger", kWithin)) << stranger.err();
  const size_t size = stranger.out_size();
  ExpectAll(desk);
  EXPECT_EQ(stranger.out_size(), size);
}

TEST_F(KeysTest, WhoseKeyIsTakenAwayIsNotHeardOverItsOldConnection) {
  LetIn("stranger", "branch");
  StartBranch(3000);
  Program& desk = StartDesk();
  const auto stranger = KeysOf("stranger");
  ZmqClient client(zmq::socket_type::dealer, gateway_->endpoint(), stranger.get(),
                   KeysOf("branch")->own.key);
  client.Send(Hello(1));
  ASSERT_TRUE(client.Hears(kPatience));
  std::filesystem::remove(ClientFile("stranger", "branch"));
  gateway_->Signal(SIGHUP);
  ASSERT_TRUE(gateway_->Said("the key of stranger has been taken away")) << gateway_->err();
  while (client.Hears(Seconds(0.2))) {
  }
  client.Send(Hello(2));
  EXPECT_FALSE(client.Hears(Seconds(1)));
  ExpectAll(desk);
}

TEST_F(KeysTest, AFolderThatIsBrokenLeavesTheKeysAsTheyWere) {
  StartBranch(500);
  WriteFile(Folder("branch") + "/clients/bad.public", "public 123\n");
  std::filesystem::remove(ClientFile("desk", "branch"));
  gateway_->Signal(SIGHUP);
  EXPECT_TRUE(gateway_->Said("bad.public:1: not a key")) << gateway_->err();
  EXPECT_TRUE(gateway_->Said("--keys stays as it was")) << gateway_->err();
  ExpectAll(StartDesk());
}

TEST_F(KeysTest, WhoHasNoKeyGetsNothingAndDisturbsNobody) {
  StartBranch(6000);
  Program& desk = StartDesk();
  ASSERT_TRUE(Eventually([&] { return desk.out_size() > 1000; })) << desk.err();
  for (Program* node : {publisher_, gateway_}) {
    const std::string endpoint = node->endpoint();
    ZmqClient sub(zmq::socket_type::sub, endpoint, nullptr, "");
    ZmqClient dealer(zmq::socket_type::dealer, endpoint, nullptr, "");
    dealer.Send(Hello(1));
    const auto stranger = KeysOf("stranger");
    ZmqClient unknown(zmq::socket_type::dealer, endpoint, stranger.get(),
                      KeysOf(node == gateway_ ? "branch" : "hq")->own.key);
    unknown.Send(Hello(2));
    TcpClient probe(endpoint);  // a peer of ZMTP 1
    probe.Send({"\x01\x00", 2});
    TcpClient web(endpoint);
    web.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    TcpClient loris(endpoint);  // the first half of a greeting
    loris.Send({"\xff\0\0\0\0\0\0\0\x01\x7f\x03", 11});
    EXPECT_FALSE(sub.Hears(Seconds(0.5)));
    EXPECT_FALSE(dealer.Hears(Seconds(0.1)));
    EXPECT_FALSE(unknown.Hears(Seconds(0.1)));
    EXPECT_TRUE(web.IsCut(kWithin));
    EXPECT_TRUE(loris.IsCut(kWithin));
    EXPECT_TRUE(probe.IsCut(kWithin));
    EXPECT_LE(probe.heard.size(), 64U);  // a greeting, of which nothing is a tick
  }
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

TEST_F(KeysTest, ANodeThatWouldLetInAnybodyIsFoundOut) {
  net::Context context(KeysOf("branch"));
  // As libzmq does it without a domain: nobody asks the handler.
  zmq::socket_t open(context.zmq(), zmq::socket_type::router);
  open.set(zmq::sockopt::linger, 0);
  open.set(zmq::sockopt::curve_server, true);
  open.set(zmq::sockopt::curve_secretkey, KeysOf("branch")->secret);
  constexpr int kZapEnforceDomain = 93;
  const int yes = 1;
  ASSERT_EQ(zmq_setsockopt(open.handle(), kZapEnforceDomain, &yes, sizeof yes), 0);
  open.bind("tcp://127.0.0.1:*");
  const absl::Status tried =
      net::TryUnknownKey(context, open, open.get(zmq::sockopt::last_endpoint));
  EXPECT_EQ(tried.code(), absl::StatusCode::kInternal) << tried;
  zmq::socket_t closed = net::MakeSessionRouter(context);
  EXPECT_TRUE(net::Bind(context, closed, "tcp://127.0.0.1:*").ok());
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

TEST_F(KeysTest, APairIsNotOverwrittenUnlessTold) {
  const std::string before = ReadFile(PublicOf("desk"));
  Program& again = Run({KEYGEN, "--keys", Folder("desk"), "desk"});
  EXPECT_EQ(again.Wait(), 74);
  EXPECT_TRUE(again.Said("it has desk.secret already; --overwrite replaces it")) << again.err();
  Program& other = Run({KEYGEN, "--keys", Folder("desk"), "--overwrite", "other"});
  EXPECT_EQ(other.Wait(), 74);
  EXPECT_TRUE(other.Said("a folder is for one")) << other.err();
  EXPECT_EQ(ReadFile(PublicOf("desk")), before);
  EXPECT_EQ(Run({KEYGEN, "--keys", Folder("desk"), "--overwrite", "desk"}).Wait(), 0);
  EXPECT_NE(ReadFile(PublicOf("desk")), before);
  struct stat found = {};
  ASSERT_EQ(stat((Folder("desk") + "/desk.secret").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600U);
}

}  // namespace
}  // namespace fantail::testing
