// Messages to bytes. Every function gives a whole message, header and checksum included.
//
// Thread: any.  Limits: the caller keeps what it puts in within limits.h; a message that comes out
// longer than kMaxMessageBytes is a bug and stops the process.
#ifndef FANTAIL_WIRE_ENCODE_H_
#define FANTAIL_WIRE_ENCODE_H_

#include <span>

#include "fantail/wire/frame.h"
#include "fantail/wire/message.h"
#include "fantail/wire/messages.h"

namespace fantail::wire {

Message Encode(const Hello& hello);
Message Encode(const Welcome& welcome);
Message Encode(const Refused& refused);
Message Encode(const Want& want);
Message Encode(const Have& have);
Message Encode(const Names& names);
Message Encode(const Batch& batch);
Message Encode(const Image& image);
Message Encode(const Gap& gap);
Message Encode(const Ack& ack);
Message Encode(const Ping& ping);
Message Encode(const Pong& pong);
Message Encode(const Trace& trace);
Message Encode(const Proof& proof);
Message Encode(const End& end);
Message Encode(const Goodbye& goodbye);

// A plain batch of `records` (rising positions less than 2^32 apart, at most kMaxBatchTicks), which
// are all of the interest in (after, through].
// `payload`: of the only record, if that is a part.
Message EncodeBatch(Position after, Position through, std::span<const Record> records,
                    Replay replay, std::span<const std::byte> payload = {});

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_ENCODE_H_
