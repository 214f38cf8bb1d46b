#include "fantail/net/sockets.h"

#include <algorithm>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "fantail/base/check.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/monitor.h"
#include "fantail/net/zap.h"
#include "fantail/wire/limits.h"

namespace fantail::net {
namespace {

// ZMQ_ZERO_COPY_RECV, accepted by the stock 4.3.4 though its header hides it: with 0 a received
// message is aligned to 8 and pins no 8 KiB buffer.
constexpr int kZeroCopyReceive = 10;
// ZMQ_ZAP_ENFORCE_DOMAIN, likewise.
constexpr int kZapEnforceDomain = 93;
constexpr int kHeartbeatEveryMs = 1000;
constexpr int kHeartbeatTimeoutMs = 3000;
constexpr int kHeartbeatTtlMs = 4000;
// A peer that takes no byte for so long is gone; without it the kernel waits a quarter of an hour.
constexpr int kTcpGiveUpMs = 5000;
// The default of 30 s lets a port scanner hold a slot for as long.
constexpr int kHandshakeMs = 3000;
// Above the window of a session (ServerOptions::window_messages), so that a send inside the window
// never fails.
constexpr int kSendHighWater = 1024 + 64;
constexpr int kReceiveHighWater = 1000;
// The kernel grows its buffers to 4 MB by itself, which is 22 s of stale data at 1 Mbit/s.
constexpr int kSendBuffer = 256 * 1024;
constexpr int kReceiveBuffer = 256 * 1024;
// A desk's link: what is on its way is soon there, or is dropped.
constexpr int kOpenSendBuffer = 128 * 1024;
constexpr size_t kCopyBelow = 1024;

void SetCommonOptions(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(wire::kMaxMessageBytes));
  socket.set(zmq::sockopt::heartbeat_ivl, kHeartbeatEveryMs);
  socket.set(zmq::sockopt::heartbeat_timeout, kHeartbeatTimeoutMs);
  socket.set(zmq::sockopt::heartbeat_ttl, kHeartbeatTtlMs);
  socket.set(zmq::sockopt::tcp_maxrt, kTcpGiveUpMs);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  socket.set(zmq::sockopt::sndhwm, kSendHighWater);
  socket.set(zmq::sockopt::rcvhwm, kReceiveHighWater);
  socket.set(zmq::sockopt::sndbuf, kSendBuffer);
  socket.set(zmq::sockopt::rcvbuf, kReceiveBuffer);
}

// libzmq holds the limit against what comes encrypted: 33 bytes more than a message has, and in the
// handshake at least 257 and what the client says of itself.
void MakeRoomForCurve(zmq::socket_t& socket) {
  constexpr int64_t kMore = 64;
  constexpr int64_t kHandshake = 1024;
  const int64_t most = socket.get(zmq::sockopt::maxmsgsize);
  socket.set(zmq::sockopt::maxmsgsize, std::max(most + kMore, kHandshake));
}

// A domain that is not empty: without one libzmq lets in any key, and without `enforce` it lets in
// any where nobody answers for the domain.
void SetServerKeys(Context& context, zmq::socket_t& socket) {
  const std::shared_ptr<const Keys> keys = context.keys();
  if (keys == nullptr) return;
  MakeRoomForCurve(socket);
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys->secret);
  socket.set(zmq::sockopt::zap_domain, kZapDomain);
  const int yes = 1;
  const int rc = zmq_setsockopt(socket.handle(), kZapEnforceDomain, &yes, sizeof yes);
  FANTAIL_CHECK(rc == 0, rc);
}

void SetClientKeys(zmq::socket_t& socket, const KeyPair& own, const std::string& node_key) {
  MakeRoomForCurve(socket);
  socket.set(zmq::sockopt::curve_publickey, own.public_key);
  socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
  socket.set(zmq::sockopt::curve_serverkey, node_key);
}

// An address that leads to who listens at `bound`.
std::string ConnectableOf(std::string bound) {
  constexpr std::string_view kEverywhere = "tcp://0.0.0.0:";
  if (bound.starts_with(kEverywhere)) bound.replace(0, kEverywhere.size(), "tcp://127.0.0.1:");
  return bound;
}

// libzmq holds the bytes.
struct FrameBlock final : wire::Message::Block {
  mutable zmq::message_t frame;  // a copy of it counts its owners
};

// Blocks to be used again, of a thread: what comes in one turn goes out at its end.
constexpr size_t kSpareBlocks = 512;
thread_local std::vector<std::unique_ptr<FrameBlock>> spare_blocks;

void DestroyFrame(wire::Message::Block* block) {
  std::unique_ptr<FrameBlock> mine(static_cast<FrameBlock*>(block));
  mine->frame.rebuild();
  mine->references = 1;
  if (spare_blocks.size() < kSpareBlocks) spare_blocks.push_back(std::move(mine));
}

std::unique_ptr<FrameBlock> NewFrameBlock() {
  if (spare_blocks.empty()) return std::make_unique<FrameBlock>();
  std::unique_ptr<FrameBlock> block = std::move(spare_blocks.back());
  spare_blocks.pop_back();
  return block;
}

}  // namespace

Context::Context(std::shared_ptr<const Keys> keys, int most_sockets)
    : context_(std::make_unique<zmq::context_t>()) {
  zmq_ctx_set(context_->handle(), ZMQ_MAX_SOCKETS, most_sockets);
  zmq_ctx_set(context_->handle(), kZeroCopyReceive, 0);
  zmq_ctx_set(context_->handle(), ZMQ_BLOCKY, 0);
  if (keys != nullptr) zap_ = std::make_unique<ZapHandler>(context_.get(), std::move(keys));
}

Context::~Context() = default;

void Context::SetKeys(std::shared_ptr<const Keys> keys) {
  FANTAIL_CHECK(zap_ != nullptr && keys != nullptr && keys->own.key == zap_->keys()->own.key);
  zap_->SetKeys(std::move(keys));
}

std::shared_ptr<const Keys> Context::keys() const {
  return zap_ == nullptr ? nullptr : zap_->keys();
}

ZapCounters Context::handshakes() const {
  return zap_ == nullptr ? ZapCounters{} : zap_->counters();
}

RefusedKeys Context::TakeRefused() {
  return zap_ == nullptr ? RefusedKeys{} : zap_->TakeRefused();
}

std::string LibzmqVersion() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  zmq_version(&major, &minor, &patch);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

zmq::socket_t MakeSessionRouter(Context& context) {
  zmq::socket_t socket(context.zmq(), zmq::socket_type::router);
  SetCommonOptions(socket);
  // Without it, messages to a full or vanished peer are dropped without a word.
  socket.set(zmq::sockopt::router_mandatory, true);
  // A second peer of the same id must never take over the first one's session.
  socket.set(zmq::sockopt::router_handover, false);
  socket.set(zmq::sockopt::backlog, 256);
  SetServerKeys(context, socket);
  return socket;
}

zmq::socket_t MakeSessionDealer(Context& context, const std::string* node_key) {
  zmq::socket_t socket(context.zmq(), zmq::socket_type::dealer);
  SetCommonOptions(socket);
  // Nothing is queued for a connection that does not stand.
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::connect_timeout, 1000);
  // A reconnected socket has a new identity: its session would be gone without a word.
  socket.set(zmq::sockopt::reconnect_ivl, -1);
  if (node_key != nullptr) {
    const std::shared_ptr<const Keys> keys = context.keys();
    SetClientKeys(socket, {keys->own.key, keys->secret}, *node_key);
  }
  return socket;
}

zmq::socket_t MakeOpenPublisher(Context& context) {
  zmq::socket_t socket(context.zmq(), zmq::socket_type::xpub);
  SetCommonOptions(socket);
  socket.set(zmq::sockopt::maxmsgsize, int64_t{kMaxSubscriptionBytes});
  // Each subscription and cancellation is passed on: see OpenInterest. A subscriber whose queue is
  // full does not get a message; XPUB_NODROP would make all wait for it.
  socket.set(zmq::sockopt::xpub_verboser, true);
  // Some clients answer no heartbeat of ZMTP, so TCP alone finds those that are gone.
  socket.set(zmq::sockopt::heartbeat_ivl, 0);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 15);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 5);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  socket.set(zmq::sockopt::sndhwm, kOpenQueueMessages);
  socket.set(zmq::sockopt::sndbuf, kOpenSendBuffer);
  socket.set(zmq::sockopt::backlog, 256);
  SetServerKeys(context, socket);
  return socket;
}

absl::StatusOr<std::string> Bind(Context& context, zmq::socket_t& socket,
                                 const std::string& endpoint) {
  try {
    socket.bind(endpoint);
    const std::string bound = socket.get(zmq::sockopt::last_endpoint);
    if (context.zap() == nullptr) return bound;
    const absl::Status tried = TryUnknownKey(context, socket, bound);
    return tried.ok() ? absl::StatusOr<std::string>(bound) : tried;
  } catch (const zmq::error_t& error) {
    if (error.num() == EADDRINUSE) {
      return absl::UnavailableError(
          "the address is in use; stop what listens there, or pick another port");
    }
    if (error.num() == ENODEV || error.num() == EADDRNOTAVAIL) {
      return absl::UnavailableError(
          "this machine has no such address; write tcp://*:PORT for all of them");
    }
    if (error.num() == EACCES) {
      return absl::UnavailableError("not permitted; ports below 1024 are for root");
    }
    return absl::UnavailableError(error.what());
  }
}

absl::Status TryUnknownKey(Context& context, zmq::socket_t& socket, const std::string& bound) {
  constexpr int kPatienceMs = 3000;
  const KeyPair unknown = MakeKeyPair();
  context.zap()->ExpectRefusal(unknown.public_key);
  // Of a type that does not fit, it would be shown the door before its key is looked at.
  const bool is_xpub = socket.get(zmq::sockopt::type) == ZMQ_XPUB;
  zmq::socket_t client(context.zmq(), is_xpub ? zmq::socket_type::sub : zmq::socket_type::dealer);
  SetCommonOptions(client);
  client.set(zmq::sockopt::reconnect_ivl, -1);
  SetClientKeys(client, unknown, context.keys()->own.key);
  Monitor monitor(&context, &client);
  client.connect(ConnectableOf(bound));
  const std::optional<Monitor::Event> event = monitor.Wait(kPatienceMs);
  context.zap()->ExpectRefusal("");
  if (event && event->refused()) return absl::OkStatus();
  return absl::InternalError(
      "tried with a key that nobody knows, and it was not refused as it should be; nothing is "
      "served");
}

zmq::message_t Share(const wire::Message& message) {
  const std::span<const std::byte> bytes = message.bytes();
  if (IsReceived(message)) {
    zmq::message_t frame;
    frame.copy(static_cast<const FrameBlock*>(message.block())->frame);
    return frame;
  }
  // Libzmq makes one block of a copy, and two of what it shares, which the I/O thread frees.
  if (bytes.size() < kCopyBelow) return zmq::message_t(bytes.data(), bytes.size());
  return zmq::message_t(
      const_cast<std::byte*>(bytes.data()), bytes.size(),
      [](void*, void* block) { wire::Message::Unref(static_cast<wire::Message::Block*>(block)); },
      wire::Message(message).Release());
}

bool IsReceived(const wire::Message& message) {
  return message.block() != nullptr && message.block()->destroy == DestroyFrame;
}

wire::Message Received(zmq::message_t frame) {
  std::unique_ptr<FrameBlock> block = NewFrameBlock();
  block->frame = std::move(frame);
  block->size = block->frame.size();
  block->data = static_cast<std::byte*>(block->frame.data());
  block->destroy = DestroyFrame;
  return wire::Message(block.release());
}

}  // namespace fantail::net
