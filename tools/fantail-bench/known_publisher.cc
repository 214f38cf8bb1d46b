#include "tools/fantail-bench/known_publisher.h"

#include <algorithm>

#include "fantail/app/node_identity.h"
#include "fantail/base/random.h"
#include "fantail/feed/feed_server.h"
#include "fantail/net/clock.h"
#include "fantail/net/poller.h"
#include "fantail/net/session_router.h"
#include "fmt/format.h"

namespace fantail::bench {
namespace {

constexpr int kMessagesATurn = 256;
// As a publisher that reads a file would: what is due goes out within a few milliseconds.
constexpr Nanos kTurn = std::chrono::milliseconds(2);

}  // namespace

KnownPublisher::KnownPublisher(const Options& options)
    : options_(options), times_(options.topics), thread_([this] { Run(); }) {
  ready_.wait(false);
}

KnownPublisher::~KnownPublisher() {
  stop_ = true;
  thread_.join();
}

std::string KnownPublisher::NameOf(size_t topic) {
  return fmt::format("S{:05}", topic);
}

size_t KnownPublisher::TopicOf(std::string_view name) {
  return std::stoul(std::string(name.substr(1)));
}

int64_t KnownPublisher::PriceOf(size_t topic, Sequence sequence) {
  return static_cast<int64_t>(topic) * 1'000'003 + sequence.value;
}

Nanos KnownPublisher::AgeOf(std::span<const Sequence> shown, MonotonicTime now) const {
  const std::lock_guard lock(mutex_);
  MonotonicTime oldest = now;
  for (size_t topic = 0; topic < shown.size(); ++topic) {
    const size_t next = shown[topic].value;
    if (next < times_[topic].size()) oldest = std::min(oldest, times_[topic][next]);
  }
  return now - oldest;
}

bool KnownPublisher::IsAll(std::span<const Sequence> shown) const {
  const std::lock_guard lock(mutex_);
  for (size_t topic = 0; topic < shown.size(); ++topic) {
    if (shown[topic].value != times_[topic].size()) return false;
  }
  return true;
}

void KnownPublisher::Run() {
  net::Context context(options_.keys);
  net::SessionRouter router(&context);
  feed::ServerObserver observer;
  feed::FeedServer server({.name = "hq", .node = app::RandomNodeId()}, &router, &observer);
  const absl::StatusOr<std::string> bound = router.Bind("tcp://127.0.0.1:*");
  endpoint_ = bound.ok() ? *bound : "";
  server.BeginEpoch(Epoch{1}, /*paced=*/false, /*covers_everything=*/true);
  for (size_t topic = 0; topic < options_.topics; ++topic) {
    server.AddTopic(TopicId{static_cast<uint32_t>(topic)}, NameOf(topic));
  }
  ready_ = true;
  ready_.notify_all();

  Random random(options_.seed);
  Position head;
  net::Poller poller;
  std::vector<wire::Record> records;
  MonotonicTime last = net::ReadMonotonicClock();
  double due = 0;
  while (!stop_) {
    const MonotonicTime now = net::ReadMonotonicClock();
    due += std::chrono::duration<double>(now - last).count() * static_cast<double>(options_.rate);
    last = now;
    records.clear();
    for (; due >= 1; due -= 1) {
      if (paused_) continue;
      const size_t topic = random.Below(options_.topics);
      const std::lock_guard lock(mutex_);
      times_[topic].push_back(now);
      const Sequence sequence{static_cast<uint32_t>(times_[topic].size())};
      wire::Tick tick{};
      tick.topic = TopicId{static_cast<uint32_t>(topic)};
      tick.sequence = sequence;
      tick.kind = wire::TickKind::kQuote;
      tick.time_ns = net::ReadWallClock().time_since_epoch().count();
      tick.price = tick.ask_price = PriceOf(topic, sequence);
      tick.size = tick.ask_size = 1;
      records.push_back({++head, tick});
    }
    if (!records.empty()) {
      // A turn tells the server the time; what it is given next counts from there.
      server.AddRecords(records);
      published_ += records.size();
    }
    bool more = router.Receive(
        [&](const net::SessionRouter::From& from, const wire::Message& message) {
          server.Receive(from.address, message.bytes(), now, from.user);
        },
        kMessagesATurn);
    more = server.Turn(now) || more;
    poller.Clear();
    poller.Add(&router.socket(), router.has());
    poller.Wait(more ? Nanos{0} : kTurn);
  }
}

}  // namespace fantail::bench
