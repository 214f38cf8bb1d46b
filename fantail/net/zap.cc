#include "fantail/net/zap.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "fantail/base/check.h"
#include "fantail/net/clock.h"

namespace fantail::net {
namespace {

constexpr const char* kEndpoint = "inproc://zeromq.zap.01";
// Sockets that are closed are still being put away: a handshake of theirs may ask for so long.
constexpr int kLastWordsMs = 20;
constexpr size_t kKeyBytes = 32;

// The frames of a request.
enum Frame : size_t { kVersion, kId, kDomain, kAddress, kIdentity, kMechanism, kCredentials };

std::string_view TextOf(const zmq::message_t& frame) {
  return {frame.data<char>(), frame.size()};
}

std::vector<zmq::message_t> ReceiveAll(zmq::socket_t* socket) {
  std::vector<zmq::message_t> frames;
  do {
    frames.emplace_back();
    (void)socket->recv(frames.back(), zmq::recv_flags::none);
  } while (frames.back().more());
  return frames;
}

// As text; empty if it is none.
std::string CurveKeyOf(const std::vector<zmq::message_t>& frames) {
  if (frames.size() != kCredentials + 1 || TextOf(frames[kMechanism]) != "CURVE") return "";
  if (TextOf(frames[kDomain]) != kZapDomain || frames[kCredentials].size() != kKeyBytes) return "";
  char text[kKeyText + 1];
  zmq_z85_encode(text, frames[kCredentials].data<uint8_t>(), kKeyBytes);
  return text;
}

}  // namespace

ZapHandler::ZapHandler(zmq::context_t* context, std::shared_ptr<const Keys> keys, ZapLimits limits)
    : stop_fd_(eventfd(0, EFD_CLOEXEC)),
      handshakes_(limits.handshakes_a_second, limits.burst, ReadMonotonicClock()),
      keys_(std::move(keys)) {
  FANTAIL_CHECK(stop_fd_ >= 0, errno);
  zmq::socket_t socket(*context, zmq::socket_type::rep);
  socket.set(zmq::sockopt::linger, 0);
  socket.bind(kEndpoint);
  // Signals are for the program's own thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, socket = std::move(socket)]() mutable { Run(std::move(socket)); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ZapHandler::~ZapHandler() {
  const uint64_t one = 1;
  FANTAIL_CHECK(write(stop_fd_, &one, sizeof one) == sizeof one, errno);
  thread_.join();
  close(stop_fd_);
}

void ZapHandler::SetKeys(std::shared_ptr<const Keys> keys) {
  {
    const std::lock_guard lock(mutex_);
    keys_ = std::move(keys);
  }
  generation_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const Keys> ZapHandler::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

ZapCounters ZapHandler::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

RefusedKeys ZapHandler::TakeRefused() {
  if (!has_refused_.exchange(false)) return {};
  const std::lock_guard lock(mutex_);
  return std::exchange(refused_, {});
}

void ZapHandler::ExpectRefusal(const std::string& key) {
  const std::lock_guard lock(mutex_);
  expected_ = key;
}

void ZapHandler::Run(zmq::socket_t socket) {
  bool stopping = false;
  while (true) {
    zmq::pollitem_t items[] = {{socket.handle(), 0, ZMQ_POLLIN, 0},
                               {nullptr, stop_fd_, ZMQ_POLLIN, 0}};
    const int ready = zmq_poll(items, stopping ? 1 : 2, stopping ? kLastWordsMs : -1);
    if (ready == 0) return;
    if (!stopping && items[1].revents != 0) stopping = true;
    if (items[0].revents != 0) Answer(&socket);
  }
}

void ZapHandler::Answer(zmq::socket_t* socket) {
  std::vector<zmq::message_t> frames = ReceiveAll(socket);
  if (frames.size() <= kId) frames.resize(kId + 1);
  const std::string key = CurveKeyOf(frames);
  const std::string_view address = frames.size() > kAddress ? TextOf(frames[kAddress]) : "";
  const Verdict verdict = Judge(key, address);
  const bool yes = verdict == Verdict::kYes;
  // 400 ends the connection with a word to the client; 300 without one, and it may come again.
  const std::string_view code = yes ? "200" : verdict == Verdict::kLater ? "300" : "400";
  const std::string_view text = yes ? "" : verdict == Verdict::kLater ? "busy" : "unknown key";
  const auto send = [&](std::string_view frame, bool more = true) {
    (void)socket->send(zmq::buffer(frame), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  };
  send("1.0");
  (void)socket->send(frames[kId], zmq::send_flags::sndmore);
  send(code);
  send(text);
  send(yes ? key : "");
  send("", /*more=*/false);
}

ZapHandler::Verdict ZapHandler::Judge(const std::string& key, std::string_view address) {
  handshakes_.Refill(ReadMonotonicClock());
  const bool room = handshakes_.room() >= 1;
  if (room) handshakes_.Take(1);
  const std::lock_guard lock(mutex_);
  const bool known = !key.empty() && keys_->UserOf(key) != nullptr;
  if (!key.empty() && key == expected_) return known ? Verdict::kYes : Verdict::kNo;
  if (!room) {
    ++counters_.overloaded;
    return Verdict::kLater;
  }
  if (known) {
    ++counters_.accepted;
    return Verdict::kYes;
  }
  ++counters_.refused;
  ++refused_.count;
  refused_.key = key;
  refused_.address = address;
  has_refused_ = true;
  return Verdict::kNo;
}

}  // namespace fantail::net
