#include "fantail/feed/open_interest.h"

#include <gtest/gtest.h>

#include <string>

namespace fantail::feed {
namespace {

using Taken = OpenInterest::Taken;
using namespace std::chrono_literals;

class OpenInterestTest : public ::testing::Test {
 protected:
  OpenPeer NewPeer() { return std::make_shared<int>(0); }
  Taken Subscribe(const OpenPeer& peer, const std::string& prefix) {
    return interest_.Receive(peer, '\1' + prefix, now_);
  }
  Taken Cancel(const OpenPeer& peer, const std::string& prefix) {
    return interest_.Receive(peer, '\0' + prefix, now_);
  }
  // What is taken from above once every pause is over; as a text.
  std::string Now(Nanos after = 50ms) {
    now_ += after;
    if (const auto patterns = interest_.Take(now_)) {
      text_.clear();
      for (const Pattern& pattern : *patterns) text_ += (text_.empty() ? "" : " ") + pattern.text();
    }
    return text_;
  }

  OpenInterest interest_{{.linger = 5s, .max_patterns = 3, .max_holders = 4}};
  const OpenPeer one_ = NewPeer();
  const OpenPeer two_ = NewPeer();
  const OpenPeer ended_;
  const std::string aapl_{"AAPL\0", 5};
  MonotonicTime now_{1000s};
  std::string text_;
};

TEST_F(OpenInterestTest, TakesAPrefixATopicAndEverything) {
  EXPECT_EQ(interest_.Take(now_), std::nullopt);
  EXPECT_EQ(Subscribe(one_, aapl_), Taken::kYes);
  EXPECT_EQ(Now(), "AAPL");
  EXPECT_EQ(Subscribe(one_, "B"), Taken::kYes);
  EXPECT_EQ(Now(), "AAPL B*");
  EXPECT_EQ(Subscribe(one_, ""), Taken::kYes);
  // The node above may refuse everything, and still give this.
  EXPECT_EQ(Now(), "* AAPL B*");
}

TEST_F(OpenInterestTest, KeepsAPatternAsLongAsOneConnectionWantsItAndThenLingers) {
  Subscribe(one_, "B");
  Subscribe(two_, "B");
  EXPECT_EQ(Now(), "B*");
  Cancel(one_, "B");
  EXPECT_EQ(Now(10s), "B*");
  Cancel(ended_, "B");  // two_
  EXPECT_EQ(Now(4s), "B*");
  EXPECT_EQ(Now(1s), "");
}

TEST_F(OpenInterestTest, ASubscriberThatComesBackWithinTheLingerChangesNothing) {
  Subscribe(one_, "B");
  EXPECT_EQ(Now(), "B*");
  Cancel(ended_, "B");
  now_ += 4s;
  Subscribe(two_, "B");
  EXPECT_EQ(interest_.Take(now_), std::nullopt);
  EXPECT_EQ(Now(10s), "B*");
}

TEST_F(OpenInterestTest, NobodyCancelsWhatAnotherConnectionWants) {
  Subscribe(one_, aapl_);
  Cancel(two_, aapl_);
  EXPECT_EQ(Now(10s), "AAPL");
  // Nor twice what it wanted once, nor by subscribing twice and ending.
  Subscribe(two_, aapl_);
  Subscribe(two_, aapl_);
  Cancel(two_, aapl_);
  Cancel(two_, aapl_);
  EXPECT_EQ(Now(10s), "AAPL");
  Subscribe(two_, aapl_);
  Cancel(ended_, aapl_);
  EXPECT_EQ(Now(10s), "AAPL");
  Cancel(ended_, aapl_);
  EXPECT_EQ(Now(10s), "");
}

TEST_F(OpenInterestTest, ItsOwnTopicsAreNotTakenFromAbove) {
  EXPECT_EQ(Subscribe(one_, "$fantail/"), Taken::kYes);
  EXPECT_EQ(Subscribe(one_, std::string("$fantail/state\0", 15)), Taken::kYes);
  EXPECT_EQ(Now(), "");
  // Topics of the feed may begin so.
  EXPECT_EQ(Subscribe(one_, "$fan"), Taken::kYes);
  EXPECT_EQ(Now(), "$fan*");
}

TEST_F(OpenInterestTest, WhatNoTopicBeginsWithIsNotAPattern) {
  for (const std::string& prefix :
       {std::string(65, 'x'), std::string(65, 'x') + '\0', std::string("A\0B", 3),
        std::string("\0", 1), std::string("AAP*"), std::string("AAP*\0", 5)}) {
    EXPECT_EQ(Subscribe(one_, prefix), Taken::kNotAPattern) << prefix;
    Cancel(one_, prefix);
  }
  EXPECT_EQ(interest_.Receive(one_, "", now_), Taken::kNotAPattern);
  EXPECT_EQ(interest_.Receive(one_, "garbage", now_), Taken::kNotAPattern);
  EXPECT_EQ(Now(), "");
  EXPECT_EQ(Subscribe(one_, std::string(64, 'x')), Taken::kYes);
  EXPECT_EQ(Subscribe(one_, std::string(64, 'y') + '\0'), Taken::kYes);
}

TEST_F(OpenInterestTest, BeyondTheMostPatternsEverythingIsTakenUntilThoseHaveEnded) {
  for (const char* prefix : {"A", "B", "C"}) EXPECT_EQ(Subscribe(one_, prefix), Taken::kYes);
  EXPECT_EQ(Subscribe(two_, "D"), Taken::kBeyond);
  EXPECT_EQ(Now(), "* A* B* C*");
  // There is room again, but not for one whose end could be taken for another's.
  Cancel(one_, "A");
  EXPECT_EQ(Subscribe(one_, "D"), Taken::kBeyond);
  Cancel(two_, "E");  // which it does not have
  EXPECT_EQ(Now(10s), "* B* C*");
  Cancel(ended_, "D");
  EXPECT_EQ(Now(10s), "* B* C*");
  Cancel(ended_, "D");
  EXPECT_EQ(Now(), "* B* C*");
  EXPECT_EQ(Now(5s), "B* C*");
  EXPECT_EQ(Subscribe(one_, "D"), Taken::kYes);
}

TEST_F(OpenInterestTest, AConnectionThatIsNotRememberedKeepsItsPatternsUntilItEnds) {
  std::vector<OpenPeer> peers;
  for (int i = 0; i < 5; ++i) Subscribe(peers.emplace_back(NewPeer()), "B");
  for (const OpenPeer& peer : peers) Cancel(peer, "B");
  EXPECT_EQ(Now(10s), "B*");
  Cancel(ended_, "B");
  EXPECT_EQ(Now(10s), "");
}

TEST_F(OpenInterestTest, ChangesUpstreamAreMadeAtOnceAndThenWithAPause) {
  Subscribe(one_, "A");
  EXPECT_EQ(Now(0s), "A*");
  Subscribe(one_, "B");
  EXPECT_EQ(Now(49ms), "A*");
  EXPECT_EQ(Now(1ms), "A* B*");
}

}  // namespace
}  // namespace fantail::feed
