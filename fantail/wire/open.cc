#include "fantail/wire/open.h"

#include <algorithm>
#include <vector>

#include "fantail/wire/flat.h"
#include "open_generated.h"

namespace fantail::wire {
namespace {

using flat::Builder;

template <class Table>
Message FinishOpen(Builder& builder, flatbuffers::Offset<Table> root) {
  builder.Finish(root, open::BatchIdentifier());
  FANTAIL_CHECK(builder.GetSize() <= kMaxMessageBytes, builder.GetSize());
  return Message::CopyOf(
      {reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()});
}

flatbuffers::Offset<open::Record> AddRecord(Builder& builder, const Record& record,
                                            flatbuffers::Offset<flatbuffers::String> venue) {
  const Tick& tick = record.tick;
  open::RecordBuilder table(builder);
  table.add_position(record.position.value);
  table.add_sequence(tick.sequence.value);
  table.add_time(tick.time_ns);
  table.add_kind(static_cast<open::Kind>(tick.kind));
  if (tick.kind == TickKind::kStatus) {
    table.add_status(static_cast<uint8_t>(std::min<uint64_t>(tick.size, UINT8_MAX)));
  } else {
    table.add_price(tick.price);
    table.add_size(tick.size);
    table.add_ask_price(tick.ask_price);
    table.add_ask_size(tick.ask_size);
    table.add_price_exponent(tick.price_exponent);
    table.add_size_exponent(tick.size_exponent);
    table.add_blanks(tick.flags);
  }
  table.add_conditions(tick.conditions);
  if (!venue.IsNull()) table.add_venue(venue);
  return table.Finish();
}

}  // namespace

Message EncodeOpenBatch(std::string_view topic, Epoch epoch, std::span<const Record> records,
                        std::span<const std::string> venues) {
  Builder builder(size_t{64} + records.size() * 96);
  std::vector<flatbuffers::Offset<open::Record>> tables;
  tables.reserve(records.size());
  for (const Record& record : records) {
    const size_t venue = record.tick.venue.value;
    flatbuffers::Offset<flatbuffers::String> name;
    if (venue < venues.size() && !venues[venue].empty()) {
      name = builder.CreateSharedString(venues[venue]);
    }
    tables.push_back(AddRecord(builder, record, name));
  }
  const auto vector = builder.CreateVector(tables);
  const auto name = flat::Text(builder, topic);
  return FinishOpen(builder, open::CreateBatch(builder, name, epoch.value, vector));
}

Message EncodeOpenState(const OpenState& state) {
  Builder builder(512);
  const auto name = flat::Text(builder, state.state);
  const auto cause = flat::Text(builder, state.cause);
  const auto hop = flat::Text(builder, state.hop);
  const auto feed = flat::Text(builder, state.feed);
  const auto age = static_cast<uint64_t>(std::max<Nanos::rep>(state.age.count(), 0));
  return FinishOpen(builder, open::CreateState(builder, name, cause, hop, age, feed,
                                               state.epoch.value, state.replay));
}

Message EncodeOpenGap(const OpenGap& gap) {
  Builder builder(512);
  std::vector<flatbuffers::Offset<flatbuffers::String>> texts;
  for (const std::string& pattern : gap.patterns) texts.push_back(flat::Text(builder, pattern));
  const auto patterns = builder.CreateVector(texts);
  const auto reason = flat::Text(builder, gap.reason);
  return FinishOpen(builder, open::CreateGap(builder, gap.epoch.value, gap.from.value, gap.to.value,
                                             patterns, reason));
}

}  // namespace fantail::wire
