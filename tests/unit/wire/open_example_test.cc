// The worked examples of docs/open-feed.md: their bytes are what the encoder gives.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "fantail/wire/open.h"
#include "tests/support/page_examples.h"

namespace fantail::wire {
namespace {

void ExpectExample(const std::string& name, const Message& message) {
  EXPECT_EQ(testing::Hex(testing::ReadExamples("docs/open-feed.md")[name]),
            testing::Hex(message.bytes()))
      << name;
}

TEST(OpenExampleTest, Batch) {
  const Tick trade = {.topic = {3},
                      .sequence = {41},
                      .time_ns = 1381239000000000000,
                      .price = 4870,
                      .ask_price = 0,
                      .size = 100,
                      .ask_size = 0,
                      .price_exponent = -2,
                      .size_exponent = 0,
                      .venue = {1},
                      .conditions = 0,
                      .kind = TickKind::kTrade,
                      .flags = 0};
  const std::array<Record, 1> records = {Record{{1001}, trade}};
  const std::array<std::string, 2> venues = {"", "Q"};
  ExpectExample("batch", EncodeOpenBatch("AAPL", {0x68d0f2a000000001}, records, venues));
}

TEST(OpenExampleTest, State) {
  ExpectExample("state", EncodeOpenState({.state = "stale",
                                          .cause = "silent for 3 s",
                                          .hop = "hq",
                                          .age = std::chrono::seconds(3),
                                          .feed = "ticks",
                                          .epoch = {0x68d0f2a000000001}}));
}

}  // namespace
}  // namespace fantail::wire
