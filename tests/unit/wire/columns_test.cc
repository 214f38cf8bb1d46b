// Packed ticks: what goes in comes out, bit for bit, and bytes from outside harm nothing.
#include "fantail/wire/columns.h"

#include <gtest/gtest.h>

#include <limits>

#include "fantail/base/random.h"

namespace fantail::wire {
namespace {

constexpr uint64_t kSeed = 20261122;

// A tick with nothing regular about it: extremes, zeros and values that no rule foresees.
Tick WildTick(Random& random) {
  const auto any = [&random]() -> uint64_t {
    switch (random.Below(4)) {
      case 0:
        return random.Next();
      case 1:
        return 0;
      case 2:
        return random.Below(1000) * 100;
      default:
        return std::numeric_limits<uint64_t>::max() - random.Below(3);
    }
  };
  Tick tick{};
  tick.topic = {static_cast<uint32_t>(random.Below(40))};
  tick.sequence = {static_cast<uint32_t>(any() | 1)};
  tick.time_ns = static_cast<int64_t>(any());
  tick.price = static_cast<int64_t>(any());
  tick.ask_price = static_cast<int64_t>(any());
  tick.size = any();
  tick.ask_size = any();
  tick.price_exponent = static_cast<int8_t>(random.Between(-30, 30));
  tick.size_exponent = static_cast<int8_t>(random.Between(-30, 30));
  tick.venue = {static_cast<uint16_t>(any())};
  tick.conditions = static_cast<uint16_t>(any());
  tick.kind =
      static_cast<TickKind>(random.OneIn(10) ? random.Between(1, 255) : random.Between(1, 3));
  tick.flags = static_cast<uint8_t>(any());
  return tick;
}

// Like a market's: small steps of price in cents, round lots, stamps in milliseconds.
Tick TameTick(Random& random, int64_t time_ns) {
  Tick tick{};
  tick.topic = {static_cast<uint32_t>(random.Below(20))};
  tick.sequence = {1};
  tick.time_ns = time_ns;
  tick.kind = random.OneIn(3) ? TickKind::kTrade : TickKind::kQuote;
  tick.price = 48600 + random.Between(-100, 100);
  tick.price_exponent = -2;
  tick.size = 100 * (1 + random.Below(9));
  tick.venue = {static_cast<uint16_t>(1 + random.Below(5))};
  if (tick.kind == TickKind::kQuote) {
    tick.ask_price = tick.price + random.Between(1, 5);
    tick.ask_size = 100 * (1 + random.Below(9));
  }
  while (tick.price_exponent < 0 && tick.price % 10 == 0 && tick.ask_price % 10 == 0) {
    tick.price /= 10;
    tick.ask_price /= 10;
    ++tick.price_exponent;
  }
  return tick;
}

std::vector<Record> Records(Random& random, size_t count, bool wild) {
  std::vector<Record> records;
  Position position{random.Below(1000)};
  std::vector<uint32_t> sequences(64);
  for (size_t i = 0; i < count; ++i) {
    position = position + (wild ? 1 + random.Below(5) : 1);
    Tick tick =
        wild
            ? WildTick(random)
            : TameTick(random, 1'400'000'000'000'000'000 + static_cast<int64_t>(i / 3) * 1'000'000);
    if (!wild) tick.sequence = {++sequences[tick.topic.value]};
    records.push_back({position, tick});
  }
  return records;
}

void ExpectSame(const std::vector<Record>& records, size_t batch, uint64_t seed) {
  TickPacker packer;
  TickUnpacker unpacker;
  std::vector<Record> out;
  for (size_t i = 0; i < records.size(); i += batch) {
    std::vector<std::byte> bytes;
    packer.Pack(std::span(records).subspan(i, std::min(batch, records.size() - i)), &bytes);
    ASSERT_EQ(unpacker.Unpack(bytes, &out), nullptr) << "seed " << seed << ", at " << i;
  }
  EXPECT_TRUE(out == records) << "seed " << seed;
}

TEST(Columns, BringBackEveryBitOfTicksThatNoRuleForesees) {
  for (uint64_t seed = kSeed; seed < kSeed + 50; ++seed) {
    Random random(seed);
    const std::vector<Record> records = Records(random, 500, /*wild=*/true);
    for (size_t batch : {1u, 7u, 500u}) ExpectSame(records, batch, seed);
  }
}

TEST(Columns, BringBackAnOrdinaryMarket) {
  Random random(kSeed);
  const std::vector<Record> records = Records(random, 20000, /*wild=*/false);
  for (size_t batch : {1u, 128u, 20000u}) ExpectSame(records, batch, kSeed);
}

TEST(Columns, MakeAnOrdinaryTickAFifthOfItsSizeBeforeAnyCompression) {
  Random random(kSeed);
  const std::vector<Record> records = Records(random, 10000, /*wild=*/false);
  TickPacker packer;
  std::vector<std::byte> bytes;
  packer.Pack(records, &bytes);
  EXPECT_LT(bytes.size(), records.size() * sizeof(Tick) / 5);
}

TEST(Columns, ABatchOfNothingIsOne) {
  TickPacker packer;
  std::vector<std::byte> bytes;
  packer.Pack({}, &bytes);
  std::vector<Record> out;
  EXPECT_EQ(TickUnpacker().Unpack(bytes, &out), nullptr);
  EXPECT_TRUE(out.empty());
}

TEST(Columns, AfterAResetBothEndsBeginAnew) {
  Random random(kSeed);
  const std::vector<Record> records = Records(random, 300, /*wild=*/false);
  TickPacker packer;
  std::vector<std::byte> first, again;
  packer.Pack(records, &first);
  packer.Reset();
  packer.Pack(records, &again);
  EXPECT_TRUE(first == again);
}

TEST(Columns, DamagedBytesAreRefusedOrGiveSomethingButStopNothing) {
  Random random(kSeed);
  const std::vector<Record> records = Records(random, 200, /*wild=*/true);
  TickPacker packer;
  std::vector<std::byte> bytes;
  packer.Pack(records, &bytes);
  size_t refused = 0;
  for (size_t length = 0; length < bytes.size(); ++length) {
    std::vector<Record> out;
    refused += TickUnpacker().Unpack(std::span(bytes).first(length), &out) != nullptr;
  }
  EXPECT_EQ(refused, bytes.size()) << "a batch that is cut off was taken";
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> damaged = bytes;
    damaged[random.Below(damaged.size())] ^= static_cast<std::byte>(1u << random.Below(8));
    std::vector<Record> out;
    (void)TickUnpacker().Unpack(damaged, &out);
    EXPECT_LE(out.size(), kMaxPackedTicks);
  }
}

}  // namespace
}  // namespace fantail::wire
