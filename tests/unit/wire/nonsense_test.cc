// Well-formed messages that make no sense: each rule of the decoder has a message that breaks only
// it.
#include <gtest/gtest.h>

#include <string>

#include "fantail/base/pattern.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/part.h"
#include "tests/support/messages.h"

namespace fantail::wire {
namespace {

using namespace testing;  // NOLINT: the samples

// What the decoder finds wrong with a message; "" if nothing.
template <class M>
std::string WrongWith(const M& message) {
  const Message bytes = Encode(message);
  Decoder decoder;
  AnyMessage out;
  const DecodeError error = decoder.Decode(bytes.bytes(), &out);
  if (error == DecodeError::kNone) return "";
  EXPECT_EQ(error, DecodeError::kNonsense) << decoder.detail();
  return decoder.detail();
}

// The sample with one change.
template <class M, class Change>
std::string With(M message, Change change) {
  change(message);
  return WrongWith(message);
}

const std::string kLongName(kMaxNameBytes + 1, 'n');
const std::string kLongReason(kMaxReasonBytes + 1, 'r');

TEST(NonsenseTest, AHelloNamesAFeedAndARoleThatExist) {
  EXPECT_EQ(With(AHello(), [](Hello& m) { m.feed = ""; }), "no feed is named");
  EXPECT_EQ(With(AHello(), [](Hello& m) { m.feed = kLongName; }), "a name is too long");
  EXPECT_EQ(With(AHello(), [](Hello& m) { m.name = kLongName; }), "a name is too long");
  for (const int role : {0, 3, 255}) {
    EXPECT_EQ(With(AHello(), [&](Hello& m) { m.role = static_cast<uint8_t>(role); }),
              "an unknown role");
  }
}

TEST(NonsenseTest, AWelcomeGivesAWindowThatHoldsOneMessage) {
  EXPECT_EQ(With(AWelcome(), [](Welcome& m) { m.window_bytes = kMaxMessageBytes - 1; }),
            "a window of nothing");
  EXPECT_EQ(With(AWelcome(), [](Welcome& m) { m.window_messages = 0; }), "a window of nothing");
  EXPECT_EQ(With(AWelcome(), [](Welcome& m) { m.window_bytes = kMaxMessageBytes; }), "");
}

TEST(NonsenseTest, AWelcomeSpeaksAnEncodingThatIsKnown) {
  EXPECT_EQ(With(AWelcome(), [](Welcome& m) { m.encoding = Encoding::kShared; }), "");
  EXPECT_EQ(With(AWelcome(), [](Welcome& m) { m.encoding = static_cast<Encoding>(3); }),
            "an unknown encoding");
}

TEST(NonsenseTest, TextsForAPersonHaveABound) {
  EXPECT_EQ(With(ARefused(), [](Refused& m) { m.reason = kLongReason; }), "a reason is too long");
  EXPECT_EQ(With(AHave(), [](Have& m) { m.reason = kLongReason; }), "a reason is too long");
  EXPECT_EQ(With(AGoodbye(), [](Goodbye& m) { m.reason = kLongReason; }), "a reason is too long");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.cause = kLongReason; }), "a reason is too long");
}

TEST(NonsenseTest, AWantHasOneStartForEachPattern) {
  EXPECT_EQ(With(AWant(), [](Want& m) { m.starts = m.starts.first(1); }),
            "not one start for each pattern");
  EXPECT_EQ(With(AWant(), [](Want& m) { m.starts = {}; }), "not one start for each pattern");
}

TEST(NonsenseTest, AWantKnowsThreeKindsOfStart) {
  for (const int kind : {0, 4, 255}) {
    std::array<Start, 2> starts = kStarts;
    starts[1].kind = static_cast<StartKind>(kind);
    EXPECT_EQ(With(AWant(), [&](Want& m) { m.starts = starts; }), "an unknown kind of start");
  }
}

TEST(NonsenseTest, PatternsArePatterns) {
  const std::string long_text = std::string(kMaxTopicBytes + 1, 'x') + '\0';
  for (const std::string& text : {std::string(1, '\0'), std::string("A**\0", 4), long_text}) {
    const TextList list(text);
    EXPECT_EQ(With(AWant(), [&](Want& m) { m.remove = list; }), "a text is not a pattern");
    EXPECT_EQ(With(AHave(), [&](Have& m) { m.refused = list; }), "a text is not a pattern");
    EXPECT_EQ(With(AGap(), [&](Gap& m) { m.patterns = list; }), "a text is not a pattern");
  }
}

TEST(NonsenseTest, AListOfTextsEndsWithANulAndHasABound) {
  EXPECT_EQ(With(AGap(), [](Gap& m) { m.patterns = TextList("IBM"); }),
            "a list of texts does not end with a NUL");
  std::string many;
  while (many.size() <= kMaxTextListBytes) many += std::string("IBM\0", 4);
  EXPECT_EQ(With(AGap(), [&](Gap& m) { m.patterns = TextList(many); }),
            "a list of texts is too long");
}

TEST(NonsenseTest, NamesComeWithIdsInRange) {
  EXPECT_EQ(With(ANames(), [](Names& m) { m.topics = m.topics.first(1); }),
            "not one text for each id");
  EXPECT_EQ(With(ANames(), [](Names& m) { m.venues = {}; }), "not one text for each id");
  const std::array<TopicId, 2> topics = {TopicId{1}, TopicId{kMaxTopics}};
  EXPECT_EQ(With(ANames(), [&](Names& m) { m.topics = topics; }), "a topic id is out of range");
  const std::array<VenueId, 2> venues = {VenueId{1}, VenueId{0}};
  EXPECT_EQ(With(ANames(), [&](Names& m) { m.venues = venues; }), "a venue has id 0");
}

TEST(NonsenseTest, NamesAreTopicsAndVenues) {
  const std::string star("AAPL\0BRK*\0", 10);
  EXPECT_EQ(With(ANames(), [&](Names& m) { m.topic_texts = TextList(star); }),
            "a text is not a topic");
  const std::string empty("XNAS\0\0", 6);
  EXPECT_EQ(With(ANames(), [&](Names& m) { m.venue_texts = TextList(empty); }),
            "a venue's name is empty or too long");
}

TEST(NonsenseTest, ABatchLiesWithinItsRange) {
  EXPECT_EQ(With(ABatch(), [](Batch& m) { m.through = {9}; }),
            "it goes through a position before the one it is after");
  for (const uint64_t first : {uint64_t{0}, uint64_t{10}, uint64_t{21}, UINT64_MAX}) {
    EXPECT_EQ(With(ABatch(), [&](Batch& m) { m.first = {first}; }),
              "its first tick is out of its range");
  }
  EXPECT_EQ(With(ABatch(), [](Batch& m) { m.through = {16}; }),
            "its last tick is out of its range");
  EXPECT_EQ(With(ABatch(), [](Batch& m) { m.offsets = {}, m.first = {20}; }),
            "its last tick is out of its range");
}

TEST(NonsenseTest, TheOffsetsOfABatchRiseFromZero) {
  const std::array<uint32_t, 2> late = {1, 2};
  EXPECT_EQ(With(ABatch(), [&](Batch& m) { m.offsets = late; }), "its first offset is not 0");
  const std::array<uint32_t, 2> equal = {0, 0};
  EXPECT_EQ(With(ABatch(), [&](Batch& m) { m.offsets = equal; }), "positions do not rise");
  EXPECT_EQ(With(ABatch(), [](Batch& m) { m.ticks = m.ticks.first(1); }),
            "not one offset for each tick");
  EXPECT_EQ(With(ABatch(), [](Batch& m) { m.ticks = {}; }), "offsets without ticks");
}

TEST(NonsenseTest, ABatchIsLiveResumedOrBackfill) {
  EXPECT_EQ(With(ABatch(), [](Batch& m) { m.replay = static_cast<Replay>(3); }),
            "an unknown kind of replay");
}

TEST(NonsenseTest, ATickHasATopicASequenceAKindAndSmallExponents) {
  const auto wrong = [](auto change) {
    std::array<Tick, 2> ticks = kTicks;
    change(ticks[1]);
    return With(ABatch(), [&](Batch& m) { m.ticks = ticks; });
  };
  EXPECT_EQ(wrong([](Tick& t) { t.topic = {kMaxTopics}; }), "a tick's topic id is out of range");
  EXPECT_EQ(wrong([](Tick& t) { t.sequence = {0}; }), "a tick has sequence 0");
  EXPECT_EQ(wrong([](Tick& t) { t.kind = TickKind{}; }), "a tick has kind 0");
  EXPECT_EQ(wrong([](Tick& t) { t.price_exponent = -31; }), "a tick's exponent is out of range");
  EXPECT_EQ(wrong([](Tick& t) { t.size_exponent = 31; }), "a tick's exponent is out of range");
  EXPECT_EQ(wrong([](Tick& t) { t.kind = static_cast<TickKind>(4); }), "");  // reserved, for later
}

TEST(NonsenseTest, TheTopicsOfAnImageRiseAndHaveASequence) {
  const auto wrong = [](auto change) {
    std::array<TopicHead, 2> heads = kHeads;
    change(heads);
    return With(AnImage(), [&](Image& m) { m.heads = heads; });
  };
  EXPECT_EQ(wrong([](auto& h) { h[1].topic = {kMaxTopics}; }), "a topic id is out of range");
  EXPECT_EQ(wrong([](auto& h) { h[1].topic = h[0].topic; }), "topics do not rise");
  EXPECT_EQ(wrong([](auto& h) { h[1].sequence = {0}; }), "a topic has sequence 0");
}

TEST(NonsenseTest, TheTicksOfAnImageBelongToItsTopics) {
  const auto wrong = [](auto change) {
    std::array<Tick, 2> ticks = kTicks;
    change(ticks);
    return With(AnImage(), [&](Image& m) { m.ticks = ticks; });
  };
  const char* stray = "a tick of a topic that is not in the image, or out of order";
  EXPECT_EQ(wrong([](auto& t) { t[1].topic = {9}; }), stray);
  EXPECT_EQ(wrong([](auto& t) { std::swap(t[0], t[1]); }), stray);
  EXPECT_EQ(wrong([](auto& t) { t[0].sequence = {42}; }), "a tick is newer than its topic");
  EXPECT_EQ(wrong([](auto& t) { t[0].sequence = {0}; }), "a tick has sequence 0");
}

TEST(NonsenseTest, TheTotalsOfAnImageBelongToItsTopicsOneEach) {
  const auto wrong = [](auto change) {
    std::array<Totals, 2> totals = {kTotals[0], kTotals[0]};
    totals[1].topic = {8};
    change(totals);
    return With(AnImage(), [&](Image& m) { m.totals = totals; });
  };
  const char* stray = "totals of a topic that is not in the image, or out of order";
  EXPECT_EQ(wrong([](auto&) {}), "");
  EXPECT_EQ(wrong([](auto& t) { t[1].topic = {9}; }), stray);
  EXPECT_EQ(wrong([](auto& t) { std::swap(t[0], t[1]); }), stray);
  EXPECT_EQ(wrong([](auto& t) { t[1].topic = {7}; }), stray);
  EXPECT_EQ(wrong([](auto& t) { t[1].count = 0; }), "totals of no trade");
  EXPECT_EQ(wrong([](auto& t) { t[1].price_exponent = -31; }),
            "the exponent of totals is out of range");
}

TEST(NonsenseTest, AGapEndsAfterItBegins) {
  EXPECT_EQ(With(AGap(), [](Gap& m) { m.to = {2}; }), "it ends before it begins");
  EXPECT_EQ(With(AGap(), [](Gap& m) { m.to = m.from; }), "");
}

TEST(NonsenseTest, ATraceTellsOfAPathAndOfTimesThatAddUp) {
  const auto wrong = [](auto change) {
    TraceHop hop = kTraceHops[1];
    change(hop);
    return WrongWith(Trace{.sent_ns = 5, .hops = {&hop, 1}});
  };
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.way_ns = kMaxTraceNs; }), "");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.way_ns = -kMaxTraceNs; }), "");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.way_ns = kMaxTraceNs + 1; }), "a time out of range");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.way_ns = INT64_MIN; }), "a time out of range");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.error_ns = INT64_MAX; }), "a time out of range");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.error_ns = INT64_MIN; }), "");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.held_ns = -1; }), "a time out of range");
  EXPECT_EQ(wrong([](TraceHop& hop) { hop.held_ns = kMaxTraceNs + 1; }), "a time out of range");
  EXPECT_EQ(With(ATrace(), [](Trace& m) { m.sent_ns = -1; }), "a time out of range");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.clock_ns = -1; }), "a time out of range");
  const std::vector<TraceHop> many(kMaxHops + 1, kTraceHops[0]);
  EXPECT_EQ(With(ATrace(), [&](Trace& m) { m.hops = many; }), "a path of no hops, or of too many");
  EXPECT_EQ(With(ATrace(), [](Trace& m) { m.hops = {}; }), "a path of no hops, or of too many");
}

TEST(NonsenseTest, APongTellsAPathOfKnownRolesAndStates) {
  EXPECT_EQ(With(APong(), [](Pong& m) { m.hops.assign(kMaxHops + 1, m.hops[0]); }),
            "a path of too many hops");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.hops[0].role = 1; }), "a hop of unknown role");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.hops[0].state = 0; }), "a hop of unknown state");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.hops[0].state = 7; }), "a hop of unknown state");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.hops[0].name = kLongName; }), "a name is too long");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.state = 0; }), "an unknown state");
  EXPECT_EQ(With(APong(), [](Pong& m) { m.state = 7; }), "an unknown state");
}

TEST(NonsenseTest, TheAgesOfAPathNeverAddUpToAnOverflow) {
  EXPECT_EQ(With(APong(), [](Pong& m) { m.hops[0].age_ns = UINT64_MAX; }), "an age out of range");
  const uint64_t sixteenth = static_cast<uint64_t>(INT64_MAX) / kMaxHops;
  EXPECT_EQ(With(APong(), [&](Pong& m) { m.hops[0].age_ns = sixteenth; }), "an age out of range");
}

TEST(NonsenseTest, APayloadIsOfOnePartAloneAndFitsOneMessage) {
  Tick part = TickOf({.first = true});
  part.sequence = {1};
  const std::vector<Tick> one = {part};
  const std::vector<Tick> two = {part, part};
  const std::vector<std::byte> bytes(kMaxPartBytes + 1);
  const std::span<const std::byte> all = bytes;
  const Batch batch{.after = {1},
                    .through = {5},
                    .first = {2},
                    .offsets = {},
                    .ticks = one,
                    .payload = all.first(kMaxPartBytes)};
  EXPECT_EQ(WrongWith(batch), "");
  EXPECT_EQ(With(batch, [&](Batch& m) { m.payload = {}; }), "");
  EXPECT_EQ(With(batch, [&](Batch& m) { m.payload = all; }), "a payload is too long");
  EXPECT_EQ(With(batch, [&](Batch& m) { m.ticks = two; }), "a part beside other ticks");
  EXPECT_EQ(With(batch, [&](Batch& m) { m.ticks = {}; }), "a payload without a tick");
  Tick trade = part;
  trade.kind = TickKind::kTrade;
  const std::vector<Tick> no_part = {trade};
  EXPECT_EQ(With(batch, [&](Batch& m) { m.ticks = no_part; }), "a payload of what is no part");
}

}  // namespace
}  // namespace fantail::wire
