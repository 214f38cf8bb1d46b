#include "fantail/app/endpoint.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

absl::StatusOr<std::string> FakeResolver(const std::string& host) {
  if (host == "hq.example") return std::string("10.1.2.3");
  return absl::UnavailableError("host " + host + ": unknown");
}

absl::StatusOr<Endpoint> Listen(std::string_view text) {
  return ParseEndpoint(text, EndpointUse::kListen, FakeResolver);
}
absl::StatusOr<Endpoint> Connect(std::string_view text) {
  return ParseEndpoint(text, EndpointUse::kConnect, FakeResolver);
}

TEST(EndpointTest, ReadsNumbersNamesAndPaths) {
  EXPECT_EQ(Connect("tcp://10.0.0.1:5555")->text(), "tcp://10.0.0.1:5555");
  EXPECT_EQ(Connect("tcp://localhost:5555")->text(), "tcp://127.0.0.1:5555");
  EXPECT_EQ(Connect("tcp://hq.example:5555")->text(), "tcp://10.1.2.3:5555");
  EXPECT_EQ(Listen("ipc:///run/fantail.sock")->text(), "ipc:///run/fantail.sock");
}

TEST(EndpointTest, LetsTheKernelPickAPortToListenOn) {
  EXPECT_EQ(Listen("tcp://127.0.0.1:0")->text(), "tcp://127.0.0.1:*");
  EXPECT_EQ(Listen("tcp://*:*")->text(), "tcp://*:*");
  EXPECT_FALSE(Connect("tcp://127.0.0.1:0").ok());
  EXPECT_FALSE(Connect("tcp://*:5555").ok());
}

TEST(EndpointTest, RefusesWhatIsNotAnEndpoint) {
  for (const char* text : {"", "x", "127.0.0.1:5555", "udp://1.2.3.4:5", "tcp://", "tcp://x",
                           "tcp://:5", "tcp://x:", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1",
                           "tcp://127.0.0.1:5x", "tcp://1.2.3:5", "tcp://[::1]:5", "ipc://"}) {
    EXPECT_EQ(Listen(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(Listen("ipc://" + std::string(108, 'x')).ok());
  EXPECT_TRUE(Listen("ipc://" + std::string(107, 'x')).ok());
}

TEST(EndpointTest, SaysWhenAHostDoesNotResolve) {
  EXPECT_EQ(Connect("tcp://nowhere.example:1").status().code(), absl::StatusCode::kUnavailable);
}

TEST(EndpointTest, KnowsWhatCannotLeaveTheMachine) {
  EXPECT_TRUE(Listen("tcp://127.0.0.1:1")->is_loopback());
  EXPECT_TRUE(Listen("tcp://127.8.9.1:1")->is_loopback());
  EXPECT_TRUE(Listen("ipc://x")->is_loopback());
  EXPECT_FALSE(Listen("tcp://*:1")->is_loopback());
  EXPECT_FALSE(Listen("tcp://0.0.0.0:1")->is_loopback());
  EXPECT_FALSE(Listen("tcp://10.0.0.1:1")->is_loopback());
}

TEST(EndpointTest, WantsPlaintextSaidForAnOpenLink) {
  EXPECT_TRUE(CheckPlaintext("--listen", *Listen("tcp://127.0.0.1:1"), false).ok());
  EXPECT_TRUE(CheckPlaintext("--listen", *Listen("tcp://*:1"), true).ok());
  const absl::Status refused = CheckPlaintext("--listen", *Listen("tcp://*:1"), false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.message(),
            "--listen \"tcp://*:1\": not loopback, and there are no keys; give --keys FOLDER, or "
            "add --plaintext to run it unencrypted and open to anybody");
}

}  // namespace
}  // namespace fantail::app
