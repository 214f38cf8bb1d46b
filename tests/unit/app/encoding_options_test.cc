// What a subscriber asks for, by its options and by where the node above is.
#include "fantail/app/encoding_options.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

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
  bool Packed(std::initializer_list<const char*> texts) {
    return WantsPacked(options_, At(texts)).value();
  }

  EncodingOptions options_;
  CommandLine line_{"fantail-some", "does something"};
};

TEST_F(EncodingOptionsTest, AutoIsPackedBeyondLoopback) {
  EXPECT_FALSE(Packed({"tcp://127.0.0.1:5555"}));
  EXPECT_FALSE(Packed({"ipc:///run/fantail.sock"}));
  EXPECT_TRUE(Packed({"tcp://10.1.0.1:5555"}));
  EXPECT_TRUE(Packed({"tcp://127.0.0.1:5555", "tcp://10.1.0.1:5555"}));
}

TEST_F(EncodingOptionsTest, AutoIsPackedOnLoopbackThatLeadsOverAWan) {
  EXPECT_EQ(Error({"--wan"}), "");
  EXPECT_TRUE(Packed({"tcp://127.0.0.1:5555"}));
}

TEST_F(EncodingOptionsTest, WhatIsAskedForIsTakenWhereverTheNodeIs) {
  EXPECT_EQ(Error({"--encoding", "packed"}), "");
  EXPECT_TRUE(Packed({"tcp://127.0.0.1:5555"}));
  EXPECT_EQ(Error({"--encoding", "plain"}), "");
  EXPECT_FALSE(Packed({"tcp://10.1.0.1:5555"}));
}

TEST_F(EncodingOptionsTest, AnEncodingThatDoesNotExistIsAnsweredWithThoseThatDo) {
  EXPECT_NE(Error({"--encoding", "zip"}).find("packed"), std::string::npos);
}

TEST_F(EncodingOptionsTest, AWanAndAnEncodingContradictEachOther) {
  options_ = {.encoding = "plain", .wan = true};
  const absl::StatusOr<bool> packed = WantsPacked(options_, At({"tcp://127.0.0.1:5555"}));
  ASSERT_FALSE(packed.ok());
  EXPECT_EQ(packed.status().message(),
            "--wan: it says what --encoding auto is to be, and --encoding is plain; leave one of "
            "them out");
}

}  // namespace
}  // namespace fantail::app
