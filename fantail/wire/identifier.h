// The FlatBuffers identifiers of a session's messages. For encode.cc and decode.cc.
#ifndef FANTAIL_WIRE_IDENTIFIER_H_
#define FANTAIL_WIRE_IDENTIFIER_H_

#include "fantail/wire/flat.h"
#include "fantail/wire/messages.h"

namespace fantail::wire {

constexpr flat::Identifier IdentifierOf(Kind kind) {
  return {{'F', 'T', '0', static_cast<char>('a' + static_cast<int>(kind)), '\0'}};
}

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_IDENTIFIER_H_
