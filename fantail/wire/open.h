// What the open feed sends: FlatBuffers without a header of ours, so that the generated code of any
// language reads them from their first byte (schemas/open.fbs, docs/open-feed.md).
//
// Thread: any.  Limits: a message has at most kMaxMessageBytes; see each function.
#ifndef FANTAIL_WIRE_OPEN_H_
#define FANTAIL_WIRE_OPEN_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"
#include "fantail/wire/message.h"
#include "fantail/wire/tick.h"

namespace fantail::wire {

// Records in one message: so many fit kMaxMessageBytes even if each has another venue of 64 bytes.
inline constexpr size_t kMaxOpenRecords = 320;
// Patterns in one gap: likewise, with 65 bytes each.
inline constexpr size_t kMaxOpenPatterns = 512;

struct OpenState {
  std::string_view state;
  std::string_view cause;
  std::string_view hop;
  Nanos age{0};
  std::string_view feed;
  Epoch epoch;
  bool replay = false;
};

struct OpenGap {
  Epoch epoch;
  Position from;
  Position to;
  std::span<const std::string> patterns;
  std::string_view reason;
};

// The records of one topic. `venues` are names by venue id; a venue that has none is left out.
// REQUIRES: at most kMaxOpenRecords; names within their limits.
Message EncodeOpenBatch(std::string_view topic, Epoch epoch, std::span<const Record> records,
                        std::span<const std::string> venues);
Message EncodeOpenState(const OpenState& state);
// REQUIRES: at most kMaxOpenPatterns.
Message EncodeOpenGap(const OpenGap& gap);

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_OPEN_H_
