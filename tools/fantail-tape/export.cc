// fantail-tape export: rows on stdout, what is missing on stderr.
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/app/progress.h"
#include "fantail/app/row_output.h"
#include "fantail/app/signals.h"
#include "fantail/net/clock.h"
#include "fantail/tape/range.h"
#include "tools/fantail-tape/commands.h"
#include "tools/fantail-tape/row_format.h"

namespace fantail::tape_tool {
namespace {

struct Options {
  std::vector<std::string> tape;
  std::vector<std::string> topics;
  std::string from;
  std::string to;
  std::string tz = "UTC";
  bool ndjson = false;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Positionals("TAPE", &o->tape, "a tape: a file, or a folder of segments", {1, 1});
  line->Custom(
      "--topics PATTERN",
      [o](const std::string& text) {
        const char* problem = PatternProblem(text);
        if (problem != nullptr) return absl::InvalidArgumentError(problem);
        o->topics.push_back(text);
        return absl::OkStatus();
      },
      "only these: AAP* or AAPL", "", /*repeats=*/true);
  line->Option("--from PLACE", &o->from,
               "where to begin: 09:30, 2013-10-08T09:30:00, #12345 (a position) or 25%");
  line->Option("--to PLACE", &o->to, "where to end: the first row that is not printed any more");
  line->Option("--tz ZONE", &o->tz,
               "the time zone of times without an offset: UTC, local or America/New_York");
  line->Flag("--ndjson", &o->ndjson, "an object of JSON a line in place of CSV");
  line->Example("fantail-tape export us.tape > us.csv", "all of it");
  line->Example(
      "fantail-tape export us.tape --topics AAPL --topics 'B*' --from 09:30 --to 16:00 "
      "--tz America/New_York",
      "some symbols in the hours of trading");
  line->Example("fantail-tape export journal --from '#1000000' | head", "from a position on");
}

// Prints the wanted records up to the end of the range, and remembers the gaps.
class Printer final : public feed::FeedContent {
 public:
  Printer(const RowFormat* format, std::vector<Pattern> topics, tape::RangeEnd end,
          app::RowOutput* output)
      : format_(format), patterns_(std::move(topics)), end_(end), output_(output) {}

  // The end of the range, or of what can be written.
  bool done() const { return done_; }
  bool failed() const { return failed_; }
  uint64_t seen() const { return seen_; }
  std::vector<feed::GapNotice> TakeGaps() { return std::exchange(gaps_, {}); }
  bool Wants(const feed::GapNotice& gap) const {
    if (patterns_.empty() || gap.patterns.empty()) return true;
    for (const Pattern& lost : gap.patterns) {
      for (const Pattern& wanted : patterns_) {
        if (wanted.Overlaps(lost)) return true;
      }
    }
    return false;
  }

  void OnNewEpoch(Epoch epoch, bool) override {
    epoch_ = epoch;
    topics_.clear();
    venues_.clear();
  }
  void OnTopic(TopicId id, std::string_view name) override {
    if (id.value >= topics_.size()) topics_.resize(id.value + 1);
    Topic& topic = topics_[id.value];
    if (!topic.name.empty()) return;  // every block says its names again
    topic.name = name;
    topic.wanted = patterns_.empty();
    for (const Pattern& pattern : patterns_) topic.wanted |= pattern.Matches(name);
  }
  void OnVenue(VenueId id, std::string_view name) override {
    if (id.value >= venues_.size()) venues_.resize(id.value + size_t{1});
    if (venues_[id.value].empty()) venues_[id.value] = name;
  }
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> records) override {
    for (const wire::Record& record : records) {
      if (done_) return;
      done_ = end_.IsReachedBy(epoch_, record);
      if (!done_) Print(record);
    }
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice& gap) override {
    if (!done_) gaps_.push_back(gap);
  }
  void OnEnd(Position) override {}

 private:
  struct Topic {
    std::string name;
    bool wanted = false;
  };

  void Print(const wire::Record& record) {
    ++seen_;
    const Topic& topic = topics_[record.tick.topic.value];  // a tape's records have names
    if (!topic.wanted) return;
    const size_t venue = record.tick.venue.value;
    format_->Append(epoch_, record, topic.name,
                    venue < venues_.size() ? std::string_view(venues_[venue]) : "",
                    output_->buffer());
    if (!output_->FlushIfFull()) done_ = failed_ = true;
  }

  const RowFormat* const format_;
  const std::vector<Pattern> patterns_;
  const tape::RangeEnd end_;
  app::RowOutput* const output_;
  Epoch epoch_;
  std::vector<Topic> topics_;  // by id
  std::vector<std::string> venues_;
  std::vector<feed::GapNotice> gaps_;
  uint64_t seen_ = 0;
  bool done_ = false;
  bool failed_ = false;
};

absl::StatusOr<tape::Range> ParseRange(const Options& o) {
  tape::Range range;
  const absl::StatusOr<absl::TimeZone> zone = tape::ParseTimeZone(o.tz);
  const auto named = [](const char* option, const std::string& value, const absl::Status& s) {
    return absl::InvalidArgumentError(
        fmt::format("{} \"{}\": {}", option, value, std::string(s.message())));
  };
  if (!zone.ok()) return named("--tz", o.tz, zone.status());
  range.zone = *zone;
  for (const auto& [option, text, place] :
       {std::tuple("--from", &o.from, &range.from), std::tuple("--to", &o.to, &range.to)}) {
    if (text->empty()) continue;
    const absl::StatusOr<tape::Place> parsed = tape::ParsePlace(*text, *zone);
    if (!parsed.ok()) return named(option, *text, parsed.status());
    *place = *parsed;
  }
  return range;
}

class Exporter {
 public:
  Exporter(const app::CommandLine* line, tape::TapeReader* reader, Printer* printer)
      : line_(line),
        reader_(reader),
        printer_(printer),
        progress_("export", "records", app::Progress::Terminal()) {
    const auto span = reader_->Measure();
    all_ = span.ok() ? span->records : 0;
  }

  // The exit code, but for what is left to be written.
  int Run() {
    for (const std::string& problem : reader_->problems()) Tell(problem, /*bad=*/true);
    while (!printer_->done()) {
      const tape::TapeReader::Result result = reader_->Next(printer_);
      TellGaps(result == tape::TapeReader::Result::kDamage);
      if (result == tape::TapeReader::Result::kEnd) break;
      if (result == tape::TapeReader::Result::kFailed) {
        Tell(reader_->problem(), /*bad=*/true);
        break;
      }
      if (result == tape::TapeReader::Result::kDamage) TellDamage();
      progress_.Update(net::ReadMonotonicClock(), printer_->seen(), Part());
    }
    return bad_ ? app::kExitDataNotAllGood : app::kExitDone;
  }

 private:
  void Tell(const std::string& text, bool bad) {
    progress_.Clear();
    std::fputs(fmt::format("{}: {}\n", line_->program(), text).c_str(), stderr);
    bad_ |= bad;
  }
  // Damage says itself which positions are missing.
  void TellGaps(bool damage) {
    std::vector<feed::GapNotice> gaps = printer_->TakeGaps();
    if (damage && !gaps.empty() && reader_->damage().through == gaps.back().to) gaps.pop_back();
    for (const feed::GapNotice& gap : gaps) {
      if (!printer_->Wants(gap)) continue;
      std::string patterns;
      for (const Pattern& pattern : gap.patterns) patterns += " " + pattern.text();
      Tell(fmt::format("gap: positions {} to {} of{} are missing: {}", gap.from.value + 1,
                       gap.to.value, patterns.empty() ? " *" : patterns,
                       feed::GapReasonName(gap.reason)),
           /*bad=*/true);
    }
  }
  void TellDamage() {
    const tape::Damage& damage = reader_->damage();
    // A writer that was stopped, or is at work, has not committed what is cut.
    const bool active = damage.cut_off && !damage.path.ends_with(tape::kSealedSuffix);
    Tell(damage.Describe(), /*bad=*/!active);
  }
  double Part() const {
    return all_ == 0 ? -1 : static_cast<double>(printer_->seen()) / static_cast<double>(all_);
  }

  const app::CommandLine* const line_;
  tape::TapeReader* const reader_;
  Printer* const printer_;
  app::Progress progress_;
  uint64_t all_ = 0;
  bool bad_ = false;
};

}  // namespace

int Export(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-tape export", "prints a tape, or a part of it, as CSV or NDJSON");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  const absl::StatusOr<tape::Range> range = ParseRange(options);
  if (!range.ok()) return line.Fail(range.status());
  app::EndAtOnceOnSignals();
  auto reader = tape::TapeReader::Open(options.tape.front());
  if (!reader.ok()) return line.Fail(reader.status());
  tape::TapeState state;
  const absl::StatusOr<tape::RangeEnd> end = tape::EnterRange(*range, reader->get(), &state);
  if (!end.ok()) return line.Fail(end.status());

  const std::unique_ptr<RowFormat> format = options.ndjson ? MakeNdjsonFormat() : MakeCsvFormat();
  app::RowOutput output;
  output.buffer()->append(format->header());
  std::vector<Pattern> topics(options.topics.begin(), options.topics.end());
  Printer printer(format.get(), std::move(topics), *end, &output);
  if (range->from) state.Tell(&printer);
  const int code = Exporter(&line, reader->get(), &printer).Run();
  if (!printer.failed() && output.Flush()) return code;
  return output.reader_gone() ? static_cast<int>(app::kExitDone) : line.Fail(output.problem());
}

}  // namespace fantail::tape_tool
