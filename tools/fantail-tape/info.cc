// fantail-tape info: what a tape says of itself, for people or as JSON.
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/app/signals.h"
#include "fantail/tape/range.h"
#include "fantail/wire/tick.h"
#include "tools/fantail-tape/commands.h"
#include "tools/fantail-tape/tape_summary.h"

namespace fantail::tape_tool {
namespace {

struct Options {
  std::vector<std::string> tapes;
  std::string tz = "UTC";
  bool json = false;
  bool segments = false;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Positionals("TAPE", &o->tapes, "tapes: files, or folders of segments", {.least = 1});
  line->Flag("--segments", &o->segments, "a line for each segment too");
  line->Flag("--json", &o->json, "one object a line for each tape; it has everything");
  line->Option("--tz ZONE", &o->tz,
               "the time zone of what is printed: UTC, local or America/New_York");
  line->Example("fantail-tape info us.tape --tz America/New_York", "one tape");
  line->Example("fantail-tape info --json journal | jq .epochs", "for another program");
}

double PerRecord(const Extent& extent) {
  return extent.records == 0
             ? 0
             : static_cast<double>(extent.bytes) / static_cast<double>(extent.records);
}

std::string PatternsOf(const tape::Head& head) {
  std::string text;
  for (const Pattern& pattern : head.patterns) {
    text += text.empty() ? "" : " ";
    text += pattern.text();
  }
  return text;
}

const char* FormOf(const tape::Head& head) {
  return head.sealed ? "sealed (packed, zstd)" : "active (plain)";
}

std::string PositionsOf(Position after, Position through) {
  if (after == through) return fmt::format("no positions behind {}", after.value);
  return fmt::format("positions {} to {}", after.value + 1, through.value);
}

std::string MissingText(const EpochSummary& epoch) {
  return epoch.missing == 0 ? "" : fmt::format(", {} positions missing", epoch.missing);
}

// The text for people.
class Printer {
 public:
  Printer(const absl::TimeZone& zone, bool segments) : zone_(zone), segments_(segments) {}

  std::string Print(const TapeSummary& tape) {
    out_ = tape.path + "\n";
    if (const tape::Head* head = tape.head()) PrintHead(*head);
    PrintExtent(tape);
    uint64_t missing = 0;
    for (const EpochSummary& epoch : tape.epochs) {
      missing += epoch.missing;
      Line("epoch", fmt::format("{:016x}: {}, {} records of {} topics{}", epoch.epoch.value,
                                PositionsOf(epoch.after, epoch.through), epoch.extent.records,
                                epoch.topics, MissingText(epoch)));
    }
    Line("gaps", missing == 0 ? "none that the index shows"
                              : fmt::format("{} positions are missing", missing));
    PrintSegments(tape);
    return out_;
  }

 private:
  void Line(const char* name, const std::string& text) {
    out_ += fmt::format("  {:<10}{}\n", name, text);
  }
  std::string Time(int64_t ns) const {
    return absl::FormatTime("%Y-%m-%d %H:%M:%E9S %Ez", absl::FromUnixNanos(ns), zone_);
  }

  void PrintHead(const tape::Head& head) {
    Line("feed", fmt::format("{}, {}{}", head.feed, PatternsOf(head), head.paced ? ", paced" : ""));
    Line("written", fmt::format("{} by {}", Time(head.created.time_since_epoch().count()),
                                head.writer.empty() ? "an unknown program" : head.writer));
    if (head.source.empty()) return;
    const std::string rows =
        head.source_rows == 0 ? "" : fmt::format(", from its row {} on", head.source_rows + 1);
    Line("source", head.source + rows);
  }
  void PrintExtent(const TapeSummary& tape) {
    if (tape.extent.records > 0) {
      Line("from", Time(tape.extent.first_time_ns));
      Line("to", Time(tape.extent.last_time_ns));
    }
    Line("records", std::to_string(tape.extent.records));
    const double per_record = PerRecord(tape.extent);
    const std::string rate =
        per_record == 0
            ? ""
            : fmt::format(", {:.2f} a record: {:.1f} times less than ticks of {}", per_record,
                          sizeof(wire::Tick) / per_record, sizeof(wire::Tick));
    Line("bytes", std::to_string(tape.extent.bytes) + rate);
  }
  void PrintSegments(const TapeSummary& tape) {
    const uint64_t sealed = tape.sealed();
    Line("segments", fmt::format("{}: {} sealed, {} active", tape.segments.size(), sealed,
                                 tape.segments.size() - sealed));
    if (!tape.writer_state.empty()) {
      Line("writer",
           tape.writer_state == "open" ? "at work, or it was stopped" : tape.writer_state);
    }
    for (const SegmentSummary& segment : tape.segments) {
      if (segment.index_rebuilt) {
        Line("index", segment.path + ": cannot be used; fantail-tape verify says more");
      }
      if (!segments_) continue;
      out_ += fmt::format("    {}: {}, {}, {} records, {} bytes, {:.2f} a record\n", segment.path,
                          FormOf(segment.head), PositionsOf(segment.head.after, segment.through),
                          segment.extent.records, segment.extent.bytes, PerRecord(segment.extent));
    }
  }

  const absl::TimeZone zone_;
  const bool segments_;
  std::string out_;
};

// Text in quotation marks. Bytes that are no ASCII go through as they are.
std::string Json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string JsonExtent(const Extent& extent) {
  std::string out = fmt::format(R"("records":{},"bytes":{})", extent.records, extent.bytes);
  if (extent.records == 0) return out;
  return out + fmt::format(R"(,"bytes_per_record":{:.3f},"first_ts_ns":{},"last_ts_ns":{})",
                           PerRecord(extent), extent.first_time_ns, extent.last_time_ns);
}

template <class Items, class ToText>
std::string JsonList(const Items& items, ToText to_text) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += to_text(item);
  }
  return out + "]";
}

std::string JsonHead(const tape::Head& head) {
  return fmt::format(
      R"("feed":{},"patterns":{},"paced":{},"writer":{},"created_ns":{},)"
      R"("source":{},"source_rows":{})",
      Json(head.feed),
      JsonList(head.patterns, [](const Pattern& pattern) { return Json(pattern.text()); }),
      head.paced, Json(head.writer), head.created.time_since_epoch().count(), Json(head.source),
      head.source_rows);
}

std::string JsonEpoch(const EpochSummary& epoch) {
  return fmt::format(R"({{"epoch":"{:016x}","after":{},"through":{},"topics":{},"missing":{},{}}})",
                     epoch.epoch.value, epoch.after.value, epoch.through.value, epoch.topics,
                     epoch.missing, JsonExtent(epoch.extent));
}

std::string JsonSegment(const SegmentSummary& segment) {
  return fmt::format(R"({{"path":{},"sealed":{},"epoch":"{:016x}","after":{},"through":{},)"
                     R"("index_rebuilt":{},{},{}}})",
                     Json(segment.path), segment.head.sealed, segment.head.epoch.value,
                     segment.head.after.value, segment.through.value, segment.index_rebuilt,
                     JsonExtent(segment.extent), JsonHead(segment.head));
}

std::string JsonTape(const TapeSummary& tape) {
  std::string out = fmt::format(R"({{"tape":{},{})", Json(tape.path), JsonExtent(tape.extent));
  if (const tape::Head* head = tape.head()) out += "," + JsonHead(*head);
  if (!tape.writer_state.empty()) out += R"(,"writer_state":)" + Json(tape.writer_state);
  return out +
         fmt::format(R"(,"epochs":{},"segments":{},"problems":{}}})",
                     JsonList(tape.epochs, JsonEpoch), JsonList(tape.segments, JsonSegment),
                     JsonList(tape.problems, [](const auto& text) { return Json(text); })) +
         "\n";
}

}  // namespace

int Info(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-tape info", "says what a tape holds");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  const absl::StatusOr<absl::TimeZone> zone = tape::ParseTimeZone(options.tz);
  if (!zone.ok()) {
    return line.Fail(absl::InvalidArgumentError(
        fmt::format("--tz \"{}\": {}", options.tz, std::string(zone.status().message()))));
  }
  app::EndAtOnceOnSignals();
  int worst = app::kExitDone;
  for (const std::string& path : options.tapes) {
    const absl::StatusOr<TapeSummary> tape = Summarize(path);
    if (!tape.ok()) {
      worst = std::max(worst, line.Fail(tape.status()));
      continue;
    }
    std::fputs(
        (options.json ? JsonTape(*tape) : Printer(*zone, options.segments).Print(*tape)).c_str(),
        stdout);
    std::fflush(stdout);
    for (const std::string& problem : tape->problems) {
      worst = std::max(worst, line.Fail(absl::DataLossError(problem)));
    }
  }
  return worst;
}

}  // namespace fantail::tape_tool
