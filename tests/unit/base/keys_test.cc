#include "fantail/base/keys.h"

#include <gtest/gtest.h>

namespace fantail {
namespace {

// Of the example in ZeroMQ's RFC 26.
constexpr std::string_view kKey = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

Keys SomeKeys() {
  Keys keys;
  keys.own = {"branch", "own", {}};
  keys.nodes = {{"hq", "hq key", {"10.1.0.1"}},
                {"bus", "bus key", {"10.1.0.1:5570", "ipc:///run/bus"}}};
  keys.clients = {{"desk key", "desk"}};
  return keys;
}

const char* NameAt(const Keys& keys, std::string_view endpoint) {
  const Keys::Node* node = keys.NodeAt(endpoint);
  return node == nullptr ? "nobody" : node->name.c_str();
}

TEST(KeysTest, WhatIsSaidOfHostAndPortCountsBeforeWhatIsSaidOfTheHost) {
  const Keys keys = SomeKeys();
  EXPECT_STREQ(NameAt(keys, "tcp://10.1.0.1:5570"), "bus");
  EXPECT_STREQ(NameAt(keys, "tcp://10.1.0.1:5555"), "hq");
  EXPECT_STREQ(NameAt(keys, "ipc:///run/bus"), "bus");
}

TEST(KeysTest, NobodyIsKnownAtAnotherMachineThatNoNodeIsSaidToBeAt) {
  EXPECT_STREQ(NameAt(SomeKeys(), "tcp://10.1.0.2:5555"), "nobody");
  EXPECT_STREQ(NameAt(SomeKeys(), "tcp://10.1.0.11:5555"), "nobody");
}

TEST(KeysTest, TheNodeThatIsSaidToBeNowhereIsAtEveryOtherPlace) {
  Keys keys = SomeKeys();
  keys.nodes.push_back({"gateway", "key", {}});
  EXPECT_STREQ(NameAt(keys, "tcp://10.1.0.2:5555"), "gateway");
  EXPECT_STREQ(NameAt(keys, "tcp://127.0.0.1:5555"), "gateway");
  EXPECT_STREQ(NameAt(keys, "tcp://10.1.0.1:5555"), "hq");
}

TEST(KeysTest, OnThisMachineItsOwnKeyIsTheLastToBeTaken) {
  EXPECT_STREQ(NameAt(SomeKeys(), "tcp://127.0.0.1:5555"), "branch");
  EXPECT_STREQ(NameAt(SomeKeys(), "ipc:///run/gateway"), "branch");
}

TEST(KeysTest, AUserIsWhoseKeyItIs) {
  const Keys keys = SomeKeys();
  ASSERT_NE(keys.UserOf("desk key"), nullptr);
  EXPECT_EQ(*keys.UserOf("desk key"), "desk");
  EXPECT_EQ(*keys.UserOf("own"), "branch");
  EXPECT_EQ(keys.UserOf("hq key"), nullptr);
  EXPECT_EQ(keys.UserOf(""), nullptr);
  EXPECT_TRUE(keys.IsUser("desk"));
  EXPECT_FALSE(keys.IsUser("hq"));
}

TEST(KeysTest, TakesForAKeyWhatIsOne) {
  EXPECT_EQ(KeyProblem(kKey), nullptr);
  EXPECT_STREQ(KeyProblem(kKey.substr(1)),
               "not a key; write its 40 characters, as fantail-keygen does");
  std::string key(kKey);
  key[7] = '"';
  EXPECT_STREQ(KeyProblem(key), "not a key; one of its characters is none of Z85");
  // Five characters that say more than four bytes can.
  key = std::string(kKey).replace(0, 5, "#####");
  EXPECT_STREQ(KeyProblem(key), "not a key; copy it again from where it was made");
}

TEST(KeysTest, TakesForANameWhatMayBeAFileAndStandInALog) {
  EXPECT_EQ(KeyNameProblem("desk-7.floor_2"), nullptr);
  for (const char* bad : {"", ".hidden", "-o", "a b", "a/b", "a\n"}) {
    EXPECT_NE(KeyNameProblem(bad), nullptr) << bad;
  }
  EXPECT_NE(KeyNameProblem(std::string(65, 'a')), nullptr);
}

}  // namespace
}  // namespace fantail
