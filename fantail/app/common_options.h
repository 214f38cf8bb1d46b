// The options that every program has.
//
// Thread: main.
#ifndef FANTAIL_APP_COMMON_OPTIONS_H_
#define FANTAIL_APP_COMMON_OPTIONS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "fantail/app/options.h"
#include "fantail/app/written_file.h"
#include "fantail/base/access.h"
#include "fantail/base/keys.h"
#include "fantail/base/time.h"

namespace fantail::app {

struct CommonOptions {
  std::string feed = "ticks";
  std::string name;                      // DefaultName() once declared
  std::string ready_file;                // empty: none
  std::string summary_file;              // empty: none
  std::string keys_folder;               // empty: none
  std::shared_ptr<const Keys> keys;      // of that folder, once SecurePlaces has read them
  std::string rights_file;               // empty: none
  std::shared_ptr<const Access> access;  // of that file, likewise
  bool plaintext = false;
  bool background = false;
  std::string log_level = "info";
  std::string log_format = "text";
  Nanos status_every = std::chrono::seconds(10);  // 0: never
};

// Declares them under a title of their own; call it behind the program's own options.
// REQUIRES: `options` outlives `line`.
void AddCommonOptions(CommonOptions* options, CommandLine* line);

// Declares `--rights FILE`, for a node.
void AddRightsOption(CommonOptions* options, CommandLine* line);

// Declares `--lines one|all`: how many of several endpoints above are used at a time.
void AddLinesOption(std::string* lines, CommandLine* line);
// How many lines that makes.
inline size_t CountLines(std::string_view lines, size_t endpoints) {
  return lines == "all" ? endpoints : 1;
}

// What --background does: this thread, and each that it starts, runs only while the others of the
// machine leave a core idle.
absl::Status GiveWay();

// What every program does with them once they are read: sets up the log, seeds libc's random
// numbers, goes into the background if it is to, and says at once if the files that it is to write
// could not be written. REQUIRES: no thread and no ZeroMQ context exists yet.
absl::Status StartUp(const CommonOptions& options, const CommandLine& line);
// What it does at its end: writes the summary. The exit code, which is `code` if that went well.
int Finish(int code, const CommonOptions& options, const KeyValues& summary,
           const CommandLine& line);

}  // namespace fantail::app

#endif  // FANTAIL_APP_COMMON_OPTIONS_H_
