// A part of an object: any bytes that are published under a topic, in one part or many. Nodes pass
// parts on and do not look inside. What the tick of a part says, for who puts the object together.
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_WIRE_PART_H_
#define FANTAIL_WIRE_PART_H_

#include <cstdint>
#include <optional>

#include "fantail/wire/tick.h"

namespace fantail::wire {

struct Part {
  uint64_t offset = 0;           // in the object, of the first byte of this part
  std::optional<uint64_t> size;  // of the whole object; none if it is not known, as of a stream
  bool first = false;
  bool last = false;
  uint32_t checksum = 0;  // CRC32C of the whole object, in its last part
};

// In Tick::conditions.
enum PartFlag : uint16_t { kFirstPart = 1, kLastPart = 2 };

inline bool IsPart(const Tick& tick) {
  return tick.kind == TickKind::kPart;
}

// A tick without topic, sequence, time and venue. The venue of a part is its object's content type.
inline Tick TickOf(const Part& part) {
  Tick tick{};
  tick.kind = TickKind::kPart;
  tick.price = static_cast<int64_t>(part.offset);
  tick.size = part.size.value_or(0);
  if (!part.size) tick.flags = kNoSize;
  tick.ask_size = part.checksum;
  tick.conditions =
      static_cast<uint16_t>((part.first ? kFirstPart : 0) | (part.last ? kLastPart : 0));
  return tick;
}

// REQUIRES: the tick is a part.
inline Part PartOf(const Tick& tick) {
  Part part{.offset = static_cast<uint64_t>(tick.price),
            .size = std::nullopt,
            .first = (tick.conditions & kFirstPart) != 0,
            .last = (tick.conditions & kLastPart) != 0,
            .checksum = static_cast<uint32_t>(tick.ask_size)};
  if ((tick.flags & kNoSize) == 0) part.size = tick.size;
  return part;
}

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_PART_H_
