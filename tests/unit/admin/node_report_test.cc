#include "fantail/admin/node_report.h"

#include <gmock/gmock.h>

#include "tests/unit/feed/server_fixture.h"

namespace fantail::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NodeReportTest : public feed::ServerFixture {
 protected:
  static double ValueOf(const Report& report, std::string_view name) {
    for (const Report::Sample& sample : report.samples()) {
      if (sample.info->name == name) return sample.value;
    }
    ADD_FAILURE() << "no " << name;
    return -1;
  }
};

TEST_F(NodeReportTest, IsGoodBeforeAnEpochHasBegun) {
  const feed::FeedServer fresh(options, &links, &observer);
  Report report(true);
  AddServer(fresh, &report);
  EXPECT_EQ(report.status(), R"("sessions":{"count":0,"left_out":0,"list":[]})");
  EXPECT_EQ(ValueOf(report, "fantail_head_position"), 0);
}

TEST_F(NodeReportTest, CountsWhatTheServerHas) {
  Start();
  Join("desk-1", {"A*"});
  Join("desk-2", {"A*"});
  Join("desk-3", {"B*"});
  Publish("AAPL", 5);
  Turn();
  Ack("desk-1");
  Report report(false);
  AddServer(*server, &report);
  EXPECT_EQ(ValueOf(report, "fantail_sessions"), 3);
  EXPECT_EQ(ValueOf(report, "fantail_groups"), 2);
  EXPECT_EQ(ValueOf(report, "fantail_topics"), 1);
  EXPECT_EQ(ValueOf(report, "fantail_head_position"), 5);
  EXPECT_EQ(ValueOf(report, "fantail_ring_positions"), 5);
  EXPECT_EQ(ValueOf(report, "fantail_sessions_sent_ticks_total"), 10);
  EXPECT_GT(ValueOf(report, "fantail_sessions_on_the_way_bytes"), 5 * 56);
  EXPECT_EQ(report.status(), "") << "nobody wants it";
}

TEST_F(NodeReportTest, ShowsTheHundredSessionsThatLagMost) {
  Start();
  for (int i = 0; i < 150; ++i) Join("desk-" + std::to_string(i), {"A*"});
  Publish("AAPL", 100);
  Turn();
  for (int i = 0; i < 150; ++i) {
    if (i % 50 != 7) Ack("desk-" + std::to_string(i));
  }
  Report report(true);
  AddServer(*server, &report);
  EXPECT_THAT(report.status(), HasSubstr(R"("sessions":{"count":150,"left_out":50,"list":[)"));
  for (const char* name : {"desk-7", "desk-57", "desk-107"}) {
    const size_t at = report.status().find("\"" + std::string(name) + "\"");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_LT(at, 1200u) << "it is not among the first: " << name;
  }
}

TEST_F(NodeReportTest, ShowsAFewPatternsOfASessionThatWantsThousands) {
  Start();
  Hello("desk");
  wire::TextListBuilder texts;
  for (int i = 0; i < 1000; ++i) texts.Add("T" + std::to_string(i));
  const std::vector<wire::Start> starts(1000, {.kind = wire::StartKind::kFresh});
  From("desk",
       wire::Want{.version = 1, .epoch = feed::kEpoch, .add = texts.list(), .starts = starts});
  Turn();
  Report report(true);
  AddServer(*server, &report);
  EXPECT_THAT(report.status(), HasSubstr(R"("patterns":1000,"interest":["T0","T1","T10",)"));
  EXPECT_LT(report.status().size(), 2000u);
}

TEST_F(NodeReportTest, NamesOfSessionsUpsetNobody) {
  Start();
  Join("de\"sk\n\x1b[2J", {"A*"});
  Report report(true);
  AddServer(*server, &report);
  EXPECT_THAT(report.status(), HasSubstr(R"("name":"de\"sk\\x0a\\x1b[2J")"));
}

TEST(HealthTest, OfAFeedIsReadyWhileItIsLiveOrHasEnded) {
  EXPECT_TRUE(HealthOf(feed::FeedState{.state = feed::State::kLive}).ready);
  EXPECT_TRUE(HealthOf(feed::FeedState{.state = feed::State::kEnded}).ready);
  for (const auto state : {feed::State::kConnecting, feed::State::kRecovering, feed::State::kStale,
                           feed::State::kRefused}) {
    EXPECT_FALSE(HealthOf(feed::FeedState{.state = state}).ready) << feed::StateName(state);
  }
  EXPECT_EQ(HealthOf(feed::FeedState{.state = feed::State::kStale, .cause = "silent for 3 s"}).text,
            "stale: silent for 3 s");
}

}  // namespace
}  // namespace fantail::admin
