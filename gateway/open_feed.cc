// fantail-open-feed: a desk to its gateway, and a publisher to any ZeroMQ SUB in any language.
#include "fantail/feed/open_feed.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "fantail/admin/admin.h"
#include "fantail/admin/node_report.h"
#include "fantail/app/common_options.h"
#include "fantail/app/encoding_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/feed_options.h"
#include "fantail/app/key_options.h"
#include "fantail/app/limits.h"
#include "fantail/app/line_log.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/reload.h"
#include "fantail/app/run_main.h"
#include "fantail/app/session_log.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/feed/lines.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/open_publisher.h"
#include "fantail/net/poller.h"
#include "fantail/net/sockets.h"

namespace fantail::open_feed {
namespace {

constexpr int kMessagesPerTurn = 16;
// Who subscribes to thousands of topics does not hold up the ticks of the others.
constexpr int kFramesPerTurn = 256;
// With as many that linger, a session may still want all of them.
constexpr uint64_t kMostPatterns = 30'000;
constexpr Nanos kIdleWait = std::chrono::milliseconds(20);
// A start that goes well is over sooner, and says nothing of connecting.
constexpr Nanos kQuietStart = std::chrono::seconds(1);

struct Options {
  app::CommonOptions common;
  std::vector<app::Endpoint> connect;
  std::string lines = "one";
  app::EncodingOptions encoding;
  wire::Encoding asked_encoding = wire::Encoding::kPlain;  // what that means for these endpoints
  app::Endpoint listen;
  std::vector<Pattern> allow;
  Nanos linger = std::chrono::seconds(5);
  uint64_t max_patterns = feed::OpenInterest::Options().max_patterns;
  admin::AdminOptions admin;
};

constexpr MetricInfo kBadSubscriptions = {"fantail_open_feed_bad_subscriptions_total", Unit::kNone,
                                          "subscriptions to what no topic begins with"};

// What an open feed holds its subscribers to, for the manual.
app::Limits OpenLimits() {
  const feed::OpenInterest::Options interest;
  return {
      {.name = "patterns of all subscribers of an open feed",
       .value = app::WithCommas(interest.max_patterns),
       .changed = "--max-patterns",
       .beyond = "everything is taken from above, once",
       .metric = "fantail_upstream_cover_patterns",
       .why = "who burdens the link so can also subscribe to everything"},
      {.name = "subscribers of an open feed, counted once for each pattern",
       .value = app::WithCommas(interest.max_holders),
       .beyond = "a pattern of theirs is kept until they are gone",
       .why = "memory"},
      {.name = "size of a subscription",
       .value = fmt::format("{} bytes", net::kMaxSubscriptionBytes),
       .beyond = "its connection ends",
       .why = "a topic has 64 bytes"},
      {.name = "waiting for a subscriber of an open feed",
       .value = fmt::format("{} messages", app::WithCommas(net::kOpenQueueMessages)),
       .beyond = "it misses messages; its sequences tell",
       .why = "no other subscriber waits for it"},
  };
}

void Declare(Options* o, app::CommandLine* line) {
  line->Listing("--list-limits", app::LimitLines(OpenLimits()));
  app::EndpointsOption("--connect ENDPOINT", app::EndpointUse::kConnect, &o->connect,
                       "the gateway or publisher, tcp://HOST:PORT; the next is tried when one dies",
                       line);
  line->Require("--connect");
  line->FromBranch("--connect", app::BranchPart::kGateways);
  app::AddLinesOption(&o->lines, line);
  app::AddEncodingOptions(&o->encoding, line);
  app::EndpointOption("--listen ENDPOINT", app::EndpointUse::kListen, &o->listen,
                      "where ZeroMQ SUBs connect, tcp://HOST:PORT; port * lets the kernel pick one",
                      line);
  line->Require("--listen");
  app::AddPatternsOption("--allow PATTERN", &o->allow,
                         "what subscribers get; everything if never given", line);
  line->Option("--linger TIME", &o->linger,
               "how long a pattern that nobody wants any more is still taken from above");
  line->Option("--max-patterns N", &o->max_patterns,
               "patterns of all subscribers together; beyond it everything is taken from above",
               {.least = 1, .most = kMostPatterns});
  admin::AddAdminOptions(
      &o->admin,
      admin::ListOf(feed::kClientMetrics, admin::kUpstreamGauges, admin::kFeedLive, admin::kFeedAge,
                    admin::kGapsFilled, feed::kOpenMetrics, kBadSubscriptions),
      line);
  line->Section("Who may have what");
  app::AddRightsOption(&o->common, line);
  app::AddCommonOptions(&o->common, line);
  line->Example("fantail-open-feed --connect tcp://127.0.0.1:5556 --listen tcp://127.0.0.1:5580",
                "beside a gateway; docs/examples has subscribers in Python and for Node");
  line->Example(
      "fantail-open-feed --connect tcp://10.2.0.1:5556 --listen 'tcp://*:5580' --plaintext",
      "for the branch");
}

class OpenFeedProgram final : private admin::Subject {
 public:
  OpenFeedProgram(const Options& options, app::Signals* signals)
      : options_(options),
        signals_(signals),
        context_(options.common.keys),
        publisher_(&context_),
        feed_(options.common.feed, &publisher_),
        allow_(options.allow.empty() ? feed::Interest({Pattern("*")})
                                     : feed::Interest(options.allow)),
        interest_({.linger = options.linger, .max_patterns = options.max_patterns}),
        lines_({.feed = options.common.feed,
                .name = options.common.name,
                .node = app::RandomNodeId(),
                .role = feed::Role::kSubscriber,
                .encoding = options.asked_encoding},
               app::CountLines(options.lines, options.connect.size()), &feed_),
        connectors_(&context_, &lines_, app::EndpointTexts(options.connect),
                    app::AllowMoves(options.common), app::KernelRandom()),
        ready_(options.common.ready_file),
        status_(options.common.status_every),
        keys_(options.common.keys),
        access_(options.common.access),
        admin_("fantail-open-feed", options.admin, options.common) {}

  absl::Status Start() {
    app::ReloadKeys(&reload_, options_.common, net::ReadKeys, [this](const auto& keys) {
      keys_ = keys;
      LetIn();
    });
    app::ReloadRights(&reload_, options_.common, [this](auto access) {
      access_ = std::move(access);
      LetIn();
    });
    LetIn();
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    absl::StatusOr<std::string> bound = publisher_.Bind(options_.listen.text());
    if (!bound.ok()) return app::CannotListen("--listen", options_.listen, bound.status());
    app::LogInfo("listening at {}, feed {}, connected to {}", *bound, options_.common.feed,
                 options_.connect.front().text());
    app::KeyValues ready = {{"listen", *bound}};
    if (absl::Status s = admin_.Start(&ready); !s.ok()) return s;
    return ready_.Write(ready);
  }

  int Run() {
    started_at_ = net::ReadMonotonicClock();
    while (!feed_.has_objects()) {
      const MonotonicTime now = net::ReadMonotonicClock();
      feed_.BeginTurn(now);
      if (OnSignals()) break;
      bool more = connectors_.Turn(now, kMessagesPerTurn, poller_);
      more = TakeSubscriptions(now) || more;
      lines_.Turn(now);
      feed_.EndTurn(lines_.state(), lines_.replay());
      ReportState(now);
      line_log_.Report(lines_, now);
      ReportStatus(now);
      key_log_.Report(context_.TakeRefused(), now);
      admin_.Turn(now, *this);
      poller_.Clear();
      poller_.Add(&publisher_.socket(), publisher_.has());
      poller_.Add(signals_->fd());
      connectors_.AddTo(&poller_);
      poller_.Wait(more ? Nanos{0} : kIdleWait);
    }
    admin_.Stopping();
    feed_.Close("the open feed stops");
    publisher_.Close();
    connectors_.Close();
    if (!feed_.has_objects()) return signals_->DrainedCode();
    app::LogError("this feed carries objects, and an open feed is of ticks");
    return app::kExitFailed;
  }

  app::KeyValues Summary() const {
    return {{"ticks_received", std::to_string(lines_.counters().records)},
            {"ticks_sent", std::to_string(feed_.counters().records)},
            {"bytes_received", std::to_string(lines_.counters().bytes_received)},
            {"bytes_sent", std::to_string(feed_.counters().bytes)},
            {"messages_sent", std::to_string(feed_.counters().messages)},
            {"gaps", std::to_string(feed_.counters().gaps)},
            {"bad_subscriptions", std::to_string(bad_subscriptions_)}};
  }

 private:
  admin::Health HealthNow() const override { return admin::HealthOf(lines_.state()); }

  void Tell(admin::Report* report) const override {
    admin::AddUpstream(lines_, report);
    report->Add(feed::kOpenMetrics, feed_.counters());
    report->Add(kBadSubscriptions, static_cast<double>(bad_subscriptions_));
  }

  // An XPUB sends everybody what they subscribe to. So with rights only those may connect who may
  // see all that there is here.
  void LetIn() {
    if (keys_ == nullptr) return;
    auto keys = std::make_shared<Keys>(*keys_);
    std::string out;
    const auto may_see_all = [&](const Rights* rights) {
      const feed::Interest see(rights == nullptr ? std::vector<Pattern>() : rights->see);
      return std::all_of(allow_.patterns().begin(), allow_.patterns().end(),
                         [&](const Pattern& pattern) { return see.Covers(pattern); });
    };
    std::erase_if(keys->clients, [&](const auto& client) {
      const bool in = access_ == nullptr || may_see_all(access_->Of(client.second));
      if (!in) out.append(out.empty() ? "" : " ").append(client.second);
      return !in;
    });
    if (!out.empty()) {
      app::LogInfo("--rights: not let in, for they may not see all of {}: {}",
                   app::Harmless(feed::DescribePatterns(allow_.patterns())), app::Harmless(out));
    }
    context_.SetKeys(std::move(keys));
    publisher_.CutUnknown();
  }

  // True when it is time to go.
  bool OnSignals() {
    if (!poller_.Readable(signals_->fd()) && signals_->stop_signal() == 0) return false;
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGHUP) {
        reload_.Run();
        continue;
      }
      app::LogInfo("stopping, as signal {} asks", *signal);
      return true;
    }
    return false;
  }

  // True if there may be more.
  bool TakeSubscriptions(MonotonicTime now) {
    bool more = false;
    if (poller_.Readable(&publisher_.socket())) {
      more = publisher_.Receive(
          [&](const feed::OpenPeer& peer, std::string_view frame) { Take(peer, frame, now); },
          kFramesPerTurn);
    }
    if (auto patterns = interest_.Take(now)) {
      lines_.SetInterest(Common(*patterns, allow_.patterns()), now);
    }
    return more;
  }

  void Take(const feed::OpenPeer& peer, std::string_view frame, MonotonicTime now) {
    switch (interest_.Receive(peer, frame, now)) {
      case feed::OpenInterest::Taken::kYes:
        break;
      case feed::OpenInterest::Taken::kNotAPattern:
        ++bad_subscriptions_;
        bad_log_.Warn(now, "no topic begins with what a subscriber asks for: {}",
                      app::Harmless(frame.substr(std::min<size_t>(frame.size(), 1))));
        break;
      case feed::OpenInterest::Taken::kBeyond:
        beyond_log_.Warn(now, "more than {} patterns: everything is taken from above",
                         options_.max_patterns);
    }
  }

  void ReportState(MonotonicTime now) {
    const std::string refusal = feed_.TakeRefusal();
    if (!refusal.empty()) refusal_log_.Warn(now, "refused above: {}", app::Harmless(refusal));
    const feed::FeedState& state = lines_.state();
    if (state.state == feed::State::kConnecting && now - started_at_ < kQuietStart) return;
    if (state.state == said_state_ && state.cause == said_cause_) return;
    const bool worse = state.state == feed::State::kStale || state.state == feed::State::kRefused;
    app::Log(worse ? app::LogLevel::kWarning : app::LogLevel::kInfo, "the feed is {}{}{}",
             feed::StateName(state.state), state.cause.empty() ? "" : ": ",
             app::Harmless(state.cause));
    said_state_ = state.state;
    said_cause_ = state.cause;
  }

  void ReportStatus(MonotonicTime now) {
    Nanos over{0};
    if (!status_.Due(now, &over)) return;
    const feed::OpenCounters& sent = feed_.counters();
    app::LogInfo("status: {}, taking {}, {} ticks ({}), {} sent in {} messages, {} gaps",
                 feed::StateName(lines_.state().state),
                 app::Harmless(feed::DescribePatterns(lines_.complete().patterns())),
                 app::FormatCount(sent.records),
                 app::FormatRate(sent.records - reported_.records, over),
                 app::FormatBytes(sent.bytes), app::FormatCount(sent.messages), sent.gaps);
    reported_ = sent;
  }

  const Options& options_;
  app::Signals* const signals_;
  net::Context context_;
  net::OpenPublisher publisher_;
  feed::OpenFeed feed_;
  const feed::Interest allow_;
  feed::OpenInterest interest_;
  feed::Lines lines_;
  net::Connectors connectors_;
  app::LineLog line_log_;
  app::KeyLog key_log_;
  app::LimitedLog bad_log_;
  app::LimitedLog beyond_log_;
  app::LimitedLog refusal_log_;
  net::Poller poller_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  MonotonicTime started_at_;
  uint64_t bad_subscriptions_ = 0;
  feed::State said_state_ = feed::State::kConnecting;
  std::string said_cause_;
  feed::OpenCounters reported_;
  std::shared_ptr<const Keys> keys_;  // as they were read
  std::shared_ptr<const Access> access_;
  app::Reload reload_;
  admin::Admin admin_;  // ends before what it tells of
};

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-open-feed", "gives a feed to any ZeroMQ SUB in any language");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  absl::Status keys =
      app::SecurePlaces(&options.common, net::ReadKeys,
                        {{app::EndpointUse::kListen, "--listen", options.listen},
                         {app::EndpointUse::kConnect, "--connect", options.connect}});
  keys.Update(admin::CheckAdmin(options.admin, options.common.plaintext));
  if (!keys.ok()) return line.Fail(keys);
  const absl::StatusOr<wire::Encoding> asked =
      app::EncodingToAskFor(options.encoding, feed::Role::kSubscriber, options.connect);
  if (!asked.ok()) return line.Fail(asked.status());
  if (const std::optional<int> code = line.Checked()) return *code;
  options.asked_encoding = *asked;
  app::Signals signals;
  OpenFeedProgram program(options, &signals);
  if (const absl::Status s = program.Start(); !s.ok()) return line.Fail(s);
  const int code = program.Run();
  return app::Finish(code, options.common, program.Summary(), line);
}

}  // namespace
}  // namespace fantail::open_feed

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-open-feed",
                               [&] { return fantail::open_feed::Main(argc, argv); });
}
