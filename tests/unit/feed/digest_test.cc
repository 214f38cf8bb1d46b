// The proof of completeness: its formula, and the index that answers for any interest.
#include "fantail/feed/digest.h"

#include <gtest/gtest.h>

#include "fantail/base/random.h"
#include "tests/unit/feed/ticks.h"

namespace fantail::feed {
namespace {

using namespace testing;  // NOLINT: ticks

TEST(DigestTest, TheFactorIsThatOfTheProtocolPage) {
  // docs/protocol.md, "The proof"; calculated apart from this code.
  EXPECT_EQ(DigestFactor("A"), 0x80a8dedd6aae8bffu);
  EXPECT_EQ(DigestFactor("AAPL"), 0xcedcd5656acd33a9u);
  EXPECT_EQ(DigestFactor("\xc3\xa9"), 0x233403617480019fu);
}

TEST(DigestTest, FactorsAreOddSoThatEachRecordCounts) {
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(DigestFactor("T" + std::to_string(i)) % 2, 1u);
}

TEST(DigestTest, TheIndexOfNothingIsZero) {
  const DigestIndex index{Topics(), ImageTable()};
  EXPECT_EQ(index.Of(Interest(P({"*"}))), 0u);
}

class DigestModelTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(DigestModelTest, TheIndexAnswersLikeASumOverAllTopics) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Random random(GetParam());
  Topics topics;
  ImageTable image;
  const auto text = [&](size_t most) {
    std::string s;
    for (size_t n = 1 + random.Below(most); n > 0; --n) {
      s.push_back(static_cast<char>("AB\xff"[random.Below(3)]));
    }
    return s;
  };
  for (uint32_t id = 0; id < 200; ++id) {
    if (topics.Add({id}, text(6)) != Topics::Added::kNew) continue;
    // Some topics have a name and no record yet.
    if (!random.OneIn(5)) {
      image.Apply(Trade(id, static_cast<uint32_t>(1 + random.Below(UINT32_MAX))));
    }
  }
  const DigestIndex index(topics, image);
  for (int round = 0; round < 200; ++round) {
    std::vector<Pattern> patterns;
    for (uint64_t n = random.Below(5); n > 0; --n) {
      patterns.emplace_back(random.OneIn(2) ? text(4) : text(3) + "*");
    }
    const Interest interest(patterns);
    uint64_t expected = 0;
    for (const auto& [name, id] : topics.by_name()) {
      if (!interest.Matches(name)) continue;
      expected += DigestFactor(name) * image.LastSequence(id).value;
    }
    ASSERT_EQ(index.Of(interest), expected) << DescribePatterns(patterns);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DigestModelTest, ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace fantail::feed
