// The samples of a report as Prometheus reads them, and a table of metrics for a person. The only
// code that includes prometheus-cpp.
//
// Thread: any.
#ifndef FANTAIL_ADMIN_PROMETHEUS_TEXT_H_
#define FANTAIL_ADMIN_PROMETHEUS_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "fantail/admin/report.h"

namespace fantail::admin {

// The metrics that a program has, in order. Made of tables, as Report::Add takes them.
using MetricList = std::vector<const MetricInfo*>;
template <class Counters, size_t N>
void Append(const std::array<Metric<Counters>, N>& table, MetricList* list) {
  for (const Metric<Counters>& row : table) list->push_back(&row.info);
}
inline void Append(const MetricInfo& info, MetricList* list) {
  list->push_back(&info);
}
template <class... Tables>
MetricList ListOf(const Tables&... tables) {
  MetricList list;
  (Append(tables, &list), ...);
  return list;
}

// Version 0.0.4 of the text format: HELP, TYPE and value of each, and fantail_build_info.
std::string PrometheusText(const Report& report, std::string_view program);
inline constexpr std::string_view kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr MetricInfo kBuildInfo = {"fantail_build_info", Unit::kNone,
                                          "1; its labels are the program and its version"};

// Each metric on a line: name, type, unit and help, with tabs between them.
std::string MetricLines(const MetricList& metrics);

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_PROMETHEUS_TEXT_H_
