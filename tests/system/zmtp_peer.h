// What a peer of ZMTP 3 (ZeroMQ RFC 23) says, for those who say it by hand.
#ifndef FANTAIL_TESTS_SYSTEM_ZMTP_PEER_H_
#define FANTAIL_TESTS_SYSTEM_ZMTP_PEER_H_

#include <string>

#include "tests/system/key_lab.h"

namespace fantail::testing {

// The first 64 bytes of a peer of ZMTP 3.
inline std::string GreetingOfZmtp(const std::string& mechanism) {
  std::string greeting(64, '\0');
  greeting.replace(0, 1, "\xff").replace(9, 3, std::string("\x7f\3\0", 3));
  return greeting.replace(12, mechanism.size(), mechanism);
}

// A frame of at most 255 bytes. `flags`: 1 is more, 2 is long, 4 is a command.
inline std::string FrameOfZmtp(char flags, const std::string& body) {
  return std::string(1, flags) + static_cast<char>(body.size()) + body;
}

inline std::string ReadyOfZmtp() {
  return FrameOfZmtp(4, std::string("\5READY\13Socket-Type\0\0\0\6DEALER", 28));
}

// A plain TCP connection that a ROUTER takes for a DEALER; what it says next is up to the test.
class RawDealer : public TcpClient {
 public:
  explicit RawDealer(const std::string& endpoint) : TcpClient(endpoint) {
    Send(GreetingOfZmtp("NULL") + ReadyOfZmtp());
    // What is said before the other side has answered is not always heard.
    constexpr size_t kAnswer = 64 + 2 + 41;
    EXPECT_TRUE(Eventually([&] { return IsCut(Seconds(0)) || heard.size() >= kAnswer; }));
    EXPECT_GE(heard.size(), kAnswer);
  }
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_ZMTP_PEER_H_
