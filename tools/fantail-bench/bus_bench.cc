#include "tools/fantail-bench/bus_bench.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <zmq.hpp>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/base/histogram.h"
#include "fantail/bus/messages.h"
#include "fantail/net/clock.h"
#include "tools/fantail-bench/relay_process.h"
#include "tools/fantail-bench/temporary_folder.h"

namespace fantail::bench {
namespace {

constexpr const char* kService = "echo";
constexpr Nanos kWarmUp = std::chrono::milliseconds(500);
// No answer for so long: something is lost.
constexpr Nanos kLost = std::chrono::seconds(5);

struct Options {
  uint64_t clients = 2;
  uint64_t servers = 2;
  uint64_t in_hand = 64;
  uint64_t body = 100;
  uint64_t seconds = 5;
  uint64_t runs = 5;
  std::string bus;
};

// One DEALER that speaks the messages of the bus, whatever stands between. Clients and servers of
// both contenders are made of it.
class Mouth {
 public:
  Mouth(zmq::context_t& context, const std::string& endpoint)
      : socket_(context, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndhwm, 20'000);
    socket_.set(zmq::sockopt::rcvhwm, 20'000);
    socket_.connect(endpoint);
  }

  void Join(bus::Role role, uint64_t node) {
    Say(bus::Encode(bus::Join{.name = "bench", .node = {node}, .role = role}));
  }
  void Say(const wire::Message& message) {
    zmq::message_t frame(message.bytes().data(), message.size());
    socket_.send(frame, zmq::send_flags::none);
  }
  // To whom the newest message came from, as a proxy wants it.
  void Answer(const wire::Message& message) {
    if (from_.size() > 0) socket_.send(from_, zmq::send_flags::sndmore);
    Say(message);
  }
  // Hands over what has come; answers pings itself.
  template <class Fn>
  void Hear(Fn on_message) {
    while (socket_.recv(frame_, zmq::recv_flags::dontwait)) {
      from_.rebuild();
      if (frame_.more()) {
        from_ = std::move(frame_);
        frame_.rebuild();
        (void)socket_.recv(frame_, zmq::recv_flags::none);
      }
      const std::span<const std::byte> bytes(static_cast<const std::byte*>(frame_.data()),
                                             frame_.size());
      if (decoder_.Decode(bytes, &message_) != wire::DecodeError::kNone) continue;
      if (const auto* ping = std::get_if<bus::Ping>(&message_)) {
        Say(bus::Encode(bus::Pong{ping->nonce}));
      } else {
        on_message(message_);
      }
    }
  }
  void* handle() { return socket_.handle(); }

 private:
  zmq::socket_t socket_;
  zmq::message_t from_;
  zmq::message_t frame_;
  bus::Decoder decoder_;
  bus::AnyMessage message_;
};

struct Result {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double cpu_us = 0;  // of the device, a request
};

class Clients {
 public:
  Clients(const Options& o, const std::string& endpoint, bool join) : options_(o) {
    for (uint64_t i = 0; i < o.clients; ++i) {
      mouths_.push_back(std::make_unique<Mouth>(context_, endpoint));
      if (join) mouths_.back()->Join(bus::Role::kClient, 100 + i);
      items_.push_back({mouths_.back()->handle(), 0, ZMQ_POLLIN, 0});
    }
    sent_.resize(o.in_hand);
    body_.assign(o.body, 'x');
  }

  // Keeps as many requests in hand as is asked for, and counts their answers.
  absl::StatusOr<Result> Run(const RelayProcess& device) {
    if (!AwaitServers()) return absl::UnavailableError("the servers do not answer");
    for (uint64_t i = 0; i < options_.in_hand; ++i) Ask(i);
    const MonotonicTime begin = net::ReadMonotonicClock() + kWarmUp;
    const MonotonicTime end = begin + std::chrono::seconds(options_.seconds);
    MonotonicTime heard = begin;
    uint64_t answered = 0;
    Nanos cpu{0};
    LatencyHistogram latency;
    for (MonotonicTime now = net::ReadMonotonicClock(); now < end;) {
      zmq::poll(items_.data(), items_.size(), std::chrono::milliseconds(100));
      now = net::ReadMonotonicClock();
      for (size_t i = 0; i < mouths_.size(); ++i) {
        if (items_[i].revents == 0) continue;
        mouths_[i]->Hear([&](const bus::AnyMessage& message) {
          const auto* answer = std::get_if<bus::Answer>(&message);
          if (answer == nullptr || answer->id > sent_.size()) return;
          heard = net::ReadMonotonicClock();
          if (heard >= begin) {
            if (answered == 0) cpu = device.CpuTime();
            ++answered;
            latency.Record(heard - sent_[answer->id - 1]);
          }
          Ask(answer->id - 1);
        });
      }
      if (now - heard > kLost) return absl::DataLossError("an answer was lost");
    }
    const auto us = [&](double percent) {
      return static_cast<double>(latency.Percentile(percent).count()) / 1e3;
    };
    const auto used = static_cast<double>((device.CpuTime() - cpu).count()) / 1e3;
    return Result{static_cast<double>(answered) / static_cast<double>(options_.seconds), us(50),
                  us(99), used / static_cast<double>(answered)};
  }

 private:
  void Ask(uint64_t slot) {
    sent_[slot] = net::ReadMonotonicClock();
    mouths_[slot % mouths_.size()]->Say(Request(slot + 1));
  }
  wire::Message Request(uint64_t id) const {
    return bus::Encode(bus::Request{.id = id,
                                    .service = kService,
                                    .budget_ns = 10'000'000'000,
                                    .idempotent = true,
                                    .body = bus::BytesOf(body_)});
  }

  // With numbers that are no slots.
  bool AwaitServers() {
    uint64_t id = uint64_t{1} << 32;
    const MonotonicTime until = net::ReadMonotonicClock() + kLost;
    bool answered = false;
    while (!answered && net::ReadMonotonicClock() < until) {
      mouths_[0]->Say(Request(id++));
      zmq::poll(items_.data(), items_.size(), std::chrono::milliseconds(50));
      mouths_[0]->Hear([&](const bus::AnyMessage& message) {
        answered = answered || std::holds_alternative<bus::Answer>(message);
      });
    }
    return answered;
  }

  const Options& options_;
  zmq::context_t context_;
  std::vector<std::unique_ptr<Mouth>> mouths_;
  std::vector<zmq::pollitem_t> items_;
  std::vector<MonotonicTime> sent_;  // by slot
  std::string body_;
};

absl::StatusOr<Result> RunOne(const Options& o, const std::string& self, bool is_bus) {
  const TemporaryFolder folder;
  const std::string ready = folder.path() + "/ready";
  RelayProcess device;
  const std::vector<std::string> command =
      is_bus ? std::vector<std::string>{o.bus,          "run", "--listen",    "tcp://127.0.0.1:*",
                                        "--ready-file", ready, "--log-level", "error"}
             : std::vector<std::string>{self, "bus-proxy", ready};
  absl::StatusOr<std::string> address = device.Start(command, ready);
  if (!address.ok()) return address.status();
  // A proxy has an address for each side: CLIENTS,SERVERS.
  const size_t comma = address->find(',');
  const std::string above = comma == std::string::npos ? *address : address->substr(comma + 1);
  RelayProcess servers;
  const std::string up = folder.path() + "/servers";
  const absl::StatusOr<std::string> started =
      servers.Start({self, "bus-servers", above, is_bus ? up + ",bus" : up + ",proxy",
                     std::to_string(o.servers), std::to_string(o.in_hand)},
                    up);
  if (!started.ok()) return started.status();
  return Clients(o, address->substr(0, comma), is_bus).Run(device);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double MedianOf(const std::vector<Result>& results, double Result::*field) {
  std::vector<double> values;
  for (const Result& result : results) values.push_back(result.*field);
  return Median(std::move(values));
}

void Print(const char* name, const std::vector<Result>& results) {
  std::printf("%-12s %12.0f %10.0f %10.0f %16.2f\n", name, MedianOf(results, &Result::per_second),
              MedianOf(results, &Result::p50_us), MedianOf(results, &Result::p99_us),
              MedianOf(results, &Result::cpu_us));
}

}  // namespace

int RunBusProxy(const std::string& ready_file) {
  zmq::context_t context;
  zmq::socket_t clients(context, zmq::socket_type::router);
  zmq::socket_t servers(context, zmq::socket_type::dealer);
  for (zmq::socket_t* socket : {&clients, &servers}) {
    socket->set(zmq::sockopt::linger, 0);
    socket->set(zmq::sockopt::sndhwm, 20'000);
    socket->set(zmq::sockopt::rcvhwm, 20'000);
    socket->bind("tcp://127.0.0.1:*");
  }
  app::ReadyFile ready(ready_file);
  const std::string addresses =
      clients.get(zmq::sockopt::last_endpoint) + "," + servers.get(zmq::sockopt::last_endpoint);
  if (!ready.Write({{"listen", addresses}}).ok()) return 1;
  zmq::proxy(clients, servers);
  return 0;
}

int RunBusServers(const std::string& endpoint, const std::string& kind, const std::string& servers,
                  const std::string& capacity) {
  const bool join = kind.ends_with(",bus");
  zmq::context_t context;
  std::vector<std::unique_ptr<Mouth>> mouths;
  std::vector<zmq::pollitem_t> items;
  wire::TextListBuilder services;
  services.Add(kService);
  for (uint64_t i = 0; i < std::stoul(servers); ++i) {
    mouths.push_back(std::make_unique<Mouth>(context, endpoint));
    items.push_back({mouths.back()->handle(), 0, ZMQ_POLLIN, 0});
    if (!join) continue;
    mouths.back()->Join(bus::Role::kServer, 200 + i);
    mouths.back()->Say(bus::Encode(bus::Offer{
        .services = services.list(), .capacity = static_cast<uint32_t>(std::stoul(capacity))}));
  }
  app::ReadyFile ready(kind.substr(0, kind.find(',')));
  if (!ready.Write({{"listen", endpoint}}).ok()) return 1;
  while (true) {
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds(200));
    for (size_t i = 0; i < mouths.size(); ++i) {
      // What has come without being asked for: a client that is not joined is told so.
      mouths[i]->Hear([&](const bus::AnyMessage& message) {
        const auto* request = std::get_if<bus::Request>(&message);
        if (request == nullptr) return;
        mouths[i]->Answer(bus::Encode(bus::Answer{.id = request->id, .body = request->body}));
      });
    }
  }
}

int BusBench(int argc, char** argv, const std::string& self) {
  Options o;
  o.bus = std::filesystem::path(self).parent_path() / "../../gateway/fantail-bus";
  app::CommandLine line("fantail-bench bus",
                        "measures fantail-bus beside a bare zmq_proxy between ROUTER and DEALER");
  line.Option("--clients N", &o.clients, "who ask", {1, 64});
  line.Option("--servers N", &o.servers, "who answer, with what they were asked", {1, 64});
  line.Option("--in-hand N", &o.in_hand, "requests on their way at a time", {1, 10'000});
  line.Option("--body N", &o.body, "bytes of a request and its answer", {0, 60 * 1024});
  line.Option("--seconds S", &o.seconds, "what is measured of each run", {1, 3600});
  line.Option("--runs K", &o.runs, "rounds; each runs once in each, and medians are printed",
              {1, 1000});
  line.Option("--bus PATH", &o.bus, "the fantail-bus to measure");
  line.Example("fantail-bench bus --in-hand 64", "requests a second, and how long they take");
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  app::SeedLibcRandom();
  std::vector<Result> bus;
  std::vector<Result> proxy;
  for (uint64_t round = 0; round < o.runs; ++round) {
    for (const bool is_bus : {true, false}) {
      const absl::StatusOr<Result> result = RunOne(o, self, is_bus);
      if (!result.ok()) return line.Fail(result.status());
      (is_bus ? bus : proxy).push_back(*result);
    }
  }
  std::printf("%-12s %12s %10s %10s %16s\n", "", "requests/s", "p50 us", "p99 us",
              "CPU us a request");
  Print("fantail-bus", bus);
  Print("zmq_proxy", proxy);
  std::printf("ratio_requests %.2f\nratio_p99 %.2f\n",
              MedianOf(bus, &Result::per_second) / MedianOf(proxy, &Result::per_second),
              MedianOf(bus, &Result::p99_us) / MedianOf(proxy, &Result::p99_us));
  return app::kExitDone;
}

}  // namespace fantail::bench
