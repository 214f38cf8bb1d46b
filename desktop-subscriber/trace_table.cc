#include "desktop-subscriber/trace_table.h"

#include <algorithm>

#include "desktop-subscriber/notices.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

// Three digits are enough, and microseconds the least that a clock of a loop can tell.
std::string TimeText(Nanos time) {
  const double micros = std::chrono::duration<double, std::micro>(time).count();
  if (micros < 999.5) return fmt::format("{:.0f} us", micros);
  if (micros < 99'950) return fmt::format("{:.1f} ms", micros / 1e3);
  if (micros < 999'500) return fmt::format("{:.0f} ms", micros / 1e3);
  return fmt::format("{:.1f} s", micros / 1e6);
}

std::string NameOf(NodeId node, const std::vector<feed::Hop>& path) {
  const auto it = std::find_if(path.begin(), path.end(),
                               [&](const feed::Hop& hop) { return hop.node == node; });
  return it == path.end() ? "a hop that has gone" : Printable(it->name);
}

std::string ErrorText(std::optional<Nanos> error) {
  return error ? "+-" + TimeText(*error) : "clocks not compared yet";
}

std::string Columns(const std::string& what, const LatencyHistogram& times) {
  if (times.count() == 0) return fmt::format("  {:<44}{:>10}{:>10}{:>10}", what, "-", "-", "-");
  return fmt::format("  {:<44}{:>10}{:>10}{:>10}", what, TimeText(times.Percentile(50)),
                     TimeText(times.Percentile(99)), TimeText(times.max()));
}

}  // namespace

void TraceTable::Add(const feed::Trace& trace) {
  const bool same =
      std::equal(rows_.begin(), rows_.end(), trace.hops.begin(), trace.hops.end(),
                 [](const Row& row, const feed::TraceHop& hop) { return row.node == hop.node; });
  if (!same) {
    rows_.clear();
    all_.Clear();
    traces_ = 0;
    for (const feed::TraceHop& hop : trace.hops) rows_.push_back({.node = hop.node});
  }
  ++traces_;
  Nanos all{0};
  bool whole = true;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const feed::TraceHop& hop = trace.hops[i];
    if (i + 1 < rows_.size()) rows_[i].held.Record(hop.held);
    all += hop.held;
    rows_[i].error.reset();
    if (hop.way) {
      rows_[i].way.Record(hop.way->took);
      rows_[i].error = hop.way->error;
      all += hop.way->took;
    } else if (i > 0) {
      whole = false;
    }
  }
  if (whole) all_.Record(all);
}

std::string TraceTable::OneLine(const std::vector<feed::Hop>& path) const {
  if (traces_ == 0) return "";
  std::string text =
      all_.count() == 0 ? "not known yet" : TimeText(all_.Percentile(50)) + " in all";
  for (size_t i = 0; i < rows_.size(); ++i) {
    const bool here = i + 1 == rows_.size();
    text += i == 0 ? ": " : ", ";
    if (i > 0) {
      text += fmt::format("{} ({}) to ", TimeText(rows_[i].way.Percentile(50)),
                          ErrorText(rows_[i].error));
    }
    text += here ? "here"
                 : fmt::format("{} {}", NameOf(rows_[i].node, path),
                               TimeText(rows_[i].held.Percentile(50)));
  }
  return text;
}

std::vector<std::string> TraceTable::Lines(const std::vector<feed::Hop>& path) const {
  if (traces_ == 0) {
    return {
        "trace: nothing; the nodes above tell with ticks as they come, not with newest values, "
        "and an older version does not"};
  }
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{:<46}{:>10}{:>10}{:>10}",
                              fmt::format("trace: where {} ticks spent their time", traces_), "p50",
                              "p99", "most"));
  for (size_t i = 0; i < rows_.size(); ++i) {
    const bool here = i + 1 == rows_.size();
    const std::string name = here ? "here" : NameOf(rows_[i].node, path);
    if (i > 0) {
      lines.push_back(Columns(
          fmt::format("  on the way to {} ({})", name, ErrorText(rows_[i].error)), rows_[i].way));
    }
    if (!here) lines.push_back(Columns("at " + name, rows_[i].held));
  }
  lines.push_back(Columns("in all", all_));
  return lines;
}

}  // namespace fantail::desk
