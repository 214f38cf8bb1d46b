#include "desktop-subscriber/past.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "desktop-subscriber/ndjson_format.h"
#include "desktop-subscriber/notices.h"
#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/key_options.h"
#include "fantail/app/options.h"
#include "fantail/app/row_output.h"
#include "fantail/app/signals.h"
#include "fantail/history/messages.h"
#include "fantail/net/bus_client.h"
#include "fantail/net/clock.h"
#include "fantail/net/key_folder.h"

namespace fantail::desk {
namespace {

// A history is as long as it is; it has an end because its servers do.
constexpr Nanos kBudget = std::chrono::hours(24);

struct Options {
  app::CommonOptions common;
  std::vector<app::Endpoint> bus;
  std::vector<std::string> patterns;
};

void Declare(Options* o, app::CommandLine* line) {
  app::EndpointsOption("--bus ENDPOINT", app::EndpointUse::kConnect, &o->bus,
                       "the bus, tcp://HOST:PORT; the next is tried when one dies", line);
  line->Require("--bus");
  line->FromBranch("--bus", app::BranchPart::kBus);
  line->Positionals("PATTERN", &o->patterns,
                    "AAPL is one topic, AAP* a prefix; '*' if none is given");
}

// The patterns; or *code if the command line was not good, or asked for help or a check.
std::vector<Pattern> Parse(Options* o, app::CommandLine* line, int argc, char** argv,
                           std::optional<int>* code) {
  std::vector<Pattern> patterns;
  if ((*code = line->Parse(argc, argv))) return {};
  absl::Status status = app::StartUp(o->common, *line);
  status.Update(app::SecurePlaces(&o->common, net::ReadKeys,
                                  {{app::EndpointUse::kConnect, "--bus", o->bus}}));
  if (o->patterns.empty()) o->patterns = {"*"};
  for (const std::string& text : o->patterns) {
    if (const char* problem = PatternProblem(text)) {
      status.Update(absl::InvalidArgumentError("\"" + text + "\": not a pattern: " + problem));
    } else {
      patterns.emplace_back(text);
    }
  }
  *code = status.ok() ? line->Checked() : line->Fail(status);
  return patterns;
}

// Prints the parts of an answer, each record once, even if another server begins it anew.
class Printer {
 public:
  Printer(const RowFormat* format, std::vector<Pattern> patterns, std::string program)
      : format_(format), patterns_(std::move(patterns)), program_(std::move(program)) {
    format_->Header(output_.buffer());
  }

  void Restart() { reader_.Reset(); }
  void Take(std::string_view body) {
    if (body.empty() || !problem_.ok()) return;
    if (const char* problem = reader_.Decode(bus::BytesOf(body), &part_)) {
      problem_ =
          absl::DataLossError(std::string("a part of the answer makes no sense: ") + problem);
      return;
    }
    if (part_.epoch != names_.epoch()) {
      if (part_.epoch < names_.epoch()) return;  // it has been printed
      names_.NewEpoch(part_.epoch);
      through_ = {};
      format_->NewEpoch(net::ReadWallClock(), part_.epoch, part_.paced, output_.buffer());
    }
    for (const auto& [id, name] : part_.topics) names_.SetTopic(id, name);
    for (const auto& [id, name] : part_.venues) names_.SetVenue(id, name);
    if (part_.lost && part_.lost->to > through_) Tell(*part_.lost);
    for (const wire::Record& record : part_.records) {
      if (record.position > through_) format_->Row(names_, record, output_.buffer());
    }
    through_ = std::max(through_, part_.through);
    if (!output_.FlushIfFull()) problem_ = output_.problem();
  }

  // The exit code, given how the answer ended.
  int End(const absl::Status& asked, const app::CommandLine& line) {
    if (problem_.ok() && !output_.Flush()) problem_ = output_.problem();
    if (output_.reader_gone()) return app::kExitDone;
    if (!problem_.ok()) return line.Fail(problem_);
    if (!asked.ok()) return line.Fail(asked);
    return gaps_ == 0 ? app::kExitDone : app::kExitDataNotAllGood;
  }

 private:
  void Tell(const history::Lost& lost) {
    ++gaps_;
    const feed::GapNotice gap{.from = std::max(lost.from, through_),
                              .to = lost.to,
                              .patterns = lost.patterns.empty() ? patterns_ : lost.patterns};
    format_->Gap(net::ReadWallClock(), names_.epoch(), gap, output_.buffer());
    std::fputs((program_ + ": " + GapLine(gap) + "\n").c_str(), stderr);
  }

  const RowFormat* const format_;
  const std::vector<Pattern> patterns_;
  const std::string program_;
  app::RowOutput output_;
  history::PartReader reader_;
  history::Part part_;
  FeedNames names_;
  Position through_;
  uint64_t gaps_ = 0;
  absl::Status problem_;
};

// A bus that has nobody for it says so; this says what to do.
absl::Status Explain(const absl::Status& status, const std::string& feed) {
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(
      std::string(status.message()) +
      fmt::format("; start a fantail-history --feed {} on that bus, or above it", feed));
}

}  // namespace

int History(int argc, char** argv) {
  Options options;
  std::string from;
  std::string to;
  std::string zone = "UTC";
  std::string format = "csv";
  app::CommandLine line("fantail-desk history", "prints the past of a feed");
  Declare(&options, &line);
  line.Option("--from PLACE", &from,
              "where to begin: 09:30 (on the newest day there is), 2013-10-08T09:30, #12345 (a "
              "position) or 25%");
  line.Option("--to PLACE", &to, "where to end: the first tick that is not printed any more");
  line.Option("--tz ZONE", &zone, "the time zone of times: UTC or America/New_York");
  line.Choice("--format FORMAT", &format, {"csv", "ndjson"}, "rows, or an object of JSON a line");
  app::AddCommonOptions(&options.common, &line);
  line.Example(
      "fantail-desk history --bus tcp://127.0.0.1:5570 AAPL --from 09:30 --to 10:00 --tz "
      "America/New_York",
      "half an hour of one symbol");
  std::optional<int> code;
  const std::vector<Pattern> patterns = Parse(&options, &line, argc, argv, &code);
  if (code) return *code;
  app::EndAtOnceOnSignals();

  std::unique_ptr<RowFormat> rows = std::make_unique<CsvFormat>();
  if (format == "ndjson") rows = std::make_unique<NdjsonFormat>();
  Printer printer(rows.get(), patterns, line.program());
  net::BusClient client(app::EndpointTexts(options.bus), options.common.name, options.common.keys);
  const absl::Status asked = client.Ask(
      {.service = history::HistoryService(options.common.feed),
       .body = history::Encode(
           history::Question{.from = from, .to = to, .zone = zone, .patterns = patterns}),
       .budget = kBudget,
       .idempotent = true,
       .window_bytes = bus::kMaxWindowBytes},
      [&](std::string_view part) { printer.Take(part); }, [&] { printer.Restart(); });
  return printer.End(Explain(asked, options.common.feed), line);
}

int Directory(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-desk directory", "prints which topics the history has");
  Declare(&options, &line);
  app::AddCommonOptions(&options.common, &line);
  line.Example("fantail-desk directory --bus tcp://127.0.0.1:5570 'AA*'",
               "CSV: each topic with its first and last position and time");
  std::optional<int> code;
  const std::vector<Pattern> patterns = Parse(&options, &line, argc, argv, &code);
  if (code) return *code;
  app::EndAtOnceOnSignals();

  std::vector<history::DirectoryEntry> entries;
  const char* problem = nullptr;
  net::BusClient client(app::EndpointTexts(options.bus), options.common.name, options.common.keys);
  const absl::Status asked = client.Ask(
      {.service = history::DirectoryService(options.common.feed),
       .body = history::EncodeDirectoryQuestion(patterns),
       .budget = kBudget,
       .idempotent = true},
      [&](std::string_view part) {
        if (part.empty() || problem != nullptr) return;
        problem = history::DecodeDirectoryPart(bus::BytesOf(part), &entries);
      },
      [&] { entries.clear(); });
  if (!asked.ok()) return line.Fail(Explain(asked, options.common.feed));
  if (problem != nullptr) {
    return line.Fail(absl::DataLossError(std::string("the answer makes no sense: ") + problem));
  }
  app::RowOutput output;
  output.buffer()->append("epoch,symbol,first_position,last_position,first_time,last_time\n");
  const auto time = [](int64_t ns) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(ns), absl::UTCTimeZone());
  };
  for (const history::DirectoryEntry& entry : entries) {
    output.buffer()->append(fmt::format("{:016x},{},{},{},{},{}\n", entry.epoch.value,
                                        Printable(entry.topic), entry.first.value, entry.last.value,
                                        time(entry.first_time_ns), time(entry.last_time_ns)));
  }
  if (output.Flush() || output.reader_gone()) return app::kExitDone;
  return line.Fail(output.problem());
}

}  // namespace fantail::desk
