// fantail-desk: subscribes to a feed and shows it as a live board, or prints it as CSV or NDJSON.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "desktop-subscriber/desk.h"
#include "desktop-subscriber/ndjson_format.h"
#include "desktop-subscriber/past.h"
#include "desktop-subscriber/watchlist.h"
#include "fantail/app/common_options.h"
#include "fantail/app/encoding_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
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
#include "fantail/bus/client.h"
#include "fantail/history/completer.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"

namespace fantail::desk {
namespace {

constexpr int kMessagesPerTurn = 64;
constexpr Nanos kIdleWait = std::chrono::milliseconds(50);
// How long a blocked reader is waited for after a Ctrl-C.
constexpr auto kPatience = std::chrono::milliseconds(500);

struct Options {
  app::CommonOptions common;
  std::vector<app::Endpoint> connect;
  std::string lines = "one";
  app::EncodingOptions encoding;
  wire::Encoding asked_encoding = wire::Encoding::kPlain;  // what that means for these endpoints
  std::string format;                                      // empty: board on a terminal, else csv
  bool with_images = false;
  Nanos newest{-1};  // negative: every tick
  bool until_end = false;
  bool trace = false;
  uint64_t count = 0;  // 0: no limit
  Nanos run_for{0};    // 0: no limit
  std::vector<app::Endpoint> bus;
  bool complete = false;
  std::string from;
  std::string zone = "UTC";
  app::ByteSize repair_rate{0};
  std::string previous_close;
  std::string output;
  std::vector<std::string> patterns;
};

bool WantsPast(const Options& o) {
  return o.complete || !o.from.empty();
}

void Declare(Options* o, app::CommandLine* line) {
  app::EndpointsOption("--connect ENDPOINT", app::EndpointUse::kConnect, &o->connect,
                       "the gateway or publisher, tcp://HOST:PORT; the next is tried when one dies",
                       line);
  line->Require("--connect");
  line->FromBranch("--connect", app::BranchPart::kGateways);
  app::AddLinesOption(&o->lines, line);
  app::AddEncodingOptions(&o->encoding, line);
  line->Choice(
      "--format FORMAT", &o->format, {"board", "csv", "ndjson"},
      "a live board (the default on a terminal); the ticks as CSV; or as ndjson, objects of "
      "JSON: ticks, epochs, states, gaps, the end, one a line");
  line->Flag("--with-images", &o->with_images,
             "csv, ndjson: print the last values that a subscription begins with");
  line->Option(
      "--newest TIME", &o->newest,
      "the newest of each topic instead of every tick, at most once in this time; 0s is as "
      "fast as it is read. Totals stay exact, and status is never left out");
  line->Option("--count N", &o->count, "stop after N ticks", {.least = 1});
  line->Option("--for TIME", &o->run_for, "stop after this time, such as 10s");
  line->Flag("--until-end", &o->until_end, "stop when the feed has ended and everything has come");
  line->Flag("--trace", &o->trace,
             "tell where the latency comes from: how long each node held a tick, and how long each "
             "way took, give or take what the clocks may be apart");
  app::EndpointsOption("--bus ENDPOINT", app::EndpointUse::kConnect, &o->bus,
                       "where history is asked for, tcp://HOST:PORT; the next is tried when one "
                       "dies",
                       line);
  line->FromBranch("--bus", app::BranchPart::kBus, [o] { return WantsPast(*o); });
  line->Flag("--complete", &o->complete,
             "fetch from the history what was missed, and show or print every record in its order");
  line->Option("--from PLACE", &o->from,
               "begin in the past and run on into what is live: 09:30, 2013-10-08T09:30, #12345 (a "
               "position) or 25%");
  line->Option("--tz ZONE", &o->zone, "the time zone of --from: UTC or America/New_York");
  line->Option("--repair-rate SIZE", &o->repair_rate,
               "the most that is fetched a second; 0 is as fast as it goes");
  line->Option(
      "--previous-close FILE", &o->previous_close,
      "board: measure changes against these closes (CSV: symbol,close) instead of the first trade");
  line->Option("--output FOLDER", &o->output,
               "objects: keep each as a file here, when all of it has come and is right; - writes "
               "the bytes of one topic to standard output as they come, for a player");
  line->Positionals(
      "PATTERN", &o->patterns,
      "what to watch: AAPL is one topic, AAP* a prefix, @FILE a watch-list (one a line, # "
      "comments; read again on SIGHUP); '*' if none is given");
  app::AddCommonOptions(&o->common, line);
  line->Example("fantail-desk --connect tcp://127.0.0.1:5556 'AAP*' MSFT @watchlist.txt",
                "a live board");
  line->Example("fantail-desk --connect tcp://127.0.0.1:5556 --format csv --until-end 'B*' > b.csv",
                "a file of every tick whose symbol begins with B");
  line->Example("fantail-desk --connect tcp://127.0.0.1:5556 --newest 200ms '*'",
                "a board of everything that moves five times a second, over a thin link");
  line->Example("fantail-desk --connect tcp://127.0.0.1:5556 --format ndjson AAPL | jq .price",
                "one topic for another program");
  line->Example(
      "fantail-desk --connect tcp://127.0.0.1:5556 --bus tcp://127.0.0.1:5570 --from 09:30 --tz "
      "America/New_York AAPL",
      "the morning, and then what is live");
  line->Example(
      "fantail-desk --connect tcp://127.0.0.1:5561 --feed files --output clips --until-end",
      "the objects of a feed, as files");
  line->Example("fantail-desk --connect tcp://127.0.0.1:5561 --feed tv --output - news.ts | mpv -",
                "a stream for a player");
  line->Example("fantail-desk --branch branch.toml --complete 'AAP*'",
                "by way of what a file says of this branch");
  line->Example("fantail-desk history --help; fantail-desk directory --help",
                "the past alone, and what there is of it");
}

Instant ReadClocks() {
  return {net::ReadMonotonicClock(), net::ReadWallClock()};
}

std::shared_ptr<const RowFormat> MakeRowFormat(const std::string& name) {
  if (name == "ndjson") return std::make_shared<NdjsonFormat>();
  return std::make_shared<CsvFormat>();
}

std::optional<Nanos> NewestOf(const Options& options) {
  if (options.newest < Nanos{0}) return std::nullopt;
  return options.newest;
}

class Program final : private DeskOwner {
 public:
  Program(const Options& options, DeskOptions desk_options, Watchlist watchlist, ByteSink* sink,
          app::Signals* signals)
      : options_(options),
        signals_(signals),
        board_(desk_options.format == DeskOptions::Format::kBoard),
        watchlist_(std::move(watchlist)),
        context_(options.common.keys),
        desk_(std::move(desk_options), this, sink),
        past_(options.bus.empty() ? nullptr : std::make_unique<Past>(options, &context_, &desk_)),
        lines_({.feed = options.common.feed,
                .name = options.common.name,
                .node = app::RandomNodeId(),
                .role = feed::Role::kSubscriber,
                .encoding = options.asked_encoding,
                .newest = NewestOf(options),
                .clock = net::ReadMonotonicClock},
               app::CountLines(options.lines, options.connect.size()),
               past_ == nullptr ? static_cast<feed::FeedEvents*>(&desk_) : &past_->completer),
        connectors_(&context_, &lines_, app::EndpointTexts(options.connect),
                    app::AllowMoves(options.common), app::KernelRandom()),
        ready_(options.common.ready_file),
        status_(options.common.status_every) {
    lines_.SetTracing(options.trace);
  }

  absl::Status Start() {
    app::ReloadKeys(&reload_, options_.common, net::ReadKeys,
                    [this](const auto& keys) { context_.SetKeys(keys); });
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    const Instant at = ReadClocks();
    desk_.BeginTurn(at);
    if (absl::Status s = desk_.Start(at, watchlist_.patterns()); !s.ok()) return s;
    SetInterest(at.now);
    return absl::OkStatus();
  }

  int Run() {
    while (!desk_.done()) {
      const Instant at = ReadClocks();
      const MonotonicTime now = at.now;
      desk_.BeginTurn(at);
      if (!OnSignals(now)) break;
      lines_.HoldAcks(desk_.full());
      const bool more = connectors_.Turn(now, kMessagesPerTurn, poller_);
      lines_.Turn(now);
      if (past_ != nullptr) TurnPast(now);
      if (std::exchange(epoch_, lines_.epoch()) != epoch_) desk_.SetReplay(lines_.replay());
      desk_.OnWake();
      desk_.SetAge(lines_.state().age);
      desk_.EndTurn();
      line_log_.Report(lines_, now);
      OnRefusal();
      SayReady();
      ReportStatus(now);
      Wait(now, more);
    }
    connectors_.Close();
    if (past_ != nullptr) past_->connector.Close();
    if (!desk_.done() && !desk_.WaitUntilDone(kPatience)) Desk::LeaveNow(stop_code_);
    return desk_.exit_code();
  }

  app::KeyValues Summary() const {
    app::KeyValues all = desk_.totals().Summary(lines_.counters().bytes_received);
    if (!options_.output.empty()) all.emplace_back("objects", std::to_string(desk_.objects()));
    if (past_ != nullptr) {
      all.emplace_back("ticks_fetched", std::to_string(past_->completer.counters().fetched));
    }
    return all;
  }

 private:
  void OnInterestChange(const InterestChange& change) override {
    for (const Pattern& pattern : change.remove) watchlist_.Remove(pattern);
    for (const Pattern& pattern : change.add) watchlist_.Add(pattern);
    ApplyWatchlist(net::ReadMonotonicClock());
  }

  void ApplyWatchlist(MonotonicTime now) {
    SetInterest(now);
    desk_.SetInterest(watchlist_.patterns());
  }

  void SetInterest(MonotonicTime now) {
    if (past_ != nullptr) {
      past_->completer.Turn(now);
      past_->completer.SetInterest(watchlist_.patterns());
    }
    lines_.SetInterest(watchlist_.patterns(), now);
  }

  void TurnPast(MonotonicTime now) {
    past_->connector.Turn(now, kMessagesPerTurn, poller_);
    past_->client.Turn(now);
    past_->completer.Turn(now);
    if (past_->completer.problem() == past_->said) return;
    past_->said = past_->completer.problem();
    app::LogWarning("history: {}", app::Harmless(past_->said));
  }

  // False when it is time to go.
  bool OnSignals(MonotonicTime now) {
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGHUP) {
        if (options_.common.keys != nullptr) reload_.Run();
        const absl::StatusOr<InterestChange> change = watchlist_.Reload();
        if (!change.ok()) {
          app::LogError("{}", std::string(change.status().message()));
        } else if (!change->empty()) {
          ApplyWatchlist(now);
        }
        continue;
      }
      stop_code_ = 128 + *signal;
      desk_.Stop(stop_code_, /*flush=*/true);
      return false;
    }
    return true;
  }

  // Refused by the node that it is connected to: waiting would change nothing, the feed or the
  // version is wrong. A refusal further up (there are hops then) is the gateway's matter. Who has
  // been served before, and may not any more, waits: what was taken away may come back.
  void OnRefusal() {
    const feed::FeedState& state = lines_.state();
    was_live_ = was_live_ || state.state == feed::State::kLive;
    if (state.state != feed::State::kRefused || stopped_ || was_live_) return;
    if (!state.hops.empty() && !lines_.nothing_allowed()) return;
    stopped_ = true;
    stop_code_ = app::kExitUnreachable;
    desk_.Stop(stop_code_, /*flush=*/true);
  }

  const feed::FeedState& State() const {
    return past_ == nullptr ? lines_.state() : past_->completer.state();
  }

  void SayReady() {
    const feed::State state = State().state;
    if (said_ready_ || (state != feed::State::kLive && state != feed::State::kEnded)) return;
    if (lines_.complete().empty()) return;
    said_ready_ = true;
    (void)ready_.Write({{"state", feed::StateName(state)}});
  }

  // A board shows all of it.
  void ReportStatus(MonotonicTime now) {
    Nanos over{0};
    if (!status_.Due(now, &over) || board_) return;
    const uint64_t ticks = desk_.totals().ticks();
    app::LogInfo("status: {}, {} ticks ({}), {} gaps, {} received ({})",
                 feed::StateName(State().state), app::FormatCount(ticks),
                 app::FormatRate(ticks - reported_ticks_, over), desk_.totals().gaps(),
                 app::FormatBytes(lines_.counters().bytes_received), app::EncodingName(lines_));
    reported_ticks_ = ticks;
    if (options_.trace) app::LogInfo("trace: {}", desk_.TraceLine());
  }

  void Wait(MonotonicTime now, bool more) {
    Nanos timeout = more && !desk_.full() ? Nanos{0} : kIdleWait;
    if (const auto due = desk_.deadline()) timeout = std::clamp(*due - now, Nanos{0}, timeout);
    poller_.Clear();
    poller_.Add(signals_->fd());
    poller_.Add(desk_.wake_fd());
    connectors_.AddTo(&poller_);
    if (past_ != nullptr) past_->connector.AddTo(&poller_);
    poller_.Wait(timeout);
  }

  // What it takes to fetch what was missed.
  struct Past {
    Past(const Options& options, net::Context* context, feed::FeedEvents* desk)
        : completer({.fetch = {.feed = options.common.feed,
                               .bytes_per_second = options.repair_rate.bytes},
                     .from = options.from,
                     .zone = options.zone},
                    desk),
          client({.name = options.common.name, .node = app::RandomNodeId()},
                 completer.client_events()),
          connector(
              context, &client, app::EndpointTexts(options.bus),
              [](const std::string&) { return false; }, app::KernelRandom()) {
      completer.set_client(&client);
    }
    history::Completer completer;
    bus::Client client;
    net::Connector connector;
    std::string said;  // of completer.problem()
  };

  const Options& options_;
  app::Signals* const signals_;
  const bool board_;
  Watchlist watchlist_;
  net::Context context_;
  Desk desk_;
  const std::unique_ptr<Past> past_;  // null: what is missed is told, and not fetched
  feed::Lines lines_;
  net::Connectors connectors_;
  app::LineLog line_log_;
  app::Reload reload_;
  net::Poller poller_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  uint64_t reported_ticks_ = 0;
  Epoch epoch_;  // of which the desk knows whether it is a replay
  bool said_ready_ = false;
  bool was_live_ = false;
  bool stopped_ = false;
  int stop_code_ = 0;
};

// Of what concerns the past.
absl::Status CheckPast(const Options& o) {
  const bool wanted = WantsPast(o);
  if (wanted && o.bus.empty()) {
    return absl::InvalidArgumentError(std::string(o.complete ? "--complete" : "--from") +
                                      ": history is asked for over a bus; give its --bus");
  }
  if (!wanted && !o.bus.empty()) {
    return absl::InvalidArgumentError(
        "--bus: write --complete or --from, for which history is asked for there");
  }
  return absl::OkStatus();
}

// Of newest-only.
absl::Status CheckNewest(const Options& o) {
  if (!NewestOf(o)) return absl::OkStatus();
  if (o.newest > std::chrono::hours(1)) {
    return absl::InvalidArgumentError("--newest: at most 1h");
  }
  if (o.lines == "all") {
    return absl::InvalidArgumentError(
        "--newest: over one line only; leave --lines all to those who want every tick");
  }
  if (!o.bus.empty()) {
    return absl::InvalidArgumentError(
        "--newest: history is of every tick; leave out --complete and --from");
  }
  if (o.count > 0) {
    return absl::InvalidArgumentError("--newest: --count counts every tick; write --for instead");
  }
  return absl::OkStatus();
}

// Of objects.
absl::Status CheckOutput(const Options& o) {
  if (o.output.empty()) return absl::OkStatus();
  const auto not_with = [](const char* what) {
    return absl::InvalidArgumentError(std::string("--output: it keeps objects, and ") + what +
                                      " is for ticks; leave one of them out");
  };
  if (!o.format.empty()) return not_with("--format");
  if (NewestOf(o)) return not_with("--newest");
  if (WantsPast(o)) return not_with("history");
  if (o.count > 0) return not_with("--count");
  const bool one =
      o.patterns.size() == 1 && o.patterns.front().find_first_of("*@") == std::string::npos;
  if (o.output == "-" && !one) {
    return absl::InvalidArgumentError(
        "--output -: the bytes of one topic; name one, such as news.ts");
  }
  return absl::OkStatus();
}

absl::Status MakeOutputFolder(const std::string& output) {
  if (output.empty() || output == "-") return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(output, error);
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(error.value(), "--output " + text::Printable(output));
}

absl::StatusOr<DeskOptions> MakeDeskOptions(const Options& o) {
  const bool rows = o.format.empty() ? isatty(STDOUT_FILENO) != 1 : o.format != "board";
  const bool board = !rows && o.output.empty();
  DeskOptions desk{.format = board ? DeskOptions::Format::kBoard : DeskOptions::Format::kRows,
                   .rows = MakeRowFormat(o.format),
                   .clock = ReadClocks,
                   .with_images = o.with_images,
                   .newest_only = NewestOf(o).has_value(),
                   .until_end = o.until_end,
                   .trace = o.trace,
                   .feed = o.common.feed,
                   .output = o.output};
  if (o.count > 0) desk.count = o.count;
  if (o.run_for > Nanos{0}) desk.run_for = o.run_for;
  if (!o.previous_close.empty()) {
    absl::StatusOr<PreviousCloses> closes = LoadPreviousCloses(o.previous_close);
    if (!closes.ok()) return closes.status();
    desk.closes = *std::move(closes);
  }
  return desk;
}

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-desk", "subscribes to a feed and shows it");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  const absl::Status keys =
      app::SecurePlaces(&options.common, net::ReadKeys,
                        {{app::EndpointUse::kConnect, "--connect", options.connect},
                         {app::EndpointUse::kConnect, "--bus", options.bus}});
  if (!keys.ok()) return line.Fail(keys);
  const absl::StatusOr<wire::Encoding> asked =
      app::EncodingToAskFor(options.encoding, feed::Role::kSubscriber, options.connect);
  if (!asked.ok()) return line.Fail(asked.status());
  options.asked_encoding = *asked;
  if (const absl::Status s = CheckPast(options); !s.ok()) return line.Fail(s);
  if (const absl::Status s = CheckNewest(options); !s.ok()) return line.Fail(s);
  if (const absl::Status s = CheckOutput(options); !s.ok()) return line.Fail(s);
  if (options.patterns.empty()) options.patterns = {"*"};
  absl::StatusOr<Watchlist> watchlist = Watchlist::Load(options.patterns);
  if (!watchlist.ok()) return line.Fail(watchlist.status());
  absl::StatusOr<DeskOptions> desk_options = MakeDeskOptions(options);
  if (!desk_options.ok()) return line.Fail(desk_options.status());
  if (const std::optional<int> code = line.Checked()) return *code;
  if (const absl::Status s = MakeOutputFolder(options.output); !s.ok()) return line.Fail(s);
  app::Signals signals;
  FdSink sink(STDOUT_FILENO, STDERR_FILENO);
  Program program(options, *std::move(desk_options), *std::move(watchlist), &sink, &signals);
  if (const absl::Status s = program.Start(); !s.ok()) return line.Fail(s);
  const int code = program.Run();
  return app::Finish(code, options.common, program.Summary(), line);
}

}  // namespace
}  // namespace fantail::desk

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-desk", [&] {
    const std::string_view command = argc > 1 ? argv[1] : "";
    if (command == "history") return fantail::desk::History(argc - 1, argv + 1);
    if (command == "directory") return fantail::desk::Directory(argc - 1, argv + 1);
    return fantail::desk::Main(argc, argv);
  });
}
