// The sending end of a packed session: what of its messages is encoded anew, for it alone, and what
// has been encoded and not sent.
//
// Encoding cannot be undone: what is in here goes out before anything else, whatever becomes of the
// session's interest, its epoch or its place in a group. So FeedServer encodes only when the window
// has room, and as much at once as waits by then.
//
// Thread: one owner, the Session.  Cost: a copy of 64 bytes a tick, and what PackedWriter costs.
// Limits: what one call encodes, at most kMaxPackedBatchTicks.
#ifndef FANTAIL_FEED_PACKING_H_
#define FANTAIL_FEED_PACKING_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/time.h"
#include "fantail/wire/message.h"
#include "fantail/wire/packed.h"

namespace fantail::feed {

class Group;

class Packing {
 public:
  struct Encoded {
    wire::Message message;
    uint32_t ticks = 0;
    std::optional<MonotonicTime> sealed;  // since when it waits, if it comes from a group's log
  };

  // Whether a plain message goes through the stream. The others go out as they are.
  static bool Takes(const wire::Message& plain);

  // Encodes one of the session's own messages. REQUIRES: Takes(plain), empty().
  void Encode(const wire::Message& plain);
  // Encodes entries of the log from `next` on, batches that go on with each other as one. Returns
  // the next that is left. REQUIRES: Takes the entry's message, empty().
  uint64_t EncodeLog(const Group& group, uint64_t next);
  // What is encoded next begins another stream: the client has been welcomed anew.
  void Reset() { writer_.Reset(); }

  // What has been encoded and not sent, oldest first.
  bool empty() const { return encoded_.empty(); }
  const Encoded& front() const { return encoded_.front(); }
  void PopFront() { encoded_.pop_front(); }

 private:
  void AddRecords(const wire::Batch& batch);
  void EncodeBatch(Position after, Position through, wire::Replay replay,
                   std::optional<MonotonicTime> sealed);

  wire::PackedWriter writer_;
  std::deque<Encoded> encoded_;
  // Scratch.
  std::vector<wire::Record> records_;
  std::vector<wire::Message> messages_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_PACKING_H_
