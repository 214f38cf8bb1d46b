#include "fantail/admin/prometheus_text.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace fantail::admin {
namespace {

prometheus::MetricFamily FamilyOf(const MetricInfo& info, double value) {
  prometheus::MetricFamily family;
  family.name = std::string(info.name);
  family.help = std::string(info.help);
  family.type = info.is_counter() ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  family.metric.emplace_back();
  family.metric.back().counter.value = value;
  family.metric.back().gauge.value = value;
  return family;
}

const char* NameOf(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return "bytes";
    case Unit::kSeconds:
      return "seconds";
    case Unit::kNone:
      break;
  }
  return "";
}

}  // namespace

std::string PrometheusText(const Report& report, std::string_view program) {
  std::vector<prometheus::MetricFamily> families;
  families.push_back(FamilyOf(kBuildInfo, 1));
  families.back().metric.back().label = {{"program", std::string(program)},
                                         {"version", FANTAIL_VERSION}};
  for (const Report::Sample& sample : report.samples()) {
    families.push_back(FamilyOf(*sample.info, sample.value));
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string MetricLines(const MetricList& metrics) {
  std::string lines;
  for (const MetricInfo* info : metrics) {
    lines += fmt::format("{}\t{}\t{}\t{}\n", info->name, info->is_counter() ? "counter" : "gauge",
                         NameOf(info->unit), info->help);
  }
  return lines;
}

}  // namespace fantail::admin
