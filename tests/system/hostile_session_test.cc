// Whoever talks nonsense to the session port is shown the door, and nobody else notices.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <zmq.hpp>

#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "tests/system/hostile_lab.h"

namespace fantail::testing {
namespace {

std::string RandomBytes(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string Bytes(const wire::Message& message) {
  return {reinterpret_cast<const char*>(message.bytes().data()), message.size()};
}

// The message with another version in its header, and a checksum that fits.
std::string OfVersion(uint8_t version, std::string message) {
  message[1] = static_cast<char>(version);
  const uint32_t sum = wire::MessageChecksum(std::as_bytes(std::span(message)));
  std::memcpy(message.data() + 4, &sum, sizeof sum);
  return message;
}

wire::Message Hello(std::string_view feed = "ticks") {
  return wire::Encode(wire::Hello{.feed = feed, .name = "mallory", .node = {4711}});
}

// A plain TCP connection to a session port.
class TcpClient {
 public:
  explicit TcpClient(const std::string& endpoint) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port =
        htons(static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~TcpClient() { close(fd_); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  void Send(std::string_view bytes) { (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Whether the other side hangs up.
  bool IsCut(Seconds patience) {
    return Eventually(
        [&] {
          char block[256];
          const ssize_t n = recv(fd_, block, sizeof block, MSG_DONTWAIT);
          return n == 0 || (n < 0 && errno != EAGAIN);
        },
        patience);
  }

 private:
  int fd_;
};

// A client that speaks ZMTP well, and whatever it likes inside.
class ZmqClient {
 public:
  explicit ZmqClient(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10'000);
    socket_.connect(endpoint);
  }
  void Send(std::string_view bytes, bool more = false) {
    socket_.send(zmq::buffer(bytes), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  void Send(const wire::Message& message) { Send(Bytes(message)); }

  // The next message of type T, past any other; its bytes stay in `frame_`.
  template <class T>
  std::optional<T> Await() {
    while (socket_.recv(frame_)) {
      const auto bytes = std::as_bytes(std::span(frame_.data<char>(), frame_.size()));
      if (decoder_.Decode(bytes, &message_) != wire::DecodeError::kNone) return std::nullopt;
      if (const T* found = std::get_if<T>(&message_)) return *found;
    }
    return std::nullopt;
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  zmq::message_t frame_;
  wire::Decoder decoder_;
  wire::AnyMessage message_;
};

using HostileSessionTest = HostileLab;

// With more time: who says nothing at all is cut after three seconds.
class SlowHostileSessionTest : public HostileLab {
 protected:
  void SetUp() override { HostileLab::SetUp(6000); }
};

TEST_F(SlowHostileSessionTest, CutsWhoSpeaksNoZmtp) {
  TcpClient mute(publisher_->endpoint());
  TcpClient mute_below(gateway_->endpoint());
  for (Program* node : nodes()) {
    TcpClient web(node->endpoint());
    web.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(web.IsCut(Seconds(6)));
    for (unsigned seed = 0; seed < 20; ++seed) {
      TcpClient noise(node->endpoint());
      noise.Send(RandomBytes(4000, seed));
    }
  }
  EXPECT_TRUE(mute.IsCut(Seconds(6)));
  EXPECT_TRUE(mute_below.IsCut(Seconds(6)));
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, WarnsOnceOfAStrangersRandomBytesAndAnswersNothing) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    for (unsigned seed = 0; seed < 200; ++seed) client.Send(RandomBytes(seed * 7, seed));
    EXPECT_TRUE(node->Said("a bad message from a stranger")) << node->err();
    // The first at once, the others counted in one line every ten seconds.
    EXPECT_LE(LinesOf(node->err()).size(), 20u) << node->err();
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, EndsASessionThatSendsRandomBytesAndNamesIt) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(Hello());
    ASSERT_TRUE(client.Await<wire::Welcome>());
    client.Send(RandomBytes(300, 1));
    const auto goodbye = client.Await<wire::Goodbye>();
    ASSERT_TRUE(goodbye);
    EXPECT_EQ(goodbye->code, wire::GoodbyeCode::kProtocol);
    EXPECT_TRUE(node->Said("a bad message from mallory")) << node->err();
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, RefusesAVersionFromTheFutureWithBothNumbers) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(OfVersion(9, Bytes(Hello())));
    const auto refused = client.Await<wire::Refused>();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, wire::RefusedCode::kWrongVersion);
    EXPECT_EQ(refused->reason, "it speaks protocol version 9; this node speaks version 1");
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, RefusesAnotherFeedAndNamesBoth) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(Hello("equities"));
    const auto refused = client.Await<wire::Refused>();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, wire::RefusedCode::kWrongFeed);
    EXPECT_NE(refused->reason.find("equities"), std::string::npos) << refused->reason;
    EXPECT_NE(refused->reason.find("ticks"), std::string::npos) << refused->reason;
    Program& desk = Desk(*node, {"--feed", "equities"});
    EXPECT_EQ(desk.Wait(), 69) << desk.err();
    EXPECT_NE(desk.err().find("equities"), std::string::npos) << desk.err();
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, StartsAfreshForWhoSaysHelloTwice) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(Hello());
    ASSERT_TRUE(client.Await<wire::Welcome>());
    client.Send(Hello());
    ASSERT_TRUE(client.Await<wire::Welcome>());
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, EndsASessionThatAcknowledgesMoreThanItWasSent) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(Hello());
    ASSERT_TRUE(client.Await<wire::Welcome>());
    client.Send(wire::Encode(
        wire::Ack{.through = {1ull << 60}, .bytes = 1ull << 60, .messages = 1ull << 60}));
    const auto goodbye = client.Await<wire::Goodbye>();
    ASSERT_TRUE(goodbye);
    EXPECT_EQ(goodbye->code, wire::GoodbyeCode::kProtocol);
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, EndsASessionThatSendsWhatOnlyANodeSends) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(Hello());
    ASSERT_TRUE(client.Await<wire::Welcome>());
    client.Send(wire::Encode(wire::End{.at = {1}}));
    const auto goodbye = client.Await<wire::Goodbye>();
    ASSERT_TRUE(goodbye);
    EXPECT_EQ(goodbye->code, wire::GoodbyeCode::kProtocol);
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, TellsAStrangerToSayHelloFirst) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send(wire::Encode(wire::Ping{.nonce = 1}));
    const auto refused = client.Await<wire::Refused>();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, wire::RefusedCode::kNoSession);
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, TakesNoMessageOfSeveralFramesAndNoneThatIsTooLong) {
  for (Program* node : nodes()) {
    ZmqClient client(node->endpoint());
    client.Send("one", /*more=*/true);
    client.Send(Bytes(Hello()), /*more=*/true);
    client.Send("three");
    client.Send(Bytes(Hello()));
    ASSERT_TRUE(client.Await<wire::Welcome>());
    ZmqClient(node->endpoint()).Send(std::string(1 << 20, 'x'));
    // A multipart message that is broken off in the middle.
    ZmqClient broken(node->endpoint());
    broken.Send(Bytes(Hello()), /*more=*/true);
  }
  ExpectUndisturbed();
}

TEST_F(HostileSessionTest, BearsSubscribersThatVanishInTheMiddle) {
  for (int i = 0; i < 6; ++i) {
    Program& desk = LiveDesk(i % 2 == 0 ? *gateway_ : *publisher_, {"A*"});
    desk.Kill();
  }
  ExpectUndisturbed();
}

}  // namespace
}  // namespace fantail::testing
