#include "fantail/admin/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "fantail/admin/prometheus_text.h"

namespace fantail::admin {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr MetricInfo kDoors = {"fantail_doors_opened_total", Unit::kNone, "doors opened"};

class House final : public Subject {
 public:
  Health HealthNow() const override { return health; }
  void Tell(Report* report) const override {
    ++asked;
    report->Add(kDoors, 7);
    report->Status("rooms", [](text::JsonWriter& json) { json.Number(3); });
  }

  Health health{.ready = true, .text = "live, 2 sessions"};
  mutable std::atomic<int> asked = 0;
};

class PagesTest : public ::testing::Test {
 protected:
  // The page, while another thread turns.
  Page Turning(const std::string& path) {
    std::atomic<bool> done = false;
    std::thread loop([&] {
      while (!done) pages_.OnTurn(now_, house_);
    });
    Page page = pages_.Get(path);
    done = true;
    loop.join();
    return page;
  }

  std::atomic<MonotonicTime> now_{MonotonicTime(Nanos(1h))};
  House house_;
  Pages pages_{"fantail-house", R"("program":"fantail-house")", [this] { return now_.load(); }};
};

TEST_F(PagesTest, IsHealthyAsLongAsItTurns) {
  pages_.OnTurn(now_, house_);
  EXPECT_EQ(pages_.Get("/healthz").status, 200);
  now_ = now_.load() + Pages::kHung - 1ms;
  EXPECT_EQ(pages_.Get("/healthz").status, 200);
  now_ = now_.load() + 1ms;
  EXPECT_EQ(pages_.Get("/healthz").status, 503);
  EXPECT_EQ(pages_.Get("/healthz").body, "the main loop has not turned for 5.0 s\n");
  pages_.OnTurn(now_, house_);
  EXPECT_EQ(pages_.Get("/healthz").status, 200);
}

TEST_F(PagesTest, SaysThatNothingIsKnownOfALoopThatHangs) {
  EXPECT_EQ(Turning("/status.json").status, 200);
  now_ = now_.load() + 7s;
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/status.json"}) {
    const Page page = pages_.Get(path);
    EXPECT_EQ(page.status, 503) << path;
    EXPECT_EQ(page.body, "the main loop has not turned for 7.0 s\n") << path;
  }
}

TEST_F(PagesTest, AsksTheProgramForNothingUnlessSomebodyAsks) {
  for (int i = 0; i < 1000; ++i) pages_.OnTurn(now_, house_);
  pages_.Get("/healthz");
  pages_.OnTurn(now_, house_);
  EXPECT_EQ(house_.asked, 0);
}

TEST_F(PagesTest, UsesACopyAgainForAQuarterOfASecond) {
  EXPECT_EQ(Turning("/metrics").status, 200);
  const int before = house_.asked;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Turning("/metrics").status, 200);
  EXPECT_EQ(house_.asked, before);
  now_ = now_.load() + Pages::kFresh + 1ms;
  EXPECT_EQ(Turning("/metrics").status, 200);
  EXPECT_GT(house_.asked, before);
}

TEST_F(PagesTest, IsReadyWhileWhatItServesIsLive) {
  EXPECT_EQ(Turning("/readyz").status, 200);
  EXPECT_EQ(Turning("/readyz").body, "live, 2 sessions\n");
  house_.health = {.ready = false, .text = "stale: link to hq: silent for 3 s"};
  now_ = now_.load() + 1s;
  EXPECT_EQ(Turning("/readyz").status, 503);
  EXPECT_EQ(Turning("/readyz").body, "stale: link to hq: silent for 3 s\n");
  EXPECT_EQ(Turning("/healthz").status, 200);
}

TEST_F(PagesTest, IsNotReadyOnceItStops) {
  pages_.Stopping();
  EXPECT_EQ(Turning("/readyz").status, 503);
  EXPECT_EQ(Turning("/readyz").body, "stopping\n");
  EXPECT_THAT(Turning("/metrics").body, HasSubstr("\nfantail_ready 0\n"));
}

TEST_F(PagesTest, TellsMetricsAndStatus) {
  const Page metrics = Turning("/metrics");
  EXPECT_EQ(metrics.type, kPrometheusType);
  EXPECT_THAT(metrics.body, HasSubstr("# HELP fantail_doors_opened_total doors opened\n"
                                      "# TYPE fantail_doors_opened_total counter\n"
                                      "fantail_doors_opened_total 7\n"));
  EXPECT_THAT(metrics.body, HasSubstr("\nfantail_ready 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("\nprocess_open_fds "));
  // The copy is young, but was made for who wants no status.
  const Page status = Turning("/status.json");
  EXPECT_EQ(status.type, "application/json");
  EXPECT_EQ(status.body, R"({"program":"fantail-house","ready":true,"health":"live, 2 sessions",)"
                         R"("metrics":{"fantail_doors_opened_total":7},"rooms":3})"
                         "\n");
}

TEST_F(PagesTest, SaysWhichPagesThereAre) {
  for (const char* path : {"/", "/metrics/", "/../etc/passwd", ""}) {
    EXPECT_EQ(pages_.Get(path).status, 404) << path;
  }
  EXPECT_THAT(pages_.Get("/").body, HasSubstr("/status.json"));
}

}  // namespace
}  // namespace fantail::admin
