#include "fantail/admin/prometheus_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "fantail/admin/bus_report.h"
#include "fantail/admin/node_report.h"
#include "fantail/admin/pages.h"
#include "fantail/admin/process_metrics.h"
#include "fantail/feed/open_feed.h"
#include "fantail/history/mender.h"
#include "tools/fantail-history/service.h"

namespace fantail::admin {
namespace {

using ::testing::HasSubstr;

MetricList All() {
  return ListOf(feed::kServerMetrics, kServerGauges, feed::kClientMetrics, kUpstreamGauges,
                kFeedLive, kFeedAge, kGapsFilled, feed::kOpenMetrics, bus::kBrokerMetrics,
                kBrokerGauges, bus::kMemberMetrics, kBusJoined, history::kMenderMetrics,
                history::kFetchMetrics, history::kServiceMetrics, kProcessMetrics, kProcessCpu,
                kProcessStart, kReady, kTurns, kSinceTurn, kBuildInfo);
}

TEST(MetricTest, NamesKeepTheRulesOfPrometheus) {
  const std::regex form("(fantail|process)(_[a-z]+)+");
  std::set<std::string_view> seen;
  for (const MetricInfo* info : All()) {
    const std::string name(info->name);
    EXPECT_TRUE(std::regex_match(name, form)) << name;
    EXPECT_TRUE(seen.insert(info->name).second) << name << " is there twice";
    std::string_view base = info->name;
    if (info->is_counter()) base.remove_suffix(std::string_view("_total").size());
    EXPECT_EQ(base.ends_with("_bytes"), info->unit == Unit::kBytes) << name;
    EXPECT_EQ(base.ends_with("_seconds"), info->unit == Unit::kSeconds) << name;
    for (const char* reserved : {"_count", "_sum", "_bucket"}) {
      EXPECT_FALSE(base.ends_with(reserved)) << name;
    }
    EXPECT_FALSE(info->help.empty() || info->help.ends_with('.')) << name;
    EXPECT_EQ(info->help.find_first_of("\n\t|"), std::string_view::npos) << name;
  }
}

struct DoorCounters {
  uint64_t opened = 0;
  uint64_t closed = 0;
};
constexpr auto kHalf = std::to_array<Metric<DoorCounters>>({
    {&DoorCounters::opened, {"fantail_door_opened_total", Unit::kNone, "opened"}},
});
constexpr auto kTwice = std::to_array<Metric<DoorCounters>>({
    {&DoorCounters::opened, {"fantail_door_opened_total", Unit::kNone, "opened"}},
    {&DoorCounters::opened, {"fantail_door_closed_total", Unit::kNone, "closed"}},
});
static_assert(!TellsAll(kHalf), "a counter that no row tells of is found at build time");
static_assert(!TellsAll(kTwice));

TEST(MetricTest, TextHasHelpTypeAndValueOfEach) {
  Report report(false);
  report.Add(kFeedAge, Nanos(1'500'000'000));
  report.Add(feed::kOpenMetrics, {.records = uint64_t{1} << 40});
  const std::string text = PrometheusText(report, "fantail-gateway");
  EXPECT_THAT(text, HasSubstr("fantail_build_info{program=\"fantail-gateway\",version=\""));
  EXPECT_THAT(text, HasSubstr("# TYPE fantail_feed_age_seconds gauge\n"
                              "fantail_feed_age_seconds 1.5\n"));
  EXPECT_THAT(text, HasSubstr("\nfantail_open_feed_sent_ticks_total 1099511627776\n"));
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST(MetricTest, AListHasALineForEach) {
  EXPECT_EQ(MetricLines({&kFeedAge, &kGapsFilled}),
            "fantail_feed_age_seconds\tgauge\tseconds\twhile it is live, what is shown is at most "
            "this old\n"
            "fantail_upstream_gaps_filled_total\tcounter\t\tgaps of one line that another has "
            "filled\n");
}

TEST(MetricTest, TheProcessIsSeen) {
  Report report(false);
  AddProcess(&report);
  for (const Report::Sample& sample : report.samples()) {
    EXPECT_GT(sample.value, 0) << sample.info->name;
  }
  EXPECT_EQ(report.samples().size(), kProcessMetrics.size() + 2);
}

}  // namespace
}  // namespace fantail::admin
