#include "fantail/admin/admin.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "fantail/app/log.h"
#include "fantail/base/printable.h"
#include "fantail/net/clock.h"

namespace fantail::admin {
namespace {

// How often the service manager is told what has changed.
constexpr Nanos kNotifyEvery = std::chrono::seconds(1);

// The members of the status that stay as they are.
std::string About(const std::string& program, const app::CommonOptions& common) {
  std::string about;
  text::JsonWriter json(&about);
  json.Key("program").Text(program);
  json.Key("version").Text(FANTAIL_VERSION);
  json.Key("name").Text(common.name);
  json.Key("feed").Text(common.feed);
  json.Key("pid").Number(getpid());
  return about;
}

}  // namespace

Admin::Admin(std::string program, AdminOptions options, const app::CommonOptions& common)
    : options_(std::move(options)),
      pages_(program, About(program, common), net::ReadMonotonicClock),
      notify_([](const char* name) { return std::getenv(name); }, getpid()) {
  if (notify_.listens()) notify_at_ = MonotonicTime::min();
}

absl::Status Admin::Start(app::KeyValues* ready) {
  if (options_.listen.host.empty()) return absl::OkStatus();
  server_.emplace([this](std::string_view path) { return pages_.Get(path); });
  const absl::StatusOr<std::string> bound = server_->Start(options_.listen);
  if (!bound.ok()) return app::CannotListen("--admin", options_.listen, bound.status());
  app::LogInfo("health and metrics at {}", *bound);
  ready->emplace_back("admin", *bound);
  return absl::OkStatus();
}

void Admin::NotifyAlive(MonotonicTime now, const Subject& subject) {
  Nanos every = kNotifyEvery;
  std::string lines;
  if (notify_.watchdog() > Nanos{0}) {
    // Half of its time, as sd_watchdog_enabled(3) has it.
    every = std::min(every, notify_.watchdog() / 2);
    lines = "WATCHDOG=1\n";
  }
  notify_at_ = now + every;
  const std::string status =
      "READY=1\nSTATUS=" + EscapeUnprintable(subject.HealthNow().text) + "\n";
  if (!stopping_ && status != said_) lines += said_ = status;
  if (!lines.empty()) notify_.Send(lines);
}

void Admin::Stopping() {
  pages_.Stopping();
  stopping_ = true;  // the watchdog is fed on, and nothing else is told
  notify_.Send("STOPPING=1\nSTATUS=stopping\n");
}

}  // namespace fantail::admin
