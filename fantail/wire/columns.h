// Ticks as columns of differences: what a general compressor makes small. Each column holds one
// field of every tick of a batch, as variable-length integers of what is not told by the topic's
// tick of the same kind before.
//
// A packer and an unpacker are the two ends of one stream: what has been packed must be unpacked in
// the same order, all of it, and both begin anew with Reset(). Whatever goes in comes out bit for
// bit: a tick that no rule foresees costs more bytes, and nothing else.
//
//   batch     count, flags, the first position's distance from the last one, the length of each
//             column, the columns; all but the columns' contents as variable-length integers
//   flags     bit 0: positions are not consecutive. bits 1, 2: times are in 1 ns, 1 us or 1 ms.
//             bit 3: rows, no columns: no lengths either, and the entries of a tick beside each
//             other (position, topic, new topic, sequence, time, control, kind, exponent of the
//             prices, prices, exponent of the sizes, sizes, venue, flags and conditions). For
//             batches of a few ticks, where twelve lengths cost more than columns save
//   columns   topic (an index into the topics of this stream, in order of first use), new topics'
//             ids, sequence, time, position, control, price, ask price, size, ask size, venue,
//             extras
//   control   bits 0, 1: kind - 1, or 3 if the kind is in extras. 2, 3 and 4, 5: the exponent of
//             the prices and of the sizes: 0 is the topic's scale, 1 is canonical (as near to 0 as
//             holds both values), 2 is in extras and becomes the scale. 6: the venue has changed.
//             7: flags and conditions are in extras
//
// Thread: one owner each.  Cost: about 35 ns a tick to pack and 30 to unpack real US equities, and
// 200 bytes a topic; nothing is allocated for a tick.
// Errors: bytes from outside never stop the process; Unpack says what is wrong with them.
#ifndef FANTAIL_WIRE_COLUMNS_H_
#define FANTAIL_WIRE_COLUMNS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/wire/tick.h"

namespace fantail::wire {

// The most ticks in one packed batch.
inline constexpr size_t kMaxPackedTicks = 65536;

enum class Layout : uint8_t { kColumns, kRows };

namespace columns {

enum Column : size_t {
  kTopic,
  kNewTopic,
  kSequence,
  kTime,
  kPosition,
  kControl,
  kPrice,
  kAskPrice,
  kSize,
  kAskSize,
  kVenue,
  kExtras,
  kColumns,
};

// The newest tick of one kind of a topic, at the topic's scales.
struct Newest {
  std::array<uint64_t, 2> prices{};  // of a trade, or the bid; the ask. Signed, modulo 2^64
  std::array<uint64_t, 2> sizes{};
  VenueId venue;
};

// The power of ten that values of a topic are counted in, and how their own exponents follow.
struct Scale {
  int8_t exponent = 0;
  bool canonical = true;  // the rule that held last
};

struct TopicState {
  TopicId id;
  Sequence sequence;
  Scale price;
  Scale size;
  std::array<Newest, 3> newest{};  // trade, quote, anything else
};

struct StreamState {
  std::vector<TopicState> topics;
  Position position;
  int64_t time_ns = 0;
};

}  // namespace columns

class TickPacker {
 public:
  // Appends the records (rising positions, at most kMaxPackedTicks) to *out.
  void Pack(std::span<const Record> records, std::vector<std::byte>* out) {
    PackSome(records, SIZE_MAX, Layout::kColumns, out);
  }
  // As many of them, from the first on, as take at most `most_bytes` (at least kLeastPackedBytes);
  // at least one, unless there is none. Returns how many.
  static constexpr size_t kLeastPackedBytes = 4096;
  size_t PackSome(std::span<const Record> records, size_t most_bytes, Layout layout,
                  std::vector<std::byte>* out);
  void Reset();

 private:
  template <bool rows>
  size_t PackTicks(std::span<const Record> records, size_t most_bytes, uint64_t time_unit,
                   bool consecutive, std::byte** at);
  template <bool rows>
  void PackTick(const Tick& tick, uint64_t time_unit, std::byte** at);
  size_t IndexOf(TopicId id, std::byte** topic, std::byte** new_topic);

  columns::StreamState state_;
  std::vector<uint32_t> index_;  // into state_.topics, by topic id; kNoIndex: none yet
  std::array<std::vector<std::byte>, columns::kColumns> buffers_;
};

class TickUnpacker {
 public:
  // Appends what Pack was given, at most `most` records, to *out. Returns nullptr, or what is wrong
  // with the bytes; then the stream has ended, and *out may have some of the records.
  const char* Unpack(std::span<const std::byte> bytes, std::vector<Record>* out,
                     size_t most = kMaxPackedTicks);
  void Reset();

 private:
  struct Reader;
  using Readers = std::array<Reader, columns::kColumns>;
  template <bool rows>
  const char* UnpackTicks(Readers& readers, uint64_t first, bool positions_given,
                          uint64_t time_unit, std::span<Record> out);
  template <bool rows>
  const char* UnpackTick(Readers& readers, uint64_t time_unit, Tick* tick);
  const char* AddTopic(uint64_t id);

  columns::StreamState state_;
  std::vector<bool> known_;  // by topic id: has an index, so that few bytes never make many topics
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_COLUMNS_H_
