// A bare zmq_proxy between XSUB and XPUB: one message a tick, "SYMBOL", NUL, the 56 bytes. The NUL
// ends the symbol, so that a subscription to "AAPL\0" is the one symbol and "A" is a prefix.
#include <array>
#include <cstring>
#include <zmq.hpp>

#include "fantail/app/ready_file.h"
#include "tools/fantail-bench/contender.h"

namespace fantail::bench {
namespace {

// Of every queue. Nothing is ever dropped (ZMQ_XPUB_NODROP): a full one holds back the one before.
constexpr int kHighWater = 20'000;
// A message of at most 255 bytes has 2 bytes before it on a ZMTP connection.
constexpr uint64_t kShortFrameBytes = 2;
constexpr int kMessagesATurn = 200;

// Before the first tick, each subscriber gets this with its number: then all that it has subscribed
// to before has reached the publisher, for subscriptions keep their order.
std::string ProbeTopic(size_t subscriber) {
  return '\x01' + std::to_string(subscriber) + '\0';
}

void SetQueues(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, kHighWater);
  socket.set(zmq::sockopt::rcvhwm, kHighWater);
}

void SetLossless(zmq::socket_t& socket) {
  const int yes = 1;
  if (zmq_setsockopt(socket.handle(), ZMQ_XPUB_NODROP, &yes, sizeof yes) != 0) throw zmq::error_t();
}

class ZmqPublisher final : public Publisher {
 public:
  explicit ZmqPublisher(const Workload& workload)
      : workload_(&workload), socket_(context_, zmq::socket_type::xpub) {
    SetQueues(socket_);
    SetLossless(socket_);
    socket_.bind("tcp://127.0.0.1:*");
  }

  std::string endpoint() const override { return socket_.get(zmq::sockopt::last_endpoint); }

  void Prepare(const Tally& tally) override {
    TakeSubscriptions();
    for (size_t i = 0; i < workload_->subscribers(); ++i) {
      if (!tally.ready(i)) socket_.send(zmq::buffer(ProbeTopic(i)), zmq::send_flags::dontwait);
    }
  }

  size_t Offer(std::span<const wire::Tick> ticks) override {
    TakeSubscriptions();
    size_t taken = 0;
    for (; taken < ticks.size(); ++taken) {
      const wire::Tick& tick = ticks[taken];
      const std::string& name = workload_->names()[tick.topic.value];
      zmq::message_t message(name.size() + 1 + sizeof tick);
      char* bytes = static_cast<char*>(message.data());
      std::memcpy(bytes, name.c_str(), name.size() + 1);
      std::memcpy(bytes + name.size() + 1, &tick, sizeof tick);
      const size_t size = message.size();
      if (!socket_.send(message, zmq::send_flags::dontwait)) break;
      if (workload_->wanted_by(tick.topic) > 0) upstream_bytes_ += kShortFrameBytes + size;
    }
    return taken;
  }

  uint64_t upstream_bytes() const override { return upstream_bytes_; }

 private:
  // An XPUB takes note of them while they are read.
  void TakeSubscriptions() {
    for (zmq::message_t m; socket_.recv(m, zmq::recv_flags::dontwait);) {
    }
  }

  const Workload* const workload_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  uint64_t upstream_bytes_ = 0;
};

class ZmqSubscribers final : public Subscribers {
 public:
  ZmqSubscribers(const std::string& endpoint, Tally* tally) : tally_(tally) {
    for (size_t i = 0; i < tally->workload().subscribers(); ++i) {
      zmq::socket_t& socket = sockets_.emplace_back(context_, zmq::socket_type::sub);
      SetQueues(socket);
      for (const Pattern& pattern : tally->workload().interest(i)) {
        std::string topic(pattern.stem());
        if (!pattern.is_prefix()) topic.push_back('\0');
        socket.set(zmq::sockopt::subscribe, topic);
      }
      socket.set(zmq::sockopt::subscribe, ProbeTopic(i));
      socket.connect(endpoint);
    }
    for (zmq::socket_t& socket : sockets_) items_.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
  }

  void Turn() override {
    zmq::poll(items_.data(), items_.size(), std::chrono::milliseconds(kTurnMs));
    for (size_t i = 0; i < sockets_.size(); ++i) {
      if (items_[i].revents != 0) Take(i);
    }
  }

 private:
  void Take(size_t subscriber) {
    zmq::message_t message;
    for (int n = 0; n < kMessagesATurn; ++n) {
      if (!sockets_[subscriber].recv(message, zmq::recv_flags::dontwait)) return;
      const char* bytes = static_cast<const char*>(message.data());
      if (bytes[0] == '\x01') {
        // A subscriber to everything gets those of the others as well.
        if (message.to_string() == ProbeTopic(subscriber)) tally_->SetReady(subscriber);
        continue;
      }
      wire::Tick tick;
      std::memcpy(&tick, bytes + message.size() - sizeof tick, sizeof tick);
      tally_->Take(subscriber, {&tick, 1});
    }
  }

  Tally* const tally_;
  zmq::context_t context_;
  std::vector<zmq::socket_t> sockets_;
  std::vector<zmq::pollitem_t> items_;
};

class ZmqProxy final : public Contender {
 public:
  explicit ZmqProxy(std::string self) : self_(std::move(self)) {}

  std::string name() const override { return "zmq_proxy"; }
  std::vector<std::string> Command(const std::string& upstream,
                                   const std::string& ready_file) const override {
    return {self_, "zmq-proxy", upstream, ready_file};
  }
  std::unique_ptr<Publisher> MakePublisher(const Workload& workload) const override {
    return std::make_unique<ZmqPublisher>(workload);
  }
  std::unique_ptr<Subscribers> MakeSubscribers(const std::string& endpoint,
                                               Tally* tally) const override {
    return std::make_unique<ZmqSubscribers>(endpoint, tally);
  }

 private:
  const std::string self_;
};

}  // namespace

std::unique_ptr<Contender> MakeZmqProxy(std::string self) {
  return std::make_unique<ZmqProxy>(std::move(self));
}

int RunZmqProxy(const std::string& upstream, const std::string& ready_file) {
  zmq::context_t context;
  zmq::socket_t above(context, zmq::socket_type::xsub);
  zmq::socket_t below(context, zmq::socket_type::xpub);
  SetQueues(above);
  SetQueues(below);
  SetLossless(below);
  above.connect(upstream);
  below.bind("tcp://127.0.0.1:*");
  app::ReadyFile ready(ready_file);
  if (!ready.Write({{"listen", below.get(zmq::sockopt::last_endpoint)}}).ok()) return 1;
  zmq::proxy(above, below);
  return 0;
}

}  // namespace fantail::bench
