// Good inputs for what links bring: messages, one by one and as conversations.
#include <zstd.h>

#include <string>

#include "fantail/history/messages.h"
#include "fantail/wire/packed.h"
#include "tests/fuzz/corpus.h"
#include "tests/support/bus_messages.h"
#include "tests/support/messages.h"

namespace fantail::fuzz {
namespace {

using testing::Bytes;

constexpr size_t kConversations = 40;

void Append(const Bytes& more, Bytes* bytes) {
  bytes->insert(bytes->end(), more.begin(), more.end());
}

// A length as the entries read it; its top bits say to whom.
void AppendLength(size_t length, Bytes* bytes) {
  bytes->push_back(static_cast<std::byte>(length));
  bytes->push_back(static_cast<std::byte>(length >> 8));
}

// Some of these messages, half of them damaged behind their checksum; `to` gives the top bits.
template <class To>
Bytes Conversation(Random* random, const std::vector<wire::Message>& messages, size_t most, To to) {
  Bytes bytes;
  for (uint64_t n = 1 + random->Below(most); n > 0; --n) {
    Bytes one = testing::Copy(messages[random->Below(messages.size())]);
    if (random->OneIn(2)) testing::Damage(random, &one);
    AppendLength(one.size() | to(), &bytes);
    Append(one, &bytes);
  }
  return bytes;
}

// What a writer sends of some ticks and names.
Bytes PackedStream(Random* random) {
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
    const Bytes whole = testing::Copy(message);
    AppendLength(whole.size() - wire::kHeaderBytes, &bytes);
    bytes.push_back(whole[2]);
    bytes.insert(bytes.end(), whole.begin() + wire::kHeaderBytes, whole.end());
  }
  return bytes;
}

// What is behind the compression of a part, where damage does more than break it.
Bytes PlainPart() {
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
  Bytes plain(64 * 1024);
  plain.resize(ZSTD_decompress(plain.data(), plain.size(), body.data(), body.size()));
  return plain;
}

std::string Told(char what, std::string_view text) {
  return std::string(1, what) + static_cast<char>(text.size()) + std::string(text);
}

}  // namespace

std::vector<Bytes> DecoderCorpus() {
  std::vector<Bytes> corpus;
  for (const wire::Message& message : testing::EveryMessage()) {
    corpus.push_back(testing::Copy(message));
  }
  return corpus;
}

std::vector<Bytes> PackedCorpus() {
  Random random(1);
  std::vector<Bytes> corpus;
  while (corpus.size() < kConversations) corpus.push_back(PackedStream(&random));
  return corpus;
}

std::vector<Bytes> SessionsCorpus() {
  Random random(1);
  const std::vector<wire::Message> messages = testing::EveryMessage();
  const auto to = [&] { return random.OneIn(3) ? 0u : 0x8000u; };
  std::vector<Bytes> corpus;
  while (corpus.size() < kConversations) {
    corpus.push_back(Conversation(&random, messages, 12, to));
  }
  return corpus;
}

std::vector<Bytes> BusCorpus() {
  Random random(1);
  const std::vector<wire::Message> messages = testing::EveryBusMessage();
  const auto to = [&] { return random.Below(8) << 13; };
  std::vector<Bytes> corpus;
  while (corpus.size() < kConversations) {
    corpus.push_back(Conversation(&random, messages, 20, to));
  }
  return corpus;
}

std::vector<Bytes> HistoryCorpus() {
  size_t next = 0;
  return {
      PlainPart(),
      BytesOf(history::Encode(history::Question{
          .epoch = {1}, .after = {2}, .through = {3}, .patterns = {Pattern("A*"), Pattern("B")}})),
      BytesOf(history::EncodeDirectoryPart({{.epoch = {1}, .topic = "AAPL"}}, &next))};
}

// The first byte of each step says what it is: FuzzOpenFeed.
std::vector<Bytes> OpenFeedCorpus() {
  using namespace std::string_view_literals;  // NOLINT
  const std::string subscribe = Told('\x08',
                                     "\x01"
                                     "AA"sv) +
                                Told('\x09',
                                     "\x01"
                                     "AAPL\0"sv) +
                                '\x0b';
  const std::string cancel = Told('\x09', "\0AAPL\0"sv) + Told('\x0a', "\0AA"sv) + '\x0b';
  std::string tick(sizeof(wire::Tick), '\0');
  std::memcpy(tick.data(), &testing::kTrade, tick.size());
  const std::string feed = Told('\x04', "AAPL") + Told('\x84', "XNAS") + Told('\x05', tick) +
                           Told('\x06', "A*") + '\x07' + '\x02' + Told('\x05', "") + '\x0b';
  return {BytesOf(subscribe + cancel), BytesOf(feed), BytesOf(subscribe + feed + cancel + feed)};
}

}  // namespace fantail::fuzz
