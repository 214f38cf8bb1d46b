// Topics: one id, one name.
#include "fantail/feed/topics.h"

#include <gtest/gtest.h>

namespace fantail::feed {
namespace {

class TopicsTest : public ::testing::Test {
 protected:
  TopicsTest() {
    uint32_t id = 0;
    for (const char* name : {"MSFT", "AAPL", "A", "AA", "B"}) topics.Add({id++}, name);
  }

  std::string Matching(const char* pattern) const {
    std::string names;
    topics.ForEachMatch(Pattern(pattern),
                        [&](TopicId id) { names += std::string(topics.Name(id)) + " "; });
    return names;
  }

  Topics topics;
};

TEST_F(TopicsTest, AKnownPairIsKnown) {
  EXPECT_EQ(topics.Add({1}, "AAPL"), Topics::Added::kKnown);
  EXPECT_EQ(topics.size(), 5u);
}

TEST_F(TopicsTest, AnIdOrANameThatIsBoundOtherwiseIsAConflictAndChangesNothing) {
  EXPECT_EQ(topics.Add({1}, "IBM"), Topics::Added::kConflict);
  EXPECT_EQ(topics.Add({9}, "AAPL"), Topics::Added::kConflict);
  EXPECT_EQ(topics.Name({1}), "AAPL");
  EXPECT_FALSE(topics.Has({9}));
  EXPECT_EQ(topics.bound(), 5u);
}

TEST_F(TopicsTest, IdsMayHaveHolesAndTheBoundIsBehindTheLargest) {
  EXPECT_EQ(topics.Add({100}, "IBM"), Topics::Added::kNew);
  EXPECT_EQ(topics.bound(), 101u);
  EXPECT_FALSE(topics.Has({50}));
  EXPECT_TRUE(topics.Has({100}));
}

TEST_F(TopicsTest, APatternFindsItsTopicsByRisingName) {
  EXPECT_EQ(Matching("*"), "A AA AAPL B MSFT ");
  EXPECT_EQ(Matching("AA*"), "AA AAPL ");
  EXPECT_EQ(Matching("AA"), "AA ");
  EXPECT_EQ(Matching("AAP"), "");
  EXPECT_EQ(Matching("Z*"), "");
}

TEST_F(TopicsTest, NamesStayWhereTheyAreWhileMoreCome) {
  const std::string_view name = topics.Name({1});
  for (uint32_t i = 10; i < 5000; ++i) topics.Add({i}, "T" + std::to_string(i));
  EXPECT_EQ(name.data(), topics.Name({1}).data());
}

}  // namespace
}  // namespace fantail::feed
