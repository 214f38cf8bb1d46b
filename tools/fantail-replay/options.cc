#include "tools/fantail-replay/options.h"

#include "fantail/app/feed_options.h"

namespace fantail::replay {
namespace {

absl::Status Named(const char* option, const std::string& value, const absl::Status& status) {
  return absl::Status(status.code(),
                      std::string(option) + " \"" + value + "\": " + std::string(status.message()));
}

}  // namespace

void Declare(Options* o, app::CommandLine* line) {
  node::AddListenOption(&o->port, "gateways and desks", line);
  app::AddSpeedOption(&o->speed, kSlowest, kFastest, line);
  line->Option("--from PLACE", &o->from,
               "where to begin: 09:30, 09:30:00.5, a date and time, #12345 (a position), or 25%");
  line->Option("--to PLACE", &o->to, "the first tick that is not played any more");
  line->Option("--tz ZONE", &o->zone,
               "the time zone of --from, --to and the clock, such as America/New_York; the local "
               "one if not given");
  app::AddPatternsOption("--topics PATTERN", &o->topics,
                         "play only these; everything if never given", line);
  line->Flag("--loop", &o->loop, "begin again at the end, as a new epoch");
  line->Option("--max-gap TIME", &o->max_gap,
               "shorten what is idle on the tape to this much of its time");
  line->Flag("--start-paused", &o->start_paused, "begin paused: space goes on");
  app::AddWaitForOption(&o->wait_for, line);
  line->Flag("--keep-open", &o->keep_open, "stay for latecomers after the end of the tape");
  line->Positionals("TAPE", &o->tapes,
                    "a tape, or a folder of its segments; several are merged by time");
  node::AddSessionPortOptions(&o->port, &o->common, line);
  app::AddCommonOptions(&o->common, line);
  line->Example("fantail-replay --listen tcp://127.0.0.1:5555 --from 09:30 --speed 10 day.tape",
                "the opening, ten times faster; on a terminal, ? shows the keys");
  line->Example(
      "fantail-replay --listen 'tcp://127.0.0.1:*' --speed max --wait-for '*' journal/ other.tape",
      "two tapes as one feed, as fast as the first session takes it");
  line->Example(
      "fantail-replay --listen tcp://127.0.0.1:5555 --loop --max-gap 2s --topics 'AAP*' day.tape",
      "some symbols for ever, without the quiet hours");
}

absl::StatusOr<Player::Options> PlayerOptions(const Options& o) {
  const absl::StatusOr<absl::TimeZone> zone = ParseZone(o.zone);
  if (!zone.ok()) return Named("--tz", o.zone, zone.status());
  Player::Options player{.speed = o.speed,
                         .loop = o.loop,
                         .paused = o.start_paused,
                         .max_gap = o.max_gap,
                         .from = {},
                         .to = {},
                         .zone = *zone};
  if (!o.from.empty()) {
    const absl::StatusOr<Place> place = ParsePlace(o.from, *zone);
    if (!place.ok()) return Named("--from", o.from, place.status());
    player.from = *place;
  }
  if (!o.to.empty()) {
    const absl::StatusOr<Place> place = ParsePlace(o.to, *zone);
    if (!place.ok()) return Named("--to", o.to, place.status());
    player.to = *place;
  }
  return player;
}

}  // namespace fantail::replay
