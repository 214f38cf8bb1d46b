// The fuzzers' entries over a seeded corpus: damaged messages, one by one and as conversations.
#include "tests/fuzz/entries.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "fantail/wire/packed.h"
#include "tests/support/damage.h"
#include "tests/support/messages.h"

namespace fantail::fuzz {
namespace {

using testing::Bytes;

// Some of every message, most of them damaged, to either side.
Bytes Conversation(Random* random) {
  const std::vector<wire::Message> messages = testing::EveryMessage();
  Bytes bytes;
  for (uint64_t n = 1 + random->Below(12); n > 0; --n) {
    Bytes one = testing::Copy(messages[random->Below(messages.size())]);
    if (random->OneIn(2)) testing::Damage(random, &one);
    const size_t length = one.size() | (random->OneIn(3) ? 0 : 0x8000);
    bytes.push_back(static_cast<std::byte>(length));
    bytes.push_back(static_cast<std::byte>(length >> 8));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  return bytes;
}

// With FANTAIL_CORPUS=DIR the inputs are written there, for a fuzzer to begin with.
void Keep(const Bytes& bytes, const std::string& name) {
  if (const char* folder = std::getenv("FANTAIL_CORPUS")) {
    std::ofstream(std::string(folder) + "/" + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
}

TEST(FuzzEntriesTest, TheDecoderSurvivesDamagedMessages) {
  SCOPED_TRACE("seed 1");
  Random random(1);
  for (const wire::Message& message : testing::EveryMessage()) {
    Keep(testing::Copy(message), std::to_string(static_cast<int>(message.bytes()[0])));
    for (int i = 0; i < 500; ++i) {
      Bytes bytes = testing::Copy(message);
      testing::Damage(&random, &bytes);
      bytes.resize(random.Below(bytes.size() + 1));
      FuzzDecoder(bytes);
    }
  }
}

// What a writer sends, most of it damaged.
Bytes PackedConversation(Random* random) {
  wire::PackedWriter writer;
  std::vector<wire::Message> messages;
  Position position;
  for (uint64_t n = 1 + random->Below(8); n > 0; --n) {
    const Position after = position;
    std::vector<wire::Record> records;
    for (uint64_t ticks = random->Below(100); ticks > 0; --ticks) {
      wire::Tick tick = testing::kTicks[random->Below(2)];
      tick.topic = {static_cast<uint32_t>(random->Below(5))};
      tick.price = static_cast<int64_t>(random->Next());
      position.value += 1 + random->Below(2);
      records.push_back({position, tick});
    }
    writer.EncodeBatch(after, position, records, wire::Replay::kLive, &messages);
    if (random->OneIn(3)) messages.push_back(writer.Encode(wire::Encode(testing::ANames())));
  }
  Bytes bytes;
  for (const wire::Message& message : messages) {
    Bytes body = testing::Copy(message);
    std::byte form = body[2];
    if (random->OneIn(3)) testing::Damage(random, &body);
    body.erase(body.begin(), body.begin() + wire::kHeaderBytes);
    if (random->OneIn(10)) form = static_cast<std::byte>(random->Next());
    bytes.push_back(static_cast<std::byte>(body.size()));
    bytes.push_back(static_cast<std::byte>(body.size() >> 8));
    bytes.push_back(form);
    bytes.insert(bytes.end(), body.begin(), body.end());
  }
  return bytes;
}

TEST(FuzzEntriesTest, ThePackedReaderSurvivesDamagedStreams) {
  SCOPED_TRACE("seed 1");
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const Bytes bytes = PackedConversation(&random);
    if (i < 20) Keep(bytes, "p" + std::to_string(i));
    FuzzPacked(bytes);
  }
}

class FuzzSessionsTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(FuzzSessionsTest, AGatewaySurvivesConversationsWithoutSense) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Random random(GetParam());
  for (int i = 0; i < 100; ++i) {
    const Bytes bytes = Conversation(&random);
    if (i < 20) Keep(bytes, "c" + std::to_string(GetParam()) + "-" + std::to_string(i));
    FuzzSessions(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FuzzSessionsTest, ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace fantail::fuzz
