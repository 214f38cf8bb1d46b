#include "fantail/admin/pages.h"

#include <fmt/format.h>

#include <utility>

#include "fantail/admin/process_metrics.h"
#include "fantail/admin/prometheus_text.h"

namespace fantail::admin {
namespace {

// For the turn that is going on. Who asks has a time limit of its own, 5 s or more by habit.
constexpr std::chrono::seconds kPatience(2);
constexpr int kUnavailable = 503;
constexpr int kNotFound = 404;

Page Unavailable(const std::string& why) {
  return {.status = kUnavailable, .body = why + "\n"};
}

}  // namespace

Pages::Pages(std::string program, std::string about, std::function<MonotonicTime()> clock)
    : program_(std::move(program)),
      about_(std::move(about)),
      clock_(std::move(clock)),
      turned_at_(clock_().time_since_epoch().count()) {}

void Pages::Tell(MonotonicTime now, const Subject& subject) {
  // What is asked for from here on is of another turn.
  const bool with_status = (asked_.exchange(kNothing, std::memory_order_relaxed) & kStatus) != 0;
  auto told = std::make_shared<Told>(with_status);
  told->at = now;
  told->health = subject.HealthNow();
  subject.Tell(&told->report);
  {
    const std::lock_guard lock(mutex_);
    told_ = std::move(told);
  }
  has_told_.notify_all();
}

bool Pages::Serves(const std::shared_ptr<const Told>& told, Asked what) const {
  if (told == nullptr || clock_() - told->at > kFresh) return false;
  return what != kStatus || told->report.with_status();
}

std::shared_ptr<const Pages::Told> Pages::Ask(Asked what) {
  std::unique_lock lock(mutex_);
  if (!Serves(told_, what)) {
    const std::shared_ptr<const Told> before = told_;
    asked_.fetch_or(what, std::memory_order_relaxed);
    has_told_.wait_for(lock, kPatience, [&] {
      if (told_ == before || told_ == nullptr) return false;
      // Somebody else had asked for less.
      if (what == kStatus && !told_->report.with_status()) {
        asked_.fetch_or(what, std::memory_order_relaxed);
        return false;
      }
      return true;
    });
    if (told_ == before) return nullptr;
  }
  return what == kStatus && !told_->report.with_status() ? nullptr : told_;
}

Health Pages::HealthOf(const Told& told) const {
  if (stopping_.load(std::memory_order_relaxed)) return {.ready = false, .text = "stopping"};
  return told.health;
}

Nanos Pages::SinceTurn() const {
  const MonotonicTime turned_at{Nanos(turned_at_.load(std::memory_order_relaxed))};
  return std::max(clock_() - turned_at, Nanos{0});
}

std::optional<std::string> Pages::Hung() const {
  const Nanos since = SinceTurn();
  if (since < kHung) return std::nullopt;
  return fmt::format("the main loop has not turned for {:.1f} s",
                     std::chrono::duration<double>(since).count());
}

Page Pages::Get(std::string_view path) {
  if (path == "/healthz") return Healthz();
  if (path == "/readyz") return Readyz();
  if (path == "/metrics") return Metrics();
  if (path == "/status.json") return StatusJson();
  return {.status = kNotFound,
          .body = "there are /healthz, /readyz, /metrics and /status.json here\n"};
}

Page Pages::Healthz() const {
  if (const auto why = Hung()) return Unavailable(*why);
  return {.body = "the main loop turns\n"};
}

Page Pages::Readyz() {
  if (const auto why = Hung()) return Unavailable(*why);
  const std::shared_ptr<const Told> told = Ask(kMetrics);
  if (told == nullptr) return Unavailable("the main loop does not answer");
  const Health health = HealthOf(*told);
  if (!health.ready) return Unavailable(health.text);
  return {.body = health.text + "\n"};
}

Page Pages::Metrics() {
  const std::shared_ptr<const Told> told = Hung() ? nullptr : Ask(kMetrics);
  if (told == nullptr) return Unavailable(Hung().value_or("the main loop does not answer"));
  Report report = told->report;
  report.Add(kReady, HealthOf(*told).ready ? 1 : 0);
  report.Add(kTurns, static_cast<double>(turns_.load(std::memory_order_relaxed)));
  report.Add(kSinceTurn, SinceTurn());
  AddProcess(&report);
  return {.type = kPrometheusType, .body = PrometheusText(report, program_)};
}

Page Pages::StatusJson() {
  const std::shared_ptr<const Told> told = Hung() ? nullptr : Ask(kStatus);
  if (told == nullptr) return Unavailable(Hung().value_or("the main loop does not answer"));
  const Health health = HealthOf(*told);
  std::string body = "{" + about_ + (about_.empty() ? "" : ",");
  text::JsonWriter json(&body);
  json.Key("ready").Flag(health.ready);
  json.Key("health").Text(health.text);
  json.Key("metrics").Object([&] {
    for (const Report::Sample& sample : told->report.samples()) {
      json.Key(sample.info->name).Number(sample.value);
    }
  });
  if (!told->report.status().empty()) body += "," + told->report.status();
  return {.type = "application/json", .body = body + "}\n"};
}

}  // namespace fantail::admin
