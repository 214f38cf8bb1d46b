// One of every message, for the tests of the wire: what it holds is unlike its defaults everywhere.
//
// Ownership: the messages are views of texts and arrays that live as long as the process.
#ifndef FANTAIL_TESTS_SUPPORT_MESSAGES_H_
#define FANTAIL_TESTS_SUPPORT_MESSAGES_H_

#include <array>
#include <string>
#include <vector>

#include "fantail/wire/encode.h"
#include "fantail/wire/messages.h"

namespace fantail::testing {

inline constexpr std::string_view kTwoPatterns("AAP*\0MSFT\0", 10);
inline constexpr std::string_view kOnePattern("IBM\0", 4);
inline constexpr std::string_view kTwoTopics("AAPL\0BRK.B\0", 11);
inline constexpr std::string_view kTwoVenues("XNAS\0ARCX\0", 10);
inline constexpr std::array<TopicId, 2> kTopicIds = {TopicId{7}, TopicId{8}};
inline constexpr std::array<VenueId, 2> kVenueIds = {VenueId{1}, VenueId{2}};

inline constexpr wire::Tick kTrade = {.topic = {7},
                                      .sequence = {41},
                                      .time_ns = 1700000000123456789,
                                      .price = 18925,
                                      .ask_price = 0,
                                      .size = 300,
                                      .ask_size = 0,
                                      .price_exponent = -2,
                                      .size_exponent = 0,
                                      .venue = {1},
                                      .conditions = 0,
                                      .kind = wire::TickKind::kTrade,
                                      .flags = 0};
inline constexpr wire::Tick kQuote = {.topic = {8},
                                      .sequence = {3},
                                      .time_ns = -5,
                                      .price = -12,
                                      .ask_price = 99,
                                      .size = 1,
                                      .ask_size = 2,
                                      .price_exponent = 3,
                                      .size_exponent = -30,
                                      .venue = {2},
                                      .conditions = 0,
                                      .kind = wire::TickKind::kQuote,
                                      .flags = wire::kNoAskSize};
inline constexpr std::array<wire::Tick, 2> kTicks = {kTrade, kQuote};
inline constexpr std::array<uint32_t, 2> kOffsets = {0, 5};
inline constexpr std::array<wire::TopicHead, 2> kHeads = {wire::TopicHead{{7}, {41}},
                                                          wire::TopicHead{{8}, {9}}};
inline constexpr std::array<wire::Totals, 1> kTotals = {
    wire::Totals{.open = 18900,
                 .high = 19000,
                 .low = 18800,
                 .volume = 1200,
                 .count = 17,
                 .topic = {7},
                 .price_exponent = -2,
                 .volume_exponent = 1,
                 .flags = wire::kVolumeRounded}};
inline constexpr std::array<wire::Start, 2> kStarts = {
    wire::Start{.kind = wire::StartKind::kFresh},
    wire::Start{.after = {5}, .through = {9}, .kind = wire::StartKind::kBackfill}};

inline wire::Hello AHello() {
  return {
      .feed = "ticks", .name = "desk-1", .node = {0x1122334455667788}, .role = 2, .encodings = 3};
}
inline wire::Welcome AWelcome() {
  return {.feed = "ticks",
          .name = "branch",
          .node = {99},
          .epoch = {(uint64_t{1700000000} << 32) | 5},
          .window_bytes = 1 << 20,
          .window_messages = 1024,
          .paced = true,
          .encoding = wire::Encoding::kPlain,
          .max_patterns = 65536,
          .limits = {.message_bytes = 65536,
                     .sessions = 4096,
                     .user_sessions = 256,
                     .handshakes_per_second = 1000,
                     .waiting_bytes = 8 << 20,
                     .bytes_per_second = 2'500'000,
                     .memory_bytes = uint64_t{8} << 30,
                     .descriptors = 1024}};
}
inline wire::Refused ARefused() {
  return {.code = wire::RefusedCode::kLoop, .reason = "a loop"};
}
inline wire::Want AWant() {
  return {.version = 3,
          .epoch = {uint64_t{1000} << 32},
          .add = wire::TextList(kTwoPatterns),
          .starts = kStarts,
          .remove = wire::TextList(kOnePattern),
          .more = true};
}
inline wire::Have AHave() {
  return {.version = 3,
          .at = {100},
          .refused = wire::TextList(kTwoPatterns),
          .reason = "not here",
          .more = true};
}
inline wire::Names ANames() {
  return {.topics = kTopicIds,
          .topic_texts = wire::TextList(kTwoTopics),
          .venues = kVenueIds,
          .venue_texts = wire::TextList(kTwoVenues)};
}
inline wire::Batch ABatch() {
  return {.after = {10},
          .through = {20},
          .first = {12},
          .offsets = kOffsets,
          .ticks = kTicks,
          .replay = wire::Replay::kResumed};
}
inline wire::Image AnImage() {
  return {.at = {20}, .heads = kHeads, .ticks = kTicks, .totals = kTotals};
}
inline wire::Gap AGap() {
  return {.from = {3},
          .to = {9},
          .patterns = wire::TextList(kTwoPatterns),
          .reason = 2,
          .backfill = true};
}
inline wire::Ack AnAck() {
  return {.through = {20}, .bytes = 5000, .messages = 12, .held = true};
}
inline wire::Ping APing() {
  return {.nonce = 0xfedcba9876543210, .trace = true};
}
inline wire::Pong APong() {
  return {.nonce = 5,
          .hops = {{.node = {1}, .name = "branch", .role = 2, .state = 3, .age_ns = 1000},
                   {.node = {2}, .name = "hq", .role = 3, .state = 3, .age_ns = 0}},
          .head = {20},
          .waiting_ns = 7,
          .state = 4,
          .cause = "the link to hq is silent",
          .clock_ns = 99};
}
inline wire::Proof AProof() {
  return {.version = 3, .at = {20}, .digest = 0x0123456789abcdef};
}
inline wire::End AnEnd() {
  return {.at = {20}};
}
inline wire::Goodbye AGoodbye() {
  return {.code = wire::GoodbyeCode::kMove, .reason = "moved", .endpoint = "tcp://10.0.0.1:5556"};
}

inline constexpr std::array<wire::TraceHop, 2> kTraceHops = {
    wire::TraceHop{.node = {2}, .held_ns = 900},
    wire::TraceHop{.node = {1}, .way_ns = -20, .error_ns = 50, .held_ns = 700}};
inline wire::Trace ATrace() {
  return {.sent_ns = 123'456'789, .hops = kTraceHops};
}

// One of each kind but packed, encoded, in the order of the kinds.
inline std::vector<wire::Message> EveryMessage() {
  return {wire::Encode(AHello()), wire::Encode(AWelcome()), wire::Encode(ARefused()),
          wire::Encode(AWant()),  wire::Encode(AHave()),    wire::Encode(ANames()),
          wire::Encode(ABatch()), wire::Encode(AnImage()),  wire::Encode(AGap()),
          wire::Encode(AnAck()),  wire::Encode(APing()),    wire::Encode(APong()),
          wire::Encode(AProof()), wire::Encode(AnEnd()),    wire::Encode(AGoodbye()),
          wire::Encode(ATrace())};
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_MESSAGES_H_
