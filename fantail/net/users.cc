#include "fantail/net/users.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <zmq.hpp>

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

void CutConnection(int fd, const std::string& bound) {
  sockaddr_in here = {};
  socklen_t size = sizeof here;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) != 0) return;
  const std::string port = ":" + std::to_string(ntohs(here.sin_port));
  if (here.sin_family == AF_INET && !bound.ends_with(port)) return;
  shutdown(fd, SHUT_RDWR);
}

void CutConnectionOf(zmq::message_t& frame) {
  const int fd = zmq_msg_get(frame.handle(), ZMQ_SRCFD);
  if (fd >= 0) shutdown(fd, SHUT_RDWR);
}

}  // namespace fantail::net
