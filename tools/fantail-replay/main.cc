// fantail-replay: plays tapes as a feed that gateways and desks cannot tell from the real one,
// except by its flag.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <limits>
#include <memory>
#include <utility>

#include "fantail/app/exit_codes.h"
#include "fantail/app/key_options.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/run_main.h"
#include "fantail/app/session_log.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/app/written_file.h"
#include "fantail/feed/server_sink.h"
#include "fantail/net/clock.h"
#include "fantail/net/key_folder.h"
#include "fantail/net/poller.h"
#include "fantail/node/session_port.h"
#include "tools/fantail-replay/keys.h"
#include "tools/fantail-replay/options.h"
#include "tools/fantail-replay/player.h"
#include "tools/fantail-replay/progress.h"
#include "tools/fantail-replay/terminal.h"

namespace fantail::replay {
namespace {

// How long a replay at the end of its tapes waits for its sessions' acknowledgements.
constexpr Nanos kLongestDrain = std::chrono::seconds(30);
// Messages taken in between two turns of the server: acks and pings are small.
constexpr int kMessagesPerTurn = 256;
// The timers of the server need no finer grain.
constexpr Nanos kIdleWait = std::chrono::milliseconds(50);
// A few times a second: more cannot be read.
constexpr Nanos kDrawEvery = std::chrono::milliseconds(250);
constexpr Nanos kRateOver = std::chrono::seconds(1);

class Replay {
 public:
  Replay(const Options& options, Player::Options player, Player::Tracks tracks,
         app::Signals* signals)
      : options_(options),
        zone_(player.zone),
        signals_(signals),
        port_(options.port, options.common),
        server_(port_.OptionsOf(feed::Role::kPublisher, app::RandomNodeId()), port_.links(),
                port_.observer()),
        sink_(&server_),
        player_(std::move(player), std::move(tracks), &sink_,
                [](Epoch before) { return app::NewEpoch(net::ReadWallClock(), before); }),
        ready_(options.common.ready_file),
        status_(options.common.status_every) {
    server_.set_replay(true);
    app::SetBeforeLogLine([this] { terminal_.Clear(); });
  }
  ~Replay() { app::SetBeforeLogLine(nullptr); }

  absl::Status Start() {
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    const absl::StatusOr<std::string> bound = port_.Open(&server_);
    if (!bound.ok()) return bound.status();
    if (absl::Status s = player_.Start(net::ReadMonotonicClock()); !s.ok()) return s;
    app::LogInfo(
        "listening at {}, feed {}, replaying {}{}", *bound, options_.common.feed,
        options_.tapes.front(),
        options_.tapes.size() == 1 ? "" : fmt::format(" and {} more", options_.tapes.size() - 1));
    return ready_.Write({{"listen", *bound}});
  }

  int Run() {
    std::optional<int> exit_code;
    while (!exit_code) exit_code = Turn();
    const bool ended = player_.state() == Player::State::kEnded;
    server_.Close(ended ? "the feed has ended" : "the replay stops");
    return *exit_code;
  }

  app::KeyValues Summary() const {
    const auto us = [](Nanos time) { return std::to_string(time.count() / 1000); };
    const LatencyHistogram& late = player_.lateness();
    return {{"ticks_published", std::to_string(player_.played())},
            {"gaps", std::to_string(player_.gaps())},
            {"damaged", std::to_string(damaged_)},
            {"pacing_p50_us", us(late.Percentile(50))},
            {"pacing_p99_us", us(late.Percentile(99))},
            {"pacing_max_us", us(late.max())},
            {"bytes_sent", std::to_string(server_.counters().bytes_sent)},
            {"sessions", std::to_string(server_.counters().sessions_opened)}};
  }

 private:
  std::optional<int> Turn() {
    const MonotonicTime now = net::ReadMonotonicClock();
    if (poller_.Readable(signals_->fd())) {
      if (const auto code = OnSignals()) return code;
    }
    if (const auto code = OnKeys(now)) return code;
    bool more = port_.Turn(now, poller_, kMessagesPerTurn);
    more = Play(now) || more;
    more = server_.Turn(now) || more;
    for (const std::string& problem : player_.TakeProblems()) {
      ++damaged_;
      app::LogWarning("{}", problem);
    }
    if (const auto code = OnPlayerState(now)) return code;
    Report(now);
    Wait(now, more);
    return std::nullopt;
  }

  std::optional<int> OnSignals() {
    while (const auto signal = signals_->Next()) {
      if (*signal == SIGHUP) {
        port_.Reload();
        continue;
      }
      terminal_.Clear();
      terminal_.Suspend();
      if (*signal != SIGTSTP) {
        app::LogInfo("stopping, as signal {} asks", *signal);
        return 128 + *signal;
      }
      const MonotonicTime stopped = net::ReadMonotonicClock();
      raise(SIGSTOP);
      const MonotonicTime now = net::ReadMonotonicClock();
      terminal_.Resume();
      player_.StoodStill(now - stopped, now);
    }
    return std::nullopt;
  }

  std::optional<int> OnKeys(MonotonicTime now) {
    if (!poller_.Readable(terminal_.key_fd())) return std::nullopt;
    for (const Command& command : keys_.Read(terminal_.ReadKeys())) {
      draw_at_ = now;
      switch (command.kind) {
        case Command::Kind::kTogglePause:
          player_.SetPaused(!player_.paused(), now);
          break;
        case Command::Kind::kStep:
          player_.Step(now);
          break;
        case Command::Kind::kFaster:
          player_.Faster(now);
          break;
        case Command::Kind::kSlower:
          player_.Slower(now);
          break;
        case Command::Kind::kSeekBy:
          player_.SeekBy(command.by, now);
          break;
        case Command::Kind::kSeekShare:
          player_.SeekShare(command.share, now);
          break;
        case Command::Kind::kHelp:
          terminal_.Clear();
          std::fprintf(stderr, "%s\n", kKeyHelp);
          break;
        case Command::Kind::kQuit:
          return GoodOrNot();
      }
    }
    return std::nullopt;
  }

  // True if more is due at once.
  bool Play(MonotonicTime now) {
    if (!released_) {
      released_ = options_.wait_for.empty() || server_.SomebodyHas(Pattern(options_.wait_for));
      if (!released_) return false;
      player_.Release(now);
    }
    if (player_.paced() && server_.Congested()) return false;
    const bool drained = player_.waits_for_sessions() && !server_.Congested();
    return player_.Turn(now, drained);
  }

  int GoodOrNot() const {
    return damaged_ > 0 || player_.gaps() > 0 ? app::kExitDataNotAllGood : app::kExitDone;
  }

  std::optional<int> OnPlayerState(MonotonicTime now) {
    if (player_.state() == Player::State::kPlaying) {
      drain_until_.reset();
      return std::nullopt;
    }
    const bool failed = player_.state() == Player::State::kFailed;
    if (!drain_until_) {
      drain_until_ = now + kLongestDrain;
      if (failed) {
        app::LogError("{}", player_.problem());
      } else {
        app::LogInfo("the replay has ended after {} ticks", player_.played());
      }
      return std::nullopt;  // the end goes out with the next turn
    }
    if (options_.keep_open && !failed) return std::nullopt;
    const bool drained = failed ? !server_.Congested() : server_.EverybodyHasAcknowledged();
    if (drained) return failed ? app::kExitInputOutput : GoodOrNot();
    if (now < *drain_until_) return std::nullopt;
    app::LogError("not every session has acknowledged everything within 30 s");
    return app::kExitTimedOut;
  }

  Progress ProgressNow(MonotonicTime now) const {
    Progress progress{.tape_time_ns = player_.tape_time_ns(now),
                      .speed = player_.speed(),
                      .records_per_second = rate_,
                      .share = player_.share(now),
                      .paused = player_.paused(),
                      .ended = player_.state() == Player::State::kEnded,
                      .waiting = !released_};
    // How much --max-gap takes out of the tape's time is not known: then no more than at this rate.
    double left = std::numeric_limits<double>::infinity();
    if (!player_.paced()) left = static_cast<double>(player_.left(now).count()) / player_.speed();
    if (rate_ > 0 && (player_.paced() || options_.max_gap > Nanos{0})) {
      left = std::min(left, static_cast<double>(player_.records_left()) / rate_ * 1e9);
    }
    if (left < 1e18) progress.left = Nanos(static_cast<int64_t>(left));
    return progress;
  }

  void Report(MonotonicTime now) {
    if (now - rate_at_ >= kRateOver) {
      const double seconds = std::chrono::duration<double>(now - rate_at_).count();
      rate_ = static_cast<double>(player_.played() - rate_played_) / seconds;
      rate_at_ = now;
      rate_played_ = player_.played();
    }
    if (terminal_.draws()) {
      if (now < draw_at_) return;
      draw_at_ = now + kDrawEvery;
      terminal_.Draw(ProgressLine(ProgressNow(now), zone_));
      return;
    }
    Nanos over{0};
    if (!status_.Due(now, &over)) return;
    const feed::ServerCounters& c = server_.counters();
    app::LogInfo("status: {}, {} sessions, {} ticks published, {} sent ({}), {} gaps{}",
                 ProgressLine(ProgressNow(now), zone_), server_.session_count(),
                 app::FormatCount(player_.played()), app::FormatBytes(c.bytes_sent),
                 app::FormatByteRate(c.bytes_sent - reported_bytes_, over), player_.gaps(),
                 app::DescribeSlowest(server_));
    reported_bytes_ = c.bytes_sent;
  }

  void Wait(MonotonicTime now, bool more) {
    MonotonicTime until = more ? now : now + kIdleWait;
    if (const auto due = player_.next_due()) until = std::min(until, *due);
    poller_.Clear();
    port_.AddTo(&poller_);
    poller_.Add(signals_->fd());
    poller_.Add(terminal_.key_fd());
    poller_.WaitUntil(until);
  }

  const Options& options_;
  const absl::TimeZone zone_;
  app::Signals* const signals_;
  Terminal terminal_;
  KeyReader keys_;
  node::SessionPort port_;
  feed::FeedServer server_;
  feed::ServerSink sink_;
  Player player_;
  net::Poller poller_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  bool released_ = false;
  std::optional<MonotonicTime> drain_until_;  // once the player has nothing more
  uint64_t damaged_ = 0;
  MonotonicTime draw_at_;
  MonotonicTime rate_at_;
  uint64_t rate_played_ = 0;
  double rate_ = 0;
  uint64_t reported_bytes_ = 0;
};

absl::StatusOr<Player::Tracks> OpenTapes(const Options& options) {
  if (options.tapes.empty()) {
    return absl::InvalidArgumentError("no TAPE given; name a tape, or a folder of its segments");
  }
  Player::Tracks tracks;
  for (const std::string& path : options.tapes) {
    auto track = Track::Open(path, options.topics);
    if (!track.ok()) return track.status();
    const std::string_view feed = (*track)->feed();
    if (!feed.empty() && feed != options.common.feed) {
      app::LogWarning("{}: a tape of feed {} is played as feed {}; --feed names another", path,
                      app::Harmless(feed), options.common.feed);
    }
    tracks.push_back(*std::move(track));
  }
  return tracks;
}

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-replay", "plays tapes as a feed");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  const absl::Status keys =
      app::SecurePlaces(&options.common, net::ReadKeys,
                        {{app::EndpointUse::kListen, "--listen", options.port.listen}});
  if (!keys.ok()) return line.Fail(keys);
  if (options.start_paused && isatty(STDIN_FILENO) == 0) {
    return line.Fail(absl::InvalidArgumentError(
        "--start-paused: standard input is no terminal, so no key could go on; use --wait-for"));
  }
  absl::StatusOr<Player::Options> player = PlayerOptions(options);
  if (!player.ok()) return line.Fail(player.status());
  absl::StatusOr<Player::Tracks> tapes = OpenTapes(options);
  if (!tapes.ok()) return line.Fail(tapes.status());
  if (const std::optional<int> code = line.Checked()) return *code;
  app::Signals signals({SIGTSTP});
  int code = 0;
  app::KeyValues summary;
  {
    Replay replay(options, *std::move(player), *std::move(tapes), &signals);
    if (const absl::Status s = replay.Start(); !s.ok()) return line.Fail(s);
    code = replay.Run();
    summary = replay.Summary();
  }
  return app::Finish(code, options.common, summary, line);
}

}  // namespace
}  // namespace fantail::replay

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-replay", [&] { return fantail::replay::Main(argc, argv); });
}
