// The entry of the history's fuzzer over a seeded corpus of damaged questions and parts.
#include "tests/fuzz/history_entries.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "fantail/history/messages.h"
#include "tests/support/damage.h"

namespace fantail::fuzz {
namespace {

class FuzzHistoryTest : public ::testing::TestWithParam<uint64_t> {};

// What is behind the compression of a part, where damage does more than break it.
testing::Bytes APlainPart() {
  history::PartWriter writer;
  writer.BeginEpoch({7}, false, {0});
  writer.AddVenue({1}, "XNYS");
  for (uint32_t i = 0; i < 20; ++i) writer.AddTopic({i}, "TOPIC" + std::to_string(i));
  for (uint64_t position = 1; position <= 300; ++position) {
    wire::Record record{.position = {position}, .tick = {}};
    record.tick.topic = {static_cast<uint32_t>(position % 20)};
    record.tick.sequence = {static_cast<uint32_t>(position / 20 + 1)};
    record.tick.venue = {1};
    record.tick.kind = wire::TickKind::kTrade;
    writer.Add(record);
  }
  const std::string body = writer.Finish({400});
  testing::Bytes plain(64 * 1024);
  plain.resize(ZSTD_decompress(plain.data(), plain.size(), body.data(), body.size()));
  return plain;
}

testing::Bytes BytesOf(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST_P(FuzzHistoryTest, DecodersSurviveAnyBytes) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Random random(GetParam());
  size_t next = 0;
  const std::vector<testing::Bytes> whole = {
      APlainPart(),
      BytesOf(history::Encode(history::Question{
          .epoch = {1}, .after = {2}, .through = {3}, .patterns = {Pattern("A*"), Pattern("B")}})),
      BytesOf(history::EncodeDirectoryPart({{.epoch = {1}, .topic = "AAPL"}}, &next))};
  for (int i = 0; i < 500; ++i) {
    testing::Bytes bytes = whole[random.Below(whole.size())];
    testing::Damage(&random, &bytes);
    FuzzHistory(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FuzzHistoryTest, ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace fantail::fuzz
