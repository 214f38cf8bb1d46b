// What a decoded message promises, whatever bytes it was made from. Written from docs/protocol.md
// and not from the decoder, so that a check that the decoder forgets shows.
#ifndef FANTAIL_TESTS_SUPPORT_MESSAGE_INVARIANTS_H_
#define FANTAIL_TESTS_SUPPORT_MESSAGE_INVARIANTS_H_

#include <algorithm>
#include <cstdint>

#include "fantail/base/decimal.h"
#include "fantail/base/pattern.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/messages.h"

namespace fantail::testing {

// Each Broken gives nullptr, or says which promise the message breaks.
inline const char* Broken(const wire::Tick& t) {
  if (t.topic.value >= wire::kMaxTopics) return "a topic id beyond the limit";
  if (t.sequence.value == 0) return "sequence 0";
  if (static_cast<int>(t.kind) == 0) return "kind 0";
  if (std::max(std::abs(t.price_exponent), std::abs(t.size_exponent)) > kMaxDecimalExponent) {
    return "an exponent beyond the limit";
  }
  return reinterpret_cast<uintptr_t>(&t) % alignof(wire::Tick) == 0 ? nullptr : "misaligned";
}

inline const char* BrokenPatterns(const wire::TextList& list) {
  for (const std::string_view text : list) {
    if (PatternProblem(text) != nullptr) return "no pattern";
  }
  return nullptr;
}

inline const char* Broken(const wire::Hello& m) {
  if (m.feed.empty() || m.feed.size() > 64 || m.name.size() > 64) return "a name";
  return m.role == 1 || m.role == 2 ? nullptr : "a role";
}
inline const char* Broken(const wire::Welcome& m) {
  if (m.feed.size() > 64 || m.name.size() > 64) return "a name";
  if (m.window_bytes < wire::kMaxMessageBytes || m.window_messages == 0) return "a window";
  return m.encoding <= wire::Encoding::kShared ? nullptr : "an encoding";
}
inline const char* Broken(const wire::Refused& m) {
  return m.reason.size() > wire::kMaxReasonBytes ? "a reason" : nullptr;
}
inline const char* Broken(const wire::Want& m) {
  if (m.starts.size() != m.add.Count()) return "not a start each";
  for (const wire::Start& s : m.starts) {
    if (static_cast<int>(s.kind) < 1 || static_cast<int>(s.kind) > 3) return "a kind of start";
  }
  const char* problem = BrokenPatterns(m.add);
  return problem != nullptr ? problem : BrokenPatterns(m.remove);
}
inline const char* Broken(const wire::Have& m) {
  return m.reason.size() > wire::kMaxReasonBytes ? "a reason" : BrokenPatterns(m.refused);
}
inline const char* Broken(const wire::Names& m) {
  if (m.topics.size() != m.topic_texts.Count()) return "not a text each";
  if (m.venues.size() != m.venue_texts.Count()) return "not a text each";
  for (const std::string_view text : m.topic_texts) {
    if (TopicProblem(text) != nullptr) return "no topic";
  }
  for (const std::string_view text : m.venue_texts) {
    if (text.empty() || text.size() > wire::kMaxNameBytes) return "no venue";
  }
  for (const TopicId id : m.topics) {
    if (id.value >= wire::kMaxTopics) return "a topic id beyond the limit";
  }
  return std::count(m.venues.begin(), m.venues.end(), VenueId{}) > 0 ? "venue 0" : nullptr;
}
inline const char* Broken(const wire::Batch& m) {
  if (m.through < m.after) return "through before after";
  if (static_cast<int>(m.replay) > 2) return "a kind of replay";
  Position last = m.after;
  for (size_t i = 0; i < m.ticks.size(); ++i) {
    const Position at = m.PositionAt(i);
    if (at <= last || at > m.through) return "positions";
    last = at;
    if (const char* problem = Broken(m.ticks[i])) return problem;
  }
  return nullptr;
}
inline const char* Broken(const wire::Image& m) {
  for (size_t i = 0; i < m.heads.size(); ++i) {
    if (m.heads[i].topic.value >= wire::kMaxTopics) return "a topic id beyond the limit";
    if (i > 0 && m.heads[i].topic <= m.heads[i - 1].topic) return "the order of topics";
    if (m.heads[i].sequence.value == 0) return "a topic at sequence 0";
  }
  const auto head_of = [&](TopicId id) {
    return std::find_if(m.heads.begin(), m.heads.end(),
                        [&](const wire::TopicHead& head) { return head.topic == id; });
  };
  for (size_t i = 0; i < m.ticks.size(); ++i) {
    if (const char* problem = Broken(m.ticks[i])) return problem;
    if (i > 0 && m.ticks[i].topic < m.ticks[i - 1].topic) return "the order of ticks";
    const auto head = head_of(m.ticks[i].topic);
    if (head == m.heads.end() || m.ticks[i].sequence > head->sequence) return "a tick and its head";
  }
  for (size_t i = 0; i < m.totals.size(); ++i) {
    const wire::Totals& t = m.totals[i];
    if (i > 0 && t.topic <= m.totals[i - 1].topic) return "the order of totals";
    if (head_of(t.topic) == m.heads.end()) return "totals without a head";
    if (t.count == 0) return "totals of no trade";
    if (std::abs(t.price_exponent) > kMaxDecimalExponent) return "an exponent of totals";
  }
  return nullptr;
}
inline const char* Broken(const wire::Gap& m) {
  return m.to < m.from ? "it ends before it begins" : BrokenPatterns(m.patterns);
}
inline const char* Broken(const wire::Ack&) {
  return nullptr;
}
inline const char* Broken(const wire::Ping&) {
  return nullptr;
}
inline const char* Broken(const wire::Pong& m) {
  if (m.hops.size() > wire::kMaxHops || m.cause.size() > wire::kMaxReasonBytes) return "too much";
  if (m.state < 1 || m.state > 6) return "a state";
  uint64_t age = 0;
  for (const wire::HopView& hop : m.hops) {
    if (hop.role < 2 || hop.role > 3 || hop.state < 1 || hop.state > 6) return "a hop";
    if (hop.name.size() > wire::kMaxNameBytes) return "the name of a hop";
    age += hop.age_ns;
  }
  // A year of our own may come on top.
  return age > INT64_MAX - uint64_t{31'536'000'000'000'000} ? "the sum of the ages" : nullptr;
}
inline const char* Broken(const wire::Trace& m) {
  if (m.hops.empty() || m.hops.size() > wire::kMaxHops) return "the path of a trace";
  int64_t all = 0;
  for (const wire::TraceHop& hop : m.hops) {
    if (hop.held_ns < 0) return "a negative time";
    if (__builtin_add_overflow(all, hop.held_ns, &all)) return "the sum of what was held";
    if (__builtin_add_overflow(all, hop.way_ns, &all)) return "the sum of the ways";
  }
  return m.sent_ns < 0 ? "a clock" : nullptr;
}
inline const char* Broken(const wire::Proof&) {
  return nullptr;
}
inline const char* Broken(const wire::End&) {
  return nullptr;
}
inline const char* Broken(const wire::Goodbye& m) {
  return m.reason.size() > wire::kMaxReasonBytes ? "a reason" : nullptr;
}

inline const char* Broken(const wire::PackedBatch& m) {
  if (m.through < m.after) return "through";
  if (m.replay > wire::Replay::kBackfill) return "replay";
  if (m.records.size() > wire::kMaxPackedBatchTicks) return "too many ticks";
  Position last = m.after;
  for (const wire::Record& record : m.records) {
    if (record.position <= last || record.position > m.through) return "a position";
    last = record.position;
    if (const char* broken = Broken(record.tick)) return broken;
  }
  return nullptr;
}

inline const char* Broken(const wire::AnyMessage& message) {
  return std::visit([](const auto& m) { return Broken(m); }, message);
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_MESSAGE_INVARIANTS_H_
