// fantail-record: a session that writes what it receives to a tape.
#include <csignal>
#include <cstdio>

#include "fantail/admin/admin.h"
#include "fantail/admin/node_report.h"
#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/key_options.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/reload.h"
#include "fantail/app/run_main.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/app/written_file.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"
#include "tools/fantail-record/recorder.h"

namespace fantail::record {
namespace {

constexpr int kMessagesPerTurn = 64;
constexpr Nanos kIdleWait = std::chrono::milliseconds(50);
constexpr Nanos kQuietStart = std::chrono::seconds(1);

struct Options {
  app::CommonOptions common;
  std::vector<app::Endpoint> connect;
  std::string output;
  std::string sync = "interval";
  app::ByteSize segment{size_t{64} << 20};
  app::ByteSize keep{0};
  Nanos keep_for{0};
  bool until_end = false;
  uint64_t count = 0;
  Nanos run_for{0};
  std::vector<std::string> patterns;
  admin::AdminOptions admin;
};

constexpr MetricInfo kRecordedTicks = {"fantail_recorded_ticks_total", Unit::kNone,
                                       "ticks written to the tape"};
constexpr MetricInfo kTapeBytes = {"fantail_tape_written_bytes_total", Unit::kBytes,
                                   "bytes written to the tape"};

void Declare(Options* o, app::CommandLine* line) {
  app::EndpointsOption("--connect ENDPOINT", app::EndpointUse::kConnect, &o->connect,
                       "the gateway or publisher, tcp://HOST:PORT; the next is tried when one dies",
                       line);
  line->Require("--connect");
  line->FromBranch("--connect", app::BranchPart::kGateways);
  line->Option("--output FOLDER", &o->output,
               "the tape: made if need be, and continued if it is there");
  line->Require("--output");
  line->Choice("--sync WHEN", &o->sync, {"never", "interval", "always"},
               "bring it to the disk when the system likes, once a second, or with every batch");
  line->Option("--segment SIZE", &o->segment,
               "begin a new segment beyond this, and compress the one before");
  line->Option("--keep SIZE", &o->keep, "delete the oldest segments beyond this; 0 keeps all");
  line->Option("--keep-for TIME", &o->keep_for, "delete segments that are older; 0 keeps all");
  line->Option("--count N", &o->count, "stop after N ticks or a few more", {.least = 1});
  line->Option("--for TIME", &o->run_for, "stop after this time, such as 8h");
  line->Flag("--until-end", &o->until_end, "stop when the feed has ended and everything has come");
  line->Positionals("PATTERN", &o->patterns,
                    "what to record: AAPL is one topic, AAP* a prefix; '*' if none is given");
  admin::AddAdminOptions(
      &o->admin,
      admin::ListOf(feed::kClientMetrics, admin::kUpstreamGauges, admin::kFeedLive, admin::kFeedAge,
                    admin::kGapsFilled, kRecordedTicks, kTapeBytes),
      line);
  app::AddCommonOptions(&o->common, line);
  line->Example("fantail-record --connect tcp://127.0.0.1:5556 --output today",
                "everything, until Ctrl-C; the same again goes on where it stopped");
  line->Example("fantail-record --connect tcp://127.0.0.1:5556 --output a.day --until-end 'A*'",
                "what begins with A, to the end of the feed");
}

tape::SyncMode SyncModeOf(const std::string& text) {
  if (text == "always") return tape::SyncMode::kAlways;
  return text == "never" ? tape::SyncMode::kNever : tape::SyncMode::kInterval;
}

class Program final : private admin::Subject {
 public:
  Program(const Options& options, std::unique_ptr<tape::TapeWriter> tape,
          std::vector<Pattern> patterns, app::Signals* signals)
      : options_(options),
        signals_(signals),
        tape_(std::move(tape)),
        patterns_(std::move(patterns)),
        context_(options.common.keys),
        recorder_(tape_.get(), [](const std::string& line) { app::LogInfo("{}", line); }),
        lines_({.feed = options.common.feed,
                .name = options.common.name,
                .node = app::RandomNodeId(),
                .role = feed::Role::kSubscriber},
               1, &recorder_),
        connectors_(&context_, &lines_, app::EndpointTexts(options.connect),
                    app::AllowMoves(options.common), app::KernelRandom()),
        ready_(options.common.ready_file),
        status_(options.common.status_every),
        admin_("fantail-record", options.admin, options.common) {}

  absl::Status Start() {
    app::ReloadKeys(&reload_, options_.common, net::ReadKeys,
                    [this](const auto& keys) { context_.SetKeys(keys); });
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    started_ = net::ReadMonotonicClock();
    if (tape_->state().epoch().value != 0) {
      app::LogInfo("the tape {} goes on behind position {}", options_.output,
                   tape_->state().through().value);
    }
    recorder_.Continue(&lines_.line(0));
    lines_.SetInterest(patterns_, started_);
    return admin_.Start(&ready_lines_);
  }

  int Run() {
    std::optional<int> code;
    while (!code) code = Turn();
    connectors_.Close();
    const absl::Status closed = tape_->Close();
    SayProblems();
    if (!closed.ok()) {
      if (*code != app::kExitInputOutput) app::LogError("{}", std::string(closed.message()));
      return app::kExitInputOutput;
    }
    return *code;
  }

  app::KeyValues Summary() const {
    return {{"ticks", std::to_string(recorder_.ticks())},
            {"gaps", std::to_string(recorder_.gaps())},
            {"epoch", std::to_string(tape_->state().epoch().value)},
            {"position", std::to_string(tape_->state().through().value)},
            {"bytes_received", std::to_string(lines_.counters().bytes_received)},
            {"tape_bytes", std::to_string(tape_->bytes_written())}};
  }

 private:
  admin::Health HealthNow() const override { return admin::HealthOf(lines_.state()); }

  void Tell(admin::Report* report) const override {
    admin::AddUpstream(lines_, report);
    report->Add(kRecordedTicks, static_cast<double>(recorder_.ticks()));
    report->Add(kTapeBytes, static_cast<double>(tape_->bytes_written()));
  }

  std::optional<int> Turn() {
    const MonotonicTime now = net::ReadMonotonicClock();
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGHUP) {
        reload_.Run();
        continue;
      }
      admin_.Stopping();
      return signals_->DrainedCode();
    }
    const bool more = connectors_.Turn(now, kMessagesPerTurn, poller_);
    lines_.Turn(now);
    if (recorder_.has_objects()) {
      app::LogError(
          "this feed carries objects, and a tape keeps ticks; fantail-desk --output FOLDER keeps "
          "objects");
      return app::kExitFailed;
    }
    if (absl::Status s = tape_->Commit(net::ReadWallClock()); !s.ok()) {
      app::LogError("{}; stopping, for what comes now cannot be kept", std::string(s.message()));
      return app::kExitInputOutput;
    }
    SayProblems();
    SayState(now);
    SayReady();
    Report(now);
    admin_.Turn(now, *this);
    if (const auto code = Finished(now)) return code;
    Wait(more);
    return std::nullopt;
  }

  std::optional<int> Finished(MonotonicTime now) {
    const int done = recorder_.gaps() > 0 ? app::kExitDataNotAllGood : app::kExitDone;
    if (options_.until_end && recorder_.ended()) return done;
    if (options_.count > 0 && recorder_.ticks() >= options_.count) return done;
    const feed::FeedState& state = lines_.state();
    const bool by_neighbour = state.hops.empty() || lines_.nothing_allowed();
    if (state.state == feed::State::kRefused && by_neighbour) return app::kExitUnreachable;
    if (options_.run_for == Nanos{0} || now - started_ < options_.run_for) return std::nullopt;
    if (lines_.complete().empty()) return app::kExitUnreachable;
    return options_.until_end || options_.count > 0 ? app::kExitTimedOut : done;
  }

  void SayProblems() {
    for (const std::string& problem : tape_->TakeProblems()) app::LogError("{}", problem);
  }

  // A start that goes well says nothing of connecting.
  void SayState(MonotonicTime now) {
    const feed::FeedState& state = lines_.state();
    if (state.state == feed::State::kConnecting && now - started_ < kQuietStart) return;
    std::string line = feed::StateName(state.state);
    if (!state.cause.empty()) line += ": " + state.cause;
    if (line == said_) return;
    said_ = line;
    app::LogInfo("{}", line);
  }

  void SayReady() {
    const feed::State state = lines_.state().state;
    if (said_ready_ || (state != feed::State::kLive && state != feed::State::kEnded)) return;
    if (lines_.complete().empty()) return;
    said_ready_ = true;
    app::KeyValues ready = {{"state", feed::StateName(state)}};
    ready.insert(ready.end(), ready_lines_.begin(), ready_lines_.end());
    (void)ready_.Write(ready);
  }

  void Report(MonotonicTime now) {
    Nanos over{0};
    if (!status_.Due(now, &over)) return;
    app::LogInfo("status: {}, {} ticks ({}), {} gaps, position {}, {} on tape",
                 feed::StateName(lines_.state().state), app::FormatCount(recorder_.ticks()),
                 app::FormatRate(recorder_.ticks() - reported_ticks_, over), recorder_.gaps(),
                 tape_->state().through().value, app::FormatBytes(tape_->bytes_written()));
    reported_ticks_ = recorder_.ticks();
  }

  void Wait(bool more) {
    poller_.Clear();
    poller_.Add(signals_->fd());
    connectors_.AddTo(&poller_);
    poller_.Wait(more ? Nanos{0} : kIdleWait);
  }

  const Options& options_;
  app::Signals* const signals_;
  const std::unique_ptr<tape::TapeWriter> tape_;
  const std::vector<Pattern> patterns_;
  net::Context context_;
  Recorder recorder_;
  feed::Lines lines_;
  net::Connectors connectors_;
  net::Poller poller_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  MonotonicTime started_;
  uint64_t reported_ticks_ = 0;
  std::string said_;
  bool said_ready_ = false;
  app::KeyValues ready_lines_;
  app::Reload reload_;
  admin::Admin admin_;  // ends before what it tells of
};

absl::StatusOr<std::vector<Pattern>> PatternsOf(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  for (const std::string& text : texts) {
    if (const char* problem = PatternProblem(text)) {
      return absl::InvalidArgumentError("\"" + text + "\": not a pattern: " + problem);
    }
    patterns.emplace_back(text);
  }
  if (patterns.empty()) patterns.emplace_back("*");
  return feed::Interest(std::move(patterns)).patterns();
}

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-record", "writes what it receives to a tape");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  absl::Status keys = app::SecurePlaces(
      &options.common, net::ReadKeys, {{app::EndpointUse::kConnect, "--connect", options.connect}});
  keys.Update(admin::CheckAdmin(options.admin, options.common.plaintext));
  if (!keys.ok()) return line.Fail(keys);
  absl::StatusOr<std::vector<Pattern>> patterns = PatternsOf(options.patterns);
  if (!patterns.ok()) return line.Fail(patterns.status());
  if (const std::optional<int> code = line.Checked()) return *code;
  auto tape = tape::TapeWriter::Open(
      {.folder = options.output,
       .head = {.feed = options.common.feed, .writer = "fantail-record", .patterns = *patterns},
       .sync = SyncModeOf(options.sync),
       .segment_bytes = options.segment.bytes,
       .keep_bytes = options.keep.bytes,
       .keep_age = options.keep_for,
       .seal_at_close = true});
  if (!tape.ok()) return line.Fail(app::About("--output", tape.status()));
  if ((*tape)->state().epoch().value != 0 && (*tape)->last_head().feed != options.common.feed) {
    return line.Fail(absl::FailedPreconditionError(
        "--output: " + options.output + ": a tape of feed \"" + (*tape)->last_head().feed +
        "\", and this is \"" + options.common.feed + "\"; name another folder"));
  }
  app::Signals signals;
  Program program(options, *std::move(tape), *std::move(patterns), &signals);
  if (const absl::Status s = program.Start(); !s.ok()) return line.Fail(s);
  const int code = program.Run();
  return app::Finish(code, options.common, program.Summary(), line);
}

}  // namespace
}  // namespace fantail::record

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-record", [&] { return fantail::record::Main(argc, argv); });
}
