// FeedClient: proofs of completeness, and which of them are judged.
#include <gtest/gtest.h>

#include "fantail/feed/digest.h"
#include "tests/unit/feed/client_fixture.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks

using Said = std::vector<std::string>;

class ClientProofTest : public ClientFixture {};

TEST_F(ClientProofTest, ARightProofIsCountedAndAWrongOneIsAGapAndANewBeginning) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {2}, {At(1, Trade(1, 1)), At(2, Trade(1, 2))});
  events.Take();
  const uint64_t digest = 2 * DigestFactor("AAPL");
  Gets(wire::Proof{.version = 1, .at = {2}, .digest = digest});
  EXPECT_EQ(client.counters().proofs, 1u);
  Gets(wire::Proof{.version = 1, .at = {2}, .digest = digest + 1});
  EXPECT_EQ(events.Take(), Said{"gap 0-2 A*: a proof of completeness failed"});
  EXPECT_EQ(Dropped(), "a proof of completeness failed");
  Reconnect();
  Welcome();
  EXPECT_EQ(link.inbox.Last<wire::Want>().starts[0].kind, wire::StartKind::kFresh);
}

// What a resume had brought when it broke off is beyond what the next node proves.
TEST_F(ClientProofTest, AProofOfANodeThatIsBehindWhatHasComeIsNotJudged) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {2}, {At(1, Trade(1, 1)), At(2, Trade(1, 2))});
  Reconnect();
  Welcome();
  Batch({2}, {9}, {At(5, Trade(1, 3))}, wire::Replay::kResumed);
  Reconnect();
  Welcome();
  Have({2});
  events.Take();
  Gets(wire::Proof{.version = 1, .at = {2}, .digest = 2 * DigestFactor("AAPL")});
  EXPECT_EQ(events.Take(), Said{});
  Batch({2}, {9}, {At(5, Trade(1, 3))});
  Gets(wire::Proof{.version = 1, .at = {9}, .digest = 3 * DigestFactor("AAPL")});
  EXPECT_EQ(client.counters().proofs, 1u);
}

// The node was given an image from beyond where it had come to, and the next one has no gap there.
TEST_F(ClientProofTest, AProofFromBeforeTheEndOfAGapThatAnImageFilledIsNotJudged) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {2}, {At(1, Trade(1, 1)), At(2, Trade(1, 2))});
  Gets(wire::Gap{.from = {2}, .to = {90}, .patterns = TextOf("A*"), .reason = 3});
  Image(1, 50, {2});
  Reconnect();
  Welcome();
  Have({2});
  events.Take();
  Gets(wire::Proof{.version = 1, .at = {40}, .digest = 20 * DigestFactor("AAPL")});
  EXPECT_EQ(events.Take(), Said{});
  Gets(wire::Proof{.version = 1, .at = {90}, .digest = 50 * DigestFactor("AAPL")});
  EXPECT_EQ(client.counters().proofs, 1u);
}

TEST_F(ClientProofTest, AProofOfAnotherWantIsNotJudged) {
  GoLive();
  Gets(wire::Proof{.version = 7, .at = {2}, .digest = 12345});
  EXPECT_EQ(Dropped(), "not dropped");
}

// As the node above says it when its own proof has failed.
TEST_F(ClientProofTest, AProofThatFailedAtTheNodeIsTold) {
  GoLive();
  Name(1, "AAPL");
  Batch({0}, {9}, {At(3, Trade(1, 1))});
  events.Take();
  Gets(wire::Gap{.from = {0}, .to = {9}, .patterns = TextOf("*"), .reason = 5});
  EXPECT_EQ(events.Take(), (Said{"gap 0-9 *: a proof of completeness failed"}));
  Image(1, 1, {9});
  EXPECT_EQ(events.Take(), (Said{"image at 1"}));
}

// Given up and wanted again before the owner knows of the first, it would begin anew unexplained.

}  // namespace
}  // namespace fantail::feed
