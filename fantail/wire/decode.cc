#include "fantail/wire/decode.h"

#include <cstring>
#include <type_traits>

#include "fantail/base/decimal.h"
#include "fantail/base/pattern.h"
#include "fantail/wire/identifier.h"
#include "fantail/wire/part.h"
#include "session_generated.h"

namespace fantail::wire {
namespace {

// Each Read function fills its message from a verified table and returns nullptr, or says what
// makes no sense.
using flat::Items;
using flat::Problem;
using flat::ReadName;
using flat::ReadReason;
using flat::ReadTexts;
using flat::View;

Problem Patterns(const flatbuffers::Vector<uint8_t>* bytes, TextList* out) {
  if (Problem problem = ReadTexts(bytes, out)) return problem;
  for (std::string_view text : *out) {
    if (PatternProblem(text) != nullptr) return "a text is not a pattern";
  }
  return nullptr;
}

Problem TickProblem(const Tick& tick) {
  if (tick.topic.value >= kMaxTopics) return "a tick's topic id is out of range";
  if (tick.sequence.value == 0) return "a tick has sequence 0";
  if (tick.kind == TickKind{}) return "a tick has kind 0";
  if (tick.price_exponent < kMinDecimalExponent || tick.price_exponent > kMaxDecimalExponent ||
      tick.size_exponent < kMinDecimalExponent || tick.size_exponent > kMaxDecimalExponent) {
    return "a tick's exponent is out of range";
  }
  return nullptr;
}

bool IsClock(int64_t ns) {
  return ns >= 0 && ns <= kMaxClockNs;
}

Problem Read(const fbs::Hello& t, Hello* m) {
  if (Problem problem = ReadName(t.feed(), &m->feed)) return problem;
  if (Problem problem = ReadName(t.name(), &m->name)) return problem;
  m->node = {t.node()};
  m->role = t.role();
  m->encodings = t.encodings();
  m->newest_ns = t.newest_ns();
  if (m->feed.empty()) return "no feed is named";
  if (m->newest_ns > kMaxNewestNs) return "an interval of more than an hour";
  return m->role < 1 || m->role > 2 ? "an unknown role" : nullptr;
}

Problem Read(const fbs::Welcome& t, Welcome* m) {
  if (Problem problem = ReadName(t.feed(), &m->feed)) return problem;
  if (Problem problem = ReadName(t.name(), &m->name)) return problem;
  m->node = {t.node()};
  m->epoch = {t.epoch()};
  m->window_bytes = t.window_bytes();
  m->window_messages = t.window_messages();
  m->paced = t.paced();
  m->encoding = static_cast<Encoding>(t.encoding());
  m->max_patterns = t.max_patterns();
  m->replay = t.replay();
  m->limits = {.message_bytes = t.message_bytes(),
               .sessions = t.max_sessions(),
               .user_sessions = t.max_user_sessions(),
               .handshakes_per_second = t.handshakes_per_second(),
               .waiting_bytes = t.waiting_bytes(),
               .bytes_per_second = t.bytes_per_second(),
               .memory_bytes = t.memory_bytes(),
               .descriptors = t.descriptors()};
  if (m->window_bytes < kMaxMessageBytes || m->window_messages == 0) return "a window of nothing";
  return m->encoding > Encoding::kShared ? "an unknown encoding" : nullptr;
}

Problem Read(const fbs::Refused& t, Refused* m) {
  m->code = static_cast<RefusedCode>(t.code());
  return ReadReason(t.reason(), &m->reason);
}

Problem Read(const fbs::Want& t, Want* m) {
  m->version = t.version();
  m->epoch = {t.epoch()};
  m->more = t.more();
  if (Problem problem = Patterns(t.add(), &m->add)) return problem;
  if (Problem problem = Patterns(t.remove(), &m->remove)) return problem;
  if (!Items(t.starts(), &m->starts)) return "misaligned starts";
  if (m->starts.size() != m->add.Count()) return "not one start for each pattern";
  for (const Start& start : m->starts) {
    if (start.kind < StartKind::kFresh || start.kind > StartKind::kBackfill) {
      return "an unknown kind of start";
    }
  }
  return nullptr;
}

Problem Read(const fbs::Have& t, Have* m) {
  m->version = t.version();
  m->at = {t.at()};
  m->more = t.more();
  if (Problem problem = Patterns(t.refused(), &m->refused)) return problem;
  return ReadReason(t.reason(), &m->reason);
}

Problem Read(const fbs::Names& t, Names* m) {
  if (Problem problem = ReadTexts(t.topic_texts(), &m->topic_texts)) return problem;
  if (Problem problem = ReadTexts(t.venue_texts(), &m->venue_texts)) return problem;
  if (!Items(t.topics(), &m->topics) || !Items(t.venues(), &m->venues)) return "misaligned ids";
  if (m->topics.size() != m->topic_texts.Count() || m->venues.size() != m->venue_texts.Count()) {
    return "not one text for each id";
  }
  for (std::string_view text : m->topic_texts) {
    if (fantail::TopicProblem(text) != nullptr) return "a text is not a topic";
  }
  for (std::string_view text : m->venue_texts) {
    if (text.empty() || text.size() > kMaxNameBytes) return "a venue's name is empty or too long";
  }
  for (TopicId id : m->topics) {
    if (id.value >= kMaxTopics) return "a topic id is out of range";
  }
  for (VenueId id : m->venues) {
    if (id.value == 0) return "a venue has id 0";
  }
  return nullptr;
}

Problem Read(const fbs::Batch& t, Batch* m) {
  m->after = {t.after()};
  m->through = {t.through()};
  m->first = {t.first()};
  m->replay = static_cast<Replay>(t.replay());
  if (!Items(t.offsets(), &m->offsets) || !Items(t.ticks(), &m->ticks)) return "misaligned ticks";
  if (m->through < m->after) return "it goes through a position before the one it is after";
  if (m->replay > Replay::kBackfill) return "an unknown kind of replay";
  if (!Items(t.payload(), &m->payload)) return "misaligned payload";
  if (m->ticks.empty()) {
    if (!m->payload.empty()) return "a payload without a tick";
    return m->offsets.empty() ? nullptr : "offsets without ticks";
  }
  if (!m->offsets.empty() && m->offsets.size() != m->ticks.size()) {
    return "not one offset for each tick";
  }
  const uint64_t span = m->through - m->after;
  if (m->first <= m->after || m->first - m->after > span)
    return "its first tick is out of its range";
  if (!m->offsets.empty() && m->offsets.front() != 0) return "its first offset is not 0";
  for (size_t i = 1; i < m->offsets.size(); ++i) {
    if (m->offsets[i] <= m->offsets[i - 1]) return "positions do not rise";
  }
  const uint64_t last = m->offsets.empty() ? m->ticks.size() - 1 : m->offsets.back();
  if (last > m->through - m->first) return "its last tick is out of its range";
  for (const Tick& tick : m->ticks) {
    if (Problem problem = TickProblem(tick)) return problem;
    if (IsPart(tick) && m->ticks.size() > 1) return "a part beside other ticks";
  }
  if (m->payload.empty()) return nullptr;
  if (!IsPart(m->ticks.front())) return "a payload of what is no part";
  return m->payload.size() > kMaxPartBytes ? "a payload is too long" : nullptr;
}

// At most one of each topic of the image, likewise by rising topic id.
Problem TotalsProblem(const Image& image) {
  auto head = image.heads.begin();
  for (const Totals& totals : image.totals) {
    while (head != image.heads.end() && head->topic < totals.topic) ++head;
    if (head == image.heads.end() || head->topic != totals.topic) {
      return "totals of a topic that is not in the image, or out of order";
    }
    ++head;
    if (totals.count == 0) return "totals of no trade";
    if (totals.price_exponent < kMinDecimalExponent ||
        totals.price_exponent > kMaxDecimalExponent) {
      return "the exponent of totals is out of range";
    }
  }
  return nullptr;
}

Problem Read(const fbs::Image& t, Image* m) {
  m->at = {t.at()};
  if (!Items(t.heads(), &m->heads) || !Items(t.ticks(), &m->ticks) ||
      !Items(t.totals(), &m->totals)) {
    return "misaligned contents";
  }
  for (size_t i = 0; i < m->heads.size(); ++i) {
    if (m->heads[i].topic.value >= kMaxTopics) return "a topic id is out of range";
    if (i > 0 && m->heads[i].topic <= m->heads[i - 1].topic) return "topics do not rise";
    if (m->heads[i].sequence.value == 0) return "a topic has sequence 0";
  }
  size_t head = 0;
  for (const Tick& tick : m->ticks) {
    if (Problem problem = TickProblem(tick)) return problem;
    while (head < m->heads.size() && m->heads[head].topic < tick.topic) ++head;
    if (head == m->heads.size() || m->heads[head].topic != tick.topic) {
      return "a tick of a topic that is not in the image, or out of order";
    }
    if (tick.sequence > m->heads[head].sequence) return "a tick is newer than its topic";
  }
  return TotalsProblem(*m);
}

Problem Read(const fbs::Gap& t, Gap* m) {
  m->from = {t.from()};
  m->to = {t.to()};
  m->reason = t.reason();
  m->backfill = t.backfill();
  if (m->to < m->from) return "it ends before it begins";
  return Patterns(t.patterns(), &m->patterns);
}

Problem Read(const fbs::Ack& t, Ack* m) {
  *m = {.through = {t.through()}, .bytes = t.bytes(), .messages = t.messages(), .held = t.held()};
  return nullptr;
}

Problem Read(const fbs::Ping& t, Ping* m) {
  *m = {.nonce = t.nonce(), .trace = t.trace()};
  return nullptr;
}

Problem Read(const fbs::Pong& t, Pong* m) {
  *m = {.nonce = t.nonce(),
        .head = {t.head()},
        .waiting_ns = t.waiting_ns(),
        .state = t.state(),
        .clock_ns = t.clock_ns()};
  if (Problem problem = ReadReason(t.cause(), &m->cause)) return problem;
  if (!IsClock(m->clock_ns)) return "a time out of range";
  if (m->state < 1 || m->state > 6) return "an unknown state";
  if (t.hops() == nullptr) return nullptr;
  if (t.hops()->size() > kMaxHops) return "a path of too many hops";
  for (const fbs::Hop* hop : *t.hops()) {
    HopView view{
        .node = {hop->node()}, .role = hop->role(), .state = hop->state(), .age_ns = hop->age_ns()};
    if (Problem problem = ReadName(hop->name(), &view.name)) return problem;
    if (view.role < 2 || view.role > 3) return "a hop of unknown role";
    if (view.state < 1 || view.state > 6) return "a hop of unknown state";
    // Half of what the ages of a whole path may add up to is left for the reader's own.
    if (view.age_ns > static_cast<uint64_t>(INT64_MAX) / 2 / kMaxHops) return "an age out of range";
    m->hops.push_back(view);
  }
  return nullptr;
}

Problem Read(const fbs::Trace& t, Trace* m) {
  m->sent_ns = t.sent_ns();
  if (!Items(t.hops(), &m->hops)) return "its hops are not aligned";
  if (m->hops.empty() || m->hops.size() > kMaxHops) return "a path of no hops, or of too many";
  if (!IsClock(m->sent_ns)) return "a time out of range";
  for (const TraceHop& hop : m->hops) {
    const bool good = hop.way_ns >= -kMaxTraceNs && hop.way_ns <= kMaxTraceNs &&
                      hop.error_ns <= kMaxTraceNs && hop.held_ns >= 0 && hop.held_ns <= kMaxTraceNs;
    if (!good) return "a time out of range";
  }
  return nullptr;
}

Problem Read(const fbs::Proof& t, Proof* m) {
  *m = {.version = t.version(), .at = {t.at()}, .digest = t.digest()};
  return nullptr;
}

Problem Read(const fbs::End& t, End* m) {
  m->at = {t.at()};
  return nullptr;
}

Problem Read(const fbs::Goodbye& t, Goodbye* m) {
  m->code = static_cast<GoodbyeCode>(t.code());
  m->endpoint = View(t.endpoint());
  return ReadReason(t.reason(), &m->reason);
}

// A batch is two vectors of a table; a pong is the only message of more tables.
template <class Table>
constexpr flatbuffers::uoffset_t kMaxTables = std::is_same_v<Table, fbs::Pong> ? kMaxHops + 2 : 1;

template <class Table, class Mine>
DecodeError DecodeAs(std::span<const std::byte> body, Kind kind, AnyMessage* out,
                     const char** detail) {
  const auto read = [](const Table& table, Mine* mine) { return Read(table, mine); };
  return flat::ReadBody<Table>(body, IdentifierOf(kind), kMaxTables<Table>, &out->emplace<Mine>(),
                               read, detail);
}

}  // namespace

DecodeError DecodeBody(std::span<const std::byte> body, Kind kind, AnyMessage* out,
                       const char** detail) {
  switch (kind) {
    case Kind::kHello:
      return DecodeAs<fbs::Hello, Hello>(body, kind, out, detail);
    case Kind::kWelcome:
      return DecodeAs<fbs::Welcome, Welcome>(body, kind, out, detail);
    case Kind::kRefused:
      return DecodeAs<fbs::Refused, Refused>(body, kind, out, detail);
    case Kind::kWant:
      return DecodeAs<fbs::Want, Want>(body, kind, out, detail);
    case Kind::kHave:
      return DecodeAs<fbs::Have, Have>(body, kind, out, detail);
    case Kind::kNames:
      return DecodeAs<fbs::Names, Names>(body, kind, out, detail);
    case Kind::kBatch:
      return DecodeAs<fbs::Batch, Batch>(body, kind, out, detail);
    case Kind::kImage:
      return DecodeAs<fbs::Image, Image>(body, kind, out, detail);
    case Kind::kGap:
      return DecodeAs<fbs::Gap, Gap>(body, kind, out, detail);
    case Kind::kAck:
      return DecodeAs<fbs::Ack, Ack>(body, kind, out, detail);
    case Kind::kPing:
      return DecodeAs<fbs::Ping, Ping>(body, kind, out, detail);
    case Kind::kPong:
      return DecodeAs<fbs::Pong, Pong>(body, kind, out, detail);
    case Kind::kProof:
      return DecodeAs<fbs::Proof, Proof>(body, kind, out, detail);
    case Kind::kEnd:
      return DecodeAs<fbs::End, End>(body, kind, out, detail);
    case Kind::kGoodbye:
      return DecodeAs<fbs::Goodbye, Goodbye>(body, kind, out, detail);
    case Kind::kTrace:
      return DecodeAs<fbs::Trace, Trace>(body, kind, out, detail);
    case Kind::kPacked:
      *detail = "a packed message, and the session is plain";
      return DecodeError::kNonsense;
  }
  *detail = "a kind of message that this version does not know";
  return DecodeError::kUnknownKind;
}

Batch ViewOwnBatch(std::span<const std::byte> message) {
  const auto* t = flatbuffers::GetRoot<fbs::Batch>(message.data() + kHeaderBytes);
  Batch batch{.after = {t->after()},
              .through = {t->through()},
              .first = {t->first()},
              .replay = static_cast<Replay>(t->replay())};
  FANTAIL_CHECK(Items(t->offsets(), &batch.offsets) && Items(t->ticks(), &batch.ticks) &&
                Items(t->payload(), &batch.payload));
  return batch;
}

DecodeError Decoder::Decode(std::span<const std::byte> bytes, AnyMessage* out) {
  Opened opened;
  const DecodeError error = opener_.Open(bytes, &opened);
  detail_ = opener_.detail();
  if (error != DecodeError::kNone) return error;
  return DecodeBody(opened.body, static_cast<Kind>(opened.kind), out, &detail_);
}

const char* EncodingName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kPlain:
      return "plain";
    case Encoding::kPacked:
      return "packed";
    case Encoding::kShared:
      return "shared";
  }
  return "unknown";
}

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kHello:
      return "hello";
    case Kind::kWelcome:
      return "welcome";
    case Kind::kRefused:
      return "refused";
    case Kind::kWant:
      return "want";
    case Kind::kHave:
      return "have";
    case Kind::kNames:
      return "names";
    case Kind::kBatch:
      return "batch";
    case Kind::kImage:
      return "image";
    case Kind::kGap:
      return "gap";
    case Kind::kAck:
      return "ack";
    case Kind::kPing:
      return "ping";
    case Kind::kPong:
      return "pong";
    case Kind::kProof:
      return "proof";
    case Kind::kEnd:
      return "end";
    case Kind::kGoodbye:
      return "goodbye";
    case Kind::kPacked:
      return "packed";
    case Kind::kTrace:
      return "trace";
  }
  return "unknown";
}

}  // namespace fantail::wire
