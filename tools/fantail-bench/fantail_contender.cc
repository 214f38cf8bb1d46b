// fantail-gateway, fed by a FeedServer and read by FeedClients, as publisher and desks do it.
#include <zmq.hpp>

#include "fantail/app/node_identity.h"
#include "fantail/base/check.h"
#include "fantail/feed/feed_client.h"
#include "fantail/feed/feed_server.h"
#include "fantail/net/dealer.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/session_router.h"
#include "tools/fantail-bench/contender.h"

namespace fantail::bench {
namespace {

constexpr int kMessagesATurn = 256;
// A message of more than 255 bytes has 9 bytes before it on a ZMTP connection.
constexpr uint64_t kLongFrameBytes = 9;

class FantailPublisher final : public Publisher {
 public:
  FantailPublisher(const Workload& workload, std::shared_ptr<const Keys> keys)
      : context_(std::move(keys)),
        router_(&context_),
        server_({.name = "bench", .node = app::RandomNodeId(), .ring_bytes = size_t{8} << 20},
                &router_, &observer_) {
    const absl::StatusOr<std::string> bound = router_.Bind("tcp://127.0.0.1:*");
    if (bound.ok()) endpoint_ = *bound;
    server_.BeginEpoch(Epoch{1}, /*paced=*/true, /*covers_everything=*/true);
    for (size_t id = 0; id < workload.topics(); ++id) {
      server_.AddTopic(TopicId{static_cast<uint32_t>(id)}, workload.names()[id]);
    }
  }

  std::string endpoint() const override { return endpoint_; }
  void Prepare(const Tally&) override { Turn(); }

  size_t Offer(std::span<const wire::Tick> ticks) override {
    const bool take = !ticks.empty() && !server_.Congested();
    if (take) {
      records_.clear();
      for (const wire::Tick& tick : ticks) records_.push_back({++head_, tick});
      server_.AddRecords(records_);
    }
    Turn();
    return take ? ticks.size() : 0;
  }

  uint64_t upstream_bytes() const override {
    const feed::ServerCounters& c = server_.counters();
    return c.bytes_sent + c.messages_sent * kLongFrameBytes;
  }

 private:
  void Turn() {
    const MonotonicTime now = net::ReadMonotonicClock();
    server_.Turn(now);
    router_.Receive(
        [&](const net::SessionRouter::From& from, const wire::Message& message) {
          server_.Receive(from.address, message.bytes(), now, from.user);
        },
        kMessagesATurn);
  }

  net::Context context_;
  net::SessionRouter router_;
  feed::ServerObserver observer_;
  feed::FeedServer server_;
  std::string endpoint_;
  Position head_;
  std::vector<wire::Record> records_;
};

// One desk.
class Desk final : private feed::FeedEvents {
 public:
  Desk(size_t index, wire::Encoding encoding, const std::string& endpoint, net::Context* context,
       Tally* tally)
      : index_(index),
        tally_(tally),
        client_({.name = "desk" + std::to_string(index),
                 .node = app::RandomNodeId(),
                 .encoding = encoding},
                this),
        dealer_(context, endpoint) {
    client_.SetInterest(tally->workload().interest(index), net::ReadMonotonicClock());
  }

  zmq::socket_t& socket() { return dealer_.socket(); }

  void Receive() {
    const MonotonicTime now = net::ReadMonotonicClock();
    const auto take = [&](std::span<const std::byte> bytes) {
      client_.Receive(bytes, now);
      return true;
    };
    dealer_.Receive(take, kMessagesATurn);
  }

  void Turn(MonotonicTime now) {
    const net::Dealer::Link link = dealer_.Check();
    if (link == net::Dealer::Link::kUp && !connected_) {
      connected_ = true;
      client_.Connected(&dealer_, "the gateway", now);
    }
    client_.Turn(now);
    // There is one connection, and it is to last.
    if (link == net::Dealer::Link::kBroken || client_.drop()) tally_->Complain();
  }

 private:
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override { tally_->Complain(); }
  void OnRecords(std::span<const wire::Record> records) override {
    if (records.front().position <= newest_) tally_->Complain();
    newest_ = records.back().position;
    tally_->Take(records);
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override { tally_->Complain(); }
  void OnHave(const feed::HaveNotice&) override {
    if (!client_.complete().empty()) tally_->SetReady(index_);
  }
  void OnState(const feed::FeedState&) override {}
  void OnEnd(Position) override {}

  const size_t index_;
  Tally* const tally_;
  Position newest_;
  bool connected_ = false;
  feed::FeedClient client_;
  net::Dealer dealer_;
};

class FantailSubscribers final : public Subscribers {
 public:
  FantailSubscribers(wire::Encoding encoding, std::shared_ptr<const Keys> keys,
                     const std::string& endpoint, Tally* tally)
      : context_(std::move(keys)) {
    for (size_t i = 0; i < tally->workload().subscribers(); ++i) {
      desks_.push_back(std::make_unique<Desk>(i, encoding, endpoint, &context_, tally));
      items_.push_back({desks_.back()->socket().handle(), 0, ZMQ_POLLIN, 0});
    }
  }

  void Turn() override {
    zmq::poll(items_.data(), items_.size(), std::chrono::milliseconds(kTurnMs));
    for (size_t i = 0; i < desks_.size(); ++i) {
      if (items_[i].revents != 0) desks_[i]->Receive();
    }
    const MonotonicTime now = net::ReadMonotonicClock();
    if (now - turned_at_ < std::chrono::milliseconds(kTurnMs)) return;
    turned_at_ = now;
    for (const std::unique_ptr<Desk>& desk : desks_) desk->Turn(now);
  }

 private:
  net::Context context_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::vector<zmq::pollitem_t> items_;
  MonotonicTime turned_at_;
};

class Fantail final : public Contender {
 public:
  Fantail(std::string gateway, wire::Encoding encoding, std::string keys_folder)
      : gateway_(std::move(gateway)), encoding_(encoding), keys_folder_(std::move(keys_folder)) {}

  // As its desks do unless they are told otherwise.
  std::string name() const override {
    return encoding_ == wire::Encoding::kShared
               ? "fantail-gateway"
               : std::string("with ") + wire::EncodingName(encoding_) + " desks";
  }
  std::vector<std::string> Command(const std::string& upstream,
                                   const std::string& ready_file) const override {
    std::vector<std::string> command = {gateway_,   "--upstream",        upstream,
                                        "--listen", "tcp://127.0.0.1:*", "--ready-file",
                                        ready_file, "--log-level",       "error"};
    if (!keys_folder_.empty()) command.insert(command.end(), {"--keys", keys_folder_});
    return command;
  }
  std::unique_ptr<Publisher> MakePublisher(const Workload& workload) const override {
    return std::make_unique<FantailPublisher>(workload, KeysOfAll());
  }
  std::unique_ptr<Subscribers> MakeSubscribers(const std::string& endpoint,
                                               Tally* tally) const override {
    return std::make_unique<FantailSubscribers>(encoding_, KeysOfAll(), endpoint, tally);
  }

 private:
  // One pair for all of them: what it costs does not depend on whose it is.
  std::shared_ptr<const Keys> KeysOfAll() const {
    if (keys_folder_.empty()) return nullptr;
    absl::StatusOr<std::shared_ptr<const Keys>> keys = net::ReadKeys(keys_folder_);
    FANTAIL_CHECK(keys.ok(), keys.status());
    return *std::move(keys);
  }

  const std::string gateway_;
  const wire::Encoding encoding_;
  const std::string keys_folder_;
};

}  // namespace

std::unique_ptr<Contender> MakeFantail(std::string gateway, wire::Encoding encoding,
                                       std::string keys_folder) {
  return std::make_unique<Fantail>(std::move(gateway), encoding, std::move(keys_folder));
}

}  // namespace fantail::bench
