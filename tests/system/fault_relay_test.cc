// The relay that the fault tests trust: what it passes, holds back, damages and breaks.
#include "tools/fantail-fault-relay/fault_relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/process.h"
#include "tools/fantail-fault-relay/commands.h"

namespace fantail::testing {
namespace {

using fault::FaultRelay;
using fault::Way;

// One end of a TCP connection, or a listener.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    received_.clear();
    ended_ = reset_ = false;
    return *this;
  }

  int fd() const { return fd_; }
  void Send(std::string_view bytes) { (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Everything that has come since the last time.
  const std::string& Received() {
    char block[4096];
    for (ssize_t n = 0; (n = recv(fd_, block, sizeof block, MSG_DONTWAIT)) >= 0;) {
      if (n == 0) {
        ended_ = true;
        return received_;
      }
      received_.append(block, static_cast<size_t>(n));
    }
    if (errno == ECONNRESET) reset_ = true;
    return received_;
  }
  bool Gets(const std::string& bytes) {
    return Eventually([&] { return Received() == bytes; });
  }
  bool IsEnded() {
    return Eventually([&] { return Received(), ended_; });
  }
  bool IsReset() {
    return Eventually([&] { return Received(), reset_; });
  }

 private:
  int fd_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

class FaultRelayTest : public ::testing::Test {
 protected:
  FaultRelayTest() : listener_(Listen()), relay_({.target = EndpointOf(listener_)}) {}

  static Socket Listen() {
    Socket listener(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener.fd(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(listen(listener.fd(), 8), 0);
    return listener;
  }
  static std::string EndpointOf(const Socket& listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  Socket Connect(int flags = 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string& text = relay_.endpoint();
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(text.substr(text.rfind(':') + 1))));
    Socket client(socket(AF_INET, SOCK_STREAM | flags, 0));
    const int made = connect(client.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    EXPECT_EQ(made, flags == 0 ? 0 : -1);
    return client;
  }
  Socket Accept() { return Socket(accept(listener_.fd(), nullptr, nullptr)); }
  // A pair of ends with the relay between them.
  void Join() {
    client_ = Connect();
    server_ = Accept();
    client_.Send("a");
    ASSERT_TRUE(server_.Gets("a"));
    server_.Send("b");
    ASSERT_TRUE(client_.Gets("b"));
  }

  Socket listener_;
  FaultRelay relay_;
  Socket client_{-1};
  Socket server_{-1};
};

TEST_F(FaultRelayTest, PassesBytesAndEndsBothWays) {
  Join();
  client_ = Socket(-1);
  EXPECT_TRUE(server_.IsEnded());
  server_ = Socket(-1);
  EXPECT_TRUE(Eventually([this] { return relay_.counters().open == 0; }));
}

TEST_F(FaultRelayTest, PassesNothingThroughAHoleAndEverythingAfterIt) {
  Join();
  relay_.SetHole(true);
  client_.Send("c");
  server_.Send("d");
  Socket late = Connect(SOCK_NONBLOCK);
  Socket gone = Connect(SOCK_NONBLOCK);
  gone = Socket(-1);
  // Time for what must not happen.
  EXPECT_FALSE(Eventually([this] { return server_.Received() != "a" || client_.Received() != "b"; },
                          Seconds(0.2)));
  EXPECT_EQ(relay_.counters().connections, 1u);
  relay_.SetHole(false);
  EXPECT_TRUE(server_.Gets("ac"));
  EXPECT_TRUE(client_.Gets("bd"));
  // Its SYN was dropped, and comes again after a second.
  Socket accepted = Accept();
  late.Send("e");
  EXPECT_TRUE(accepted.Gets("e"));
  EXPECT_EQ(relay_.counters().connections, 2u);
}

TEST_F(FaultRelayTest, CutsOneWayAndLeavesTheOther) {
  Join();
  relay_.SetCut(Way::kUp, true);
  client_.Send("c");
  server_.Send("d");
  EXPECT_TRUE(client_.Gets("bd"));
  EXPECT_EQ(server_.Received(), "a");
  relay_.SetCut(Way::kUp, false);
  EXPECT_TRUE(server_.Gets("ac"));
}

TEST_F(FaultRelayTest, FlipsTheOneBitThatItWasAskedFor) {
  Join();
  relay_.FlipBit(Way::kDown, 2, 1);
  server_.Send("xxxx");
  EXPECT_TRUE(client_.Gets("bxxzx")) << client_.Received();
  EXPECT_EQ(relay_.counters().flipped, 1u);
}

TEST_F(FaultRelayTest, ClosesResetsAndClosesHalf) {
  Join();
  relay_.HalfClose(Way::kDown);
  EXPECT_TRUE(client_.IsEnded());
  client_.Send("c");
  EXPECT_TRUE(server_.Gets("ac"));
  relay_.Reset();
  EXPECT_TRUE(server_.IsReset());
  Join();
  relay_.Close();
  EXPECT_TRUE(client_.IsEnded());
  EXPECT_TRUE(server_.IsEnded());
}

TEST_F(FaultRelayTest, FillsItsSenderWhenTheLinkIsSlow) {
  Join();
  relay_.SetRate(Way::kUp, 1000);
  const std::string block(64 * 1024, 'x');
  size_t taken = 0;
  const int small = 4096;
  setsockopt(client_.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  EXPECT_FALSE(Eventually(
      [&] {
        const ssize_t n = send(client_.fd(), block.data(), block.size(), MSG_DONTWAIT);
        taken += n > 0 ? static_cast<size_t>(n) : 0;
        return taken > 200'000;
      },
      Seconds(0.3)));
  relay_.SetRate(Way::kUp, 0);
  EXPECT_TRUE(Eventually([&] { return server_.Received().size() == taken + 1; }));
}

TEST_F(FaultRelayTest, TakesCommandsAsLines) {
  Join();
  for (const char* line :
       {"cut up", "heal", "delay both 5ms", "rate down 125kB", "flip down 0 0"}) {
    const auto answer = Execute(line, &relay_);
    ASSERT_TRUE(answer.ok()) << line;
    EXPECT_EQ(*answer, "ok") << line;
  }
  server_.Send("x");
  EXPECT_TRUE(client_.Gets("by"));
  EXPECT_EQ(*Execute("stats", &relay_), "connections 1 open 1 bytes_up 1 bytes_down 2 flipped 1");
  for (const char* line : {"cut", "cut sideways", "rate up", "flip up 1 8", "delay up soon", "?"}) {
    EXPECT_FALSE(Execute(line, &relay_).ok()) << line;
  }
}

}  // namespace
}  // namespace fantail::testing
