#include "tools/fantail-bench/attackers.h"

#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <utility>

#include "fantail/app/node_identity.h"
#include "fantail/base/random.h"
#include "fantail/net/clock.h"
#include "fantail/net/dealer.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"
#include "fantail/wire/encode.h"
#include "tools/fantail-bench/tcp.h"

namespace fantail::bench {
namespace {

constexpr Nanos kKept = std::chrono::seconds(5);
// Between two bytes of a slow handshake.
constexpr Nanos kDrip = std::chrono::milliseconds(200);
constexpr Nanos kTurn = std::chrono::milliseconds(2);

// What a peer of ZMTP 3 without keys begins with, as a socket of this type.
std::string Plain(const std::string& type) {
  std::string greeting(64, '\0');
  greeting.replace(0, 1, "\xff").replace(9, 3, std::string("\x7f\3\0", 3)).replace(12, 4, "NULL");
  const std::string name = "Socket-Type";
  const std::string ready = std::string("\5READY") + static_cast<char>(name.size()) + name +
                            std::string(3, '\0') + static_cast<char>(type.size()) + type;
  return greeting + '\4' + static_cast<char>(ready.size()) + ready;
}

std::string Noise(Random* random) {
  std::string bytes(4000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random->Next());
  return bytes;
}

// A frame of `body`, which has at most 255 bytes.
std::string Frame(const std::string& body) {
  return std::string(1, '\0') + static_cast<char>(body.size()) + body;
}

std::string HelloFrame() {
  const wire::Message hello =
      wire::Encode(wire::Hello{.feed = "ticks", .name = "mallory", .node = app::RandomNodeId()});
  return Frame({reinterpret_cast<const char*>(hello.bytes().data()), hello.size()});
}

// A connection without a key.
struct Raw {
  Descriptor socket;
  MonotonicTime opened_at;
  std::string drips;  // what is still to be said, a byte now and then
  MonotonicTime drip_at;
  uint64_t heard = 0;
};

// One with a key that nobody knows.
struct Unknown {
  std::unique_ptr<net::Dealer> dealer;
  MonotonicTime opened_at;
};

bool Say(const Descriptor& socket, std::string_view bytes) {
  return send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

std::shared_ptr<const Keys> StrangersKeys(const std::string& node_key) {
  const net::KeyPair own = net::MakeKeyPair();
  auto keys = std::make_shared<Keys>();
  keys->own = {.name = "mallory", .key = own.public_key, .at = {}};
  keys->secret = own.secret_key;
  keys->nodes.push_back({.name = "bench", .key = node_key, .at = {}});
  return keys;
}

class Attack {
 public:
  Attack(const std::string& endpoint, const std::string& node_key)
      : endpoint_(endpoint), context_(StrangersKeys(node_key), 4096) {}

  // The next kind, in turn.
  void Begin(MonotonicTime now) {
    constexpr size_t kKinds = 8;
    switch (next_++ % kKinds) {
      case 0:
        unknown_.push_back({std::make_unique<net::Dealer>(&context_, endpoint_), now});
        return;
      case 1:
        ConnectTo(endpoint_);  // and hang up: a port scan
        return;
      case 2:
        return Open("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", now);
      case 3:
        Open("", now);
        raw_.back().drips = Plain("DEALER");
        return;
      case 4:
        return Open(Noise(&random_), now);
      case 5:
        return Open(Plain("SUB") + Frame("\1"), now);
      case 6:
        return Open(Plain("DEALER") + HelloFrame(), now);
      default:
        return Open({"\1\0", 2}, now);  // ZMTP 1
    }
  }
  void Turn(MonotonicTime now, uint64_t* let_in, uint64_t* most_heard) {
    for (Raw& raw : raw_) Turn(&raw, now, most_heard);
    std::erase_if(
        raw_, [&](const Raw& raw) { return !raw.socket.valid() || now - raw.opened_at > kKept; });
    std::erase_if(unknown_, [&](const Unknown& one) {
      const net::Dealer::Link link = one.dealer->Check();
      if (link == net::Dealer::Link::kUp) ++*let_in;
      return link != net::Dealer::Link::kConnecting || now - one.opened_at > kKept;
    });
  }
  void HangUp() {
    raw_.clear();
    unknown_.clear();
  }

 private:
  void Open(const std::string& words, MonotonicTime now) {
    raw_.push_back({.socket = ConnectTo(endpoint_), .opened_at = now, .drips = {}, .drip_at = now});
    Say(raw_.back().socket, words);
  }
  static void Turn(Raw* raw, MonotonicTime now, uint64_t* most_heard) {
    std::array<char, 4096> block;
    const ssize_t n = recv(raw->socket.get(), block.data(), block.size(), MSG_DONTWAIT);
    if (n > 0) raw->heard += static_cast<uint64_t>(n);
    *most_heard = std::max(*most_heard, raw->heard);
    bool open = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
    if (open && !raw->drips.empty() && now >= raw->drip_at) {
      open = Say(raw->socket, raw->drips.substr(0, 1));
      raw->drips.erase(0, 1);
      raw->drip_at = now + kDrip;
    }
    if (!open) raw->socket = Descriptor();
  }

  const std::string endpoint_;
  net::Context context_;
  Random random_{1};
  size_t next_ = 0;
  std::deque<Raw> raw_;
  std::deque<Unknown> unknown_;
};

}  // namespace

Attackers::Attackers(Options options) : options_(std::move(options)), thread_([this] { Run(); }) {}

Attackers::~Attackers() {
  stop_ = true;
  thread_.join();
}

void Attackers::Run() {
  const sched_param none{};
  (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
  Attack attack(options_.endpoint, options_.node_key);
  uint64_t let_in = 0;
  uint64_t most_heard = 0;
  double due = 0;
  net::Poller nothing;
  for (MonotonicTime last = net::ReadMonotonicClock(); !stop_;) {
    const MonotonicTime now = net::ReadMonotonicClock();
    if (on_) {
      due += std::chrono::duration<double>(now - last).count() * static_cast<double>(options_.rate);
      for (; due >= 1; due -= 1, ++attempts_) attack.Begin(now);
    } else {
      attack.HangUp();
    }
    last = now;
    attack.Turn(now, &let_in, &most_heard);
    let_in_ = let_in;
    most_heard_ = most_heard;
    nothing.Clear();
    nothing.Wait(kTurn);
  }
}

}  // namespace fantail::bench
