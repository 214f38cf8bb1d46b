#include "tools/fantail-bench/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace fantail::bench {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

template <class Fn>
double MedianOf(const Row& row, Fn value) {
  std::vector<double> values;
  for (const Result& result : row.runs) values.push_back(value(result));
  return Median(std::move(values));
}

// The ratio of the medians that the table shows: one bad round of either relay moves it little.
template <class Fn>
double RatioOfMedians(const Row& a, const Row& b, Fn value) {
  return MedianOf(a, value) / MedianOf(b, value);
}

double Microseconds(const Result& result, double percent) {
  const LatencyHistogram& latency = result.latency;
  const Nanos value = percent < 100 ? latency.Percentile(percent) : latency.max();
  return std::chrono::duration<double, std::micro>(value).count();
}

std::string Line(const Row& row) {
  const auto per_second = [](const Result& r) {
    return static_cast<double>(r.deliveries) / r.Seconds();
  };
  const auto ticks = [](const Result& r) { return static_cast<double>(r.published) / r.Seconds(); };
  const auto bytes = [](const Result& r) { return static_cast<double>(r.upstream_bytes); };
  const auto per_tick = [&](const Result& r) {
    return bytes(r) / static_cast<double>(r.published);
  };
  const auto cpu = [](const Result& r) { return 100 * r.CpuSeconds() / r.Seconds(); };
  uint64_t sent = 0;
  uint64_t delivered = 0;
  uint64_t complaints = 0;
  for (const Result& r : row.runs) {
    sent += r.expected;
    delivered += r.delivered;
    complaints += r.complaints;
  }
  return fmt::format(
      "{:<16}{:>12.3f}{:>14.3f}{:>17.3f}{:>10.1f}{:>13.2f}{:>10.1f}{:>14}{:>14}{:>7}\n", row.name,
      MedianOf(row, ticks) / 1e6, MedianOf(row, per_second) / 1e6,
      MedianOf(row, [](const Result& r) { return r.DeliveriesPerCpuSecond(); }) / 1e6,
      MedianOf(row, cpu),
      MedianOf(row, [&](const Result& r) { return bytes(r) / r.Seconds(); }) / 1e6,
      MedianOf(row, per_tick), sent, delivered, complaints);
}

std::string LatencyLine(const Row& row) {
  std::string line = fmt::format("{:<16}", row.name);
  for (const double percent : {50.0, 99.0, 99.9, 100.0}) {
    line += fmt::format("{:>12.0f}",
                        MedianOf(row, [&](const Result& r) { return Microseconds(r, percent); }));
  }
  return line + '\n';
}

std::string Table(const std::vector<Row>& rows) {
  std::string text = fmt::format("{:<16}{:>12}{:>14}{:>17}{:>10}{:>13}{:>10}{:>14}{:>14}{:>7}\n",
                                 "", "M ticks/s", "M deliv./s", "M deliv./CPU-s", "CPU %",
                                 "MB/s above", "B/tick", "wanted", "delivered", "wrong");
  for (const Row& row : rows) text += Line(row);
  return text;
}

}  // namespace

std::string ReportKeys(const std::vector<Row>& rows, const std::vector<std::string>& names) {
  std::string text = Table(rows) + '\n';
  const auto work = [](const Result& r) { return r.DeliveriesPerCpuSecond(); };
  for (size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("ratio_with_keys_{} {:.2f}\n", names[i],
                        RatioOfMedians(rows[2 * i + 1], rows[2 * i], work));
  }
  return text;
}

std::string Report(const std::vector<Row>& rows, bool with_latency) {
  std::string text = Table(rows);
  if (with_latency) {
    text += fmt::format("\n{:<16}{:>12}{:>12}{:>12}{:>12}\n", "latency, us", "p50", "p99", "p99.9",
                        "max");
    for (const Row& row : rows) text += LatencyLine(row);
  }
  text += '\n';
  if (with_latency) {
    for (const int percent : {50, 99}) {
      const auto latency = [percent](const Result& r) { return Microseconds(r, percent); };
      text += fmt::format("p{}_ratio_to_zmq_proxy {:.2f}\n", percent,
                          RatioOfMedians(rows[0], rows[1], latency));
    }
  }
  const auto work = [](const Result& r) { return r.DeliveriesPerCpuSecond(); };
  text += fmt::format("ratio_to_zmq_proxy {:.2f}\n", RatioOfMedians(rows[0], rows[1], work));
  text += fmt::format("ratio_to_raw_relay {:.2f}\n", RatioOfMedians(rows[0], rows[2], work));
  return text;
}

}  // namespace fantail::bench
