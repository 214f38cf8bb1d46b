// Whoever breaks the rules of ZMTP itself, at the port of a node that is open: nothing comes of it
// for anybody else, and what it costs ends.
#include <zmq.hpp>

#include "tests/system/hostile_lab.h"
#include "tests/system/zmtp_peer.h"

namespace fantail::testing {
namespace {

using HostileZmtpTest = HostileLab;

TEST_F(HostileZmtpTest, GreetingsThatNobodySendsAreCutOrIgnored) {
  const std::vector<std::string> greetings = {
      std::string("\1\0", 2),  // ZMTP 1, without a name
      std::string("\xff\0\0\0\0\0\0\0\1\x7f\1\5", 12) + std::string("\0\0", 2),  // ZMTP 2
      std::string("\xff\0\0\0\0\0\0\0\1\x7f\0", 11),  // a revision that never was
      GreetingOfZmtp("PLAIN") + FrameOfZmtp(4, "\5HELLO\1a\1b"),
      GreetingOfZmtp("CURVE") +
          FrameOfZmtp(4, std::string("\5HELLO\1\0", 8) + std::string(192, 'x')),
      GreetingOfZmtp("NOSUCH") + ReadyOfZmtp(),
      GreetingOfZmtp(std::string(20, 'N')),
      GreetingOfZmtp("NULL") + GreetingOfZmtp("NULL"),
      GreetingOfZmtp("NULL") + FrameOfZmtp(0, "a message before READY"),
      GreetingOfZmtp("NULL") + FrameOfZmtp(4, "\5READY\xff"),
      GreetingOfZmtp("NULL") + FrameOfZmtp(4, std::string("\5READY\13Socket-Type\x7f\xff\xff\xff"
                                                          "x",
                                                          23)),
      GreetingOfZmtp("NULL") + FrameOfZmtp(4, std::string("\5READY\13Socket-Type\0\0\0\3PUB", 25)),
      GreetingOfZmtp("NULL") + FrameOfZmtp(4,
                                           "\5ERROR\xff"
                                           "x")};
  for (Program* node : nodes()) {
    for (const std::string& greeting : greetings) {
      TcpClient peer(node->endpoint());
      peer.Send(greeting);
      peer.Send(FrameOfZmtp(0, "what follows") + FrameOfZmtp(1, "\1*"));
      // One that says it is whole, and one that leaves in the middle.
      TcpClient(node->endpoint()).Send(greeting.substr(0, greeting.size() - 1));
    }
  }
  ExpectUndisturbed();
}

TEST_F(HostileZmtpTest, CommandsAndFramesThatNobodySendsHarmNobody) {
  const std::string huge = std::string("\2\x7f\xff\xff\xff\xff\xff\xff\xff", 9);
  const std::vector<std::string> frames = {
      FrameOfZmtp(4, "\4PING"),  // without a time to live
      FrameOfZmtp(4, std::string("\4PING\0\1", 7)),
      FrameOfZmtp(4, std::string("\4PING\0\1", 7) + std::string(200, 'x')),
      FrameOfZmtp(4, "\4PONG"),  // unasked
      FrameOfZmtp(4, "\11SUBSCRIBEA"),
      FrameOfZmtp(4, "\5ERROR\3why"),
      FrameOfZmtp(4, ""),
      FrameOfZmtp(4, "\xff"),                               // a name longer than its frame
      FrameOfZmtp(4, "\7MESSAGE" + std::string(100, 'x')),  // of CURVE
      FrameOfZmtp('\xf8', "reserved flags"),
      FrameOfZmtp(5, "a command with more"),
      ReadyOfZmtp() + ReadyOfZmtp(),
      FrameOfZmtp(0, ""),
      FrameOfZmtp(1, "") + FrameOfZmtp(1, "") + FrameOfZmtp(0, ""),
      huge,  // 2^63 - 1 bytes
      std::string("\2\xff\xff\xff\xff\xff\xff\xff\xff", 9),
      std::string("\6\0\0\0\0\x7f\xff\xff\xff", 9),  // a command of 2 GiB
      std::string("\2\0\0\0\0\0\2\0\0", 9) + std::string(1 << 17, 'x')};
  for (Program* node : nodes()) {
    for (const std::string& frame : frames) {
      RawDealer peer(node->endpoint());
      peer.Send(frame);
      peer.Send(frame);
      RawDealer(node->endpoint()).Send(frame.substr(0, frame.size() - 1));
    }
  }
  ExpectUndisturbed();
}

TEST_F(HostileZmtpTest, WhoTakesTheNameOfAnotherConnectionGetsNothingThatIsForIt) {
  for (Program* node : nodes()) {
    zmq::context_t context;
    const auto connect = [&] {
      zmq::socket_t socket(context, zmq::socket_type::dealer);
      socket.set(zmq::sockopt::linger, 0);
      socket.set(zmq::sockopt::routing_id, "mine");
      socket.connect(node->endpoint());
      return socket;
    };
    const auto say_hello = [](zmq::socket_t& socket) {
      const wire::Message hello = Hello(7);
      socket.send(zmq::const_buffer(hello.bytes().data(), hello.size()), zmq::send_flags::none);
    };
    const auto hears = [](zmq::socket_t& socket, int milliseconds) {
      socket.set(zmq::sockopt::rcvtimeo, milliseconds);
      zmq::message_t frame;
      return socket.recv(frame).has_value();
    };
    zmq::socket_t victim = connect();
    say_hello(victim);
    ASSERT_TRUE(hears(victim, 10'000));
    zmq::socket_t thief = connect();
    for (int i = 0; i < 100; ++i) say_hello(thief);
    EXPECT_FALSE(hears(thief, 300));
    say_hello(victim);
    EXPECT_TRUE(hears(victim, 10'000));
  }
  ExpectUndisturbed();
}

class SlowHostileZmtpTest : public HostileLab {
 protected:
  void SetUp() override { HostileLab::SetUp(8000); }
};

TEST_F(SlowHostileZmtpTest, AHandshakeOfAByteNowAndThenEndsInTime) {
  for (Program* node : nodes()) {
    TcpClient loris(node->endpoint());
    const std::string greeting = GreetingOfZmtp("NULL");
    size_t said = 0;
    const double begin = Now();
    // A byte each 100 ms would take seven seconds.
    EXPECT_TRUE(Eventually(
        [&] {
          const auto due = static_cast<size_t>((Now() - begin) * 10);
          for (; said < std::min(due, greeting.size()); ++said)
            loris.Send(greeting.substr(said, 1));
          return loris.IsCut(Seconds(0));
        },
        Seconds(5)));
  }
  ExpectUndisturbed();
}

}  // namespace
}  // namespace fantail::testing
