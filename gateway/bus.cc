// fantail-bus: the request/reply device. `run` is the device; `status` looks at one, and `ask` asks
// it something.
#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include "fantail/admin/admin.h"
#include "fantail/admin/bus_report.h"
#include "fantail/app/commands.h"
#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/key_options.h"
#include "fantail/app/limits.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/reload.h"
#include "fantail/app/run_main.h"
#include "fantail/app/session_log.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/bus/broker.h"
#include "fantail/net/bus_client.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"
#include "fantail/node/limits.h"
#include "fantail/node/port.h"

namespace fantail::gateway {
namespace {

// What is said goes out at the end of a turn. With 512 requests on their way and 64 messages a
// turn, a request cost the device a third more than with this; a turn of so many takes a
// millisecond.
constexpr int kMessagesPerTurn = 512;
constexpr Nanos kIdleWait = std::chrono::milliseconds(20);
constexpr Nanos kRetry = std::chrono::milliseconds(1);

// -------------------------------------------------------------------------------------------------
// The device.

struct Options {
  app::CommonOptions common;
  node::PortOptions port;
  std::vector<app::Endpoint> upstream;
  app::ByteSize kept{size_t{64} << 20};
  Nanos kept_for = std::chrono::seconds(5);
  admin::AdminOptions admin;
};

// What a bus holds its members to, for the manual.
app::Limits BusLimits() {
  const bus::BrokerOptions bus;
  const auto bytes = [](size_t n) { return app::FormatByteSize(app::ByteSize{n}); };
  app::Limits limits = {
      {.name = "members",
       .value = app::WithCommas(bus.max_members),
       .beyond = "refused",
       .metric = "fantail_bus_members",
       .why = "ten times the desks of a branch"},
      {.name = "requests of a client without an outcome",
       .value = fmt::format("{}, {}; of a bus ten times these", app::WithCommas(bus.max_asked),
                            bytes(bus.max_asked_bytes)),
       .beyond = "answered at once: busy",
       .metric = "fantail_bus_failed_total",
       .why = "a client that asks for more does not wait for answers"},
      {.name = "requests that wait for a server",
       .value = app::WithCommas(bus.max_waiting),
       .beyond = "answered at once: busy",
       .metric = "fantail_bus_waiting, fantail_bus_failed_total",
       .why = "more would be beyond their deadlines"},
      {.name = "not read by a member",
       .value = bytes(bus.max_outbox_bytes),
       .beyond = "it is lost, and its requests go to others",
       .metric = "fantail_bus_members",
       .why = "memory; its window keeps whoever reads far below"},
      {.name = "of an answer, for those who are slower",
       .value = bytes(bus.shared_bytes),
       .beyond = "they get it anew by themselves",
       .metric = "fantail_bus_split_total",
       .why = "a window of the fastest"},
      {.name = "kept answers",
       .value = fmt::format("{}, {}", bytes(bus.kept_bytes), app::FormatDuration(bus.kept_for)),
       .changed = "--keep, --keep-for",
       .beyond = "the oldest go",
       .why = "fifty desks with the same hole cost one answer"},
  };
  const app::Limits port = node::PortLimits();
  limits.insert(limits.end(), port.begin(), port.end());
  return limits;
}

void Declare(Options* o, app::CommandLine* line) {
  line->Listing("--list-limits", app::LimitLines(BusLimits()));
  node::AddListenOption(&o->port, "clients, servers and further buses", line);
  app::EndpointsOption("--upstream ENDPOINT", app::EndpointUse::kConnect, &o->upstream,
                       "the bus above, for what nobody serves here; the next is tried when one "
                       "dies; none if never given",
                       line);
  line->FromBranch("--upstream", app::BranchPart::kBusUpstream);
  line->Option("--keep SIZE", &o->kept, "most bytes of answers kept for who asks the same again");
  line->Option("--keep-for TIME", &o->kept_for, "how long such an answer is kept");
  admin::AddAdminOptions(
      &o->admin,
      admin::ListOf(bus::kBrokerMetrics, admin::kBrokerGauges, app::kGuardMetrics, net::kZapMetrics,
                    app::kAccessLost, bus::kMemberMetrics, admin::kBusJoined),
      line);
  node::AddAccessOptions(&o->port, &o->common, line);
  app::AddCommonOptions(&o->common, line);
  line->Example("fantail-bus run --listen tcp://127.0.0.1:5570", "a bus of its own");
  line->Example(
      "fantail-bus run --listen tcp://10.2.0.1:5570 --upstream tcp://10.1.0.1:5570 --plaintext",
      "a branch office below headquarters");
}

class BusLog final : public bus::BrokerObserver {
 public:
  // Tells `access_log` as well, which outlives it.
  explicit BusLog(app::AccessLog* access_log) : access_log_(access_log) {}

  void set_now(MonotonicTime now) { now_ = now; }
  void OnJoined(const bus::Peer& peer) override {
    if (peer.role != bus::Role::kClient) {
      app::LogInfo("{} {}{} joined", bus::RoleName(peer.role), app::Harmless(peer.name),
                   peer.user.empty() ? "" : " (user " + peer.user + ")");
    }
    Write("joined", peer,
          [&](text::JsonWriter* json) { json->Key("role").Text(bus::RoleName(peer.role)); });
  }
  void OnLeft(const bus::Peer& peer, std::string_view why) override {
    if (peer.role != bus::Role::kClient) {
      app::LogInfo("{} {} is gone: {}", bus::RoleName(peer.role), app::Harmless(peer.name),
                   app::Harmless(why));
    }
    Write("left", peer, [&](text::JsonWriter* json) { json->Key("reason").Text(why); });
  }
  void OnServices(const bus::Peer& peer) override {
    std::string services;
    for (const std::string& service : peer.services) services += " " + service;
    app::LogInfo("server {} {}", app::Harmless(peer.name),
                 services.empty() ? "drains" : "serves" + app::Harmless(services));
    Write("serves", peer, [&](text::JsonWriter* json) {
      json->Key("services").List([&] {
        for (const std::string& service : peer.services) json->Text(service);
      });
    });
  }
  void OnAsked(const bus::Peer& peer, std::string_view service, bool may) override {
    Write(may ? "asked" : "refused", peer,
          [&](text::JsonWriter* json) { json->Key("service").Text(service); });
  }
  void OnUpstream(bool joined, std::string_view cause) override {
    if (joined) {
      app::LogInfo("upstream is joined");
    } else {
      app::LogWarning("upstream is lost: {}", app::Harmless(cause));
    }
  }
  void OnBadMessage(std::string_view who, std::string_view what) override {
    bad_messages_.Warn(now_, "a bad message from {}: {}", app::Harmless(who), app::Harmless(what));
  }

 private:
  template <class Fn>
  void Write(std::string_view event, const bus::Peer& peer, Fn members) {
    access_log_->Write(event, [&](text::JsonWriter* json) {
      json->Key("user").Text(peer.user);
      json->Key("member").Text(peer.name);
      members(json);
    });
  }

  app::AccessLog* const access_log_;
  MonotonicTime now_;
  app::LimitedLog bad_messages_;
};

class Bus final : private admin::Subject, private node::Served {
 public:
  Bus(const Options& options, app::Signals* signals, NodeId node)
      : options_(options),
        signals_(signals),
        port_(options.port, options.common),
        log_(port_.access_log()),
        broker_({.name = options.common.name,
                 .node = node,
                 .has_upstream = !options.upstream.empty(),
                 .kept_bytes = options.kept.bytes,
                 .kept_for = options.kept_for},
                port_.links(), &log_),
        ready_(options.common.ready_file),
        status_(options.common.status_every),
        admin_("fantail-bus", options.admin, options.common) {
    if (!options.upstream.empty()) {
      upstream_ = std::make_unique<net::Connector>(
          port_.context(), broker_.upstream(), app::EndpointTexts(options.upstream),
          [](const std::string&) { return false; }, app::KernelRandom());
    }
  }

  absl::Status Start() {
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    absl::StatusOr<std::string> bound = port_.Open(this);
    if (!bound.ok()) return bound.status();
    app::LogInfo("listening at {}{}", *bound, upstream_ == nullptr ? "" : ", with a bus above");
    app::KeyValues ready = {{"listen", *bound}};
    if (absl::Status s = admin_.Start(&ready); !s.ok()) return s;
    return ready_.Write(ready);
  }

  int Run() {
    while (true) {
      const MonotonicTime now = net::ReadMonotonicClock();
      while (poller_.Readable(signals_->fd())) {
        const auto signal = signals_->Next();
        if (!signal) break;
        if (*signal == SIGHUP) port_.Reload();
        if (*signal != SIGHUP) app::LogInfo("stopping, as signal {} asks", *signal);
      }
      if (signals_->stop_signal() != 0) {
        admin_.Stopping();
        broker_.Close();
        port_.Close();
        if (upstream_ != nullptr) upstream_->Close();
        return signals_->DrainedCode();
      }
      log_.set_now(now);
      bool more = upstream_ != nullptr && upstream_->Turn(now, kMessagesPerTurn, poller_);
      more = port_.Turn(now, poller_, kMessagesPerTurn) || more;
      const bool unsent = broker_.Turn(now);
      ReportStatus(now);
      admin_.Turn(now, *this);
      poller_.Clear();
      port_.AddTo(&poller_);
      poller_.Add(signals_->fd());
      if (upstream_ != nullptr) upstream_->AddTo(&poller_);
      poller_.Wait(more ? Nanos{0} : unsent ? kRetry : kIdleWait);
    }
  }

  app::KeyValues Summary() const {
    const bus::BrokerCounters& c = broker_.counters();
    return {{"requests", std::to_string(c.requests)},
            {"answered", std::to_string(c.answered)},
            {"failed", std::to_string(c.failed)},
            {"cancelled", std::to_string(c.cancelled)},
            {"shared", std::to_string(c.shared)},
            {"from_kept", std::to_string(c.kept)},
            {"repeated", std::to_string(c.repeated)},
            {"late", std::to_string(c.late)},
            {"strays", std::to_string(c.strays)},
            {"bad_messages", std::to_string(c.bad_messages)},
            {"bytes_received", std::to_string(c.bytes_received)},
            {"bytes_sent", std::to_string(c.bytes_sent)}};
  }

 private:
  void Receive(const net::SessionRouter::From& from, wire::Message message,
               MonotonicTime now) override {
    broker_.Receive(from.address, std::move(message), now, from.user);
  }
  void SetAccess(std::shared_ptr<const Access> access) override {
    broker_.SetAccess(std::move(access));
  }
  void ReviewUsers(const std::function<bool(std::string_view user)>& known) override {
    broker_.ReviewUsers(known);
  }
  void RefuseMore(std::string why) override { broker_.RefuseMore(std::move(why)); }
  std::string ShedMemory() override {
    broker_.ShedMemory();
    return "answers that were kept are given up";
  }

  admin::Health HealthNow() const override {
    admin::Health health{.ready = true, .text = "serving"};
    if (broker_.upstream() != nullptr) health = admin::HealthOf(*broker_.upstream());
    health.text += fmt::format(", {} members", broker_.members());
    return health;
  }

  void Tell(admin::Report* report) const override {
    admin::AddBroker(broker_, report);
    port_.Tell(report);
    if (broker_.upstream() != nullptr) admin::AddMember(*broker_.upstream(), "upstream", report);
  }

  void ReportStatus(MonotonicTime now) {
    Nanos over{0};
    if (!status_.Due(now, &over)) return;
    const bus::BrokerCounters& c = broker_.counters();
    app::LogInfo("status: {} members, {} requests ({}), {} answered, {} failed, {} in hand",
                 broker_.members(), app::FormatCount(c.requests),
                 app::FormatRate(c.requests - reported_.requests, over),
                 app::FormatCount(c.answered), app::FormatCount(c.failed), broker_.jobs());
    reported_ = c;
  }

  const Options& options_;
  app::Signals* const signals_;
  node::Port port_;
  BusLog log_;
  bus::Broker broker_;
  std::unique_ptr<net::Connector> upstream_;
  net::Poller poller_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  bus::BrokerCounters reported_;
  admin::Admin admin_;  // ends before what it tells of
};

int Run(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-bus run", "brings requests to servers, and answers back");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  absl::Status keys =
      app::SecurePlaces(&options.common, net::ReadKeys,
                        {{app::EndpointUse::kListen, "--listen", options.port.listen},
                         {app::EndpointUse::kConnect, "--upstream", options.upstream}});
  keys.Update(admin::CheckAdmin(options.admin, options.common.plaintext));
  if (!keys.ok()) return line.Fail(keys);
  if (const std::optional<int> code = line.Checked()) return *code;
  app::Signals signals({});
  Bus bus(options, &signals, app::RandomNodeId());
  if (const absl::Status s = bus.Start(); !s.ok()) return line.Fail(s);
  const int code = bus.Run();
  return app::Finish(code, options.common, bus.Summary(), line);
}

// -------------------------------------------------------------------------------------------------
// To look at one, and to ask it.

struct ClientOptions {
  app::CommonOptions common;
  std::vector<app::Endpoint> connect;
  Nanos timeout = std::chrono::seconds(5);
};

void DeclareClient(ClientOptions* o, app::CommandLine* line) {
  app::EndpointsOption("--connect ENDPOINT", app::EndpointUse::kConnect, &o->connect,
                       "the bus, tcp://HOST:PORT; the next is tried when one dies", line);
  line->Require("--connect");
  line->FromBranch("--connect", app::BranchPart::kBus);
  line->Option("--timeout TIME", &o->timeout, "how long to wait for the answer");
}

// The exit code if the command line was not good, or asked for help or a check.
std::optional<int> ParseClient(ClientOptions* o, app::CommandLine* line, int argc, char** argv) {
  app::AddCommonOptions(&o->common, line);
  if (const std::optional<int> code = line->Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(o->common, *line); !s.ok()) return line->Fail(s);
  const absl::Status keys = app::SecurePlaces(
      &o->common, net::ReadKeys, {{app::EndpointUse::kConnect, "--connect", o->connect}});
  if (!keys.ok()) return line->Fail(keys);
  return line->Checked();
}

int Status(int argc, char** argv) {
  ClientOptions options;
  app::CommandLine line("fantail-bus status",
                        "lists members, services and load of a bus, and of those above it");
  DeclareClient(&options, &line);
  line.Example("fantail-bus status --connect tcp://127.0.0.1:5570", "from this bus upwards");
  if (const std::optional<int> code = ParseClient(&options, &line, argc, argv)) return *code;
  net::BusClient client(app::EndpointTexts(options.connect), options.common.name,
                        options.common.keys);
  // As many signs as there are buses in between.
  for (std::string hop;; hop += '+') {
    const absl::StatusOr<std::string> text = client.Ask(
        {.service = std::string(bus::kStatusService), .body = hop, .budget = options.timeout});
    if (absl::IsUnavailable(text.status()) && !hop.empty()) return 0;
    if (!text.ok()) return line.Fail(text.status());
    std::fputs((hop.empty() ? "" : "\n"), stdout);
    std::fputs(text->c_str(), stdout);
  }
}

int Ask(int argc, char** argv) {
  ClientOptions options;
  app::CommandLine line("fantail-bus ask", "asks a service, and prints the answer as it is");
  DeclareClient(&options, &line);
  std::vector<std::string> words;
  bool idempotent = false;
  line.Flag("--idempotent", &idempotent,
            "it may be done twice: if its server dies, another one gets the request");
  line.Positionals("SERVICE [BODY]", &words, "whom to ask, and what", {1, 2});
  line.Example("fantail-bus ask --connect tcp://127.0.0.1:5570 echo hello", "hello comes back");
  if (const std::optional<int> code = ParseClient(&options, &line, argc, argv)) return *code;
  net::BusClient client(app::EndpointTexts(options.connect), options.common.name,
                        options.common.keys);
  const absl::StatusOr<std::string> answer = client.Ask({.service = words[0],
                                                         .body = words.size() > 1 ? words[1] : "",
                                                         .budget = options.timeout,
                                                         .idempotent = idempotent});
  if (!answer.ok()) return line.Fail(answer.status());
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  return 0;
}

constexpr std::array<app::Command, 3> kCommands = {{
    {"run", "is the device: brings requests to servers, and answers back", Run},
    {"status", "lists members, services and load of a bus, and of those above it", Status},
    {"ask", "asks a service, and prints the answer", Ask},
}};

}  // namespace
}  // namespace fantail::gateway

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-bus", [&] {
    return fantail::app::RunCommand("fantail-bus", "the request/reply device",
                                    fantail::gateway::kCommands, argc, argv);
  });
}
