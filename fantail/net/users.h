// Whose key a message came with, and whether that may still connect.
//
// Thread: one owner, that of the socket.  Ownership: keeps a pointer to its context, which outlives
// it.
// Cost: two look-ups by name a message, and none if there are no keys.
#ifndef FANTAIL_NET_USERS_H_
#define FANTAIL_NET_USERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fantail/net/sockets.h"

namespace fantail::net {

class Users {
 public:
  explicit Users(Context* context);

  // The user, good until the keys change; empty if there are no keys. Nothing if the key has been
  // taken away: then the message is to be dropped, and its connection is cut.
  std::optional<std::string_view> UserOf(zmq::message_t& frame);

 private:
  Context* const context_;
  std::shared_ptr<const Keys> keys_;
  uint64_t generation_ = 0;  // of keys_
};

// The key that the frame came with; nullptr if there are no keys, or libzmq made it up itself.
const char* KeyOf(zmq::message_t& frame);

}  // namespace fantail::net

#endif  // FANTAIL_NET_USERS_H_
