#include "tests/fuzz/entries.h"

#include <algorithm>
#include <cstring>

#include "fantail/base/check.h"
#include "fantail/feed/forwarder.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/packed.h"
#include "tests/support/damage.h"
#include "tests/support/message_invariants.h"

namespace fantail::fuzz {
namespace {

constexpr Epoch kEpoch{uint64_t{1000} << 32};

class NoLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view, const wire::Message&) override {
    return wire::SendResult::kSent;
  }
};

class NoLink final : public wire::Link {
 public:
  bool Send(const wire::Message&) override { return true; }
};

void DecodeOne(std::span<const std::byte> bytes) {
  wire::Decoder decoder;
  wire::AnyMessage message;
  if (decoder.Decode(bytes, &message) != wire::DecodeError::kNone) return;
  const char* broken = testing::Broken(message);
  FANTAIL_CHECK(broken == nullptr, broken == nullptr ? "" : broken);
}

// The identifier follows from the kind: a fuzzer should not have to find it.
void Repair(testing::Bytes* bytes) {
  if (bytes->size() < wire::kHeaderBytes + 8) return;
  (*bytes)[1] = static_cast<std::byte>(wire::kProtocolVersion);
  const char letter = static_cast<char>('a' + static_cast<int>((*bytes)[0]));
  const char identifier[4] = {'F', 'T', '0', letter};
  std::memcpy(bytes->data() + 12, identifier, sizeof identifier);
  testing::Seal(bytes);
}

// A node's tables are arrays by topic id: with the largest there may be, one name costs them a
// gigabyte, which is allowed, and takes too long to be found over and over again.
bool NamesFarTopics(std::span<const std::byte> bytes) {
  constexpr uint32_t kNear = 1 << 16;
  wire::Decoder decoder;
  wire::AnyMessage message;
  if (decoder.Decode(bytes, &message) != wire::DecodeError::kNone) return false;
  const auto* names = std::get_if<wire::Names>(&message);
  return names != nullptr && std::any_of(names->topics.begin(), names->topics.end(),
                                         [](TopicId id) { return id.value >= kNear; });
}

}  // namespace

void FuzzDecoder(std::span<const std::byte> bytes) {
  DecodeOne(bytes);
  testing::Bytes repaired(bytes.begin(), bytes.end());
  Repair(&repaired);
  DecodeOne(repaired);
}

void FuzzPacked(std::span<const std::byte> bytes) {
  wire::PackedReader reader;
  while (bytes.size() > 3) {
    const size_t length = static_cast<size_t>(bytes[0]) | (static_cast<size_t>(bytes[1]) << 8);
    const std::byte form = bytes[2];
    bytes = bytes.subspan(3);
    const auto body = bytes.first(std::min(length, bytes.size()));
    bytes = bytes.subspan(body.size());
    testing::Bytes message(wire::kHeaderBytes + body.size());
    message[0] = static_cast<std::byte>(wire::Kind::kPacked);
    message[1] = static_cast<std::byte>(wire::kProtocolVersion);
    message[2] = form;
    std::copy(body.begin(), body.end(), message.begin() + wire::kHeaderBytes);
    testing::Seal(&message);
    wire::AnyMessage any;
    if (reader.Decode(message, &any) != wire::DecodeError::kNone) {
      reader.Reset();
      continue;
    }
    const char* broken = testing::Broken(any);
    FANTAIL_CHECK(broken == nullptr, broken == nullptr ? "" : broken);
  }
}

void FuzzSessions(std::span<const std::byte> bytes) {
  NoLinks links;
  NoLink link;
  feed::ServerObserver observer;
  MonotonicTime now{std::chrono::seconds(100)};
  feed::Forwarder forwarder({.name = "gateway", .node = {2}}, 1,
                            {.name = "gateway", .node = {2}, .ring_bytes = 1 << 20}, &links,
                            &observer);
  forwarder.server().Receive(
      "desk", wire::Encode(wire::Hello{.feed = "ticks", .name = "desk", .node = {3}}).bytes(), now);
  forwarder.upstream().line(0).Connected(&link, "hq", now);
  forwarder.upstream().line(0).Receive(wire::Encode(wire::Welcome{.feed = "ticks",
                                                                  .name = "hq",
                                                                  .node = {1},
                                                                  .epoch = kEpoch,
                                                                  .window_bytes = 1 << 20,
                                                                  .window_messages = 64})
                                           .bytes(),
                                       now);
  while (bytes.size() > 2) {
    const size_t length =
        static_cast<size_t>(bytes[0]) | (static_cast<size_t>(bytes[1] & std::byte{0x7f}) << 8);
    const bool down = (bytes[1] & std::byte{0x80}) != std::byte{};
    bytes = bytes.subspan(2);
    testing::Bytes message(
        bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(length, bytes.size())));
    bytes = bytes.subspan(message.size());
    Repair(&message);
    if (NamesFarTopics(message)) continue;
    if (down) {
      forwarder.upstream().line(0).Receive(message, now);
    } else {
      forwarder.server().Receive("desk", message, now);
    }
    for (int i = 0; i < 3; ++i) forwarder.Turn(now += std::chrono::milliseconds(20));
  }
}

}  // namespace fantail::fuzz
