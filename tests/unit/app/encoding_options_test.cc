// What a subscriber asks for, by its options and by where the node above is.
#include "fantail/app/encoding_options.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

constexpr feed::Role kGateway = feed::Role::kGateway;
constexpr feed::Role kDesk = feed::Role::kSubscriber;

class EncodingOptionsTest : public ::testing::Test {
 protected:
  EncodingOptionsTest() { AddEncodingOptions(&options_, &line_); }
  std::string Error(const std::vector<std::string>& arguments) {
    return line_.Read(arguments, [](const char*) { return nullptr; }).err;
  }
  static std::vector<Endpoint> At(std::initializer_list<const char*> texts) {
    std::vector<Endpoint> endpoints;
    for (const char* text : texts) {
      endpoints.push_back(*ParseEndpoint(text, EndpointUse::kConnect));
    }
    return endpoints;
  }
  std::string Asked(feed::Role role, std::initializer_list<const char*> texts) {
    return wire::EncodingName(EncodingToAskFor(options_, role, At(texts)).value());
  }

  EncodingOptions options_;
  CommandLine line_{"fantail-some", "does something"};
};

TEST_F(EncodingOptionsTest, AutoIsPackedForAGatewayWhoseNodeIsBeyondLoopback) {
  EXPECT_EQ(Asked(kGateway, {"tcp://127.0.0.1:5555"}), "plain");
  EXPECT_EQ(Asked(kGateway, {"ipc:///run/fantail.sock"}), "plain");
  EXPECT_EQ(Asked(kGateway, {"tcp://10.1.0.1:5555"}), "packed");
  EXPECT_EQ(Asked(kGateway, {"tcp://127.0.0.1:5555", "tcp://10.1.0.1:5555"}), "packed");
}

TEST_F(EncodingOptionsTest, AutoIsSharedForADesk) {
  EXPECT_EQ(Asked(kDesk, {"tcp://127.0.0.1:5555"}), "shared");
  EXPECT_EQ(Asked(kDesk, {"tcp://10.1.0.1:5555"}), "shared");
}

TEST_F(EncodingOptionsTest, AutoIsPackedOverAWan) {
  EXPECT_EQ(Error({"--wan"}), "");
  EXPECT_EQ(Asked(kGateway, {"tcp://127.0.0.1:5555"}), "packed");
  EXPECT_EQ(Asked(kDesk, {"tcp://127.0.0.1:5555"}), "packed");
}

TEST_F(EncodingOptionsTest, WhatIsAskedForIsTakenWhereverTheNodeIs) {
  for (const char* encoding : {"plain", "shared", "packed"}) {
    EXPECT_EQ(Error({"--encoding", encoding}), "");
    EXPECT_EQ(Asked(kGateway, {"tcp://127.0.0.1:5555"}), encoding);
    EXPECT_EQ(Asked(kDesk, {"tcp://10.1.0.1:5555"}), encoding);
  }
}

TEST_F(EncodingOptionsTest, AnEncodingThatDoesNotExistIsAnsweredWithThoseThatDo) {
  EXPECT_NE(Error({"--encoding", "zip"}).find("packed"), std::string::npos);
}

TEST_F(EncodingOptionsTest, AWanAndAnEncodingContradictEachOther) {
  options_ = {.encoding = "plain", .wan = true};
  const absl::StatusOr<wire::Encoding> asked =
      EncodingToAskFor(options_, kDesk, At({"tcp://127.0.0.1:5555"}));
  ASSERT_FALSE(asked.ok());
  EXPECT_EQ(asked.status().message(),
            "--wan: it says what --encoding auto is to be, and --encoding is plain; leave one of "
            "them out");
}

}  // namespace
}  // namespace fantail::app
