// Who does not belong, or not any more, gets nothing and disturbs nobody; what is not good about
// keys is told in one line.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>

#include "fantail/net/dealer.h"
#include "fantail/net/sockets.h"
#include "fantail/net/zap.h"
#include "tests/system/key_lab.h"

namespace fantail::testing {
namespace {

using KeyRefusalsTest = KeyLab;

TEST_F(KeyRefusalsTest, WhoComesWhenTooManyDoIsPutOffAndNotRefused) {
  net::Context context;
  const auto keys = KeysOf("branch");
  net::ZapHandler handler(&context.zmq(), keys, {.handshakes_a_second = 1e-6, .burst = 1});
  zmq::socket_t router(context.zmq(), zmq::socket_type::router);
  router.set(zmq::sockopt::linger, 0);
  router.set(zmq::sockopt::curve_server, true);
  router.set(zmq::sockopt::curve_secretkey, keys->secret);
  router.set(zmq::sockopt::zap_domain, net::kZapDomain);
  router.bind("tcp://127.0.0.1:*");
  const std::string bound = router.get(zmq::sockopt::last_endpoint);
  net::Context below(KeysOf("desk"));
  net::Dealer first(&below, bound);
  ASSERT_TRUE(Eventually([&] { return first.Check() == net::Dealer::Link::kUp; })) << first.why();
  net::Dealer second(&below, bound);
  ASSERT_TRUE(Eventually([&] { return second.Check() == net::Dealer::Link::kBroken; }));
  EXPECT_FALSE(second.refused()) << second.why();
  EXPECT_EQ(handler.counters().accepted, 1U);
  EXPECT_EQ(handler.counters().overloaded, 1U);
  EXPECT_EQ(handler.counters().refused, 0U);
  EXPECT_EQ(handler.TakeRefused().count, 0U);
}

TEST_F(KeyRefusalsTest, AWrongKeyOfTheNodeIsTold) {
  StartBranch(1);
  std::filesystem::rename(Folder("desk") + "/nodes/branch.public", folder() / "moved");
  Know("desk", "stranger");
  Program& desk = StartDesk();
  EXPECT_TRUE(desk.Said("its key is not that of nodes/stranger.public")) << desk.err();
}

TEST_F(KeyRefusalsTest, AProgramWithoutKeysIsToldThatTheNodeWantsSome) {
  StartBranch(1);
  EXPECT_TRUE(Desk(*gateway_).Said("it wants keys, and there are none here; give --keys"));
}

TEST_F(KeyRefusalsTest, AProgramWithKeysIsToldThatTheNodeHasNone) {
  Program& publisher = Publisher("synthetic:symbols=1,rate=1,seed=1");
  Program& desk = Desk(publisher, {"--keys", Folder("desk")});
  EXPECT_TRUE(desk.Said("it has no keys; leave --keys away here")) << desk.err();
}

TEST_F(KeyRefusalsTest, EveryProgramRefusesASecretThatOthersCanRead) {
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

TEST_F(KeyRefusalsTest, AFolderThatIsNotGoodIsAnErrorInOneLine) {
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

TEST_F(KeyRefusalsTest, AKeyThatIsTakenAwayEndsItsSessionAndTheOthersGoOn) {
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

TEST_F(KeyRefusalsTest, WhoseKeyIsTakenAwayIsNotHeardOverItsOldConnection) {
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

TEST_F(KeyRefusalsTest, AFolderThatIsBrokenLeavesTheKeysAsTheyWere) {
  StartBranch(500);
  WriteFile(Folder("branch") + "/clients/bad.public", "public 123\n");
  std::filesystem::remove(ClientFile("desk", "branch"));
  gateway_->Signal(SIGHUP);
  EXPECT_TRUE(gateway_->Said("bad.public:1: not a key")) << gateway_->err();
  EXPECT_TRUE(gateway_->Said("--keys stays as it was")) << gateway_->err();
  ExpectAll(StartDesk());
}

TEST_F(KeyRefusalsTest, WhoHasNoKeyGetsNothingAndDisturbsNobody) {
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

TEST_F(KeyRefusalsTest, ANodeThatWouldLetInAnybodyIsFoundOut) {
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

TEST_F(KeyRefusalsTest, APairIsNotOverwrittenUnlessTold) {
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
