// Patterns: what is one, and how two of them relate.
#include "fantail/base/pattern.h"

#include <gtest/gtest.h>

namespace fantail {
namespace {

TEST(PatternTest, ATopicIsOneTo64BytesWithoutNulOrStarAtTheEnd) {
  EXPECT_EQ(TopicProblem("A"), nullptr);
  EXPECT_EQ(TopicProblem("A*B"), nullptr);
  EXPECT_EQ(TopicProblem(std::string(64, 'x')), nullptr);
  EXPECT_STREQ(TopicProblem(""), "it is empty");
  EXPECT_STREQ(TopicProblem(std::string(65, 'x')), "it is longer than 64 bytes");
  EXPECT_STREQ(TopicProblem(std::string_view("A\0B", 3)), "it contains a NUL byte");
  EXPECT_STREQ(TopicProblem("A*"), "it ends with '*', which marks a pattern");
}

TEST(PatternTest, APatternIsATopicOrATopicWithAStarBehindIt) {
  EXPECT_EQ(PatternProblem("*"), nullptr);
  EXPECT_EQ(PatternProblem("AAPL"), nullptr);
  EXPECT_EQ(PatternProblem(std::string(64, 'x') + "*"), nullptr);
  EXPECT_STREQ(PatternProblem(""), "it is empty; '*' asks for everything");
  EXPECT_STREQ(PatternProblem("A**"), "it ends with '*', which marks a pattern");
  EXPECT_STREQ(PatternProblem(std::string(65, 'x') + "*"), "it is longer than 64 bytes");
}

TEST(PatternTest, APrefixMatchesWhatBeginsWithItAndItself) {
  const Pattern prefix("AAP*");
  EXPECT_TRUE(prefix.Matches("AAP"));
  EXPECT_TRUE(prefix.Matches("AAPL"));
  EXPECT_FALSE(prefix.Matches("AA"));
  EXPECT_FALSE(prefix.Matches("XAAP"));
  EXPECT_TRUE(Pattern("*").Matches("anything"));
}

TEST(PatternTest, WhatTwoListsHaveInCommonIsTheNarrowerOfEachTwo) {
  const auto common = [](std::vector<Pattern> a, std::vector<Pattern> b) {
    std::string text;
    for (const Pattern& pattern : Common(a, b)) text += pattern.text() + " ";
    return text;
  };
  EXPECT_EQ(common({Pattern("A*"), Pattern("MSFT")}, {Pattern("*")}), "A* MSFT ");
  EXPECT_EQ(common({Pattern("A*"), Pattern("B*")}, {Pattern("AA*"), Pattern("AB"), Pattern("C*")}),
            "AA* AB ");
  EXPECT_EQ(common({Pattern("A*"), Pattern("AA*")}, {Pattern("AA*")}), "AA* ");
  EXPECT_EQ(common({Pattern("A*")}, {}), "");
}

TEST(PatternTest, AnExactPatternMatchesOneTopic) {
  EXPECT_TRUE(Pattern("AAP").Matches("AAP"));
  EXPECT_FALSE(Pattern("AAP").Matches("AAPL"));
}

TEST(PatternTest, BytesAboveAsciiAreBytesLikeOthers) {
  EXPECT_TRUE(Pattern("\xc3*").Matches("\xc3\xa9"));
}

// Over every pattern and every topic of up to three letters of an alphabet of two.
TEST(PatternTest, CoversAndOverlapsAreWhatTheTopicsSay) {
  std::vector<std::string> topics = {""};
  for (size_t i = 0; topics[i].size() < 4; ++i) {
    topics.push_back(topics[i] + 'A');
    topics.push_back(topics[i] + 'B');
  }
  std::vector<Pattern> patterns;
  for (const std::string& stem : topics) {
    if (stem.size() > 3) continue;
    patterns.emplace_back(stem + "*");
    if (!stem.empty()) patterns.emplace_back(stem);
  }
  topics.erase(topics.begin());
  for (const Pattern& a : patterns) {
    for (const Pattern& b : patterns) {
      bool covers = true;
      bool overlaps = false;
      for (const std::string& topic : topics) {
        covers = covers && (a.Matches(topic) || !b.Matches(topic));
        overlaps = overlaps || (a.Matches(topic) && b.Matches(topic));
      }
      EXPECT_EQ(a.Covers(b), covers) << a.text() << " covers " << b.text();
      EXPECT_EQ(a.Overlaps(b), overlaps) << a.text() << " overlaps " << b.text();
    }
  }
}

}  // namespace
}  // namespace fantail
