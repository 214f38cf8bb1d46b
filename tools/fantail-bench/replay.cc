#include "tools/fantail-bench/replay.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/histogram.h"
#include "fantail/feed/server_sink.h"
#include "fantail/net/clock.h"
#include "fantail/net/connector.h"
#include "fantail/source/sequencer.h"
#include "fantail/source/source_factory.h"
#include "fantail/tape/sealed_writer.h"
#include "fantail/tape/tape_reader.h"
#include "tools/fantail-bench/relay_process.h"
#include "tools/fantail-bench/temporary_folder.h"

namespace fantail::bench {
namespace {

// What the connection and the first images need, before what is measured.
constexpr Nanos kWarmUp = std::chrono::milliseconds(500);
constexpr int kSeeks = 50;

struct Options {
  std::string tape;  // empty: one is made
  uint64_t records = 1'000'000;
  std::string speed = "1";
  uint64_t seconds = 10;
  bool seek = false;
  std::string replay;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option(
      "--tape TAPE", &o->tape,
      "the tape; without one, a market of 8,000 symbols and 20,000 ticks a second is made");
  line->Option("--records N", &o->records, "how many ticks the tape that is made has",
               {1000, 100'000'000});
  line->Option("--speed FACTOR", &o->speed, "of the replay, a number");
  line->Option("--seconds S", &o->seconds, "what is measured", {1, 3600});
  line->Flag("--seek", &o->seek, "measure 50 random seeks instead");
  line->Option("--replay PATH", &o->replay, "the fantail-replay to measure");
  line->Example("fantail-bench replay --tape day.tape --speed 1 --seconds 30", "pacing");
  line->Example("fantail-bench replay --records 10000000 --seek", "seeks in 10 million ticks");
}

absl::Status MakeTape(const std::string& path, uint64_t records) {
  auto source = source::OpenSource("synthetic:symbols=8000,rate=20000,seed=1");
  if (!source.ok()) return source.status();
  tape::SealedWriter writer(path, {}, app::KernelRandom());
  writer.OnNewEpoch({1}, /*paced=*/false);
  source::Sequencer sequencer(&writer);
  text::Row row;
  while (sequencer.head().value < records &&
         (*source)->Next(&row) == source::Source::Result::kRow) {
    if (const char* problem = sequencer.Add(row)) return absl::InternalError(problem);
  }
  sequencer.Flush();
  return writer.Finish();
}

// A subscriber to everything that notes when each tick came, against the time that the tick has.
// The error of a tick is how much later it came than the promptest one did: whatever is constant,
// the way over loopback too, is left out, and every hiccup of the replay, of libzmq and of this
// process is in it.
class Listener final : private feed::FeedEvents {
 public:
  Listener(const std::string& endpoint, double speed)
      : speed_(speed),
        client_({.name = "bench", .node = app::RandomNodeId()}, this),
        connector_(
            &context_, &client_, {endpoint}, [](const std::string&) { return false; },
            app::KernelRandom()) {
    client_.SetInterest({Pattern("*")}, net::ReadMonotonicClock());
  }

  // For so long from the first tick on, or until the end of the feed.
  void Run(Nanos span) {
    while (!ended_ && (!first_at_ || now_ - *first_at_ < kWarmUp + span)) {
      now_ = net::ReadMonotonicClock();
      const bool more = connector_.Turn(now_, 64, poller_);
      client_.Turn(now_);
      poller_.Clear();
      connector_.AddTo(&poller_);
      poller_.Wait(more ? Nanos(0) : Nanos(std::chrono::milliseconds(10)));
    }
    connector_.Close();
  }

  LatencyHistogram Errors() const {
    LatencyHistogram errors;
    if (offsets_.empty()) return errors;
    const int64_t least = *std::min_element(offsets_.begin(), offsets_.end());
    for (const int64_t offset : offsets_) errors.Record(Nanos(offset - least));
    return errors;
  }

 private:
  void OnRecords(std::span<const wire::Record> records) override {
    const MonotonicTime at = net::ReadMonotonicClock();
    if (!first_at_) first_at_ = at;
    for (const wire::Record& record : records) {
      // One older than the tick before it is due with that.
      newest_ns_ = std::max(newest_ns_, record.tick.time_ns);
      if (first_ns_ == 0) first_ns_ = newest_ns_;
      if (at - *first_at_ < kWarmUp) continue;
      const auto due = static_cast<int64_t>(static_cast<double>(newest_ns_ - first_ns_) / speed_);
      offsets_.push_back((at - *first_at_).count() - due);
    }
  }
  void OnEnd(Position) override { ended_ = true; }
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override {}
  void OnHave(const feed::HaveNotice&) override {}
  void OnState(const feed::FeedState&) override {}

  const double speed_;
  net::Context context_;
  feed::FeedClient client_;
  net::Connector connector_;
  net::Poller poller_;
  MonotonicTime now_;
  std::optional<MonotonicTime> first_at_;
  int64_t first_ns_ = 0;
  int64_t newest_ns_ = INT64_MIN;
  std::vector<int64_t> offsets_;  // when it came less when it was due, each from the first tick
  bool ended_ = false;
};

// `key value` lines; empty if the file does not come in time.
std::map<std::string, std::string> AwaitSummary(const std::string& path) {
  const MonotonicTime until = net::ReadMonotonicClock() + std::chrono::seconds(10);
  std::map<std::string, std::string> summary;
  while (summary.count("sessions") == 0 && net::ReadMonotonicClock() < until) {
    usleep(10'000);
    std::ifstream in(path);
    for (std::string key, value; in >> key >> value;) summary[key] = value;
  }
  return summary;
}

// How late this machine is by itself: a thread that only waits for a moment, 20,000 times a second.
// Nothing that is paced on it can be better.
LatencyHistogram MeasureTimer(Nanos span) {
  constexpr Nanos kStep = std::chrono::microseconds(50);
  LatencyHistogram late;
  net::Poller poller;
  const MonotonicTime end = net::ReadMonotonicClock() + span;
  for (MonotonicTime due = net::ReadMonotonicClock(); due < end;) {
    due += kStep;
    poller.Clear();
    poller.WaitUntil(due);
    // Each moment that has passed meanwhile was waited for as well.
    const MonotonicTime now = net::ReadMonotonicClock();
    for (; due <= now; due += kStep) late.Record(now - due);
    due -= kStep;
  }
  return late;
}

absl::Status MeasurePacing(const Options& o, const TemporaryFolder& folder) {
  const std::string ready = folder.path() + "/ready";
  const std::string summary_file = folder.path() + "/summary";
  const LatencyHistogram machine = MeasureTimer(std::chrono::seconds(2));
  RelayProcess replay;
  const auto endpoint = replay.Start(
      {o.replay, "--listen", "tcp://127.0.0.1:*", "--speed", o.speed, "--wait-for", "*",
       "--ready-file", ready, "--summary", summary_file, "--log-level", "warning", o.tape},
      ready);
  if (!endpoint.ok()) return endpoint.status();
  Listener listener(*endpoint, std::stod(o.speed));
  listener.Run(std::chrono::seconds(o.seconds));
  replay.Stop();
  const LatencyHistogram errors = listener.Errors();
  const auto ms = [](Nanos time) { return static_cast<double>(time.count()) / 1e6; };
  std::printf("pacing at %sx, %llu ticks, ms                       p50      p99      max\n",
              o.speed.c_str(), static_cast<unsigned long long>(errors.count()));
  std::printf("as a client sees it, against its promptest tick  %7.3f  %7.3f  %7.3f\n",
              ms(errors.Percentile(50)), ms(errors.Percentile(99)), ms(errors.max()));
  std::printf("as a bare timer is late on this machine          %7.3f  %7.3f  %7.3f\n",
              ms(machine.Percentile(50)), ms(machine.Percentile(99)), ms(machine.max()));
  auto summary = AwaitSummary(summary_file);
  const auto us = [&](const char* key) { return std::atof(summary[key].c_str()) / 1000; };
  std::printf("as the replay hands them to its sessions         %7.3f  %7.3f  %7.3f\n",
              us("pacing_p50_us"), us("pacing_p99_us"), us("pacing_max_us"));
  std::printf("pacing_p99_ms %.3f\n", ms(errors.Percentile(99)));
  return errors.count() == 0 ? absl::UnavailableError("no tick came") : absl::OkStatus();
}

class NoLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view, const wire::Message&) override {
    return wire::SendResult::kPeerGone;
  }
};

// From the wish to a FeedServer with the names and the images of that moment, and the first block.
absl::Status MeasureSeeks(const std::string& tape) {
  auto reader = tape::TapeReader::Open(tape);
  if (!reader.ok()) return reader.status();
  const auto span = (*reader)->Measure();
  if (!span.ok()) return span.status();
  NoLinks links;
  feed::ServerObserver observer;
  feed::FeedServer server({.name = "bench", .node = {1}}, &links, &observer);
  feed::ServerSink sink(&server);
  Random random(1);
  std::vector<double> times;
  for (int i = 0; i < kSeeks; ++i) {
    const uint64_t number = random.Below(span->records);
    const MonotonicTime begin = net::ReadMonotonicClock();
    tape::TapeState state;
    if (absl::Status s = (*reader)->SeekRecord(number, &state); !s.ok()) return s;
    state.Tell(&sink);
    (*reader)->Next(&sink);
    times.push_back(static_cast<double>((net::ReadMonotonicClock() - begin).count()) / 1e6);
  }
  std::sort(times.begin(), times.end());
  std::printf("%d random seeks in %llu ticks, %.1f MB: median %.1f ms, max %.1f ms\n", kSeeks,
              static_cast<unsigned long long>(span->records),
              static_cast<double>(span->size_bytes) / 1e6, times[times.size() / 2], times.back());
  std::printf("seek_max_ms %.1f\n", times.back());
  return absl::OkStatus();
}

}  // namespace

int Replay(int argc, char** argv) {
  Options options;
  options.replay = std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                   "../fantail-replay/fantail-replay";
  app::CommandLine line("fantail-bench replay",
                        "measures how late the ticks of a replay are, and seeks");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (!options.seek && access(options.replay.c_str(), X_OK) != 0) {
    return line.Fail(absl::NotFoundError("--replay \"" + options.replay +
                                         "\": no such program; build fantail-replay"));
  }
  app::SeedLibcRandom();
  const TemporaryFolder folder;
  if (options.tape.empty()) {
    options.tape = folder.path() + "/made.tape";
    if (const absl::Status s = MakeTape(options.tape, options.records); !s.ok()) {
      return line.Fail(s);
    }
  }
  const absl::Status status =
      options.seek ? MeasureSeeks(options.tape) : MeasurePacing(options, folder);
  return status.ok() ? app::kExitDone : line.Fail(status);
}

}  // namespace fantail::bench
