#include "fantail/app/line_log.h"

#include "fantail/app/log.h"
#include "fantail/app/session_log.h"

namespace fantail::app {
namespace {

// A start that goes well is over sooner.
constexpr Nanos kQuietStart = std::chrono::seconds(1);

}  // namespace

void LineLog::Report(const feed::Lines& lines, MonotonicTime now) {
  if (lines.size() < 2) return;
  if (said_.empty()) {
    said_.resize(lines.size());
    begun_at_ = now;
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    const feed::FeedState& state = lines.line(i).state();
    Said& said = said_[i];
    if (state.state == said.state && state.cause == said.cause) continue;
    if (state.state == feed::State::kConnecting && now - begun_at_ < kQuietStart) continue;
    said = {state.state, state.cause};
    const bool good = state.state == feed::State::kLive || state.state == feed::State::kEnded ||
                      state.state == feed::State::kRecovering;
    Log(good ? LogLevel::kInfo : LogLevel::kWarning, "line {} of {} is {}{}{}", i + 1, lines.size(),
        feed::StateName(state.state), state.cause.empty() ? "" : ": ", Harmless(state.cause));
  }
}

}  // namespace fantail::app
