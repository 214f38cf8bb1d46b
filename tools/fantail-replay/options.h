// The command line of fantail-replay.
//
// Thread: main.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_OPTIONS_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_OPTIONS_H_

#include <string>
#include <vector>

#include "fantail/app/common_options.h"
#include "fantail/node/session_port.h"
#include "tools/fantail-replay/player.h"

namespace fantail::replay {

struct Options {
  app::CommonOptions common;
  node::SessionPortOptions port;
  std::vector<std::string> tapes;
  double speed = 1;  // 0: max
  std::string from;
  std::string to;
  std::string zone;  // empty: the local one
  std::vector<Pattern> topics;
  bool loop = false;
  bool start_paused = false;
  bool keep_open = false;
  Nanos max_gap{0};
  std::string wait_for;
};

void Declare(Options* options, app::CommandLine* line);

// What of them the player needs; an error names the option and the value.
absl::StatusOr<Player::Options> PlayerOptions(const Options& options);

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_OPTIONS_H_
