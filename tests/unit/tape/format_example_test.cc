// The worked examples of docs/tape-format.md: their bytes are what a writer gives and a reader
// reads.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/page_examples.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

using Bytes = std::vector<std::byte>;

// A trade at 487.0, and a quote that has a bid only: those of docs/protocol.md.
std::vector<wire::Record> TwoTicks() {
  wire::Tick trade{};
  trade.topic = {3};
  trade.sequence = {41};
  trade.time_ns = 1'381'239'000'000'000'000;
  trade.price = 4870;
  trade.price_exponent = -1;
  trade.size = 100;
  trade.venue = {1};
  trade.kind = wire::TickKind::kTrade;
  wire::Tick quote = trade;
  quote.sequence = {42};
  quote.price = 48695;
  quote.price_exponent = -2;
  quote.size = 200;
  quote.kind = wire::TickKind::kQuote;
  quote.flags = wire::kNoAskPrice | wire::kNoAskSize;
  return {{{1001}, trade}, {{1004}, quote}};
}

void Append(std::span<const std::byte> bytes, Bytes* out) {
  const size_t size = out->size();
  out->resize(size + bytes.size());
  std::memcpy(out->data() + size, bytes.data(), bytes.size());
}

Bytes Preamble() {
  std::array<std::byte, kPreambleBytes> bytes;
  FormatPreamble(bytes);
  return {bytes.begin(), bytes.end()};
}

Bytes Trailer() {
  std::array<std::byte, kTrailerBytes> bytes;
  FormatTrailer(3784000, bytes);
  return {bytes.begin(), bytes.end()};
}

Bytes DataBlock() {
  TapeState state;
  state.OnTopic({3}, "AAPL");
  state.OnVenue({1}, "Q");
  Content content;
  content.AddRecords(TwoTicks());
  Bytes payload;
  content.Encode(state, Content::Form::kPacked, &payload);
  BlockHeader header{.tape = 0x1122334455667788,
                     .epoch = {0x68d0f2a000000001},
                     .kind = BlockKind::kData,
                     .records = 2,
                     .stored_bytes = static_cast<uint32_t>(payload.size()),
                     .plain_bytes = static_cast<uint32_t>(payload.size()),
                     .after = {1000},
                     .through = {1005},
                     .first_time_ns = 1'381'239'000'000'000'000,
                     .last_time_ns = 1'381'239'000'000'000'000};
  SealHeader(payload, &header);
  Bytes block;
  Append(std::as_bytes(std::span(&header, 1)), &block);
  Append(payload, &block);
  return block;
}

void ExpectExample(const std::string& name, const Bytes& bytes) {
  auto examples = testing::ReadExamples("docs/tape-format.md");
  EXPECT_EQ(testing::Hex(examples[name]), testing::Hex(bytes)) << name;
}

TEST(TapeFormatExample, Preamble) {
  ExpectExample("preamble", Preamble());
}

TEST(TapeFormatExample, DataBlock) {
  ExpectExample("a data block", DataBlock());
}

TEST(TapeFormatExample, Trailer) {
  ExpectExample("trailer", Trailer());
}

TEST(TapeFormatExample, IsReadAsATapeThatWasCutOff) {
  auto examples = testing::ReadExamples("docs/tape-format.md");
  Bytes file = examples["preamble"];
  Append(examples["a data block"], &file);
  TempFolder folder;
  WriteBytes(folder / "a.tape", {reinterpret_cast<const char*>(file.data()), file.size()});
  const ReadAll all = Read(folder / "a.tape");
  EXPECT_TRUE(all.told.records == TwoTicks());
  EXPECT_EQ(all.told.names, (std::vector<std::string>{"AAPL", "AAPL"}));
}

}  // namespace
}  // namespace fantail::tape
