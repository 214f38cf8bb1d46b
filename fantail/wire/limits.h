// The bounds that every message keeps, and that every decoder enforces before it believes anything.
#ifndef FANTAIL_WIRE_LIMITS_H_
#define FANTAIL_WIRE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace fantail::wire {

// Heartbeats of the transport must not be stuck behind a larger message on a slow link.
inline constexpr size_t kMaxMessageBytes = 64 * 1024;
// Ticks in one batch: what fits kMaxMessageBytes with an offset each, and room for the rest.
inline constexpr size_t kMaxBatchTicks = 1024;
// Ticks in one packed message: twice as many save 1 % more (docs/decisions/0012).
inline constexpr size_t kMaxPackedBatchTicks = 4096;
// What one part of an object carries. It travels in a message of its own, with a tick and an
// envelope of some 150 bytes.
inline constexpr size_t kMaxPartBytes = 60 * 1024;
// Topics of an epoch. Node tables are dense arrays over it: 16 million bounds them at some
// gigabytes.
inline constexpr uint32_t kMaxTopics = 1u << 24;
// Names of feeds, nodes and venues.
inline constexpr size_t kMaxNameBytes = 64;
// Texts for a person: reasons and causes.
inline constexpr size_t kMaxReasonBytes = 512;
// Hops of a path. A longer path is a loop that was not recognised.
inline constexpr size_t kMaxHops = 16;
// Between two updates of a topic in a newest-only session: an hour.
inline constexpr uint64_t kMaxNewestNs = 3'600'000'000'000;
// What a clock may show, 36 years; and how long a trace may say that a way or a node took, 4 years:
// those of a whole path add up.
inline constexpr int64_t kMaxClockNs = int64_t{1} << 60;
inline constexpr int64_t kMaxTraceNs = int64_t{1} << 57;
// Text of patterns or names in one message; the rest of 64 KiB is for what stands beside them.
inline constexpr size_t kMaxTextListBytes = 40 * 1024;

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_LIMITS_H_
