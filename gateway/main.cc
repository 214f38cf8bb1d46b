// fantail-gateway: the forwarder device. One upstream interest, many sessions.
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

#include "fantail/admin/admin.h"
#include "fantail/admin/bus_report.h"
#include "fantail/admin/node_report.h"
#include "fantail/app/common_options.h"
#include "fantail/app/encoding_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/feed_options.h"
#include "fantail/app/key_options.h"
#include "fantail/app/line_log.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/run_main.h"
#include "fantail/app/session_log.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/app/written_file.h"
#include "fantail/bus/client.h"
#include "fantail/feed/forwarder.h"
#include "fantail/feed/gather.h"
#include "fantail/history/mender.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"
#include "fantail/node/session_port.h"

namespace fantail::gateway {
namespace {

// Batches taken in between two turns: natural batching needs no more than what is there, and a
// bound keeps the sessions' turns coming.
constexpr int kUpstreamMessagesPerTurn = 64;
constexpr int kSessionMessagesPerTurn = 256;
// A part of a history is some thousand records: live ticks come between any two.
constexpr int kHistoryMessagesPerTurn = 1;
// The timers of the state machines need no finer grain.
constexpr Nanos kIdleWait = std::chrono::milliseconds(20);
// A start that goes well is over sooner, and says nothing of connecting.
constexpr Nanos kQuietStart = std::chrono::seconds(1);
// How long sessions may take to be gone: a connection's attempt, and time for the next node's
// answer. A stop is over within 5 s.
constexpr Nanos kMovePatience = std::chrono::seconds(4);

struct Options {
  app::CommonOptions common;
  std::vector<app::Endpoint> upstream;
  std::string lines = "one";
  app::EncodingOptions encoding;
  wire::Encoding asked_encoding = wire::Encoding::kPlain;  // what that means for these endpoints
  app::Endpoint move_to;                                   // port 0: nowhere
  node::SessionPortOptions port;
  std::vector<Pattern> allow;
  Nanos linger = std::chrono::seconds(5);
  std::vector<app::Endpoint> bus;
  app::ByteSize repair_rate{0};
  admin::AdminOptions admin;
};

admin::MetricList Metrics() {
  return admin::ListOf(feed::kServerMetrics, admin::kServerGauges, app::kGuardMetrics,
                       net::kZapMetrics, app::kAccessLost, feed::kClientMetrics,
                       admin::kUpstreamGauges, admin::kFeedLive, admin::kFeedAge,
                       admin::kGapsFilled, history::kMenderMetrics, history::kFetchMetrics,
                       bus::kMemberMetrics, admin::kBusJoined);
}

void Declare(Options* o, app::CommandLine* line) {
  app::EndpointsOption("--upstream ENDPOINT", app::EndpointUse::kConnect, &o->upstream,
                       "the node above, tcp://HOST:PORT; the next is tried when one dies", line);
  line->Require("--upstream");
  line->FromBranch("--upstream", app::BranchPart::kUpstream);
  app::AddLinesOption(&o->lines, line);
  app::AddEncodingOptions(&o->encoding, line);
  node::AddListenOption(&o->port, "desks and further gateways", line);
  app::AddPatternsOption("--allow PATTERN", &o->allow,
                         "what anybody below may want; everything if never given", line);
  line->Option("--linger TIME", &o->linger,
               "how long a pattern that nobody wants any more is still taken from above");
  app::EndpointOption("--move-to ENDPOINT", app::EndpointUse::kConnect, &o->move_to,
                      "where sessions are sent on SIGUSR1, and before this gateway stops; to "
                      "another gateway of the branch they go without losing a tick",
                      line);
  app::EndpointsOption("--bus ENDPOINT", app::EndpointUse::kConnect, &o->bus,
                       "where history is asked for, tcp://HOST:PORT: what the node above had no "
                       "more is fetched into the ring; the next is tried when one dies",
                       line);
  line->FromBranch("--bus", app::BranchPart::kBus);
  line->Option("--repair-rate SIZE", &o->repair_rate,
               "the most that is fetched a second; 0 is as fast as it goes");
  admin::AddAdminOptions(&o->admin, Metrics(), line);
  node::AddSessionPortOptions(&o->port, &o->common, line);
  app::AddCommonOptions(&o->common, line);
  line->Example(
      "fantail-gateway --upstream tcp://10.1.0.1:5555 --listen 'tcp://10.2.0.1:5556' --plaintext",
      "a branch office");
  line->Example(
      "fantail-gateway --upstream tcp://127.0.0.1:7555 --wan --listen tcp://127.0.0.1:5556",
      "through a tunnel, such as ssh -L 7555:127.0.0.1:5555, packed as over any WAN");
  line->Example(
      "fantail-gateway --upstream tcp://127.0.0.1:5556 --listen tcp://127.0.0.1:5557 --allow 'B*'",
      "a gateway behind a gateway, for what begins with B only");
  line->Example("fantail-gateway --config gateway.toml --branch branch.toml --check-config",
                "what it would do, from files");
}

class Gateway final : private admin::Subject {
 public:
  Gateway(const Options& options, app::Signals* signals, NodeId node)
      : options_(options),
        signals_(signals),
        port_(options.port, options.common),
        forwarder_({.feed = options.common.feed,
                    .name = options.common.name,
                    .node = node,
                    .role = feed::Role::kGateway,
                    .encoding = options.asked_encoding,
                    .clock = net::ReadMonotonicClock},
                   app::CountLines(options.lines, options.upstream.size()), ServerOptions(node),
                   port_.links(), port_.observer()),
        connectors_(port_.context(), &forwarder_.upstream(), app::EndpointTexts(options.upstream),
                    app::AllowMoves(options.common), app::KernelRandom()),
        repair_(options.bus.empty() ? nullptr
                                    : std::make_unique<Repair>(options, node, port_.context(),
                                                               &forwarder_.server())),
        ready_(options.common.ready_file),
        status_(options.common.status_every),
        admin_("fantail-gateway", options.admin, options.common) {}

  absl::Status Start() {
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    absl::StatusOr<std::string> bound = port_.Open(&forwarder_.server());
    if (!bound.ok()) return bound.status();
    listening_ = *std::move(bound);
    app::LogInfo("listening at {}, feed {}, upstream {}", listening_, options_.common.feed,
                 options_.upstream.front().text());
    app::KeyValues ready = {{"listen", listening_}};
    if (absl::Status s = admin_.Start(&ready); !s.ok()) return s;
    return ready_.Write(ready);
  }

  int Run() {
    started_at_ = net::ReadMonotonicClock();
    while (true) {
      const MonotonicTime now = net::ReadMonotonicClock();
      if (poller_.Readable(signals_->fd()) || signals_->stop_signal() != 0) {
        if (const auto code = OnSignals(now)) return *code;
      }
      bool more = connectors_.Turn(now, kUpstreamMessagesPerTurn, poller_);
      more = port_.Turn(now, poller_, kSessionMessagesPerTurn) || more;
      more = forwarder_.Turn(now) || more;
      if (repair_ != nullptr) more = repair_->Turn(now, poller_) || more;
      ReportState(now);
      line_log_.Report(forwarder_.upstream(), now);
      ReportStatus(now);
      admin_.Turn(now, *this);
      poller_.Clear();
      port_.AddTo(&poller_);
      poller_.Add(signals_->fd());
      const Nanos left = LeaveUpstreamAlone(now);
      if (left == Nanos{0}) connectors_.AddTo(&poller_);
      if (repair_ != nullptr) repair_->connector.AddTo(&poller_);
      poller_.Wait(more ? Nanos{0} : left > Nanos{0} ? std::min(left, kIdleWait) : kIdleWait);
    }
  }

  app::KeyValues Summary() const {
    const feed::ClientCounters up = forwarder_.upstream().counters();
    const feed::ServerCounters& down = forwarder_.server().counters();
    const history::MenderCounters repair =
        repair_ == nullptr ? history::MenderCounters{} : repair_->mender.counters();
    return {{"wan_bytes_received", std::to_string(up.bytes_received)},
            {"wan_bytes_sent", std::to_string(up.bytes_sent)},
            {"lan_bytes_sent", std::to_string(down.bytes_sent)},
            {"lan_bytes_received", std::to_string(down.bytes_received)},
            {"ticks_received", std::to_string(up.records)},
            {"ticks_sent", std::to_string(down.ticks_sent)},
            {"gaps", std::to_string(up.gaps)},
            {"gaps_mended", std::to_string(repair.mended)},
            {"bad_messages", std::to_string(up.bad_messages + down.bad_messages)}};
  }

 private:
  feed::ServerOptions ServerOptions(NodeId node) const {
    feed::ServerOptions server = port_.OptionsOf(feed::Role::kGateway, node);
    server.allow = options_.allow;
    server.linger = options_.linger;
    return server;
  }

  admin::Health HealthNow() const override {
    admin::Health health = admin::HealthOf(forwarder_.upstream().state());
    health.text += admin::DescribeSessions(forwarder_.server());
    return health;
  }

  void Tell(admin::Report* report) const override {
    admin::AddUpstream(forwarder_.upstream(), report);
    port_.Tell(report);
    admin::AddWan(forwarder_.upstream(), forwarder_.server(), report);
    if (repair_ == nullptr) return;
    report->Add(history::kMenderMetrics, repair_->mender.counters());
    report->Add(history::kFetchMetrics, repair_->mender.fetch_counters());
    admin::AddMember(repair_->client, "bus", report);
  }

  // What it takes to fetch what was missed.
  struct Repair {
    Repair(const Options& options, NodeId node, net::Context* context, feed::FeedServer* server)
        : mender({.feed = options.common.feed, .bytes_per_second = options.repair_rate.bytes},
                 server),
          client({.name = options.common.name, .node = node}, mender.client_events()),
          connector(
              context, &client, app::EndpointTexts(options.bus),
              [](const std::string&) { return false; }, app::KernelRandom()) {
      mender.set_client(&client);
    }
    // True if there is more to do right away.
    bool Turn(MonotonicTime now, const net::Poller& poller) {
      const history::MenderCounters before = mender.counters();
      const bool more = connector.Turn(now, kHistoryMessagesPerTurn, poller);
      client.Turn(now);
      mender.Turn(now);
      if (mender.counters().mended > before.mended) {
        app::LogInfo("history: a gap is filled, {} ticks fetched so far",
                     app::FormatCount(mender.fetch_counters().records));
        said.clear();
      } else if (mender.counters().failed > before.failed && mender.problem() != said) {
        said = mender.problem();
        app::LogWarning("history: {}; it is asked again", app::Harmless(said));
      }
      return more;
    }

    history::Mender mender;
    bus::Client client;
    net::Connector connector;
    std::string said;  // of mender.problem(), since it last went well
  };

  std::optional<int> OnSignals(MonotonicTime now) {
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGHUP) {
        port_.Reload();
        continue;
      }
      if (*signal == SIGUSR1) {
        MoveSessions();
        continue;
      }
      app::LogInfo("stopping, as signal {} asks", *signal);
      admin_.Stopping();
      stop_by_ = now;
      if (MoveSessions()) stop_by_ += kMovePatience;
    }
    if (signals_->stop_signal() == 0) return std::nullopt;
    if (forwarder_.server().session_count() > 0 && now < stop_by_) return std::nullopt;
    forwarder_.server().Close("the gateway stops");
    port_.Close();
    connectors_.Close();
    if (repair_ != nullptr) repair_->connector.Close();
    return signals_->DrainedCode();
  }

  Nanos LeaveUpstreamAlone(MonotonicTime now) {
    const feed::Lines& upstream = forwarder_.upstream();
    gather_.OnTurn(now, upstream.counters().records, upstream.paced(),
                   forwarder_.server().fullness());
    return gather_.Left(net::ReadMonotonicClock());
  }

  // False if there is nowhere to go.
  bool MoveSessions() {
    if (options_.move_to.port == 0) return false;
    app::LogInfo("sending {} sessions to {}", forwarder_.server().session_count(),
                 options_.move_to.text());
    forwarder_.server().Move(options_.move_to.text());
    return true;
  }

  void ReportState(MonotonicTime now) {
    const feed::FeedState& state = forwarder_.upstream().state();
    if (state.state == feed::State::kConnecting && now - started_at_ < kQuietStart) return;
    if (state.state == said_state_ && state.cause == said_cause_) return;
    const bool worse = state.state == feed::State::kStale || state.state == feed::State::kRefused;
    app::Log(worse ? app::LogLevel::kWarning : app::LogLevel::kInfo, "upstream is {}{}{}",
             feed::StateName(state.state), state.cause.empty() ? "" : ": ",
             app::Harmless(state.cause));
    said_state_ = state.state;
    said_cause_ = state.cause;
  }

  void ReportStatus(MonotonicTime now) {
    Nanos over{0};
    if (!status_.Due(now, &over)) return;
    const feed::ClientCounters up = forwarder_.upstream().counters();
    const feed::ServerCounters& down = forwarder_.server().counters();
    app::LogInfo(
        "status: {}, {} sessions, cover {}, {} ticks ({}), WAN in {} ({}, {}), LAN out {}{}",
        feed::StateName(forwarder_.upstream().state().state), forwarder_.server().session_count(),
        app::Harmless(feed::DescribePatterns(forwarder_.server().cover())),
        app::FormatCount(up.records), app::FormatRate(up.records - reported_.records, over),
        app::FormatBytes(up.bytes_received),
        app::FormatByteRate(up.bytes_received - reported_.bytes_received, over),
        app::EncodingName(forwarder_.upstream()), app::FormatBytes(down.bytes_sent),
        app::DescribeSlowest(forwarder_.server()));
    reported_ = up;
  }

  const Options& options_;
  app::Signals* const signals_;
  node::SessionPort port_;
  feed::Forwarder forwarder_;
  net::Connectors connectors_;
  const std::unique_ptr<Repair> repair_;  // null: gaps stay
  app::LineLog line_log_;
  net::Poller poller_;
  feed::Gather gather_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  std::string listening_;
  MonotonicTime started_at_;
  MonotonicTime stop_by_;  // once stopping
  feed::State said_state_ = feed::State::kConnecting;
  std::string said_cause_;
  feed::ClientCounters reported_;
  admin::Admin admin_;  // ends before what it tells of
};

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line(
      "fantail-gateway",
      "takes each wanted tick once from above and fans it out to the sessions below");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  absl::Status keys =
      app::SecurePlaces(&options.common, net::ReadKeys,
                        {{app::EndpointUse::kListen, "--listen", options.port.listen},
                         {app::EndpointUse::kConnect, "--upstream", options.upstream},
                         {app::EndpointUse::kConnect, "--bus", options.bus}});
  keys.Update(admin::CheckAdmin(options.admin, options.common.plaintext));
  if (!keys.ok()) return line.Fail(keys);
  const absl::StatusOr<wire::Encoding> asked =
      app::EncodingToAskFor(options.encoding, feed::Role::kGateway, options.upstream);
  if (!asked.ok()) return line.Fail(asked.status());
  options.asked_encoding = *asked;
  if (const std::optional<int> code = line.Checked()) return *code;
  app::Signals signals({SIGUSR1});
  Gateway gateway(options, &signals, app::RandomNodeId());
  if (const absl::Status s = gateway.Start(); !s.ok()) return line.Fail(s);
  const int code = gateway.Run();
  return app::Finish(code, options.common, gateway.Summary(), line);
}

}  // namespace
}  // namespace fantail::gateway

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-gateway",
                               [&] { return fantail::gateway::Main(argc, argv); });
}
