#include "fantail/wire/encode.h"

#include <cstring>

#include "fantail/base/check.h"
#include "fantail/wire/identifier.h"
#include "session_generated.h"

namespace fantail::wire {
namespace {

using flat::Builder;
using flat::Text;
using flat::Texts;

template <class Table>
Message Finish(Builder& builder, Kind kind, flatbuffers::Offset<Table> root) {
  return flat::Finish(builder, static_cast<uint8_t>(kind), IdentifierOf(kind), root);
}

// A vector of a schema struct whose layout equals that of `Mine`.
template <class Schema, class Mine>
flatbuffers::Offset<flatbuffers::Vector<const Schema*>> Structs(Builder& builder,
                                                                std::span<const Mine> items) {
  static_assert(sizeof(Schema) == sizeof(Mine) && alignof(Schema) == alignof(Mine));
  return builder.CreateVectorOfStructs(reinterpret_cast<const Schema*>(items.data()), items.size());
}

// Absent if there is none.
flat::Bytes Payload(Builder& b, std::span<const std::byte> payload) {
  if (payload.empty()) return {};
  return b.CreateVector(reinterpret_cast<const uint8_t*>(payload.data()), payload.size());
}

}  // namespace

Message Encode(const Hello& hello) {
  Builder b;
  const auto feed = Text(b, hello.feed);
  const auto name = Text(b, hello.name);
  return Finish(b, Kind::kHello,
                fbs::CreateHello(b, feed, name, hello.node.value, hello.role, hello.encodings,
                                 hello.newest_ns));
}

Message Encode(const Welcome& welcome) {
  Builder b;
  const auto feed = Text(b, welcome.feed);
  const auto name = Text(b, welcome.name);
  const Limits& most = welcome.limits;
  return Finish(b, Kind::kWelcome,
                fbs::CreateWelcome(
                    b, feed, name, welcome.node.value, welcome.epoch.value, welcome.window_bytes,
                    welcome.window_messages, welcome.paced, static_cast<uint8_t>(welcome.encoding),
                    welcome.max_patterns, welcome.replay, most.message_bytes, most.sessions,
                    most.user_sessions, most.handshakes_per_second, most.waiting_bytes,
                    most.bytes_per_second, most.memory_bytes, most.descriptors));
}

Message Encode(const Refused& refused) {
  Builder b;
  const auto reason = Text(b, refused.reason);
  return Finish(b, Kind::kRefused,
                fbs::CreateRefused(b, static_cast<uint8_t>(refused.code), reason));
}

Message Encode(const Want& want) {
  Builder b;
  const auto add = Texts(b, want.add);
  const auto starts = Structs<fbs::Start>(b, want.starts);
  const auto remove = Texts(b, want.remove);
  return Finish(b, Kind::kWant,
                fbs::CreateWant(b, want.version, want.epoch.value, add, starts, remove, want.more));
}

Message Encode(const Have& have) {
  Builder b;
  const auto refused = Texts(b, have.refused);
  const auto reason = Text(b, have.reason);
  return Finish(b, Kind::kHave,
                fbs::CreateHave(b, have.version, have.at.value, refused, reason, have.more));
}

Message Encode(const Names& names) {
  Builder b;
  const auto topics =
      b.CreateVector(reinterpret_cast<const uint32_t*>(names.topics.data()), names.topics.size());
  const auto topic_texts = Texts(b, names.topic_texts);
  const auto venues =
      b.CreateVector(reinterpret_cast<const uint16_t*>(names.venues.data()), names.venues.size());
  const auto venue_texts = Texts(b, names.venue_texts);
  return Finish(b, Kind::kNames, fbs::CreateNames(b, topics, topic_texts, venues, venue_texts));
}

Message Encode(const Batch& batch) {
  Builder b(batch.ticks.size() * (sizeof(Tick) + sizeof(uint32_t)) + 256);
  const auto ticks = Structs<fbs::Tick>(b, batch.ticks);
  flatbuffers::Offset<flatbuffers::Vector<uint32_t>> offsets;
  if (!batch.offsets.empty()) offsets = b.CreateVector(batch.offsets.data(), batch.offsets.size());
  return Finish(
      b, Kind::kBatch,
      fbs::CreateBatch(b, batch.after.value, batch.through.value, batch.first.value, offsets, ticks,
                       static_cast<uint8_t>(batch.replay), Payload(b, batch.payload)));
}

Message EncodeBatch(Position after, Position through, std::span<const Record> records,
                    Replay replay, std::span<const std::byte> payload) {
  FANTAIL_CHECK(records.size() <= kMaxBatchTicks, records.size());
  // Kept from one batch to the next: 64 KiB from the heap each time cost page faults and a walk
  // through its free lists.
  thread_local Builder b(kMaxMessageBytes);
  b.Clear();
  const Position first = records.empty() ? Position{} : records.front().position;
  fbs::Tick* place = nullptr;
  const auto ticks = b.CreateUninitializedVectorOfStructs(records.size(), &place);
  auto* out = reinterpret_cast<Tick*>(place);
  for (size_t i = 0; i < records.size(); ++i) std::memcpy(&out[i], &records[i].tick, sizeof(Tick));
  flatbuffers::Offset<flatbuffers::Vector<uint32_t>> offsets;
  if (!records.empty() && records.back().position - first != records.size() - 1) {
    uint32_t* offset = nullptr;
    offsets = b.CreateUninitializedVector(records.size(), &offset);
    for (const Record& r : records) *offset++ = static_cast<uint32_t>(r.position - first);
  }
  return Finish(b, Kind::kBatch,
                fbs::CreateBatch(b, after.value, through.value, first.value, offsets, ticks,
                                 static_cast<uint8_t>(replay), Payload(b, payload)));
}

Message Encode(const Image& image) {
  Builder b;
  const auto heads = Structs<fbs::TopicHead>(b, image.heads);
  const auto ticks = Structs<fbs::Tick>(b, image.ticks);
  const auto totals = Structs<fbs::Totals>(b, image.totals);
  return Finish(b, Kind::kImage, fbs::CreateImage(b, image.at.value, heads, ticks, totals));
}

Message Encode(const Gap& gap) {
  Builder b;
  const auto patterns = Texts(b, gap.patterns);
  return Finish(
      b, Kind::kGap,
      fbs::CreateGap(b, gap.from.value, gap.to.value, patterns, gap.reason, gap.backfill));
}

Message Encode(const Ack& ack) {
  Builder b;
  return Finish(b, Kind::kAck,
                fbs::CreateAck(b, ack.through.value, ack.bytes, ack.messages, ack.held));
}

Message Encode(const Ping& ping) {
  Builder b;
  return Finish(b, Kind::kPing, fbs::CreatePing(b, ping.nonce, ping.trace));
}

Message Encode(const Pong& pong) {
  Builder b;
  std::vector<flatbuffers::Offset<fbs::Hop>> hops;
  for (const HopView& hop : pong.hops) {
    const auto name = Text(b, hop.name);
    hops.push_back(fbs::CreateHop(b, hop.node.value, name, hop.role, hop.state, hop.age_ns));
  }
  const auto hop_vector = b.CreateVector(hops);
  const auto cause = Text(b, pong.cause);
  return Finish(b, Kind::kPong,
                fbs::CreatePong(b, pong.nonce, hop_vector, pong.head.value, pong.waiting_ns,
                                pong.state, cause, pong.clock_ns));
}

Message Encode(const Trace& trace) {
  Builder b;
  const auto hops = Structs<fbs::TraceHop>(b, trace.hops);
  return Finish(b, Kind::kTrace, fbs::CreateTrace(b, trace.sent_ns, hops));
}

Message Encode(const Proof& proof) {
  Builder b;
  return Finish(b, Kind::kProof, fbs::CreateProof(b, proof.version, proof.at.value, proof.digest));
}

Message Encode(const End& end) {
  Builder b;
  return Finish(b, Kind::kEnd, fbs::CreateEnd(b, end.at.value));
}

Message Encode(const Goodbye& goodbye) {
  Builder b;
  const auto reason = Text(b, goodbye.reason);
  const auto endpoint = Text(b, goodbye.endpoint);
  return Finish(b, Kind::kGoodbye,
                fbs::CreateGoodbye(b, static_cast<uint8_t>(goodbye.code), reason, endpoint));
}

}  // namespace fantail::wire
