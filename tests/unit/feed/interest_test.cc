// Interest: minimal, and the same answers as its patterns one by one.
#include "fantail/feed/interest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fantail/base/random.h"

namespace fantail::feed {
namespace {

std::vector<Pattern> P(std::initializer_list<const char*> texts) {
  return {texts.begin(), texts.end()};
}

std::vector<std::string> Minimal(std::initializer_list<const char*> texts) {
  std::vector<std::string> out;
  const Interest interest(P(texts));
  for (const Pattern& pattern : interest.patterns()) out.push_back(pattern.text());
  return out;
}

using Texts = std::vector<std::string>;

TEST(InterestTest, DropsWhatAnotherPatternCovers) {
  EXPECT_EQ(Minimal({"AAPL", "A*", "AA*", "B"}), (Texts{"A*", "B"}));
  EXPECT_EQ(Minimal({"A", "A*"}), Texts{"A*"});
  EXPECT_EQ(Minimal({"*", "A*", "B"}), Texts{"*"});
}

TEST(InterestTest, KeepsAnExactTopicBesideALongerPrefix) {
  EXPECT_EQ(Minimal({"AAPL*", "AA"}), (Texts{"AA", "AAPL*"}));
}

TEST(InterestTest, KeepsOneOfEqualPatterns) {
  EXPECT_EQ(Minimal({"A", "B*", "A", "B*"}), (Texts{"A", "B*"}));
}

TEST(InterestTest, EqualSetsHaveEqualKeysAndOthersHaveNot) {
  EXPECT_EQ(Interest(P({"B", "A*"})).Key(), Interest(P({"A*", "AAPL", "B"})).Key());
  EXPECT_NE(Interest(P({"A"})).Key(), Interest(P({"A*"})).Key());
  EXPECT_NE(Interest(P({"AB"})).Key(), Interest(P({"A", "B"})).Key());
  EXPECT_EQ(Interest(P({"B", "A*"})), Interest(P({"A*", "AAPL", "B"})));
}

TEST(InterestTest, NothingCoversAndMatchesNothing) {
  EXPECT_FALSE(Interest().Matches("A"));
  EXPECT_FALSE(Interest().Covers(Pattern("A")));
  EXPECT_FALSE(Interest().Overlaps(Pattern("*")));
  EXPECT_EQ(Interest().Key(), "");
}

TEST(InterestTest, IsDescribedForAPerson) {
  EXPECT_EQ(DescribePatterns({}), "nothing");
  EXPECT_EQ(DescribePatterns(P({"A", "B*"})), "A B*");
  EXPECT_EQ(DescribePatterns(P({"A", "B", "C"}), 2), "A B and 1 more");
}

std::string RandomText(Random* random, size_t most) {
  std::string text;
  for (size_t n = 1 + random->Below(most); n > 0; --n) {
    text.push_back(static_cast<char>('A' + random->Below(3)));
  }
  return text;
}

Pattern RandomPattern(Random* random) {
  std::string text = RandomText(random, 4);
  if (random->OneIn(2)) text.back() = '*';
  return Pattern(text);
}

class InterestModelTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(InterestModelTest, AnswersLikeItsPatternsOneByOne) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Random random(GetParam());
  for (int round = 0; round < 300; ++round) {
    std::vector<Pattern> patterns;
    for (uint64_t n = random.Below(8); n > 0; --n) patterns.push_back(RandomPattern(&random));
    const Interest interest(patterns);
    const auto any = [&](auto fn) { return std::any_of(patterns.begin(), patterns.end(), fn); };
    for (const Pattern& a : interest.patterns()) {
      for (const Pattern& b : interest.patterns()) ASSERT_TRUE(a == b || !a.Covers(b));
    }
    for (int i = 0; i < 20; ++i) {
      const std::string topic = RandomText(&random, 5);
      ASSERT_EQ(interest.Matches(topic), any([&](const Pattern& p) { return p.Matches(topic); }))
          << topic;
      const Pattern other = RandomPattern(&random);
      ASSERT_EQ(interest.Covers(other), any([&](const Pattern& p) { return p.Covers(other); }))
          << DescribePatterns(patterns) << " covers " << other.text();
      ASSERT_EQ(interest.Overlaps(other), any([&](const Pattern& p) { return p.Overlaps(other); }))
          << DescribePatterns(patterns) << " overlaps " << other.text();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InterestModelTest, ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace fantail::feed
