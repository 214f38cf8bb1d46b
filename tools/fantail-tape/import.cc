// fantail-tape import: the rows of a source, numbered as a publisher would number them, in one
// sealed file.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/progress.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/app/written_file.h"
#include "fantail/net/clock.h"
#include "fantail/source/sequencer.h"
#include "fantail/source/source_factory.h"
#include "fantail/tape/sealed_writer.h"
#include "fantail/text/csv.h"
#include "fantail/wire/limits.h"
#include "tools/fantail-tape/commands.h"
#include "tools/fantail-tape/input_spec.h"

namespace fantail::tape_tool {
namespace {

// Between two looks at signals and the clock.
constexpr int kRowsPerTurn = 4096;
// As many as a person can read; the others are counted.
constexpr uint64_t kMostBadRowsTold = 100;

struct Options {
  std::vector<std::string> files;
  std::string feed = "ticks";
  bool strict = false;
  bool force = false;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Positionals("IN OUT", &o->files,
                    "IN: a file of CSV, NDJSON, an IEX capture or ITCH, plain or gzip; - for CSV "
                    "on standard input; or what a publisher's --source takes; OUT: the tape, a "
                    "file",
                    {2, 2});
  line->Custom(
      "--feed NAME",
      [o](const std::string& text) {
        if (text.empty() || text.size() > wire::kMaxNameBytes) {
          return absl::InvalidArgumentError(
              fmt::format("write a name of 1 to {} bytes", wire::kMaxNameBytes));
        }
        o->feed = text;
        return absl::OkStatus();
      },
      "the feed that the tape says it is of", o->feed);
  line->Flag("--strict", &o->strict, "stop at the first bad row instead of skipping it");
  line->Flag("--force", &o->force, "replace OUT if it is there");
  line->Example("fantail-tape import us.csv.gz us.tape", "a recorded day");
  line->Example("fantail-tape import synthetic:symbols=8000,count=10000000 made-up.tape",
                "ten million ticks of a made-up market");
  line->Example("producer | fantail-tape import --feed equities - day.tape",
                "ticks from another program");
}

// The epoch of an import follows from its first tick, so that the same file always gets the same
// numbers: its second << 32, and 22 bits of the fraction; where a publisher has random bits, zeros.
Epoch EpochOf(int64_t first_time_ns) {
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t seconds = std::clamp<int64_t>(first_time_ns / kSecond, 1, UINT32_MAX);
  const uint64_t fraction = static_cast<uint64_t>(std::max<int64_t>(first_time_ns, 0) % kSecond);
  return {static_cast<uint64_t>(seconds) << 32 | ((fraction << 22) / kSecond) << 10};
}

class Importer {
 public:
  Importer(const Options& options, source::Source* source, app::Signals* signals,
           const app::CommandLine* line)
      : options_(options),
        source_(source),
        signals_(signals),
        line_(line),
        writer_(options.files[1],
                {.feed = options.feed,
                 .writer = line->Version().substr(0, line->Version().find(" (")),
                 .created = net::ReadWallClock(),
                 .source = options.files[0]},
                app::KernelRandom()),
        sequencer_(&writer_),
        progress_("import", "records", app::Progress::Terminal()) {}

  int Run() {
    std::optional<int> code;
    while (!code) code = Turn();
    if (*code != app::kExitDone) return *code;
    if (!begun_) writer_.OnNewEpoch(EpochOf(0), /*paced=*/false);
    sequencer_.Flush();
    writer_.OnEnd(sequencer_.head());
    if (const absl::Status s = writer_.Finish(); !s.ok()) return Fail(s);
    Say(fmt::format("{} records of {} topics, {}, {} bad rows", sequencer_.head().value,
                    writer_.state().topics().size(), app::FormatBytes(writer_.size_bytes()),
                    bad_rows_));
    return bad_rows_ > 0 ? app::kExitDataNotAllGood : app::kExitDone;
  }

 private:
  // A code to end with; kExitDone if everything has been read.
  std::optional<int> Turn() {
    std::optional<int> code;
    for (int i = 0; i < kRowsPerTurn && !code; ++i) code = TakeRow();
    if (!writer_.status().ok()) return Fail(writer_.status());
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGINT || *signal == SIGTERM) return 128 + *signal;
    }
    progress_.Update(net::ReadMonotonicClock(), sequencer_.head().value, source_->progress());
    return code;
  }

  std::optional<int> TakeRow() {
    switch (source_->Next(&row_)) {
      case source::Source::Result::kRow:
        return Add();
      case source::Source::Result::kBadRow:
        return BadRow(source_->problem());
      case source::Source::Result::kEnd:
        return app::kExitDone;
      case source::Source::Result::kFailed:
        Say(std::string(source_->problem()));
        return app::kExitInputOutput;
      case source::Source::Result::kWait:
        return Wait();
    }
    return app::kExitFailed;
  }

  std::optional<int> Add() {
    // As it is read, where the row does not say.
    if (row_.no_time) row_.tick.time_ns = net::ReadWallClock().time_since_epoch().count();
    if (!std::exchange(begun_, true)) {
      writer_.OnNewEpoch(EpochOf(row_.tick.time_ns), /*paced=*/false);
    }
    const char* problem = sequencer_.Add(row_);
    return problem == nullptr ? std::nullopt : BadRow(problem);
  }

  std::optional<int> BadRow(std::string_view why) {
    if (++bad_rows_ <= kMostBadRowsTold) Say(std::string(why));
    if (bad_rows_ == kMostBadRowsTold) Say("further bad rows are counted and not told");
    if (!options_.strict) return std::nullopt;
    Say("stopped at the first bad row, as --strict asks");
    return app::kExitDataNotAllGood;
  }

  // For a pipe that has nothing to say yet.
  std::optional<int> Wait() {
    pollfd watched[2] = {{source_->ready_fd(), POLLIN, 0}, {signals_->fd(), POLLIN, 0}};
    poll(watched, 2, -1);
    if (watched[1].revents == 0) return std::nullopt;
    const auto signal = signals_->Next();
    if (signal == SIGINT || signal == SIGTERM) return 128 + *signal;
    return std::nullopt;
  }

  void Say(const std::string& text) {
    progress_.Clear();
    std::fputs(fmt::format("{}: {}\n", line_->program(), text).c_str(), stderr);
  }
  int Fail(const absl::Status& status) {
    progress_.Clear();
    return line_->Fail(status);
  }

  const Options& options_;
  source::Source* const source_;
  app::Signals* const signals_;
  const app::CommandLine* const line_;
  tape::SealedWriter writer_;  // takes an unfinished file away again
  source::Sequencer sequencer_;
  app::Progress progress_;
  text::Row row_;
  bool begun_ = false;
  uint64_t bad_rows_ = 0;
};

absl::Status CheckOut(const Options& o) {
  const std::string& out = o.files[1];
  std::error_code error;
  if (!o.force && std::filesystem::exists(out, error)) {
    return absl::AlreadyExistsError(
        fmt::format("OUT \"{}\": is there already; name another file, or say --force", out));
  }
  return app::CheckWritable("OUT", out);
}

}  // namespace

int Import(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-tape import", "makes a tape of ticks");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = CheckOut(options); !s.ok()) return line.Fail(s);
  const absl::StatusOr<std::string> spec = InputSpec(options.files[0]);
  if (!spec.ok()) return line.Fail(spec.status());
  auto source = source::OpenSource(*spec);
  if (!source.ok()) return line.Fail(source.status());
  app::Signals signals;
  return Importer(options, source->get(), &signals, &line).Run();
}

}  // namespace fantail::tape_tool
