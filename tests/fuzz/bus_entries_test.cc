// The entry of the bus's fuzzer over a seeded corpus of damaged conversations.
#include "tests/fuzz/bus_entries.h"

#include <gtest/gtest.h>

#include "tests/support/bus_messages.h"
#include "tests/support/damage.h"

namespace fantail::fuzz {
namespace {

class FuzzBusTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(FuzzBusTest, ABusSurvivesConversationsWithoutSense) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Random random(GetParam());
  const std::vector<wire::Message> messages = testing::EveryBusMessage();
  for (int i = 0; i < 300; ++i) {
    testing::Bytes bytes;
    for (uint64_t n = 1 + random.Below(20); n > 0; --n) {
      testing::Bytes one = testing::Copy(messages[random.Below(messages.size())]);
      if (random.OneIn(2)) testing::Damage(&random, &one);
      const size_t length = one.size() | random.Below(8) << 13;
      bytes.push_back(static_cast<std::byte>(length));
      bytes.push_back(static_cast<std::byte>(length >> 8));
      bytes.insert(bytes.end(), one.begin(), one.end());
    }
    FuzzBus(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FuzzBusTest, ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace fantail::fuzz
