// The options that every program has.
//
// Thread: main.
#ifndef FANTAIL_APP_COMMON_OPTIONS_H_
#define FANTAIL_APP_COMMON_OPTIONS_H_

#include <string>

#include "fantail/app/options.h"
#include "fantail/base/time.h"

namespace fantail::app {

struct CommonOptions {
  std::string feed = "ticks";
  std::string name;          // DefaultName() once declared
  std::string ready_file;    // empty: none
  std::string summary_file;  // empty: none
  bool plaintext = false;
  std::string log_level = "info";
  Nanos status_every = std::chrono::seconds(10);  // 0: never
};

// Declares them under a title of their own; call it behind the program's own options.
// REQUIRES: `options` outlives `line`.
void AddCommonOptions(CommonOptions* options, CommandLine* line);

}  // namespace fantail::app

#endif  // FANTAIL_APP_COMMON_OPTIONS_H_
