// fantail-publisher: reads ticks from a source, numbers them, and serves them to sessions.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

#include "fantail/admin/admin.h"
#include "fantail/admin/node_report.h"
#include "fantail/app/common_options.h"
#include "fantail/app/encoding_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/feed_options.h"
#include "fantail/app/key_options.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/run_main.h"
#include "fantail/app/session_log.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/app/written_file.h"
#include "fantail/feed/server_sink.h"
#include "fantail/net/clock.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"
#include "fantail/node/session_port.h"
#include "fantail/source/source_factory.h"
#include "publisher/feeder.h"
#include "publisher/journal.h"

namespace fantail::publisher {
namespace {

// How long a publisher at the end of its source waits for its sessions' acknowledgements.
constexpr Nanos kLongestDrain = std::chrono::seconds(30);
// The same for one that is told to stop: it is over within 5 s.
constexpr Nanos kStopPatience = std::chrono::seconds(3);
// Messages taken in between two turns of the server: acks and pings are small.
constexpr int kMessagesPerTurn = 256;
// What one part of an object takes of a capped rate: what else is on the link waits no longer.
constexpr int kPartsPerSecond = 200;
constexpr size_t kLeastPartBytes = 2048;
// The timers of the server need no finer grain.
constexpr Nanos kIdleWait = std::chrono::milliseconds(50);

struct Options {
  app::CommonOptions common;
  node::SessionPortOptions port;
  std::string source;
  double speed = 1;  // 0: max
  std::string wait_for;
  bool strict = false;
  bool stamp_now = false;
  bool keep_open = false;
  app::BitRate rate;
  std::string journal;  // a folder; empty: none
  std::string journal_sync = "interval";
  std::string journal_failure = "stop";
  app::ByteSize journal_keep{0};  // 0: all
  Nanos journal_keep_for{0};      // 0: for ever
  bool new_epoch = false;
  admin::AdminOptions admin;
};

void Declare(Options* o, app::CommandLine* line) {
  node::AddListenOption(&o->port, "gateways and desks", line);
  line->Option(
      "--source SOURCE", &o->source,
      "csv:FILE or ndjson:FILE (plain or gzip; - is standard input), tape:TAPE (a file or a "
      "folder), iex:FILE (IEX TOPS or DEEP, pcap), itch:FILE (NASDAQ TotalView-ITCH) or "
      "synthetic:KEY=VALUE,...; objects: files:FOLDER or stream:TOPIC:FILE");
  line->Require("--source");
  app::AddSpeedOption(&o->speed, 0.001, 1e6, line);
  app::AddWaitForOption(&o->wait_for, line);
  line->Flag("--strict", &o->strict, "stop at the first bad row instead of skipping it");
  line->Flag("--stamp-now", &o->stamp_now,
             "replace the time of each tick by that of its publication, to measure latency");
  line->Option("--rate RATE", &o->rate,
               "objects: the most that is published a second, such as 20mbit, so that they delay "
               "no price on the same link; 0 is as fast as it goes");
  line->Flag("--keep-open", &o->keep_open, "stay for latecomers after the end of the source");
  line->Section("Journal");
  line->Option("--journal FOLDER", &o->journal,
               "write every record to a tape here before it is published; after a crash the feed "
               "goes on where it was");
  line->Choice("--journal-sync WHEN", &o->journal_sync, {"never", "interval", "always"},
               "bring it to the disk when the system likes, once a second, or before publishing: "
               "only then a machine that lost power goes on with the same epoch");
  line->Choice("--journal-failure WHAT", &o->journal_failure, {"stop", "publish-anyway"},
               "if the journal cannot be written");
  line->Option("--journal-keep SIZE", &o->journal_keep,
               "delete the oldest segments beyond this; 0 keeps all");
  line->Option("--journal-keep-for TIME", &o->journal_keep_for,
               "delete segments that are older; 0 keeps all");
  line->Flag("--new-epoch", &o->new_epoch,
             "begin a new numbering, as on a new day, whatever the journal holds");
  admin::AddAdminOptions(
      &o->admin,
      admin::ListOf(feed::kServerMetrics, admin::kServerGauges, app::kGuardMetrics,
                    net::kZapMetrics, app::kAccessLost, kFeederMetrics, kJournalBytes),
      line);
  node::AddSessionPortOptions(&o->port, &o->common, line);
  app::AddCommonOptions(&o->common, line);
  line->Example(
      "fantail-publisher --listen tcp://127.0.0.1:5555 --source csv:ticks.csv.gz --speed 20",
      "replay a recorded day twenty times faster");
  line->Example(
      "fantail-publisher --listen 'tcp://127.0.0.1:*' --source "
      "synthetic:symbols=8000,rate=20000,seed=1",
      "a made-up market of 8,000 symbols");
  line->Example(
      "fantail-publisher --listen tcp://127.0.0.1:5555 --source csv:ticks.csv.gz --journal today",
      "after a crash it goes on with the next row");
  line->Example(
      "fantail-publisher --listen tcp://127.0.0.1:5560 --feed files --source files:clips --rate "
      "20mbit --keep-open",
      "the files of a folder, as objects of a feed of their own");
  line->Example("producer | fantail-publisher --listen tcp://127.0.0.1:5555 --source csv:-",
                "ticks from another program");
}

class Publisher final : private admin::Subject {
 public:
  Publisher(const Options& options, std::unique_ptr<source::Source> source, app::Signals* signals)
      : options_(options),
        signals_(signals),
        source_(std::move(source)),
        port_(options.port, options.common),
        server_(port_.OptionsOf(feed::Role::kPublisher, app::RandomNodeId()), port_.links(),
                port_.observer()),
        sink_(&server_),
        ready_(options.common.ready_file),
        status_(options.common.status_every),
        admin_("fantail-publisher", options.admin, options.common) {}

  absl::Status Start() {
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    if (absl::Status s = Begin(); !s.ok()) return s;
    const absl::StatusOr<std::string> bound = port_.Open(&server_);
    if (!bound.ok()) return bound.status();
    app::LogInfo("listening at {}, feed {}, source {}", *bound, options_.common.feed,
                 options_.source);
    app::KeyValues ready = {{"listen", *bound}};
    if (absl::Status s = admin_.Start(&ready); !s.ok()) return s;
    return ready_.Write(ready);
  }

  int Run() {
    std::optional<int> exit_code;
    while (!exit_code) exit_code = Turn();
    const bool ended = *exit_code == 0 && signals_->stop_signal() == 0;
    server_.Close(ended ? "the feed has ended" : "the publisher stops");
    port_.Close();
    if (journal_ != nullptr) {
      const absl::Status closed = journal_->Close();
      SayJournalProblems();
      if (!closed.ok() && !journal_->stopped()) app::LogError("{}", std::string(closed.message()));
    }
    return *exit_code;
  }

  app::KeyValues Summary() const {
    return {{"ticks_published", std::to_string(feeder_->counters().published)},
            {"bad_rows", std::to_string(feeder_->counters().bad_rows)},
            {"position", std::to_string(sequencer_->head().value)},
            {"journal_bytes", std::to_string(journal_ == nullptr ? 0 : journal_->bytes_written())},
            {"bytes_sent", std::to_string(server_.counters().bytes_sent)},
            {"sessions", std::to_string(server_.counters().sessions_opened)}};
  }

 private:
  admin::Health HealthNow() const override {
    const char* state = feeder_->state() == Feeder::State::kFailed  ? "the source has failed"
                        : feeder_->state() == Feeder::State::kEnded ? "ended"
                        : released_                                 ? "live"
                                                                    : "waiting for a session";
    return {.ready = feeder_->state() != Feeder::State::kFailed,
            .text = state + admin::DescribeSessions(server_)};
  }

  void Tell(admin::Report* report) const override {
    port_.Tell(report);
    report->Add(kFeederMetrics, feeder_->counters());
    report->Add(kJournalBytes,
                journal_ == nullptr ? 0 : static_cast<double>(journal_->bytes_written()));
  }

  // The epoch, and with a journal all that is known of it.
  absl::Status Begin() {
    const bool paced = this->paced();
    Feeder::Options feeding{.speed = options_.speed,
                            .strict = options_.strict,
                            .stamp_now = options_.stamp_now,
                            .bytes_per_second = options_.rate.bits / 8};
    if (!options_.journal.empty()) {
      auto journal = Journal::Open(JournalOptionsOf(), &sink_);
      if (!journal.ok()) return app::About("--journal", journal.status());
      journal_ = *std::move(journal);
    }
    if (journal_ != nullptr && journal_->continues()) {
      server_.BeginEpoch(journal_->epoch(), paced, /*covers_everything=*/true);
      sequencer_.emplace(journal_.get());
      if (absl::Status s = journal_->Restore(options_.port.ring.bytes, &server_, &*sequencer_);
          !s.ok()) {
        return app::About("--journal", s);
      }
      feeding.skip_rows = journal_->rows_to_skip();
      app::LogInfo("the journal {} goes on behind position {}, row {} of the source",
                   options_.journal, journal_->head().value, feeding.skip_rows);
      SayJournalProblems();
    } else {
      const Epoch before = journal_ == nullptr ? Epoch{} : journal_->epoch();
      const Epoch epoch = app::NewEpoch(net::ReadWallClock(), before);
      server_.BeginEpoch(epoch, paced, /*covers_everything=*/true);
      if (journal_ != nullptr) {
        journal_->BeginEpoch(epoch, paced);
        app::LogInfo("the journal {} begins a new epoch: {}", options_.journal,
                     journal_->why_not());
      }
      feed::RecordSink* const to =
          journal_ == nullptr ? static_cast<feed::RecordSink*>(&sink_) : journal_.get();
      sequencer_.emplace(to);
    }
    if (journal_ != nullptr) server_.SetArchive(journal_->archive());
    feeder_.emplace(feeding, source_.get(), &*sequencer_,
                    [this](std::string_view why) { OnBadRow(why); });
    return absl::OkStatus();
  }

  bool paced() const { return options_.speed == 0 || source_->paced(); }

  JournalOptions JournalOptionsOf() const {
    const tape::SyncMode sync = options_.journal_sync == "always"  ? tape::SyncMode::kAlways
                                : options_.journal_sync == "never" ? tape::SyncMode::kNever
                                                                   : tape::SyncMode::kInterval;
    return {.folder = options_.journal,
            .feed = options_.common.feed,
            .source = options_.source,
            .repeatable = source_->ready_fd() < 0,
            .new_epoch = options_.new_epoch,
            .publish_anyway = options_.journal_failure == "publish-anyway",
            .sync = sync,
            .keep_bytes = options_.journal_keep.bytes,
            .keep_age = options_.journal_keep_for};
  }

  std::optional<int> Turn() {
    const MonotonicTime now = net::ReadMonotonicClock();
    if (poller_.Readable(signals_->fd())) OnSignals(now);
    bool more = port_.Turn(now, poller_, kMessagesPerTurn);
    more = Feed(now) || more;
    more = server_.Turn(now) || more;
    if (const auto code = stop_by_ ? Drained(now) : OnSourceState(now)) return code;
    Report(now);
    admin_.Turn(now, *this);
    Wait(now, more);
    return std::nullopt;
  }

  void OnSignals(MonotonicTime now) {
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGHUP) {
        port_.Reload();
        continue;
      }
      app::LogInfo("stopping, as signal {} asks", *signal);
      admin_.Stopping();
      stop_by_ = now + kStopPatience;
    }
  }

  // Once it is to stop: the code to end with, when the sessions have what has been published.
  std::optional<int> Drained(MonotonicTime now) const {
    if (!server_.EverybodyIsInStep() && now < *stop_by_) return std::nullopt;
    return signals_->DrainedCode();
  }

  // True if more rows are due at once.
  bool Feed(MonotonicTime now) {
    if (stop_by_ || ended_ || feeder_->state() != Feeder::State::kRunning) return false;
    if (!released_) {
      released_ = options_.wait_for.empty() || server_.SomebodyHas(Pattern(options_.wait_for));
      if (!released_) return false;
    }
    if (paced() && server_.Congested()) return false;
    if (journal_ != nullptr) journal_->set_now(net::ReadWallClock());
    return feeder_->Turn(now, net::ReadWallClock());
  }

  std::optional<int> OnSourceState(MonotonicTime now) {
    if (journal_ != nullptr) {
      SayJournalProblems();
      if (journal_->stopped()) {
        app::LogError(
            "stopping, for nothing may be published that is not in the journal; see "
            "--journal-failure");
        return app::kExitInputOutput;
      }
    }
    if (feeder_->state() == Feeder::State::kRunning) return std::nullopt;
    if (!ended_) {
      ended_ = true;
      drain_until_ = now + kLongestDrain;
      if (feeder_->state() == Feeder::State::kFailed) {
        app::LogError("{}", feeder_->problem());
      } else {
        if (journal_ != nullptr && !journal_->OnEnd(sequencer_->head())) return std::nullopt;
        server_.End(sequencer_->head());
        app::LogInfo("the source has ended after {} ticks", feeder_->counters().published);
      }
      return std::nullopt;  // the end goes out with the next turn
    }
    const bool failed = feeder_->state() == Feeder::State::kFailed;
    const int code =
        failed ? (options_.strict && feeder_->counters().bad_rows > 0 ? app::kExitDataNotAllGood
                                                                      : app::kExitInputOutput)
               : (feeder_->counters().bad_rows > 0 ? app::kExitDataNotAllGood : app::kExitDone);
    if (options_.keep_open && !failed) return std::nullopt;
    const bool drained = failed ? !server_.Congested() : server_.EverybodyHasAcknowledged();
    if (drained) return code;
    if (now < drain_until_) return std::nullopt;
    app::LogError("not every session has acknowledged everything within 30 s");
    return app::kExitTimedOut;
  }

  void SayJournalProblems() {
    for (const std::string& problem : journal_->TakeProblems()) {
      app::LogError("journal: {}", problem);
    }
  }

  void OnBadRow(std::string_view why) {
    // All of them as long as a person can read them, then one line in ten seconds.
    constexpr uint64_t kMostLines = 100;
    if (feeder_->counters().bad_rows <= kMostLines) {
      app::LogWarning("{}", why);
    } else {
      bad_row_log_.Warn(net::ReadMonotonicClock(), "{}", why);
    }
  }

  void Report(MonotonicTime now) {
    Nanos over{0};
    if (!status_.Due(now, &over)) return;
    const feed::ServerCounters& c = server_.counters();
    app::LogInfo("status: {} sessions, {} ticks published ({}), {} sent ({}), {} bad rows{}",
                 server_.session_count(), app::FormatCount(feeder_->counters().published),
                 app::FormatRate(feeder_->counters().published - reported_ticks_, over),
                 app::FormatBytes(c.bytes_sent),
                 app::FormatByteRate(c.bytes_sent - reported_bytes_, over),
                 feeder_->counters().bad_rows, app::DescribeSlowest(server_));
    reported_ticks_ = feeder_->counters().published;
    reported_bytes_ = c.bytes_sent;
  }

  void Wait(MonotonicTime now, bool more) {
    Nanos timeout = more ? Nanos{0} : kIdleWait;
    if (const auto due = feeder_->next_due()) timeout = std::clamp(*due - now, Nanos{0}, timeout);
    poller_.Clear();
    port_.AddTo(&poller_);
    poller_.Add(signals_->fd());
    const bool reading = released_ && feeder_->state() == Feeder::State::kRunning &&
                         !feeder_->next_due() && !(options_.speed == 0 && server_.Congested());
    if (reading) poller_.Add(source_->ready_fd());
    poller_.Wait(timeout);
  }

  const Options& options_;
  app::Signals* const signals_;
  std::unique_ptr<source::Source> source_;
  node::SessionPort port_;
  std::unique_ptr<Journal> journal_;  // null: none is kept
  feed::FeedServer server_;
  feed::ServerSink sink_;
  std::optional<source::Sequencer> sequencer_;  // set by Begin, as is what follows
  std::optional<Feeder> feeder_;
  net::Poller poller_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  app::LimitedLog bad_row_log_;
  bool released_ = false;
  bool ended_ = false;
  MonotonicTime drain_until_;
  std::optional<MonotonicTime> stop_by_;  // once it has been told to stop
  uint64_t reported_ticks_ = 0;
  uint64_t reported_bytes_ = 0;
  admin::Admin admin_;  // ends before what it tells of
};

size_t PartBytes(app::BitRate rate) {
  if (rate.bits == 0) return wire::kMaxPartBytes;
  return std::clamp(static_cast<size_t>(rate.bits / 8 / kPartsPerSecond), kLeastPartBytes,
                    wire::kMaxPartBytes);
}

absl::Status CheckObjects(const Options& o, const source::Source& source) {
  if (source.objects() && !o.journal.empty()) {
    return absl::InvalidArgumentError("--journal: a journal is a tape of ticks, and " + o.source +
                                      " gives objects; leave it out");
  }
  if (!source.objects() && o.rate.bits != 0) {
    return absl::InvalidArgumentError("--rate: it is for objects, and " + o.source +
                                      " gives ticks, which do not wait; leave it out");
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-publisher",
                        "reads ticks from a source and serves them to sessions");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  absl::Status keys =
      app::SecurePlaces(&options.common, net::ReadKeys,
                        {{app::EndpointUse::kListen, "--listen", options.port.listen}});
  keys.Update(admin::CheckAdmin(options.admin, options.common.plaintext));
  if (!keys.ok()) return line.Fail(keys);
  app::Signals signals;
  absl::StatusOr<std::unique_ptr<source::Source>> source =
      source::OpenSource(options.source, PartBytes(options.rate));
  if (!source.ok()) {
    return line.Fail(app::About("--source", source.status()));
  }
  if (const absl::Status s = CheckObjects(options, **source); !s.ok()) return line.Fail(s);
  if (const std::optional<int> code = line.Checked()) return *code;
  Publisher publisher(options, *std::move(source), &signals);
  if (const absl::Status s = publisher.Start(); !s.ok()) return line.Fail(s);
  const int code = publisher.Run();
  return app::Finish(code, options.common, publisher.Summary(), line);
}

}  // namespace
}  // namespace fantail::publisher

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-publisher",
                               [&] { return fantail::publisher::Main(argc, argv); });
}
