#include "fantail/wire/columns.h"

#include <cstring>
#include <utility>

#include "fantail/base/check.h"
#include "fantail/base/decimal.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/varint.h"

namespace fantail::wire {
namespace {

using namespace columns;

// The most that one tick adds to one column: its kind, exponents, flags and conditions.
constexpr size_t kMaxEntry = 16;
// The most that one tick adds to all of them: varints of 10 bytes for time, position, prices and
// sizes, 5 for topic, its id and sequence, 3 for the venue; and the control and the extras.
constexpr size_t kMaxTick = 96;
// How often it is asked whether a batch is full.
constexpr size_t kLookEvery = 16;

constexpr uint32_t kNoIndex = UINT32_MAX;
constexpr uint8_t kExplicitKind = 3;
constexpr int kPriceRule = 2;
constexpr int kSizeRule = 4;
enum Rule : uint8_t { kAtScale = 0, kCanonical = 1, kNewScale = 2 };
constexpr uint8_t kVenueChanged = 1 << 6;
constexpr uint8_t kExtra = 1 << 7;

constexpr uint8_t kPositionsGiven = 1;
constexpr int kTimeUnit = 1;
constexpr uint8_t kRows = 8;
constexpr std::array<uint64_t, 3> kTimeUnits = {1, 1'000, 1'000'000};

constexpr auto kPowers = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (uint64_t& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}();

// Both values in a finer or coarser unit. Only a prediction: what it loses, a difference brings.
void Rescale(std::array<uint64_t, 2>* values, int from, int to) {
  const size_t steps = static_cast<size_t>(from > to ? from - to : to - from);
  if (steps >= kPowers.size()) {
    values->fill(0);
    return;
  }
  for (uint64_t& value : *values) {
    value = from > to ? value * kPowers[steps]
                      : static_cast<uint64_t>(static_cast<int64_t>(value) /
                                              static_cast<int64_t>(kPowers[steps]));
  }
}

template <class Values>
void SetScale(TopicState* topic, Scale TopicState::*which, Values Newest::*values,
              int8_t exponent) {
  Scale& scale = topic->*which;
  if (scale.exponent == exponent) return;
  for (Newest& newest : topic->newest) Rescale(&(newest.*values), scale.exponent, exponent);
  scale.exponent = exponent;
}

// The exponent nearest to 0 that holds both values, which are at `exponent`; divides them down.
int8_t Canonical(int8_t exponent, int64_t* a, int64_t* b) {
  while (exponent < 0 && *a % 10 == 0 && *b % 10 == 0) {
    *a /= 10;
    *b /= 10;
    ++exponent;
  }
  return exponent;
}

// What a pair of values is at the topic's scale, under which rule. 2^63 and above count as
// negative here; they come out as they went in.
Rule RuleOf(const Scale& scale, int8_t exponent, int64_t a, int64_t b,
            std::array<uint64_t, 2>* at_scale) {
  *at_scale = {static_cast<uint64_t>(a), static_cast<uint64_t>(b)};
  const bool same = exponent == scale.exponent;
  if (same && !scale.canonical) return kAtScale;
  if (exponent >= scale.exponent && exponent <= 0) {
    const size_t steps = static_cast<size_t>(exponent - scale.exponent);
    const bool shortest = exponent == 0 || a % 10 != 0 || b % 10 != 0;
    int64_t up_a, up_b;
    if (shortest && steps < 19 &&
        !__builtin_mul_overflow(a, static_cast<int64_t>(kPowers[steps]), &up_a) &&
        !__builtin_mul_overflow(b, static_cast<int64_t>(kPowers[steps]), &up_b)) {
      *at_scale = {static_cast<uint64_t>(up_a), static_cast<uint64_t>(up_b)};
      return kCanonical;
    }
  }
  return same ? kAtScale : kNewScale;
}

size_t KindIndex(TickKind kind) {
  const auto number = static_cast<size_t>(kind);
  return number >= 1 && number <= 2 ? number - 1 : 2;
}

// How many records' times are whole steps of the unit from the one before; *last goes along.
// A division by a constant is a multiplication.
template <uint64_t unit>
size_t CountWhole(std::span<const Record> records, int64_t* last) {
  size_t i = 0;
  for (; i < records.size(); ++i) {
    const auto distance = static_cast<int64_t>(static_cast<uint64_t>(records[i].tick.time_ns) -
                                               static_cast<uint64_t>(*last));
    if (distance % static_cast<int64_t>(unit) != 0) break;
    *last = records[i].tick.time_ns;
  }
  return i;
}

uint64_t TimeUnit(int64_t last, std::span<const Record> records, size_t* code) {
  *code = 2;
  records = records.subspan(CountWhole<kTimeUnits[2]>(records, &last));
  if (!records.empty()) *code = 1;
  records = records.subspan(CountWhole<kTimeUnits[1]>(records, &last));
  if (!records.empty()) *code = 0;
  return kTimeUnits[*code];
}

uint64_t InUnits(int64_t distance, uint64_t unit) {
  switch (unit) {
    case kTimeUnits[0]:
      return static_cast<uint64_t>(distance);
    case kTimeUnits[1]:
      return static_cast<uint64_t>(distance / static_cast<int64_t>(kTimeUnits[1]));
    default:
      return static_cast<uint64_t>(distance / static_cast<int64_t>(kTimeUnits[2]));
  }
}

// The pair's share of the control byte, the extras and the two columns.
template <class Values>
uint8_t PackPair(TopicState* topic, Scale TopicState::*which, Values Newest::*values, size_t kind,
                 int8_t exponent, int64_t a, int64_t b, bool second, std::byte** out_a,
                 std::byte** out_b, std::byte** extras) {
  std::array<uint64_t, 2> now;
  const Rule rule = RuleOf(topic->*which, exponent, a, b, &now);
  if (rule == kNewScale) {
    *(*extras)++ = static_cast<std::byte>(exponent);
    SetScale(topic, which, values, exponent);
  } else {
    (topic->*which).canonical = rule == kCanonical;
  }
  std::array<uint64_t, 2>& last = topic->newest[kind].*values;
  *out_a = PutVarint(*out_a, ZigZag(now[0] - last[0]));
  if (second) *out_b = PutVarint(*out_b, ZigZag(now[1] - last[1]));
  last = now;
  return rule;
}

}  // namespace

void TickPacker::Reset() {
  state_ = {};
  index_.clear();
}

size_t TickPacker::IndexOf(TopicId id, std::byte** topic, std::byte** new_topic) {
  if (id.value >= index_.size()) {
    FANTAIL_CHECK(id.value < kMaxTopics, id.value);
    index_.resize(id.value + size_t{1}, kNoIndex);
  }
  uint32_t& index = index_[id.value];
  const bool is_new = index == kNoIndex;
  if (is_new) index = static_cast<uint32_t>(state_.topics.size());
  *topic = PutVarint(*topic, index);
  if (is_new) {
    *new_topic = PutVarint(*new_topic, id.value);
    state_.topics.push_back({.id = id});
  }
  return index;
}

// Rows are columns that all grow at the same place, in the order in which they are read.
template <bool rows>
void TickPacker::PackTick(const Tick& tick, uint64_t time_unit, std::byte** columns) {
  const auto at = [columns](Column c) -> std::byte*& { return columns[rows ? kTopic : c]; };
  TopicState& topic = state_.topics[IndexOf(tick.topic, &at(kTopic), &at(kNewTopic))];
  at(kSequence) = PutVarint(
      at(kSequence), ZigZag(static_cast<uint64_t>(static_cast<int64_t>(
                         static_cast<int32_t>(tick.sequence.value - topic.sequence.value - 1)))));
  topic.sequence = tick.sequence;
  const auto since = static_cast<int64_t>(static_cast<uint64_t>(tick.time_ns) -
                                          static_cast<uint64_t>(state_.time_ns));
  at(kTime) = PutVarint(at(kTime), ZigZag(InUnits(since, time_unit)));
  state_.time_ns = tick.time_ns;

  std::byte* const control_at = at(kControl)++;
  const size_t kind = KindIndex(tick.kind);
  Newest& newest = topic.newest[kind];
  uint8_t control = static_cast<uint8_t>(kind);
  if (kind == 2) {
    control = static_cast<uint8_t>(tick.kind == TickKind::kStatus ? 2 : kExplicitKind);
    if (control == kExplicitKind) *at(kExtras)++ = static_cast<std::byte>(tick.kind);
  }
  // A trade has no second side; one that has all the same goes by the long way.
  const bool plain_trade = kind == 0 && tick.ask_price == 0 && tick.ask_size == 0;
  if (kind == 0 && !plain_trade) {
    control = kExplicitKind;
    *at(kExtras)++ = static_cast<std::byte>(tick.kind);
  }
  control |= static_cast<uint8_t>(PackPair(&topic, &TopicState::price, &Newest::prices, kind,
                                           tick.price_exponent, tick.price, tick.ask_price,
                                           !plain_trade, &at(kPrice), &at(kAskPrice), &at(kExtras))
                                  << kPriceRule);
  control |= static_cast<uint8_t>(PackPair(&topic, &TopicState::size, &Newest::sizes, kind,
                                           tick.size_exponent, static_cast<int64_t>(tick.size),
                                           static_cast<int64_t>(tick.ask_size), !plain_trade,
                                           &at(kSize), &at(kAskSize), &at(kExtras))
                                  << kSizeRule);
  if (tick.venue != newest.venue) {
    control |= kVenueChanged;
    at(kVenue) = PutVarint(at(kVenue), tick.venue.value);
    newest.venue = tick.venue;
  }
  if (tick.flags != 0 || tick.conditions != 0) {
    control |= kExtra;
    *at(kExtras)++ = static_cast<std::byte>(tick.flags);
    at(kExtras) = PutVarint(at(kExtras), tick.conditions);
  }
  *control_at = static_cast<std::byte>(control);
}

// Until `most_bytes` have been passed; returns how many.
template <bool rows>
size_t TickPacker::PackTicks(std::span<const Record> records, size_t most_bytes, uint64_t time_unit,
                             bool consecutive, std::byte** at) {
  const auto used = [&] {
    size_t bytes = 0;
    for (size_t c = 0; c < (rows ? size_t{1} : kColumns); ++c) {
      bytes += static_cast<size_t>(at[c] - buffers_[c].data());
    }
    return bytes;
  };
  for (size_t i = 0; i < records.size(); ++i) {
    if (i % kLookEvery == 0 && i > 0 && used() > most_bytes) return i;
    if (!consecutive && i > 0) {
      std::byte*& position = at[rows ? kTopic : kPosition];
      position = PutVarint(position, records[i].position - state_.position);
    }
    state_.position = records[i].position;
    PackTick<rows>(records[i].tick, time_unit, at);
  }
  return records.size();
}

size_t TickPacker::PackSome(std::span<const Record> records, size_t most_bytes, Layout layout,
                            std::vector<std::byte>* out) {
  FANTAIL_CHECK(records.size() <= kMaxPackedTicks, records.size());
  FANTAIL_CHECK(most_bytes >= kLeastPackedBytes, most_bytes);
  const bool rows = layout == Layout::kRows;
  const size_t used_columns = rows ? size_t{1} : kColumns;
  std::array<std::byte*, kColumns> at;
  for (size_t c = 0; c < used_columns; ++c) {
    const size_t most = records.size() * (rows ? kMaxTick : kMaxEntry);
    if (buffers_[c].size() < most) buffers_[c].resize(most);
    at[c] = buffers_[c].data();
  }
  size_t unit_code = 0;
  const uint64_t time_unit = TimeUnit(state_.time_ns, records, &unit_code);
  const uint64_t first =
      records.empty() ? 0 : records.front().position.value - state_.position.value;
  const bool consecutive =
      records.empty() || records.back().position - records.front().position == records.size() - 1;
  most_bytes -= kMaxVarint * (kColumns + 3) + kLookEvery * kMaxTick;
  const size_t count =
      rows ? PackTicks<true>(records, most_bytes, time_unit, consecutive, at.data())
           : PackTicks<false>(records, most_bytes, time_unit, consecutive, at.data());

  std::array<std::byte, kMaxVarint*(kColumns + 3)> head;
  std::byte* end = PutVarint(head.data(), count);
  end = PutVarint(end, (consecutive ? 0u : kPositionsGiven) | unit_code << kTimeUnit |
                           (rows ? unsigned{kRows} : 0u));
  end = PutVarint(end, first);
  for (size_t c = 0; !rows && c < kColumns; ++c) {
    end = PutVarint(end, static_cast<uint64_t>(at[c] - buffers_[c].data()));
  }
  out->insert(out->end(), head.data(), end);
  for (size_t c = 0; c < used_columns; ++c) {
    out->insert(out->end(), buffers_[c].data(), at[c]);
  }
  return count;
}

// Of one column.
struct TickUnpacker::Reader : VarintReader {};

namespace {

// The pair's values and exponent from the columns.
template <class Reader, class Values>
int8_t UnpackPair(TopicState* topic, Scale TopicState::*which, Values Newest::*values, size_t kind,
                  uint8_t rule, bool second, Reader* in_a, Reader* in_b, Reader* extras, int64_t* a,
                  int64_t* b) {
  Scale& scale = topic->*which;
  if (rule == kNewScale) {
    const auto exponent = static_cast<int8_t>(extras->Byte());
    SetScale(topic, which, values, exponent);
  } else {
    scale.canonical = rule == kCanonical;
  }
  std::array<uint64_t, 2>& last = topic->newest[kind].*values;
  last[0] += UnZigZag(in_a->Varint());
  last[1] = second ? last[1] + UnZigZag(in_b->Varint()) : 0;
  *a = static_cast<int64_t>(last[0]);
  *b = static_cast<int64_t>(last[1]);
  return rule == kCanonical ? Canonical(scale.exponent, a, b) : scale.exponent;
}

}  // namespace

void TickUnpacker::Reset() {
  state_ = {};
  known_.clear();
}

const char* TickUnpacker::AddTopic(uint64_t id) {
  if (id >= kMaxTopics) return "a topic id out of range";
  if (id >= known_.size()) known_.resize(id + 1);
  if (known_[id]) return "a topic that has an index already";
  known_[id] = true;
  state_.topics.push_back({.id = {static_cast<uint32_t>(id)}});
  return nullptr;
}

template <bool rows>
const char* TickUnpacker::UnpackTick(Readers& readers, uint64_t time_unit, Tick* tick) {
  const auto in = [&readers](Column c) -> Reader& { return readers[rows ? kTopic : c]; };
  const uint64_t index = in(kTopic).Varint();
  if (index > state_.topics.size()) return "a topic before its id";
  if (index == state_.topics.size()) {
    if (const char* problem = AddTopic(in(kNewTopic).Varint())) return problem;
  }
  TopicState& topic = state_.topics[index];
  tick->topic = topic.id;
  topic.sequence.value += static_cast<uint32_t>(UnZigZag(in(kSequence).Varint())) + 1;
  tick->sequence = topic.sequence;
  if (tick->sequence.value == 0) return "a sequence of 0";
  state_.time_ns = static_cast<int64_t>(static_cast<uint64_t>(state_.time_ns) +
                                        UnZigZag(in(kTime).Varint()) * time_unit);
  tick->time_ns = state_.time_ns;

  const uint8_t control = in(kControl).Byte();
  const uint8_t low = control & 3;
  tick->kind = static_cast<TickKind>(low == kExplicitKind ? in(kExtras).Byte() : low + 1);
  if (tick->kind == TickKind{}) return "a tick of kind 0";
  const size_t kind = KindIndex(tick->kind);
  const bool second = low != 0;
  tick->price_exponent =
      UnpackPair(&topic, &TopicState::price, &Newest::prices, kind, control >> kPriceRule & 3,
                 second, &in(kPrice), &in(kAskPrice), &in(kExtras), &tick->price, &tick->ask_price);
  int64_t size, ask_size;
  tick->size_exponent =
      UnpackPair(&topic, &TopicState::size, &Newest::sizes, kind, control >> kSizeRule & 3, second,
                 &in(kSize), &in(kAskSize), &in(kExtras), &size, &ask_size);
  tick->size = static_cast<uint64_t>(size);
  tick->ask_size = static_cast<uint64_t>(ask_size);
  const auto in_range = [](int8_t exponent) {
    return exponent >= kMinDecimalExponent && exponent <= kMaxDecimalExponent;
  };
  if (!in_range(tick->price_exponent) || !in_range(tick->size_exponent)) {
    return "an exponent out of range";
  }
  Newest& newest = topic.newest[kind];
  if ((control & kVenueChanged) != 0) newest.venue = {static_cast<uint16_t>(in(kVenue).Varint())};
  tick->venue = newest.venue;
  tick->flags = 0;
  tick->conditions = 0;
  if ((control & kExtra) != 0) {
    tick->flags = in(kExtras).Byte();
    tick->conditions = static_cast<uint16_t>(in(kExtras).Varint());
  }
  return nullptr;
}

template <bool rows>
const char* TickUnpacker::UnpackTicks(Readers& in, uint64_t first, bool positions_given,
                                      uint64_t time_unit, std::span<Record> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const uint64_t step = i == 0            ? first
                          : positions_given ? in[rows ? kTopic : kPosition].Varint()
                                            : 1;
    if (i > 0 && (step == 0 || step > UINT64_MAX - state_.position.value)) {
      return "positions that do not rise";
    }
    state_.position.value += step;
    out[i].position = state_.position;
    if (const char* problem = UnpackTick<rows>(in, time_unit, &out[i].tick)) return problem;
  }
  return nullptr;
}

const char* TickUnpacker::Unpack(std::span<const std::byte> bytes, std::vector<Record>* out,
                                 size_t most) {
  VarintReader head{bytes.data(), bytes.data() + bytes.size()};
  const uint64_t count = head.Varint();
  const uint64_t flags = head.Varint();
  const uint64_t first = head.Varint();
  const bool rows = (flags & kRows) != 0;
  const uint64_t unit = flags >> kTimeUnit & 3;
  std::array<uint64_t, kColumns> lengths{};
  for (size_t c = 0; !rows && c < kColumns; ++c) lengths[c] = head.Varint();
  if (head.failed || count > most) return "the head of a packed batch is damaged";
  if (flags >= 2 * kRows || unit >= kTimeUnits.size()) return "an unknown unit of time";
  Readers in;
  const std::byte* at = head.at;
  if (rows) {
    in[0] = {{at, head.end}};
    at = head.end;
    // Each tick has its control and three more bytes at the least.
    if (count > bytes.size()) return "more ticks than bytes";
  }
  for (size_t c = 0; !rows && c < kColumns; ++c) {
    if (lengths[c] > static_cast<uint64_t>(head.end - at)) return "a column longer than its batch";
    in[c] = {{at, at + lengths[c]}};
    at += lengths[c];
  }
  if (at != head.end) return "bytes behind the last column";
  // Each tick has a byte of control.
  if (!rows && lengths[kControl] != count) return "not one control for each tick";

  const bool positions_given = (flags & kPositionsGiven) != 0;
  const size_t old_size = out->size();
  out->resize(old_size + count);
  const std::span<Record> records = std::span(*out).subspan(old_size);
  const char* problem =
      rows ? UnpackTicks<true>(in, first, positions_given, kTimeUnits[unit], records)
           : UnpackTicks<false>(in, first, positions_given, kTimeUnits[unit], records);
  if (problem != nullptr) return problem;
  for (const Reader& reader : in) {
    if (reader.failed || reader.at != reader.end)
      return "a column of another length than its ticks";
  }
  return nullptr;
}

}  // namespace fantail::wire
