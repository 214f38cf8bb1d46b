// Damaged messages never crash the decoder, and what it lets through keeps its promises.
#include <gtest/gtest.h>

#include "fantail/wire/decode.h"
#include "tests/support/damage.h"
#include "tests/support/message_invariants.h"
#include "tests/support/messages.h"

namespace fantail::wire {
namespace {

using namespace testing;  // NOLINT: samples, damage, promises

TEST(MutationTest, TheSamplesThemselvesKeepEveryPromise) {
  for (const Message& message : EveryMessage()) {
    Decoder decoder;
    AnyMessage out;
    ASSERT_EQ(decoder.Decode(message.bytes(), &out), DecodeError::kNone) << decoder.detail();
    EXPECT_EQ(Broken(out), nullptr) << Broken(out);
  }
}

class MutationOfTest : public ::testing::TestWithParam<int> {};

TEST_P(MutationOfTest, NeverCrashesAndNeverYieldsABrokenMessage) {
  const auto seed = static_cast<uint64_t>(GetParam());
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const Message original = EveryMessage()[static_cast<size_t>(GetParam() - 1)];
  Decoder decoder;
  AnyMessage out;
  int passed = 0;
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = Copy(original);
    Damage(&random, &bytes);
    Seal(&bytes);
    if (decoder.Decode(bytes, &out) != DecodeError::kNone) continue;
    ++passed;
    ASSERT_EQ(Broken(out), nullptr) << Broken(out) << ", mutation " << i;
  }
  // A test that every mutation fails at once would test nothing.
  EXPECT_GT(passed, 0);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, MutationOfTest, ::testing::Range(1, 17), [](const auto& one) {
  return std::string(KindName(static_cast<Kind>(EveryMessage()[one.index].bytes()[0])));
});

}  // namespace
}  // namespace fantail::wire
