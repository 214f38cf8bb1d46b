// A raw relay: a TCP stream of 56-byte ticks in, the same bytes out to everybody. There are no
// names, and each subscriber passes over what it does not want.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "tools/fantail-bench/contender.h"
#include "tools/fantail-bench/tcp.h"

namespace fantail::bench {
namespace {

constexpr size_t kBufferTicks = 4096;

class RawPublisher final : public Publisher {
 public:
  RawPublisher() : listener_(ListenOnLoopback()) {}

  std::string endpoint() const override { return EndpointOf(listener_); }

  void Prepare(const Tally&) override { Accept(); }

  size_t Offer(std::span<const wire::Tick> ticks) override {
    Accept();
    if (!relay_.valid() || !Flush() || ticks.empty()) return 0;
    const size_t taken = std::min(ticks.size(), kBufferTicks);
    buffer_.assign(ticks.begin(), ticks.begin() + static_cast<ptrdiff_t>(taken));
    sent_ = 0;
    Flush();
    return taken;
  }

  uint64_t upstream_bytes() const override { return upstream_bytes_; }

 private:
  void Accept() {
    if (!relay_.valid()) relay_ = AcceptFrom(listener_);
  }
  // True once all of the buffer has gone.
  bool Flush() {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(buffer_)).subspan(sent_);
    if (bytes.empty()) return true;
    const ssize_t n = send(relay_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) return false;
    sent_ += static_cast<size_t>(n);
    upstream_bytes_ += static_cast<uint64_t>(n);
    return static_cast<size_t>(n) == bytes.size();
  }

  Descriptor listener_;
  Descriptor relay_;
  std::vector<wire::Tick> buffer_;
  size_t sent_ = 0;
  uint64_t upstream_bytes_ = 0;
};

class RawSubscribers final : public Subscribers {
 public:
  RawSubscribers(const std::string& endpoint, Tally* tally) : tally_(tally) {
    for (size_t i = 0; i < tally->workload().subscribers(); ++i) {
      streams_.emplace_back().connection = ConnectTo(endpoint);
      items_.push_back({streams_.back().connection.get(), POLLIN, 0});
      // The relay reads nothing before all are there.
      tally->SetReady(i);
    }
  }

  void Turn() override {
    if (poll(items_.data(), items_.size(), kTurnMs) <= 0) return;
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (items_[i].revents != 0) Take(i);
    }
  }

 private:
  struct Stream {
    Descriptor connection;
    std::vector<wire::Tick> buffer = std::vector<wire::Tick>(kBufferTicks);
    size_t held = 0;  // bytes of a tick that has not come whole
  };

  void Take(size_t subscriber) {
    Stream& stream = streams_[subscriber];
    const std::span<std::byte> room = std::as_writable_bytes(std::span(stream.buffer));
    const ssize_t n = recv(stream.connection.get(), room.data() + stream.held,
                           room.size() - stream.held, MSG_DONTWAIT);
    if (n <= 0) return;
    const size_t bytes = stream.held + static_cast<size_t>(n);
    const size_t ticks = bytes / sizeof(wire::Tick);
    tally_->Take(subscriber, std::span(stream.buffer).first(ticks));
    stream.held = bytes % sizeof(wire::Tick);
    std::memmove(room.data(), room.data() + ticks * sizeof(wire::Tick), stream.held);
  }

  Tally* const tally_;
  std::vector<Stream> streams_;
  std::vector<pollfd> items_;
};

class RawRelay final : public Contender {
 public:
  RawRelay(std::string self, size_t subscribers)
      : self_(std::move(self)), subscribers_(subscribers) {}

  std::string name() const override { return "raw relay"; }
  std::vector<std::string> Command(const std::string& upstream,
                                   const std::string& ready_file) const override {
    return {self_, "raw-relay", upstream, ready_file, std::to_string(subscribers_)};
  }
  std::unique_ptr<Publisher> MakePublisher(const Workload&) const override {
    return std::make_unique<RawPublisher>();
  }
  std::unique_ptr<Subscribers> MakeSubscribers(const std::string& endpoint,
                                               Tally* tally) const override {
    return std::make_unique<RawSubscribers>(endpoint, tally);
  }

 private:
  const std::string self_;
  const size_t subscribers_;
};

}  // namespace

std::unique_ptr<Contender> MakeRawRelay(std::string self, size_t subscribers) {
  return std::make_unique<RawRelay>(std::move(self), subscribers);
}

}  // namespace fantail::bench
