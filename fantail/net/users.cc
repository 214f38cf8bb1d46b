#include "fantail/net/users.h"

#include <zmq.hpp>

#include "fantail/net/descriptors.h"
#include "fantail/net/zap.h"

namespace fantail::net {

Users::Users(Context* context) : context_(context), keys_(context->keys()) {}

std::optional<std::string_view> Users::UserOf(zmq::message_t& frame) {
  if (keys_ == nullptr) return "";
  if (const uint64_t newest = context_->zap()->generation(); newest != generation_) {
    generation_ = newest;
    keys_ = context_->keys();
  }
  const char* const key = KeyOf(frame);
  const std::string* const user = key == nullptr ? nullptr : keys_->UserOf(key);
  if (user != nullptr) return *user;
  CutConnectionOf(frame);
  return std::nullopt;
}

const char* KeyOf(zmq::message_t& frame) {
  return zmq_msg_gets(frame.handle(), "User-Id");
}

}  // namespace fantail::net
